"""Who understands whom: every speaker with every listener."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from society.analysis.language.arrays import CELLS, Integers, codes, rows
from society.analysis.statistics import NAN, Array, Interval


@dataclass(frozen=True)
class CrossPlay:
    """Accuracy [P, P] of each speaker (row) with each listener (column), NaN where they never met, how often they met
    [P, P], and the gap: mean of the diagonal minus mean of the rest, with its interval.
    """

    accuracy: Array
    met: Integers
    gap: Interval
    minds: list[int] = field(default_factory=list)


def cross_play(
    speaker: ArrayLike, listener: ArrayLike, success: ArrayLike, *, replicate: ArrayLike | None = None, seed: int = 0
) -> CrossPlay:
    """Who understands whom: speaker [N] and listener [N] (numbers of minds), success [N] in 0..1, one row a game.

    The diagonal is a mind (or a pair of one number) with itself, the rest strangers. The gap's interval is a bootstrap over
    `replicate` [N] (worlds; without it, games), each cell of the matrix counting alike. NaN with a reason where either the
    diagonal or the rest was never played.
    """
    i, j, won = rows(speaker)[:, :1].ravel(), rows(listener)[:, :1].ravel(), np.asarray(success, dtype=float).ravel()
    if not len(i) == len(j) == len(won):
        raise ValueError(f"speaker, listener and success differ in number: {len(i)}, {len(j)}, {len(won)}")
    unit = np.arange(len(i)) if replicate is None else codes(replicate)
    known = np.isfinite(won) & (i >= 0) & (j >= 0)
    i, j, won, unit = i[known], j[known], won[known], codes(unit[known])
    minds, place = np.unique(np.concatenate([i, j]), return_inverse=True)
    p = len(minds)
    cell = place[: len(i)] * p + place[len(i) :]
    met, sums = np.bincount(cell, minlength=p * p), np.bincount(cell, won, minlength=p * p)
    accuracy = np.divide(sums, met, out=np.full(p * p, NAN), where=met > 0)
    gap = _gap(cell, won, unit, p, seed)
    return CrossPlay(accuracy.reshape(p, p), met.reshape(p, p).astype(np.int64), gap, [int(m) for m in minds])


def _gap(cell: Integers, won: Array, unit: Integers, p: int, seed: int) -> Interval:
    if not len(cell):
        return Interval(NAN, reason="no game")
    cells, place = np.unique(cell, return_inverse=True)
    own = cells // p == cells % p
    n = int(unit.max()) + 1
    if own.all() or not own.any():
        return Interval(NAN, n=n, reason="no mind meets a stranger" if own.all() else "no mind plays with itself")

    def gaps(draws: Array) -> Array:
        shape, values = (len(cells), n), []
        games, wins = (sparse.csr_array((w, (place, unit)), shape=shape) for w in (np.ones(len(won)), won))
        for one in (draws[k : k + step] for k in range(0, len(draws), step)):
            met = np.asarray(games @ one.T).T
            share = np.divide(np.asarray(wins @ one.T).T, met, out=np.full(met.shape, NAN), where=met > 0)
            values.append(_mean(share[:, own]) - _mean(share[:, ~own]))
        return np.concatenate(values)

    step = max(1, CELLS // (len(cells) + n))
    value = float(gaps(np.ones((1, n)))[0])
    if n == 1:
        return Interval(value, n=1, reason="one replicate: no interval")
    found = gaps(np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=1000).astype(float))
    if not np.isfinite(found).all():
        return Interval(value, n=n, reason="too few games: some resamples lack the diagonal or the rest")
    low, high = np.quantile(found, [0.025, 0.975])
    return Interval(value, float(low), float(high), n)


def _mean(table: Array) -> Array:
    """Mean of each row over what is finite; NaN where nothing is."""
    known = np.isfinite(table)
    n = known.sum(axis=1)
    return np.divide(np.where(known, table, 0.0).sum(axis=1), n, out=np.full(len(table), NAN), where=n > 0)
