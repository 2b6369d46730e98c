"""Building blocks of stacked minds: rows of weights, batched layers, action heads.

P minds, R rows for each, D parameters of a mind, H width, A logits. Every product is one `baddbmm` over the P minds, which
costs about what one shared network costs at the same total rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod, sqrt

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from society.keys import Keys
from society.population.population import Decision, Replay
from society.world.scenario import Head, Spec

from . import speech

SILENT_LOGIT = -1e9  # an illegal option; finite, so that 0 * log 0 stays 0


class Layout:
    """Where each named array lies in a mind's row of weights [D]."""

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]):
        self.shapes = dict(shapes)
        self.sizes = [prod(shape) for shape in self.shapes.values()]
        self.total = sum(self.sizes)

    def arrays(self, weights: Tensor, dtype: torch.dtype) -> dict[str, Tensor]:
        """Views [P, *shape] in the compute dtype; one cast and one split, so the backward pass is one concatenation."""
        parts = weights.to(dtype).split(self.sizes, dim=1)
        return {
            name: part.view(-1, *shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    def initial(self, seed: int, minds: Tensor, gains: Mapping[str, float]) -> Tensor:
        """Orthogonal matrices (Saxe et al. 2014) scaled by `gains` (default sqrt 2), zero biases; keyed by mind, on CPU."""
        rows = []
        for mind in minds.tolist():
            key = Keys.worldless(seed, "initial", mind)
            parts = [self._array(key, name, shape, gains.get(name, sqrt(2))) for name, shape in self.shapes.items()]
            rows.append(torch.cat([p.flatten() for p in parts]))
        return torch.stack(rows)

    @staticmethod
    def _array(key: Keys, name: str, shape: tuple[int, ...], gain: float) -> Tensor:
        if len(shape) < 2:
            return torch.zeros(shape)
        wide = max(shape[-2:])
        draw = key.normal(name, *shape[:-2], wide, min(shape[-2:]))[0]
        q, r = torch.linalg.qr(draw)
        q = q * r.diagonal(dim1=-2, dim2=-1).sign()[..., None, :]
        return gain * (q if shape[-2] == wide else q.transpose(-2, -1))


def dense(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x [P, R, I] @ weight [P, I, O] + bias [P, O]."""
    return torch.baddbmm(bias[:, None], x, weight)


def sample(logits: Tensor, draw: Tensor, temperature: float) -> Tensor:
    """Options [...] by inverse CDF from logits [..., V] and uniforms [...]; temperature 0 takes the likeliest."""
    if temperature == 0:
        return logits.argmax(-1)
    cdf = torch.softmax(logits / temperature, -1).cumsum(-1)
    # compare with the total, not with 1: rounding must never choose an option of probability 0
    return (cdf <= (draw * cdf[..., -1])[..., None]).sum(-1).clamp(max=logits.shape[-1] - 1)


def log_prob(logits: Tensor, option: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probability of each option [...] and entropy [...] in nats, of logits [..., V]."""
    logs = logits.log_softmax(-1)
    return logs.gather(-1, option[..., None])[..., 0], -(logs.exp() * logs).sum(-1)


@dataclass(frozen=True)
class Heads:
    """From a trunk [P, R, H] to actions: plain heads and the value from one product, messages symbol by symbol.

    A head of several numbers that is not speech draws them independently; a message of two symbols or more is
    autoregressive (`speech`).
    """

    spec: Spec
    width: int

    @property
    def spoken(self) -> dict[str, Head]:
        """Heads that speak more than one symbol."""
        return {n: h for n, h in self.spec.heads.items() if h.speech and h.length > 1}

    @property
    def plain(self) -> dict[str, Head]:
        """All other heads."""
        return {n: h for n, h in self.spec.heads.items() if n not in self.spoken}

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Arrays that the heads need."""
        out = sum(h.size * h.length for h in self.plain.values())
        shapes = {"out.w": (self.width, max(out, 1)), "out.b": (max(out, 1),)}
        shapes |= {"value.w": (self.width, 1), "value.b": (1,)}
        for name, head in self.spoken.items():
            shapes |= {f"{name}.{k}": v for k, v in speech.shapes(self.width, head).items()}
        return shapes

    def gains(self) -> dict[str, float]:
        """Small logits at first, so that a fresh mind tries everything."""
        return {"out.w": 0.01, "value.w": 1.0} | {f"{name}.logit.w": 0.01 for name in self.spoken}

    def value(self, trunk: Tensor, w: Mapping[str, Tensor]) -> Tensor:
        """State values [P, R], float32."""
        return dense(trunk, w["value.w"], w["value.b"])[..., 0].float()

    def _plain_logits(self, trunk: Tensor, w: Mapping[str, Tensor], mask: Tensor | None) -> dict[str, Tensor]:
        flat = dense(trunk, w["out.w"], w["out.b"]).float()
        parts = flat.split([h.size * h.length for h in self.plain.values()], dim=-1)
        logits = {}
        for (name, head), part in zip(self.plain.items(), parts, strict=True):
            logits[name] = self._masked(name, part.unflatten(-1, (head.length, head.size)), mask)
        return logits

    def _masked(self, name: str, logits: Tensor, mask: Tensor | None) -> Tensor:
        """Illegal options get no probability; the positions of a head [..., L, V] share its mask."""
        if mask is None:
            return logits
        return logits.masked_fill(~mask[..., self.spec.options[name]][..., None, :], SILENT_LOGIT)

    def act(
        self, trunk: Tensor, w: Mapping[str, Tensor], mask: Tensor | None, draw: Tensor, temperature: float
    ) -> tuple[Tensor, Tensor]:
        """Action numbers [P, R, K] and their log-probability [P, R]."""
        chosen: dict[str, Tensor] = {}
        total = torch.zeros(trunk.shape[:2], device=trunk.device)
        for name, logits in (self._plain_logits(trunk, w, mask) if self.plain else {}).items():
            option = sample(logits, draw[..., self.spec.columns[name]], temperature)
            logs = logits.log_softmax(-1).gather(-1, option[..., None])[..., 0]
            chosen[name], total = option, total + logs.sum(-1)
        for name, head in self.spoken.items():
            arrays = {k.removeprefix(f"{name}."): v for k, v in w.items() if k.startswith(f"{name}.")}
            option, logs = speech.speak(
                trunk,
                arrays,
                head,
                lambda position_logits, position, name=name: self._masked(name, position_logits[..., None, :], mask)[
                    ..., 0, :
                ],
                lambda logits, position, name=name: sample(
                    logits, draw[..., self.spec.columns[name]][..., position], temperature
                ),
            )
            chosen[name], total = option, total + logs
        return torch.cat([chosen[name] for name in self.spec.heads], dim=-1), total

    def logits(
        self, trunk: Tensor, w: Mapping[str, Tensor], mask: Tensor | None, action: Tensor
    ) -> dict[str, Tensor]:
        """Logits [P, R, L, V] of every head given the action taken (which a message's later symbols depend on)."""
        found = self._plain_logits(trunk, w, mask) if self.plain else {}
        for name, head in self.spoken.items():
            arrays = {k.removeprefix(f"{name}."): v for k, v in w.items() if k.startswith(f"{name}.")}
            message = one_hot(action[..., self.spec.columns[name]], head.size).to(trunk.dtype)
            found[name] = self._masked(name, speech.logits(trunk, arrays, head, message), mask)
        return found

    def act_decision(
        self, trunk: Tensor, w: Mapping[str, Tensor], mask: Tensor | None, memory: Tensor, draw: Tensor, temp: float
    ) -> Decision:
        """Act, value and carry memory on."""
        action, logp = self.act(trunk, w, mask, draw, temp)
        return Decision(action, logp, self.value(trunk, w), memory)

    def replay(self, trunk: Tensor, w: Mapping[str, Tensor], mask: Tensor | None, action: Tensor, ticks: int) -> Replay:
        """Log-probability, entropy, value and logits of recorded actions; rows are T * R flat, unflattened here."""
        logits = self.logits(trunk, w, mask, action)
        total, entropy = torch.zeros(trunk.shape[:2], device=trunk.device), {}
        for name, head_logits in logits.items():
            logs, spread = log_prob(head_logits, action[..., self.spec.columns[name]])
            total = total + logs.sum(-1)
            entropy[name] = spread.sum(-1)

        def ticked(x: Tensor) -> Tensor:
            return x.unflatten(1, (ticks, -1))

        return Replay(
            ticked(total),
            {k: ticked(v) for k, v in entropy.items()},
            ticked(self.value(trunk, w)),
            {k: ticked(v) for k, v in logits.items()},
        )
