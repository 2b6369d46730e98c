"""Rollout: what a learner reads of T ticks, grouped by mind and padded to one number of rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ..keys import Keys
from ..world.scenario import Spec
from .population import Population


@dataclass(frozen=True)
class Rollout:
    """P minds, T ticks, R rows (seats of worlds) for each mind.

    `keep` is False where a row is padding or the seat was not active: such steps enter no loss.
    `ends` is True where no return flows past the tick (the seat's life or the world ended); `bootstrap` is the value of the
    final observation where a world was cut off, else 0; `last_value` the value after the last tick; `memory` is what each
    row remembered before the first tick, `forget` where it was cleared after a tick.
    """

    spec: Spec
    features: Float[Tensor, "P T R F"]
    mask: Bool[Tensor, "P T R A"] | None
    action: Int[Tensor, "P T R K"]
    logp: Float[Tensor, "P T R"]
    value: Float[Tensor, "P T R"]
    reward: Float[Tensor, "P T R"]
    bootstrap: Float[Tensor, "P T R"]
    ends: Bool[Tensor, "P T R"]
    forget: Bool[Tensor, "P T R"]
    keep: Bool[Tensor, "P T R"]
    last_value: Float[Tensor, "P R"]
    memory: Float[Tensor, "P R M"]


@dataclass(frozen=True)
class Report:
    """What a learner says of its update: name -> one number for each mind [P]."""

    numbers: dict[str, Tensor] = field(default_factory=dict)


@runtime_checkable
class Learner(Protocol):
    """Turns experience into better minds."""

    def learn(self, population: Population, rollout: Rollout, key: Keys, progress: float) -> tuple[Population, Report]:
        """One update. `progress` in [0, 1] is the share of training done, for schedules. Frozen minds stay as they are."""


def advantages(
    rollout: Rollout, gamma: float, lam: float
) -> tuple[Float[Tensor, "P T R"], Float[Tensor, "P T R"]]:
    """Generalised advantage estimates and the returns that they imply (Schulman et al. 2016).

    Time is counted in a seat's own decisions: rewards of ticks in which it was not active belong to its last decision, and
    one discount is applied from decision to decision, so a seat that waits for its turn loses nothing.
    """
    out = torch.zeros_like(rollout.value)
    next_value, next_adv = rollout.last_value, torch.zeros_like(rollout.last_value)
    pending = torch.zeros_like(next_value)
    for t in reversed(range(rollout.value.shape[1])):
        cut = rollout.ends[:, t]
        boot = rollout.bootstrap[:, t]
        next_value = torch.where(cut, boot, next_value)
        next_adv = next_adv.masked_fill(cut, 0.0)
        reward = rollout.reward[:, t] + pending.masked_fill(cut, 0.0)
        value, own = rollout.value[:, t], rollout.keep[:, t]
        adv = reward + gamma * next_value - value + gamma * lam * next_adv
        out[:, t] = torch.where(own, adv, 0.0)
        next_value = torch.where(own, value, next_value)
        next_adv = torch.where(own, adv, next_adv)
        pending = torch.where(own, 0.0, reward)
    return out, out + rollout.value
