"""REINFORCE (Williams 1992) with a learned, a moving-average or no baseline, for P independent minds at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch
from pydantic import Field

from society.config import Frozen
from society.keys import Keys
from society.population.population import Population
from society.population.rollout import Report, Rollout, advantages

from .optim import Adam
from .ppo import mean


class REINFORCEConfig(Frozen):
    """Hyperparameters of the plain policy gradient."""

    lr: float = Field(1e-3, gt=0, le=1, description="Adam's step size")
    gamma: float = Field(1.0, ge=0, le=1, description="discount from decision to decision")
    baseline: Literal["learned", "moving", "none"] = Field("learned", description="what is subtracted from the return")
    momentum: float = Field(0.7, ge=0, lt=1, description="share of the old value in the moving baseline")
    value_weight: float = Field(0.5, ge=0, le=100, description="weight of the value loss (learned baseline)")
    entropy: float = Field(0.01, ge=0, le=10, description="entropy bonus of acting heads")
    entropy_speech: float = Field(0.01, ge=0, le=10, description="entropy bonus of speech heads")
    max_norm: float = Field(1.0, gt=0, le=1e6, description="bound on each mind's gradient norm")


class REINFORCE:
    """The learner: one gradient step on a rollout's Monte Carlo returns."""

    Config = REINFORCEConfig

    def __init__(self, config: REINFORCEConfig):
        self.config = config

    def learn(self, population: Population, rollout: Rollout, key: Keys, progress: float) -> tuple[Population, Report]:
        """One step; see the Learner protocol. Returns are cut at the rollout's end with the last value."""
        c = self.config
        if c.baseline != "learned" and not bool(rollout.ends[:, -1].all()):
            raise ValueError(
                f"learner.baseline = {c.baseline!r}: needs rollouts that end with their episodes, since nothing else "
                "learns what comes after; use learned, or make training.ticks a multiple of the episode"
            )
        _, returns = advantages(rollout, c.gamma, 1.0)
        centre = mean(returns, rollout.keep)
        has_steps = rollout.keep.flatten(1).any(1)
        if c.baseline == "moving":
            moving = torch.lerp(centre, population.baseline, c.momentum)
            moving = torch.where(population.steps == 0, centre, moving)
            learns = population.live & has_steps
            population = replace(population, baseline=torch.where(learns, moving, population.baseline))
        weights = population.weights.detach().requires_grad_()
        replay = population.policy.evaluate(
            weights, rollout.features, rollout.mask, rollout.action, rollout.memory, rollout.forget
        )
        base = {
            "learned": replay.value.detach(),
            "moving": population.baseline[:, None, None],
            "none": torch.zeros_like(returns),
        }[c.baseline]
        policy = mean((returns - base) * replay.logp, rollout.keep)
        value = mean((replay.value - returns).square(), rollout.keep)
        gain = policy - (c.value_weight * value if c.baseline == "learned" else 0.0)
        numbers = {"loss.policy": -policy, "loss.value": value, "return": centre}
        for name, head in rollout.spec.heads.items():
            numbers[f"entropy.{name}"] = mean(replay.entropy[name], rollout.keep)
            gain = gain + (c.entropy_speech if head.speech else c.entropy) * numbers[f"entropy.{name}"]
        (grad,) = torch.autograd.grad(-gain.sum(), weights)
        adam = Adam(population, c.max_norm, has_steps)
        numbers["grad_norm"] = adam.step(grad, c.lr)
        return adam.population, Report({k: v.detach() for k, v in numbers.items()})


learner = REINFORCE
