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


def sample(logits: Tensor, draw: Tensor, temperature: float, dim: int = -1) -> Tensor:
    """Options by inverse CDF from logits with their options on axis `dim`, and uniforms without it; 0 takes the likeliest."""
    if temperature == 0:
        return logits.argmax(dim)
    cdf = torch.softmax(logits / temperature, dim).cumsum(dim)
    # compare with the total, not with 1: rounding must never choose an option of probability 0
    reached = draw.unsqueeze(dim) * cdf.narrow(dim, -1, 1)
    return (cdf <= reached).sum(dim).clamp(max=logits.shape[dim] - 1)


def log_prob(logits: Tensor, option: Tensor, dim: int = -1) -> tuple[Tensor, Tensor]:
    """Log-probability of each option and entropy in nats, of logits with their options on axis `dim`."""
    logs = logits.log_softmax(dim)
    return logs.gather(dim, option.unsqueeze(dim)).squeeze(dim), -(logs.exp() * logs).sum(dim)


@dataclass(frozen=True)
class Heads:
    """From a trunk [P, R, H] to actions: plain heads and the value from one product, messages symbol by symbol.

    A head of several numbers that is not speech draws them independently; a message of two symbols or more is
    autoregressive (`speech`).
    """

    spec: Spec
    width: int

    def __post_init__(self) -> None:
        _ = self.spec.columns, self.spec.options  # made now: a compiler that meets them unmade stops at their lock

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

    def _columns(self, trunk: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """A dense layer with its outputs first, [P, O, R] float32.

        Options are few and rows many: what sums or scales over options then runs along rows, four times as fast.
        """
        return dense(trunk, weight, bias).float().transpose(1, 2).contiguous()

    def read(
        self, trunk: Tensor, judge: Tensor, w: Mapping[str, Tensor], mask: Tensor | None
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Logits [P, L, V, R] of the plain heads and state values [P, R], both float32.

        Actions come of `trunk` and values of `judge`, both [P, R, H]; where they are one tensor, all is one product.
        """
        if judge is trunk:
            joined = torch.cat([w["out.w"], w["value.w"]], dim=2), torch.cat([w["out.b"], w["value.b"]], dim=1)
            both = self._columns(trunk, *joined)
            flat, value = both[:, :-1], both[:, -1]
        else:
            flat = self._columns(trunk, w["out.w"], w["out.b"])
            value = self._columns(judge, w["value.w"], w["value.b"])[:, 0]
        if not self.plain:
            return {}, value
        parts = flat.split([h.size * h.length for h in self.plain.values()], dim=1)
        logits = {}
        for (name, head), part in zip(self.plain.items(), parts, strict=True):
            logits[name] = self._masked(name, part.unflatten(1, (head.length, head.size)), mask)
        return logits, value

    def _masked(self, name: str, logits: Tensor, mask: Tensor | None) -> Tensor:
        """Illegal options get no probability; the positions of a head [P, L, V, R] share its mask [P, R, A]."""
        if mask is None:
            return logits
        return logits.masked_fill(~mask[..., self.spec.options[name]].transpose(1, 2)[:, None], SILENT_LOGIT)

    def decide(
        self,
        trunk: Tensor,
        judge: Tensor,
        w: Mapping[str, Tensor],
        mask: Tensor | None,
        memory: Tensor,
        draw: Tensor,
        temperature: float,
    ) -> Decision:
        """Act by the uniforms `draw` [P, R, K], value and carry memory on."""
        chosen: dict[str, Tensor] = {}
        total = torch.zeros(trunk.shape[:2], device=trunk.device)
        plain, value = self.read(trunk, judge, w, mask)
        for name, logits in plain.items():
            option = sample(logits, draw[..., self.spec.columns[name]].transpose(1, 2), temperature, dim=2)
            logs = logits.log_softmax(2).gather(2, option[:, :, None])
            chosen[name], total = option.transpose(1, 2), total + logs.sum((1, 2))
        for name, head in self.spoken.items():
            arrays = {k.removeprefix(f"{name}."): v for k, v in w.items() if k.startswith(f"{name}.")}

            def masked(logits: Tensor, name: str = name) -> Tensor:
                return self._masked(name, logits[:, None], mask)[:, 0]

            def drawn(logits: Tensor, position: int, name: str = name) -> Tensor:
                return sample(logits, draw[..., self.spec.columns[name]][..., position], temperature, dim=1)

            option, logs = speech.speak(trunk, arrays, head, masked, drawn)
            chosen[name], total = option, total + logs
        return Decision(torch.cat([chosen[name] for name in self.spec.heads], dim=-1), total, value, memory)

    def replay(
        self, trunk: Tensor, judge: Tensor, w: Mapping[str, Tensor], mask: Tensor | None, action: Tensor, ticks: int
    ) -> Replay:
        """Log-probability, entropy, value and logits of recorded actions; rows are T * R flat, unflattened here."""
        logits, value = self.read(trunk, judge, w, mask)
        for name, head in self.spoken.items():
            arrays = {k.removeprefix(f"{name}."): v for k, v in w.items() if k.startswith(f"{name}.")}
            message = one_hot(action[..., self.spec.columns[name]], head.size).to(trunk.dtype)
            logits[name] = self._masked(name, speech.logits(trunk, arrays, head, message), mask)
        total, entropy = torch.zeros(trunk.shape[:2], device=trunk.device), {}
        for name, head_logits in logits.items():
            logs, spread = log_prob(head_logits, action[..., self.spec.columns[name]].transpose(1, 2), dim=2)
            total = total + logs.sum(1)
            entropy[name] = spread.sum(1)

        def ticked(x: Tensor) -> Tensor:
            return x.unflatten(-1, (ticks, -1))

        return Replay(
            ticked(total),
            {k: ticked(v) for k, v in entropy.items()},
            ticked(value),
            {k: ticked(v).permute(0, 3, 4, 1, 2) for k, v in logits.items()},
        )
