"""Prices of fruit: the correlation and its interval, and rows that hold and fall short for the right reason."""

import math

import pytest
from scipy import stats

from society.studies import fruit_prices
from society.studies.fruit_prices import Judged


def stand_in(monkeypatch, price):
    """Populations whose price is a function of the share of apple trees; random play's follows it weakly."""
    monkeypatch.setattr(
        fruit_prices, "market", lambda share, seed: (Judged(price(share, seed), 200.0, 99, 1.0), Judged(math.nan, 9.0, 0, 1.0))
    )
    monkeypatch.setattr(fruit_prices, "chance", lambda share, seed: Judged(odds(share) ** 0.04, 18.0, 99, 1.0))
    monkeypatch.setattr(fruit_prices, "trained", lambda share, seed, market=True: market)
    monkeypatch.setattr(fruit_prices, "judge", lambda grown: Judged(math.nan, 50.0, 0, 1.0))


def odds(share):
    return share / (1 - share)


def test_a_price_that_follows_scarcity_holds(monkeypatch):
    stand_in(monkeypatch, lambda share, seed: (share / (1 - share)) ** 0.5 * (1 + 0.01 * seed))
    found = fruit_prices.run(quick=False)
    assert found["holds"]
    rho, slope, frozen, grown = found["rows"]
    assert rho["ours"] > 0.95 and 0.5 < rho["ci_low"] < rho["ours"] < rho["ci_high"] <= 1 and rho["seeds"] == 10
    assert slope["ours"] == pytest.approx(0.46) and slope["note"] == "learned 0.50, random play 0.04"
    assert frozen["ours"] == 191 and grown["ours"] == 150
    assert frozen["seeds"] == 10 and grown["seeds"] == 5


@pytest.mark.parametrize("price", [lambda share, seed: 1 / share, lambda share, seed: 1 + (share * 100 * (seed + 3)) % 1.7])
def test_a_price_that_does_not_falls_short(monkeypatch, price):
    stand_in(monkeypatch, price)
    assert not fruit_prices.run(quick=False)["rows"][0]["holds"]


def test_what_random_play_does_too_is_not_learnt(monkeypatch):
    stand_in(monkeypatch, lambda share, seed: odds(share) ** 0.04)
    rho, slope, *_ = fruit_prices.run(quick=False)["rows"]
    assert rho["holds"] and "random play has rho 1.00" in rho["note"] and not slope["holds"]


def test_random_play_grows_what_the_trees_bear(monkeypatch):
    monkeypatch.setattr(fruit_prices, "TICKS", 60)
    scarce, even = fruit_prices.chance(0.1, 0), fruit_prices.chance(0.5, 0)
    assert scarce.grown < 0.3 < 0.7 < even.grown < 1.5 and even.deals > scarce.deals > 0


def test_without_a_deal_there_is_no_price_and_nothing_holds(monkeypatch):
    stand_in(monkeypatch, lambda share, seed: math.nan)
    found = fruit_prices.run(quick=True)
    assert found["rows"][0]["ours"] is None and not found["rows"][0]["holds"] and not found["rows"][1]["holds"]


def test_the_interval_is_fishers():
    x, y = list(range(12)), [0, 2, 1, 3, 5, 4, 6, 11, 8, 9, 10, 7]
    rho, low, high = fruit_prices.spearman(x, y)
    assert rho == pytest.approx(stats.spearmanr(x, y).statistic)
    # the width on the scale of atanh is that of a correlation of 9 free points, wider by the factor of ranks
    assert (math.atanh(high) - math.atanh(low)) / 2 == pytest.approx(1.96 / 3 * math.sqrt(1 + rho**2 / 2))
    assert math.atanh(rho) == pytest.approx((math.atanh(high) + math.atanh(low)) / 2)
    assert all(math.isnan(v) for v in fruit_prices.spearman([1, 1, 1, 1], [1, 2, 3, 4]))
    assert math.isnan(fruit_prices.spearman([1, 2, 3], [1, 2, 3])[1])


def test_a_short_training_already_trades_and_a_closed_market_does_not(monkeypatch):
    monkeypatch.setattr(fruit_prices, "STEPS", 200_000)
    monkeypatch.setattr(fruit_prices, "TICKS", 40)
    open_, closed = fruit_prices.market(0.5, 0)
    assert open_.deals > 40 and 1 / 3 <= open_.price <= 3
    assert closed.deals == 0 and math.isnan(closed.price) and open_.welfare > closed.welfare
