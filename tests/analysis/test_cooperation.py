import math

import numpy as np
import pytest

from society.analysis import cooperation
from society.analysis.economy import gini


def test_efficiency():
    assert cooperation.efficiency([10.0, 20.0], 100) == pytest.approx(0.3)
    assert math.isnan(cooperation.efficiency([], 100)) and math.isnan(cooperation.efficiency([1.0], 0))


def test_equality():
    assert cooperation.equality([5, 5, 5]) == pytest.approx(1.0)
    assert cooperation.equality([0, 0, 0, 8]) == pytest.approx(0.25)  # a monopolist: 1/N
    x = np.array([3.0, 1.0, 4.0, 1.5])
    assert cooperation.equality(x) == pytest.approx(1 - np.abs(np.subtract.outer(x, x)).sum() / (2 * 4 * x.sum()))
    assert cooperation.equality(x) == pytest.approx(1 - gini(x))


@pytest.mark.parametrize("returns", [[], [0, 0], [-3, 1]])
def test_equality_needs_a_positive_sum(returns):
    assert math.isnan(cooperation.equality(returns))


def test_sustainability_leaves_out_who_had_nothing():
    rewards = np.zeros((3, 10))
    rewards[0, [2, 4]], rewards[1, 9] = 1, 5
    assert cooperation.sustainability(rewards) == pytest.approx((3 + 9) / 2)
    assert math.isnan(cooperation.sustainability(np.zeros((3, 10))))


def test_peace():
    out = np.zeros((4, 10), dtype=bool)
    out[0, :5] = True
    assert cooperation.peace(out) == pytest.approx((4 * 10 - 5) / 10)
    assert math.isnan(cooperation.peace(np.zeros((0, 10))))


def test_sanction_rate_is_a_ratio_of_sums():
    found = cooperation.sanction_rate([4, 0, 2], [100, 100, 100], seed=0)
    assert found.value == pytest.approx(0.02) and found.low <= 0.02 <= found.high and found.n == 3
    assert math.isnan(cooperation.sanction_rate([1, 1], [0, 0], seed=0).value)


def test_who_strikes_only_defectors_is_told_from_who_strikes_at_random():
    rng = np.random.default_rng(0)
    defected = np.tile([1, 0, 0, 1, 0], (20, 1))
    aimed, blind = np.zeros((2, 20, 5, 5))
    for w in range(20):
        for i in range(5):
            aimed[w, i, rng.choice([j for j in (0, 3) if j != i])] += 3
            blind[w, i, rng.choice([j for j in range(5) if j != i])] += 3
    found = cooperation.sanction_targeting(aimed, defected, seed=1)
    chance = (2 * 1 / 4 + 3 * 2 / 4) / 5  # a defector has one other defector among four others, a cooperator two
    assert (found.value, found.p, found.n) == (1.0, 0.001, 20) and found.null_mean == pytest.approx(chance, abs=0.01)
    assert cooperation.sanction_targeting(blind, defected, seed=1).p > 0.05


def test_targeting_is_valid_for_strikers_who_never_change_their_target():
    """Ten strikes at one seat are one choice: counted as ten they would be significant most of the time."""
    rng, calls = np.random.default_rng(4), 0
    for k in range(120):
        strikes, defected = np.zeros((6, 4, 4)), rng.permuted(np.tile([1, 0, 0, 1], (6, 1)), axis=1)
        for w in range(6):
            strikes[w, 0, rng.integers(1, 4)] = 10
        calls += cooperation.sanction_targeting(strikes, defected, seed=k, permutations=99).p <= 0.05
    assert calls <= 120 * 0.1


@pytest.mark.parametrize("crowd", [True, False])
def test_targeting_is_valid_for_crowds_and_for_angry_defectors(crowd):
    """All strike one seat, whatever it does; or defectors strike ten times as often, at anybody."""

    def called(seed):
        rng, seats = np.random.default_rng(seed), np.arange(6)
        defected, strikes = (rng.random((20, 6)) < 0.4).astype(float), np.zeros((20, 6, 6))
        for w in range(20):
            victims = np.full(6, rng.integers(6)) if crowd else (seats + rng.integers(1, 6, 6)) % 6
            strikes[w, seats, victims] += 10 if crowd else 1 + 9 * defected[w]
            strikes[w, seats, seats] = 0
        return cooperation.sanction_targeting(strikes, defected, seed, permutations=99).p <= 0.05

    assert sum(called(seed) for seed in range(60)) <= 7


def test_targeting_by_hand_and_where_there_is_no_choice():
    strikes = np.zeros((1, 3, 3))
    strikes[0, 0, 1], strikes[0, 0, 2], strikes[0, 2, 0] = 3, 1, 4
    found = cooperation.sanction_targeting(strikes, [[math.nan, 1, 0]], seed=0)  # seat 0 is neither: strikes at it do not count
    assert found.value == 0.75 and found.null_mean == pytest.approx(0.5, abs=0.05) and found.n == 1
    alike = cooperation.sanction_targeting(strikes, [[1, 1, 1]], seed=0)
    assert alike.value == 1 and math.isnan(alike.p) and "choose" in alike.reason
    assert cooperation.sanction_targeting(np.zeros((2, 3, 3)), np.ones((2, 3)), seed=0).reason
    assert cooperation.sanction_targeting(np.zeros((2, 1, 1)), np.ones((2, 1)), seed=0).reason
    with pytest.raises(ValueError, match="strikes must be"):
        cooperation.sanction_targeting(np.zeros((2, 3)), np.ones((2, 3)), seed=0)


def series(kind, seed, worlds=30, rounds=40):
    rng = np.random.default_rng(seed)
    partner = (rng.random((worlds, rounds)) < 0.5).astype(float)
    if kind == "tit for tat":
        return np.concatenate([np.ones((worlds, 1)), partner[:, :-1]], axis=1), partner, np.arange(worlds)
    if kind == "trend":  # both cooperate less and less, without looking at one another
        falling = np.linspace(1, 0, rounds)
        return *((rng.random((2, worlds, rounds)) < falling).astype(float)), np.arange(worlds)
    return (rng.random((worlds, rounds)) < 0.5).astype(float), partner, np.arange(worlds)


def test_reciprocity_of_tit_for_tat_is_one_and_of_the_blind_zero():
    copy = cooperation.reciprocity(*series("tit for tat", 0), seed=0)
    assert (copy.value, copy.p, copy.n) == (1.0, 0.001, 30) and copy.null_mean == pytest.approx(0, abs=0.05)
    own, partner, worlds = series("tit for tat", 0)
    assert cooperation.reciprocity(1 - own, partner, worlds, seed=0).value == -1
    blind = cooperation.reciprocity(*series("blind", 1), seed=0)
    assert blind.value == pytest.approx(0, abs=0.1) and blind.p > 0.05


def test_a_common_trend_is_no_reciprocity():
    own, partner, worlds = series("trend", 2)
    found = cooperation.reciprocity(own, partner, worlds, seed=0)
    assert found.value > 0.2 and found.null_mean == pytest.approx(found.value, abs=0.1) and found.p > 0.05


def test_those_who_look_at_nobody_give_nothing():
    """A cooperator beside a defector is no answer, and slow moods of two sides that ignore each other are none either."""
    mixed = np.array([[1.0] * 20, [0, 1] + [0] * 18])  # the second tries once; the first cooperates whatever comes
    assert cooperation.answers(mixed, mixed[::-1], [0, 0]).tolist() == [0.0]

    def moods(seed):
        rng = np.random.default_rng(seed)
        turns = np.where(rng.random((40, 60)) < 0.05, -1, 1)
        sides = (turns.cumprod(axis=1) * rng.choice([-1, 1], (40, 1)) > 0).astype(float)
        both = sides.reshape(20, 2, 60)[:, ::-1].reshape(40, 60)
        return cooperation.reciprocity(sides, both, np.repeat(np.arange(20), 2), 0, permutations=99).p <= 0.05

    assert sum(moods(seed) for seed in range(60)) <= 7


def test_reciprocity_by_hand_with_padding():
    own, partner = [[1, 1, 0, -1], [0, 1, 1, 1]], [[1, 0, 1, 1], [1, 0, 1, 0]]
    # world 0: after C: 1; after D: 0 -> 1. world 1: after C (rounds 1, 3): 1, 1; after D (round 2): 1 -> 0
    assert cooperation.answers(own, partner, [0, 1]).tolist() == [1, 0]
    found = cooperation.reciprocity(own, partner, [7, 9], seed=0)
    assert found.value == 0.5 and found.n == 2
    assert cooperation.reciprocity([[1, 1]], [[1, 0]], [0], seed=0).reason.startswith("in no world")
    assert cooperation.reciprocity([[1], [0]], [[0], [1]], [0, 1], seed=0).reason.startswith("one round")
    assert cooperation.reciprocity(np.empty((0, 5)), np.empty((0, 5)), [], seed=0).reason
    assert math.isnan(cooperation.reciprocity([[1, 1, 0]], [[1, 0, 1]], [0], seed=0).p)
    with pytest.raises(ValueError, match="own and partner"):
        cooperation.reciprocity([1, 0], [1, 0], [0], seed=0)
