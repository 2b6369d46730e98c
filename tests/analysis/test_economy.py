import math

import numpy as np
import pytest

from society.analysis import economy


def test_gini_of_known_distributions():
    assert economy.gini([1, 1, 1, 1]) == pytest.approx(0.0)
    assert economy.gini([0, 0, 0, 1]) == pytest.approx(0.75)
    assert economy.gini([0, 0, 0, 1], corrected=True) == pytest.approx(1.0)
    assert economy.gini(np.arange(1, 101)) == pytest.approx(0.33)  # (N - 1) / 3N for 1..N
    x = np.random.default_rng(0).exponential(size=200)
    assert economy.gini(x) == pytest.approx(np.abs(np.subtract.outer(x, x)).sum() / (2 * 200**2 * x.mean()))
    assert economy.gini(np.random.default_rng(0).geometric(1 / 4, 200_000) - 1) == pytest.approx(
        4 / 7, abs=0.005
    )  # m = 3


@pytest.mark.parametrize("x", [[], [0, 0], [-1, 2], [math.nan]])
def test_gini_is_undefined(x):
    assert math.isnan(economy.gini(x))


def test_a_lone_owner_has_no_corrected_gini():
    assert economy.gini([3]) == 0.0 and math.isnan(economy.gini([3], corrected=True))


def test_volume():
    assert economy.volume(3, 60) == 5.0 and math.isnan(economy.volume(3, 0))


def test_price_is_reciprocal():
    gave, much, got, many = (
        [0, 1, 0, 2],
        [1, 4, 1, 9],
        [1, 0, 1, 0],
        [2, 1, 2, 1],
    )  # 2, 4 and 2 of good 1 for one of good 0
    assert economy.price(gave, much, got, many) == pytest.approx(16 ** (1 / 3))
    assert economy.price(gave, much, got, many, good=1, money=0) == pytest.approx(16 ** (-1 / 3))
    assert math.isnan(economy.price([], [], [], []))


def test_specialisation():
    assert economy.specialisation([3, 0], [4, 2]) == 0.5 and math.isnan(economy.specialisation([0], [0]))
