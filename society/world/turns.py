"""What worlds share in which seats move one after another."""

from __future__ import annotations

import torch
from torch import Tensor


def of_mover(x: Tensor, mover: Tensor) -> Tensor:
    """The part [W, ...] of x [W, N, ...] that belongs to the seat `mover` [W] of each world."""
    return x[torch.arange(len(mover), device=mover.device), mover]
