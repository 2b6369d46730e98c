import itertools
import math

import numpy as np
import pytest

from society.analysis import bargaining_set as bs
from society.analysis import negotiation as ng

# two books that are worth 1 and 3, one hat worth 4 and 2: each side wants what the other wants less
POOLS, VALUES = [[2, 1]], [[[1, 4], [3, 2]]]


def test_scores_and_efficiency_by_hand():
    hat_to_0 = [[0, 1]]
    assert ng.utilities(POOLS, VALUES, hat_to_0).tolist() == [[4, 6]]
    assert ng.scores(POOLS, VALUES, hat_to_0) == pytest.approx(np.array([[4 / 6, 6 / 8]]))
    assert ng.surplus_efficiency(POOLS, VALUES, hat_to_0).tolist() == [1.0]
    assert ng.surplus_efficiency(POOLS, VALUES, [[2, 0]]) == pytest.approx([(2 + 2) / 10])
    assert ng.utilities(POOLS, VALUES, [[[0, 1], [1, 0]]]).tolist() == [[4, 3]]  # a book left on the table


def test_no_deal_is_worth_nothing_and_a_worthless_game_loses_nothing():
    nothing = np.zeros((1, 2, 2))
    assert ng.scores(POOLS, VALUES, nothing).tolist() == [[0, 0]] and ng.surplus_efficiency(POOLS, VALUES, nothing) == [0]
    assert ng.surplus_efficiency([[0, 0]], VALUES, nothing) == [1]
    assert np.isnan(ng.scores([[0, 0]], VALUES, nothing)).all()


@pytest.mark.parametrize(
    ("split", "joint", "own"),
    [(ng.split_dictator, 0.720, 1.0), (ng.split_threshold, 0.925, None), (ng.split_full_information, 1.0, 0.632)],
)
def test_the_anchors_of_the_game(split, joint, own):
    pools, values = ng.draw_games(100_000, seed=11)
    shares = split(pools, values)
    assert ng.surplus_efficiency(pools, values, shares).mean() == pytest.approx(joint, abs=0.003)
    if own is not None:
        assert np.nanmean(ng.scores(pools, values, shares)[:, 0]) == pytest.approx(own, abs=0.003)
    assert (shares.sum(axis=1) == pools).all() and (shares >= 0).all()


def test_three_is_the_best_threshold():
    pools, values = ng.draw_games(20_000, seed=5)
    means = [ng.surplus_efficiency(pools, values, ng.split_threshold(pools, values, at)).mean() for at in range(7)]
    assert int(np.argmax(means)) == 3


def test_games_are_a_function_of_their_seed_and_uniform():
    pools, values = ng.draw_games(20_000, seed=1)
    assert (pools == ng.draw_games(20_000, seed=1)[0]).all() and (pools != ng.draw_games(20_000, seed=2)[0]).any()
    assert values.shape == (20_000, 2, 3) and np.bincount(values.ravel()) / values.size == pytest.approx([1 / 6] * 6, abs=0.005)


def brute(pool, value, share):
    """Pareto, Nash and Kalai of one game from a plain list of all allocations."""
    most = [sum(v * p for v, p in zip(side, pool, strict=True)) for side in value]
    if not all(most):
        return math.nan, math.nan, math.nan

    def score(own):
        mine = sum(v * x for v, x in zip(value[0], own, strict=True)) / most[0]
        return mine, 1 - sum(v * x for v, x in zip(value[1], own, strict=True)) / most[1]

    every = [score(own) for own in itertools.product(*(range(p + 1) for p in pool))]
    got, tiny = score(share), 1e-9
    dominated = any(a >= got[0] - tiny and b >= got[1] - tiny and (a > got[0] + tiny or b > got[1] + tiny) for a, b in every)
    product = max(a * b for a, b in every)
    fair = max((round(min(p), 9), round(max(p), 9)) for p in every)
    return (
        float(not dominated),
        min(math.dist(got, p) for p in every if p[0] * p[1] >= product - tiny),
        min(math.dist(got, p) for p in every if (round(min(p), 9), round(max(p), 9)) == fair),
    )


def test_pareto_nash_and_kalai_against_brute_force():
    pools, values = ng.draw_games(300, seed=3, most=3)
    own = np.random.default_rng(0).integers(pools + 1)
    expected = np.array([brute(*game) for game in zip(pools.tolist(), values.tolist(), own.tolist(), strict=True)])
    found = np.stack([f(pools, values, own) for f in (bs.pareto_optimal, bs.nash_distance, bs.kalai_distance)], axis=1)
    assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)
    assert 0 < np.nanmean(expected[:, 0]) < 1 and np.isnan(expected).any()


def test_the_fair_deal_of_the_example():
    assert bs.pareto_optimal(POOLS * 2, VALUES * 2, [[0, 1], [1, 0]]).tolist() == [1, 0]
    for distance in (bs.nash_distance, bs.kalai_distance):  # hat against books: scores (.667, .75)
        assert distance(POOLS * 2, VALUES * 2, [[0, 1], [2, 1]]) == pytest.approx([0, math.hypot(1 / 3, 0.75)])


def test_a_single_unit_has_two_nash_points():
    found = bs.nash_distance([[1]] * 3, [[[2], [5]]] * 3, [[[1], [0]], [[0], [1]], [[0], [0]]])
    assert found.tolist() == [0, 0, 1]


def test_beyond_the_limit_units_are_divisible(monkeypatch):
    """One game by hand: types worth (3, 1) and (1, 3): the frontier bends at (.75, .75), which is both points."""
    monkeypatch.setattr(bs, "LIMIT", 0)
    pools, values = [[1, 1]] * 3, [[[3, 1], [1, 3]]] * 3
    shares = [[1, 0], [0, 1], [1, 0.5]]  # the bend, the worst split, a point of the lower edge
    assert bs.pareto_optimal(pools, values, shares).tolist() == [1, 0, 1]
    assert bs.nash_distance(pools, values, shares) == pytest.approx([0, math.hypot(0.5, 0.5), math.hypot(0.125, 0.375)])
    assert bs.kalai_distance(pools, values, shares) == pytest.approx([0, math.hypot(0.5, 0.5), math.hypot(0.125, 0.375)])


def test_divisible_units_are_the_limit_of_small_ones(monkeypatch):
    """Enumerated, with every unit cut into twenty, the points lie within a piece (.05 at most) of those of the polyline."""
    pools, values = ng.draw_games(150, seed=8, items=2, most=3)
    own, functions = pools / 4, (bs.pareto_optimal, bs.nash_distance, bs.kalai_distance)
    assert bs.enumerated(pools * 20)
    fine = [f(pools * 20, values, own * 20) for f in functions]
    monkeypatch.setattr(bs, "LIMIT", 0)
    whole = [f(pools, values, own) for f in functions]
    assert whole[0] == pytest.approx(fine[0], nan_ok=True) and 0 < np.nanmean(fine[0]) < 1
    assert whole[1] == pytest.approx(fine[1], abs=0.02, nan_ok=True) and whole[2] == pytest.approx(fine[2], abs=0.05, nan_ok=True)


def test_jain_and_rounds():
    assert ng.jain([[1, 1], [5, 0], [0, 0], [3, 1]]) == pytest.approx([1, 0.5, math.nan, 16 / 20], nan_ok=True)
    assert ng.agreement_rate([1, 0, 1, 1]) == 0.75 and math.isnan(ng.agreement_rate([]))
    assert ng.rounds_to_agreement([2, 9, 4], [1, 0, 1]) == 3 and math.isnan(ng.rounds_to_agreement([2], [0]))


def test_the_concession_curve_counts_games_not_offers():
    rounds, demands, games = [0, 0, 0, 2, 2], [1.0, 0.5, 0.3, 0.4, 0.2], [0, 1, 1, 0, 2]
    first, second, third = ng.concession_curve(rounds, demands, games, seed=0)
    assert (first.value, first.n) == (pytest.approx((1.0 + 0.4) / 2), 2)  # game 1 made two offers at turn 0
    assert math.isnan(second.value) and second.reason
    assert third.value == pytest.approx(0.3) and third.low == pytest.approx(0.2) and third.high == pytest.approx(0.4)
    assert ng.concession_curve([], [], [], seed=0) == []


@pytest.mark.parametrize("function", [ng.scores, ng.surplus_efficiency, bs.pareto_optimal, bs.nash_distance, bs.kalai_distance])
def test_no_game_is_an_empty_answer_and_wrong_shapes_are_one_line(function):
    assert len(function(np.zeros((0, 3)), np.zeros((0, 2, 3)), np.zeros((0, 3)))) == 0
    with pytest.raises(ValueError, match="pools must be") as told:
        function([[1, 2]], [[1, 2]], [[1, 2]])
    assert "\n" not in str(told.value)
    assert np.isnan(function([[math.nan]], [[[1], [1]]], [[1]])).all()
