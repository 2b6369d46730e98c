"""Social rewards in a run: felt by the learner alone, carried over checkpoints, absent where they are off."""

import pytest
import torch
from tiny_runs import assert_same_rows, assert_same_weights, finished, prepared, tiny

from society.config import SocialConfig, fingerprint, from_toml, to_toml
from society.engine import launch
from society.engine.rollout import Clock, Minds, collect
from society.engine.shaping import shaping
from society.engine.training import Training
from society.record.store import Run

ALL = {
    "social__prosocial": 0.4, "social__disadvantage": 0.5, "social__advantage": 0.3, "social__smoothing": 0.9,
    "social__influence": 0.2, "social__counterfactuals": 2,
}
BRIEF = {
    "evaluation__conditions": ("normal",), "evaluation__scripts": False, "evaluation__worlds": 1, "evaluation__ticks": 1,
    "evaluation__recorded_worlds": 1,
}  # fmt: skip


class Crash(Exception):
    """Stands for a power cut."""


def rollout(config, **social):
    """One rollout of a fresh population under these social rewards, and the seating."""
    run = Training(config)
    minds = Minds(run.population, run.seating())
    felt = shaping(SocialConfig(**social), minds, run.scenario.spec)
    return collect(run.worlds, minds, run.memory, run.smoothed, config.training.ticks, Clock(), felt), minds.seating


def by_seat(x, seating):
    """[P, T, R] by mind to [T, W, N] by seat."""
    return torch.stack([seating.scatter(x[:, t]) for t in range(x.shape[1])])


# ---------------------------------------------------------------- what the learner is fed


def test_mixing_feeds_everyone_the_mean_and_reports_what_was_earned():
    config = tiny("bazaar", updates=1, population__minds=3)
    selfish, seating = rollout(config)
    team, _ = rollout(config, prosocial=1.0)
    earned = by_seat(selfish.rollout.reward, seating)
    assert earned.std(-1).max() > 0.1  # there is something to share
    assert torch.equal(team.earned, selfish.rollout.reward) and selfish.earned is selfish.rollout.reward
    fed = by_seat(team.rollout.reward, seating)
    assert torch.allclose(fed, earned.mean(-1, keepdim=True).expand_as(fed), atol=1e-6)
    half, _ = rollout(config, prosocial=0.5)
    assert torch.allclose(by_seat(half.rollout.reward, seating), (fed + earned) / 2, atol=1e-6)
    assert torch.equal(half.rollout.action, selfish.rollout.action)  # nothing but the reward is another


def test_smoothed_rewards_add_up_until_a_life_or_the_world_ends():
    """Against a plain loop, over episodes of four ticks in a rollout of eight, with deaths in some."""
    config = tiny("bazaar", updates=1, world__episode=4)
    selfish, seating = rollout(config)
    averse, _ = rollout(config, disadvantage=2.0, advantage=0.5, smoothing=0.75)
    earned, fed = by_seat(selfish.rollout.reward, seating), by_seat(averse.rollout.reward, seating)
    forget, seats = by_seat(selfish.rollout.forget, seating), earned.shape[-1]
    assert forget[3].all() and not forget[:3].all() and forget[:3].any()
    for world in range(earned.shape[1]):
        kept = [0.0] * seats
        for t in range(8):
            kept = [0.75 * k + float(r) for k, r in zip(kept, earned[t, world], strict=True)]
            for i in range(seats):
                cost = sum(2.0 * max(k - kept[i], 0) + 0.5 * max(kept[i] - k, 0) for k in kept) / (seats - 1)
                assert float(fed[t, world, i]) == pytest.approx(float(earned[t, world, i]) - cost, abs=1e-4)
            kept = [0.0 if gone else k for k, gone in zip(kept, forget[t, world], strict=True)]
    assert averse.smoothed.abs().max() == 0  # the rollout ends with the episode


# ---------------------------------------------------------------- a run's life


@pytest.mark.parametrize("changes", [{}, {"learner": "reinforce"}])
def test_a_resumed_run_equals_an_uninterrupted_one(changes, tmp_path):
    config = tiny("matrix_game", updates=4, world__rounds=64, population__minds=2, **ALL, **BRIEF, **changes)
    whole, cut = finished(config, tmp_path / "whole"), prepared(config, tmp_path / "cut")
    per_update = Training(config).steps_per_update

    def progress(done, total, rate):
        if done == 3 * per_update:
            raise Crash

    with pytest.raises(Crash):
        launch.execute(cut, progress)
    assert Run(cut).checkpoints()[-1] == 2
    launch.execute(cut)
    assert_same_rows(whole, cut)
    assert_same_weights(whole, cut)
    metrics = Run(whole).table("metrics")
    earned, shaped = (metrics[metrics["name"] == name]["value"].to_numpy() for name in ("reward", "reward_shaped"))
    assert len(earned) == len(shaped) == 8 and abs(earned - shaped).max() > 1e-3


URNS = {"learner": "urns", "population__policy": "table"}


@pytest.mark.parametrize(("name", "changes"), [("matrix_game", URNS), ("bazaar", {})])
def test_frozen_minds_count_and_do_not_learn(name, changes):
    run = Training(tiny(name, updates=1, population__minds=2, **ALL, **changes))
    run.population = run.population.freeze(torch.tensor([1]))
    before = run.population.weights.clone()
    got, _ = run.update(Clock())
    assert torch.equal(run.population.weights[1], before[1]) and not torch.equal(run.population.weights[0], before[0])
    assert not torch.equal(got.rollout.reward[1], got.earned[1])  # a frozen mind is fed like any other, to no effect
    assert not got.rollout.reward.requires_grad and got.rollout.reward.isfinite().all()


def test_runs_without_social_rewards_are_the_runs_that_they_were():
    config = tiny("bazaar", updates=1)
    old = to_toml(config).replace(to_toml(config)[to_toml(config).index("[social]") :].split("\n\n")[0], "")
    assert "[social]" not in old and from_toml(old) == config
    assert "smoothed" not in Training(config).groups()["worlds"]
    assert fingerprint(config) == fingerprint(from_toml(old))
    assert fingerprint(tiny("bazaar", updates=1, social__prosocial=0.5)) != fingerprint(config)


def test_influence_is_asked_of_copies():
    """The worlds that are tried are not those that go on: with and without, minds do the same in the same worlds."""
    config = tiny("bazaar", updates=1, population__minds=3)
    (one, _), (two, _) = rollout(config), rollout(config, influence=1.0, counterfactuals=3)
    assert torch.equal(one.rollout.action, two.rollout.action) and torch.equal(one.rollout.features, two.rollout.features)
    gain = two.rollout.reward - two.earned
    assert gain.min() >= 0 and 0 < float(gain.max()) < 1.0  # fresh minds react a little to what they see of others
