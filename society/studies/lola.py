"""Learning with opponent-learning awareness, exact (Foerster et al. 2018), on the iterated prisoner's dilemma.

Payoffs -1, -3, 0, -2 and discount .96; a policy is five logits, the probability of cooperating at first and after CC, CD, DC,
DD (own move first). The value of two policies is a closed form, so both learners follow exact gradients: the naive one its
own, the aware one the gradient of its value after the opponent's next naive step, to first order.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ._rows import near, result

REWARD, SUCKER, TEMPTATION, PUNISHMENT = -1.0, -3.0, 0.0, -2.0
DISCOUNT, UPDATES, STEP = 0.96, 200, 1.0
NAIVE, AWARE, AWARE_SPREAD = -2.0, -1.037, 0.165
SWAPPED = [0, 1, 3, 2, 4]  # the same pasts as the other player tells them
SOURCE = "exact LOLA, an independent run: 200 updates, step 1, 200 seeds"


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """Mean payoff a round of two naive and of two aware learners; seeds are batched, so `quick` makes no difference."""
    start = time.perf_counter()
    chosen = seeds or list(range(200))
    begun = torch.stack([torch.randn(2, 5, generator=_generator(seed), dtype=torch.float64) for seed in chosen])
    rows = []
    for name, aware, published, tolerance in (("naive", False, NAIVE, 0.01), ("LOLA", True, AWARE, AWARE_SPREAD)):
        values = learn(begun, aware).tolist()
        note = f"standard deviation over seeds {np.std(values, ddof=1):.3f}" if len(chosen) > 1 else ""
        label = f"{name} learners, mean payoff a round"
        rows.append(near(label, published, values, tolerance, source=SOURCE, note=note, seconds=time.perf_counter() - start))
    return result("lola", rows)


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def learn(begun: Tensor, aware: bool) -> Tensor:
    """Payoff a round [B], mean of both players, after the updates from policies [B, 2, 5]."""
    both = begun
    for _ in range(UPDATES):
        one, two = (both[:, k].detach().requires_grad_() for k in (0, 1))
        both = torch.stack([one.detach() + STEP * gradient(one, two, aware), two.detach() + STEP * gradient(two, one, aware)], 1)
    return (1 - DISCOUNT) * (value(both[:, 0], both[:, 1]) + value(both[:, 1], both[:, 0])) / 2


def gradient(own: Tensor, other: Tensor, aware: bool) -> Tensor:
    """What a learner [B, 5] follows: dV/d own, and when aware also d/d own of (dV/d other . the other's naive step)."""
    mine = value(own, other).sum()
    (naive,) = torch.autograd.grad(mine, own, retain_graph=True)
    if not aware:
        return naive
    (wished,) = torch.autograd.grad(mine, other)
    (step,) = torch.autograd.grad(value(other, own).sum(), other, create_graph=True)
    (shaping,) = torch.autograd.grad((wished * STEP * step).sum(), own)
    return naive + shaping


def value(own: Tensor, other: Tensor) -> Tensor:
    """Discounted sum of payoffs [B] of logits `own` against `other`, [B, 5] each: p0 (I - d P)^-1 r over CC, CD, DC, DD."""
    mine, theirs = own.sigmoid(), other.sigmoid()[:, SWAPPED]
    joint = torch.stack([mine * theirs, mine * (1 - theirs), (1 - mine) * theirs, (1 - mine) * (1 - theirs)], dim=-1)
    payoff = torch.tensor([REWARD, SUCKER, TEMPTATION, PUNISHMENT], dtype=own.dtype)
    after = torch.linalg.solve(torch.eye(4, dtype=own.dtype) - DISCOUNT * joint[:, 1:], payoff.expand(len(own), 4))
    return (joint[:, 0] * after).sum(-1)
