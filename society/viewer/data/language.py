"""What the Language page reads: counts of symbols by meaning, and pages of utterances. Streamed, and cached by the files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from society.analysis.corpus.frame import HUGE
from society.record.store import Run
from society.viewer import queries
from society.viewer.data.counted import counted, readable
from society.viewer.kept import cached

SILENCE = 0
USES = ["mind", "meaning", "symbol", "count"]
LEXICON = ("update", "agent_steps", "part", "position", "meaning", "symbol")
BLOCK = 50_000  # messages
MOST_SYMBOLS = 4096  # a config that claims more is not believed
MOST_WORLDS = 4096  # to choose from
MOST_TIMES = 2**40  # nor a count, so that sums of counts fit


@dataclass(frozen=True, eq=False)
class Talk:
    """What a run's table `messages` holds. `counts`: condition, mind, count; `parts`: names of the slots of a meaning;
    `length`: symbols of a message; `columns`: all columns of the table."""

    counts: pd.DataFrame
    parts: tuple[str, ...]
    length: int
    columns: tuple[str, ...]

    @property
    def conditions(self) -> list[str]:
        """The conditions, `normal` first."""
        return sorted(self.counts["condition"].unique(), key=lambda name: (name != "normal", name))

    def minds(self, condition: str) -> list[int]:
        """Who speaks in a condition; a scripted agent is nobody."""
        minds = self.counts.loc[self.counts["condition"] == condition, "mind"].unique()
        return sorted(int(mind) for mind in minds if mind >= 0)

    def rows(self, condition: str) -> int:
        """Number of messages of a condition."""
        return int(self.counts.loc[self.counts["condition"] == condition, "count"].sum())


def talk(run: Run) -> Talk | None:
    """What there is in `messages`; None where there is none. Raises `Damaged`."""
    counts = counted(run, "messages", ("condition", "mind"))
    if counts.empty:
        return None
    # No condition has this name, so that row groups are skipped and only the columns are told.
    columns = tuple(str(column) for column in page(run, {"condition": "\0"}, 0, 0).columns)
    length, parts = (_numbered(columns, prefix) for prefix in ("m", "meaning"))
    return Talk(_whole(counts, "mind").reset_index(drop=True), slots(run, parts), length, columns) if length else None


def _numbered(columns: tuple[str, ...], prefix: str) -> int:
    """How many columns there are of prefix0, prefix1, ..., without a gap."""
    return next(i for i in range(len(columns) + 1) if f"{prefix}{i}" not in columns)


def speakers(run: Run) -> dict[str, Run]:
    """Which run directory holds the messages of which condition: the run's own, and those of its controls by name."""
    found: dict[str, Run] = {}
    for one in queries.family(run).values():
        said = talk(one)
        for condition in said.conditions if said else ():
            found.setdefault(condition, one)
    return found


def slots(run: Run, many: int) -> tuple[str, ...]:
    """Names of the `many` slots of a meaning, as meta.json tells them, all different and of a length to print."""
    told = run.meta.get("meanings")
    names = [str(name)[:40] for name in told] if isinstance(told, list) and len(told) == many else []
    return tuple(names) if len(set(names)) == many else tuple(f"meaning {i}" for i in range(many))


def symbols(run: Run, found: pd.DataFrame) -> int:
    """How many symbols there are, silence among them: as the channel is declared, and never fewer than were `found`."""
    channel = run.config.get("channel")
    told = channel.get("symbols") if isinstance(channel, dict) else None
    declared = told if isinstance(told, int) and 1 <= told <= MOST_SYMBOLS else 1
    used = int(found["symbol"].max()) + 1 if len(found) else 1
    return max(declared, min(used, MOST_SYMBOLS))


def uses(run: Run, condition: str, part: int | None, position: int) -> pd.DataFrame:
    """mind, meaning, symbol, count of one position of the messages of a condition; without a `part` the meaning is the mind.

    What is unknown, and padding, is left out. Raises `Damaged`.
    """
    by = ("mind", *(() if part is None else (f"meaning{part}",)), f"m{position}")
    found = counted(run, "messages", by, condition=condition)
    told = found.set_axis([*USES[:1], *(() if part is None else USES[1:2]), *USES[2:]], axis=1)
    if part is None:
        told = told.assign(meaning=told["mind"])
    return _whole(told, "mind", "meaning", "symbol")[USES].reset_index(drop=True)


def lexicon(run: Run) -> pd.DataFrame:
    """update, agent_steps, part, position, meaning, symbol, count: what was said for what while the minds learned."""
    if "lexicon" not in run.tables():
        return pd.DataFrame({name: pd.Series([], dtype="int64") for name in (*LEXICON, "count")})
    found = counted(run, "lexicon", LEXICON, ("count",))
    times = _whole(found.drop(columns="count").rename(columns={"sum.count": "count"}), *LEXICON, "count")
    times["count"] = times["count"].clip(upper=MOST_TIMES)
    return times[times["count"] > 0].reset_index(drop=True)


def page(run: Run, where: dict[str, Any], first: int, count: int) -> pd.DataFrame:
    """`count` messages from the `first` of those that `where` keeps, all columns. Raises `Damaged`.

    Those of a whole condition are read in blocks, because several parts of the page want the beginning.
    """
    begin = first // BLOCK * BLOCK
    blocked = set(where) == {"condition"} and 0 < count <= BLOCK - (first - begin)
    begin, much = (begin, BLOCK) if blocked else (first, count)
    found = _page(run, tuple(where.items()), begin, much)
    return found.iloc[first - begin : first - begin + count]


def worlds(run: Run, condition: str) -> list[int]:
    """The worlds of a condition, at most `MOST_WORLDS`: as the evaluation is configured, else as they are found."""
    told = run.config.get("evaluation")
    declared = told.get("worlds") if isinstance(told, dict) else None
    if isinstance(declared, int) and 1 <= declared <= MOST_WORLDS:
        return list(range(declared))
    found = _whole(counted(run, "messages", ("world",), condition=condition), "world")
    return [int(world) for world in found["world"].head(MOST_WORLDS)]


def many(run: Run, where: dict[str, Any]) -> int:
    """How many messages `where` keeps. Raises `Damaged`."""
    if set(where) <= {"condition", "mind"}:  # counted already
        found = counted(run, "messages", ("condition", "mind"))
        kept = [found[column] == value for column, value in where.items()]
        return int(found.loc[np.logical_and.reduce(kept) if kept else slice(None), "count"].sum())
    return int(counted(run, "messages", (), **where)["count"].sum())


@cached("tables/messages")
def _page(run: Run, where: tuple[tuple[str, Any], ...], first: int, count: int) -> pd.DataFrame:
    with readable(run, "messages"):
        return run.rows("messages", None, dict(where), first, count)


def spoken(symbols: Sequence[int]) -> str:
    """A message in symbols: "silence", or a dot for each silent position; padding is nothing."""
    kept = [symbol for symbol in symbols if symbol != -1]
    if kept and all(symbol == SILENCE for symbol in kept):
        return "silence"
    return " ".join("·" if symbol == SILENCE else str(symbol)[:20] for symbol in kept)


def _whole(found: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The rows whose columns are whole numbers from 0, as such: what is unknown, padding or no number is left out.

    A mind may be -1, which is a scripted agent.
    """
    kept = np.ones(len(found), dtype=bool)
    numbers = {}
    for column in columns:
        values = pd.to_numeric(found[column], errors="coerce").to_numpy(dtype=float)
        fits = np.isfinite(values) & (values >= (-1 if column == "mind" else 0)) & (values < HUGE)
        numbers[column] = np.where(fits, values, 0.0).astype(np.int64)
        kept &= fits & (values == np.floor(np.where(fits, values, 0.0)))
    return found.assign(**numbers)[kept]
