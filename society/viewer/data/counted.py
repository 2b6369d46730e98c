"""Counts, sums and first rows of a table that may be too long to be held, with numbers that are numbers; cached."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from society.record.columns import TEXT
from society.record.files import damaged
from society.record.grouped import batches
from society.record.store import Run
from society.viewer.kept import cached

LARGE = 2**53  # whole numbers beyond which no float tells two of them apart: none that a run counts
Where = tuple[tuple[str, Any], ...]


def counted(run: Run, table: str, by: Sequence[str], sums: Sequence[str] = (), **where: Any) -> pd.DataFrame:
    """Rows of each combination of `by` that `where` keeps: `by`, `count`, `sum.<column>`; [] where none were written.

    A group whose key should be a number and is none is left out. Raises `Damaged`.
    """
    return _counted(run, table, tuple(by), tuple(sums), _frozen(where))


@cached("tables/{}")
def _counted(run: Run, table: str, by: tuple[str, ...], sums: tuple[str, ...], where: Where) -> pd.DataFrame:
    with readable(run, table):
        return numeric(run.grouped(table, by, dict(where), sums), by)


def first_rows(run: Run, table: str, columns: Sequence[str], count: int, **where: Any) -> pd.DataFrame:
    """The first `count` rows that `where` keeps, of these columns. Raises `Damaged`."""
    return _first_rows(run, table, tuple(columns), count, _frozen(where))


@cached("tables/{}")
def _first_rows(run: Run, table: str, columns: tuple[str, ...], count: int, where: Where) -> pd.DataFrame:
    with readable(run, table):
        return numeric(run.rows(table, columns, dict(where), 0, count), ())


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


def pieces(run: Run, table: str, columns: Sequence[str], **where: Any) -> Iterator[pd.DataFrame]:
    """The rows that `where` keeps, a row group at a time, of columns that hold numbers. Raises `Damaged`."""
    with readable(run, table):
        for rows in batches(run.path, table, columns, where):
            for name in columns:
                if rows[name].dtype.kind not in "if":
                    raise ValueError(f"column {name} holds no numbers")
            yield rows


@contextmanager
def readable(run: Run, table: str) -> Iterator[None]:
    """Within, a table that is verified and still not what its name says (a column is missing, or holds something else) is
    `Damaged`."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise damaged(run.path / "tables" / table, " ".join(str(error).split())[:300]) from None
