"""Rows of a language with how often each is uttered and the replicate that it came from, and entropies over resamples.

Every information measure here is a sum of entropies, so one function of `draws` gives the value (draws all 1), its
bootstrap over replicates (multinomial draws) and, with the meanings relabelled, its null.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from society.analysis.language.arrays import CELLS, Integers, codes, entropy, rows, same_number, words
from society.analysis.statistics import Array

Kept = NDArray[np.bool_] | None  # rows that take part; None: all


@dataclass(frozen=True)
class Sample:
    """Distinct rows: meanings [N, K], messages [N, L], `count` [N] utterances each, of replicate [N] in 0..replicates-1."""

    meanings: Integers
    messages: Integers
    replicate: Integers
    count: Array
    replicates: int

    def weights(self, draws: Array) -> Array:
        """How often each row counts in each resample, draws [B, R]: [B, N]."""
        return draws[:, self.replicate] * self.count

    def relabelled(self, order: Integers) -> Sample:
        """Every utterance of one distinct meaning given another's name: structure goes, words per meaning stay."""
        whole, index = np.unique(self.meanings, axis=0, return_inverse=True)
        return replace(self, meanings=whole[order][index.reshape(-1)])

    @property
    def distinct(self) -> int:
        """Number of distinct meanings."""
        return len(np.unique(codes(self.meanings)))


def sample(meanings: ArrayLike, messages: ArrayLike, replicate: ArrayLike | None = None) -> Sample:
    """Rows of meanings [N, K] and messages [N, L], equal ones of one replicate [N] counted once."""
    a, m = rows(meanings), words(messages)
    same_number(a, m)
    unit = np.zeros(len(a), dtype=np.int64) if replicate is None else rows(replicate)[:, 0]
    whole = np.hstack([a, m, unit[:, None]])
    _, first, count = np.unique(codes(whole), return_index=True, return_counts=True)
    return Sample(a[first], m[first], unit[first], count.astype(float), int(unit.max(initial=-1)) + 1)


def once(replicates: int) -> Array:
    """Every replicate once: draws [1, R]."""
    return np.ones((1, replicates))


def entropies(code: ArrayLike, s: Sample, draws: Array, kept: Kept = None) -> Array:
    """Plug-in entropy in bits of codes [N] in each resample, draws [B, R], of the rows `kept` [N]; 0 where none is drawn: [B]."""
    own = np.asarray(code, dtype=np.int64)
    unit, count = s.replicate, s.count
    if kept is not None:
        own, unit, count = own[kept], unit[kept], count[kept]
    if not own.size:
        return np.zeros(len(draws))
    if len(draws) == 1:
        weight = count * draws[0][unit]
        return np.array([entropy(own, weight) if weight.any() else 0.0])
    if int(own.max()) >= CELLS or int(own.max()) > 4 * len(own):
        own = np.unique(own, return_inverse=True)[1]
    table = sparse.csr_array((count, (own, unit)), shape=(int(own.max()) + 1, s.replicates))
    step = max(1, CELLS // table.shape[0])
    return np.concatenate([_bits(np.asarray(table @ draws[i : i + step].T).T) for i in range(0, len(draws), step)])


def _bits(counts: Array) -> Array:
    """Entropy of each row of counts [B, C]: log2 n - sum(c log2 c) / n."""
    total = counts.sum(axis=1)
    n = np.maximum(total, 1e-300)
    terms = counts * np.log2(np.where(counts > 0, counts, 1.0))
    return np.where(total > 0, np.maximum(0.0, np.log2(n) - terms.sum(axis=1) / n), 0.0)


def joint(a: Integers, b: Integers) -> Integers:
    """One code for each pair of codes a [N], b [N]."""
    return a * (int(b.max(initial=0)) + 1) + b


def informations(a: Integers, b: Integers, s: Sample, draws: Array, kept: Kept = None) -> Array:
    """Plug-in mutual information in bits of codes a [N] and b [N] in each resample: [B]."""
    apart = entropies(a, s, draws, kept) + entropies(b, s, draws, kept)
    return np.maximum(0.0, apart - entropies(joint(a, b), s, draws, kept))
