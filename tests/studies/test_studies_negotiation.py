"""The studies of Cao's game: their rows hold for the right reason and fall short for the wrong one."""

import pytest

from society.studies import negotiation_anchors, negotiation_selfish


@pytest.mark.parametrize("script", negotiation_anchors.JOINT)
def test_both_routes_meet_the_anchor_and_are_not_one_route(script):
    drawn, played = (route(script, 20_000, 7) for route in (negotiation_anchors.drawn, negotiation_anchors.played))
    assert drawn[0] == pytest.approx(negotiation_anchors.JOINT[script], abs=0.006)
    assert played[0] == pytest.approx(drawn[0], abs=0.009)
    assert script == "full_information" or played[0] != drawn[0]  # other draws


def test_an_anchor_that_is_missed_falls_short(monkeypatch):
    monkeypatch.setitem(negotiation_anchors.SPLITS, "threshold", negotiation_anchors.SPLITS["take_all"])
    monkeypatch.setattr(negotiation_anchors, "played", lambda script, games, seed: (negotiation_anchors.JOINT[script], 0.632))
    found = negotiation_anchors.run(quick=True, seeds=[0, 1])
    assert [row["label"] for row in found["rows"] if not row["holds"]] == ["threshold, drawn: joint score"]


def test_fair_and_unfair_are_told_apart_by_the_size_of_the_difference_whoever_has_more(monkeypatch):
    given = {"no channel": (0.05, 0.95), "cheap talk": (0.8, 0.3), "proposals": (0.4, 0.6)}

    def shares(fields, seeds, agent_steps):
        (setting,) = (name for name, known in negotiation_selfish.SETTINGS.items() if known == fields)
        first, second = given[setting]
        return {"first": [first] * 3, "second": [second] * 3, "joint": [0.75] * 3, "rounds": [2.0] * 3}

    monkeypatch.setattr(negotiation_selfish, "shares", shares)
    rows = {row["label"]: row for row in negotiation_selfish.run(quick=True)["rows"]}
    verdicts = {name: rows[f"{name}: |difference of shares|"]["holds"] for name in given}
    assert verdicts == {"no channel": True, "cheap talk": False, "proposals": True}
    assert rows["no channel: |difference of shares|"]["ours"] == pytest.approx(0.9)


def test_a_pair_that_sees_the_demands_splits_more_evenly():
    """A second or two of learning each: the gap of the silent pair is already larger."""
    silent = negotiation_selfish.shares(negotiation_selfish.SETTINGS["no channel"], [0], 100_000, worlds=40)
    seen = negotiation_selfish.shares(negotiation_selfish.SETTINGS["proposals"], [0], 100_000, worlds=40)
    assert min(a - b for a, b in zip(silent["first"], silent["second"], strict=True)) > 0.3
    assert max(abs(a - b) for a, b in zip(seen["first"], seen["second"], strict=True)) < 0.3
    assert all(2 <= turns <= 10 for turns in silent["rounds"] + seen["rounds"])
