"""How learners of the commons are judged: the accounts of an episode, and the rule of a contrast."""

import pytest

from society.engine.rollout import Scripted
from society.studies import _commons_learning as learning
from society.studies._schelling import play, world


def test_an_episode_is_accounted_for():
    """Random play, beside the sums of the Schelling validator over the same worlds."""
    made = world("commons_harvest", "quick", {"world.episode": 8})
    found = learning.episode(made, Scripted(made.scripts["random"]), seed=3)
    sums = play(made, made.scripts["random"], learning.WORLDS, 3, learning.FIRST)
    assert found["return"] == pytest.approx(float(sums["return_"].mean())) and found["return"] > 0
    assert found["sites"] == pytest.approx(float(sums["sites"].sum()) / learning.WORLDS / 8)
    assert found["stock_at_end"] * 2 == pytest.approx(float(sums["stock_at_end"].sum()) / learning.WORLDS)  # two late ticks


def test_learners_are_grown_and_judged_beside_the_scripts(monkeypatch):
    tiny = {"training.agent_steps": 1, "training.worlds": 2, "training.ticks": 2, "population.network.hidden": (4,)}
    monkeypatch.setattr(learning, "FIELDS", {**tiny, "world.episode": 4})
    monkeypatch.setattr(learning, "WORLDS", 2)
    monkeypatch.setattr(learning, "resolve", lambda *a, real=learning.resolve: real(*a[:2], {"world.episode": 4, **dict(*a[2:])}))
    own, dirty = learning.lives("clean_up", {"team": learning.TEAM}, [0, 1], {"world.dirt_start": 1.0})
    assert own.keys() == dirty.keys() and {"team", "script random"} <= own.keys()
    assert [one["dirt"] / one["river"] > 0.8 for one in dirty["team"]] == [True, True] and own["team"][0]["dirt"] < 8
    assert learning.column(own, "dirt", "river")["team"][0] == own["team"][0]["dirt"] / own["team"][0]["river"]


def test_a_contrast_is_of_pairs():
    clear = learning.contrast("x", [1.0, 2.0, 3.0], [0.0, 1.1, 1.9], "s")
    assert clear["holds"] and clear["ci_low"] > 0 and clear["seeds"] == 3 and clear["ours"] == pytest.approx(1.0)
    assert not learning.contrast("x", [1.0, 2.0, 3.0], [0.0, 2.0, 4.0], "s")["holds"]
    assert learning.contrast("x", [1.0, 2.0], [0.5, 1.0], "s")["holds"]  # two seeds: both above
    assert not learning.contrast("x", [1.0, 2.0], [0.5, 2.5], "s")["holds"]
