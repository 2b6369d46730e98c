import math

import numpy as np
import pandas as pd
import pytest
from test_network_metrics import reader

from society.analysis.exchange_metrics import dispersion, labour


def lines(metric, frame):
    return {line.metric: line for line in metric(reader(trades=frame))}


def deals(rows, **more):
    columns = ["world", "tick", "seat", "partner", "gave", "gave_amount", "got", "got_amount"]
    return pd.DataFrame(rows, columns=columns).assign(condition="normal", **more)


def test_prices_that_come_together():
    rows = [(w, t, 0, 1, 0, 1, 1, price) for w in range(3) for t, price in ((0, 1), (3, 4), (6, 2), (9, 2))]
    found = lines(dispersion, deals(rows))
    assert found["price_dispersion.early"].value == pytest.approx(math.log(2))  # logs 0 and log 4
    assert found["price_dispersion.late"].value == 0 and found["price_dispersion.late"].n == 3
    assert "no null" in found["price_dispersion.early"].reason


def test_specialists_give_one_good_each_and_generalists_are_at_the_null():
    rows = [(w, t, 0, 1, 0, 1, 1, 1) for w in range(4) for t in range(20)]
    found = lines(labour, deals(rows))
    assert found["division_of_labour"].value == 1 and found["division_of_labour"].null < 0.1
    assert found["division_of_labour.per_good"].value == 1
    rows = [(0, t, 0, 1 + t % 2, 0, 1, 1 + t % 2, 1) for t in range(20)]  # each gives one good, 0 gets two
    assert [line.value for line in lines(labour, deals(rows)).values()] == pytest.approx([1, 1])
    rng, rows = np.random.default_rng(0), []
    for w in range(30):
        for t in range(12):
            seat, partner = rng.permutation(4)[:2]
            good = rng.integers(2)
            rows.append((w, t, seat, partner, good, 1, 1 - good, 1))
    line = lines(labour, deals(rows))["division_of_labour"]
    assert line.ci_low < line.null < line.ci_high and line.value > 0.05


ODD = [{"gave": 0, "got": 0}, {"seat": None}, {"tick": math.nan}, {"gave_amount": "x"}, {"world": None}]


@pytest.mark.parametrize("bad", ODD)
def test_odd_tables_give_a_number_or_a_reason(bad):
    frame = deals([(0, 1, 0, 1, 0, 1, 1, 1)], **bad)
    for metric in (dispersion, labour):
        for line in lines(metric, frame).values():
            assert math.isfinite(line.value) or line.reason
