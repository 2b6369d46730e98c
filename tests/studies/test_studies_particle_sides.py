"""Two actors in one world: each is obeyed in its own seats, and scores are those of whole first episodes."""

import pytest
import torch

from society.config import resolve
from society.engine import build
from society.engine.rollout import Mixed, Scripted
from society.studies import particle_sides as study


def made(name):
    return build.scenario(build.settle(resolve(name, quick=True)))


@pytest.fixture(autouse=True)
def few_worlds(monkeypatch):
    monkeypatch.setattr(study, "WORLDS", 32)


def test_each_side_is_obeyed_in_its_own_seats():
    game = made("sumo")
    first = torch.tensor([True, False])
    push, rival = (Scripted(game.scripts[name]) for name in ("push", "random"))
    for seats in (first, ~first):
        won = study.scores(game, Mixed(seats, push, rival), seats, 0)
        assert won.shape == (study.WORLDS,) and won.mean() > 0.9
        assert torch.equal(study.scores(game, Mixed(seats, push, rival), ~seats, 0), -won)  # zero-sum


def test_a_script_against_itself_is_that_script():
    game = made("simple_tag")
    chase = Scripted(game.scripts["chase"])
    hunters = torch.tensor([True, True, True, False])
    both = study.scores(game, Mixed(hunters, chase, chase), hunters, 3)
    assert torch.equal(both, study.scores(game, chase, hunters, 3))


def test_rows_of_a_duel(monkeypatch):
    monkeypatch.setattr(study, "DUELS", (study.Duel("simple_adversary", 1, 1, ("random",)),))
    rows = study.run(quick=True, seeds=[5])["rows"]
    assert [row["label"] for row in rows] == [
        f"simple_adversary, seed 5: {side} trained, the other side random" for side in ("adversaries", "good")
    ]
    assert all(row["ci_low"] <= row["ours"] <= row["ci_high"] and "gain" in row["note"] for row in rows)
