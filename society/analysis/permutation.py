"""Permutation tests and the correction for several of them, on plain arrays."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from society.analysis.replicates import NAN, Array, Permuted, floats, real


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
    a, b = real(x), real(y)
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
    given = np.atleast_1d(real(p))
    filled = np.where(np.isnan(given), 1.0, given)
    order = np.argsort(filled, kind="stable")
    steps = np.maximum.accumulate(filled[order] * (given.size - np.arange(given.size)))
    adjusted = np.empty(given.size)
    adjusted[order] = np.minimum(steps, 1.0)
    return np.where(np.isnan(given), NAN, adjusted)
