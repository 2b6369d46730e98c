"""Roth-Erev reinforcement: what was done goes back into the urn it was drawn from, as often as it was paid.

Roth & Erev (1995), Games and Economic Behavior 8, 164-212, in its basic form (no forgetting, no experimenting), which
Skyrms, Signals (2010), plays Lewis's game by. All games of a rollout are paid at once: with one world and one game a
rollout it is the sequential process exactly.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import one_hot

from society.config import Frozen
from society.keys import Keys
from society.population.population import Population
from society.population.rollout import Report, Rollout, advantages

from .table import EMPTY, Table


class UrnsConfig(Frozen):
    """What a payoff adds."""

    step: float = Field(1.0, gt=0, le=1e6, description="weight added for each unit of reward")
    gamma: float = Field(1.0, ge=0, le=1, description="discount of rewards that come after a later decision; 0: none count")


class Urns:
    """The learner, of minds under `policy=table`. A negative reward takes weight away, down to next to nothing."""

    Config = UrnsConfig

    def __init__(self, config: UrnsConfig):
        self.config = config

    def learn(self, population: Population, rollout: Rollout, key: Keys, progress: float) -> tuple[Population, Report]:
        """Pay every decision its return; see the Learner protocol."""
        c, table = self.config, population.policy
        if not isinstance(table, Table):
            raise ValueError("learner.name = 'urns': fills urns, which this policy has not; set population.policy to table")
        if c.gamma > 0 and not bool(rollout.ends[:, -1].all()):
            raise ValueError(
                f"learner.gamma = {c.gamma}: urns know nothing of what comes after a rollout; make training.ticks a "
                "multiple of the episode, or use 0"
            )
        _, returns = advantages(replace(rollout, value=torch.zeros_like(rollout.value)), c.gamma, 1.0)
        paid = (c.step * returns * rollout.keep).flatten(1)
        rows = table.perceived(rollout.features.flatten(1, 2))
        added = (rows * paid[..., None]).transpose(1, 2) @ chosen(rollout)
        weights = (population.weights + added.flatten(1)).clamp(min=EMPTY)
        learns = population.live & rollout.keep.flatten(1).any(1)
        population = replace(
            population,
            weights=torch.where(learns[:, None], weights, population.weights),
            steps=torch.where(learns, population.steps + 1, population.steps),
        )
        count = rollout.keep.flatten(1).sum(1).clamp(min=1)
        return population, Report({"return": (returns * rollout.keep).sum((1, 2)) / count, "weight": weights.sum(1)})


def chosen(rollout: Rollout) -> Tensor:
    """Which option of each position of each head was taken, one-hot [P, T * R, O]; 0 where there was no choice."""
    action, parts = rollout.action.flatten(1, 2), []
    for name, head in rollout.spec.heads.items():
        taken = one_hot(action[..., rollout.spec.columns[name]], head.size).float()
        if rollout.mask is not None:
            legal = rollout.mask.flatten(1, 2)[..., rollout.spec.options[name]].sum(-1)
            taken = taken * (legal > 1)[..., None, None]
        parts.append(taken.flatten(2))
    return torch.cat(parts, dim=-1)


learner = Urns
