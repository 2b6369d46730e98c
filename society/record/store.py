"""The store: a run directory, read. Nothing here needs torch, and nothing that fails verification is ever returned.

`Run` is one directory; `create_run_dir`, `list_runs` and `find_run` deal with the folder that holds many.
"""

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from society.record import checkpoint, frames, graphs, grouped, labels, parts, tail
from society.record.files import Damaged, damaged, inside, read_json, read_toml_sealed, unfit
from society.record.runs import create_run_dir, find_run_path, run_paths
from society.record.status import RunState, read_status, state_of, write_status
from society.record.tables import TABLES
from society.record.tables_io import Where, read_table

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Run", "create_run_dir", "find_run", "list_runs", "read_status", "write_status"]


class Run:
    """One run directory. Making one reads nothing; each property verifies what it reads or raises `Damaged`."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @cached_property
    def meta(self) -> dict[str, Any]:
        """meta.json: versions, git, device, argv, parent run, scene."""
        return read_json(inside(self.path, "meta.json"))

    @cached_property
    def config(self) -> dict[str, Any]:
        """run.toml as a dict, verified against the checksum in meta.json."""
        return read_toml_sealed(inside(self.path, "run.toml"), self.meta.get("run_toml_sha256"))

    @property
    def status(self) -> dict[str, Any]:
        """status.json as it is now."""
        return read_status(self.path)

    @property
    def saved_report(self) -> dict[str, Any] | None:
        """report.json, or None where no report was made yet."""
        path = inside(self.path, "report.json")
        return read_json(path) if path.exists() else None

    @property
    def state(self) -> RunState:
        """live, done, failed, killed, interrupted, or damaged (see `problem`); tables and checkpoints are not read."""
        try:
            state = state_of(self.status)
            _ = self.config
        except Damaged:
            return "damaged"
        return state

    @property
    def problem(self) -> str | None:
        """One line on why the state is `damaged`; None otherwise."""
        try:
            status, _ = self.status, self.config
        except Damaged as error:
            return str(error)
        if state_of(status) == "damaged":
            return str(damaged(self.path / "status.json", "holds no known state"))
        return None

    def tables(self) -> list[str]:
        """Names of the tables that have rows."""
        return [name for name in TABLES if parts.listing(self.path, "tables", name)]

    def table(self, name: str, columns: Sequence[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Rows of one table in order of writing; `where={"condition": "normal"}` keeps only those. See `read_table`."""
        return read_table(self.path, name, columns, where)

    def grouped(self, name: str, by: Sequence[str], where: Where | None = None, sums: Sequence[str] = ()) -> pd.DataFrame:
        """Counts and sums of a table's rows by group, in memory that does not grow with it. See `grouped.grouped`."""
        return grouped.grouped(self.path, name, by, where, sums)

    def rows(
        self, name: str, columns: Sequence[str] | None = None, where: Where | None = None, first: int = 0, count: int = 100
    ) -> pd.DataFrame:
        """A page of a table's rows, in memory that does not grow with it. See `grouped.rows`."""
        return grouped.rows(self.path, name, columns, where, first, count)

    def messages(self, condition: str | None = None) -> pd.DataFrame:
        """The messages, of one condition if given."""
        return self.table("messages", where=None if condition is None else {"condition": condition})

    def trade_graph(
        self, condition: str | None = "normal", by: str = "mind", *, seed: int | None = None, world: int | None = None
    ) -> "nx.DiGraph":
        """Who gave how much to whom: edge giver -> receiver with `weight` (amount, all goods) and `deals` (count).

        Nodes are minds or, with by="seat", (world, seat) pairs; who never traded is none. None takes every condition, seed
        or world. ValueError for another `by`.
        """
        return graphs.trade(self, graphs.where(condition, seed, world), by)

    def talk_graph(
        self, condition: str | None = "normal", by: str = "mind", *, seed: int | None = None, world: int | None = None
    ) -> "nx.DiGraph":
        """Who spoke in whose hearing: edge speaker -> listener with `weight`, the messages that were no silence.

        What is counted was said where the other could hear it: in the same world and, with a `channel.graph`, along an
        edge of it. Noise and what a condition does to a message come after; a role that a world makes deaf counts too,
        since no table tells of it. Nodes as in `trade_graph`, the silent among them; an edge from a mind to itself is one
        that sat in two seats. ValueError where `channel.reach` is set: no table says who stood within it.
        """
        return graphs.talk(self, graphs.where(condition, seed, world), by)

    def lineage_graph(self, *, seed: int | None = None) -> "nx.DiGraph":
        """Who descends from whom: edge parent -> child; nodes are all minds, with `born` (the update) and `frozen`.

        Acyclic, and each mind has one parent or none.
        """
        return graphs.lineage(self, graphs.where(None, seed, None))

    @property
    def controls(self) -> dict[str, "Run"]:
        """The populations grown without something, by name; {} where there are none."""
        home = inside(self.path, "controls")
        if not home.is_dir():
            return {}
        found = [path.name for path in home.iterdir() if path.is_dir() and not path.name.startswith(".")]
        names = sorted(name for name in found if not unfit(name))
        return {name: Run(inside(self.path, "controls", name)) for name in names}

    def labels(self) -> pd.DataFrame:
        """What people said of pairs of clips, one row a label. See `labels.read_labels`."""
        return labels.read_labels(self.path)

    def frame_index(self) -> list[frames.Span]:
        """Which conditions, worlds and ticks have frames."""
        return frames.frame_index(self.path)

    def frames(self, condition: str, world: int, first: int, last: int, *, seed: int | None = None) -> frames.Frames:
        """The frames of one world with first <= tick <= last."""
        return frames.read_frames(self.path, condition, world, first, last, seed=seed)

    def checkpoints(self) -> list[int]:
        """The updates that have a checkpoint, oldest first."""
        return checkpoint.updates(self.path)

    def verify(self) -> list[str]:
        """Read every file and return one line for each that fails; [] for a whole run. Controls are included."""
        checks: list[Callable[[], object]] = [lambda: self.config, lambda: self.status, lambda: self.saved_report]
        checks += [self.frame_index, partial(tail.read_tail, self.path), self.labels]
        checks += [partial(self.table, name) for name in TABLES]
        problems = []
        try:
            updates, controls = self.checkpoints(), self.controls
        except Damaged as error:
            return [str(error)]
        checks += [partial(checkpoint.verify, self.path, update) for update in updates]
        if updates and (updates != [0] or inside(self.path, "checkpoints", "LATEST").exists()):
            checks.append(partial(checkpoint.latest, self.path))  # a kill may come between the first one and LATEST
        for check in checks:
            try:
                check()
            except Damaged as error:
                problems.append(str(error))
        return problems + [line for run in controls.values() for line in run.verify()]


def list_runs(root: Path | str) -> list[Run]:
    """The runs in folder `root`, newest first; a damaged one is listed with state "damaged". [] without that folder."""
    return [Run(path) for path in run_paths(Path(root))]


def find_run(text: str, root: Path | str = "runs") -> Run:
    """The run that `text` means: a path, a name in `root`, the beginning of exactly one name, or "latest".

    Raises ValueError with one line that says what was looked for and what is there.
    """
    return Run(find_run_path(text, Path(root)))
