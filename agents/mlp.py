"""Feed-forward minds: a SiLU trunk shared by actor and critic, P sets of weights at once."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import silu

from society.config import Frozen
from society.population.population import Decision, Replay
from society.world.scenario import Spec

from .networks import Heads, Layout, dense


class MLPConfig(Frozen):
    """Shape of a feed-forward mind."""

    hidden: tuple[Annotated[int, Field(ge=1, le=4096)], ...] = Field(
        (128, 128), min_length=1, max_length=6, description="widths of the hidden layers"
    )


class MLP:
    """A stacked multilayer perceptron; see `society.population.population.Policy` for the methods' contract."""

    Config = MLPConfig
    memory = 0

    def __init__(self, spec: Spec, config: MLPConfig, dtype: torch.dtype = torch.float32):
        self.config, self.dtype = config, dtype
        self.heads = Heads(spec, config.hidden[-1])
        widths = (spec.features, *config.hidden)
        layers: dict[str, tuple[int, ...]] = {}
        for i, (inside, outside) in enumerate(pairwise(widths)):
            layers |= {f"{i}.w": (inside, outside), f"{i}.b": (outside,)}
        self.layout = Layout(layers | self.heads.shapes())
        self.size = self.layout.total

    def initial(self, seed: int, minds: Tensor) -> Tensor:
        """Orthogonal weights [P, D] keyed by each mind's number."""
        return self.layout.initial(seed, minds, self.heads.gains())

    def _trunk(self, x: Tensor, w: dict[str, Tensor]) -> Tensor:
        x = x.to(self.dtype)
        for i in range(len(self.config.hidden)):
            x = silu(dense(x, w[f"{i}.w"], w[f"{i}.b"]))
        return x

    def act(
        self, weights: Tensor, features: Tensor, mask: Tensor | None, memory: Tensor, draw: Tensor, temperature: float
    ) -> Decision:
        """One decision for each row [P, R]."""
        w = self.layout.arrays(weights, self.dtype)
        return self.heads.act_decision(self._trunk(features, w), w, mask, memory, draw, temperature)

    def evaluate(
        self, weights: Tensor, features: Tensor, mask: Tensor | None, action: Tensor, memory: Tensor, forget: Tensor
    ) -> Replay:
        """All ticks are one batch: a feed-forward mind has no past."""
        w = self.layout.arrays(weights, self.dtype)
        trunk = self._trunk(features.flatten(1, 2), w)
        mask = None if mask is None else mask.flatten(1, 2)
        return self.heads.replay(trunk, w, mask, action.flatten(1, 2), features.shape[1])


policy = MLP
