"""How alike the languages of many minds are, and how consistent each is with itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from society.analysis.language.distance import edit_distances_of_pairs
from society.analysis.statistics import NAN, Array


def similarities(first: ArrayLike, second: ArrayLike) -> Array:
    """How alike two minds name each of X meanings: [P, P, X], 1 - edit distance / the longer length, symmetric.

    first, second [P, X, L]: two independent samples of what each of P minds says for the same X meanings; [i, i] compares a
    mind with itself. Padding is -1.
    """
    a, b = np.asarray(first), np.asarray(second)
    if a.ndim != 3 or a.shape != b.shape:
        raise ValueError(f"two samples of messages [P, X, L] of one shape are needed, got {a.shape} and {b.shape}")
    p, x, _ = a.shape
    found = np.full((p, p, x), NAN)
    for i in range(p):
        for j in range(p):
            found[i, j] = 1 - edit_distances_of_pairs(a[i], b[j]) if a[i].size else NAN
    return (found + found.transpose(1, 0, 2)) / 2


def language_similarity(first: ArrayLike, second: ArrayLike) -> Array:
    """Similarity S_ij of the languages of P minds [P, P]: the mean of `similarities` over meanings.

    S_ii is self-consistency, and needs the two samples to be independent. NaN without a meaning.
    """
    each = similarities(first, second)
    return each.mean(axis=2) if each.shape[2] else np.full(each.shape[:2], NAN)
