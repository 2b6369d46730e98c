"""What a run gives away: its tables as CSV, its estimates, and the words that make it again."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from society.analysis.estimate import Estimate
from society.record.store import Run
from society.viewer.kept import cached

MOST = 1_000_000  # rows of a table in one download: about 100 MB of text
PIECE = 100_000  # rows that are held while it is made


def counts(run: Run) -> dict[str, int]:
    """The tables that have rows, and how many. Raises `Damaged`."""
    return {name: _count(run, name) for name in run.tables()}


@cached("tables/{}")
def _count(run: Run, name: str) -> int:
    return int(run.grouped(name, [])["count"].sum())


def table_csv(path: str, name: str) -> bytes:
    """The first `MOST` rows of a table as CSV. Raises `Damaged`."""
    return "".join(_pieces(Run(Path(path)), name)).encode()


def _pieces(run: Run, name: str) -> Iterator[str]:
    for first in range(0, MOST, PIECE):
        rows = run.rows(name, first=first, count=PIECE)
        yield _safe(rows).to_csv(index=False, header=first == 0)
        if len(rows) < PIECE:
            return


def estimates_csv(lines: list[Estimate]) -> bytes:
    """The report as CSV, one row an estimate."""
    return _safe(pd.DataFrame([line.as_dict() for line in lines])).to_csv(index=False).encode()


def _safe(rows: pd.DataFrame) -> pd.DataFrame:
    """A spreadsheet takes text that begins with one of = + - @ for a formula: an apostrophe before it keeps it text."""
    text = rows.select_dtypes(include=["object", "string"])
    return rows.assign(**{str(name): _quoted(column.astype(str)) for name, column in text.items()})


def _quoted(column: "pd.Series[str]") -> "pd.Series[str]":
    return column.where(~column.str.match(r"[=+\-@\t\r]"), "'" + column)


def again(run: Run) -> str:
    """The command that makes this run again from its own file."""
    path = run.path.absolute()
    here = Path.cwd()
    shown = path.relative_to(here) if path.is_relative_to(here) else path
    return f"society run {shlex.quote(str(shown / 'run.toml'))}"


def typed(run: Run) -> str:
    """The words that it was started with, empty where it was started from Python."""
    argv = run.meta.get("argv")
    words = [word for word in argv if isinstance(word, str)] if isinstance(argv, list) else []
    return shlex.join(words)
