import math

import numpy as np
import pandas as pd
import pytest
from test_network import random_graph

from society.analysis import network
from society.analysis.network_metrics import networks
from society.analysis.run import Reader


class Tables:
    """A run of nothing but frames."""

    def __init__(self, **tables):
        self.tables, self.meta, self.config, self.controls = tables, {"declared": {}}, {}, {}

    def table(self, name, columns=None, where=None):
        frame = self.tables.get(name, pd.DataFrame({"condition": []}))
        for column, value in (where or {}).items():
            frame = frame[frame[column] == value]
        return frame


def reader(**tables):
    made = Reader.__new__(Reader)
    made.run, made._read = Tables(**tables), {}
    return made


def rows(graphs, other):
    found = []
    for world, a in enumerate(graphs):
        for seat, partner in zip(*np.nonzero(a), strict=True):
            found += [{"condition": "normal", "world": world, "seat": seat, other: partner}] * int(a[seat, partner])
    return pd.DataFrame(found)


def lines(made):
    return {line.metric: line for line in networks(made)}


def test_returned_strikes_stand_out_of_the_null_and_random_ones_do_not():
    half = [np.triu(random_graph(seed, 14, 0.2)) for seed in range(6)]
    found = lines(reader(contests=rows([a + a.T for a in half], "target")))
    line, z = found["strike_network.reciprocity"], found["strike_network.reciprocity.z"]
    assert line.value == 1 and line.null < 0.7 and line.n == 6 and z.ci_low > 2 and z.null == 0
    found = lines(reader(contests=rows([random_graph(seed, 14, 0.2) for seed in range(8)], "target")))
    assert found["strike_network.reciprocity.z"].ci_low < 0 < found["strike_network.reciprocity.z"].ci_high


def test_groups_of_traders():
    blocks = np.kron(np.eye(2), np.ones((6, 6))) * (np.random.default_rng(0).random((12, 12)) < 0.9)
    found = lines(reader(trades=rows([np.triu(blocks, 1)] * 2, "partner")))
    assert found["trade_network.modularity.z"].value > 2 and "trade_network.reciprocity" not in found
    assert 0 < found["trade_network.centralisation"].null < 0.5


def test_traders_who_differ_in_volume_alone_are_no_groups():
    def world(rng):
        volume = rng.gamma(1.0, 1, 10)
        rate = np.outer(volume, volume)
        return np.triu(rng.poisson(60 * rate / (rate.sum() - np.trace(rate))), 1)

    rng = np.random.default_rng(3)
    z = [lines(reader(trades=rows([world(rng) for _ in range(8)], "partner")))["trade_network.modularity.z"] for _ in range(3)]
    assert abs(np.mean([line.value for line in z])) < 0.5 and any(line.ci_low < 0 < line.ci_high for line in z)


def test_a_deal_has_no_direction():
    half = np.triu(random_graph(1, 10, 0.4))
    turned = half * (np.random.default_rng(0).random(half.shape) < 0.5)
    assert turned.any() and (half - turned).any()
    found = lines(reader(trades=rows([half - turned + turned.T], "partner")))["trade_network.modularity"]
    expected = network.degree_test(half + half.T, network.modularity, 0, graphs=39, directed=False)
    assert (found.value, found.null) == (expected.value, expected.null_mean)


def test_a_negotiation_that_failed_ties_nobody():
    made = rows([np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]])], "partner").assign(agreed=1)
    failed = rows([np.array([[0, 0, 1], [0, 0, 1], [0, 0, 0]])], "partner").assign(agreed=0)
    found = lines(reader(deals=pd.concat([made, failed])))
    assert found["deal_network.reciprocity"].value == 1  # 2 of 4 ties were answered had the failed ones counted


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"condition": ["normal"]}),
        pd.DataFrame({"condition": ["normal"], "world": [0], "seat": [0], "target": [0]}),
        pd.DataFrame({"condition": ["normal"] * 2, "world": [0, 0], "seat": [0, 1], "target": [1, 0]}),
        pd.DataFrame({"condition": ["normal"], "world": [0], "seat": [math.nan], "target": ["x"]}),
    ],
)
def test_little_or_nothing_has_a_reason(frame):
    for line in lines(reader(contests=frame)).values():
        assert math.isfinite(line.value) or line.reason
        assert "failed" not in line.reason


def test_broadcast_talk_has_no_graph():
    found = lines(reader(messages=pd.DataFrame({"condition": ["normal"], "world": [0], "seat": [0]})))
    assert "listener" in found["talk_network"].reason
