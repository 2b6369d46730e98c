"""Who beats whom, on plain arrays: ratings are given only with the share of the payoffs that no rating can express."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

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
    won = np.asarray(wins, dtype=float) + prior
    np.fill_diagonal(won, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds: Array = np.log(won) - np.log(won.T)
    return odds


def ratings(payoff: ArrayLike) -> Ratings:
    """Split an antisymmetric payoff [P, P] into a rating and cycles (Balduzzi et al. 2018, Hodge decomposition).

    rating_i = mean_j payoff_ij explains rating_i - rating_j; what is left is cyclic. Rock-paper-scissors: flat ratings,
    cyclic share 1. NaN with a reason for fewer than two players, a payoff that is not antisymmetric, or all draws.
    """
    a = np.asarray(payoff, dtype=float)
    if a.ndim != 2 or a.shape[0] != a.shape[1] or len(a) < 2:
        return Ratings(reason="needs a square payoff of two or more players")
    if not np.isfinite(a).all() or not np.allclose(a, -a.T):
        return Ratings(reason="the payoff is not antisymmetric")
    rating = a.mean(axis=1)
    total, rest = float((a**2).sum()), a - (rating[:, None] - rating[None, :])
    if not total > 0:
        return Ratings(rating, NAN, "all games are drawn")
    return Ratings(rating, float((rest**2).sum()) / total)


def taken(seat: ArrayLike, target: ArrayLike, amount: ArrayLike, players: int) -> Array:
    """Goods that row took from column [P, P], from the columns `seat`, `target`, `amount` [N] of `contests`.

    Pass minds in place of seats for a matrix of minds. Rows outside 0..players-1 are left out.
    """
    who, whom, much = np.asarray(seat), np.asarray(target), np.asarray(amount, dtype=float)
    fine = (who >= 0) & (who < players) & (whom >= 0) & (whom < players) & np.isfinite(much)
    matrix = np.zeros((players, players))
    np.add.at(matrix, (who[fine].astype(int), whom[fine].astype(int)), much[fine])
    return matrix
