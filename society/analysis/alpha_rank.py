"""Alpha-rank: how often evolution dwells at each strategy, which ranks where a rating cannot (Omidshafiei et al. 2019).

A population plays one strategy (or profile) until a mutant takes over, with the fixation probability of a population of
`m` under logistic selection of strength `alpha`; the rank is the stationary distribution of that chain. It has no interval
of its own: resample the results that the payoffs are made of.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from society.analysis.replicates import real
from society.analysis.statistics import Array

NOISE = 0.01  # in place of the infinitely rare, so that the limit's chain can leave every state


def alpha_rank(payoff: ArrayLike, *, alpha: float | None = None, m: int = 50) -> Array:
    """Stationary shares [A] of the strategies of one population from payoff [A, A], row's when it meets column.

    Mutants are judged against the residents that they meet (local selection). alpha=None is the limit of strong selection:
    the better always takes over, ties half the time, the worse with probability NOISE.
    ValueError if the payoff is no finite square.
    """
    a = real(payoff)
    if a.ndim != 2 or a.shape[0] != a.shape[1] or not a.size or not np.isfinite(a).all():
        raise ValueError(f"payoff must be a finite square [A, A], got shape {a.shape}")
    if len(a) == 1:
        return np.ones(1)
    chain = _fixation(a.T - a, alpha, m) / (len(a) - 1)  # [resident, mutant]: what the mutant has over the resident
    return _stationary(chain)


def alpha_rank_profiles(payoffs: Sequence[ArrayLike], *, alpha: float | None = None, m: int = 50) -> Array:
    """Stationary shares [A1, ..., An] of the profiles of n populations, from an array [A1, ..., An] of each one's payoffs.

    From a profile one population at a time is invaded, as in `alpha_rank`. ValueError if the shapes differ.
    """
    tables = [real(p) for p in payoffs]
    shape = tables[0].shape
    if any(t.shape != shape or not np.isfinite(t).all() for t in tables) or len(shape) != len(tables):
        raise ValueError(f"payoffs must be {len(tables)} finite arrays of {len(tables)} axes and one shape, got {shape} first")
    moves, size = sum(a - 1 for a in shape), int(np.prod(shape))
    if moves == 0:
        return np.ones(shape)
    chain, number = np.zeros((size, size)), np.arange(size).reshape(shape)
    for k, table in enumerate(tables):
        worth, state = np.moveaxis(table, k, -1), np.moveaxis(number, k, -1)  # [..., own strategy]
        gain = worth[..., None, :] - worth[..., :, None]
        chain[state[..., :, None], state[..., None, :]] += _fixation(gain, alpha, m) / moves
    return _stationary(chain).reshape(shape)


def _fixation(gain: Array, alpha: float | None, m: int) -> Array:
    """The odds that a lone mutant with this advantage takes over: (1 - e^-u) / (1 - e^-mu), u = alpha x gain; 1/m at 0."""
    even = np.abs(gain) < 1e-14
    if alpha is None:
        return np.where(even, 0.5, np.where(gain > 0, 1 - NOISE, NOISE))
    u = np.where(even, 1.0, np.abs(alpha * gain))
    up = np.expm1(-u) / np.expm1(-m * u)
    return np.where(even, 1 / m, np.where(gain > 0, up, up * np.exp(-(m - 1) * u)))  # no overflow for a worse mutant


def _stationary(chain: Array) -> Array:
    """The law that the chain [S, S] leaves as it is; its diagonal is what the other moves leave over."""
    np.fill_diagonal(chain, 0.0)
    balance = chain.T - np.diag(chain.sum(axis=1))
    system = np.vstack([balance, np.ones(len(chain))])
    law = np.linalg.lstsq(system, np.append(np.zeros(len(chain)), 1.0), rcond=None)[0]
    law = np.clip(law, 0.0, None)
    return np.asarray(law / law.sum(), dtype=float)
