"""Proximal policy optimisation (Schulman et al. 2017) with generalised advantages, for P independent minds at once.

One network shared by all seats is P = 1. Every mind has its own weights, moments, advantages, gradient norm and loss; what
they share is the order of minibatches, which is keyed and says nothing of any mind.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import Field
from torch import Tensor

from society.config import Frozen
from society.keys import Keys
from society.population.population import Population, Replay
from society.population.rollout import Report, Rollout, advantages
from society.world.scenario import Spec

from . import losses
from .optim import Adam

EVERY = 4  # one row in four is replayed deaf: a mean needs no more, and a second pass over all would cost half an update


class PPOConfig(Frozen):
    """Hyperparameters; those that anneal fall linearly over the run."""

    lr: float = Field(1e-3, gt=0, le=1, description="Adam's step size at the start")
    lr_end: float = Field(0.1, ge=0, le=1, description="the step size at the end, as a share of `lr`")
    gamma: float = Field(0.97, ge=0, le=1, description="discount from decision to decision")
    lam: float = Field(0.95, ge=0, le=1, description="lambda of the generalised advantage")
    clip: float = Field(0.2, gt=0, le=10, description="bound on the probability ratio")
    epochs: int = Field(2, ge=1, le=64, description="passes over a rollout")
    minibatch: int = Field(8192, ge=1, le=1 << 20, description="steps of a minibatch, over all minds")
    value_weight: float = Field(0.5, ge=0, le=100, description="weight of the value loss")
    entropy: float = Field(0.01, ge=0, le=10, description="entropy bonus of acting heads")
    entropy_speech: float = Field(0.001, ge=0, le=10, description="entropy bonus of speech heads")
    standardise: bool = Field(
        True, description="advantages in units of their deviation; false: of reward, so that an entropy bonus is a temperature"
    )
    entropy_end: float = Field(
        1.0, gt=0, le=1, description="entropy bonuses at the end, as a share of those at the start; they fall geometrically"
    )
    max_norm: float = Field(0.5, gt=0, le=1e6, description="bound on each mind's gradient norm")
    signalling: float = Field(0.0, ge=0, le=10, description="weight of positive signalling, annealed to 0")
    listening: float = Field(0.0, ge=0, le=10, description="weight of positive listening, annealed to 0")


@dataclass(frozen=True)
class Batch:
    """Steps of a rollout that are learnt from together, [P, T, R, ...]; `forget` and `memory` only where minds remember.

    `numbers` [P, T, R, 4] are the log-probability, the advantage, the return and whether the step is kept: one thing to
    gather in place of four.
    """

    features: Tensor
    mask: Tensor | None
    action: Tensor
    numbers: Tensor
    forget: Tensor | None
    memory: Tensor

    @property
    def keep(self) -> Tensor:
        """Which steps enter the loss, bool [P, T, R]."""
        return self.numbers[..., 3] > 0

    def rows(self, index: Tensor) -> Batch:
        """A minibatch of rows."""

        def take(x: Tensor) -> Tensor:  # copies whole rows, unlike general indexing
            return x.index_select(2, index)

        mask, forget = (None if x is None else take(x) for x in (self.mask, self.forget))
        memory = self.memory[:, index] if self.memory.shape[-1] else self.memory
        return Batch(take(self.features), mask, take(self.action), take(self.numbers), forget, memory)

    def flat(self) -> Batch:
        """All ticks as rows of one tick, for minds without memory: [P, 1, T * R, ...].

        Steps that enter no loss are left out, as far as no mind has more of the others: in a world of turns, half.
        """
        keep = self.keep.flatten(1)
        most = max(int(keep.sum(1).max()), 1)
        kept = None
        if most < keep.shape[1]:
            kept = keep.int().argsort(dim=1, descending=True, stable=True)[:, :most]
        mind = torch.arange(len(keep), device=keep.device)[:, None]

        def one(x: Tensor) -> Tensor:
            rows = x.flatten(1, 2)
            return (rows if kept is None else rows[mind, kept])[:, None]

        mask = None if self.mask is None else one(self.mask)
        return Batch(one(self.features), mask, one(self.action), one(self.numbers), None, self.memory)


class PPO:
    """The learner; `learn` reads from top to bottom as the algorithm."""

    Config = PPOConfig
    COMPILES = ("objective",)

    def __init__(self, config: PPOConfig):
        self.config = config

    def learn(self, population: Population, rollout: Rollout, key: Keys, progress: float) -> tuple[Population, Report]:
        """Some epochs of clipped policy gradient over a rollout; see the Learner protocol."""
        c = self.config
        adv, returns = advantages(rollout, c.gamma, c.lam)
        adv = standardise(adv, rollout.keep) if c.standardise else adv
        numbers = torch.stack([rollout.logp, adv, returns, rollout.keep.float()], dim=-1)
        batch = Batch(rollout.features, rollout.mask, rollout.action, numbers, rollout.forget, rollout.memory)
        if population.policy.memory == 0:
            batch = batch.flat()
        ticks, rows = batch.action.shape[1:3]
        size = max(1, c.minibatch // (population.minds * ticks))
        lr = c.lr * (1 - (1 - c.lr_end) * progress)
        fade = torch.tensor(1 - progress)  # a tensor: as a number it would be compiled anew for every update
        adam = Adam(population, c.max_norm, rollout.keep.flatten(1).any(1))
        reports = []
        for epoch in range(c.epochs):
            order = key.permutation(f"ppo.{epoch}", rows)[0].to(batch.action.device)
            for index in order.split(size):
                weights = adam.population.weights.detach().requires_grad_()
                gain, numbers = self.objective(population, weights, batch.rows(index), rollout.spec, fade)
                (grad,) = torch.autograd.grad(-gain.sum(), weights)
                reports.append(numbers | {"grad_norm": adam.step(grad, lr)})
        return adam.population, Report({name: torch.stack([r[name] for r in reports]).mean(0) for name in reports[0]})

    def objective(
        self, population: Population, weights: Tensor, b: Batch, spec: Spec, fade: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """What each mind maximises [P], and its terms. `fade` scales what is annealed to 0."""
        c, keep = self.config, b.keep
        logp, adv, returns, _ = b.numbers.unbind(-1)
        replay = population.policy.evaluate(weights, b.features, b.mask, b.action, b.memory, b.forget)
        ratio = (replay.logp - logp).exp()
        surrogate = torch.minimum(ratio * adv, ratio.clamp(1 - c.clip, 1 + c.clip) * adv)
        policy = mean(surrogate, keep)
        value = mean((replay.value - returns).square(), keep)
        gain = policy - c.value_weight * value
        numbers = {"loss.policy": -policy, "loss.value": value, "kl": mean(ratio - 1 - ratio.log(), keep)}
        annealed = c.entropy_end ** (1 - fade)
        for name, head in spec.heads.items():
            numbers[f"entropy.{name}"] = mean(replay.entropy[name], keep)
            weight = c.entropy_speech if head.speech else c.entropy
            gain = gain + annealed * weight * numbers[f"entropy.{name}"]
        if c.signalling:
            numbers["signalling"] = losses.signalling(replay, spec, keep, b.mask)
            gain = gain + c.signalling * fade * numbers["signalling"]
        if c.listening and spec.hearing:
            some = b.rows(torch.arange(0, logp.shape[2], EVERY, device=logp.device))
            logits = {name: x[:, :, ::EVERY] for name, x in replay.logits.items()}
            heard = Replay(replay.logp[:, :, ::EVERY], {}, replay.value[:, :, ::EVERY], logits)
            deaf = self._deaf(population, weights, some, spec)
            numbers["listening"] = losses.listening(heard, deaf, spec, some.keep)
            gain = gain + c.listening * fade * numbers["listening"]
        return gain, {name: number.detach() for name, number in numbers.items()}

    @staticmethod
    def _deaf(population: Population, weights: Tensor, b: Batch, spec: Spec) -> Replay:
        """The same minds with nothing heard."""
        quiet = losses.deafen(b.features, spec)
        return population.policy.evaluate(weights, quiet, b.mask, b.action, b.memory, b.forget)


def mean(x: Tensor, keep: Tensor) -> Tensor:
    """Mean [P] over the kept steps of x [P, T, R]."""
    return (x * keep).sum((1, 2)) / keep.sum((1, 2)).clamp(min=1)


def standardise(adv: Tensor, keep: Tensor) -> Tensor:
    """Zero mean, unit deviation over each mind's kept steps; others 0."""
    centre = mean(adv, keep)[:, None, None]
    spread = mean((adv - centre).square(), keep).sqrt()[:, None, None]
    return (adv - centre) / (spread + 1e-8) * keep


learner = PPO
