"""Graphs out of a run's tables: sums of rows by other means, facts that networkx knows of such graphs, and a real run."""

import networkx as nx
import numpy as np
import pytest

from society.record.recorder import Recorder
from society.record.store import Run
from tests.tiny_runs import finished, tiny

WORLDS, SEATS, TICKS, MINDS = 3, 4, 40, 3


def seats(rng, rows):
    """A world and two different seats of it for each row, and their minds."""
    world, one = rng.integers(WORLDS, size=rows), rng.integers(SEATS, size=rows)
    other = (one + rng.integers(1, SEATS, size=rows)) % SEATS
    return world, one, other, mind(world, one), mind(world, other)


def mind(world, seat):
    return (world + seat) % MINDS


@pytest.fixture(params=[(), ((0, 1), (1, 0), (2, 1))], ids=["whole", "graph"])
def run(request, tmp_path):
    """A run directory with two conditions: 300 trades, messages of two symbols, and who sat where."""
    rng, recorder = np.random.default_rng(0), Recorder(tmp_path)
    world, one, other, mine, theirs = seats(rng, 300)
    leading = {"seed": 3, "tick": 0}
    recorder.add("trades", leading | {
        "condition": np.where(np.arange(300) < 250, "normal", "mute"), "world": world, "seat": one, "mind": mine,
        "partner": other, "partner_mind": theirs, "gave": 0, "got": 1,
        "gave_amount": rng.integers(3, size=300), "got_amount": rng.integers(4, size=300),
    })  # fmt: skip
    for condition in ("normal", "mute"):
        where = np.arange(WORLDS).repeat(SEATS)
        who = np.tile(np.arange(SEATS), WORLDS)
        recorder.add("episodes", leading | {
            "condition": condition, "world": where, "episode": 0, "seat": who, "mind": mind(where, who), "role": "agent",
            "return_": 0.0, "ticks": 1.0,
        })  # fmt: skip
        kept = where < 2  # the last world's messages are not
        for tick in range(TICKS):
            rows = {"world": where[kept], "seat": who[kept], "mind": mind(where, who)[kept], "life": 0, "episode": 0}
            words = rng.integers(3, size=(2, kept.sum())) * (who[kept] != 3)  # seat 3 is silent
            recorder.add("messages", {"condition": condition, "seed": 3, "tick": tick} | rows | {"m0": words[0], "m1": words[1]})
        recorder.flush(int(condition == "mute"))  # in two parts
    made = Run(tmp_path)
    made.__dict__["config"] = {"channel": {"length": 2, "reach": 0, "graph": [list(edge) for edge in request.param]}}
    return made


def weights(graph):
    return {(a, b): w for a, b, w in graph.edges(data="weight")}


def normal(run, table):
    rows = run.table(table)
    return rows[rows["condition"] == "normal"]


# ---------------------------------------------------------------- trade


def test_all_units_that_changed_hands_are_in_the_trade_graph_and_degrees_are_what_pandas_counts(run):
    rows, graph = normal(run, "trades"), run.trade_graph()
    assert graph.size("weight") == rows["gave_amount"].sum() + rows["got_amount"].sum()
    assert graph.size("deals") == (rows["gave_amount"] > 0).sum() + (rows["got_amount"] > 0).sum()
    given = rows.groupby("mind")["gave_amount"].sum().add(rows.groupby("partner_mind")["got_amount"].sum(), fill_value=0)
    assert dict(graph.out_degree(weight="weight")) == given.to_dict()
    got = rows.groupby("mind")["got_amount"].sum().add(rows.groupby("partner_mind")["gave_amount"].sum(), fill_value=0)
    assert dict(graph.in_degree(weight="weight")) == got.to_dict()
    flow = rows[(rows["mind"] == 0) & (rows["partner_mind"] == 1)]["gave_amount"].sum()
    flow += rows[(rows["mind"] == 1) & (rows["partner_mind"] == 0)]["got_amount"].sum()
    assert graph[0][1]["weight"] == flow


def test_seats_of_a_world_merge_into_minds(run):
    by_seat, by_mind = run.trade_graph(by="seat"), run.trade_graph()
    assert nx.number_weakly_connected_components(by_seat) == WORLDS  # nobody trades across worlds
    assert all(one[0] == other[0] for one, other in by_seat.edges)
    merged = nx.DiGraph()
    for one, other, weight in by_seat.edges(data="weight"):
        a, b = mind(*one), mind(*other)
        merged.add_edge(a, b, weight=weight + merged.get_edge_data(a, b, {"weight": 0})["weight"])
    assert weights(merged) == weights(by_mind)


def test_conditions_seeds_and_worlds_are_parts_of_the_whole(run):
    for kind in (run.trade_graph, run.talk_graph):
        whole = kind(None).size("weight")
        assert whole == kind().size("weight") + kind("mute").size("weight") > 0
        assert kind().size("weight") == sum(kind(world=w).size("weight") for w in range(WORLDS)) == kind(seed=3).size("weight")
        assert len(kind(seed=4)) == len(kind("peaceful")) == 0
        with pytest.raises(ValueError, match="by mind or by seat"):
            kind(by="role")


# ---------------------------------------------------------------- talk


def hearers(run, world, seat):
    """The seats that hear this one, the slow way."""
    links = run.config["channel"]["graph"]
    return [n for n in range(SEATS) if n != seat and (not links or [seat, n] in links)]


def test_every_message_goes_to_everybody_in_hearing_once(run):
    rows = normal(run, "messages")
    spoken = rows[(rows["m0"] > 0) | (rows["m1"] > 0)]
    assert 0 < len(spoken) < len(rows)
    by_seat, by_mind = {}, {}
    for world, seat in zip(spoken["world"], spoken["seat"], strict=True):
        for other in hearers(run, world, seat):
            pair = ((world, seat), (world, other))
            by_seat[pair] = by_seat.get(pair, 0) + 1
            pair = mind(world, seat), mind(world, other)
            by_mind[pair] = by_mind.get(pair, 0) + 1
    assert weights(run.talk_graph(by="seat")) == by_seat
    assert weights(run.talk_graph()) == by_mind
    assert set(run.talk_graph(by="seat")) == {(w, n) for w in range(2) for n in range(SEATS)}  # the silent too, if recorded
    assert run.talk_graph(by="seat").out_degree((0, 3)) == 0


def test_who_stood_within_reach_is_not_made_up(run):
    run.config["channel"]["reach"] = 4
    with pytest.raises(ValueError, match=r"channel\.reach is 4") as caught:
        run.talk_graph()
    assert "\n" not in str(caught.value)


def test_without_rows_there_is_nobody(tmp_path):
    run = Run(tmp_path)
    run.__dict__["config"] = {}
    assert len(run.trade_graph()) == len(run.talk_graph()) == len(run.lineage_graph()) == 0


# ---------------------------------------------------------------- lineage


def test_descent_is_a_forest(tmp_path):
    recorder = Recorder(tmp_path)
    leading = {"condition": "training", "seed": 0, "world": -1, "tick": -1}
    rows = {"mind": range(6), "parent": [-1, -1, 0, 2, 2, 1], "born_update": [0, 0, 5, 8, 9, 9], "frozen": [1, 0, 0, 0, 0, 0]}
    recorder.add("lineage", leading | rows)
    recorder.flush(0)
    graph = Run(tmp_path).lineage_graph()
    assert nx.is_directed_acyclic_graph(graph) and nx.is_forest(graph)
    assert set(graph) == set(range(6)) and set(graph.edges) == {(0, 2), (2, 3), (2, 4), (1, 5)}
    assert nx.descendants(graph, 0) == {2, 3, 4} and nx.dag_longest_path_length(graph) == 2
    assert graph.nodes[3] == {"born": 8, "frozen": False} and graph.nodes[0]["frozen"] is True
    assert all(graph.nodes[parent]["born"] < graph.nodes[child]["born"] for parent, child in graph.edges)
    assert len(Run(tmp_path).lineage_graph(seed=1)) == 0


# ---------------------------------------------------------------- a real run


def test_graphs_of_a_run_can_be_written_and_say_what_its_tables_say(tmp_path):
    brief = {"evaluation__conditions": ("normal",), "training__ticks": 4, "world__seats": 4, "world__size": 5}
    config = tiny("bazaar", updates=1, population__minds=3, channel__graph="0-1,2-3", **brief)
    run = Run(finished(config, tmp_path / "run"))
    trader = run.trade_graph("script:trader", by="seat")
    rows = run.table("trades", where={"condition": "script:trader"})
    assert trader.size("weight") == rows[["gave_amount", "got_amount"]].to_numpy().sum()
    talk = run.talk_graph(by="seat")
    assert talk.size() and all({one[1], other[1]} in ({0, 1}, {2, 3}) for one, other in talk.edges)
    assert set(run.lineage_graph()) == {0, 1, 2} and not run.lineage_graph().size()
    for graph in (run.trade_graph(None), run.talk_graph(), run.lineage_graph()):
        nx.write_graphml(graph, tmp_path / "graph.graphml")
        back = nx.read_graphml(tmp_path / "graph.graphml", node_type=int)
        back.graph.clear()  # the file's defaults
        assert nx.utils.graphs_equal(nx.DiGraph(back), graph)
