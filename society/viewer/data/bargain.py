"""A game's plane of utilities: every division, which of them are efficient, and where the solutions of theory lie.

All measures are those of `society.analysis`: a division is efficient, or is a solution, where they say so of it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from society.analysis.bargaining_set import LIMIT, kalai_distance, nash_distance, pareto_optimal
from society.analysis.negotiation import scores
from society.analysis.replicates import NAN
from society.viewer.data.negotiations import Game

SLACK = 1e-9


@dataclass(frozen=True)
class Plane:
    """`divisions`: first, second (scores), keeps (units of the first mover as text), pareto, nash, kalai (bool) of each pair
    of scores that a division gives; `offers`: turn, seat, first, second, what; `count` divisions in all; `why` if none."""

    divisions: pd.DataFrame
    offers: pd.DataFrame
    count: int
    why: str = ""


def plane(game: Game) -> Plane:
    """The plane of one game in scores: utility over the most that a side could get alone."""
    none = pd.DataFrame({name: [] for name in ("first", "second", "keeps", "pareto", "nash", "kalai")})
    if game.pool is None or game.values is None:
        return Plane(none, _no_offers(), 0, "this run does not record what the items are worth to either side")
    most = (game.values * game.pool).sum(axis=1)
    if not (most > 0).all():
        return Plane(
            none, _no_offers(), 0, "the pool is worth nothing to one of the sides, so there is nothing to divide between them"
        )
    count = int(np.prod(game.pool.astype(float) + 1))
    offers = _offers(game)
    if count > LIMIT:
        return Plane(none, offers, count, f"{count:,} divisions are more than are drawn")
    axes = np.meshgrid(*(np.arange(units + 1) for units in game.pool), indexing="ij")
    keeps = np.stack([axis.ravel() for axis in axes], axis=1)
    pools, values = np.repeat(game.pool[None], count, axis=0), np.repeat(game.values[None], count, axis=0)
    got = scores(pools, values, keeps)
    found = pd.DataFrame({"first": got[:, 0], "second": got[:, 1], "keeps": [units(row) for row in keeps]})
    found["pareto"] = pareto_optimal(pools, values, keeps) == 1
    found["nash"] = nash_distance(pools, values, keeps) < SLACK
    found["kalai"] = kalai_distance(pools, values, keeps) < SLACK
    place = found[["first", "second"]].round(9)
    same = found.groupby([place["first"], place["second"]], sort=True)["keeps"].transform("size")
    found["divisions"] = same
    return Plane(found[~place.duplicated()].reset_index(drop=True), offers, count)


def units(amounts: np.ndarray | tuple[int, ...]) -> str:
    """Units of each item as text: "2 A, 0 B"; of a single item just the number."""
    if len(amounts) == 1:
        return str(int(amounts[0]))
    return ", ".join(f"{int(amount)} {chr(65 + i)}" for i, amount in enumerate(amounts))


def worth(game: Game, seat: int, keep: tuple[int, ...]) -> tuple[float, float] | None:
    """Scores of the first and the second mover if `seat` kept this; None where it cannot be met or nobody knows its worth."""
    if game.pool is None or game.values is None or len(keep) != len(game.pool) or (np.array(keep) > game.pool).any():
        return None
    own = np.array(keep) if seat == game.seats[0] else game.pool - np.array(keep)
    got = scores(game.pool[None], game.values[None], own[None])[0]
    return float(got[0]), float(got[1])


def _offers(game: Game) -> pd.DataFrame:
    """The demands that could be met, as points of the plane, in order."""
    rows = []
    for number, turn in enumerate(game.turns, start=1):
        got = worth(game, turn.seat, turn.keep) if turn.keep is not None else None
        if got and turn.keep is not None:
            rows.append((number, "first" if turn.seat == game.seats[0] else "second", *got, units(turn.keep)))
    return pd.DataFrame(rows, columns=list(_no_offers().columns)) if rows else _no_offers()


def _no_offers() -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in ("turn", "by", "first", "second", "keeps")})


def discounted(game: Game) -> bool:
    """Whether the deal is worth less than the division that was agreed, as where waiting costs."""
    if game.share is None or game.pool is None or game.values is None:
        return False
    whole = scores(game.pool[None], game.values[None], game.share[None])[0]
    return bool((whole - np.array(game.scores) > 1e-3).any())


def reached(game: Game) -> tuple[float, float]:
    """Scores of the deal; (NaN, NaN) without one."""
    return game.scores if game.agreed else (NAN, NAN)
