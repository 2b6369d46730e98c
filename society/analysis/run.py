"""What analysis needs of a run: the protocol, and a reader that says in a few words what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from society.analysis.declared import Declared, Headline
from society.analysis.estimate import Estimate
from society.analysis.statistics import Array

NORMAL = "normal"
TRAINING = "training"
SCRIPT = "script:"
RANDOM = f"{SCRIPT}random"


class Run(Protocol):
    """A finished run, or anything that has its tables."""

    @property
    def path(self) -> Path:
        """The run directory."""
        ...

    @property
    def meta(self) -> Mapping[str, Any]:
        """What `meta.json` holds; `declared` in it is the scenario's declaration."""
        ...

    @property
    def config(self) -> Mapping[str, Any]:
        """The resolved configuration."""
        ...

    @property
    def controls(self) -> Mapping[str, Run]:
        """Populations grown without a thing, by name; the rows of their tables carry that name as their condition."""
        ...

    def table(self, name: str, columns: list[str] | None = None, where: dict[str, Any] | None = None) -> pd.DataFrame:
        """The rows whose columns equal `where`; a frame with columns and no row when there is none."""
        ...


class AbsentError(ValueError):
    """Something a measure needs is not there; the message is the reason that an estimate carries."""


class Reader:
    """A run with its declaration, reading each part of a table once and raising `AbsentError` for what is not there."""

    def __init__(self, run: Run):
        self.run = run
        self.declared = Declared.from_json(run.meta.get("declared", {}))
        self._read: dict[tuple[str, str], pd.DataFrame] = {}

    def all(self, table: str) -> pd.DataFrame:
        """Every row of the run's own table, which may have none."""
        if (table, "") not in self._read:
            self._read[table, ""] = self.run.table(table)
        return self._read[table, ""]

    def rows(self, table: str, condition: str = NORMAL, columns: tuple[str, ...] = ()) -> pd.DataFrame:
        """Rows of one condition, taken from the control of that name if there is one.

        AbsentError if there are none or `columns` are not among theirs.
        """
        key = (table, condition)
        if key not in self._read:
            owner = self.run.controls.get(condition, self.run)
            self._read[key] = owner.table(table, where={"condition": condition})
        frame = self._read[key]
        if frame.empty:
            raise AbsentError(f"table {table} has no row of condition {condition}")
        for column in columns:
            if column not in frame.columns:
                raise AbsentError(f"table {table} has no column {column}")
        return frame

    def conditions(self) -> list[str]:
        """Conditions that were evaluated: normal first, then frozen twins, controls and scripts."""
        frame = self.all("episodes")
        own = set(frame["condition"].dropna().unique()) - {TRAINING} if "condition" in frame.columns else set()
        twins = sorted(c for c in own - {NORMAL} - set(self.run.controls) if not c.startswith(SCRIPT))
        scripts = sorted(c for c in own if c.startswith(SCRIPT))
        return [NORMAL, *twins, *sorted(self.run.controls), *scripts]

    def twins(self) -> list[str]:
        """Conditions of the trained population itself with one thing changed."""
        return [c for c in self.conditions()[1:] if c not in self.run.controls and not c.startswith(SCRIPT)]

    def grown(self) -> list[str]:
        """Normal and the trained controls: each a population of its own."""
        return [NORMAL, *sorted(self.run.controls)]


def attempt(metric: str, condition: str, unit: str, make: Callable[[], Estimate]) -> Estimate:
    """The estimate, or NaN with the reason for which it cannot be made."""
    try:
        return make()
    except AbsentError as absent:
        return Estimate.missing(metric, condition, str(absent), unit=unit)


def numbers(frame: pd.DataFrame, column: str) -> Array:
    """A column as floats; what is no finite number is NaN. AbsentError if there is no such column or nothing in it."""
    if column not in frame.columns:
        raise AbsentError(f"no column {column}")
    try:
        values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError, OverflowError):  # integers that no float holds, or two columns of one name
        raise AbsentError(f"column {column} is no single column of numbers") from None
    values = np.where(np.isfinite(values), values, np.nan)
    if len(values) and np.isnan(values).all():
        raise AbsentError(f"column {column} holds no number")
    return values


def selected(frame: pd.DataFrame, headline: Headline, split: str | None = None) -> pd.DataFrame:
    """The rows that a headline counts, of one split if asked. AbsentError if there are none."""
    wanted = dict(headline.rows)
    if split == "train":
        wanted |= dict.fromkeys(headline.splits.values(), 0.0)
    elif split is not None:
        wanted[headline.splits[split]] = 1.0
    kept = np.ones(len(frame), dtype=bool)
    for column, value in wanted.items():
        kept &= numbers(frame, column) == value
    if not kept.any():
        raise AbsentError("no row with " + ", ".join(f"{column} = {value:g}" for column, value in wanted.items()))
    return frame[kept]


def by_group(frame: pd.DataFrame, keys: list[str], top: str, bottom: str | None) -> pd.Series:
    """Per group sum(top) / sum(bottom), or the mean of top without a bottom; rows lacking a number are left out.

    Indexed by `keys`; groups whose denominator is zero are left out. AbsentError if no group remains.
    """
    for key in keys:
        if key not in frame.columns:
            raise AbsentError(f"no column {key}")
    sums = pd.DataFrame({key: frame[key].to_numpy() for key in keys})
    sums["top"] = numbers(frame, top)
    sums["bottom"] = 1.0 if bottom is None else numbers(frame, bottom)
    total = sums.dropna().groupby(keys, observed=True, sort=True)[["top", "bottom"]].sum()
    total = total[total["bottom"] > 0]
    if total.empty:
        raise AbsentError(f"{bottom or top} is never above zero" if bottom else f"no row with a number in {top}")
    return total["top"] / total["bottom"]


def headline_by(
    reader: Reader, condition: str, split: str | None = None, keys: tuple[str, ...] = ("world",)
) -> pd.Series:
    """The headline of every world (or world and seat), indexed by `keys`, in the headline's unit."""
    headline = reader.declared.headline
    frame = selected(reader.rows("episodes", condition), headline, split)
    return headline.scale * by_group(
        frame, list(keys), headline.column, "ticks" if headline.per == "seat_tick" else None
    )
