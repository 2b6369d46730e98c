"""Questions of exchange, on plain arrays: inequality, volume, price, specialisation."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from society.analysis.statistics import NAN, floats


def gini(x: ArrayLike, corrected: bool = False) -> float:
    """Gini coefficient of x [N] >= 0: sum_ij |x_i - x_j| / (2 N^2 mean). 0 is equality.

    A monopolist gives 1 - 1/N; `corrected` multiplies by N / (N - 1) and so gives 1, the other convention in use.
    NaN for no value, a negative one, a sum of 0, or one value if corrected.
    """
    v = np.sort(floats(x))
    if v.size == 0 or v[0] < 0 or not v.sum() > 0 or (corrected and v.size == 1):
        return NAN
    rank = np.arange(1, v.size + 1)
    share = float(((2 * rank - v.size - 1) * (v / v.sum())).sum() / v.size)
    return share * v.size / (v.size - 1) if corrected else share


def volume(count: float, seat_ticks: float) -> float:
    """Events (deals, strikes, goods) per 100 seat-ticks; NaN when nobody was there."""
    return 100.0 * count / seat_ticks if seat_ticks > 0 else NAN


def price(
    gave: ArrayLike, gave_amount: ArrayLike, got: ArrayLike, got_amount: ArrayLike, *, good: int = 0, money: int = 1
) -> float:
    """Geometric mean over deals of units of `money` per unit of `good`, whichever side gave it.

    All [N], as the columns of the `trades` table. Geometric, so that the price of the one good is 1 / that of the other
    (Epstein & Axtell 1996). NaN without a deal between the two.
    """
    given, taken = np.asarray(gave), np.asarray(got)
    sold, bought = (given == good) & (taken == money), (given == money) & (taken == good)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(np.asarray(got_amount, dtype=float) / np.asarray(gave_amount, dtype=float))
    logs = floats(np.concatenate([ratio[sold], -ratio[bought]]))
    return math.exp(float(logs.mean())) if logs.size else NAN


def specialisation(visits_own: ArrayLike, visits_all: ArrayLike) -> float:
    """Share of visits to grown cells that went to one's own good: sum of [N] over sum of [N].

    By visits and not by units: with unequal yields random walkers already gather mostly their own. NaN without a visit.
    """
    total = float(np.sum(np.asarray(visits_all, dtype=float)))
    return float(np.sum(np.asarray(visits_own, dtype=float))) / total if total > 0 else NAN
