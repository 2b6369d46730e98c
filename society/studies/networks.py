"""Graphs with known answers, and whether the null models tell structure from chance: small worlds, a club, random graphs."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from society.analysis import network
from society.studies._rows import bound, near, result, row

NAME = "networks"
Array = NDArray[np.float64]
PEOPLE, NEIGHBOURS = 1000, 10  # Watts & Strogatz's own


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """Exact graphs, small worlds over seeds, and how often the null calls a graph of its own unusual."""
    seeds = seeds or list(range(3 if quick else 6))
    return result(NAME, [*_exact(), *_small_worlds(seeds), *_nulls(seeds, 80 if quick else 120)])


def _exact() -> list[dict[str, Any]]:
    star, ring = _array(nx.star_graph(9)), _array(nx.cycle_graph(10))
    club = _array(nx.karate_club_graph())
    greedy = "Newman 2004, Fast algorithm for detecting community structure"
    return [
        near("star of 10: centralisation", 1.0, [network.centralisation(star)], 1e-12, source="Freeman 1978"),
        near("ring of 10: centralisation", 0.0, [network.centralisation(ring)], 1e-12, source="Freeman 1978"),
        near("star of 10: assortativity", -1.0, [network.assortativity(star)], 1e-9, source="exact"),
        near("Zachary's club: modularity found greedily", 0.381, [network.modularity(club)], 0.001, source=greedy),
        _unusual("Zachary's club: z of that modularity", club, network.modularity, least=2.0),
    ]


def _array(graph: nx.Graph) -> Array:
    return np.asarray(nx.adjacency_matrix(graph, weight=None).toarray(), dtype=np.float64)


def _unusual(label: str, ties: Array, measure: network.Measure, least: float) -> dict[str, Any]:
    found = network.degree_test(ties, measure, 0, graphs=39, directed=False)
    note = f"value {found.value:.3f}, {found.null_mean:.3f} in graphs of the same degrees, p {found.p:.3f}"
    tolerance, source = f"at least {least:g}", "ours: a bound, nothing published"
    return row(label, None, found.z, found.z >= least, source=source, tolerance=tolerance, note=note)


def _small_worlds(seeds: list[int]) -> list[dict[str, Any]]:
    """Clustering and path length of the rewired ring: the first outlives the second."""
    lattice, half = _array(nx.watts_strogatz_graph(PEOPLE, NEIGHBOURS, 0, seed=0)), NEIGHBOURS // 2
    c0, l0 = _clustering(lattice), _path_length(lattice)
    steps = np.ceil(np.minimum(np.arange(1, PEOPLE), PEOPLE - np.arange(1, PEOPLE)) / half).mean()
    formula = 3 * (NEIGHBOURS - 2) / (4 * (NEIGHBOURS - 1))
    rows = [
        near("ring lattice: clustering", formula, [c0], 1e-9, source="exact: 3 (k - 2) / 4 (k - 1)"),
        near("ring lattice: mean path", float(steps), [l0], 1e-9, source="exact"),
    ]
    for p in (0.01, 0.1):
        start = perf_counter()
        graphs = [_array(nx.watts_strogatz_graph(PEOPLE, NEIGHBOURS, p, seed=seed)) for seed in seeds]
        kept, source = [_clustering(a) / c0 for a in graphs], "Barrat & Weigt 2000: (1 - p)^3"
        length = [_path_length(a) / l0 for a in graphs]
        how = {"seconds": perf_counter() - start}
        rows.append(near(f"rewired with p = {p}: C(p) / C(0)", (1 - p) ** 3, kept, 0.02, source=source, **how))
        most = {0.01: 0.4, 0.1: 0.15}[p]
        rows.append(bound(f"rewired with p = {p}: L(p) / L(0)", length, most=most, source="Watts & Strogatz 1998, figure 2"))
    return rows


def _clustering(a: Array) -> float:
    """Mean over people of the share of pairs of neighbours that are neighbours themselves."""
    degree, triangles = a.sum(axis=1), ((a @ a) * a).sum(axis=1)
    pairs = degree * (degree - 1)
    return float(np.divide(triangles, pairs, out=np.zeros_like(pairs), where=pairs > 0).mean())


def _path_length(a: Array) -> float:
    """Mean over pairs of the steps between them; those that no path joins are left out."""
    steps = shortest_path(csr_array(a), unweighted=True)
    return float(steps[np.isfinite(steps) & (steps > 0)].mean())


def _nulls(seeds: list[int], graphs: int) -> list[dict[str, Any]]:
    """Ties laid at random return one another as often as they are there; structure is called so only where it is."""
    start, source = perf_counter(), "exact: ties are independent"
    gaps = [network.reciprocity(_random(seed, 300, 0.1)) - network.density(_random(seed, 300, 0.1)) for seed in seeds]
    rows = [near("random ties: reciprocity - density", 0.0, gaps, 0.01, source=source, seconds=perf_counter() - start)]
    for name, measure, directed in (
        ("reciprocity", network.reciprocity, True),
        ("assortativity", network.assortativity, False),
        ("modularity", network.modularity, False),
    ):
        start, called = perf_counter(), []
        for seed in seeds:
            flags = [_called(seed * 1000 + i, measure, directed) for i in range(graphs // (2 if name == "modularity" else 1))]
            called.append(float(np.mean(flags)))
        how = {"seconds": perf_counter() - start}
        label = f"{name}: share of random graphs called unusual at .05"
        rows.append(bound(label, called, most=0.08, published=0.05, source="exact: the level of the test", **how))
    start = perf_counter()
    found = [float(np.mean([_called(seed * 1000 + i, network.reciprocity, True, 0.4) for i in range(20)])) for seed in seeds]
    label = "reciprocity: share of graphs called unusual of which 40 % of the ties were returned on purpose"
    rows.append(bound(label, found, least=0.9, source="ours: a bound, nothing published", seconds=perf_counter() - start))
    return rows


def _random(seed: int, people: int, p: float, directed: bool = True) -> Array:
    a = (np.random.default_rng(seed).random((people, people)) < p).astype(float)
    np.fill_diagonal(a, 0.0)
    return a if directed else np.triu(a) + np.triu(a).T


def _called(seed: int, measure: network.Measure, directed: bool, returned: float = 0.0) -> bool:
    """Whether a random graph of 20, with a share of its ties answered on purpose, is unusual for its degrees."""
    a = _random(seed, 20, 0.15, directed)
    answer = np.random.default_rng(seed + 1).random(a.shape) < returned
    a = np.maximum(a, a.T * answer)
    return network.degree_test(a, measure, seed, graphs=39, directed=directed).p <= 0.05
