"""Seats near one another in worlds with many seats: by cell, so that work grows with the seats and not with their square.

What is found here is what comparing all pairs would find; how many pairs there are depends on where the seats stand, so
shapes do too. Worlds with few seats compare all pairs at once, which is quicker for them and keeps its shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from .grid import Torus

FEW = 48  # seats up to which all pairs at once are quicker


@dataclass(frozen=True)
class Pairs:
    """P ordered pairs of two seats of one world; seats are numbered through all worlds, world * N + seat. int64 [P]."""

    one: Int[Tensor, "P"]
    other: Int[Tensor, "P"]


def digits(seats: int) -> int:
    """Bits below a draw of 30 that hold the number of a pair, so that no two pairs of a world draw alike."""
    return max(20, (seats * seats - 1).bit_length())


def by_cell(seats: int, reach: int) -> bool:
    """Whether looking into the cells within `reach` (Chebyshev) is less work than comparing all pairs."""
    return seats > FEW and (2 * reach + 1) ** 2 < seats


def pairs(torus: Torus, pos: Int[Tensor, "W N"], reach: int) -> Pairs:
    """All ordered pairs of different seats within `reach` cells of one another (Chebyshev)."""
    worlds, seats = pos.shape
    cell = (pos + torch.arange(worlds, device=pos.device)[:, None] * torus.cells).flatten()
    order = cell.argsort(stable=True)
    count = cell.bincount(minlength=worlds * torus.cells)
    start = count.cumsum(0) - count
    around = (_around(torus, reach).to(pos.device)[pos] + (cell - pos.flatten()).view(worlds, seats, 1)).flatten(0, 1)
    there = count[around].flatten()
    slot = torch.arange(len(there), device=pos.device).repeat_interleave(there)
    rank = torch.arange(len(slot), device=pos.device) - (there.cumsum(0) - there)[slot]
    one, other = slot.div(around.shape[1], rounding_mode="floor"), order[start[around.flatten()[slot]] + rank]
    different = one != other
    return Pairs(one[different], other[different])


def _around(torus: Torus, reach: int) -> Int[Tensor, "C K"]:
    """The different cells within `reach` of each cell."""
    across, down = (
        range(-reach, reach + 1) if reach < size // 2 else range(-(size // 2), (size + 1) // 2)
        for size in (torus.width, torus.height)
    )
    y, x = torch.arange(torus.cells)[:, None] // torus.width, torch.arange(torus.cells)[:, None] % torus.width
    dy, dx = torch.tensor([(a, b) for a in down for b in across]).unbind(-1)
    return (y + dy) % torus.height * torus.width + (x + dx) % torus.width


def lowest(torus: Torus, pos: Int[Tensor, "W N"], draw: Int[Tensor, "W N"]) -> Bool[Tensor, "W N"]:
    """Who has a lower draw than everybody else in its cell."""
    best = draw.new_full((len(pos), torus.cells), torch.iinfo(draw.dtype).max).scatter_reduce(1, pos, draw, "amin")
    first = best.gather(1, pos) == draw
    firsts = torch.zeros_like(best).scatter_add(1, pos, first.long())
    return first & (firsts.gather(1, pos) == 1)
