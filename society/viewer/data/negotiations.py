"""What the page Negotiations asks of a run: one world's games, a game turn by turn, and all deals of a condition together."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from society.analysis.replicates import NAN
from society.record.files import damaged
from society.record.store import Run
from society.viewer.data.counted import counted, pieces, readable
from society.viewer.kept import cached

GAMES = 20_000  # of one world, the first of them, that are listed
TURNS = 200  # of one game that are shown
CELLS = 25  # of either side of the plane of scores
Row = Mapping[Any, Any]  # one row of a table
PLAYED = ("episode", "agreed", "rounds", "score", "partner_score")
KINDS = 12  # of items, at most: letters name them


@dataclass(frozen=True)
class Turn:
    """One turn of a game: what `seat` demanded of each item (None: it accepted), its own demand as a share of its maximum,
    and the symbols that it spoke (silence left out)."""

    tick: int
    number: int
    seat: int
    accepted: bool
    keep: tuple[int, ...] | None
    demand: float
    said: tuple[int, ...]


@dataclass(frozen=True)
class Game:
    """One game. `pool` [I] units, `values` [2, I] utility of a unit, first mover first (None where the run does not tell
    them), `share` [I] of the first mover or None without a deal."""

    world: int
    episode: int
    tick: int
    seats: tuple[int, int]
    minds: tuple[int, int]
    agreed: bool
    rounds: int
    scores: tuple[float, float]
    pool: np.ndarray | None
    values: np.ndarray | None
    share: np.ndarray | None
    turns: tuple[Turn, ...]


def worlds(run: Run, condition: str) -> list[int]:
    """The worlds of a condition that have games."""
    return [int(world) for world in counted(run, "deals", ("world",), condition=condition)["world"]]


@cached("tables/deals")
def games(run: Run, condition: str, world: int) -> pd.DataFrame:
    """episode, agreed, rounds, score, partner_score of the first GAMES games of a world, in order of playing."""
    found = _rows(run, "deals", {"condition": condition, "world": world}, GAMES, PLAYED)
    if any(found[name].dtype.kind not in "if" for name in PLAYED):
        raise damaged(run.path / "tables" / "deals", f"a column of {', '.join(PLAYED)} holds no numbers")
    return found


@cached("tables/deals", "tables/offers", "tables/messages")
def game(run: Run, condition: str, world: int, episode: int) -> Game | None:
    """One game with its turns; None where the run has none of that number. Raises `Damaged`."""
    where = {"condition": condition, "world": world, "episode": episode}
    ends = _rows(run, "deals", where, 1)
    if ends.empty:
        return None
    row = ends.iloc[0].to_dict()
    agreed = _whole(row, "agreed") == 1
    pool = _items(row, "pool")
    first, second = _items(row, "value"), _items(row, "partner_value")
    told = pool is not None and first is not None and second is not None and len(pool) == len(first) == len(second)
    share = _items(row, "share") if agreed and told else None
    if share is not None and pool is not None and (len(share) != len(pool) or (share > pool).any()):
        share = None
    return Game(
        world, episode, _whole(row, "tick"),
        (_whole(row, "seat"), _whole(row, "partner")), (_whole(row, "mind"), _whole(row, "partner_mind")),
        agreed, _whole(row, "rounds"), (_real(row, "score"), _real(row, "partner_score")),
        pool if told else None,
        np.stack([first, second]) if told and first is not None and second is not None else None,
        share, _turns(run, where | {"tick": _ticks(row)}),
    )  # fmt: skip


def _ticks(row: Row) -> list[int]:
    """The ticks at which a game can have been played: a round takes two at most, and it ended at its row's tick."""
    last = _whole(row, "tick")
    return list(range(last - 2 * min(max(_whole(row, "rounds"), 0), TURNS) - 1, last + 1))


def _turns(run: Run, where: Mapping[str, Any]) -> tuple[Turn, ...]:
    """The offers of a game in order, each with what its mover said at that tick."""
    offers = _rows(run, "offers", where, TURNS)
    spoken = _rows(run, "messages", where, 4 * TURNS)
    symbols = [name for name in spoken.columns if name[:1] == "m" and name[1:].isdigit()]
    said = {
        (int(row["tick"]), int(row["seat"])): tuple(int(row[name]) for name in symbols if row[name] > 0)
        for row in spoken.to_dict("records")
        if symbols
    }
    found = []
    for row in offers.to_dict("records"):
        keep = _items(row, "keep")
        accepted = _whole(row, "accepted") == 1
        tick, seat = _whole(row, "tick"), _whole(row, "seat")
        taken = None if accepted or keep is None else tuple(int(units) for units in keep)
        found.append(Turn(tick, _whole(row, "round"), seat, accepted, taken, _real(row, "demand"), said.get((tick, seat), ())))
    return tuple(sorted(found, key=lambda turn: (turn.tick, turn.number)))


def _items(row: Row, prefix: str) -> np.ndarray | None:
    """The numbered columns prefix0, prefix1, ... of a row as whole numbers [I]; None where there are none, or below 0."""
    found: list[float] = []
    while len(found) < KINDS and f"{prefix}{len(found)}" in row:
        found.append(_real(row, f"{prefix}{len(found)}"))
    known = np.array(found)
    if not found or not np.isfinite(known).all() or (known < 0).any() or (known > 1e6).any():
        return None
    return known.astype(int)


def _whole(row: Row, name: str) -> int:
    value = _real(row, name)
    return int(value) if math.isfinite(value) else -1


def _real(row: Row, name: str) -> float:
    value = row.get(name)
    return float(value) if isinstance(value, int | float | np.number) else NAN


# ------------------------------------------------------------------------------------------------------------ all games


@dataclass(frozen=True)
class Density:
    """Deals of a condition by both sides' scores: x, y (the lower corner of a cell), deals; and how many games there were,
    deals among them, and mean scores of the deals."""

    cells: pd.DataFrame
    games: int
    deals: int
    means: tuple[float, float]


@cached("tables/deals")
def density(run: Run, condition: str) -> Density:
    """The plane of scores of all games of a condition, read once. Raises `Damaged`."""
    counts, sums, played, edges = np.zeros((CELLS, CELLS)), np.zeros(2), 0, np.linspace(0, 1, CELLS + 1)
    for rows in pieces(run, "deals", ("agreed", "score", "partner_score"), condition=condition):
        made = rows[(rows["agreed"] == 1) & rows["score"].between(0, 1) & rows["partner_score"].between(0, 1)]
        counts += np.histogram2d(made["score"], made["partner_score"], bins=(edges, edges))[0]
        sums += made[["score", "partner_score"]].sum().to_numpy()
        played += len(rows)
    first, second = np.nonzero(counts)
    cells = pd.DataFrame({"x": edges[first], "y": edges[second], "deals": counts[first, second].astype(int)})
    deals = int(counts.sum())
    return Density(cells, played, deals, (float(sums[0] / deals), float(sums[1] / deals)) if deals else (NAN, NAN))


def lasting(run: Run, condition: str) -> pd.DataFrame:
    """turn, demands, accepted: how many demands and acceptances there were at each turn of a condition's games."""
    found = counted(run, "offers", ("round", "accepted"), condition=condition)
    found = found[(found["round"] >= 0) & (found["round"] < TURNS)]
    turns = sorted(int(turn) for turn in found["round"].unique())
    by = {(int(turn), int(yes)): int(count) for turn, yes, count in found[["round", "accepted", "count"]].to_numpy()}
    return pd.DataFrame({
        "turn": turns, "demands": [by.get((turn, 0), 0) for turn in turns], "accepted": [by.get((turn, 1), 0) for turn in turns],
    })  # fmt: skip


def _rows(run: Run, table: str, where: Mapping[str, Any], count: int, columns: tuple[str, ...] | None = None) -> pd.DataFrame:
    """The first `count` rows that `where` keeps, as they were written. Raises `Damaged`."""
    with readable(run, table):
        return run.rows(table, columns, where, 0, count)
