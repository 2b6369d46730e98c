"""Who beats whom, on plain arrays: ratings are given only with the share of the payoffs that no rating can express."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from society.analysis.replicates import real
from society.analysis.statistics import NAN, Array

ELO = 400.0 / math.log(10.0)  # Elo points per unit of log-odds


@dataclass(frozen=True)
class Ratings:
    """`rating` [P] in the payoff's unit, mean 0, and `cyclic_share` in 0..1 of the payoff's squares that it leaves."""

    rating: Array = field(default_factory=lambda: np.empty(0))
    cyclic_share: float = NAN
    reason: str = ""

    @property
    def elo(self) -> Array:
        """Ratings on Elo's scale, for a payoff of log-odds: 400 points are odds of 10 to 1."""
        return self.rating * ELO


def log_odds(wins: ArrayLike, prior: float = 0.5) -> Array:
    """Payoff [P, P] from win counts [P, P] (row beat column): log odds, `prior` wins added to either side.

    The diagonal counts for nothing. Without a prior, a player that never won has a payoff that is not finite.
    """
    won = real(wins) + prior
    np.fill_diagonal(won, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds: Array = np.log(won) - np.log(won.T)
    return odds


def ratings(payoff: ArrayLike) -> Ratings:
    """Split an antisymmetric payoff [P, P] into a rating and cycles (Balduzzi et al. 2018, Hodge decomposition).

    rating_i = mean_j payoff_ij explains rating_i - rating_j; what is left is cyclic. Rock-paper-scissors: flat ratings,
    cyclic share 1. NaN with a reason for fewer than two players, a payoff that is not antisymmetric, or all draws.
    """
    a = real(payoff)
    if a.ndim != 2 or a.shape[0] != a.shape[1] or len(a) < 2:
        return Ratings(reason="needs a square payoff of two or more players")
    if not np.isfinite(a).all() or not np.allclose(a, -a.T):
        return Ratings(reason="the payoff is not antisymmetric")
    rating = a.mean(axis=1)
    total, rest = float((a**2).sum()), a - (rating[:, None] - rating[None, :])
    if not total > 0:
        return Ratings(rating, NAN, "all games are drawn")
    return Ratings(rating, float((rest**2).sum()) / total)


def win_counts(first: ArrayLike, second: ArrayLike, score: ArrayLike, players: int) -> Array:
    """Wins [P, P] of row over column from games [N]: `score` of the first is 1, 0 or 1/2 for a draw, half a win for either.

    Rows with players outside 0..players-1, against oneself, or with another score are left out.
    """
    who, whom, won = (real(column) for column in (first, second, score))
    fine = (who >= 0) & (who < players) & (whom >= 0) & (whom < players) & (who != whom) & (won >= 0) & (won <= 1)
    a, b, points = who[fine].astype(int), whom[fine].astype(int), won[fine]
    wins = np.zeros((players, players))
    np.add.at(wins, (a, b), points)
    np.add.at(wins, (b, a), 1 - points)
    return wins


def bradley_terry(wins: ArrayLike, prior: float = 0.5, iterations: int = 2000) -> Ratings:
    """Most likely log-odds ratings [P] from wins [P, P], and the cyclic share of the log odds (Bradley & Terry 1952).

    Elo's model fitted to all games at once, so that their order does not matter: Hunter's MM steps (2004). `prior` wins
    are added to either side of each pair, which keeps the ratings finite. Give it with the payoff matrix.
    """
    won = real(wins).copy()
    if won.ndim != 2 or won.shape[0] != won.shape[1] or len(won) < 2:
        return Ratings(reason="needs a square of wins of two or more players")
    if not np.isfinite(won).all() or (won < 0).any():
        return Ratings(reason="wins must be finite and not negative")
    won += prior
    np.fill_diagonal(won, 0.0)
    games, total, strength = won + won.T, won.sum(axis=1), np.ones(len(won))
    if not (total > 0).all() or not (won.sum(axis=0) > 0).all():
        return Ratings(reason="a player won or lost everything: no finite rating without a prior")
    for _ in range(iterations):
        new = total / (games / (strength[:, None] + strength[None, :])).sum(axis=1)
        new /= np.exp(np.log(new).mean())
        done, strength = np.allclose(new, strength, rtol=1e-12, atol=0), new
        if done:
            break
    return Ratings(np.log(strength), ratings(log_odds(wins, prior)).cyclic_share)


def elo(first: ArrayLike, second: ArrayLike, score: ArrayLike, players: int, *, k: float = 16.0, start: float = 1500.0) -> Array:
    """Elo's running ratings [P] after games [N] in their order (Elo 1978): the first gains K (score - expected).

    For players who change while they play; for those who do not, `bradley_terry` is the better estimate. Its noise is some
    9 sqrt(K) points, so that it is flat on rock-paper-scissors only up to that: see the cyclic share first.
    """
    rating = np.full(players, start)
    who, whom, points = real(first), real(second), real(score)
    if not who.shape == whom.shape == points.shape or who.ndim != 1:
        raise ValueError(f"first, second and score must be of one length, got {who.shape}, {whom.shape}, {points.shape}")
    fine = (who >= 0) & (who < players) & (whom >= 0) & (whom < players) & np.isfinite(points)
    for a, b, won in zip(who[fine].astype(int), whom[fine].astype(int), points[fine], strict=True):
        gain = k * (won - 1 / (1 + 10 ** ((rating[b] - rating[a]) / 400)))
        rating[a] += gain
        rating[b] -= gain
    return rating


def taken(seat: ArrayLike, target: ArrayLike, amount: ArrayLike, players: int) -> Array:
    """Goods that row took from column [P, P], from the columns `seat`, `target`, `amount` [N] of `contests`.

    Pass minds in place of seats for a matrix of minds. Rows outside 0..players-1 are left out.
    """
    who, whom, much = np.asarray(seat), np.asarray(target), real(amount)
    fine = (who >= 0) & (who < players) & (whom >= 0) & (whom < players) & np.isfinite(much)
    matrix = np.zeros((players, players))
    np.add.at(matrix, (who[fine].astype(int), whom[fine].astype(int)), much[fine])
    return matrix
