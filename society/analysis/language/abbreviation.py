"""Zipf's law of abbreviation: what is said often is said in short."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from society.analysis.language.arrays import CELLS, Integers, codes, words
from society.analysis.statistics import NAN, Array, Interval, Permuted, permutation_p

FEW = 2000  # distinct messages above which fewer permutations are made


def abbreviation(messages: ArrayLike, silence: int | None = None) -> float:
    """Spearman correlation of length and frequency over the distinct messages [N, L] (Zipf 1949): -1 where Zipf's law holds.

    The length of a message counts its symbols, padding and, if it is given, the symbol for `silence` left out. NaN when
    all messages are equally long or equally frequent.
    """
    return abbreviation_test(messages, silence, permutations=0).value


def abbreviation_test(messages: ArrayLike, silence: int | None = None, *, permutations: int = 999, seed: int = 0) -> Permuted:
    """`abbreviation` with the null of lengths permuted over the distinct messages, two-sided; n counts distinct messages."""
    length, frequency = _types(messages, silence)
    n, why = len(length), _degenerate(length, frequency)
    if why:
        return Permuted(NAN, n=n, reason=why)
    x, y = _ranks(length), _ranks(frequency)
    rng, step = np.random.default_rng(seed), max(1, CELLS // n)
    null = [rng.permuted(np.broadcast_to(x, (min(step, permutations - i), n)), axis=1) @ y for i in range(0, permutations, step)]
    drawn = np.concatenate(null) if null else np.empty(0)
    value = float(np.clip(x @ y, -1.0, 1.0))
    return Permuted(value, drawn, permutation_p(value, drawn), n)


def abbreviation_interval(messages: ArrayLike, silence: int | None = None, *, resamples: int = 400, seed: int = 0) -> Interval:
    """`abbreviation` with a 95 % percentile bootstrap interval over the distinct messages."""
    length, frequency = _types(messages, silence)
    n, why = len(length), _degenerate(length, frequency)
    if why:
        return Interval(NAN, n=n, reason=why)
    value, rng = abbreviation(messages, silence), np.random.default_rng(seed)
    drawn = [
        _spearman(length[i], frequency[i]) for i in (rng.integers(n, size=n) for _ in range(max(50, min(resamples, CELLS // n))))
    ]
    finite = np.array([one for one in drawn if np.isfinite(one)])
    if len(finite) < 0.9 * len(drawn):
        return Interval(value, n=n, reason="too few messages differ in length and frequency for an interval")
    low, high = np.quantile(finite, [0.025, 0.975])
    return Interval(value, float(low), float(high), n)


def _types(messages: ArrayLike, silence: int | None) -> tuple[Integers, Integers]:
    """Length and frequency of each distinct message."""
    m = words(messages)
    if silence is not None:
        m = np.where(m == silence, -1, m)
    _, first, frequency = np.unique(codes(m), return_index=True, return_counts=True)
    return (m[first] >= 0).sum(axis=1), frequency


def _degenerate(length: Integers, frequency: Integers) -> str:
    if len(length) < 3:
        return "fewer than three distinct messages"
    if length.min() == length.max():
        return "all messages are equally long"
    return "all messages are equally frequent" if frequency.min() == frequency.max() else ""


def _ranks(values: Array | Integers) -> Array:
    """Centred midranks with squares that sum to 1."""
    rank = stats.rankdata(values)
    rank = rank - rank.mean()
    return np.asarray(rank / np.sqrt(rank @ rank), dtype=float)


def _spearman(x: Integers, y: Integers) -> float:
    return float(_ranks(x) @ _ranks(y)) if x.min() < x.max() and y.min() < y.max() else NAN
