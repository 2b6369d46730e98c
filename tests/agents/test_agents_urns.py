"""Urns against the process played a second time by hand, ball by ball."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from society.agents.mlp import MLP, MLPConfig
from society.agents.table import EMPTY, Table, TableConfig, choose
from society.agents.urns import Urns, UrnsConfig

from society import config as configs
from society.engine import build
from society.engine.rollout import Clock
from society.engine.training import Training
from society.keys import Keys
from society.population.population import Population

KEY = Keys.worldless(0, "test")


def test_options_come_in_proportion_to_their_weights():
    urns = torch.tensor([1.0, 0.0, 3.0, 0.0])
    draw = (torch.arange(4000) + 0.5) / 4000
    counts = torch.bincount(choose(urns.expand(4000, 4), draw), minlength=4)
    assert counts.tolist() == [1000, 0, 3000, 0]
    edges = torch.tensor([0.0, 0.25, 1 - 2**-24])
    assert choose(urns.expand(3, 4), edges).tolist() == [0, 2, 2]


def test_a_table_acts_and_replays_by_its_weights(spec):
    table = Table(spec, TableConfig())
    generator = torch.Generator().manual_seed(0)
    weights = torch.rand(2, table.size, generator=generator)
    features = torch.zeros(2, 1, 3, spec.features)
    features[:, :, 0, 1] = 1.0  # one thing perceived, then nothing, then two things
    features[:, :, 2, :2] = torch.tensor([1.0, 2.0])
    urns = weights.view(2, table.rows, table.options)
    expected = torch.stack([urns[:, 1], urns[:, -1], urns[:, 0] + 2 * urns[:, 1]], dim=1)
    torch.testing.assert_close(table.urns(weights, features[:, 0]), expected)
    draw = torch.rand(2, 3, spec.numbers, generator=generator)
    decision = table.act(weights, features[:, 0], None, torch.zeros(2, 3, 0), draw, 1.0)
    logp, start = torch.zeros(2, 3), 0
    for name, head in spec.heads.items():
        for position in range(head.length):
            urn = expected[..., start : start + head.size]
            start += head.size
            taken = decision.action[..., spec.columns[name]][..., position]
            assert torch.equal(taken, choose(urn, draw[..., spec.columns[name]][..., position]))
            logp += (urn.gather(-1, taken[..., None])[..., 0] / urn.sum(-1)).log()
    torch.testing.assert_close(decision.logp, logp)
    never = torch.zeros(2, 1, 3, dtype=torch.bool)
    replay = table.evaluate(weights, features, None, decision.action[:, None], torch.zeros(2, 3, 0), never)
    torch.testing.assert_close(replay.logp[:, 0], logp)
    assert not replay.value.any()
    greedy = table.act(weights, features[:, 0], None, torch.zeros(2, 3, 0), draw, 0.0).action
    assert torch.equal(greedy[..., 0], expected[..., :4].argmax(-1))


def lewis(**overrides):
    wanted = {"training.worlds": 1, "learner.step": 1.0, "training.agent_steps": 4_000} | overrides
    return Training(build.settle(configs.resolve("lewis_game", "urns", wanted)))


def test_one_game_a_rollout_is_the_sequential_process_exactly():
    """Ball by ball in numpy, with the uniforms that the worlds' keys give."""
    run, balls = lewis(), {}

    def urn(kind, thing):
        return balls.setdefault((kind, thing), np.ones(3))

    def pick(weights, draw):
        return int((np.cumsum(weights) / weights.sum() <= draw).sum())

    wins = 0
    for _ in range(120):
        worlds = run.worlds
        nature, spec = int(worlds.state.nature[0]), run.scenario.spec
        keys = [Keys.at(0, worlds.world, worlds.episode, worlds.tick + t) for t in (0, 1)]
        draws = [key.uniform("act", spec.seats, spec.numbers)[0] for key in keys]
        signal = pick(urn("state", nature), float(draws[0][0, 0]))
        answer = pick(urn("signal", signal), float(draws[1][1, 1]))
        if answer == nature:
            urn("state", nature)[signal] += 1
            urn("signal", signal)[answer] += 1
            wins += 1
        run.update(Clock())
    table = run.population.policy
    urns = run.population.weights.view(2, table.rows, table.options)
    assert wins > 30
    for k in range(3):
        assert urns[0, k, 1:4].tolist() == urn("state", k).tolist()  # symbol 0 is silence
        assert urns[1, 3 + k, 4:].tolist() == urn("signal", k).tolist()
    assert float(urns.sum()) == 2 * wins + urns.numel()


@pytest.fixture
def table_rollout(spec, rollout):
    """Minds with tables, and experience whose lives all end with the rollout."""
    table = Table(spec, TableConfig(initial=2.0))
    minds = Population.begin(table, 3, 0)
    experience = rollout(minds)
    experience.ends[:, -1] = True
    return minds, replace(experience, features=experience.features.abs())


def test_what_was_done_is_paid_its_return(table_rollout):
    minds, r = table_rollout
    after, report = Urns(UrnsConfig(step=0.5, gamma=0.0)).learn(minds, r, KEY, 0.0)
    table, p, t, row = minds.policy, 1, r.logp.shape[1] - 1, None
    assert set(report.numbers) == {"return", "weight"}
    expected = minds.weights.clone().view(3, table.rows, table.options)
    for row in range(r.logp.shape[2]):
        for t in range(r.logp.shape[1]):
            if not r.keep[p, t, row]:
                continue
            paid, u = float(r.reward[p, t, row]), t
            while not r.ends[p, u, row] and u + 1 < r.logp.shape[1] and not r.keep[p, u + 1, row]:
                u += 1
                paid += float(r.reward[p, u, row])
            start = 0
            for name, head in r.spec.heads.items():
                for option in r.action[p, t, row, r.spec.columns[name]].tolist():
                    expected[p, :-1, start + option] += 0.5 * paid * r.features[p, t, row]
                    start += head.size
    torch.testing.assert_close(after.weights[p], expected[p].clamp(min=EMPTY).flatten(), rtol=1e-4, atol=1e-4)
    assert float(after.weights.min()) >= EMPTY and bool((after.steps == 1).all())


def test_a_choice_of_one_is_not_paid(table_rollout):
    minds, r = table_rollout
    mask = torch.ones(*r.logp.shape, sum(h.size for h in r.spec.heads.values()), dtype=torch.bool)
    mask[..., r.spec.options["move"]] = torch.tensor([True, False, False, False])
    learner = Urns(UrnsConfig())
    with_move, _ = learner.learn(minds, r, KEY, 0.0)
    without, _ = learner.learn(minds, replace(r, mask=mask), KEY, 0.0)
    shape = (3, minds.policy.rows, minds.policy.options)
    one, two, before = (x.view(shape) for x in (with_move.weights, without.weights, minds.weights))
    assert torch.equal(two[..., :4], before[..., :4]) and not torch.equal(one[..., :4], before[..., :4])
    assert torch.equal(one[..., 4:], two[..., 4:])


def test_frozen_minds_keep_their_urns(table_rollout):
    minds, r = table_rollout
    after, _ = Urns(UrnsConfig()).learn(minds.freeze(torch.tensor([0])), r, KEY, 0.0)
    assert torch.equal(after.weights[0], minds.weights[0]) and not torch.equal(after.weights[1], minds.weights[1])


def test_what_urns_cannot_learn_is_refused_in_a_line(table_rollout, spec):
    minds, r = table_rollout
    with pytest.raises(ValueError, match=r"learner\.name = 'urns'.*policy to table"):
        Urns(UrnsConfig()).learn(Population.begin(MLP(spec, MLPConfig()), 3, 0), r, KEY, 0.0)
    r.ends[:, -1] = False
    with pytest.raises(ValueError, match=r"learner\.gamma = 1\.0"):
        Urns(UrnsConfig()).learn(minds, r, KEY, 0.0)
