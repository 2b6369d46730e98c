"""Lines of a report from one number a world: the condition's mean, its null, what a twin changes, what a thing is worth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from society.analysis.estimate import NAN, Estimate
from society.analysis.outcome_metrics import NO_RANDOM, ONE_RUN, SEED, estimate, with_reason
from society.analysis.run import NORMAL, RANDOM, AbsentError, Reader, attempt, numbers
from society.analysis.statistics import Array, bootstrap_mean, sign_flip_test

Make = Callable[[Reader, str], pd.DataFrame]  # (run, condition) -> one row a world, a column for each line


@dataclass(frozen=True)
class Line:
    """One measure: its name in the report, its unit, why it may be NaN in every world, and whether twins are contrasted.

    The null is its mean in the run's random script.
    """

    name: str
    unit: str
    why: str = "no row of it holds a number"
    contrast: bool = False


def world_lines(reader: Reader, table: str, lines: Sequence[Line], make: Make) -> Iterator[Estimate]:
    """Each line in every grown condition, over worlds; then effects of twins and worth over controls where asked.

    A run without a row of `table` in any condition gets the first line only, as missing.
    """
    if reader.all(table).empty:
        yield Estimate.missing(lines[0].name, NORMAL, f"table {table} has no row in any condition", unit=lines[0].unit)
        return
    made: dict[str, pd.DataFrame | str] = {}

    def values(line: Line, condition: str) -> pd.Series:
        """By world. AbsentError if no world has one."""
        if condition not in made:
            try:
                made[condition] = make(reader, condition)
            except AbsentError as absent:
                made[condition] = str(absent)
        found = made[condition]
        if isinstance(found, str):
            raise AbsentError(found)
        series = found[line.name].dropna()
        if series.empty:
            raise AbsentError(line.why)
        return series

    for line in lines:
        for condition in reader.grown():
            yield attempt(line.name, condition, line.unit, partial(_mean, line, condition, values))
        for condition in reader.twins() if line.contrast else ():
            name = f"effect_of_{condition}.{line.name}"
            yield attempt(name, condition, line.unit, partial(_effect, line, condition, values))
        for condition in sorted(reader.run.controls) if line.contrast else ():
            name = f"worth_over_{condition}.{line.name}"
            yield attempt(name, condition, line.unit, partial(_worth, line, condition, values))


Values = Callable[[Line, str], pd.Series]


def _mean(line: Line, condition: str, values: Values) -> Estimate:
    interval = bootstrap_mean(values(line, condition).to_numpy(), SEED)
    try:
        null = float(values(line, RANDOM).mean())
    except AbsentError:
        interval = with_reason(interval, NO_RANDOM)
        null = NAN
    return estimate(line.name, condition, interval, line.unit, null=null)


def _effect(line: Line, condition: str, values: Values) -> Estimate:
    pairs = pd.concat([values(line, condition), values(line, NORMAL)], axis=1, join="inner").to_numpy(dtype=float)
    if not len(pairs):
        raise AbsentError(f"no world is common to {condition} and {NORMAL}")
    difference = pairs[:, 0] - pairs[:, 1]
    interval = bootstrap_mean(difference, SEED)
    p = sign_flip_test(difference, SEED).p if interval.n > 1 else NAN
    return estimate(f"effect_of_{condition}.{line.name}", condition, interval, line.unit, null=0.0, p=p)


def _worth(line: Line, condition: str, values: Values) -> Estimate:
    value = float(values(line, NORMAL).mean() - values(line, condition).mean())
    return Estimate(f"worth_over_{condition}.{line.name}", condition, value, null=0.0, n=1, unit=line.unit, reason=ONE_RUN)


def mean_by_world(frame: pd.DataFrame, columns: dict[str, Array]) -> pd.DataFrame:
    """The mean over the rows of each world, NaN left out; one row a world. `frame` has a column world."""
    return pd.DataFrame(columns).groupby(frame["world"].to_numpy()).mean()


def numbered_columns(frame: pd.DataFrame, prefix: str) -> Array:
    """Columns prefix0, prefix1, ... in order of number, [rows, columns]. AbsentError if there is none, or no number in one."""
    found = [c for c in frame.columns if re.fullmatch(rf"{re.escape(prefix)}\d+", str(c))]
    if not found:
        raise AbsentError(f"no column {prefix}0")
    return np.stack([numbers(frame, c) for c in sorted(found, key=lambda c: int(c[len(prefix) :]))], axis=1)
