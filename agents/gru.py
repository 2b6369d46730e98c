"""Recurrent minds: a SiLU layer, a gated recurrent unit (Cho et al. 2014), heads; P sets of weights at once.

The cell is written out, because the input's share of all ticks is one product and only the recurrent share is a loop.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import silu

from society.config import Frozen
from society.population.population import Decision, Replay
from society.world.scenario import Spec

from .networks import Heads, Layout, dense


class GRUConfig(Frozen):
    """Shape of a recurrent mind."""

    hidden: int = Field(128, ge=1, le=2048, description="width of the layer before the cell")
    memory: int = Field(128, ge=1, le=2048, description="numbers that a seat remembers")


class GRU:
    """A stacked gated recurrent unit; see `society.population.population.Policy` for the methods' contract."""

    Config = GRUConfig
    COMPILES = ("act",)

    def __init__(self, spec: Spec, config: GRUConfig, dtype: torch.dtype = torch.float32):
        self.config, self.dtype, self.memory = config, dtype, config.memory
        self.heads = Heads(spec, config.memory)
        h, m = config.hidden, config.memory
        cell = {"in.w": (spec.features, h), "in.b": (h,), "x.w": (h, 3 * m), "x.b": (3 * m,)}
        self.layout = Layout({**cell, "h.w": (m, 3 * m), "h.b": (3 * m,), **self.heads.shapes()})
        self.size = self.layout.total

    def initial(self, seed: int, minds: Tensor) -> Tensor:
        """Orthogonal weights [P, D] keyed by each mind's number."""
        return self.layout.initial(seed, minds, self.heads.gains() | {"x.w": 1.0, "h.w": 1.0})

    def _inputs(self, features: Tensor, w: dict[str, Tensor]) -> Tensor:
        x = silu(dense(features.to(self.dtype), w["in.w"], w["in.b"]))
        return dense(x, w["x.w"], w["x.b"])

    def _cell(self, inputs: Tensor, memory: Tensor, w: dict[str, Tensor]) -> Tensor:
        """One step [P, R, 3 M], [P, R, M] -> [P, R, M], float32 memory."""
        past = dense(memory.to(self.dtype), w["h.w"], w["h.b"]).float()
        xr, xz, xn = inputs.float().chunk(3, -1)
        hr, hz, hn = past.chunk(3, -1)
        reset, update = torch.sigmoid(xr + hr), torch.sigmoid(xz + hz)
        return torch.lerp(torch.tanh(xn + reset * hn), memory, update)

    def act(
        self, weights: Tensor, features: Tensor, mask: Tensor | None, memory: Tensor, draw: Tensor, temperature: float
    ) -> Decision:
        """One decision for each row [P, R]; memory [P, R, M] is carried on."""
        w = self.layout.arrays(weights, self.dtype)
        memory = self._cell(self._inputs(features, w), memory, w)
        trunk = memory.to(self.dtype)
        return self.heads.decide(trunk, trunk, w, mask, memory, draw, temperature)

    def evaluate(
        self, weights: Tensor, features: Tensor, mask: Tensor | None, action: Tensor, memory: Tensor, forget: Tensor | None
    ) -> Replay:
        """Replay T ticks from the memory before the first; it is cleared after ticks where `forget` is True."""
        w = self.layout.arrays(weights, self.dtype)
        ticks = features.shape[1]
        inputs = self._inputs(features.flatten(1, 2), w).unflatten(1, (ticks, -1))
        states = []
        for t in range(ticks):
            memory = self._cell(inputs[:, t], memory, w)
            states.append(memory)
            memory = memory.masked_fill(forget[:, t, :, None], 0.0)
        trunk = torch.stack(states, dim=1).flatten(1, 2).to(self.dtype)
        mask = None if mask is None else mask.flatten(1, 2)
        return self.heads.replay(trunk, trunk, w, mask, action.flatten(1, 2), ticks)


policy = GRU
