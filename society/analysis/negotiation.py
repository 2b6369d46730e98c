"""Negotiation over indivisible units with linear utilities, on plain arrays: games, reference splits, scores, curves.

A game has pools [N, I], whole units of I types on the table; values [N, 2, I], what a unit is worth to either side, >= 0;
shares [N, 2, I], what each side got. Whoever walks away gets nothing, so a game without a deal has shares of 0 and the
disagreement point is (0, 0). A share given as [N, I] is what side 0 got of a deal, side 1 having the rest.
Answers are one number a game; NaN marks a game for which a measure has no meaning, so that means over games leave it out.
The Pareto, Nash and Kalai-Smorodinsky measures are in `bargaining_set`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from society.analysis.replicates import real
from society.analysis.statistics import NAN, Array, Interval, bootstrap_mean, floats

Units = NDArray[np.int64]
TURNS = 10_000  # the most rounds that an episode may have


# --- games and the splits that serve as anchors -----------------------------------------------------------------------


def draw_games(n: int, seed: int, items: int = 3, most: int = 5) -> tuple[Units, Units]:
    """n games: pools [n, items] and values [n, 2, items], each uniform on 0..most (the game of Cao et al. 2018, reduced).

    ValueError for a count below 1 or `most` below 0.
    """
    if n < 1 or items < 1 or most < 0:
        raise ValueError(f"draw_games: n {n} and items {items} must be 1 or more, most {most} 0 or more")
    rng = np.random.default_rng(seed)
    return rng.integers(most + 1, size=(n, items)), rng.integers(most + 1, size=(n, 2, items))


def split_dictator(pools: ArrayLike, values: ArrayLike) -> Array:
    """Side 0 takes all. Shares [N, 2, I]. The joint utility is .720 of its maximum in the games of `draw_games`."""
    _, table, _ = checked(pools, values, pools)
    return both_sides(table, table)


def split_threshold(pools: ArrayLike, values: ArrayLike, at: float = 3.0) -> Array:
    """Side 0 keeps a type iff a unit is worth `at` or more to it: what a silent proposer who knows its own values can do.

    Shares [N, 2, I]. With at = 3 the joint utility is .925 of its maximum in the games of `draw_games`, the best of any
    threshold.
    """
    worth, table, _ = checked(pools, values, pools)
    return both_sides(table, np.where(worth[:, 0] >= at, table, 0.0))


def split_full_information(pools: ArrayLike, values: ArrayLike) -> Array:
    """Each type to the side that values it more, halved where both value it alike. Shares [N, 2, I], joint utility maximal.

    Each side then gets .632 of its own maximum on average in the games of `draw_games`, those worth nothing to it excluded.
    """
    worth, table, _ = checked(pools, values, pools)
    return both_sides(table, table * (0.5 + 0.5 * np.sign(worth[:, 0] - worth[:, 1])))


# --- what a game gave -------------------------------------------------------------------------------------------------


def both_sides(pools: ArrayLike, shares: ArrayLike) -> Array:
    """Shares [N, 2, I] from themselves or from side 0's share [N, I] of a deal, side 1 having the rest of pools [N, I]."""
    table, given = real(pools), real(shares)
    return np.stack([given, table - given], axis=1) if given.ndim == 2 else given


def checked(pools: ArrayLike, values: ArrayLike, shares: ArrayLike) -> tuple[Array, Array, Array]:
    """Values [N, 2, I], pools [N, I] and shares [N, 2, I] as floats. ValueError, one line, if the shapes do not fit."""
    table, worth = real(pools), real(values)
    if table.ndim != 2 or worth.shape != (table.shape[0], 2, table.shape[1]):
        raise ValueError(f"pools must be [N, I] and values [N, 2, I], got {table.shape} and {worth.shape}")
    got = real(shares)
    if got.shape not in (table.shape, worth.shape):
        raise ValueError(f"shares must be [N, I] or [N, 2, I] for pools {table.shape}, got {got.shape}")
    return worth, table, both_sides(table, got)


def utilities(pools: ArrayLike, values: ArrayLike, shares: ArrayLike) -> Array:
    """What each side's share is worth to it, [N, 2]."""
    worth, _, got = checked(pools, values, shares)
    return np.asarray((worth * got).sum(axis=2))


def scores(pools: ArrayLike, values: ArrayLike, shares: ArrayLike) -> Array:
    """Each side's utility over the most that it could have got alone, [N, 2] in 0..1; NaN where that is 0."""
    worth, table, got = checked(pools, values, shares)
    return over((worth * got).sum(axis=2), (worth * table[:, None]).sum(axis=2))


def surplus_efficiency(pools: ArrayLike, values: ArrayLike, shares: ArrayLike) -> Array:
    """Joint utility over the most that any split gives, [N]. 1 in a game worth nothing to either: nothing can be lost there.

    The most is sum_i pool_i max(value_0i, value_1i). This convention, not leaving such games out, is that of the anchors.
    """
    worth, table, got = checked(pools, values, shares)
    joint, most = (worth * got).sum(axis=(1, 2)), (worth.max(axis=1) * table).sum(axis=1)
    return np.where(most > 0, over(joint, most), np.where(np.isfinite(most), 1.0, NAN))


def jain(amounts: ArrayLike) -> Array:
    """Jain's index (sum x)^2 / (n sum x^2) of amounts [N, n], one a game: 1 equal, 1/n for a monopolist (Jain et al. 1984).

    NaN where all amounts are 0.
    """
    x = real(amounts)
    if x.ndim != 2:
        raise ValueError(f"amounts must be [games, sides], got shape {x.shape}")
    x = over(x, np.abs(x).max(axis=1, keepdims=True, initial=0))  # the index has no unit, and squares may overflow
    return over(x.sum(axis=1) ** 2, x.shape[1] * (x**2).sum(axis=1))


def agreement_rate(agreed: ArrayLike) -> float:
    """Share of games [N] of 0 or 1 that ended in a deal; NaN without a game."""
    known = floats(agreed)
    return float((known > 0).mean()) if known.size else NAN


def rounds_to_agreement(rounds: ArrayLike, agreed: ArrayLike) -> float:
    """Mean number of turns [N] of the games that ended in a deal; NaN if none did."""
    taken = floats(np.where(real(agreed) > 0, real(rounds), NAN))
    return float(taken.mean()) if taken.size else NAN


def concession_curve(rounds: ArrayLike, demands: ArrayLike, games: ArrayLike, seed: int) -> list[Interval]:
    """Mean demand at turn 0, 1, ..., each with a bootstrap interval over games (the replicate, not the offer).

    rounds, demands, games [M]: turn of each offer, the share of its own maximum that it demands, and which game it is of.
    A turn at which nobody demanded anything is NaN with a reason. Later turns are those of the games that lasted: a curve
    may fall because the tough have left, so read it beside the number of games. A turn from TURNS on is no turn.
    """
    turn, share, game = real(rounds), real(demands), np.asarray(games)
    if not turn.shape == share.shape == game.shape or turn.ndim != 1:
        raise ValueError(f"rounds, demands and games must be of one length, got {turn.shape}, {share.shape}, {game.shape}")
    kept = np.isfinite(share) & (turn >= 0) & (turn < TURNS)
    turn, share, game = turn[kept].astype(int), share[kept], game[kept]
    curve = []
    for t in range(int(turn.max()) + 1 if turn.size else 0):
        _, which = np.unique(game[turn == t], return_inverse=True)
        count = np.bincount(which)
        each = np.bincount(which, weights=share[turn == t]) / np.maximum(count, 1)
        curve.append(bootstrap_mean(each, seed) if each.size else Interval(NAN, reason="nobody demanded anything at this turn"))
    return curve


def over(top: ArrayLike, bottom: ArrayLike) -> Array:
    """top / bottom, NaN where bottom is not above 0."""
    denominator = real(bottom)
    return real(top) / np.where(denominator > 0, denominator, NAN)
