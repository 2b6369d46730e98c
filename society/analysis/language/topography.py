"""Topographic similarity: do like meanings have like messages?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from society.analysis.language.arrays import Integers, codes, rows, same_number, words
from society.analysis.language.distance import edit_distances, hamming_distances, meaning_distances, message_distances
from society.analysis.language.ranks import Levels, jackknife, levels, product, scores, weighted_null
from society.analysis.statistics import NAN, Interval, Permuted, permutation_p


def topographic_similarity(
    meanings: ArrayLike, messages: ArrayLike, message_distance: str = "edit", meaning_distance: str = "hamming"
) -> float:
    """Spearman correlation of meaning distance and message distance over all pairs (Brighton & Kirby 2006).

    meanings [N, K], messages [N, L]. message_distance: "edit" (Levenshtein over the longer length) or "hamming" (position
    by position); meaning_distance: "hamming" (share of attributes that differ) or "euclidean" (attributes are amounts).
    NaN when all meanings or all messages are equally far apart. Time and memory grow with the square of the distinct rows.
    """
    return topographic_similarity_test(meanings, messages, message_distance, meaning_distance, permutations=0).value


def topographic_similarity_test(
    meanings: ArrayLike,
    messages: ArrayLike,
    message_distance: str = "edit",
    meaning_distance: str = "hamming",
    *,
    permutations: int = 999,
    seed: int = 0,
) -> Permuted:
    """Topographic similarity with a Mantel null [permutations], two-sided; n counts types.

    Rows with the same meaning and message are tokens of one type, and it is types whose messages are permuted:
    permuting tokens calls nearly every language with repeats significant.
    """
    a, m = rows(meanings), words(messages)
    same_number(a, m)
    if len(a) < 2:
        return Permuted(NAN, n=len(a), reason="fewer than two messages")
    types, first, counts = np.unique(codes(np.hstack([a, m])), return_index=True, return_counts=True)
    near, far = meaning_distances(a[first], meaning_distance), message_distances(m[first], message_distance)
    if not near.any() or not far.any():
        which = "meanings" if not near.any() else "messages"
        return Permuted(NAN, n=len(types), reason=f"all {which} are the same")
    return _mantel_of_types(levels(near), levels(far), counts.astype(float), permutations, seed)


def _mantel_of_types(near: Levels, far: Levels, counts: NDArray[np.float64], permutations: int, seed: int) -> Permuted:
    rng, n = np.random.default_rng(seed), len(counts)
    orders = (rng.permutation(n) for _ in range(permutations))
    value, null = weighted_null(near, far, counts, () if counts.max() == 1 else orders)
    if not math.isfinite(value):
        return Permuted(NAN, n=n, reason="all pairs are equally far apart")
    if counts.max() == 1:  # no repeats: the ranks stay what they are, and one product is the whole correlation
        upper = np.triu_indices(n, 1)
        left, right = _pair_scores(near, upper), _pair_scores(far, upper)
        null = np.array([product(left, right, order) for order in orders])
    return Permuted(value, null, permutation_p(value, null), n)


def _pair_scores(of: Levels, upper: tuple[Integers, ...]) -> NDArray[np.float32]:
    return scores(np.bincount(of[upper], minlength=int(of.max()) + 1).astype(float))[of]


def modal_messages(meanings: ArrayLike, messages: ArrayLike) -> tuple[Integers, Integers]:
    """Each distinct meaning [U, K] with the message [U, L] it most often gets; of equally frequent ones, the first.

    A speaker that samples has many words for a meaning; between those alone, like meanings have like messages.
    """
    a, m = rows(meanings), words(messages)
    same_number(a, m)
    if not len(a):
        return a, m
    pair, meaning = codes(np.hstack([a, m])), codes(a)
    _, first, counts = np.unique(pair, return_index=True, return_counts=True)
    ranked = first[np.lexsort((first, -counts, meaning[first]))]
    best = ranked[np.unique(meaning[ranked], return_index=True)[1]]
    return a[best], m[best]


@dataclass(frozen=True)
class _Varied:
    """Distances between U meanings, and between the messages of each mind whose pairs are not all equally far apart."""

    near: Levels
    far: list[Levels]
    upper: tuple[Integers, ...]
    reason: str = ""


def _varied(meanings: Integers, messages: Sequence[ArrayLike]) -> _Varied:
    upper = np.triu_indices(len(meanings), 1)
    near = levels(hamming_distances(meanings))
    if len(meanings) < 3:
        return _Varied(near, [], upper, "fewer than three meanings that every mind speaks of")
    if near[upper].min() == near[upper].max():
        return _Varied(near, [], upper, "all pairs of meanings are equally far apart")
    far = [levels(edit_distances(m)) for m in messages]
    varied = [one for one in far if one[upper].min() < one[upper].max()]
    same = all(not one.any() for one in far)
    why = "all messages are the same" if same else "all pairs of messages are equally far apart"
    return _Varied(near, varied, upper, "" if varied else why)


def shared_similarity_test(
    meanings: ArrayLike, messages: Sequence[ArrayLike], *, permutations: int = 999, seed: int = 0
) -> Permuted:
    """Topographic similarity of several minds' messages, each [U, L], for the same distinct meanings [U, K].

    The mean over minds with edit distance, those with a constant language left out. Minds that grew up together share
    a language, so one order a draw permutes the meanings of all minds at once; n counts meanings. Two-sided.
    """
    a = rows(meanings)
    v = _varied(a, messages)
    if v.reason:
        return Permuted(NAN, n=len(a), reason=v.reason)
    left = _pair_scores(v.near, v.upper)
    right = np.mean([_pair_scores(one, v.upper) for one in v.far], axis=0)
    rng, still = np.random.default_rng(seed), np.arange(len(a))
    value = product(left, right, still)
    null = np.array([product(left, right, rng.permutation(len(a))) for _ in range(permutations)])
    return Permuted(value, null, permutation_p(value, null), len(a))


def shared_similarity_interval(meanings: ArrayLike, messages: Sequence[ArrayLike]) -> Interval:
    """The value of `shared_similarity_test` with a 95 % jackknife interval over the meanings; n counts meanings."""
    a = rows(meanings)
    v = _varied(a, messages)
    return Interval(NAN, n=len(a), reason=v.reason) if v.reason else jackknife(v.near, v.far)
