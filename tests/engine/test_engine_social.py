"""Social rewards in a run: felt by the learner alone, carried over checkpoints, absent where they are off; and influence."""

import math

import pytest
import torch
from tiny_runs import assert_same_rows, assert_same_weights, finished, prepared, tiny

from society.config import SocialConfig, fingerprint, from_toml, to_toml
from society.engine import build, launch
from society.engine.influence import Influence
from society.engine.rollout import Clock, Minds, collect, ticks
from society.engine.shaping import shaping
from society.engine.training import Training
from society.population.population import Population
from society.record.store import Run
from society.world.worlds import Worlds

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


# ---------------------------------------------------------------- influence


def lewis(said, answer, **changes):
    """Lewis's game of four states with a sender who sends signal m in proportion to said[m] in every state, and a receiver
    whose urn for signal m is answer[m]; with the ticks of one game in 256 worlds and everyone's influence at them."""
    config = tiny("lewis_game", updates=1, population__policy="table", population__minds=2, world__states=4,
                  channel__symbols=5, training__worlds=256, training__ticks=2, learner="urns", **changes)  # fmt: skip
    made = build.scenario(config)
    fresh = build.population(config, made)
    urns = torch.ones(2, made.spec.features + 1, 9)
    urns[0, :4, :5] = torch.tensor([0.0, *said])
    urns[1, 4:8, 5:] = torch.tensor(answer)
    minds = Minds(Population.with_tensors(fresh, fresh.tensors() | {"weights": urns.flatten(1)}), Training(config).seating())
    worlds = Worlds.begin(made, 3, torch.arange(256))
    influence = Influence(minds, made.spec, 64)
    return [(tick, influence(tick)) for tick in ticks(worlds, minds, torch.zeros(256, 2, 0), 2, Clock())]


COPY = torch.eye(4).tolist()


def test_a_listener_who_copies_is_influenced_by_the_log_of_the_vocabulary():
    (_, sent), (_, answered) = lewis([1, 1, 1, 1], COPY)
    assert sent[:, 0].numpy() == pytest.approx(math.log(4), abs=1e-3)
    assert sent[:, 1].abs().max() == 0  # the receiver had no turn
    assert answered.abs().max() == 0  # and nobody decides after the game is over


def test_rare_signals_influence_more():
    """KL of a copied signal from the average over signals is -ln p of it."""
    (tick, sent), _ = lewis([5, 3, 1, 1], COPY)
    said = tick.turn.packed[:, 0, 0] - 1
    expected = -torch.tensor([0.5, 0.3, 0.1, 0.1]).log()[said]
    assert set(said.tolist()) == {0, 1, 2, 3}
    assert sent[:, 0].numpy() == pytest.approx(expected.numpy(), abs=2e-3)
    assert float(sent[:, 0].mean()) == pytest.approx(1.168, abs=0.15)  # the entropy of what is said: mutual information


def test_who_says_the_same_always_or_is_not_heeded_has_no_influence():
    for said, answer in (([1, 0, 0, 0], COPY), ([1, 1, 1, 1], torch.ones(4, 4).tolist())):
        (_, sent), _ = lewis(said, answer)
        assert sent.abs().max() < 1e-4


def test_two_of_four_meanings_told_apart_are_one_bit():
    (_, sent), _ = lewis([1, 1, 1, 1], [COPY[0], COPY[0], COPY[1], COPY[1]])
    assert sent[:, 0].numpy() == pytest.approx(math.log(2), abs=1e-3)


def test_nobody_is_influenced_who_perceives_nothing():
    (_, sent), _ = lewis([1, 1, 1, 1], COPY, condition="muted_from_birth")
    assert sent.abs().max() == 0


def test_influence_is_asked_of_copies():
    """The worlds that are tried are not those that go on: with and without, minds do the same in the same worlds."""
    config = tiny("bazaar", updates=1, population__minds=3)
    (one, _), (two, _) = rollout(config), rollout(config, influence=1.0, counterfactuals=3)
    assert torch.equal(one.rollout.action, two.rollout.action) and torch.equal(one.rollout.features, two.rollout.features)
    gain = two.rollout.reward - two.earned
    assert gain.min() >= 0 and 0 < float(gain.max()) < 1.0  # fresh minds react a little to what they see of others
