"""Estimates as a plain text table: what `society report` prints, and the description of a corpus."""

from __future__ import annotations

import math
import textwrap

from society.analysis.declared import Declared
from society.analysis.estimate import NAN, Estimate
from society.record.printable import printable

WIDTH = 120
CONTRASTS = ("effect_of_", "worth_over_")
COUNTED = (
    "n counts runs where several are pooled; in a report of one run it counts worlds, but lives for mutual information, "
    "meanings for topographic similarity, tree reconstruction, language similarity and generalisation, distinct messages for "
    "abbreviation, minds for dialects, updates for throughput and the one run for worth_over"
)
Report = list[Estimate]


def render(estimates: Report, declared: Declared) -> str:
    """A plain text table of at most 120 columns: primary lines first, grouped by unit, anchors on the same line.

    A primary line without a value, and any without an interval, is followed by the reason; the others without a value
    come last, gathered by their reason.
    """
    primary = [line for line in estimates if line.primary]
    others = [line for line in estimates if not line.primary and not math.isnan(line.value)]
    absent = [line for line in estimates if not line.primary and math.isnan(line.value)]
    width = max([34, *(len(_label(line)) for line in estimates)])
    text = [_row(width, "metric (condition, unless normal)", "value", "95 % interval", "n", "p", "null and anchors")]
    text += [*textwrap.wrap(COUNTED, WIDTH), "=" * WIDTH]
    if primary:
        text.append(f"PRIMARY (p-values Holm-adjusted over {len(primary)})")
        text += [*_section(primary, estimates, declared, width), ""]
    text += ["EXPLORATORY" if primary else "ESTIMATES", *_section(others, estimates, declared, width)]
    lines = "\n".join([*text, *_without_value(absent)]).split("\n")
    return "\n".join(map(printable, lines)) + "\n"


def _without_value(lines: Report) -> list[str]:
    """A world without a market has a dozen lines that say so: one reason, then the names."""
    reasons: dict[str, list[str]] = {}
    for line in lines:
        reasons.setdefault(line.reason, []).append(_label(line))
    text = ["", "NO VALUE"] if lines else []
    for reason, labels in reasons.items():
        text.append(textwrap.fill(f"{reason}:", WIDTH, initial_indent="  "))
        text.append(textwrap.fill(", ".join(labels), WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6))
    return text


def _section(lines: Report, everything: Report, declared: Declared, width: int) -> list[str]:
    text: list[str] = []
    for unit in dict.fromkeys(line.unit for line in lines):
        text.append(printable(f"-- {unit or 'no unit'}"))
        alike = [one for one in lines if one.unit == unit]
        for line, after in zip(alike, [*alike[1:], None], strict=True):
            text.append(_row(width, *_cells(line), _anchors(line, everything, declared)))
            shared = after is not None and after.reason == line.reason and not math.isnan(line.ci_low)
            if line.reason and not shared:  # neighbours that lack a null for one reason tell it once
                text.append(textwrap.fill(line.reason, WIDTH, initial_indent="      why: ", subsequent_indent=" " * 11))
    return text


def _label(line: Estimate) -> str:
    told = line.condition == "normal" or line.metric.startswith(CONTRASTS)
    return printable(line.metric if told else f"{line.metric} ({line.condition})")


def _cells(line: Estimate) -> tuple[str, ...]:
    known = not (math.isnan(line.ci_low) or math.isnan(line.ci_high))
    interval = f"[{figure(line.ci_low)}, {figure(line.ci_high)}]" if known else ""
    p = "" if math.isnan(line.p) else ("<.001" if line.p < 0.001 else f"{line.p:.3f}")
    return _label(line), figure(line.value), interval, str(line.n) if line.n else "", p


def _row(width: int, *cells: str) -> str:
    """One line; anchors that find no room go onto the next rather than being cut."""
    label, value, interval, n, p, anchors = cells
    row = f"{label:<{width}} {value:>8} {interval:<19} {n:>5} {p:>5}  "
    if len(row + anchors) > WIDTH:
        return row.rstrip() + "\n" + textwrap.fill(anchors, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return (row + anchors).rstrip()


def _anchors(line: Estimate, everything: Report, declared: Declared) -> str:
    """What the value is to be held against: its null (chance), and the two references of the headline."""
    name = declared.headline.name
    headline = line.metric == name or line.metric.startswith(f"{name}.")
    parts = []
    if not math.isnan(line.null):
        parts.append(f"{'chance' if headline else 'null'} {line.null:.3g}")
    if line.metric == name and declared.relative is not None:
        found = {one.condition: one.value for one in everything if one.metric == name}
        for condition in (declared.relative.zero, declared.relative.one):
            if condition != line.condition and math.isfinite(found.get(condition, NAN)):
                parts.append(f"{condition.rpartition(':')[2]} {found[condition]:.3g}")
    return ", ".join(parts)


def figure(value: float) -> str:
    """A number in at most nine characters: four significant digits, `nan` as it is."""
    if not math.isfinite(value) or value == 0:
        return "0" if value == 0 else str(value)
    value = float(f"{value:.4g}")  # first, so that 9.9999 and 10 look alike
    if 1e-3 <= abs(value) < 1e4:
        return f"{value:.{max(0, min(4, 3 - math.floor(math.log10(abs(value)))))}f}"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e7 else f"{value:.2e}"
