"""A message's symbols: one distribution for speaking and for learning, and each symbol sees only those before it."""

import itertools

import pytest
import torch
from society.agents.mlp import MLP, MLPConfig

from society.world.scenario import Head, Spec


def setting(rough, minds=2, symbols=3, length=3):
    spec = Spec(1, {"seen": (4,)}, {"say": Head(symbols, length, speech=True)}, 2)
    policy = MLP(spec, MLPConfig(hidden=(8,)))
    return spec, policy, rough(policy, minds, scale=0.5)


def replay(policy, weights, features, action, mask=None):
    """Rows of one tick."""
    none = torch.zeros(*action.shape[:2], dtype=torch.bool)[:, None]
    memory = torch.zeros(*action.shape[:2], 0)
    mask = None if mask is None else mask[:, None]
    return policy.evaluate(weights, features[:, None], mask, action[:, None], memory, none)


def messages(minds, symbols, length):
    every = torch.tensor(list(itertools.product(range(symbols), repeat=length)))
    return every.expand(minds, -1, -1)


def test_what_was_said_has_the_probability_that_learning_gives_it(spec, mlp, rough):
    weights = rough(mlp, 3)
    features, draw = torch.randn(3, 50, spec.features), torch.rand(3, 50, spec.numbers)
    mask = torch.rand(3, 50, 9) < 0.7
    for where in spec.options.values():
        mask[..., where.start] = True
    for legal in (None, mask):
        said = mlp.act(weights, features, legal, torch.zeros(3, 50, 0), draw, 1.0)
        again = replay(mlp, weights, features, said.action, legal)
        torch.testing.assert_close(again.logp[:, 0], said.logp, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(again.value[:, 0], said.value)


def test_probabilities_of_all_messages_sum_to_one_and_illegal_symbols_have_none(rough):
    _, policy, weights = setting(rough)
    every = messages(2, 3, 3)
    features = torch.randn(2, 1, 4).expand(-1, 27, -1)
    logp = replay(policy, weights, features, every).logp[:, 0]
    torch.testing.assert_close(logp.exp().sum(1), torch.ones(2))
    assert logp.exp().std() > 0.005  # the sum is not that of a uniform distribution only
    mask = torch.tensor([True, False, True]).expand(2, 27, 3)
    masked = replay(policy, weights, features, every, mask).logp[:, 0].exp()
    legal = (every != 1).all(-1)
    assert bool((masked[~legal] == 0).all())
    torch.testing.assert_close(masked.sum(1), torch.ones(2))


def test_a_symbol_depends_on_those_before_it_and_on_none_after(rough):
    _, policy, weights = setting(rough)
    features = torch.randn(2, 1, 4).expand(-1, 27, -1)
    logits = replay(policy, weights, features, messages(2, 3, 3)).logits["say"][:, 0].view(2, 3, 3, 3, 3, 3)
    # axes: mind, symbol 0, symbol 1, symbol 2, position, option
    for position in range(3):
        at = logits[..., position, :]
        for symbol in range(3):
            spread = at.std(dim=1 + symbol).max()
            assert (spread > 1e-3) if symbol < position else (spread < 1e-6), (position, symbol)


def test_spoken_messages_are_as_frequent_as_probable(rough):
    _, policy, weights = setting(rough, minds=1, symbols=3, length=2)
    rows = 20_000
    draw = torch.rand(1, rows, 2, generator=torch.Generator().manual_seed(1))
    one = torch.randn(1, 1, 4, generator=torch.Generator().manual_seed(2))
    said = policy.act(weights, one.expand(-1, rows, -1), None, torch.zeros(1, rows, 0), draw, 1.0).action[0]
    expected = replay(policy, weights, one.expand(-1, 9, -1), messages(1, 3, 2)).logp[0, 0].exp() * rows
    counts = torch.bincount(said[:, 0] * 3 + said[:, 1], minlength=9)
    assert float(((counts - expected) ** 2 / expected).sum()) < 26.1  # 99.9 % of chi-square with 8 degrees of freedom


@pytest.mark.parametrize("length", [1, 3])
def test_greedy_speech_is_the_likeliest_symbol_at_each_step(rough, length):
    _, policy, weights = setting(rough, length=length)
    features = torch.randn(2, 5, 4)
    said = policy.act(weights, features, None, torch.zeros(2, 5, 0), torch.rand(2, 5, length), 0.0).action
    assert torch.equal(replay(policy, weights, features, said).logits["say"][:, 0].argmax(-1), said)
