"""Questions of exchange, on plain arrays: inequality, volume, price, flows, market efficiency, division of labour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from society.analysis.replicates import real
from society.analysis.statistics import NAN, Array, floats


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


def lorenz(x: ArrayLike) -> tuple[Array, Array]:
    """Lorenz curve (1905) of x [N] >= 0: shares of the people, poorest first, and of the sum that they hold; both [N + 1].

    Twice the area between it and the diagonal is `gini(x)`. Empty arrays where the Gini coefficient is NaN.
    """
    v = np.sort(floats(x))
    if math.isnan(gini(v)):
        return np.empty(0), np.empty(0)
    people, held = np.zeros(v.size + 1), np.zeros(v.size + 1)
    people[1:], held[1:] = np.arange(1, v.size + 1) / v.size, np.cumsum(v) / v.sum()
    return people, held


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
    logs = floats(log_prices(gave, gave_amount, got, got_amount, good=good, money=money))
    return math.exp(float(logs.mean())) if logs.size else NAN


def log_prices(
    gave: ArrayLike, gave_amount: ArrayLike, got: ArrayLike, got_amount: ArrayLike, *, good: int = 0, money: int = 1
) -> Array:
    """Natural log of the units of `money` per unit of `good` of each deal [N]; NaN for a deal in other goods."""
    given, taken = np.asarray(gave), np.asarray(got)
    sold, bought = (given == good) & (taken == money), (given == money) & (taken == good)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(real(got_amount) / real(gave_amount))
    return np.where(sold, ratio, np.where(bought, -ratio, NAN))


def price_dispersion(logs: ArrayLike, ticks: ArrayLike, window: int) -> tuple[Array, Array]:
    """Standard deviation of log price in windows of `window` ticks (Epstein & Axtell 1996): starts [K], deviations [K].

    logs, ticks [N]. Divisor n, not n - 1. A window without two prices is NaN. Windows start at tick 0.
    """
    log, when = real(logs), real(ticks)
    fine = np.isfinite(log) & np.isfinite(when) & (when >= 0)
    if window < 1 or not fine.any():
        return np.empty(0), np.empty(0)
    log, place = log[fine], (when[fine] // window).astype(int)
    count = np.bincount(place)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(place, log) / count
        square = np.bincount(place, (log - mean[place]) ** 2) / count  # centred first: a constant price has exactly 0
    starts: Array = window * np.arange(count.size, dtype=float)
    deviations: Array = np.sqrt(np.where(count > 1, square, NAN))
    return starts, deviations


def flows(giver: ArrayLike, taker: ArrayLike, amount: ArrayLike, players: int) -> Array:
    """Units that row gave to column [P, P], from columns [N]. Rows outside 0..players-1 are left out.

    A deal has two sides: pass (seat, partner, gave_amount) and (partner, seat, got_amount), of one good or of all.
    """
    who, whom, much = (real(column) for column in (giver, taker, amount))
    fine = (who >= 0) & (who < players) & (whom >= 0) & (whom < players) & np.isfinite(much)
    matrix = np.zeros((players, players))
    np.add.at(matrix, (who[fine].astype(int), whom[fine].astype(int)), much[fine])
    return matrix


def specialisation(visits_own: ArrayLike, visits_all: ArrayLike) -> float:
    """Share of visits to grown cells that went to one's own good: sum of [N] over sum of [N].

    By visits and not by units: with unequal yields random walkers already gather mostly their own. NaN without a visit.
    """
    total = float(np.sum(real(visits_all)))
    return float(np.sum(real(visits_own))) / total if total > 0 else NAN


@dataclass(frozen=True)
class Equilibrium:
    """Where the steps of demand and supply cross: any price in [`low`, `high`] clears `quantity` units for `surplus`."""

    low: float
    high: float
    quantity: int
    surplus: float

    @property
    def price(self) -> float:
        """The middle of the interval."""
        return (self.low + self.high) / 2


def equilibrium(values: ArrayLike, costs: ArrayLike) -> Equilibrium:
    """Competitive equilibrium of unit demand `values` [B] and unit supply `costs` [S] (Smith 1962).

    `quantity` is the most units whose value is at least their cost; `surplus`, the most that trade can give, is the sum
    of value - cost over them. A bound that no trader sets is infinite.
    """
    demand, supply = np.sort(floats(values))[::-1], np.sort(floats(costs))
    n = min(demand.size, supply.size)
    gain = demand[:n] - supply[:n]
    q = int((gain >= 0).sum())  # gain falls with every unit, so these are the first q
    inside = [*supply[q - 1 : q], *demand[q : q + 1]] if q else [*demand[:1]]
    outside = [*demand[q - 1 : q], *supply[q : q + 1]] if q else [*supply[:1]]
    return Equilibrium(max(inside, default=-math.inf), min(outside, default=math.inf), q, float(gain[:q].sum()))


def allocative_efficiency(value: ArrayLike, cost: ArrayLike, surplus: float) -> float:
    """Realised sum of value - cost over the units traded [T], over the most possible: 1 is all (as in Gode & Sunder 1993).

    NaN where nothing can be gained.
    """
    realised = float(np.sum(real(value) - real(cost)))
    return realised / surplus if surplus > 0 and math.isfinite(realised) else NAN


def smith_alpha(prices: ArrayLike, equilibrium_price: float) -> float:
    """Smith's coefficient of convergence in per cent: 100 sqrt(mean((p - p0)^2)) / p0 over prices [T] (Smith 1962)."""
    p = floats(prices)
    if not p.size or not equilibrium_price > 0:
        return NAN
    return 100.0 * math.sqrt(float(((p - equilibrium_price) ** 2).mean())) / equilibrium_price


def price_bias(prices: ArrayLike, equilibrium_price: float) -> float:
    """Mean deviation from the equilibrium price in per cent of it: alpha squared is bias squared plus scatter squared."""
    p = floats(prices)
    return 100.0 * (float(p.mean()) / equilibrium_price - 1.0) if p.size and equilibrium_price > 0 else NAN
