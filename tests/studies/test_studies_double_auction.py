"""The study of a learned auction: its rows hold for the right reason and fall short for the wrong one."""

import numpy as np
import pytest
import torch

from society.studies import double_auction_learned as study

NEW, OLD = 115.0, 75.0


def deals(price_before, price_after, periods=6):
    """One deal a period at these prices, the shock in the middle."""
    known = [OLD] * (periods // 2) + [NEW] * (periods // 2)
    price = [price_before] * (periods // 2) + [price_after] * (periods // 2)
    return np.array([[p, 160, 60, k, n] for n, (p, k) in enumerate(zip(price, known, strict=True))])


def test_alpha_and_bias_are_those_before_the_shock():
    assert study._alpha(deals(90, 0)) == pytest.approx(20) and study._bias(deals(60, 0)) == pytest.approx(-20)


def test_a_contrast_holds_only_if_its_interval_is_below_zero():
    random = [deals(95, 120), deals(96, 120), deals(94, 120)]
    rows = study._contrasts([deals(80, 120), deals(79, 120), deals(81, 120)], random, 0.0)
    assert [row["holds"] for row in rows] == [True, True] and rows[0]["ours"] == pytest.approx(-20)
    rows = study._contrasts([deals(60, 120), deals(59, 120), deals(110, 120)], random, 0.0)
    assert [row["holds"] for row in rows] == [False, False]
    rows = study._contrasts([deals(60, 120)] * 3, random, 0.0)  # too low by 20 % is as bad as too high
    assert rows[1]["ours"] == pytest.approx((20 - 80 / 3), abs=1)


class Game:
    class config:
        periods, shock_period = 6, 3
        values, costs = (160, 120, 90), (60, 70, 80)


@pytest.mark.parametrize(
    ("price", "near", "closer"), [(118, True, True), (80, False, False), (124, True, False), (140, False, False)]
)
def test_a_shock_must_bring_the_price_near_the_new_one_and_nearer_than_random_traders_are(price, near, closer):
    random = [deals(95, 124.0), deals(95, 124.2)]  # budgets alone drag the price along: 8 % off is no learning
    rows = study._shock([deals(80, price), deals(80, price + 0.3)], random, Game)
    assert [row["holds"] for row in rows] == [True, True, near, closer]


def test_efficiency_and_deals_stand_beside_the_price(monkeypatch):
    monkeypatch.setattr(study, "JUDGED_WORLDS", 1)  # one deal of value 160 and cost 60 in each of three periods before the shock
    rows = {row["label"].split(": ")[1]: row["ours"] for row in study._levels("x", [deals(80, 0), deals(80, 0)], Game)}
    assert rows["allocative efficiency, %"] == pytest.approx(100 * 100 / (100 + 50 + 10)) and rows["deals a period"] == 1


def test_random_traders_in_short_sessions_and_the_exact_row():
    found = study.sessions("zero_intelligence", study.VALUES, 0, 20, ticks=200, arrivals=1)
    assert (found[:, study.PRICE_] <= found[:, study.VALUE]).all() and (found[:, study.PRICE_] >= found[:, study.COST]).all()
    assert (found[:, study.KNOWN] == 100).all()
    row = study.exhausted(study.VALUES + 30, count=5)
    assert row["holds"] and row["published"] == pytest.approx(600 / 1320)


def test_each_seed_trains_in_worlds_of_its_own():
    run = study.train([10, 12], 100)
    assert run.population.mind.tolist() == [10, 12] and run.done == run.total > 0
    assert run.worlds.world[:: study.WORLDS].tolist() == [10 * study.STRIDE, 12 * study.STRIDE]
    seat = run.seating().mind
    assert (seat[: study.WORLDS] == 0).all() and (seat[study.WORLDS :] == 1).all()
    alone, both = study.train([12], 0).population, study.train([10, 12], 0).population
    assert torch.equal(alone.weights[0], both.weights[1]) and not torch.equal(both.weights[0], both.weights[1])
