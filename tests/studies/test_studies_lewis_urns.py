"""The urns of the study, ball by ball, and the blocks against what they stand for."""

import itertools

import numpy as np
import pytest
import torch

from society.studies import lewis_urns as study


@pytest.fixture
def played():
    """Urns that differ in every place: two runs of three states and two of four, after 300 plays."""
    urns = study.begin((3, 4), 2)
    study.one_by_one(urns, 300, [torch.Generator().manual_seed(0)])
    return urns


def test_a_play_moves_the_balls_that_it_says(played):
    """One play written out for each run, with the same uniforms."""
    u, v = torch.tensor([0.1, 0.5, 0.7, 0.999]), torch.tensor([0.9, 0.2, 0.6, 0.05])
    nature = [0, 2, 3, 1]
    sender, receiver = (x.numpy().reshape(4, 4, 4).copy() for x in (played.sender, played.receiver))  # option, run, urn
    first = torch.arange(4) * 4
    study.one_play(played, first, first + torch.tensor(nature), u, v)

    def pick(weights, draw):
        return next(k for k in range(4) if np.cumsum(weights)[k] > draw * weights.sum())

    for run in range(4):
        signal = pick(sender[:, run, nature[run]], float(u[run]))
        answer = pick(receiver[:, run, signal], float(v[run]))
        won = answer == nature[run]
        sender[signal, run, nature[run]] += won
        receiver[answer, run, signal] += won
    assert np.array_equal(sender, played.sender.numpy().reshape(4, 4, 4))
    assert np.array_equal(receiver, played.receiver.numpy().reshape(4, 4, 4))


def test_a_game_of_three_states_never_uses_a_fourth_and_both_urns_get_the_same_balls(played):
    for table in (played.sender, played.receiver):
        each = table.view(4, 4, 4)
        assert not each[3, :2].any() and bool((each[:3, :2, 3] == 1).all()) and bool((each[:, 2:] >= 1).all())
    won = [(table - study.begin((3, 4), 2).sender).view(4, 4, 4).sum((0, 2)) for table in (played.sender, played.receiver)]
    assert torch.equal(*won) and bool((won[0] > 60).all())


def test_expected_success_by_summing_over_all_games(played):
    sender, receiver = (x.numpy().reshape(4, 4, 4) for x in (played.sender, played.receiver))
    found = study.expected_success(played).ravel()
    for run, n in enumerate((3, 3, 4, 4)):
        total = 0.0
        for s, m in itertools.product(range(n), repeat=2):
            total += sender[m, run, s] / sender[:, run, s].sum() * receiver[s, run, m] / receiver[:, run, m].sum() / n
        assert found[run] == pytest.approx(total, rel=1e-6)


def test_blocks_add_what_single_plays_add_on_average():
    """From the same urns 4,000 copies play 20 times, one by one and in one block: means agree within five standard errors."""
    start = study.begin((3,), 1)
    study.one_by_one(start, 2000, [torch.Generator().manual_seed(3)])

    def many():
        return study.Urns(start.sender.repeat(1, 4000), start.receiver.repeat(1, 4000), start.states.repeat(4000))

    single, block = many(), many()
    study.one_by_one(single, 20, [torch.Generator().manual_seed(4)])
    study.by_blocks(block, 20 * 500, 20 * 500 + 20, np.random.default_rng(5))
    for name in ("sender", "receiver"):
        one, two = (getattr(urns, name).view(3, 4000, 3) - getattr(start, name)[:, None] for urns in (single, block))
        error = (one.var(1) + two.var(1)).div(4000).sqrt() + 2e-3
        assert bool(((one.mean(1) - two.mean(1)).abs() < 5 * error).all())


def test_a_signalling_system_always_succeeds_and_two_states_always_find_one():
    urns = study.begin((3,), 1)
    for table in (urns.sender, urns.receiver):
        table.copy_(torch.eye(3) * 1e6)
    assert study.expected_success(urns).item() == pytest.approx(1.0)
    study.by_blocks(urns, 1000, 2000, np.random.default_rng(0))
    assert float(urns.sender.sum()) == 3e6 + 1000 == float(urns.receiver.sum())
    two = study.begin((2,), 100)
    study.one_by_one(two, 5000, [torch.Generator().manual_seed(seed) for seed in (1, 2)])
    assert float((study.expected_success(two) < 0.8).mean()) < 0.2 and study.expected_success(two).mean() > 0.9
