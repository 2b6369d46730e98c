"""Spearman's correlation of two matrices of distances, from a table of how many pairs have which two distances."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from society.analysis.language.arrays import Integers
from society.analysis.statistics import NAN, Array, Interval

Levels = NDArray[np.int32]
MOST = 1 << 24  # cells of the jackknife's tables


def levels(distances: Array) -> Levels:
    """Distances [U, U] as ranks of their distinct values: 0 is distance zero, which the diagonal has."""
    return np.unique(np.round(distances, 9), return_inverse=True)[1].reshape(distances.shape).astype(np.int32)


def midranks(marginal: Array) -> Array:
    """Average rank of each level, given how many pairs have it."""
    return np.asarray(np.cumsum(marginal) - (marginal - 1) / 2, dtype=float)


def scores(marginal: Array) -> NDArray[np.float32]:
    """Centred average ranks of the levels, scaled so that their squares over all pairs sum to 1."""
    rank = midranks(marginal) - (marginal.sum() + 1) / 2
    return np.asarray(rank / math.sqrt(float(marginal @ rank**2)), dtype=np.float32)


def spearman(table: Array) -> float:
    """Spearman's rho from a table of pair counts [levels, levels]; ties share their average rank. NaN if one is constant."""
    x, y = table.sum(axis=1), table.sum(axis=0)
    centre = (table.sum() + 1) / 2
    dx, dy = midranks(x) - centre, midranks(y) - centre
    spread = math.sqrt(float(x @ dx**2) * float(y @ dy**2))
    return float(dx @ table @ dy) / spread if spread > 1e-9 else NAN


def product(left: NDArray[np.float32], right: NDArray[np.float32], order: Integers) -> float:
    """Sum over pairs i < j; the diagonal is level 0 on both sides whatever the order, and is taken out."""
    diagonal = float(left[0, 0]) * float(right[0, 0]) * len(order)
    return (float(np.vdot(left, right.take(order, axis=0).take(order, axis=1))) - diagonal) / 2


def weighted_null(near: Levels, far: Levels, counts: Array, orders: Iterable[Integers]) -> tuple[float, Array]:
    """Spearman's rho of all tokens of U types, `counts` [U] of each, and what it is with the types' messages in these orders."""
    upper = np.triu(np.ones(near.shape, dtype=bool), 1)
    weights = np.multiply.outer(counts, counts)[upper]
    width, same = int(far.max()) + 1, float((counts * (counts - 1) / 2).sum())
    base, height = near[upper] * width, int(near.max()) + 1

    def rho(of: Levels) -> float:
        cells = np.bincount(base + of[upper], weights, minlength=height * width)
        pairs = cells.reshape(height, width).astype(float)
        pairs[0, 0] += same  # two tokens of one type
        return spearman(pairs)

    return rho(far), np.array([rho(far.take(order, axis=0).take(order, axis=1)) for order in orders])


def jackknife(near: Levels, fars: list[Levels]) -> Interval:
    """The mean over `fars` of Spearman's rho with `near` [U, U], with a 95 % interval: each of the U items is left out in turn.

    Pairs share items, so no formula for independent pairs applies; leaving items out does (Arvesen 1969). n counts items.
    """
    found = [_leave_one_out(near, far) for far in fars]
    if any(one is None for one in found):
        return Interval(NAN, n=len(near), reason="too many different distances for an interval")
    values = np.mean([one for one in found if one is not None], axis=0)
    whole, each, n = float(values[0]), values[1:], len(near)
    if not np.isfinite(values).all():
        return Interval(whole, n=n, reason="without one of its meanings the language has no two distances")
    half = 1.959964 * math.sqrt((n - 1) / n * float(((each - each.mean()) ** 2).sum()))
    return Interval(whole, max(-1.0, whole - half), min(1.0, whole + half), n)


def _leave_one_out(near: Levels, far: Levels) -> Array | None:
    """Rho of all items, then without each [1 + U]; None where the tables would not fit."""
    n, height, width = len(near), int(near.max()) + 1, int(far.max()) + 1
    if n * height * width > MOST:
        return None
    cell = near * width + far + (np.arange(n, dtype=np.int64) * height * width)[:, None]
    pairs = np.bincount(cell.ravel(), minlength=n * height * width).reshape(n, height, width).astype(float)
    pairs[:, 0, 0] -= 1  # itself
    whole = pairs.sum(axis=0) / 2
    return np.array([spearman(whole), *(spearman(whole - own) for own in pairs)])
