"""Markets, flows and dispersion against values worked out by hand and identities."""

import math

import numpy as np
import pytest

from society.analysis import economy


def test_equilibrium_of_steps_drawn_by_hand():
    found = economy.equilibrium([10, 3, 8, 6], [2, 9, 4, 5])
    assert (found.low, found.high, found.quantity, found.surplus) == (5, 6, 3, 13)  # 10-2 + 8-4 + 6-5, fourth is 3 < 9
    assert found.price == 5.5
    assert economy.equilibrium([8, 7], [1, 2, 9]).high == 7  # the marginal value bounds the price from above


def test_a_price_in_the_interval_clears_the_market():
    rng = np.random.default_rng(0)
    for _ in range(50):
        values, costs = rng.integers(1, 30, rng.integers(1, 9)), rng.integers(1, 30, rng.integers(1, 9))
        found = economy.equilibrium(values, costs)
        assert found.low <= found.high
        if math.isfinite(found.price):
            demand, supply = (values > found.price).sum(), (costs < found.price).sum()
            assert demand <= (costs <= found.price).sum() and supply <= (values >= found.price).sum()
        best = max(
            np.sort(values)[::-1][:q].sum() - np.sort(costs)[:q].sum() for q in range(min(len(values), len(costs)) + 1)
        )
        assert found.surplus == best


def test_no_trade_gains_nothing():
    found = economy.equilibrium([1, 2], [5, 6])
    assert (found.quantity, found.surplus, found.low, found.high) == (0, 0, 2, 5)
    assert math.isnan(economy.allocative_efficiency([], [], found.surplus))
    assert economy.equilibrium([], []).quantity == 0


def test_efficiency():
    assert economy.allocative_efficiency([10, 6], [4, 5], 13) == pytest.approx(7 / 13)
    assert economy.allocative_efficiency([3], [9], 12) == -0.5  # a trade at a loss


def test_alpha_is_bias_and_scatter():
    assert economy.smith_alpha([90, 110], 100) == pytest.approx(10) and economy.price_bias([90, 110], 100) == pytest.approx(0)
    prices = np.random.default_rng(1).uniform(50, 140, 99)
    scatter = 100 * prices.std() / 100
    assert economy.smith_alpha(prices, 100) ** 2 == pytest.approx(economy.price_bias(prices, 100) ** 2 + scatter**2)
    assert math.isnan(economy.smith_alpha([], 100)) and math.isnan(economy.price_bias([3], 0))


def test_lorenz_area_is_gini():
    x = np.random.default_rng(2).exponential(size=57)
    people, held = economy.lorenz(x)
    assert 1 - 2 * np.trapezoid(held, people) == pytest.approx(economy.gini(x))
    assert economy.lorenz([1, 3])[1].tolist() == [0, 0.25, 1] and economy.lorenz([0, 0])[0].size == 0


def test_dispersion_by_windows():
    logs, ticks = [0.0, 2.0, 5.0, 1.0, 1.0, math.nan], [0, 19, 25, 41, 59, 3]
    start, sd = economy.price_dispersion(logs, ticks, 20)
    assert start.tolist() == [0, 20, 40] and sd == pytest.approx([1, math.nan, 0], nan_ok=True)
    assert economy.price_dispersion([], [], 20)[1].size == 0


def test_log_prices_are_of_the_two_goods_only():
    logs = economy.log_prices([0, 1, 2], [1, 4, 1], [1, 0, 1], [2, 1, 1])
    assert logs == pytest.approx([math.log(2), math.log(4), math.nan], nan_ok=True)


def test_flows():
    seat, partner = [0, 0, 2, -1], [1, 1, 0, 0]
    assert economy.flows(seat, partner, [1, 2, 5, 9], 3).tolist() == [[0, 3, 0], [0, 0, 0], [5, 0, 0]]
