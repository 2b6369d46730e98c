"""How good a deal is among all that were possible: Pareto, Nash (1950) and Kalai-Smorodinsky (1975), one number a game.

Shapes as in `negotiation`. The disagreement point is (0, 0). Everything is measured in *scores*, utility over the most
that a side could get alone, which makes the measures free of either side's unit; a game worth nothing to one of the sides
has no scores, hence NaN.

Up to LIMIT allocations a game, all whole-unit allocations are enumerated and the answers are exact. Beyond, units are
taken as divisible: the frontier then is the polyline that hands the types to side 0 in order of value_0 / value_1, and
the Nash and Kalai-Smorodinsky points are exact on it. Whole-unit deals may lie below it, so there `pareto_optimal` is a
lower bound and the distances are to the divisible points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from society.analysis.negotiation import checked, over
from society.analysis.replicates import real
from society.analysis.statistics import NAN, Array

LIMIT = 4096  # allocations of one game that are enumerated
CHUNK = 1 << 20  # allocations held at a time
Pieces = Iterator[tuple[slice, Array]]  # rows, and the scores [n, G, 2] of their allocations
SLACK = 1e-9  # scores that differ by less are equal: they come from sums in different orders


def enumerated(pools: ArrayLike) -> bool:
    """Whether games with these pools [N, I] are answered by enumeration (all of them, or none)."""
    table = real(pools)
    return bool(np.prod(np.nan_to_num(table).max(axis=0, initial=0) + 1) <= LIMIT)


def pareto_optimal(pools: ArrayLike, values: ArrayLike, shares: ArrayLike) -> Array:
    """1 where no other allocation is as good for both sides and better for one, else 0; [N]."""
    got, most, worth, table = _scored(pools, values, shares)
    if enumerated(table):
        optimal = [_undominated(got[rows], options) for rows, options in _allocations(worth, table, most)]
        found = np.concatenate([*optimal, np.empty(0)])
    else:
        line = _frontier(worth, table, most)
        reached = [own >= _highest(edge, other) - SLACK for own, other, edge in (
            (got[:, 1], got[:, 0], line),
            (got[:, 0], got[:, 1], line[:, ::-1, ::-1]),
        )]  # fmt: skip
        found = np.logical_and(*reached)
    return np.where(np.isfinite(got).all(axis=1), found, NAN).astype(float)


def nash_distance(pools: ArrayLike, values: ArrayLike, shares: ArrayLike) -> Array:
    """Euclidean distance, in scores, to the allocation with the largest product of scores; [N].

    Where several have it (a single unit that both want gives 0 either way), the nearest of them counts.
    """
    return _distance(pools, values, shares, _nash_divisible, lambda o: (o.prod(axis=2), o.max(axis=2) > 0))


def kalai_distance(pools: ArrayLike, values: ArrayLike, shares: ArrayLike) -> Array:
    """Euclidean distance, in scores, to the Kalai-Smorodinsky allocation; [N].

    Among whole units: the largest lesser score, then the largest greater one (the lexicographic rule of Nagahisa & Tanaka
    2002); of several such, the nearest.
    """
    return _distance(pools, values, shares, _kalai_divisible, lambda o: (o.min(axis=2), o.max(axis=2)))


def _scored(pools: ArrayLike, values: ArrayLike, shares: ArrayLike) -> tuple[Array, Array, Array, Array]:
    """Scores got [N, 2], the most [N, 2] that either could get, values and pools as floats."""
    worth, table, given = checked(pools, values, shares)
    most = (worth * table[:, None]).sum(axis=2)
    most = np.where((most > 0).all(axis=1, keepdims=True), most, NAN)
    return over((worth * given).sum(axis=2), most), most, worth, table


def _distance(
    pools: ArrayLike,
    values: ArrayLike,
    shares: ArrayLike,
    divisible: Callable[[Array], Array],
    order: Callable[[Array], tuple[Array, Array]],
) -> Array:
    """To the point of the frontier that `divisible` gives, or to the nearest allocation that is first in `order`."""
    got, most, worth, table = _scored(pools, values, shares)
    if not enumerated(table):
        return np.linalg.norm(got - divisible(_frontier(worth, table, most)), axis=1)
    pieces = [_nearest(got[rows], options, *order(options)) for rows, options in _allocations(worth, table, most)]
    return np.where(np.isfinite(got).all(axis=1), np.concatenate([*pieces, np.empty(0)]), NAN)


# --- whole units ------------------------------------------------------------------------------------------------------


def _allocations(worth: Array, table: Array, most: Array) -> Pieces:
    """All splits of some games at a time. One that a game has not units for scores (0, 0), which changes no answer."""
    largest = np.nan_to_num(table).max(axis=0, initial=0).astype(int)
    grid = np.meshgrid(*(np.arange(m + 1) for m in largest), indexing="ij")
    kept = np.stack([axis.ravel() for axis in grid], axis=1).astype(float) if grid else np.zeros((1, 0))
    size = max(1, CHUNK // len(kept))
    for start in range(0, len(table), size):
        rows = slice(start, start + size)
        own = worth[rows, 0] @ kept.T
        other = most[rows, 1:] - worth[rows, 1] @ kept.T
        possible = (kept[None] <= table[rows, None]).all(axis=2, keepdims=True)
        yield rows, np.where(possible, np.stack([own, other], axis=2) / most[rows, None], 0.0)


def _undominated(got: Array, options: Array) -> Array:
    as_good = np.asarray((options >= got[:, None] - SLACK).all(axis=2))
    better = np.asarray((options > got[:, None] + SLACK).any(axis=2))
    return 1.0 - np.logical_and(as_good, better).max(axis=1).astype(float)


def _nearest(got: Array, options: Array, first: Array, second: Array) -> Array:
    """Distance from scores [n, 2] to the nearest of the options [n, G, 2] with the largest `first`, then `second`."""
    best = first >= first.max(axis=1, keepdims=True) - SLACK
    then = np.where(best, second, -1.0)
    best &= then >= then.max(axis=1, keepdims=True) - SLACK
    return np.where(best, np.linalg.norm(options - got[:, None], axis=2), np.inf).min(axis=1)


# --- divisible units --------------------------------------------------------------------------------------------------


def _frontier(worth: Array, table: Array, most: Array) -> Array:
    """Vertices [N, I + 1, 2] of the frontier in scores, from all to side 1 to all to side 0."""
    order = np.argsort(-np.arctan2(worth[:, 0], worth[:, 1]), axis=1, kind="stable")
    steps = np.take_along_axis(worth * table[:, None], order[:, None], axis=2) / most[:, :, None]
    gained = np.concatenate([np.zeros((*steps.shape[:2], 1)), steps.cumsum(axis=2)], axis=2)
    return np.stack([gained[:, 0], 1.0 - gained[:, 1]], axis=2)


def _highest(line: Array, x: Array) -> Array:
    """The most [N] that the second side can have where the first has x [N]."""
    step = np.diff(line, axis=1)
    along = np.clip(over(x[:, None] - line[:, :-1, 0], step[:, :, 0]), 0, 1)  # a drop at x = 1 is not walked: NaN
    return np.asarray(line[:, 0, 1] + (np.nan_to_num(along) * step[:, :, 1]).sum(axis=1))


def _kalai_divisible(line: Array) -> Array:
    """Where both scores are equal, [N, 2]."""
    step, behind = np.diff(line, axis=1), (line[:, :, 1] - line[:, :, 0])[:, :-1]
    along = np.nan_to_num(np.clip(over(behind, step[:, :, 0] - step[:, :, 1]), 0, 1))
    return np.asarray(line[:, 0] + (along[:, :, None] * step).sum(axis=1))


def _nash_divisible(line: Array) -> Array:
    """Where the product of the scores is largest, [N, 2]: the best point of each edge, then the best of these."""
    step, start = np.diff(line, axis=1), line[:, :-1]
    slope = start[:, :, 0] * step[:, :, 1] + start[:, :, 1] * step[:, :, 0]  # of the product, at the edge's start
    along = np.clip(over(slope, -2 * step.prod(axis=2)), 0, 1)
    along = np.where(np.isnan(along), (slope > 0).astype(float), along)  # an edge along an axis: its better end
    points = start + along[:, :, None] * step
    best = np.nan_to_num(points.prod(axis=2)).argmax(axis=1)
    return np.take_along_axis(points, best[:, None, None], axis=1)[:, 0]
