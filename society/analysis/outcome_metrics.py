"""How well the society did, and what a thing taken away costs it: read from `episodes`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from society.analysis.declared import Measure, column_of
from society.analysis.economy import gini
from society.analysis.estimate import NAN, Estimate
from society.analysis.metrics import register
from society.analysis.run import NORMAL, RANDOM, AbsentError, Reader, attempt, by_group, headline_by
from society.analysis.statistics import (
    Array,
    Interval,
    bootstrap_mean,
    bootstrap_means,
    sign_flip_test,
)

SEED = 0  # of every bootstrap and permutation here, so that a report is a pure function of its tables
ONE_RUN = "one training run: a t-interval needs two or more"
NO_RANDOM = "no null: the run has no random script in this table"


def estimate(metric: str, condition: str, interval: Interval, unit: str, **more: Any) -> Estimate:
    """An `Interval` as a line of the report."""
    return Estimate(
        metric, condition, interval.value, interval.low, interval.high, n=interval.n, unit=unit,
        reason=interval.reason, **more,
    )  # fmt: skip


def with_reason(interval: Interval, reason: str) -> Interval:
    """The interval, saying `reason` too."""
    told = "; ".join(part for part in (interval.reason, reason) if part)
    return Interval(interval.value, interval.low, interval.high, interval.n, told)


def beside_random(metric: str, condition: str, unit: str, by_world: Callable[[str], pd.Series]) -> Estimate:
    """The mean over worlds of what `by_world` gives for a condition, with its mean in the run's random script as the null."""
    interval = bootstrap_mean(by_world(condition).to_numpy(), SEED)
    try:
        null = float(by_world(RANDOM).mean())
    except AbsentError:
        null = NAN
    return estimate(metric, condition, interval if np.isfinite(null) else with_reason(interval, NO_RANDOM), unit, null=null)


def splits(reader: Reader) -> dict[str, str | None]:
    """Metric name -> split: the headline itself, then one for each split that is declared."""
    headline = reader.declared.headline
    named = ["train", *headline.splits] if headline.splits else []
    return {headline.name: None, **{f"{headline.name}.{split}": split for split in named}}


def contrasted(reader: Reader) -> dict[str, str | None]:
    """The headline, and those of its splits that a primary contrast names."""
    asked = reader.declared.primary
    return {m: s for m, s in splits(reader).items() if s is None or any(p.endswith(f".{m}") for p in asked)}


@register("headline", needs=("episodes",))
def headline(reader: Reader) -> Iterator[Estimate]:
    """The headline in every condition, over worlds."""
    unit, chance = reader.declared.headline.unit, reader.declared.chance
    for metric, split in splits(reader).items():
        for condition in reader.conditions():
            yield attempt(metric, condition, unit, _headline(reader, metric, condition, split, chance))


def _headline(reader: Reader, metric: str, condition: str, split: str | None, chance: float | None) -> Callable[[], Estimate]:
    def make() -> Estimate:
        interval = bootstrap_mean(headline_by(reader, condition, split).to_numpy(), SEED)
        unit = reader.declared.headline.unit
        if chance is None:
            return estimate(metric, condition, with_reason(interval, "no null: the scenario declares no chance level"), unit)
        return estimate(metric, condition, interval, unit, null=chance)

    return make


@register("relative", needs=("episodes",))
def relative(reader: Reader) -> Iterator[Estimate]:
    """The headline on the scale that two reference conditions fix: 0 and 1."""
    scale = reader.declared.relative
    if scale is None:
        return
    metric, unit = f"relative.{reader.declared.headline.name}", f"{scale.zero} = 0, {scale.one} = 1"
    zero, one = scale.zero, scale.one

    def make() -> Estimate:
        table = aligned(reader, [NORMAL, zero, one])
        return estimate(metric, NORMAL, bootstrap_means(table, _position, SEED), unit, null=0.0)

    yield attempt(metric, NORMAL, unit, make)


def _position(means: Array) -> Array:
    """Where the first mean lies between the second (0) and the third (1). [B, 3] -> [B]."""
    span = means[:, 2] - means[:, 1]
    return (means[:, 0] - means[:, 1]) / np.where(np.abs(span) > 1e-12, span, np.nan)


def aligned(reader: Reader, conditions: list[str], split: str | None = None) -> Array:
    """The headline by world [worlds, conditions], of the worlds that all have. AbsentError if there is none."""
    table = pd.concat([headline_by(reader, c, split) for c in conditions], axis=1, join="inner")
    if table.empty:
        raise AbsentError(f"no world is common to {', '.join(conditions)}")
    return table.to_numpy(dtype=float)


@register("effect", needs=("episodes",))
def effect(reader: Reader) -> Iterator[Estimate]:
    """What each frozen twin changes: the condition minus normal, paired by world."""
    unit = reader.declared.headline.unit
    for metric, split in contrasted(reader).items():
        for condition in reader.twins():
            name = f"effect_of_{condition}.{metric}"
            yield attempt(name, condition, unit, _effect(reader, name, condition, split))
            yield attempt(f"{name}.share", condition, "of normal", _share(reader, f"{name}.share", condition, split))


def _effect(reader: Reader, name: str, condition: str, split: str | None) -> Callable[[], Estimate]:
    def make() -> Estimate:
        table = aligned(reader, [condition, NORMAL], split)
        interval = bootstrap_means(table, lambda m: m[:, 0] - m[:, 1], SEED)
        p = sign_flip_test(table[:, 0] - table[:, 1], SEED).p if interval.n > 1 else NAN
        return estimate(name, condition, interval, reader.declared.headline.unit, null=0.0, p=p)

    return make


def _share(reader: Reader, name: str, condition: str, split: str | None) -> Callable[[], Estimate]:
    def make() -> Estimate:
        table = aligned(reader, [condition, NORMAL], split)
        interval = bootstrap_means(table, _proportion, SEED)
        return estimate(name, condition, interval, "of normal", null=0.0)

    return make


def _proportion(means: Array) -> Array:
    """(first - second) / second, [B, 2] -> [B]; NaN unless the second is above zero."""
    return (means[:, 0] - means[:, 1]) / np.where(means[:, 1] > 1e-12, means[:, 1], np.nan)


@register("worth", needs=("episodes",))
def worth(reader: Reader) -> Iterator[Estimate]:
    """What a thing is worth: normal minus the population grown without it. Its replicate is the training run."""
    unit = reader.declared.headline.unit
    for metric, split in contrasted(reader).items():
        for control in sorted(reader.run.controls):
            name = f"worth_over_{control}.{metric}"
            yield attempt(name, control, unit, _worth(reader, name, control, split))


def _worth(reader: Reader, name: str, control: str, split: str | None) -> Callable[[], Estimate]:
    def make() -> Estimate:
        value = float(headline_by(reader, NORMAL, split).mean() - headline_by(reader, control, split).mean())
        unit = reader.declared.headline.unit
        return Estimate(name, control, value, null=0.0, n=1, unit=unit, reason=ONE_RUN)

    return make


@register("measures", needs=("episodes",))
def measures(reader: Reader) -> Iterator[Estimate]:
    """The further ratios that a scenario declares, such as specialisation, each beside its null."""
    for name, measure in reader.declared.measures.items():
        for condition in reader.grown():
            yield attempt(name, condition, measure.unit, _measured(reader, name, measure, condition))


def _measured(reader: Reader, name: str, measure: Measure, condition: str) -> Callable[[], Estimate]:
    def make() -> Estimate:
        interval = bootstrap_mean(_ratio(reader, measure, condition).to_numpy(), SEED)
        null = _null(reader, measure)
        if not np.isfinite(null):
            interval = with_reason(interval, f"no null: {measure.null} was not run" if measure.null else "no null is declared")
        return estimate(name, condition, interval, measure.unit, null=null)

    return make


def _ratio(reader: Reader, measure: Measure, condition: str) -> pd.Series:
    frame = reader.rows("episodes", condition)
    return by_group(frame, ["world"], column_of(measure.numerator), column_of(measure.denominator))


def _null(reader: Reader, measure: Measure) -> float:
    """The declared null: a number, the measure's mean in another condition, or NaN where that was not run."""
    if not isinstance(measure.null, str):
        return NAN if measure.null is None else measure.null
    try:
        return float(_ratio(reader, measure, measure.null).mean())
    except AbsentError:
        return NAN


@register("gini", needs=("episodes",))
def inequality(reader: Reader) -> Iterator[Estimate]:
    """Gini coefficient of the headline over the seats of a world, mean over worlds."""
    name = f"gini.{reader.declared.headline.name}"
    for condition in reader.grown():
        yield attempt(name, condition, "0 = equal", _gini(reader, name, condition))


def _gini(reader: Reader, name: str, condition: str) -> Callable[[], Estimate]:
    return lambda: beside_random(name, condition, "0 = equal", lambda played: _gini_by_world(reader, played))


def _gini_by_world(reader: Reader, condition: str) -> pd.Series:
    seats = headline_by(reader, condition, keys=("world", "seat")).groupby(level="world")
    several = seats.filter(lambda s: len(s) > 1) if seats.ngroups else seats.obj
    if several.empty:
        raise AbsentError("one seat a world: nothing to be unequal")
    each = several.groupby(level="world").agg(gini)
    if each.isna().all():
        raise AbsentError("undefined: values are negative or sum to zero")
    return each
