import math

import pandas as pd
import pytest
from test_network_metrics import reader

from society.analysis.auction_metrics import RANDOM_TRADERS, auction


def deals(rows):
    """(condition, world, price, competitive price) a deal."""
    return pd.DataFrame(rows, columns=["condition", "world", "gave_amount", "equilibrium"])


def lines(frame):
    return {(line.metric, line.condition): line for line in auction(reader(trades=frame))}


def test_alpha_and_bias_are_shares_of_the_price_of_the_moment():
    rows = [("normal", w, price, known) for w in (0, 1) for price, known in ((110, 100), (45, 50))]
    rows += [(RANDOM_TRADERS, 0, 60, 50), (RANDOM_TRADERS, 0, 60, 50)]
    found = lines(deals(rows))
    alpha, bias = found["smith_alpha", "normal"], found["price_bias", "normal"]
    assert alpha.value == pytest.approx(10) and alpha.null == pytest.approx(20) and alpha.n == 2
    assert bias.value == pytest.approx(0) and bias.null == pytest.approx(20)
    assert found["smith_alpha", "normal"].ci_low == pytest.approx(10)  # both worlds alike


def test_other_trades_have_no_line():
    assert lines(pd.DataFrame({"condition": ["normal"], "world": [0], "gave_amount": [1]})) == {}


@pytest.mark.parametrize("known", [0, math.nan, "x"])
def test_deals_without_a_price_to_compare_give_a_reason(known):
    for line in lines(deals([("normal", 0, 5, known)])).values():
        assert math.isnan(line.value) and line.reason


def test_without_random_traders_there_is_no_null():
    line = lines(deals([("normal", 0, 11, 10)]))["smith_alpha", "normal"]
    assert line.value == pytest.approx(10) and math.isnan(line.null) and "no null" in line.reason
