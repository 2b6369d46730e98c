"""Tabular minds: an urn of weights for each thing perceived, an option chosen in proportion to its weight.

Roth & Erev (1995), Games and Economic Behavior 8, 164-212; Skyrms, Signals (2010), chapter 7. A row of the table is a
feature of the observation, so the table is exact in worlds that show one feature at a time (Lewis's game; a matrix game's
last moves). Where several are present their urns are poured together, each as much as its feature counts; where none is, an
urn of its own is used. Weights are never negative; `learner=urns` adds to them.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from society.config import Frozen
from society.population.population import Decision, Replay
from society.world.scenario import Spec

from .networks import SILENT_LOGIT, log_prob

EMPTY = 1e-6  # what an option weighs at least, so that no urn is ever empty


def choose(urns: Tensor, draw: Tensor) -> Tensor:
    """Options [...] in proportion to their weights in urns [..., V], by inverse CDF from uniforms [...] in [0, 1).

    The draw is compared with a share of the total, so that rounding never chooses an option of weight 0.
    """
    cdf = urns.cumsum(-1)
    return (cdf <= draw[..., None] * cdf[..., -1:]).sum(-1).clamp(max=urns.shape[-1] - 1)


class TableConfig(Frozen):
    """What the urns hold before anything was learnt."""

    initial: float = Field(1.0, gt=0, le=1e6, description="weight of every option at the start")


class Table:
    """P tables of urns; see `society.population.population.Policy` for the methods' contract.

    A mind's weights [D] are the table [F + 1, O] flat: a row for each feature and one for nothing perceived, a column for
    each option of each position of each head. There is no value: it is 0.
    """

    Config = TableConfig
    memory = 0

    def __init__(self, spec: Spec, config: TableConfig, dtype: torch.dtype = torch.float32):
        self.spec, self.config = spec, config
        self.rows = spec.features + 1
        self.options = sum(spec.sizes)
        self.size = self.rows * self.options

    def initial(self, seed: int, minds: Tensor) -> Tensor:
        """The same weights [P, D] for every mind: what differs is what happens to them."""
        return torch.full((len(minds), self.size), self.config.initial)

    def perceived(self, features: Tensor) -> Tensor:
        """Features [..., F] as weights of the table's rows [..., F + 1], the last for nothing perceived."""
        some = features.float().clamp(min=0)
        return torch.cat([some, (some.sum(-1, keepdim=True) == 0).float()], dim=-1)

    def urns(self, weights: Tensor, features: Tensor) -> Tensor:
        """The urns [P, R, O] from which rows of features [P, R, F] draw."""
        return self.perceived(features) @ weights.view(-1, self.rows, self.options)

    def logits(self, weights: Tensor, features: Tensor, mask: Tensor | None) -> dict[str, Tensor]:
        """Logarithms of the urns [P, R, L, V] by head: a softmax of them is choice in proportion to weight."""
        parts = self.urns(weights, features).split([h.size * h.length for h in self.spec.heads.values()], dim=-1)
        found = {}
        for (name, head), part in zip(self.spec.heads.items(), parts, strict=True):
            logs = part.unflatten(-1, (head.length, head.size)).clamp(min=EMPTY).log()
            if mask is not None:
                logs = logs.masked_fill(~mask[..., self.spec.options[name]][..., None, :], SILENT_LOGIT)
            found[name] = logs
        return found

    def act(
        self, weights: Tensor, features: Tensor, mask: Tensor | None, memory: Tensor, draw: Tensor, temperature: float
    ) -> Decision:
        """One decision for each row [P, R]."""
        chosen, total = [], torch.zeros(features.shape[:2], device=features.device)
        for name, logits in self.logits(weights, features, mask).items():
            likely = (logits / (temperature or 1.0)).softmax(-1)
            option = choose(likely, draw[..., self.spec.columns[name]]) if temperature else logits.argmax(-1)
            total = total + log_prob(logits, option)[0].sum(-1)
            chosen.append(option)
        return Decision(torch.cat(chosen, dim=-1), total, torch.zeros_like(total), memory)

    def evaluate(
        self, weights: Tensor, features: Tensor, mask: Tensor | None, action: Tensor, memory: Tensor, forget: Tensor | None
    ) -> Replay:
        """All ticks are one batch: a table has no past."""
        ticks = features.shape[1]
        mask = None if mask is None else mask.flatten(1, 2)
        logits = self.logits(weights, features.flatten(1, 2), mask)
        flat = action.flatten(1, 2)
        pairs = {name: log_prob(one, flat[..., self.spec.columns[name]]) for name, one in logits.items()}
        total = torch.stack([logs.sum(-1) for logs, _ in pairs.values()]).sum(0).unflatten(1, (ticks, -1))
        return Replay(
            total,
            {name: spread.sum(-1).unflatten(1, (ticks, -1)) for name, (_, spread) in pairs.items()},
            torch.zeros_like(total),
            {name: one.unflatten(1, (ticks, -1)) for name, one in logits.items()},
        )


policy = Table
