"""Runs the audit: every metric on every replicate of every society that its question is asked of."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence

from society.audit import ours, packages, popular
from society.audit.catalogue import societies as every
from society.audit.reasons import reason
from society.audit.replicate import Replicate
from society.audit.scoring import Audit, Row, ordered, row
from society.audit.society import Society
from society.audit.verdicts import Audited, Function, calls

SEEDS, QUICK_SEEDS = tuple(range(8)), (0, 1)
SLOW = ("compositional", "private")  # questions that a quick audit leaves out
Key = tuple[str, str]
Tally = dict[Key, dict[tuple[str, bool], tuple[int, int]]]


def builtin() -> tuple[dict[str, Audited], tuple[str, ...]]:
    """Our metrics, popular practice and other packages', by name, and notes on what is not installed."""
    theirs, note = packages.available()
    return {**ours.metrics(), **popular.metrics(), **theirs}, (note,) if note else ()


def audit(
    metrics: Mapping[str, Function | Audited] | None = None,
    *,
    seeds: Sequence[int] | None = None,
    quick: bool = False,
    societies: Sequence[Society] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Audit:
    """False-positive rate and power of metrics on societies whose truth is known by construction.

    metrics: name -> function of a `Replicate` that returns a p-value, an `Estimate`, a `Permuted`, an `Interval` or a bool; it
    is held against every question unless wrapped as `Audited(function, questions=(...))`. Without it, all built-in metrics
    (`quick`: fewer seeds, and none about how a code is built or shared).
    A function that raises is told by name (ValueError); one that returns NaN claims nothing. `progress` hears how many
    replicates of how many are done.
    """
    began = time.perf_counter()
    chosen, notes = builtin() if metrics is None else (dict(metrics), ())
    asked = {name: one if isinstance(one, Audited) else Audited(one) for name, one in chosen.items()}
    if quick and metrics is None:
        asked = {name: one for name, one in asked.items() if not set(one.questions) & set(SLOW)}
        notes = (*notes, f"a quick audit leaves out what is asked of codes: {', '.join(SLOW)}")
    used = tuple(seeds) if seeds is not None else (QUICK_SEEDS if quick else SEEDS)
    if not asked or not used:
        raise ValueError("an audit needs a metric and a seed; give metrics={'name': function} and seeds=range(10)")
    crowd = every() if societies is None else list(societies)
    tally: Tally = {(name, question): {} for name, one in asked.items() for question in one.questions}
    for done, (society, seed) in enumerate(itertools.product(crowd, used), start=1):
        _one(Replicate(society, seed), asked, tally)
        if progress:
            progress(done, len(crowd) * len(used))
    rows = [_row(name, asked[name], question, counts) for (name, question), counts in tally.items() if counts]
    return Audit(ordered(rows), used, len(crowd), time.perf_counter() - began, notes)


def _one(data: Replicate, asked: Mapping[str, Audited], tally: Tally) -> None:
    truth = data.society.truth
    for name, metric in asked.items():
        questions = [question for question in metric.questions if question in truth]
        if not questions:
            continue
        try:
            called = calls(metric.function(data))
        except Exception as fault:
            raise ValueError(f"metric {name!r} on {data.society.name}: {type(fault).__name__}: {fault}") from fault
        for question in questions:
            counts = tally[name, question]
            before = counts.get((data.society.name, truth[question]), (0, 0))
            counts[data.society.name, truth[question]] = (before[0] + called, before[1] + 1)


def _row(name: str, metric: Audited, question: str, counts: dict[tuple[str, bool], tuple[int, int]]) -> Row:
    why = {society: reason(name, question, society, truth) for society, truth in counts}
    return row(name, metric.source, question, counts, why)
