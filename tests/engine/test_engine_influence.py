"""Influence of an act on the others' next decision: exact values in worlds small enough for a pencil."""

import math

import pytest
import torch
from society.agents.table import Table, TableConfig
from tiny_runs import tiny

from society.config import Frozen
from society.engine import build
from society.engine.influence import Influence
from society.engine.rollout import Clock, Minds, ticks
from society.engine.training import Training
from society.population.matchmaking import Seating
from society.population.population import Population
from society.world.scenario import Head, Observation, Outcome, Scenario, Spec, state
from society.world.worlds import Worlds


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


@pytest.mark.parametrize(("condition", "some"), [("muted_from_birth", False), ("normal", True)])
def test_nobody_is_influenced_who_perceives_nothing(condition, some):
    """Networks, whose rows differ in the last bits: exactly 0 all the same. With a channel even fresh ones give a little."""
    run = Training(tiny("lewis_game", updates=1, training__worlds=64, population__minds=2, condition=condition))
    minds = Minds(run.population, run.seating())
    influence = Influence(minds, run.scenario.spec, 8)
    given = torch.stack([influence(tick) for tick in ticks(run.worlds, minds, run.memory, 4, Clock())])
    assert bool(given[0, :, 0].max() > 0) == some and given[:, :, 1].abs().max() == 0
    assert some or given.abs().max() == 0


@state
class Last:
    """What each of three seats did last [W, 3]; -1: nothing yet."""

    act: torch.Tensor


class Neighbours(Scenario):
    """Seat n sees what it and seat n - 1 did last, seat 0 only itself; seat 2 has a turn where seat 1 did 0."""

    def __init__(self, parts):
        super().__init__(Frozen(), parts)
        self.spec = Spec(seats=3, fields={"own": (2,), "before": (2,)}, heads={"act": Head(2)}, episode=2)

    def reset(self, key):
        return Last(torch.full((len(key.base), 3), -1))

    def step(self, s, action, key):
        return Last(action["act"]), Outcome(reward=torch.zeros(action["act"].shape))

    def observe(self, s):
        before = torch.cat([torch.full_like(s.act[:, :1], -1), s.act[:, :-1]], dim=1)
        features = torch.stack([s.act == 0, s.act == 1, before == 0, before == 1], dim=-1).float()
        active = torch.ones_like(s.act, dtype=torch.bool)
        active[:, 2] = s.act[:, 1] <= 0
        return Observation(features, None, active)


def test_by_hand_in_a_row_of_three():
    """Whoever sees two like acts repeats them, two unlike ones are a coin; at first all toss coins.

    Seat 1 after seat 0 did as it did: (1, 0) against the average (.75, .25) of what might have been; else (.5, .5). No seat
    influences itself; seat 1 decides whether seat 2 acts at all, and where it does there is no other way for it to have come
    to that; a world that ends (here after two ticks) has no next decision.
    """
    world = Neighbours(build.scenario(tiny("lewis_game", updates=1)).parts)
    fresh = Population.begin(Table(world.spec, TableConfig()), 1, seed=0)
    urns = torch.tensor([[1, 0], [0, 1], [1, 0], [0, 1], [1, 1]]).float()  # own 0, own 1, before 0, before 1, nothing
    one = fresh.with_tensors(fresh.tensors() | {"weights": urns.flatten()[None]})
    minds = Minds(one, Seating.of(torch.zeros(64, 3).long(), 1))
    influence = Influence(minds, world.spec, 16)
    played = list(ticks(Worlds.begin(world, 5, torch.arange(64)), minds, torch.zeros(64, 3, 0), 2, Clock()))
    given, act = influence(played[0]), played[0].turn.packed[..., 0]
    alike = act[:, 0] == act[:, 1]
    assert alike.any() and not alike.all() and act[:, 1].any() and not act[:, 1].all()
    expected = torch.where(alike, math.log(4 / 3), math.log(4 / 3) / 2)
    assert given[:, 0].numpy() == pytest.approx(expected.numpy(), abs=1e-3)
    assert given[:, 1:].abs().max() == pytest.approx(0, abs=1e-6)
    assert played[1].over.all() and influence(played[1]).abs().max() == 0
