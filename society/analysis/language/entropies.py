"""How varied a language is: entropy of messages and n-grams, synonyms and homonyms."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from society.analysis.language.arrays import Integers, codes, entropy, rows, same_number, words
from society.analysis.statistics import NAN


def message_entropy(messages: ArrayLike) -> float:
    """Plug-in entropy in bits of whole messages [N, L]; 0 for a constant language, NaN for none."""
    return entropy(codes(words(messages)))


def ngrams(messages: ArrayLike, n: int = 1) -> tuple[Integers, Integers]:
    """Every run of n symbols within a message, padding left out: the row [M] that it is in, and a code [M] for it.

    ValueError if n < 1.
    """
    if n < 1:
        raise ValueError(f"n = {n}: an n-gram has 1 symbol or more")
    m = words(messages)
    padded = m < 0
    m = np.take_along_axis(m, np.argsort(padded, axis=1, kind="stable"), axis=1)
    if m.shape[1] < n or not len(m):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    window = np.lib.stride_tricks.sliding_window_view(m, n, axis=1)
    row, place = np.nonzero(window[..., -1] >= 0)
    return row, codes(window[row, place])


def ngram_entropy(messages: ArrayLike, n: int = 1) -> float:
    """Plug-in entropy in bits of the n-grams of messages [N, L], pooled; n = 1 is that of symbols. NaN where there are none.

    Over public emergent corpora the entropy of n-grams goes with how well a corpus serves to pre-train a model of human
    language (XferBench, Boldt & Mortensen 2024).
    """
    return entropy(ngrams(messages, n)[1])


def synonymy(meanings: ArrayLike, messages: ArrayLike) -> float:
    """H(message | meaning) in bits, plug-in: 0 where every meaning has one word, log2 s where it has s in equal use.

    meanings [N, K], messages [N, L]. NaN where no meaning occurs twice, for then no synonym could be seen.
    """
    a, m = rows(meanings), words(messages)
    same_number(a, m)
    meaning = codes(a)
    if not len(meaning) or np.bincount(meaning).max() < 2:
        return NAN
    return max(0.0, entropy(codes(np.hstack([a, m]))) - entropy(meaning))


def homonymy(meanings: ArrayLike, messages: ArrayLike) -> float:
    """H(meaning | message) in bits, plug-in: 0 where every message has one meaning. NaN for fewer than two meanings."""
    a, m = rows(meanings), words(messages)
    same_number(a, m)
    meaning = codes(a)
    if not len(meaning) or meaning.max() < 1:
        return NAN
    return max(0.0, entropy(codes(np.hstack([a, m]))) - entropy(codes(m)))


def messages_per_meaning(meanings: ArrayLike, messages: ArrayLike) -> float:
    """Mean number of distinct messages [N, L] of a distinct meaning [N, K]; NaN where no meaning occurs twice."""
    a, m = rows(meanings), words(messages)
    same_number(a, m)
    meaning = codes(a)
    if not len(meaning) or np.bincount(meaning).max() < 2:
        return NAN
    return float((codes(np.hstack([a, m])).max() + 1) / (meaning.max() + 1))
