"""Does a part of the message speak of a part of the meaning: by position, by symbol count, by symbol.

The functions that end in `_of` take a `Sample` and draws [B, R] of its replicates and answer for each: [B]; the plain
ones are their value at every replicate once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from society.analysis.language.arrays import CELLS, Integers
from society.analysis.language.sample import Kept, Sample, entropies, joint, once, sample
from society.analysis.statistics import NAN, Array

Structure = Callable[[Sample, Array], Array]


def posdis(meanings: ArrayLike, messages: ArrayLike) -> float:
    """Positional disentanglement (Chaabouni et al. 2020): does each position speak of one attribute?

    Mean over positions j that vary of (I(m_j; a_1st) - I(m_j; a_2nd)) / H(m_j), padding left out. meanings [N, K],
    messages [N, L]. NaN for fewer than two attributes, a single meaning or a constant language. Read it beside
    `message_entropy`: a language of one bit can score .99. An end-of-message symbol is the caller's to replace by -1.
    """
    return _plain(posdis_of, meanings, messages)


def bosdis(meanings: ArrayLike, messages: ArrayLike) -> float:
    """Bag-of-symbols disentanglement (Chaabouni et al. 2020): `posdis` with a symbol's count in place of a position."""
    return _plain(bosdis_of, meanings, messages)


def context_independence(meanings: ArrayLike, messages: ArrayLike) -> float:
    """Context independence (Bogin et al. 2018): (1/|C|) sum_c p(v_c | c) p(c | v_c) with v_c = argmax_v p(c | v).

    A concept c is one value of one attribute. Probabilities are of co-occurrence: p(v | c) is the share of messages
    about c that contain v, p(c | v) the share of messages with v that are about c. Ties go to the larger p(v | c).
    1 when every concept has a symbol of its own; NaN for a constant language or a single meaning.
    """
    return _plain(context_independence_of, meanings, messages)


def _plain(measure: Structure, meanings: ArrayLike, messages: ArrayLike) -> float:
    s = sample(meanings, messages)
    return float(measure(s, once(s.replicates))[0]) if len(s.count) else NAN


def posdis_of(s: Sample, draws: Array) -> Array:
    """`posdis` in each resample."""
    return _mean_gap(s, draws, s.said.places, s.said.messages >= 0)


def bosdis_of(s: Sample, draws: Array) -> Array:
    """`bosdis` in each resample."""
    return _mean_gap(s, draws, s.said.bags, None)


def _mean_gap(s: Sample, draws: Array, variables: Integers, kept: Kept) -> Array:
    """Mean over the variables [N, J] that vary, on the rows `kept` [N, J], of the gap between the two best-known attributes."""
    attributes = s.attributes
    (n, j), k = variables.shape, attributes.shape[1]
    if k < 2 or not j or not s.meaning.any():
        return np.full(len(draws), NAN)
    both = joint(variables[:, :, None], attributes[:, None, :]).reshape(n, j * k)
    spread = entropies(variables, s, draws, kept)
    if kept is None or kept.all():
        kept = None
        of, together = entropies(attributes, s, draws)[:, None, :], entropies(both, s, draws)
    else:
        wide = np.repeat(kept, k, axis=1)
        of = entropies(np.tile(attributes, (1, j)), s, draws, wide).reshape(-1, j, k)
        together = entropies(both, s, draws, wide)
    told = np.sort(np.maximum(0.0, spread[:, :, None] + of - together.reshape(-1, j, k)), axis=2)
    varied = spread > 1e-12
    gaps = np.where(varied, told[:, :, -1] - told[:, :, -2], 0.0) / np.where(varied, spread, 1.0)
    count = varied.sum(axis=1)
    return np.where(count > 0, gaps.sum(axis=1) / np.maximum(1, count), NAN)


def context_independence_of(s: Sample, draws: Array) -> Array:
    """`context_independence` in each resample."""
    if not s.meaning.any() or not s.said.whole.any() or not len(s.said.symbols):
        return np.full(len(draws), NAN)
    concepts = s.attributes + np.concatenate([[0], np.cumsum(s.attributes.max(axis=0) + 1)[:-1]])
    row, symbol = s.said.contained
    width = len(s.said.symbols)
    cell = (concepts[row] * width + symbol[:, None]).ravel()
    cells, place = np.unique(cell, return_inverse=True)  # the pairs of concept and symbol that occur, by concept
    both = _by_replicate(place, np.repeat(row, concepts.shape[1]), s)
    about = _by_replicate(concepts.ravel(), np.repeat(np.arange(len(concepts)), concepts.shape[1]), s)
    uttered = _by_replicate(symbol, row, s)
    step, found = max(1, CELLS // len(cells)), []
    for i in range(0, len(draws), step):
        w = draws[i : i + step].T
        found.append(_independence((both @ w).T, (about @ w).T, (uttered @ w).T, cells // width, cells % width))
    return np.concatenate(found)


def _by_replicate(code: Integers, row: Integers, s: Sample) -> sparse.csr_array:
    """How many utterances of each replicate have each code, [codes, R]; code [M] is of rows [M]."""
    shape = (int(code.max(initial=0)) + 1, s.replicates)
    return sparse.csr_array((s.count[row], (code, s.replicate[row])), shape=shape)


def _independence(both: Array, about: Array, uttered: Array, concept: Integers, symbol: Integers) -> Array:
    """From utterances with concept and symbol [B, cells], of each concept [B, C] and with each symbol [B, V]: [B]."""
    given_symbol = both / np.maximum(uttered[:, symbol], 1e-300)
    given_concept = both / np.maximum(about[:, concept], 1e-300)
    starts = np.flatnonzero(np.diff(concept, prepend=-1))
    rank = given_symbol + 1e-9 * given_concept
    best = np.maximum.reduceat(rank, starts, axis=1)
    lengths = np.diff(starts, append=len(concept))
    at_best = np.where(rank >= np.repeat(best, lengths, axis=1), given_symbol * given_concept, 0.0)
    score = np.zeros_like(about)
    score[:, concept[starts]] = np.maximum.reduceat(at_best, starts, axis=1)
    return np.asarray(score.sum(axis=1) / np.maximum(1, (about > 0).sum(axis=1)))
