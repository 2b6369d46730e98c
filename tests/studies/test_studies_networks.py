import networkx as nx
import numpy as np
import pytest

from society.studies import networks as study


def test_clustering_and_paths_are_networkxs():
    graph = nx.watts_strogatz_graph(60, 6, 0.2, seed=1)
    a = study._array(graph)
    assert study._clustering(a) == pytest.approx(nx.average_clustering(graph))
    assert study._path_length(a) == pytest.approx(nx.average_shortest_path_length(graph))


def test_the_exact_rows_hold():
    rows = study._exact()
    assert all(row["holds"] for row in rows) and np.isfinite([row["ours"] for row in rows]).all()


def test_random_graphs_are_called_as_seldom_as_they_should():
    flags = [study._called(seed, study.network.reciprocity, True) for seed in range(50)]
    assert sum(flags) <= 6
    assert all(study._called(seed, study.network.reciprocity, True, 0.5) for seed in range(5))
