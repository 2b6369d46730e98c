"""Intervals, permutation tests and corrections, on plain arrays.

Which replicate is counted decides which function applies: worlds of one trained policy are resampled (bootstrap),
training runs are few and get a t-interval (percentile and BCa bootstraps cover 83 % of a nominal 95 at n = 5). Every
random function takes an explicit integer `seed` and is a pure function of it. Input that allows no answer gives NaN and
a `reason`, never an exception.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

NAN = math.nan
Array = NDArray[np.float64]
CHUNK = 1 << 21  # elements drawn at a time, so that a bootstrap over thousands of worlds stays within tens of MB


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % bounds, the number of replicates behind it, and why something is NaN."""

    value: float
    low: float = NAN
    high: float = NAN
    n: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Permuted:
    """A statistic, its values under permutation `null` [B], the p-value, and how many units were permuted."""

    value: float
    null: Array = field(default_factory=lambda: np.empty(0))
    p: float = NAN
    n: int = 0
    reason: str = ""

    @property
    def null_mean(self) -> float:
        """Mean under the null; NaN when nothing was permuted."""
        return float(self.null.mean()) if self.null.size else NAN


def floats(values: ArrayLike) -> Array:
    """A flat float array without what is not finite: a missing replicate is no replicate."""
    flat = np.asarray(values, dtype=float).ravel()
    return flat[np.isfinite(flat)]


def bootstrap_means(
    columns: ArrayLike, function: Callable[[Array], Array], seed: int, *, resamples: int = 2000, level: float = 0.95
) -> Interval:
    """Percentile bootstrap of a function of means (Efron & Tibshirani 1993).

    columns [n, k]: k quantities of n replicates, resampled together, which keeps pairs paired. `function` maps means
    [B, k] to values [B]; a difference, a ratio. Rows with anything not finite are left out.
    """
    table = np.asarray(columns, dtype=float)
    table = table[np.isfinite(table).all(axis=1)]
    n, k = table.shape
    if n == 0:
        return Interval(NAN, reason="no replicate")
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(function(table.mean(axis=0)[None])[0])
        if not math.isfinite(value):
            return Interval(NAN, n=n, reason="the denominator is zero")
        if n == 1:
            return Interval(value, n=1, reason="one replicate: no interval")
        rng, size = np.random.default_rng(seed), max(1, CHUNK // (n * k))
        starts = range(0, resamples, size)
        drawn = [table[rng.integers(n, size=(min(size, resamples - s), n))].mean(axis=1) for s in starts]
        values = function(np.concatenate(drawn))
    if not np.isfinite(values).all():
        return Interval(value, n=n, reason="the denominator reaches zero among the resamples")
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return Interval(value, float(low), float(high), n)


def bootstrap_spread(value: float, resampled: Callable[[Array], float], n: int, seed: int, *, resamples: int = 400) -> Interval:
    """A statistic with the normal bootstrap interval, value +- 1.96 sd of its resamples, cut off at 0.

    For a plug-in measure of information, `value` >= 0: resamples repeat replicates and so lie below it, which shifts
    their percentiles and leaves their spread. `resampled` maps how often each of the n replicates is drawn, [n], to the
    statistic.
    """
    if n < 2 or not math.isfinite(value):
        return Interval(value, n=n, reason="one replicate: no interval" if n == 1 else "no replicate")
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)
    half = float(stats.norm.ppf(0.975)) * float(np.nanstd([resampled(weights.astype(float)) for weights in draws], ddof=1))
    return Interval(value, max(0.0, value - half), value + half, n)


def bootstrap_mean(values: ArrayLike, seed: int, *, resamples: int = 2000, level: float = 0.95) -> Interval:
    """Mean of values [n] with a percentile bootstrap interval over the n replicates (worlds)."""
    return bootstrap_means(floats(values)[:, None], lambda m: m[:, 0], seed, resamples=resamples, level=level)


def paired_difference(a: ArrayLike, b: ArrayLike, seed: int, *, resamples: int = 2000, level: float = 0.95) -> Interval:
    """Mean of a - b, both [n] and aligned by world, bootstrapped over worlds; half a pair is left out."""
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if first.shape != second.shape or first.ndim != 1:
        return Interval(NAN, reason=f"pairs need two equal lengths, got {first.shape} and {second.shape}")
    return bootstrap_mean(first - second, seed, resamples=resamples, level=level)


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


def permutation_p(observed: float, null: ArrayLike, alternative: str = "two-sided") -> float:
    """(1 + count of null values [B] as extreme) / (1 + B) (Phipson & Smyth 2010): never 0, valid for any B.

    alternative: "two-sided" compares distances from 0, "greater" and "less" the values.
    """
    drawn = floats(null)
    if drawn.size == 0 or not math.isfinite(observed):
        return NAN
    if alternative == "two-sided":
        observed, drawn = abs(observed), np.abs(drawn)
    elif alternative == "less":
        observed, drawn = -observed, -drawn
    slack = 1e-12 * max(1.0, abs(observed))  # equal arrangements differ by rounding and must count as equal
    return float((1 + (drawn >= observed - slack).sum()) / (1 + drawn.size))


def permutation_test(a: ArrayLike, b: ArrayLike, seed: int, *, permutations: int = 999) -> Permuted:
    """Two independent samples [n], [m]: mean(a) - mean(b), two-sided, labels permuted."""
    x, y = floats(a), floats(b)
    if x.size == 0 or y.size == 0:
        return Permuted(NAN, n=x.size + y.size, reason="a sample is empty")
    both, rng = np.concatenate([x, y]), np.random.default_rng(seed)
    shuffled = rng.permuted(np.broadcast_to(both, (permutations, both.size)), axis=1)
    null = shuffled[:, : x.size].mean(axis=1) - shuffled[:, x.size :].mean(axis=1)
    value = float(x.mean() - y.mean())
    return Permuted(value, null, permutation_p(value, null), both.size)


def sign_flip_test(differences: ArrayLike, seed: int, *, permutations: int = 999) -> Permuted:
    """Paired differences [n]: their mean, two-sided, each pair's sign flipped at random."""
    d = floats(differences)
    if d.size == 0:
        return Permuted(NAN, reason="no pair")
    rng = np.random.default_rng(seed)
    signs = rng.integers(0, 2, size=(permutations, d.size), dtype=np.int8) * 2 - 1
    null = signs @ d / d.size
    return Permuted(float(d.mean()), null, permutation_p(float(d.mean()), null), d.size)


def mantel(x: ArrayLike, y: ArrayLike, seed: int, *, permutations: int = 999, method: str = "spearman") -> Permuted:
    """Mantel test (1967): correlation of two symmetric distance matrices [n, n], rows and columns of y permuted.

    Two-sided. method "spearman" correlates the ranks of the n(n-1)/2 pairs, "pearson" the distances themselves.
    """
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if a.shape != b.shape or a.ndim != 2 or a.shape[0] != a.shape[1]:
        return Permuted(NAN, reason=f"needs two square matrices of one size, got {a.shape} and {b.shape}")
    n = a.shape[0]
    if n < 3:
        return Permuted(NAN, n=n, reason="fewer than three items")
    left, right = standard_scores(a, method), standard_scores(b, method)
    if left is None or right is None:
        return Permuted(NAN, n=n, reason="all distances are equal")
    value = float((left * right).sum())
    rng = np.random.default_rng(seed)
    null = np.array([_permuted_sum(left, right, rng.permutation(n)) for _ in range(permutations)])
    return Permuted(value, null, permutation_p(value, null), n)


def standard_scores(distances: Array, method: str) -> Array | None:
    """Centred scores of the pairs [n, n], zero on the diagonal, with squares that sum to 1; None if constant."""
    upper = np.triu_indices(distances.shape[0], 1)
    scores = stats.rankdata(distances[upper]) if method == "spearman" else distances[upper].astype(float)
    scores = scores - scores.mean()
    norm = math.sqrt(2 * float(scores @ scores))
    if not norm > 1e-12 * scores.size:
        return None
    square = np.zeros(distances.shape)
    square[upper] = scores / norm
    return square + square.T


def _permuted_sum(left: Array, right: Array, order: NDArray[np.int64]) -> float:
    return float(np.vdot(left, right[order][:, order]))


def holm(p: ArrayLike) -> Array:
    """Holm's step-down adjusted p-values [m] (1979). NaN stays NaN yet counts in the family."""
    given = np.asarray(p, dtype=float)
    filled = np.where(np.isnan(given), 1.0, given)
    order = np.argsort(filled, kind="stable")
    steps = np.maximum.accumulate(filled[order] * (given.size - np.arange(given.size)))
    adjusted = np.empty(given.size)
    adjusted[order] = np.minimum(steps, 1.0)
    return np.where(np.isnan(given), NAN, adjusted)
