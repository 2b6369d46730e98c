"""Feed-forward minds: a trunk shared by actor and critic, or one for each; P sets of weights at once."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import relu, silu

from society.config import Frozen
from society.population.population import Decision, Replay
from society.world.scenario import Spec

from .networks import Heads, Layout, dense


class Tanh(torch.autograd.Function):
    """tanh(x) = 2 sigmoid(2x) - 1, in float32: on a processor that takes half the time of `torch.tanh`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """[...] to [...], in x's dtype."""
        y = torch.sigmoid(x.float() * 2).mul_(2).sub_(1).to(x.dtype)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:  # type: ignore[override]
        """The slope is 1 - tanh(x) squared."""
        (y,) = ctx.saved_tensors
        return torch.addcmul(grad, grad * y, y, value=-1)


ACTIVATIONS = {"silu": silu, "relu": relu, "tanh": Tanh.apply}


class MLPConfig(Frozen):
    """Shape of a feed-forward mind."""

    hidden: tuple[Annotated[int, Field(ge=1, le=4096)], ...] = Field(
        (128, 128), min_length=1, max_length=6, description="widths of the hidden layers"
    )
    activation: Literal["silu", "relu", "tanh"] = Field("silu", description="nonlinearity of the hidden layers")
    critic: Literal["shared", "own"] = Field("shared", description="whether values come of the actor's layers or of their own")


class MLP:
    """A stacked multilayer perceptron; see `society.population.population.Policy` for the methods' contract."""

    Config = MLPConfig
    COMPILES = ("act",)
    memory = 0

    def __init__(self, spec: Spec, config: MLPConfig, dtype: torch.dtype = torch.float32):
        self.config, self.dtype = config, dtype
        self.activation = ACTIVATIONS[config.activation]
        self.heads = Heads(spec, config.hidden[-1])
        widths = (spec.features, *config.hidden)
        layers: dict[str, tuple[int, ...]] = {}
        for trunk in ("", "critic.") if config.critic == "own" else ("",):
            for i, (inside, outside) in enumerate(pairwise(widths)):
                layers |= {f"{trunk}{i}.w": (inside, outside), f"{trunk}{i}.b": (outside,)}
        self.layout = Layout(layers | self.heads.shapes())
        self.size = self.layout.total

    def initial(self, seed: int, minds: Tensor) -> Tensor:
        """Orthogonal weights [P, D] keyed by each mind's number."""
        return self.layout.initial(seed, minds, self.heads.gains())

    def _trunks(self, x: Tensor, w: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """What actions and what values come of, [P, R, H] each."""
        x = x.to(self.dtype)
        actor = self._layers(x, w, "")
        return actor, self._layers(x, w, "critic.") if self.config.critic == "own" else actor

    def _layers(self, x: Tensor, w: dict[str, Tensor], trunk: str) -> Tensor:
        for i in range(len(self.config.hidden)):
            x = self.activation(dense(x, w[f"{trunk}{i}.w"], w[f"{trunk}{i}.b"]))
        return x

    def act(
        self, weights: Tensor, features: Tensor, mask: Tensor | None, memory: Tensor, draw: Tensor, temperature: float
    ) -> Decision:
        """One decision for each row [P, R]."""
        w = self.layout.arrays(weights, self.dtype)
        return self.heads.decide(*self._trunks(features, w), w, mask, memory, draw, temperature)

    def evaluate(
        self, weights: Tensor, features: Tensor, mask: Tensor | None, action: Tensor, memory: Tensor, forget: Tensor | None
    ) -> Replay:
        """All ticks are one batch: a feed-forward mind has no past."""
        w = self.layout.arrays(weights, self.dtype)
        trunks = self._trunks(features.flatten(1, 2), w)
        mask = None if mask is None else mask.flatten(1, 2)
        return self.heads.replay(*trunks, w, mask, action.flatten(1, 2), features.shape[1])


policy = MLP
