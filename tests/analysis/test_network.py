"""Measures of graphs against networkx and values by hand; the null keeps every degree and calls 5 % of itself unusual."""

import math

import networkx as nx
import numpy as np
import pytest

from society.analysis import network

RING = np.roll(np.eye(6), 1, axis=1)
STAR = np.zeros((6, 6))
STAR[0, 1:] = STAR[1:, 0] = 1


def random_graph(seed, n=12, p=0.3):
    a = (np.random.default_rng(seed).random((n, n)) < p).astype(float)
    np.fill_diagonal(a, 0)
    return a


def karate():
    graph = nx.karate_club_graph()
    clubs = [graph.nodes[v]["club"] for v in graph]
    return nx.to_numpy_array(graph, weight=None), clubs


def test_reciprocity():
    a = random_graph(0)
    assert network.reciprocity(a) == pytest.approx(nx.overall_reciprocity(nx.from_numpy_array(a, create_using=nx.DiGraph)))
    assert network.reciprocity(RING) == 0 and network.reciprocity(STAR) == 1
    assert network.weighted_reciprocity([[0, 4, 1], [1, 0, 0], [0, 2, 0]]) == pytest.approx(2 / 8)


def test_modularity_is_networkxs():
    a, clubs = karate()
    graph = nx.from_numpy_array(a)
    parts = [{i for i, club in enumerate(clubs) if club == one} for one in sorted(set(clubs))]
    assert network.modularity(a, clubs) == pytest.approx(nx.community.modularity(graph, parts))
    best = nx.community.greedy_modularity_communities(graph)
    assert network.modularity(a) == pytest.approx(nx.community.modularity(graph, best))
    two = np.kron(np.eye(2), np.ones((3, 3)))  # two separate triangles: 2 (1/2 - 1/4)
    assert network.modularity(two) == pytest.approx(0.5) and network.modularity(two, [0] * 6) == pytest.approx(0)
    assert network.modularity(5 * two, [0, 0, 0, 1, 1, 1]) == pytest.approx(0.5)  # the unit of weight is nothing


def test_centralisation():
    assert network.centralisation(STAR) == 1 and network.centralisation(RING) == 0
    assert network.centralisation(nx.to_numpy_array(nx.path_graph(5))) == pytest.approx(2 / 12)


def test_assortativity_is_networkxs():
    for seed in range(4):
        a = random_graph(seed)
        both = ((a + a.T) > 0).astype(float)
        expected = nx.degree_assortativity_coefficient(nx.from_numpy_array(both))
        assert network.assortativity(a) == pytest.approx(expected)
    assert network.assortativity(STAR) == pytest.approx(-1)
    a, clubs = karate()
    graph = nx.karate_club_graph()
    assert network.group_assortativity(a, clubs) == pytest.approx(nx.attribute_assortativity_coefficient(graph, "club"))


@pytest.mark.parametrize("directed", [True, False])
def test_the_null_keeps_degrees_and_moves_ties(directed):
    a = random_graph(3, 20)
    a = a if directed else np.maximum(a, a.T)
    b = network.degree_preserving(a, 0, directed=directed)
    assert (b.sum(axis=0) == a.sum(axis=0)).all() and (b.sum(axis=1) == a.sum(axis=1)).all()
    assert b.max() == 1 and not np.diag(b).any() and (b != a).sum() > 40
    assert directed or (b == b.T).all()
    assert (network.degree_preserving(a, 0, directed=directed) == b).all()


def test_weights_travel_with_the_giver():
    a = random_graph(4) * np.random.default_rng(0).integers(1, 9, (12, 12))
    b = network.degree_preserving(a, 1)
    assert (b.sum(axis=1) == a.sum(axis=1)).all() and sorted(b[b > 0]) == sorted(a[a > 0])


def test_the_null_is_uniform():
    a = nx.to_numpy_array(nx.path_graph(4))  # degrees 1, 2, 2, 1: two simple graphs, 0-1-2-3 and 0-2-1-3
    seen = [network.degree_preserving(a, seed, directed=False, swaps=20)[0, 1] for seed in range(400)]
    assert 150 < sum(seen) < 250


def test_planted_reciprocity_is_found_and_none_is_not():
    rng = np.random.default_rng(0)
    half = np.triu(rng.random((16, 16)) < 0.15, 1)
    planted = (half | half.T).astype(float)
    found = network.degree_test(planted, network.reciprocity, 0)
    assert found.value == 1 and found.z > 5 and found.p == 0.02 and found.null_mean < 0.6
    called = [network.degree_test(random_graph(s), network.reciprocity, s, graphs=39).p <= 0.05 for s in range(60)]
    assert sum(called) <= 8


def test_pairs_are_dealt_anew_with_what_passes_both_ways():
    a = random_graph(5) * 3
    b = network.shuffled_pairs(a, np.random.default_rng(0))
    assert network.reciprocity(b) == network.reciprocity(a) and b.sum() == a.sum() and (a != b).any()
    assert network.degree_test(STAR, network.centralisation, 0, keep="pairs").z > 2


def test_tiny_graphs_have_reasons():
    for measure in (network.reciprocity, network.modularity, network.centralisation, network.assortativity):
        for size in (0, 1, 2):
            found = network.degree_test(np.zeros((size, size)), measure, 0)
            assert math.isnan(found.value) and found.reason
    assert "one value" in network.degree_test(STAR, network.centralisation, 0, graphs=9).reason


def test_bad_ties():
    for ties, word in (([[1, 2]], "square"), ([[0, -1], [0, 0]], "negative"), ([[0, math.nan], [0, 0]], "finite")):
        with pytest.raises(ValueError, match=word):
            network.reciprocity(ties)
    with pytest.raises(ValueError, match="symmetric"):
        network.degree_preserving([[0, 1], [0, 0]], 0, directed=False)


def test_ties_from_columns():
    assert network.graph_matrix([0, 0, 1, 2, -1], [1, 1, 1, 0, 0], 3).tolist() == [[0, 2, 0], [0, 0, 0], [1, 0, 0]]
    assert network.graph_matrix([0], [1], 2, [5]).tolist() == [[0, 5], [0, 0]]


def test_half_of_an_undirected_graph_is_not_left_out_unseen():
    one_way = np.triu(random_graph(0, 8, 0.5))
    for asked in (network.degree_preserving, lambda a, seed, **how: network.degree_test(a, network.modularity, seed, **how)):
        with pytest.raises(ValueError, match="needs symmetric ties"):
            asked(one_way, 0, directed=False)
        asked(one_way + one_way.T, 0, directed=False)
