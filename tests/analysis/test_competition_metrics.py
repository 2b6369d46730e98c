import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from test_network_metrics import reader

from society.analysis.competition_metrics import rated


def lines(**tables):
    return {line.metric: line for line in rated(reader(**tables))}


def strikes(chance, seed=0, games=4000, worlds=8):
    """Random meetings of the minds; the first strikes the second with the odds of `chance`, else the other way."""
    rng, n = np.random.default_rng(seed), len(chance)
    a = rng.integers(n, size=games)
    b = (a + rng.integers(1, n, size=games)) % n
    won = rng.random(games) < np.asarray(chance)[a, b]
    who, whom = np.where(won, a, b), np.where(won, b, a)
    return pd.DataFrame({"condition": "normal", "world": np.arange(games) % worlds, "mind": who, "target_mind": whom})


SKILL = 1 / (1 + np.exp(-np.subtract.outer([1, 0.5, -0.5, -1], [1, 0.5, -0.5, -1])))
CYCLE = np.array([[0.5, 0.9, 0.1], [0.1, 0.5, 0.9], [0.9, 0.1, 0.5]])


def test_a_ladder_spreads_and_does_not_cycle():
    found = lines(contests=strikes(SKILL))
    spread, share = found["rating_spread.strikes"], found["cyclic_share.strikes"]
    expected = np.std([1, 0.5, -0.5, -1]) * 400 / math.log(10)
    assert spread.value == pytest.approx(expected, rel=0.1) and spread.ci_low < expected < spread.ci_high
    assert spread.p == 1 / 100 and spread.null < 0.6 * spread.value and spread.n == 8
    assert share.value < 0.05 and share.value < share.null


def test_a_cycle_cycles_and_does_not_spread():
    found = lines(contests=strikes(CYCLE))
    assert found["cyclic_share.strikes"].value > 0.95 and found["rating_spread.strikes"].value < 40


def test_coins_are_luck():
    called = [lines(contests=strikes(np.full((4, 4), 0.5), seed, 200))["rating_spread.strikes"].p <= 0.05 for seed in range(30)]
    assert sum(called) <= 4


def test_runs_of_strikes_in_a_world_are_one_piece_of_evidence():
    """In each world a coin decides, once, who of a pair does all the striking: no mind is better than another."""

    def called(seed):
        rng = np.random.default_rng(seed)
        pairs = [(w, *rng.permutation([i, j])) for w in range(10) for i, j in ((0, 1), (0, 2), (1, 2))]
        world, who, whom = np.repeat(np.array(pairs), 20, axis=0).T
        frame = pd.DataFrame({"condition": "normal", "world": world, "mind": who, "target_mind": whom})
        return lines(contests=frame)["rating_spread.strikes"].p <= 0.05

    assert sum(called(seed) for seed in range(30)) <= 4


def test_deals_are_won_by_the_higher_score():
    frame = pd.DataFrame({"condition": "normal", "world": [0, 1] * 20, "mind": 0, "partner_mind": 1, "score": 0.9})
    found = lines(deals=frame.assign(partner_score=0.1))
    assert found["rating_spread.deals"].value == pytest.approx(200 * math.log10(40.5 / 0.5))
    assert found["cyclic_share.deals"].reason == "fewer than three minds met: no cycle"


def test_turns_at_being_ahead_are_no_spread():
    frame = pd.DataFrame({"condition": "normal", "world": [0, 1] * 20, "mind": 0, "partner_mind": 1})
    found = lines(deals=frame.assign(score=[0.9, 0.2] * 20, partner_score=[0.2, 0.9] * 20))
    assert found["rating_spread.deals"].value == pytest.approx(0, abs=1e-9)


def test_the_interval_is_that_of_another_bootstrap():
    """Of two minds the spread is a function of the share of games won, so its bounds are those of the share."""
    won = np.random.default_rng(0).binomial(10, 0.8, size=40)
    ahead = (np.arange(10) < won[:, None]).ravel()
    frame = pd.DataFrame({"condition": "normal", "world": np.repeat(np.arange(40), 10), "mind": np.where(ahead, 0, 1)})
    line = lines(contests=frame.assign(target_mind=1 - frame["mind"]))["rating_spread.strikes"]
    share = stats.bootstrap((won / 10,), np.mean, method="percentile", rng=np.random.default_rng(1)).confidence_interval
    expected = [200 * math.log10((400 * p + 0.5) / (400 * (1 - p) + 0.5)) for p in share]
    assert [line.ci_low, line.ci_high] == pytest.approx(expected, rel=0.06)


ODD = [{"mind": [0, 0]}, {"mind": ["x", None]}, {"target_mind": [0.5, math.inf]}, {"world": [None, "a"]}]


@pytest.mark.parametrize("bad", ODD)
def test_odd_tables_give_a_number_or_a_reason(bad):
    frame = pd.DataFrame({"condition": "normal", "world": [0, 1], "mind": [0, 1], "target_mind": [1, 0]}).assign(**bad)
    for line in lines(contests=frame).values():
        assert "failed" not in line.reason and (math.isfinite(line.value) or line.reason)
