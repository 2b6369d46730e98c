"""A small world's spec, minds with weights that are not near zero, and a rollout of random numbers."""

import pytest
import torch
from society.agents.mlp import MLP, MLPConfig

from society.population.population import Population
from society.population.rollout import Rollout
from society.world.scenario import Head, Spec


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def spec():
    return Spec(
        seats=2,
        fields={"seen": (4,), "heard": (2,)},
        heads={"move": Head(4), "say": Head(3, 3, speech=True), "guess": Head(2, 2)},
        episode=4,
        hearing=("heard",),
    )


@pytest.fixture
def rough():
    """Fresh weights plus noise, so that no head is close to uniform."""

    def make(policy, minds, seed=0, scale=0.3):
        generator = torch.Generator().manual_seed(seed)
        weights = policy.initial(seed, torch.arange(minds))
        return weights + scale * torch.randn(weights.shape, generator=generator)

    return make


@pytest.fixture
def mlp(spec):
    return MLP(spec, MLPConfig(hidden=(16, 12)))


@pytest.fixture
def population(mlp, rough):
    def make(minds, policy=mlp):
        return Population.begin(policy, minds, 0).with_tensors(
            Population.begin(policy, minds, 0).tensors() | {"weights": rough(policy, minds)}
        )

    return make


@pytest.fixture
def rollout(spec):
    """Random experience of a population, [P, T, R]: what the minds did has the probability that they give it."""

    def make(population, ticks=5, rows=6, seed=0, keep=0.8, ends=0.2):
        g = torch.Generator().manual_seed(seed)
        minds, policy = population.minds, population.policy
        shape = (minds, ticks, rows)

        def rand(*more):
            return torch.rand(*shape, *more, generator=g)

        features = torch.randn(*shape, spec.features, generator=g)
        memory = torch.randn(minds, rows, policy.memory, generator=g)
        ended = rand() < ends
        actions, logps, values, now = [], [], [], memory
        with torch.no_grad():
            for t in range(ticks):
                done = policy.act(population.weights, features[:, t], None, now, rand(spec.numbers)[:, t], 1.0)
                now = done.memory.masked_fill(ended[:, t, :, None], 0.0)
                actions.append(done.action), logps.append(done.logp), values.append(done.value)
        return Rollout(
            spec=spec,
            features=features,
            mask=None,
            action=torch.stack(actions, 1),
            logp=torch.stack(logps, 1),
            value=torch.stack(values, 1),
            reward=rand() - 0.5,
            bootstrap=torch.where(ended & (rand() < 0.5), rand(), 0.0),
            ends=ended,
            forget=ended,
            keep=rand() < keep,
            last_value=torch.rand(minds, rows, generator=g),
            memory=memory,
        )

    return make
