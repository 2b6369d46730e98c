"""The table of an audit as text."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator

from society.audit.scoring import Audit, Row, Share
from society.audit.society import QUESTIONS
from society.audit.verdicts import CAUSAL

WIDTH = 118


def render(audit: Audit) -> str:
    """Metrics under the question that each claims to answer, then the societies on which each fails and why."""
    return "\n".join([*_table(audit), "", *_failures(audit), "", *_end(audit)])


def _table(audit: Audit) -> Iterator[str]:
    yield f"{'metric':<42} {'whose':<20} {'false positives':<27} {'power':<27}"
    yield "=" * WIDTH
    for question in dict.fromkeys(row.question for row in audit.rows):
        yield f"-- {question}: {QUESTIONS[question]}"
        for row in (one for one in audit.rows if one.question == question):
            rates = f"{_share(row.false_positives):<27} {_share(row.power):<27} {_mark(row)}"
            yield f"{row.metric:<42} {row.source:<20} {rates}".rstrip()


def _mark(row: Row) -> str:
    return ("" if row.holds else "FALLS SHORT") if row.source == CAUSAL else ""


def _share(share: Share) -> str:
    if math.isnan(share.rate):
        return "not asked"
    return f"{share.rate:4.0%} [{share.low:4.0%}, {share.high:4.0%}] n={share.n}"


def _failures(audit: Audit) -> Iterator[str]:
    yield "WHERE EACH FAILS (false: it calls what is not there; missed: it does not see what is)"
    yield "=" * WIDTH
    for row in audit.rows:
        if row.failures:
            yield f"{row.metric} ({row.source}), on {row.question}"
        groups: dict[tuple[bool, str], list[str]] = {}
        for failure in row.failures:
            share = f"{failure.society} {failure.share.calls}/{failure.share.n}"
            groups.setdefault((failure.truth, failure.why), []).append(share)
        for (truth, why), names in groups.items():
            line = f"{'missed' if truth else 'false'}: {', '.join(names)}" + (f": {why}" if why else "")
            yield textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ")


def _end(audit: Audit) -> Iterator[str]:
    seeds = f"{audit.seeds[0]}-{audit.seeds[-1]}" if len(audit.seeds) > 1 else str(audit.seeds[0])
    if list(audit.seeds) != list(range(audit.seeds[0], audit.seeds[-1] + 1)):
        seeds = ",".join(map(str, audit.seeds))
    yield f"{audit.societies} societies, seeds {seeds}, {audit.seconds:.0f} s. A metric without a value calls nothing."
    yield from audit.notes
    if any(row.source == CAUSAL for row in audit.rows):
        verdict = "hold" if audit.holds else "do not all hold"
        yield f"Our interventional metrics {verdict}: 5 % or fewer false positives and 90 % or more power."
