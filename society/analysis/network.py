"""Who deals with whom, on plain arrays: each measure of a graph beside its value in random graphs of the same degrees.

A graph is a matrix of weights [P, P], row to column, zero where there is no tie; the diagonal counts for nothing. Raw
reciprocity or modularity mean nothing alone: a dense graph is reciprocal and a sparse one modular by chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike

from society.analysis.replicates import real
from society.analysis.statistics import NAN, Array, permutation_p

Measure = Callable[[Array], float]


def graph_matrix(source: ArrayLike, target: ArrayLike, players: int, weight: ArrayLike | None = None) -> Array:
    """Ties [P, P] from columns [N]: how often, or with what sum of `weight`, row turned to column; no tie to oneself."""
    who, whom = real(source), real(target)
    much = np.ones(who.shape) if weight is None else real(weight)
    fine = (who >= 0) & (who < players) & (whom >= 0) & (whom < players) & (who != whom) & np.isfinite(much)
    matrix = np.zeros((players, players))
    np.add.at(matrix, (who[fine].astype(int), whom[fine].astype(int)), much[fine])
    return matrix


def _square(ties: ArrayLike) -> Array:
    """A copy without its diagonal. ValueError if it is no square of weights that are finite and not negative."""
    a = real(ties).copy()
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise ValueError(f"ties must be a square matrix [P, P], got shape {a.shape}")
    if not np.isfinite(a).all() or (a < 0).any():
        raise ValueError("ties must be finite and not negative: shift or drop those that are")
    np.fill_diagonal(a, 0.0)
    return a


def reciprocity(ties: ArrayLike) -> float:
    """Share of directed ties that are returned, weights ignored (Newman 2010, sec. 7.10). NaN without a tie."""
    there = _square(ties) > 0
    return float((there & there.T).sum() / there.sum()) if there.any() else NAN


def weighted_reciprocity(ties: ArrayLike) -> float:
    """Share of weight that is returned: sum_ij min(w_ij, w_ji) / sum_ij w_ij (Squartini et al. 2013). NaN without a tie."""
    a = _square(ties)
    return float(np.minimum(a, a.T).sum() / a.sum()) if a.any() else NAN


def density(ties: ArrayLike) -> float:
    """Share of the P (P - 1) directed ties that are there: also the reciprocity to expect of ties laid at random."""
    a = _square(ties)
    return float((a > 0).sum() / (len(a) * (len(a) - 1))) if len(a) > 1 else NAN


def modularity(ties: ArrayLike, groups: ArrayLike | None = None) -> float:
    """Newman & Girvan's Q (2004), weighted, ties taken both ways: sum over groups of inner share - (share of ends)^2.

    groups [P] labels; without them the best of a greedy search (Clauset, Newman & Moore 2004), which is deterministic and
    finds groups in any graph: look at the z-score, not at Q. NaN without a tie.
    """
    a = _square(ties)
    a = a + a.T
    if not a.any():
        return NAN
    label = _greedy(a) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1].reshape(-1)
    if label.shape != (len(a),):
        raise ValueError(f"groups must be [{len(a)}], a label for each of the players, got shape {label.shape}")
    member = np.eye(int(label.max()) + 1)[label]
    block = member.T @ a @ member / a.sum()
    return float(np.trace(block) - (block.sum(axis=0) ** 2).sum())


def _greedy(a: Array) -> np.ndarray:
    graph = nx.from_numpy_array(a)
    found = nx.community.greedy_modularity_communities(graph, weight="weight")
    label = np.zeros(len(a), dtype=int)
    for number, members in enumerate(found):
        label[list(members)] = number
    return label


def centralisation(ties: ArrayLike) -> float:
    """Freeman's degree centralisation (1978), ties taken both ways, weights ignored: 1 for a star, 0 where all are alike.

    sum_i (max degree - degree_i) over its most, (P - 1)(P - 2). NaN for fewer than three players.
    """
    a = _square(ties)
    if len(a) < 3:
        return NAN
    degree = ((a + a.T) > 0).sum(axis=1)
    return float((degree.max() - degree).sum() / ((len(a) - 1) * (len(a) - 2)))


def assortativity(ties: ArrayLike) -> float:
    """Correlation of the degrees at both ends of a tie, ties taken both ways, weights ignored (Newman 2002).

    NaN without a tie or where all those who have ties have as many.
    """
    a = _square(ties)
    there = (a + a.T) > 0
    degree, (left, right) = there.sum(axis=1), np.nonzero(there)
    x, y = degree[left].astype(float), degree[right].astype(float)
    if not x.size or x.min() == x.max():
        return NAN
    return float(((x - x.mean()) * (y - y.mean())).mean() / x.var())


def group_assortativity(ties: ArrayLike, groups: ArrayLike) -> float:
    """Newman's assortativity by label (2003): modularity of `groups` over the most that their ends allow; 1: only like meet.

    NaN without a tie or where one group has all of them.
    """
    a = _square(ties)
    if not a.any():
        return NAN
    label = np.unique(np.asarray(groups), return_inverse=True)[1].reshape(-1)
    member = np.eye(int(label.max()) + 1)[label]
    block = member.T @ (a + a.T) @ member / (2 * a.sum())
    chance = float((block.sum(axis=0) ** 2).sum())
    return (float(np.trace(block)) - chance) / (1 - chance) if chance < 1 - 1e-12 else NAN


@dataclass(frozen=True)
class Tested:
    """A measure, its values in random graphs of the same degrees `null` [B], z, a two-sided p, and why something is NaN."""

    value: float
    null: Array = field(default_factory=lambda: np.empty(0))
    z: float = NAN
    p: float = NAN
    reason: str = ""

    @property
    def null_mean(self) -> float:
        """Mean over the random graphs; NaN when there are none."""
        return float(self.null.mean()) if self.null.size else NAN


def degree_preserving(ties: ArrayLike, seed: int, *, directed: bool = True, swaps: int = 10) -> Array:
    """A random graph in which everyone has as many ties as before, by `swaps` double edge swaps a tie (Maslov & Sneppen 2002).

    a->b, c->d become a->d, c->b unless that makes a tie twice or to oneself, in which case the graph stays as it is for
    that step: the chain then tends to the uniform law on the graphs it can reach, which for directed ties are almost all
    (not the two ways round of a lone triangle). Directed: how many one gives to and gets from are both kept.
    A weight travels with the tie's first end, so directed out-strengths are kept and in-strengths are not.
    """
    a = _ties(ties, directed)
    return _swapped(a if directed else np.triu(a), np.random.default_rng(seed), directed, swaps)


def _ties(ties: ArrayLike, directed: bool) -> Array:
    """The matrix; ValueError if it is to be undirected and is not, since half of it would be left out unseen."""
    a = _square(ties)
    if not directed and not np.array_equal(a, a.T):
        raise ValueError("an undirected graph needs symmetric ties: pass directed=True or ties + ties.T")
    return a


def _swapped(a: Array, rng: np.random.Generator, directed: bool, swaps: int) -> Array:
    source, target = (list(map(int, ends)) for ends in np.nonzero(a))
    weight, n = a[np.nonzero(a)], len(a)
    there = {s * n + t for s, t in zip(source, target, strict=True)}
    there |= set() if directed else {t * n + s for s, t in zip(source, target, strict=True)}
    m = len(source)
    picks = rng.integers(max(m, 1), size=(swaps * m, 2)).tolist()
    turned = (rng.random(swaps * m) < 0.5).tolist()
    for (i, j), turn in zip(picks, turned, strict=True):
        s, t, u, v = source[i], target[i], source[j], target[j]
        if not directed and turn:  # an undirected tie has no first end
            u, v = v, u
        if s in (u, v) or t in (u, v) or s * n + v in there or u * n + t in there:
            continue
        there -= {s * n + t, u * n + v}
        there |= {s * n + v, u * n + t}
        if not directed:
            there -= {t * n + s, v * n + u}
            there |= {v * n + s, t * n + u}
        source[i], target[i], source[j], target[j] = s, v, u, t
    found = np.zeros_like(a)
    found[source, target] = weight
    return found if directed else found + found.T


def shuffled_pairs(a: Array, rng: np.random.Generator) -> Array:
    """The same ties between other people: what passes between two, both ways, is dealt anew among all pairs."""
    upper = np.triu_indices(len(a), 1)
    order = rng.permutation(upper[0].size)
    found = np.zeros_like(a)
    found[upper] = a[upper][order]
    found.T[upper] = a.T[upper][order]
    return found


def degree_test(
    ties: ArrayLike,
    measure: Measure,
    seed: int,
    *,
    graphs: int = 99,
    directed: bool = True,
    swaps: int = 10,
    keep: str = "degrees",
) -> Tested:
    """A measure against `degree_preserving` graphs. NaN with a reason where it is NaN, or the degrees leave no other graph.

    keep="pairs" compares with `shuffled_pairs` instead, for what the degrees alone decide, such as centralisation. The
    p-value is twice the smaller of the two tails' ranks, which holds whatever the null's shape; z is (value - mean) / sd.
    Each player of a graph is no replicate: an interval needs several worlds. ValueError if directed=False and ties are not
    symmetric.
    """
    a = _ties(ties, directed)
    value = measure(a)
    if not math.isfinite(value):
        return Tested(NAN, reason="the measure is not defined on this graph: too few players, or ties all alike")
    rng = np.random.default_rng(seed)
    start = a if directed or keep == "pairs" else np.triu(a)
    drawn = (
        shuffled_pairs(a, rng) if keep == "pairs" else _swapped(start, rng, directed, swaps) for _ in range(graphs)
    )  # one at a time
    null = np.array([measure(graph) for graph in drawn])
    null = null[np.isfinite(null)]
    spread = float(null.std(ddof=1)) if null.size > 1 else 0.0
    if not spread > 1e-12:
        return Tested(value, null, reason="random graphs of these degrees all have one value: nothing to compare with")
    tails = (permutation_p(value, null, "greater"), permutation_p(value, null, "less"))
    return Tested(value, null, (value - float(null.mean())) / spread, min(1.0, 2 * min(tails)))
