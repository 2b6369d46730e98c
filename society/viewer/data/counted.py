"""Counts, sums and first rows of a table that may be too long to be held, with numbers that are numbers; cached."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from society.record.columns import TEXT
from society.record.files import Damaged
from society.record.store import Run
from society.viewer import queries

LARGE = 2**53  # whole numbers beyond which no float tells two of them apart: none that a run counts
Where = tuple[tuple[str, Any], ...]


def counted(run: Run, table: str, by: Sequence[str], sums: Sequence[str] = (), **where: Any) -> pd.DataFrame:
    """Rows of each combination of `by` that `where` keeps: `by`, `count`, `sum.<column>`; [] where none were written.

    A group whose key should be a number and is none is left out. Raises `Damaged`.
    """
    path = queries.identity(run.path, "tables", table)
    return _counted(str(run.path), path, table, tuple(by), tuple(sums), _frozen(where))


@lru_cache(maxsize=128)
def _counted(
    path: str, _: queries.Identity, table: str, by: tuple[str, ...], sums: tuple[str, ...], where: Where
) -> pd.DataFrame:
    try:
        return numeric(Run(path).grouped(table, by, dict(where), sums), by)
    except (ValueError, TypeError) as error:  # a column is not there, or holds something else
        raise _unfit(error) from None


def first_rows(run: Run, table: str, columns: Sequence[str], count: int, **where: Any) -> pd.DataFrame:
    """The first `count` rows that `where` keeps, of these columns. Raises `Damaged`."""
    path = queries.identity(run.path, "tables", table)
    return _first_rows(str(run.path), path, table, tuple(columns), count, _frozen(where))


@lru_cache(maxsize=32)
def _first_rows(path: str, _: queries.Identity, table: str, columns: tuple[str, ...], count: int, where: Where) -> pd.DataFrame:
    try:
        return numeric(Run(path).rows(table, columns, dict(where), 0, count), ())
    except (ValueError, TypeError) as error:
        raise _unfit(error) from None


def numeric(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The frame with every column that is no text as numbers; rows without a number of sane size in a key are dropped."""
    for column in frame.columns:
        if column not in TEXT and not pd.api.types.is_numeric_dtype(frame[column]):
            frame[column] = pd.to_numeric(frame[column], errors="coerce")
    fine = np.ones(len(frame), dtype=bool)
    for column in keys:
        if column not in TEXT:
            fine &= (frame[column].abs() < LARGE).to_numpy()
    return frame if fine.all() else frame[fine].reset_index(drop=True)


def _frozen(where: dict[str, Any]) -> Where:
    return tuple(sorted((name, tuple(value) if isinstance(value, list) else value) for name, value in where.items()))


def _unfit(error: Exception) -> Damaged:
    """A table without a column that every such table has: verified, and still not what it says it is."""
    return Damaged(" ".join(str(error).split())[:300])
