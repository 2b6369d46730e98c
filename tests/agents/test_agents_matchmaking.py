"""Who sits where."""

import networkx as nx
import pytest
import torch

from society.keys import Keys
from society.population.matchmaking import Seating, everyone, mixed, on_graph, pairs, teams
from society.world.scenario import Head, Spec


def world(seats, roles=()):
    return Spec(seats, {"seen": (1,)}, {"move": Head(2)}, 2, seat_roles=roles)


def key(n):
    return Keys.worldless(0, "seating", n)


def test_pairs_keep_roles_balance_minds_and_draw_partners_anew():
    one, two = (pairs(8, world(2, (0, 1)), 40, key(n)) for n in range(2))
    for mind in (one, two):
        assert torch.bincount(mind[:, 0], minlength=8).tolist() == [10, 10, 10, 10, 0, 0, 0, 0]
        assert torch.bincount(mind[:, 1], minlength=8).tolist() == [0, 0, 0, 0, 10, 10, 10, 10]
    assert not torch.equal(one, two)
    met = {tuple(pair) for n in range(20) for pair in pairs(8, world(2, (0, 1)), 40, key(n)).tolist()}
    assert len(met) == 16  # every speaker met every listener
    uneven = torch.bincount(pairs(8, world(2, (0, 1)), 42, key(0)).flatten())
    assert int(uneven.max() - uneven.min()) == 1
    with pytest.raises(ValueError, match="multiple of the 2 roles"):
        pairs(7, world(2, (0, 1)), 40, key(0))


def test_teams_never_mix():
    mind = teams(6, world(2), 9, key(0))
    assert {tuple(pair) for pair in mind.tolist()} == {(0, 1), (2, 3), (4, 5)}
    assert torch.equal(mind, teams(6, world(2), 9, key(1)))
    with pytest.raises(ValueError, match="multiple of the 2 seats"):
        teams(5, world(2), 9, key(0))


def test_mixed_minds_take_every_seat_equally_often_and_all_meet():
    drawn = torch.stack([mixed(4, world(2), 20, key(n)) for n in range(30)])
    assert all(torch.bincount(mind.flatten()).tolist() == [10, 10, 10, 10] for mind in drawn)
    assert {tuple(pair) for pair in drawn.flatten(0, 1).tolist()} >= {(a, b) for a in range(4) for b in range(4) if a != b}


def test_everyone_takes_turns_in_every_seat():
    mind = everyone(3, world(2), 6, key(0))
    assert mind.tolist() == [[0, 1], [1, 2], [2, 0]] * 2


def test_on_a_graph_only_neighbours_meet_by_weight_and_in_both_roles():
    graph = nx.Graph()
    graph.add_weighted_edges_from([(0, 1, 3.0), (1, 2, 1.0)])
    graph.add_node(3)
    mind = on_graph(graph)(4, world(2), 4000, key(0))
    met = [tuple(pair) for pair in mind.tolist()]
    assert set(met) == {(0, 1), (1, 0), (1, 2), (2, 1)}
    assert sum(set(pair) == {0, 1} for pair in met) / 4000 == pytest.approx(0.75, abs=0.03)
    assert sum(pair[0] < pair[1] for pair in met) / 4000 == pytest.approx(0.5, abs=0.03)
    one_way = on_graph(nx.DiGraph([(0, 1), (2, 1)]))(3, world(2), 200, key(0))
    assert {tuple(pair) for pair in one_way.tolist()} == {(0, 1), (2, 1)}
    with pytest.raises(ValueError, match="needs 2"):
        on_graph(graph)(4, world(3), 10, key(0))
    with pytest.raises(ValueError, match="no edges"):
        on_graph(nx.empty_graph(3))
    with pytest.raises(ValueError, match="numbered 2 or more"):
        on_graph(graph)(2, world(2), 10, key(0))


@pytest.mark.parametrize("minds", [1, 3, 5])
def test_seats_are_grouped_by_mind_and_come_back_to_their_place(minds):
    mind = torch.arange(8).view(4, 2) % min(minds, 3)  # of five minds two sit nowhere
    seating = Seating.of(mind, minds)
    x = torch.randn(4, 2, 3)
    by_mind = seating.gather(x)
    assert torch.equal(seating.scatter(by_mind), x)
    for p in range(minds):
        mine = x.flatten(0, 1)[mind.flatten() == p]
        assert torch.equal(by_mind[p][seating.valid[p]], mine)
    assert int(seating.valid.sum()) == 8
