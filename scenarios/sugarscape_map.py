"""The ground of sugarscape: two hills of a good, what lies in sight of a cell, and what lies straight ahead of it."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Int
from torch import Tensor

# On the 50 x 50 map: the peaks as (row, column), the spread of each hill and the distance at which it ends, in cells. With
# these, 93 % of cells are as in the map of Epstein & Axtell that mesa's example carries, the others one unit off, and the
# map as a whole bears .5 % less.
SIDE, PEAKS, SPREAD, FOOT = 50, ((10.5, 38.5), (34.5, 14.5)), 9.5, 22.0
DIRECTIONS = ((-1, 0), (1, 0), (0, 1), (0, -1))  # north, south, east, west as (dy, dx)


def hills(size: int, peak: int) -> Int[Tensor, "C 2"]:
    """Capacity of every cell of a size x size map for sugar and, mirrored west to east, for spice; 0..peak.

    Two bells are added up; the sum is read as the distance from a single peak, and the capacity falls with it in `peak`
    equal steps to 0 at the foot of the hill.
    """
    y, x = torch.meshgrid(*[torch.arange(size, dtype=torch.float64) * SIDE / size] * 2, indexing="ij")
    height = torch.zeros_like(x)
    for row, column in PEAKS:
        height += torch.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * SPREAD**2))
    distance = SPREAD * (-2 * height.clamp(max=1).log()).sqrt()
    sugar = (peak * (1 - distance / FOOT)).ceil().clamp(0, peak).long()
    return torch.stack([sugar.flatten(), sugar.flip(1).flatten()], dim=-1)


def sight(shape: str, reach: int) -> Int[Tensor, "K 4"]:
    """Cells seen from a cell, itself left out, as (dy, dx, steps, squared distance), the nearest first.

    "cross": straight ahead in the four directions, as in the book; "diamond": all within so many steps, as in mesa.
    """
    span = range(-reach, reach + 1)
    seen = [(y, x, abs(y) + abs(x), y * y + x * x) for y in span for x in span if 0 < abs(y) + abs(x) <= reach]
    if shape == "cross":
        seen = [row for row in seen if 0 in row[:2]]
    return torch.tensor(sorted(seen, key=lambda row: row[3]))


def ahead(size: int, reach: int) -> tuple[Int[Tensor, "C M"], Bool[Tensor, "C M"]]:
    """The cells 1..reach steps ahead of each cell, direction by direction (M = 4 reach), and whether they are on the map."""
    steps = [(dy * k, dx * k) for dy, dx in DIRECTIONS for k in range(1, reach + 1)]
    dy, dx = torch.tensor(steps).unbind(-1)
    cell = torch.arange(size * size)[:, None]
    y, x = cell // size + dy, cell % size + dx
    there = (y >= 0) & (y < size) & (x >= 0) & (x < size)
    return torch.where(there, y * size + x, 0), there
