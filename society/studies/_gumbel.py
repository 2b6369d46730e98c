"""Stacked minds whose words stay differentiable: networks of one hidden layer and the straight-through Gumbel sample.

K pairs side by side, each with its own keys (Jang et al. 2017; Maddison et al. 2017). AdamW with decoupled weight decay
(Loshchilov & Hutter 2019) is the learner of the studies that use them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import one_hot, silu

from society.keys import Keys

HIDDEN, TEMPERATURE = 64, 2.0


def network(keys: Sequence[Keys], name: str, inside: int, outside: int) -> list[Tensor]:
    """Weights and biases [K, ...] of two layers; each pair's weights are drawn from its own key."""
    layers = []
    for i, (a, b) in enumerate(((inside, HIDDEN), (HIDDEN, outside))):
        drawn = torch.cat([key.normal(f"{name}.{i}", a, b) for key in keys])
        layers += [drawn.div_(a**0.5).requires_grad_(), torch.zeros(len(keys), 1, b).requires_grad_()]
    return layers


def forward(layers: list[Tensor], x: Tensor) -> Tensor:
    """x [K, G, inside] through a network: [K, G, outside]."""
    w1, b1, w2, b2 = layers
    return torch.baddbmm(b2, silu(torch.baddbmm(b1, x, w1)), w2)


def word(logits: Tensor, keys: Sequence[Keys], purpose: str, greedy: bool) -> Tensor:
    """One-hot words [K, G, V] of logits: the likeliest, or sampled ones that carry the gradient of the
    sample relaxed at `TEMPERATURE`."""
    if greedy:
        return one_hot(logits.argmax(-1), logits.shape[-1]).float()
    draw = torch.cat([key.uniform(purpose, *logits.shape[1:]) for key in keys]).clamp(min=1e-9)
    soft = ((logits - (-draw.log()).log()) / TEMPERATURE).softmax(-1)
    return one_hot(soft.argmax(-1), soft.shape[-1]).float() + soft - soft.detach()
