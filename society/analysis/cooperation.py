"""Social outcomes of a group (Perolat et al. 2017), on plain arrays. Where one is undefined it is NaN."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from society.analysis.statistics import NAN


def efficiency(returns: ArrayLike, ticks: int) -> float:
    """Reward of the whole group per tick: sum of returns [N] / ticks. NaN without a seat or a tick."""
    total = np.asarray(returns, dtype=float)
    return float(total.sum()) / ticks if total.size and ticks > 0 else NAN


def equality(returns: ArrayLike) -> float:
    """1 - sum_ij |R_i - R_j| / (2 N sum R) over all ordered pairs: 1 is equal, a monopolist gives 1/N.

    NaN when the sum of returns [N] is not positive: then the measure has no meaning.
    """
    r = np.sort(np.asarray(returns, dtype=float))
    if r.size == 0 or not r.sum() > 0:
        return NAN
    gaps = 2.0 * float(((2 * np.arange(1, r.size + 1) - r.size - 1) * r).sum())
    return 1.0 - gaps / (2 * r.size * float(r.sum()))


def sustainability(rewards: ArrayLike) -> float:
    """Mean over agents of the mean tick at which rewards [N, T] were positive: late is sustained.

    Agents without a reward are left out; NaN when nobody had one.
    """
    had = np.asarray(rewards, dtype=float) > 0
    if had.ndim != 2 or not had.any():
        return NAN
    times, count = (had * np.arange(had.shape[1])).sum(axis=1), had.sum(axis=1)
    return float((times[count > 0] / count[count > 0]).mean())


def peace(out: ArrayLike) -> float:
    """(N T - seat-ticks zapped out) / T: the mean number of seats in play. out [N, T] is true while a seat is out.

    NaN without a seat or a tick.
    """
    zapped = np.asarray(out, dtype=bool)
    return float((~zapped).sum()) / zapped.shape[1] if zapped.ndim == 2 and zapped.size else NAN
