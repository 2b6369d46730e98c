"""Student's t on plain arrays: intervals and tests for a handful of training runs, and tests of equivalence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from society.analysis.replicates import NAN, Array, Interval, floats, real


def t_interval(values: ArrayLike, *, level: float = 0.95) -> Interval:
    """Mean of values [n] with Student's interval, for a handful of training runs."""
    x = floats(values)
    if x.size == 0:
        return Interval(NAN, reason="no training run gives a value")
    mean = float(x.mean())
    if x.size == 1:
        return Interval(mean, n=1, reason="one training run: a t-interval needs two or more")
    half = float(stats.t.ppf((1 + level) / 2, x.size - 1) * x.std(ddof=1) / math.sqrt(x.size))
    return Interval(mean, mean - half, mean + half, x.size)


def t_test(values: ArrayLike, null: float = 0.0) -> float:
    """Two-sided p of Student's one-sample test of mean `null`; NaN for fewer than two values or no spread."""
    x = floats(values)
    if x.size < 2 or not math.isfinite(null):
        return NAN
    error = x.std(ddof=1) / math.sqrt(x.size)
    if error <= 1e-12 * max(1.0, float(np.abs(x).max())):  # equal up to rounding: no spread to test against
        return NAN
    return float(2 * stats.t.sf(abs(x.mean() - null) / error, x.size - 1))


def welch_greater(a: ArrayLike, b: ArrayLike, *, reverse: bool = False) -> float:
    """One-sided p of Welch's test (1947) of mean(a) > mean(b), samples [n] and [m]; `reverse` tests mean(a) <= mean(b).

    Without spread in either sample the sign of the difference decides: p is 0 or 1. NaN for fewer than two values of each.
    """
    x, y = floats(a), floats(b)
    return _greater(x, y, _welch(x, y), reverse) if min(x.size, y.size) > 1 else NAN


def shared_greater(a: ArrayLike, b: ArrayLike, *, reverse: bool = False) -> float:
    """`welch_greater` of a [n] and b [n] that may share replicates: entry i of both is of replicate i, NaN where it has none.

    The error sums each replicate's whole part in the difference (cluster-robust), so it is Welch's where no replicate has
    both, that of pairs where all have, and right between. Degrees of freedom: Welch's, at most the replicates less one.
    """
    first, second = np.asarray(a, dtype=float).ravel(), np.asarray(b, dtype=float).ravel()
    x, y = floats(first), floats(second)
    if min(x.size, y.size) < 2:
        return NAN
    part = _part(first) - _part(second)
    replicates = int((np.isfinite(first) | np.isfinite(second)).sum())
    return _greater(x, y, (float(np.sqrt((part**2).sum())), min(_welch(x, y)[1], replicates - 1)), reverse)


def _part(values: Array) -> Array:
    """What each replicate adds to the mean's deviation, 0 where it has no value."""
    known = np.isfinite(values)
    n = int(known.sum())
    return np.where(known, values - values[known].mean(), 0.0) / np.sqrt(n * (n - 1))


def _greater(x: Array, y: Array, error_freedom: tuple[float, float], reverse: bool) -> float:
    gap, (error, freedom) = float(x.mean() - y.mean()), error_freedom
    slack = 1e-12 * max(1.0, float(np.abs(x).max()), float(np.abs(y).max()))
    if error <= slack:
        return float((gap > slack) == reverse)
    return float(stats.t.sf(-gap / error if reverse else gap / error, freedom))


def _welch(*samples: Array) -> tuple[float, float]:
    """Standard error of a difference of means and its degrees of freedom (Satterthwaite); one sample: n - 1."""
    parts = np.array([x.var(ddof=1) / x.size for x in samples])
    below = (parts**2 / np.array([x.size - 1 for x in samples])).sum()
    return math.sqrt(parts.sum()), float(parts.sum() ** 2 / below) if below > 0 else NAN


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests: the difference with its 90 % interval, the larger p, and whether it lies within the margin.

    `equivalent` is p < .05, the same as the interval lying inside -margin..margin. Not equivalent is not different: too few
    runs show neither. `n` counts pairs, or runs of both samples; NaN carries a `reason`.
    """

    value: float
    margin: float
    low: float = NAN
    high: float = NAN
    p: float = NAN
    n: int = 0
    reason: str = ""

    @property
    def equivalent(self) -> bool:
        """Whether equality within the margin is shown at .05."""
        return self.p < 0.05


def equivalence(a: ArrayLike, b: ArrayLike, margin: float, *, paired: bool = False) -> Equivalence:
    """Is mean(a) = mean(b) to within `margin`? Two one-sided t-tests (Schuirmann 1987), Welch's, or of pairs [n].

    The margin, in the unit of the values and above 0, is to be stated before looking. ValueError if it is not, or if pairs
    do not align; half a pair is left out.
    """
    if not (math.isfinite(margin) and margin > 0):
        raise ValueError(f"margin {margin} must be above 0: say how far apart still counts as equal")
    first, second = real(a).ravel(), real(b).ravel()
    if paired and first.size != second.size:
        raise ValueError(f"pairs need two equal lengths, got {first.size} and {second.size}")
    samples = [floats(first - second)] if paired else [floats(first), floats(second)]
    n = sum(x.size for x in samples)
    if min(x.size for x in samples) == 0:
        return Equivalence(NAN, margin, n=n, reason="no pair" if paired else "a sample is empty")
    value = float(samples[0].mean()) - (0.0 if paired else float(samples[1].mean()))
    if min(x.size for x in samples) < 2:
        return Equivalence(value, margin, n=n, reason="needs two or more replicates of each: no test")
    (error, freedom), largest = _welch(*samples), max(float(np.abs(x).max()) for x in samples)
    if error <= 1e-12 * max(1.0, largest):
        return Equivalence(value, margin, n=n, reason="no spread to test against: compare the value itself with the margin")
    p = stats.t.sf((margin - abs(value)) / error, freedom)  # of the harder side
    half = stats.t.ppf(0.95, freedom) * error
    return Equivalence(value, margin, float(value - half), float(value + half), float(p), n)
