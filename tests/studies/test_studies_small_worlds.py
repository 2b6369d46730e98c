"""Small worlds: what is counted as trained and held out, chance before learning, and pairs that do not know of each other."""

import numpy as np
import pytest
import torch

from society.engine.rollout import Clock
from society.studies import _pairs, small_worlds


def test_trained_and_held_out_are_counted_apart_and_by_pair(monkeypatch):
    """Two pairs, two worlds each, four ticks of which every second is judged; the last judged tick is held out."""
    listener = torch.zeros(4, 4, 2)
    listener[1::2, :, 1] = 1
    held = torch.zeros(4, 4, 2)
    held[3] = 1
    correct = torch.zeros(4, 4, 2)
    correct[1, :3] = 1  # trained: pair 0 both worlds, pair 1 one of two
    correct[3, 3] = 1  # held out: pair 1 one of two
    correct[0] = 1  # not judged: counts for nothing
    attributes = correct / 2 * listener
    seen = {"listener": listener, "held_out": held, "correct": correct, "attributes": attributes}
    monkeypatch.setattr(small_worlds, "train_pairs", lambda *args, **more: None)
    monkeypatch.setattr(small_worlds, "judge", lambda *args, **more: seen)
    assert small_worlds.accuracies([5, 6], worlds=2) == ([1.0, 0.5], [0.0, 0.5], [0.0, 0.25])
    assert not small_worlds.run(quick=True, seeds=[5, 6])["holds"]


def test_before_learning_everything_is_at_chance():
    train, held, attributes = small_worlds.accuracies([0, 1, 2], steps=1, worlds=64)
    assert np.mean(train) == pytest.approx(1 / 25, abs=0.02) and np.mean(held) == pytest.approx(1 / 25, abs=0.06)
    assert np.mean(attributes) == pytest.approx(1 / 5, abs=0.1)


def test_a_pair_is_the_same_in_any_company(monkeypatch):
    def three_updates(run):
        for _ in range(3):
            run.update(Clock())
        return run

    monkeypatch.setattr(_pairs, "finish", three_updates)
    shape = {"worlds": 32, "minibatch": 128, "agent_steps": 10**6}
    alone = _pairs.train_pairs("referential_game", [7], small_worlds.FIELDS, **shape)
    company = _pairs.train_pairs("referential_game", [2, 7], small_worlds.FIELDS, **shape)
    assert company.population.mind.tolist() == [4, 5, 14, 15]
    assert torch.allclose(alone.population.weights, company.population.weights[2:], atol=1e-4)
    assert not torch.allclose(company.population.weights[:2], company.population.weights[2:], atol=1e-2)
    assert torch.equal(alone.worlds.state.shown, company.worlds.state.shown[1::2])


def test_rates_are_shares_of_what_was_asked():
    right = torch.tensor([[1.0, 1.0, 0.0, 1.0]])
    asked = torch.tensor([[1.0, 0.0, 1.0, 1.0]])
    assert _pairs.rates(right, asked, 2) == [1.0, 0.5]
    assert np.isnan(_pairs.rates(right, torch.zeros(1, 4), 2)).all()
