"""Rows of a language with how often each is uttered and the replicate that it came from, and entropies over such draws.

Every information measure here is a sum of entropies, so one function of `draws` gives the value (draws all 1), its
interval over replicates (draws that leave one out) and, with the meanings relabelled, its null.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from society.analysis.language.arrays import CELLS, Integers, codes, rows, same_number, words
from society.analysis.statistics import Array

Kept = NDArray[np.bool_] | None  # rows that take part; None: all


@dataclass(frozen=True)
class Units:
    """N things counted, `count` [N] times each, of the replicates [N] in 0..replicates-1 that may be drawn again."""

    replicate: Integers
    count: Array
    replicates: int


@dataclass(frozen=True)
class Said:
    """Messages [N, L] and what measures need of them, computed once however often the meanings are relabelled."""

    messages: Integers

    @cached_property
    def whole(self) -> Integers:
        """A code for each message [N]."""
        return codes(self.messages)

    @cached_property
    def places(self) -> Integers:
        """A code for the symbol at each position [N, L]."""
        return columns(self.messages)

    @cached_property
    def bags(self) -> Integers:
        """A code for how often each symbol that is used occurs [N, V]."""
        return columns(
            np.stack([(self.messages == v).sum(axis=1) for v in self.symbols], axis=1) if len(self.symbols) else self.messages
        )

    @cached_property
    def symbols(self) -> Integers:
        """The symbols that are used."""
        return np.unique(self.messages[self.messages >= 0])

    @cached_property
    def contained(self) -> tuple[Integers, Integers]:
        """Each symbol that a message contains, once: rows [M] and places among the symbols [M]."""
        row, place = np.nonzero(self.messages >= 0)
        symbol = np.searchsorted(self.symbols, self.messages[row, place])
        pair = np.unique(row * max(1, len(self.symbols)) + symbol)
        return pair // max(1, len(self.symbols)), pair % max(1, len(self.symbols))


@dataclass(frozen=True)
class Sample(Units):
    """Distinct rows of a language: a code for each meaning [N] and for each value of its attributes [N, K], and what was said."""

    first: Integers  # [N] the first utterance of each
    meaning: Integers
    attributes: Integers
    said: Said


def columns(values: Integers) -> Integers:
    """The codes of each column of values [N, K] on its own: [N, K]."""
    found = [codes(column) for column in values.T]
    return np.stack(found, axis=1) if found else np.empty((len(values), 0), dtype=np.int64)


def sample(meanings: ArrayLike, messages: ArrayLike, replicate: ArrayLike | None = None) -> Sample:
    """Rows of meanings [N, K] and messages [N, L], equal ones of one replicate [N] counted once."""
    a, m = rows(meanings), words(messages)
    same_number(a, m)
    unit = np.zeros(len(a), dtype=np.int64) if replicate is None else rows(replicate)[:, 0]
    whole = np.hstack([a, m, unit[:, None]])
    _, first, count = np.unique(codes(whole), return_index=True, return_counts=True)
    replicates = int(unit.max(initial=-1)) + 1
    return Sample(unit[first], count.astype(float), replicates, first, codes(a[first]), columns(a[first]), Said(m[first]))


def once(replicates: int) -> Array:
    """Every replicate once: draws [1, R]."""
    return np.ones((1, replicates))


def entropies(code: ArrayLike, s: Units, draws: Array, kept: Kept = None) -> Array:
    """Plug-in entropy in bits of each column of codes [N, Q] in each resample, draws [B, R]: [B, Q]; 0 where none is drawn.

    `kept` [N, Q] are the rows that take part in a column. Codes [N] give [B].
    """
    table = np.asarray(code, dtype=np.int64)
    if table.ndim == 1:
        return entropies(table[:, None], s, draws, kept)[:, 0]
    if not table.size:
        return np.zeros((len(draws), table.shape[1]))
    table, sizes = _compact(table)
    starts = np.cumsum(sizes) - sizes
    cell = (table + starts).ravel()
    count = np.repeat(s.count, table.shape[1]) if kept is None else (s.count[:, None] * kept).ravel()
    unit, cells = np.repeat(s.replicate, table.shape[1]), int(sizes.sum())
    if len(draws) == 1:
        return _bits(np.bincount(cell, count * draws[0][unit], minlength=cells)[None].astype(float), starts)
    counts = sparse.csr_array((count, (cell, unit)), shape=(cells, s.replicates))
    step = max(1, CELLS // cells)
    return np.concatenate([_bits(np.asarray(counts @ draws[i : i + step].T).T, starts) for i in range(0, len(draws), step)])


def _compact(table: Integers) -> tuple[Integers, Integers]:
    """Codes [N, Q] without large gaps, and how many each column may have [Q]."""
    sizes = table.max(axis=0) + 1
    for q in np.flatnonzero(sizes > 4 * len(table) + 64):
        table[:, q] = np.unique(table[:, q], return_inverse=True)[1]
        sizes[q] = table[:, q].max() + 1
    return table, sizes


def _bits(counts: Array, starts: Integers) -> Array:
    """Entropy of each segment of counts [B, C] that begins at `starts` [Q]: log2 n - sum(c log2 c) / n, [B, Q]."""
    terms = counts * np.log2(np.where(counts > 0, counts, 1.0))
    n, sums = np.add.reduceat(counts, starts, axis=1), np.add.reduceat(terms, starts, axis=1)
    positive = np.where(n > 0, n, 1.0)
    return np.where(n > 0, np.maximum(0.0, np.log2(positive) - sums / positive), 0.0)


def joint(a: Integers, b: Integers) -> Integers:
    """One code for each pair of codes a and b, of one shape or broadcast: columns on the last axis."""
    return a * (int(b.max(initial=0)) + 1) + b


def informations(a: Integers, b: Integers, s: Units, draws: Array) -> Array:
    """Plug-in mutual information in bits of codes a [N] and b [N] in each resample: [B]."""
    return np.maximum(0.0, entropies(a, s, draws) + entropies(b, s, draws) - entropies(joint(a, b), s, draws))
