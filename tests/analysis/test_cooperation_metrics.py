import math

import numpy as np
import pandas as pd
import pytest
from conftest import FrameRun

from society.analysis import cooperation_metrics as cm
from society.analysis.run import Reader

PAYOFF = {(1, 1): 3.0, (1, 0): 0.0, (0, 1): 5.0, (0, 0): 1.0}


def plays(condition, strategy, worlds=12, rounds=30, seed=0, payoff=PAYOFF):
    """Seat 0 plays `strategy` (partner's last move, rng) against a coin in seat 1; a row for each seat and round."""
    rng, rows = np.random.default_rng(seed), []
    for w in range(worlds):
        last = 1
        for t in range(rounds):
            move = strategy(last, rng), int(rng.random() < 0.5)
            last = move[1]
            for seat in (0, 1):
                own, other = move[seat], move[1 - seat]
                rows.append(
                    (condition, 0, w, t, 0, seat, seat, 1 - seat, 1 - seat, 1 - own, 1 - other, own, other, payoff[own, other])
                )
    names = "condition seed world tick episode seat mind partner partner_mind action partner_action cooperated"
    names += " partner_cooperated reward"
    return pd.DataFrame(rows, columns=names.split())


def tit_for_tat(last, rng):
    return last


def coin(last, rng):
    return int(rng.random() < 0.5)


def lines(metric, run):
    return {(line.metric, line.condition): line for line in metric(Reader(run))}


def test_cooperation_and_its_null():
    frame = pd.concat([plays("normal", lambda last, rng: 1), plays("script:random", coin, seed=3)], ignore_index=True)
    line = lines(cm.cooperation, FrameRun({"plays": frame}))["plays.cooperation", "normal"]
    assert line.value == pytest.approx(0.75, abs=0.05) and line.null == pytest.approx(0.5, abs=0.06) and line.n == 12


def test_tit_for_tat_reciprocates_on_its_own_half():
    """Seat 0 answers in kind (1), seat 1 is a coin (0); rows may come in any order."""
    frame = plays("normal", tit_for_tat).sample(frac=1, random_state=0)
    line = lines(cm.reciprocity, FrameRun({"plays": frame}))["plays.reciprocity", "normal"]
    assert line.value == pytest.approx(0.5, abs=0.1) and line.ci_low > 0.3 and line.p == pytest.approx(1 / 200)
    assert line.null == pytest.approx(0, abs=0.1)
    blind = lines(cm.reciprocity, FrameRun({"plays": plays("normal", coin)}))["plays.reciprocity", "normal"]
    assert blind.p > 0.05 and abs(blind.value) < 0.15


def test_series_are_in_order_and_of_one_partner():
    frame = plays("normal", tit_for_tat, worlds=2, rounds=5).sample(frac=1, random_state=1)
    own, partner, worlds = cm.series(frame)
    assert own.shape == (4, 5) and sorted(worlds) == [0, 0, 1, 1]
    follows = [(own[k, 1:] == partner[k, :-1]).all() for k in range(4)]
    assert sum(follows) >= 2  # seat 0 of either world


@pytest.mark.parametrize(
    ("payoff", "value"),
    [(PAYOFF, 1.0), ({(1, 1): 4.0, (1, 0): 2.0, (0, 1): 3.0, (0, 0): 1.0}, 0.0)],  # prisoner's dilemma, harmony
)
def test_the_kind_of_game_is_read_from_rewards(payoff, value):
    found = lines(cm.schelling, FrameRun({"plays": plays("normal", coin, payoff=payoff)}))
    assert found["schelling.dilemma", "normal"].value == value and found["schelling.dilemma", "normal"].n == 12
    got = [found[f"schelling.{kind}.{x}", "normal"].value for kind in ("cooperator", "defector") for x in (0, 1)]
    assert got == [payoff[1, 0], payoff[1, 1], payoff[0, 0], payoff[0, 1]]


def test_a_society_that_never_defects_leaves_the_game_undecided():
    frame = plays("normal", lambda last, rng: 1)
    frame[["cooperated", "partner_cooperated"]] = 1
    line = lines(cm.schelling, FrameRun({"plays": frame}))["schelling.dilemma", "normal"]
    assert math.isnan(line.value) and line.reason.startswith("undecided: no world has a")


def test_a_game_without_cooperation():
    frame = plays("normal", coin)
    frame[["cooperated", "partner_cooperated"]] = -1
    for metric in (cm.cooperation, cm.reciprocity, cm.schelling):
        assert all(line.reason == "the game has no cooperative move" for line in metric(Reader(FrameRun({"plays": frame}))))


def test_strikes_at_defectors():
    """Four seats: 0 and 1 cooperate, 2 and 3 defect; seat 0 strikes 2 in every world: chance is two in three."""
    moves = pd.DataFrame([(w, s, int(s < 2)) for w in range(8) for s in range(4)], columns=["world", "seat", "cooperated"])
    moves = moves.assign(condition="normal", seed=0, tick=0, partner=0, partner_cooperated=1)
    blows = pd.DataFrame({"world": range(8), "seat": 0, "target": 2, "good": 0, "amount": 1, "condition": "normal"})
    line = lines(cm.sanctions, FrameRun({"plays": moves, "contests": blows}))["contests.at_defectors", "normal"]
    assert line.value == 1 and line.null == pytest.approx(2 / 3, abs=0.05) and line.n == 8
    assert line.p == pytest.approx((2 / 3) ** 8, abs=0.05)
    (missing,) = lines(cm.sanctions, FrameRun({"plays": moves})).values()
    assert missing.reason == "table contests has no row in any condition"


def test_social_outcomes_by_hand():
    """Two episodes of ten ticks and two seats: (10, 10) and (20, 0); seat 1 is out for 4 ticks of the second."""
    frame = pd.DataFrame({"episode": [0, 0, 1, 1], "seat": [0, 1, 0, 1], "return_": [10, 10, 20, 0], "ticks": [10, 10, 10, 6]})
    frame["measure.out"], frame["measure.rewarded"] = [0, 0, 0, 4], [2, 1, 4, 0]
    frame["measure.rewarded_tick"] = [3 + 5, 6, 20, 0]
    frame = frame.assign(condition="normal", seed=0, world=0, tick=10, mind=0, role="r")
    found = {metric: line.value for (metric, _), line in lines(cm.social_outcomes, FrameRun({"episodes": frame})).items()}
    assert found == pytest.approx(
        {
            "social.efficiency": 2.0,
            "social.equality": (1 + 0.5) / 2,
            "social.sustainability": ((4 + 6) / 2 + 5) / 2,
            "social.peace": (2 + 1.6) / 2,
        }
    )


def test_an_episode_lasts_for_those_who_are_out_of_it_too():
    """Ten ticks, of which either seat was out for two."""
    frame = pd.DataFrame({"seat": [0, 1], "ticks": 8, "return_": 10.0, "measure.out": 2})
    found = lines(cm.social_outcomes, FrameRun({"episodes": frame.assign(condition="normal", world=0, episode=0)}))
    assert found["social.efficiency", "normal"].value == 2 and found["social.peace", "normal"].value == pytest.approx(1.6)


def test_social_outcomes_that_nothing_tells_say_why():
    frame = pd.DataFrame({"episode": [0, 0], "seat": [0, 1], "return_": [-1, 0], "ticks": [5, 5]})
    frame = frame.assign(condition="normal", seed=0, world=0, tick=5, mind=0, role="r")
    found = {metric: line for (metric, _), line in lines(cm.social_outcomes, FrameRun({"episodes": frame})).items()}
    assert found["social.efficiency"].value == -0.2
    assert "more than 0" in found["social.equality"].reason and "measure out" in found["social.peace"].reason
    assert "rewarded" in found["social.sustainability"].reason
