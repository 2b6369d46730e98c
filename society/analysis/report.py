"""The report of a run, or of several pooled over seeds: each estimate with interval and null, or why it is missing."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from society.analysis import (  # noqa: F401  (they register themselves)
    competition_metrics,
    cooperation_metrics,
    exchange_metrics,
    language_metrics,
    market_metrics,
    negotiation_metrics,
    network_metrics,
    outcome_metrics,
)
from society.analysis.declared import Declared
from society.analysis.estimate import NAN, Estimate
from society.analysis.metrics import METRICS
from society.analysis.run import Reader, Run
from society.analysis.statistics import holm, t_interval, t_test
from society.record.printable import printable

WIDTH = 120
CONTRASTS = ("effect_of_", "worth_over_")
COUNTED = (
    "n counts runs where several are pooled; in a report of one run it counts worlds, but lives for mutual information, "
    "meanings for topographic similarity, tree reconstruction, language similarity and generalisation, distinct messages for "
    "abbreviation, minds for dialects, updates for throughput and the one run for worth_over"
)
Report = list[Estimate]


def build(run: Run) -> Report:
    """Every registered metric of one run.

    The scenario's primary contrasts are flagged, added as missing where the run cannot give them, and their p-values
    are Holm-adjusted. ValueError, one line, if the run's declaration is malformed.
    """
    reader = Reader(run)
    found = [line for metric in METRICS for line in metric(reader)]
    return _with_primary([*found, *_not_played(reader)], reader.declared.primary)


def _contrast(condition: str) -> str:
    return f"worth_over_{condition}" if condition.endswith("_from_birth") else f"effect_of_{condition}"


def _not_played(reader: Reader) -> Report:
    """The twins that were asked for and could not be played (`missing` in meta.json), each with its reason."""
    headline = reader.declared.headline
    missing = reader.run.meta.get("missing") or {}
    return [
        Estimate.missing(f"{_contrast(condition)}.{headline.name}", condition, str(reason), unit=headline.unit)
        for condition, reason in missing.items()
    ]


def _with_primary(lines: Report, primary: Sequence[str]) -> Report:
    """Flag the primary lines and correct their p-values; a primary contrast that is absent is a miss and is shown."""
    lines = [replace(line, primary=line.metric in primary) for line in lines]
    have = {line.metric for line in lines}
    for name in primary:
        if name not in have:
            prefix = next((c for c in CONTRASTS if name.startswith(c)), "")
            condition = name.removeprefix(prefix).partition(".")[0] if prefix else "normal"
            lines.append(Estimate.missing(name, condition, _remedy(name, prefix, condition)))
            lines[-1] = replace(lines[-1], primary=True)
    return _corrected(lines)


def _remedy(name: str, prefix: str, condition: str) -> str:
    """Why a primary contrast is not there, and what would make it."""
    if prefix == "worth_over_":
        return f"{condition} was not grown; add --controls all"
    if prefix == "effect_of_":
        return f"{condition} was not played; add it to evaluation.conditions"
    return f"no metric gives a line {name}"


def _corrected(lines: Report) -> Report:
    """Holm over the primary lines; the p-values of all others are exploratory and stay as they are."""
    adjusted = iter(holm([line.p for line in lines if line.primary]))
    return [replace(line, p=float(next(adjusted))) if line.primary else line for line in lines]


def pool(reports_or_runs: Iterable[Report | Run]) -> Report:
    """Pool training runs that differ in their seed only: the replicate is the run.

    Each line is the mean of the runs' values with a t-interval over them, n counts runs, null is the mean of the runs'
    nulls. Contrasts (`effect_of_`, `worth_over_`) and primary lines get a two-sided t-test against their null, primary
    ones Holm-adjusted. Runs (not reports) are checked: ValueError if they differ in more than the seed, no interval if
    two share a seed. A line that some runs lack says so in `reason` and has neither interval nor p, since which runs
    lack it may hang on how they went; it counts as a miss in Holm's family.
    """
    given = list(reports_or_runs)
    doubt = _same_seed([item for item in given if not isinstance(item, list)])
    reports = [item if isinstance(item, list) else build(item) for item in given]
    lines: dict[tuple[str, str], Report] = {}
    for report in reports:
        for line in report:
            lines.setdefault((line.metric, line.condition), []).append(line)
    return _corrected([_pooled(group, len(reports), doubt) for group in lines.values()])


def _same_seed(runs: Sequence[Run]) -> str:
    """Why the runs are not independent, or nothing."""
    if len({repr(Declared.from_json(run.meta.get("declared", {}))) for run in runs}) > 1:
        raise ValueError("runs of scenarios that declare different headlines or measures cannot be pooled")
    prints = {str(run.meta["fingerprint"]) for run in runs if run.meta.get("fingerprint")}
    if len(prints) > 1:
        raise ValueError(
            f"runs that differ in more than the seed cannot be pooled: their fingerprints are {', '.join(sorted(prints))}"
        )
    seeds = [run.config.get("seed", run.meta.get("seed")) for run in runs]
    shared = {seed for seed in seeds if seed is not None and seeds.count(seed) > 1}
    return f"not independent: several runs have seed {sorted(map(str, shared))[0]}" if shared else ""


def _pooled(group: Report, runs: int, doubt: str) -> Estimate:
    one = group[0]
    values = np.array([line.value for line in group])
    interval, null = t_interval(values), _mean([line.null for line in group])
    missing = runs - interval.n
    reason = doubt or interval.reason or _note(group)
    if missing:
        why = next((line.reason for line in group if math.isnan(line.value)), "no such line")
        reason = f"missing in {missing} of {runs} runs: {why}"
    low, high = (NAN, NAN) if doubt or missing else (interval.low, interval.high)
    primary = any(line.primary for line in group)
    tested = not doubt and not missing and (primary or one.metric.startswith(CONTRASTS))
    p = t_test(values, null) if tested else NAN
    return Estimate(
        one.metric, one.condition, interval.value, low, high, null, interval.n, one.unit, reason, p, primary
    )


def _note(group: Report) -> str:
    """What is said of the line in every run that has its interval: no excuse of one run, so it holds of all."""
    told = {line.reason for line in group}
    return told.pop() if len(told) == 1 and not any(math.isnan(line.ci_low) for line in group) else ""


def _mean(values: Sequence[float]) -> float:
    finite = [v for v in values if math.isfinite(v)]
    return sum(finite) / len(finite) if finite else NAN


def as_json(estimates: Report, runs: Sequence[str] = (), seconds: float = NAN) -> dict[str, Any]:
    """The document of `society report --json`: plain values, None for what is not a number."""
    return {
        "runs": [str(run) for run in runs],
        "seconds": seconds if math.isfinite(seconds) else None,
        "estimates": [line.as_dict() for line in estimates],
    }


# --- text -------------------------------------------------------------------------------------------------------------


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
