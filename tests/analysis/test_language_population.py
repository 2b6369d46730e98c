"""Languages of several minds, what goes with speech, and learning curves: exact values."""

import math

import networkx as nx
import numpy as np
import pytest
from scipy import stats

from society.analysis import language as la

RNG = np.random.default_rng(3)


def test_edit_distance_of_pairs_is_the_diagonal_of_all_distances():
    a, b = RNG.integers(-1, 3, (30, 5)), RNG.integers(-1, 3, (30, 5))
    every = la.edit_distances(np.vstack([a, b]))
    assert la.edit_distances_of_pairs(a, b) == pytest.approx(every[np.arange(30), 30 + np.arange(30)])
    assert la.edit_distances_of_pairs([[-1, -1], [-1, -1]], [[1, -1], [-1, -1]]).tolist() == [1.0, 0.0]  # an empty message


def test_similarity_of_languages_by_hand():
    first = np.array([[[0, 1], [2, 3]], [[0, 1], [3, 3]], [[4, 4], [5, 5]]])
    found = la.language_similarity(first, first)
    assert found == pytest.approx(np.array([[1, 0.75, 0], [0.75, 1, 0], [0, 0, 1]]))
    careless = first.copy()
    careless[0] = [[0, 9], [9, 9]]  # mind 0 says other things the second time
    assert la.language_similarity(first, careless)[0, 0] == pytest.approx(0.25)
    assert np.isnan(la.language_similarity(np.empty((2, 0, 3)), np.empty((2, 0, 3)))).all()
    with pytest.raises(ValueError, match="one shape are needed"):
        la.language_similarity(first, first[:2])


def test_cross_play_of_pairs_that_grew_up_apart():
    speaker, listener = np.repeat(np.arange(4), 400), np.tile(np.repeat(np.arange(4), 100), 4)
    success = np.where(speaker == listener, 1.0, np.arange(1600) % 4 == 0)
    found = la.cross_play(speaker, listener, success)
    assert np.diag(found.accuracy) == pytest.approx(1.0)
    assert found.accuracy[~np.eye(4, dtype=bool)] == pytest.approx(0.25) and (found.met == 100).all()
    assert found.gap.value == pytest.approx(0.75) and found.gap.low < 0.75 < found.gap.high
    worlds = np.arange(1600) % 8
    assert la.cross_play(speaker, listener, success, replicate=worlds).gap.n == 8


def test_the_interval_of_the_gap_is_that_of_another_bootstrap():
    """Where every world plays every cell once, the gap is a mean over worlds."""
    speaker, listener, world = np.tile([0, 0, 1, 1], 60), np.tile([0, 1, 0, 1], 60), np.repeat(np.arange(60), 4)
    won = (np.random.default_rng(0).random(240) < np.where(speaker == listener, 0.8, 0.4)).astype(float)
    each = (np.where(speaker == listener, 1, -1) * won).reshape(60, 4).sum(axis=1) / 2
    other = stats.bootstrap((each,), np.mean, method="percentile", rng=np.random.default_rng(1)).confidence_interval
    gap = la.cross_play(speaker, listener, won, replicate=world).gap
    assert gap.value == pytest.approx(each.mean()) and [gap.low, gap.high] == pytest.approx(other, abs=0.03)


def test_cells_of_cross_play_count_alike_however_often_they_are_played():
    found = la.cross_play([0, 0, 0, 0, 1], [0, 1, 1, 1, 1], [1, 0, 0, 1, 0])
    assert found.accuracy[0, 1] == pytest.approx(1 / 3) and math.isnan(found.accuracy[1, 0])
    assert found.gap.value == pytest.approx(0.5 - 1 / 3)


def test_cross_play_without_a_diagonal_or_strangers_has_no_gap():
    assert la.cross_play([0, 1], [1, 0], [1, 1]).gap.reason == "no mind plays with itself"
    assert la.cross_play([0, 1], [0, 1], [1, 1]).gap.reason == "no mind meets a stranger"
    assert la.cross_play([], [], []).gap.reason == "no game"


def caves():
    """Two groups of five that meet among themselves, joined by one meeting; a language for each."""
    graph = nx.disjoint_union(nx.complete_graph(5), nx.complete_graph(5))
    graph.add_edge(0, 5)
    group = np.repeat([0, 1], 5)
    return graph, group, 0.2 + 0.6 * (group[:, None] == group[None, :])


def test_dialects_follow_the_contact_graph():
    graph, group, similarity = caves()
    assert la.contact_groups(graph).tolist() == group.tolist()
    assert la.contact_groups(nx.to_numpy_array(graph)).tolist() == group.tolist()
    found = la.group_similarity(similarity, graph)
    assert found.value == pytest.approx(0.6) and found.p < 0.05 and found.n == 10
    assert la.group_similarity(similarity, groups=np.arange(10) % 2).value < 0.1
    flat = la.group_similarity(np.full((10, 10), 0.5), graph)
    assert flat.value == pytest.approx(0.0) and flat.p == 1.0
    assert la.group_similarity(similarity, nx.complete_graph(10)).reason == "the contact graph is one group"
    assert la.group_similarity(similarity, nx.empty_graph(10)).reason == "no two minds are of one group"


def test_dialects_that_are_none_are_seldom_called_so():
    rng, graph, found = np.random.default_rng(0), caves()[0], []
    for seed in range(60):
        noise = rng.random((10, 10))
        found.append(la.group_similarity((noise + noise.T) / 2, graph, permutations=99, seed=seed).p)
    assert np.mean(np.array(found) <= 0.05) <= 0.12


def test_ease_of_teaching_is_the_area_under_the_curve():
    assert la.ease_of_teaching([0, 10], [1, 1]) == 1.0 and la.ease_of_teaching([0, 10], [0, 1]) == 0.5
    assert la.ease_of_teaching([0, 5, 20], [0.25, 0.25, 1], chance=0.25) == pytest.approx(0.5 * 15 / 20)
    assert math.isnan(la.ease_of_teaching([0], [1])) and math.isnan(la.ease_of_teaching([1, 0], [1, 1]))
    assert la.ease_of_teaching([0, 5, 10], [0, math.nan, 1]) == 0.5


def test_the_generalisation_gap_is_over_types():
    found = la.generalisation_gap(np.ones(20), np.array([0.0, 0.5]))
    assert found.value == 0.75 and (found.low, found.high) == (0.5, 1.0) and found.n == 2
    assert la.generalisation_gap([1.0], []).reason == "no type was held out"


def test_speech_may_go_with_action_without_any_listening():
    """Two seats see one coin and say and do what it shows: full consistency and coordination, and nobody listens."""
    coin = RNG.integers(0, 2, 600)
    for measure in (la.speaker_consistency, la.instantaneous_coordination):
        found = measure(coin, coin)
        assert found.value - found.null_mean == pytest.approx(1.0, abs=0.02) and found.p == 0.01
        idle = measure(coin, RNG.integers(0, 2, 600))
        assert abs(idle.value - idle.null_mean) < 0.02


@pytest.mark.parametrize("for_life", [True, False])
def test_lives_of_many_lengths_do_not_make_chance_significant(for_life):
    """x and y know nothing of one another; they change in every row, or are one for life."""

    def called(seed):
        rng = np.random.default_rng(seed)
        life = np.repeat(np.arange(1000), rng.integers(1, 10, size=1000))[:1000]
        x, y = (rng.integers(60, size=1000)[life if for_life else slice(None)] for _ in range(2))
        return la.mutual_information_test(x, y, lives=life, seed=seed).p <= 0.05

    assert sum(called(seed) for seed in range(30)) <= 5
