"""What a language is good for: naming new combinations, and being taught."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from society.analysis.replicates import real
from society.analysis.statistics import NAN, Array, Interval, floats


def generalisation_gap(train: ArrayLike, held_out: ArrayLike, seed: int = 0, *, resamples: int = 2000) -> Interval:
    """Mean accuracy on types seen in training [A] minus that on types that were not [B], one value in 0..1 a type.

    0 where a language extends to new combinations, the training accuracy less chance where it does not (Chaabouni et al.
    2020). The types of either side are resampled on their own (percentile bootstrap, 95 %); n counts the fewer of the two.
    Use it once for held-out combinations and once for what is out of distribution: they are different questions.
    """
    a, b = floats(train), floats(held_out)
    if not a.size or not b.size:
        return Interval(NAN, reason="no type was seen in training" if not a.size else "no type was held out")
    n, value = min(a.size, b.size), float(a.mean() - b.mean())
    if n == 1:
        return Interval(value, n=1, reason="one type: no interval")
    rng = np.random.default_rng(seed)
    drawn = _means(a, rng, resamples) - _means(b, rng, resamples)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(value, float(low), float(high), n)


def _means(values: Array, rng: np.random.Generator, resamples: int) -> Array:
    return np.array([values[rng.integers(values.size, size=values.size)].mean() for _ in range(resamples)])


def ease_of_teaching(steps: ArrayLike, accuracy: ArrayLike, chance: float = 0.0) -> float:
    """Area under a fresh listener's learning curve over its length (Li & Bowling 2019): 1 is learnt at once, 0 never.

    steps [T] (agent-steps or updates, rising) and accuracy [T] in 0..1, by trapezoids; accuracy is put on the scale where
    `chance` is 0 and 1 is 1. Points that lack a number are left out; NaN for fewer than two or a chance of 1.
    """
    x, y = real(steps).ravel(), real(accuracy).ravel()
    if x.shape != y.shape:
        raise ValueError(f"steps and accuracy differ in number: {len(x)} and {len(y)}")
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if x.size < 2 or np.any(np.diff(x) <= 0) or not chance < 1:
        return NAN
    above = (y - chance) / (1 - chance)
    return float(np.sum((above[1:] + above[:-1]) / 2 * np.diff(x)) / (x[-1] - x[0]))
