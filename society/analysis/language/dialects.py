"""Dialects: are minds that meet more alike in language than minds that do not?"""

from __future__ import annotations

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike, NDArray

from society.analysis.language.arrays import Integers, codes
from society.analysis.replicates import real
from society.analysis.statistics import NAN, Array, Permuted, permutation_p


def contact_groups(graph: nx.Graph | ArrayLike, seed: int = 0) -> Integers:
    """The communities of a contact graph, one number for each of its P nodes [P] (Louvain: Blondel et al. 2008).

    graph: networkx (nodes in its order) or a symmetric adjacency matrix [P, P] of weights >= 0.
    """
    net = as_graph(graph)
    group = np.zeros(net.number_of_nodes(), dtype=np.int64)
    if net.size(weight="weight") <= 0:
        return np.arange(len(group))
    found = nx.community.louvain_communities(net, weight="weight", seed=seed)
    place = {node: k for k, node in enumerate(net.nodes)}
    for number, members in enumerate(sorted(found, key=lambda nodes: min(place[node] for node in nodes))):
        group[[place[node] for node in members]] = number
    return group


def as_graph(graph: nx.Graph | ArrayLike) -> nx.Graph:
    """A contact graph without loops or direction; ValueError if it is neither a graph nor a square matrix of weights >= 0."""
    if isinstance(graph, nx.Graph):
        net: nx.Graph = nx.Graph(graph)
    else:
        table = np.nan_to_num(real(graph))
        if table.ndim != 2 or table.shape[0] != table.shape[1] or (table < 0).any():
            raise ValueError(f"a contact graph is a networkx graph or a square matrix of weights >= 0, got shape {table.shape}")
        net = nx.from_numpy_array((table + table.T) / 2)
    net.remove_edges_from(list(nx.selfloop_edges(net)))
    return net


def group_similarity(
    similarity: ArrayLike,
    graph: nx.Graph | ArrayLike | None = None,
    *,
    groups: ArrayLike | None = None,
    permutations: int = 999,
    seed: int = 0,
) -> Permuted:
    """Dialects: mean similarity [P, P] of two minds of one group minus that of two minds of different groups.

    Groups are given ([P]) or the communities of the contact graph. The null permutes the groups' labels over the minds,
    one-sided; n counts minds. NaN with a reason where there is one group, or each mind is a group.
    """
    s = real(similarity)
    if s.ndim != 2 or s.shape[0] != s.shape[1]:
        raise ValueError(f"similarity is a square matrix [P, P], got shape {s.shape}")
    if groups is not None:
        group = codes(groups)
    elif graph is not None:
        group = contact_groups(graph, seed)
    else:
        raise ValueError("either groups or a contact graph is needed")
    if len(group) != len(s):
        raise ValueError(f"similarity of {len(s)} minds, groups of {len(group)}")
    upper = np.triu(np.isfinite(s), 1)
    same = group[:, None] == group[None, :]
    if not (upper & same).any() or not (upper & ~same).any():
        why = "the contact graph is one group" if not (upper & ~same).any() else "no two minds are of one group"
        return Permuted(NAN, n=len(s), reason=why)
    rng = np.random.default_rng(seed)
    value = _contrast(s, group, upper)
    null = np.array([_contrast(s, rng.permutation(group), upper) for _ in range(permutations)])
    null = null[np.isfinite(null)]
    return Permuted(value, null, permutation_p(value, null, "greater"), len(s))


def _contrast(s: Array, group: Integers, upper: NDArray[np.bool_]) -> float:
    same = group[:, None] == group[None, :]
    within, between = s[upper & same], s[upper & ~same]
    return float(within.mean() - between.mean()) if within.size and between.size else NAN
