"""Networkx graphs in: what the config keeps of them, what it refuses, and that worlds, minds and runs go by them."""

import hashlib

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from society.bridges.networkx import edges, graph
from society.bridges.session import settled
from society.config import ConfigError, fingerprint, from_toml, resolve, to_toml
from society.engine import build, launch, sweep
from society.keys import Keys
from society.record.store import Run
from tests.tiny_runs import assert_same_rows, assert_same_weights, finished, prepared, tiny

NODES = st.integers(0, 9)
PAIRS = st.tuples(NODES, NODES).filter(lambda pair: pair[0] != pair[1])


def meeting(pairs, minds=4):
    return {"population.graph": pairs, "population.matchmaker": "graph", "population": minds}


@settings(max_examples=25, deadline=None)
@given(st.lists(PAIRS, max_size=12), st.booleans(), st.booleans())
def test_edges_keep_every_edge_and_come_back(pairs, directed, weighted):
    kind = nx.DiGraph if directed else nx.Graph
    drawn = kind()
    for i, pair in enumerate(pairs):
        drawn.add_edge(*pair, **({"weight": np.float64(i + 0.5)} if weighted else {}))
    found = edges(drawn)
    assert nx.utils.graphs_equal(graph(found, nodes=10), _as_numbers(drawn.to_directed(), weighted))
    assert edges(graph(found)) == found
    assert edges(drawn, weight=None) == tuple(sorted(pair[:2] for pair in found))
    config = resolve("referential_game", overrides=meeting(drawn))
    assert config.population.graph == found and from_toml(to_toml(config)) == config


def _as_numbers(drawn, weighted):
    made = nx.DiGraph()
    made.add_nodes_from(range(10))
    made.add_edges_from((a, b, {"weight": float(d["weight"])} if weighted else {}) for a, b, d in drawn.edges(data=True))
    return made


def test_the_same_graph_in_every_form_is_the_same_run():
    forms = [nx.path_graph(3), "0-1,1-2", "2-1, 1-0", ["0-1", "1-2"], "[[2,1],[1,2],[0,1],[1,0]]"]
    made = [resolve("bazaar", overrides={"channel.graph": form}) for form in forms]
    assert all(one == made[0] and fingerprint(one) == fingerprint(made[0]) for one in made)
    assert made[0].channel.graph == ((0, 1), (1, 0), (1, 2), (2, 1)) and from_toml(to_toml(made[0])) == made[0]
    assert settled("bazaar", channel__graph=nx.path_graph(3)).channel == made[0].channel
    assert resolve("bazaar", overrides={"channel": {"graph": nx.path_graph(3)}}) == made[0]
    assert resolve("referential_game", overrides=meeting("0-1:2.5")).population.graph == ((0, 1, 2.5), (1, 0, 2.5))


def test_runs_without_a_graph_are_the_runs_that_they_were(monkeypatch):
    config = resolve("bazaar")
    old = to_toml(config).replace("graph = []\n", "")
    assert old.count("\n") == to_toml(config).count("\n") - 2 and from_toml(old) == config
    hashed = []
    with monkeypatch.context() as patch:
        patch.setattr("society.config.hashlib.sha256", lambda text: hashed.append(text) or hashlib.sha3_256(text))
        fingerprint(config)
    assert len(hashed) == 1 and b"graph" not in hashed[0]
    assert fingerprint(resolve("bazaar", overrides={"channel.graph": "0-1"})) != fingerprint(config)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (nx.Graph([("a", "b")]), "convert_node_labels_to_integers"),
        (nx.Graph([(0, -1)]), "node -1 is no number"),
        (nx.Graph([(0.5, 1)]), "node 0.5 is no number"),
        (nx.MultiGraph([(0, 1)]), r"nx.Graph\(graph\)"),
        (nx.Graph([(0, 0)]), "selfloop_edges"),
        (nx.DiGraph([(0, 1, {"weight": 2})]), "weight=None"),
        ("0-1:2", "has a weight"),
        ("0-0", "to itself"),
        ("a-b", "'a-b' is no edge"),
        ("0,1", "0 is no edge"),
        ("0-1-2", "is no edge"),
        ("ring.graphml", "is no edge"),
        ([[0, True]], "is no edge"),
        ([[0, 1.5]], "is no edge"),
        ([[0, -1]], "is no edge"),
        ([[0, 1, 2, 3]], "is no edge"),
        (3, "must be a list"),
        ([[0, 10**30]], "is no edge"),
    ],
)
def test_what_is_no_graph_of_seats_is_one_line(given, words):
    with pytest.raises(ConfigError, match=words) as caught:
        resolve("bazaar", overrides={"channel.graph": given})
    assert "\n" not in str(caught.value) and str(caught.value).startswith("channel.graph")


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("referential_game", meeting("0-9"), "a mind is numbered 4 or more; minds are 0..3"),
        ("referential_game", meeting(()), "no edges"),
        ("referential_game", meeting("0-1:0"), "no number above 0"),
        ("referential_game", meeting(nx.Graph([(0, 1, {"weight": float("inf")})])), "no number above 0"),
        ("referential_game", meeting("0-1:2,1-0"), "two weights"),
        ("referential_game", {"population.graph": "0-1", "population": 2}, 'only the matchmaker "graph"'),
        ("bazaar", meeting("0-1"), "the world has 8 seats; it needs 2"),
        ("bazaar", {"channel.graph": "0-8"}, "names seat 8"),
        ("sugarscape", {"channel.graph": "0-1"}, "nobody speaks"),
    ],
)
def test_what_a_world_cannot_go_by_is_one_line_before_anything_begins(name, changes, words):
    with pytest.raises(ConfigError, match=words) as caught:
        launch.vetted([resolve(name, overrides=changes)])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("directed", [False, True])
def test_pairs_meet_as_often_as_their_edges_weigh(directed):
    drawn = (nx.DiGraph if directed else nx.Graph)()
    drawn.add_weighted_edges_from([(0, 1, 3.0), (1, 2, 1.0), (2, 3, 0.5), (4, 0, 2.0)])
    drawn.add_node(5)
    config = resolve("referential_game", overrides=meeting(drawn, minds=6))
    spec, worlds = build.scenario(build.settle(config)).spec, 20_000
    met = build.matchmaker(config)(6, spec, worlds, Keys.worldless(0, "seating", 0))
    count = torch.bincount(met[:, 0] * 6 + met[:, 1], minlength=36).numpy()
    share = nx.to_numpy_array(drawn, nodelist=range(6)).flatten()
    assert not count[share == 0].any()
    assert chisquare(count[share > 0], worlds * share[share > 0] / share.sum()).pvalue > 0.001
    assert chisquare(count[share > 0]).pvalue < 1e-6  # and not all alike


def test_who_meets_is_renumbered_with_the_minds():
    """A ring whose minds are renumbered is the ring; nobody beyond it ever meets."""
    order = [3, 0, 4, 1, 2]
    ring = nx.relabel_nodes(nx.cycle_graph(5), dict(enumerate(order)))
    config = resolve("referential_game", overrides=meeting(ring, minds=7))
    met = build.matchmaker(config)(7, build.scenario(build.settle(config)).spec, 500, Keys.worldless(0, "seating", 0))
    assert {tuple(pair) for pair in met.tolist()} == set(ring.to_directed().edges)


class Crash(Exception):
    """Stands for a power cut."""


def test_a_run_on_a_graph_is_resumed_and_read_back(tmp_path):
    brief = {"evaluation__scripts": False, "evaluation__conditions": ("normal", "content"), "training__ticks": 4}
    config = tiny("bazaar", updates=4, channel__graph=nx.cycle_graph(4), world__seats=4, **brief)
    whole, cut = finished(config, tmp_path / "whole"), prepared(config, tmp_path / "cut")
    steps = config.training.agent_steps // 4

    def power(done, total, rate):
        if done == 3 * steps:
            raise Crash

    with pytest.raises(Crash):
        launch.execute(cut, power)
    assert Run(cut).checkpoints()[-1] == 2
    launch.execute(cut)
    assert from_toml((whole / "run.toml").read_text()) == config
    assert edges(graph(Run(whole).config["channel"]["graph"])) == edges(nx.cycle_graph(4))
    assert_same_rows(whole, cut)
    assert_same_weights(whole, cut)


def test_graphs_are_swept(tmp_path):
    file = tmp_path / "sweep.toml"
    file.write_text(
        'scenario = "bazaar"\npreset = "quick"\n[[vary]]\n"channel.graph" = [[], "0-1,1-2", [[0, 1]]]\n', encoding="utf-8"
    )
    assert [len(cell.configs[0].channel.graph) for cell in sweep.read(file)] == [0, 4, 1]
