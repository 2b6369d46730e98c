"""A population as tensors: P minds with P sets of weights, their optimiser moments and lineage, row by row.

All parameters of a mind are one row of `weights` [P, D]; a policy knows where in the row each layer lies. So selection,
mutation and freezing are index operations on rows, and an optimiser step is a handful of operations on one tensor.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ..keys import Keys


@dataclass(frozen=True)
class Decision:
    """What minds did: action [P, R, K] int64, its log-probability and the state value [P, R], memory [P, R, M]."""

    action: Int[Tensor, "P R K"]
    logp: Float[Tensor, "P R"]
    value: Float[Tensor, "P R"]
    memory: Float[Tensor, "P R M"]


@dataclass(frozen=True)
class Replay:
    """What a policy makes of recorded steps, for learning.

    logp, entropy, value [P, T, R]; `entropies` and `logits` by head, [P, T, R] and [P, T, R, length, size].
    """

    logp: Float[Tensor, "P T R"]
    entropy: dict[str, Float[Tensor, "P T R"]]
    value: Float[Tensor, "P T R"]
    logits: dict[str, Float[Tensor, "P T R L V"]]


@runtime_checkable
class Policy(Protocol):
    """An architecture without weights: every method takes the weights [P, D] of the minds it speaks for.

    P minds, R rows (seats of worlds) for each mind, T ticks, F features, A options, K action numbers, M memory.
    """

    size: int  # D, parameters of one mind
    memory: int  # M, numbers a seat remembers; 0: feed-forward

    def initial(self, seed: int, minds: Int[Tensor, "P"]) -> Float[Tensor, "P D"]:
        """Fresh weights, keyed by each mind's number, so that a mind is the same in any population."""

    def act(
        self, weights: Tensor, features: Tensor, mask: Tensor | None, memory: Tensor, draw: Tensor, temperature: float
    ) -> Decision:
        """Sample actions by inverse CDF from the uniforms `draw` [P, R, K]; temperature 0 is greedy."""

    def evaluate(
        self,
        weights: Tensor,
        features: Float[Tensor, "P T R F"],
        mask: Tensor | None,
        action: Int[Tensor, "P T R K"],
        memory: Float[Tensor, "P R M"],
        forget: Bool[Tensor, "P T R"] | None,
    ) -> Replay:
        """The same path replayed with gradients; memory is cleared after ticks where `forget` is True (None: no memory)."""


@dataclass(frozen=True)
class Population:
    """P minds of one architecture. `live` [P] False: frozen, no gradient reaches weights or moments.

    `moments` are Adam's two, [P, D] each, and `steps` [P] the updates that each mind has had. `mind` [P] are numbers that
    no other mind of the run has or had, `parent` [P] the mind that it was copied from (-1: none), `born` [P] the update.
    `baseline` [P] is a moving average of returns, for learners that keep one.
    """

    policy: Policy
    weights: Float[Tensor, "P D"]
    moment1: Float[Tensor, "P D"]
    moment2: Float[Tensor, "P D"]
    steps: Int[Tensor, "P"]
    live: Bool[Tensor, "P"]
    mind: Int[Tensor, "P"]
    parent: Int[Tensor, "P"]
    born: Int[Tensor, "P"]
    baseline: Float[Tensor, "P"]

    TENSORS: ClassVar = ("weights", "moment1", "moment2", "steps", "live", "mind", "parent", "born", "baseline")

    @classmethod
    def begin(cls, policy: Policy, minds: int, seed: int) -> Population:
        """A population of fresh minds."""
        mind = torch.arange(minds)
        weights = policy.initial(seed, mind)
        zero, none = torch.zeros_like(mind), torch.full_like(mind, -1)
        live = torch.ones(minds, dtype=torch.bool)
        moments = torch.zeros_like(weights), torch.zeros_like(weights)
        return cls(policy, weights, *moments, zero, live, mind, none, zero, torch.zeros(minds))

    @property
    def minds(self) -> int:
        """P."""
        return self.weights.shape[0]

    def tensors(self) -> dict[str, Tensor]:
        """Everything that a checkpoint keeps."""
        return {name: getattr(self, name) for name in self.TENSORS}

    def with_tensors(self, tensors: dict[str, Tensor]) -> Population:
        """The same architecture with other tensors (from a checkpoint, or on another device)."""
        return Population(self.policy, **{name: tensors[name] for name in self.TENSORS})

    def take(self, rows: Int[Tensor, "P2"]) -> Population:
        """The minds in these rows, in this order: selection as an index operation."""
        return self.with_tensors({name: tensor[rows] for name, tensor in self.tensors().items()})

    def freeze(self, rows: Int[Tensor, "K"]) -> Population:
        """The same population with these rows frozen."""
        live = self.live.clone()
        live[rows] = False
        return replace(self, live=live)

    def mutate(self, seed: int, update: int, scale: float) -> Population:
        """Add keyed Gaussian noise of standard deviation `scale` to the live minds' weights."""
        key = Keys.worldless(seed, "mutate", update)
        noise = key.normal("mutate", *self.weights.shape)[0].to(self.weights.device)
        return replace(self, weights=self.weights + scale * noise * self.live[:, None])
