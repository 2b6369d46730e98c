import math

import numpy as np
import pytest

from society.analysis import competition

ROCK_PAPER_SCISSORS = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])


def test_rock_paper_scissors_is_flat_and_all_cycle():
    found = competition.ratings(ROCK_PAPER_SCISSORS)
    assert found.elo == pytest.approx([0, 0, 0]) and found.cyclic_share == pytest.approx(1.0)


def test_a_ladder_is_all_rating():
    skill = np.array([1.0, 0.0, -0.5, -0.5])
    found = competition.ratings(np.subtract.outer(skill, skill))
    assert found.rating == pytest.approx(skill) and found.cyclic_share == pytest.approx(0.0, abs=1e-12)


def test_shares_of_a_mixture_add_up():
    skill = np.array([2.0, 0.0, -2.0])
    ladder = np.subtract.outer(skill, skill)
    found = competition.ratings(ladder + ROCK_PAPER_SCISSORS)
    expected = (ROCK_PAPER_SCISSORS**2).sum() / (
        (ladder**2).sum() + (ROCK_PAPER_SCISSORS**2).sum()
    )  # they are orthogonal
    assert found.rating == pytest.approx(skill) and found.cyclic_share == pytest.approx(expected)


def test_four_hundred_elo_points_are_odds_of_ten():
    found = competition.ratings(competition.log_odds([[0, 100], [10, 0]], prior=0))
    assert found.elo[0] - found.elo[1] == pytest.approx(400)


@pytest.mark.parametrize(
    "payoff", [[[0]], [[0, 1], [1, 0]], [[0, 1, 2]], [[0, math.nan], [math.nan, 0]], np.zeros((3, 3))]
)
def test_no_share_without_a_reason(payoff):
    found = competition.ratings(payoff)
    assert math.isnan(found.cyclic_share) and found.reason


def test_goods_taken():
    assert competition.taken([0, 0, 1, -1, 5], [1, 1, 0, 0, 0], [2, 3, 4, 9, 9], 2).tolist() == [[0, 5], [4, 0]]
