"""Rewards that look at others, on exact values."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from society.population.social import inequity, prosocial, smooth

earned = st.lists(st.lists(st.floats(-10, 10, width=32), min_size=3, max_size=3), min_size=1, max_size=4)


def test_guilt_takes_the_lead_and_nothing_from_who_lags():
    """Hughes et al. 2018 with alpha 0, beta 1: rewards (2, 0) are felt as (0, 0); a second sign turned round gives (4, 0)."""
    reward = torch.tensor([[2.0, 0.0]])
    assert (reward - inequity(reward, 0.0, 1.0)).tolist() == [[0.0, 0.0]]


def test_envy_is_the_laggards():
    reward = torch.tensor([[2.0, 0.0]])
    assert (reward - inequity(reward, 5.0, 0.0)).tolist() == [[2.0, -10.0]]


def test_three_seats_by_hand():
    """e = (3, 1, 0), alpha 1, beta .5: seat 0 leads by 2 + 3, seat 1 lags by 2 and leads by 1, seat 2 lags by 3 + 1."""
    cost = inequity(torch.tensor([[3.0, 1.0, 0.0]]), 1.0, 0.5)
    assert cost.tolist() == [[0.5 * 5 / 2, (2 + 0.5) / 2, 4 / 2]]


def test_remembered_rewards_fade():
    kept = torch.zeros(1, 2)
    for reward in ([1.0, 0.0], [0.0, 2.0], [0.0, 0.0]):
        kept = smooth(kept, torch.tensor([reward]), 0.5)
    assert kept.tolist() == [[0.25, 1.0]]


def test_a_seat_alone_has_nobody_to_compare_with():
    alone = torch.tensor([[7.0]])
    assert inequity(alone, 5.0, 5.0).tolist() == [[0.0]] and prosocial(alone, 1.0).tolist() == [[7.0]]


@given(earned, st.floats(0, 1))
def test_mixing_keeps_the_sum(rows, weight):
    reward = torch.tensor(rows)
    assert prosocial(reward, weight).sum(-1) == pytest.approx(reward.sum(-1), abs=1e-4)
    assert torch.equal(prosocial(reward, 0.0), reward)
    assert prosocial(reward, 1.0).numpy() == pytest.approx(reward.mean(-1, keepdim=True).expand_as(reward).numpy(), abs=1e-5)


@given(earned, st.floats(-5, 5, width=32))
def test_only_differences_are_unequal(rows, raised):
    reward = torch.tensor(rows)
    cost = inequity(reward, 0.7, 0.3)
    assert cost.min() >= 0 and cost.numpy() == pytest.approx(inequity(reward + raised, 0.7, 0.3).numpy(), abs=1e-3)
    assert inequity(torch.full((1, 3), raised), 0.7, 0.3).abs().max() == 0
