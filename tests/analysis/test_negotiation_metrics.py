import math

import numpy as np
import pandas as pd
import pytest
from conftest import FrameRun, episodes

from society.analysis import negotiation as ng
from society.analysis import negotiation_metrics
from society.analysis.run import Reader


def deals(condition, split, worlds=6, games=20, seed=0, agreed=1):
    """Games of the anchors, divided by a rule that knows the truth."""
    n = worlds * games
    pools, values = ng.draw_games(n, seed)
    shares = split(pools, values)
    score = np.nan_to_num(ng.scores(pools, values, shares)) * agreed
    frame = pd.DataFrame(
        {"condition": condition, "seed": 0, "world": np.repeat(np.arange(worlds), games), "tick": 0}, index=range(n)
    )
    frame = frame.assign(episode=0, seat=0, mind=0, partner=1, partner_mind=1, agreed=agreed, rounds=3)
    frame["score"], frame["partner_score"] = score.T
    for i in range(3):
        frame[f"pool{i}"], frame[f"value{i}"], frame[f"partner_value{i}"] = pools[:, i], values[:, 0, i], values[:, 1, i]
        frame[f"share{i}"] = shares[:, 0, i] if agreed else -1
    return frame


def offers(condition, demands, world=0):
    lead = {"condition": condition, "seed": 0, "world": world, "tick": 0, "episode": 0, "seat": 0, "mind": 0, "partner": 1}
    return pd.DataFrame([{**lead, "partner_mind": 1, "round": t, "accepted": 0, "demand": d} for t, d in enumerate(demands)])


def lines(metric, run):
    return {(line.metric, line.condition): line for line in metric(Reader(run))}


@pytest.fixture
def bargain():
    """A fair society; mute makes it a dictatorship; random scripts agree on nothing."""
    parts = [
        deals("normal", ng.split_full_information),
        deals("mute", ng.split_dictator),
        deals("script:random", ng.split_dictator, agreed=0),
    ]
    control = FrameRun({"deals": deals("muted_from_birth", ng.split_threshold)})
    eps = pd.concat([episodes(c, [1.0] * 6) for c in ("normal", "mute", "script:random")])
    return FrameRun({"deals": pd.concat(parts, ignore_index=True), "episodes": eps}, controls={"muted_from_birth": control})


def test_what_is_known_of_the_reference_splits(bargain):
    found = lines(negotiation_metrics.deal_quality, bargain) | lines(negotiation_metrics.deals, bargain)
    fair = {metric: line for (metric, condition), line in found.items() if condition == "normal"}
    assert fair["deals.surplus_efficiency"].value == 1 and fair["deals.pareto_share"].value == 1
    assert (fair["deals.agreement_rate"].value, fair["deals.agreement_rate"].null, fair["deals.rounds"].value) == (1, 0, 3)
    assert fair["deals.first_score"].value == pytest.approx(0.632, abs=0.1)
    assert abs(fair["deals.first_advantage"].value) < 0.1 and fair["deals.first_advantage"].n == 6
    assert fair["deals.jain"].value > 0.8 and 0 < fair["deals.nash_distance"].value < 0.6
    assert all(line.ci_low <= line.value <= line.ci_high for line in fair.values())
    assert fair["deals.pareto_share"].null == pytest.approx(0, abs=1e-9)  # no deal is not Pareto-optimal


def test_values_are_those_of_the_array_functions(bargain):
    """The mean over worlds of equal size is the mean over games, by the functions on the same arrays."""
    pools, values = ng.draw_games(120, 0)
    shares = ng.split_threshold(pools, values)
    line = lines(negotiation_metrics.deal_quality, bargain)["deals.surplus_efficiency", "muted_from_birth"]
    assert line.value == pytest.approx(ng.surplus_efficiency(pools, values, shares).mean())


def test_twins_and_controls_are_contrasted(bargain):
    found = lines(negotiation_metrics.deals, bargain) | lines(negotiation_metrics.deal_quality, bargain)
    effect = found["effect_of_mute.deals.first_advantage", "mute"]
    assert effect.value > 0.8 and effect.ci_low > 0.5 and effect.null == 0 and effect.p < 0.1
    assert effect.value == pytest.approx(1.0 - found["deals.first_advantage", "normal"].value, abs=0.02)
    worth = found["worth_over_muted_from_birth.deals.surplus_efficiency", "muted_from_birth"]
    assert worth.value == pytest.approx(0.075, abs=0.05) and math.isnan(worth.ci_low) and worth.reason


def test_a_game_worth_nothing_to_a_side_has_no_score():
    frame = deals("normal", ng.split_dictator, worlds=2, games=2)
    frame[["partner_value0", "partner_value1", "partner_value2"]] = 0
    found = lines(negotiation_metrics.deals, FrameRun({"deals": frame}))
    assert (
        math.isnan(found["deals.second_score", "normal"].value) and "second mover" in found["deals.second_score", "normal"].reason
    )
    assert found["deals.first_score", "normal"].value == 1


def test_a_table_without_the_game_gives_the_ends_only():
    frame = deals("normal", ng.split_dictator).drop(columns=["pool0", "pool1", "pool2"])
    run = FrameRun({"deals": frame})
    assert lines(negotiation_metrics.deals, run)["deals.agreement_rate", "normal"].value == 1
    assert lines(negotiation_metrics.deal_quality, run)["deals.pareto_share", "normal"].reason == "no column pool0"


def test_nobody_agrees():
    found = lines(negotiation_metrics.deals, FrameRun({"deals": deals("normal", ng.split_dictator, agreed=0)}))
    assert found["deals.agreement_rate", "normal"].value == 0 and found["deals.first_score", "normal"].value == 0
    assert found["deals.rounds", "normal"].reason == "nobody agreed"
    assert "no random script" in found["deals.agreement_rate", "normal"].reason  # why there is no null


def test_the_concession_curve_by_world():
    rows = [offers("normal", [1.0, 0.8, 0.5]), offers("normal", [0.8, 0.6], world=1), offers("script:random", [0.5, 0.5, 0.5])]
    found = lines(negotiation_metrics.concession, FrameRun({"offers": pd.concat(rows, ignore_index=True)}))
    curve = [found[f"offers.demand.turn{t}", "normal"] for t in range(3)]
    assert [line.value for line in curve] == pytest.approx([0.9, 0.7, 0.5]) and [line.n for line in curve] == [2, 2, 1]
    assert curve[0].null == 0.5 and (curve[0].ci_low, curve[0].ci_high) == pytest.approx((0.8, 1.0))


def test_a_run_that_never_negotiates_says_so_once(bargain):
    for metric in (negotiation_metrics.deals, negotiation_metrics.deal_quality, negotiation_metrics.concession):
        (line,) = lines(metric, FrameRun({"episodes": bargain.tables["episodes"]})).values()
        assert math.isnan(line.value) and "has no row in any condition" in line.reason
