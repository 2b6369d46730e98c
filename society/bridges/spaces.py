"""A spec in gymnasium's terms: what a seat sees and may do.

Actions are the packed numbers [K]: one head of one number is Discrete, anything else MultiDiscrete with one dimension for
each number (the positions of a message are numbers of one head and share its legal options).
"""

from __future__ import annotations

import gymnasium
import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from ..world.scenario import Observation, Spec


def action_space(spec: Spec) -> gymnasium.spaces.Discrete | gymnasium.spaces.MultiDiscrete:
    """What one seat may do."""
    one = len(spec.sizes) == 1
    return gymnasium.spaces.Discrete(spec.sizes[0]) if one else gymnasium.spaces.MultiDiscrete(list(spec.sizes))


def feature_space(spec: Spec) -> gymnasium.spaces.Box:
    """What one seat perceives, its fields packed into float32 [F] in the order of `spec.fields`."""
    return gymnasium.spaces.Box(-np.inf, np.inf, (spec.features,), np.float32)


def legal(spec: Spec, mask: Bool[Tensor, "*rows A"] | None, rows: tuple[int, ...]) -> Bool[Tensor, "*rows M"]:
    """Which option of each action number is legal, laid one number after another; None: all are.

    M is the sum over numbers of their options; the mask of a head is repeated for each of its positions.
    """
    parts = []
    for name, head in spec.heads.items():
        part = torch.ones(*rows, head.size, dtype=torch.bool) if mask is None else mask[..., spec.options[name]]
        parts += [part] * head.length
    return torch.cat(parts, dim=-1)


def choices(spec: Spec, seen: Observation) -> Bool[Tensor, "W N M"] | None:
    """Which option of each action number every seat may choose now, laid out as in `legal`; None: all may choose anything.

    A seat that is dead or whose turn it is not may only choose the no-op of each number.
    """
    if seen.mask is None and seen.active is None:
        return None
    rows = (seen.features.shape[0], seen.features.shape[1])
    may = legal(spec, seen.mask, rows).to(seen.features.device)
    if seen.active is None:
        return may
    idle = torch.cat([torch.arange(size) == 0 for size in spec.sizes])
    return torch.where(seen.active[..., None], may, idle.to(may.device))
