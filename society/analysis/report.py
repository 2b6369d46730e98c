"""The report of a run, or of several pooled over seeds: each estimate with interval and null, or why it is missing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from society.analysis import (  # noqa: F401  (they register themselves)
    auction_metrics,
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
from society.analysis.table import CONTRASTS, Report, figure, render

__all__ = ["Report", "as_json", "build", "figure", "pool", "render"]


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
