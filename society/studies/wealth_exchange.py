"""One unit at a time from a random giver to a random receiver: fair chances end in great inequality.

With mean wealth m the Gini coefficient tends to (1 + m) / (1 + 2m), 2/3 for one unit each, and at N people it has an exact
value too. Another order of the same exchanges is another process with another Gini.
"""

from __future__ import annotations

from math import comb, exp, sqrt
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from society.analysis.economy import gini
from society.studies._rows import near, result

NAME = "wealth_exchange"
Integers = NDArray[np.int64]
PEOPLE, SEATS = 100, 2000  # people in an economy, and in all the economies of a seed


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """Simulated Gini coefficients against the exact ones; `seeds` are independent batches of economies."""
    seeds = seeds or list(range(4 if quick else 16))
    reference, exact = "a reference simulation", "exact (stationary law)"
    rows = [_row("one pair an event, N = 100, to the reference", 0.662, 0.005, reference, seeds, (one_at_a_time, PEOPLE, 1))]
    for people, m in ((PEOPLE, 1), (PEOPLE, 3), (10, 2)):
        label = f"one pair an event, N = {people}, mean wealth {m} (limit {(1 + m) / (1 + 2 * m):.3f})"
        rows.append(_row(label, exact_gini(people, m), 0.004, exact, seeds, (one_at_a_time, people, m)))
    rows.append(_row("everyone once a sweep, N = 100", 0.622, 0.01, reference, seeds, (sweeps, PEOPLE, 1)))
    label = f"all at once, N = 100 (limit {queue_gini():.4f}, exact)"
    rows.append(_row(label, 0.574, 0.01, reference, seeds, (all_at_once, PEOPLE, 1)))
    return result(NAME, rows)


def _row(
    label: str, published: float, tolerance: float, source: str, seeds: list[int], process: tuple[Any, int, int]
) -> dict[str, Any]:
    start, (exchange, people, m) = perf_counter(), process
    ours = [_mean_gini(exchange, people, m, seed) for seed in seeds]
    return near(label, published, ours, tolerance, source=source, seconds=perf_counter() - start)


def _mean_gini(exchange: Any, people: int, m: int, seed: int) -> float:
    """Mean over economies and, after settling, over times; wealth spreads in some m^2 sweeps, so that 100 are plenty."""
    rng, wealth = np.random.default_rng(seed), np.full((SEATS // people, people), m)
    seen = []
    for sweep in range(80 * (1 + m)):
        exchange(wealth, rng)
        if sweep >= 40 * (1 + m) and sweep % 4 == 0:
            seen += [gini(economy) for economy in wealth]
    return float(np.mean(seen))


def one_at_a_time(wealth: Integers, rng: np.random.Generator) -> None:
    """N events in place on wealth [R, N]: a giver drawn from those who have, a receiver from all, himself included."""
    every, people = np.arange(len(wealth)), wealth.shape[1]
    for _ in range(people):
        giver = np.argmax(np.where(wealth > 0, rng.random(wealth.shape), -1.0), axis=1)
        wealth[every, giver] -= 1
        wealth[every, rng.integers(people, size=len(wealth))] += 1


def sweeps(wealth: Integers, rng: np.random.Generator) -> None:
    """Everyone once in random order, in place: who has a unit then gives it to a random person."""
    every, people = np.arange(len(wealth)), wealth.shape[1]
    order = rng.permuted(np.tile(np.arange(people), (len(wealth), 1)), axis=1)
    for giver in order.T:
        has = wealth[every, giver] > 0
        wealth[every, giver] -= has
        wealth[every, rng.integers(people, size=len(wealth))] += has


def all_at_once(wealth: Integers, rng: np.random.Generator) -> None:
    """Everyone who has a unit gives it at the same moment, in place."""
    has = wealth > 0
    wealth -= has
    where, _ = np.nonzero(has)
    np.add.at(wealth, (where, rng.integers(wealth.shape[1], size=where.size)), 1)


def exact_gini(people: int, m: int) -> float:
    """Stationary mean of the Gini coefficient of `one_at_a_time` for N people with M = N m units.

    The chain is reversible with weights K(x), the number of people who have something: a sum over the wealth (a, b) of
    two people of |a - b|, times the ways W in which the rest can hold M - a - b, weighted with K.
    """
    n, units = people - 2, people * m
    total = weighted = 0
    for a in range(units + 1):
        for b in range(units + 1 - a):
            rest = units - a - b
            ways = comb(rest + n - 1, n - 1)
            holders = n * comb(rest + n - 2, n - 1) if rest else 0  # sum of K over those ways
            weight = ((a > 0) + (b > 0)) * ways + holders
            total, weighted = total + weight, weighted + weight * abs(a - b)
    return weighted / total * (people - 1) / (2 * people * m)


def queue_gini() -> float:
    """Limit N -> infinity of `all_at_once` with mean 1: the queue M/D/1 seen once a service.

    x' = x - [x > 0] + Poisson(r), whose mean r + r^2 / (2 (1 - r)) is 1 at r = 2 - sqrt(2).
    """
    r, size = 2 - sqrt(2), 60
    arrivals = np.array([exp(-r)] + [0.0] * size)
    for k in range(1, size + 1):
        arrivals[k] = arrivals[k - 1] * r / k
    p = np.zeros(size + 1)
    p[0] = 1 - r
    for k in range(size):  # balance: p_k = (p_0 + p_1) a_k + sum over 1 < j <= k + 1 of p_j a_(k + 1 - j)
        inner = sum(p[j] * arrivals[k + 1 - j] for j in range(1, k + 1))
        p[k + 1] = (p[k] - p[0] * arrivals[k] - inner) / arrivals[0]
    p /= p.sum()
    below = np.cumsum(p)
    return float((below * (1 - below)).sum() / (p @ np.arange(size + 1)))
