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
