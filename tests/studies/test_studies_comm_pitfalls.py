"""Frozen talkers: what is read off them is what they do, and the deaf are moved by nothing."""

import numpy as np
import pytest
import torch

from society.engine import build
from society.engine.rollout import Minds
from society.keys import Keys
from society.population.matchmaking import Seating
from society.studies import _talkers as talkers
from society.studies import comm_pitfalls as study
from society.world.interventions import mute
from society.world.worlds import Worlds

WORLDS, PAIRS = 256, 2


@pytest.fixture(scope="module")
def grown():
    config = study._config(0, 80_000, {"world.game": "drawn", "population.matchmaker": "teams", "population": 2 * PAIRS})
    return config, talkers.grow(config)


def deafened(config, population):
    """The same minds with no way from hearing to anything."""
    spec = build.scenario(config).spec
    weights = population.weights.clone()
    first = next(iter(population.policy.layout.arrays(weights, torch.float32).values()))
    first[:, spec.slices["heard"]] = 0
    return population.with_tensors(population.tensors() | {"weights": weights})


def test_words_move_only_those_who_can_hear(grown):
    config, population = grown
    normal = talkers.play(config, population, WORLDS, 2)
    assert normal.said.shape == normal.paid.shape == normal.influence.shape == (2, WORLDS, 2)
    assert normal.influence.mean() > 1e-4 and set(np.unique(normal.move)) == {0, 1}
    deaf = deafened(config, population)
    told, untold = talkers.play(config, deaf, WORLDS, 2), talkers.play(config, deaf, WORLDS, 2, mute)
    assert np.array_equal(told.paid, untold.paid) and told.influence.max() < 1e-9
    assert not np.array_equal(normal.paid, talkers.play(config, population, WORLDS, 2, mute).paid)


def test_influence_weighs_the_words_of_whom_one_hears(grown):
    """Seat 0 always says one thing, so its words cannot move seat 1; seat 1 may say anything to seat 0."""
    config, population = grown
    game = build.scenario(config)
    now = Worlds.begin(game, 0, torch.arange(WORLDS))
    seats = build.matchmaker(config)(population.minds, game.spec, WORLDS, Keys.worldless(0, "talkers"))
    minds = Minds(population, Seating.of(seats, population.minds))
    now, _, _ = now.step(minds.act(now, now.observe(), minds.blank(now)).packed, now.observe())
    p_say = torch.full((WORLDS, 2, study.SYMBOLS), 1 / study.SYMBOLS)
    p_say[:, 0] = torch.eye(study.SYMBOLS)[1]
    with torch.no_grad():
        moved = talkers.influence(minds, game.spec, p_say, now.observe())
    assert moved[:, 1].max() < 1e-12 and moved[:, 0].mean() > 1e-4


def test_pairs_are_told_apart(grown):
    config, population = grown
    normal = talkers.play(config, population, WORLDS, 2)
    for k, found in enumerate(study._by_pair(normal, normal.paid)):
        mine = np.isin(normal.mind[:, 0], (2 * k, 2 * k + 1))
        assert found == pytest.approx(normal.paid[:, mine].mean())


def test_consistency_finds_what_is_planted_and_nothing_else():
    rng = np.random.default_rng(0)
    mind = np.tile([0, 1], (500, 1))
    move = rng.integers(2, size=(4, 500, 2))
    said = np.stack([move[..., 0] + 1, rng.integers(5, size=(4, 500))], axis=-1)
    played = talkers.Played(mind, said, move, move.astype(float), move * 0.0)
    (honest, p_honest), (babble, p_babble) = (study._consistency(played, k, 0) for k in (0, 1))
    assert honest == pytest.approx(1, abs=0.02) and p_honest <= 0.05
    assert abs(babble) < 0.01 and p_babble > 0.05


def test_equivalence_needs_the_whole_interval_within_the_margin():
    assert study._nothing("x", [0.001, -0.001, 0.002, -0.002], 0.01)["holds"]
    assert not study._nothing("x", [0.03, -0.03, 0.04, -0.04], 0.01)["holds"]
    assert not study._nothing("x", [0.02, 0.021, 0.019, 0.02], 0.01)["holds"]
