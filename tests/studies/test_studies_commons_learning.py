"""How learners of the commons are judged: the accounts of an episode, and the rule of a contrast."""

import pytest
import torch

from society.engine.rollout import Scripted
from society.keys import Keys
from society.studies import _commons_learning as learning
from society.studies._play import play
from society.studies._schelling import world


def test_an_episode_is_accounted_for():
    """Random play, beside the sums of the Schelling validator over the same worlds."""
    made = world("commons_harvest", "quick", {"world.episode": 8})
    runs = learning.episode(made, Scripted(made.scripts["random"]), 3, runs=2)
    sums = play(made, Scripted(made.scripts["random"]), 2 * learning.WORLDS, 3, learning.FIRST)
    for k, found in enumerate(runs):  # run k has every second world
        own = {name: total[k::2] for name, total in sums.items()}
        assert found["return"] == pytest.approx(float(own["return_"].mean())) and found["return"] > 0
        assert found["sites"] == pytest.approx(float(own["sites"].sum()) / learning.WORLDS / 8)
        assert found["stock_at_end"] * 2 == pytest.approx(float(own["stock_at_end"].sum()) / learning.WORLDS)  # two late ticks


def test_learners_are_grown_and_judged_beside_the_scripts(monkeypatch):
    tiny = {"training.ticks": 2, "population.network.hidden": (4,)}
    monkeypatch.setattr(learning, "FIELDS", {**tiny, "world.episode": 4})
    for name, value in {"WORLDS": 2, "EACH": 2, "STEPS": 1}.items():
        monkeypatch.setattr(learning, name, value)
    monkeypatch.setattr(learning, "resolve", lambda *a, real=learning.resolve: real(*a[:2], {"world.episode": 4, **dict(*a[2:])}))
    own, dirty = learning.lives("clean_up", {"team": learning.TEAM}, [0, 1], {"world.dirt_start": 1.0})
    assert own.keys() == dirty.keys() and {"team", "script random"} <= own.keys()
    shares = [[one["dirt"] / one["river"] for one in found["team"]] for found in (own, dirty)]
    assert max(shares[0]) < 0.5 < min(shares[1])
    assert learning.column(own, "dirt", "river")["team"][0] == own["team"][0]["dirt"] / own["team"][0]["river"]


def test_a_contrast_is_of_pairs():
    clear = learning.contrast("x", [1.0, 2.0, 3.0], [0.0, 1.1, 1.9], "s")
    assert clear["holds"] and clear["ci_low"] > 0 and clear["seeds"] == 3 and clear["ours"] == pytest.approx(1.0)
    assert not learning.contrast("x", [1.0, 2.0, 3.0], [0.0, 2.0, 4.0], "s")["holds"]
    assert learning.contrast("x", [1.0, 2.0], [0.5, 1.0], "s")["holds"]  # two seeds: both above
    assert not learning.contrast("x", [1.0, 2.0], [0.5, 2.5], "s")["holds"]


def test_runs_side_by_side_are_runs_of_their_own(monkeypatch):
    """The first weights of each seed, and one mind to a world."""
    monkeypatch.setattr(learning, "FIELDS", {"training.ticks": 4, "population.network.hidden": (8,)})
    monkeypatch.setattr(learning, "EACH", 4)
    monkeypatch.setattr(learning, "STEPS", 0)
    fresh = [learning.grow("commons_harvest", {}, seeds).population.weights for seeds in ([3, 5], [5], [3])]
    assert torch.equal(fresh[0], torch.cat([fresh[2], fresh[1]])) and not torch.equal(fresh[1], fresh[2])
    seating = learning.alone(2, world("commons_harvest", "quick").spec, 4, Keys.worldless(0))
    assert seating.tolist() == [[0] * 4, [1] * 4, [0] * 4, [1] * 4]
