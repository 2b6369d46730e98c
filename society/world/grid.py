"""A torus of cells: moves, distances, egocentric windows. Positions are cell numbers, row by row."""

from __future__ import annotations

import torch
from jaxtyping import Int
from torch import Tensor

STEPS = ((0, 0), (-1, 0), (1, 0), (0, 1), (0, -1))  # stay, north, south, east, west as (dy, dx)


class Torus:
    """Tables of a height x width torus, made once: `moves` [C, 5] and, by `window`, [C, (2 r + 1)^2] cell numbers."""

    def __init__(self, height: int, width: int):
        self.height, self.width = height, width
        self.cells = height * width
        self.span = height // 2 + width // 2  # the largest L1 distance
        self.moves = self._neighbours(STEPS)

    def _neighbours(self, offsets: tuple[tuple[int, int], ...]) -> Int[Tensor, "C K"]:
        y, x = torch.arange(self.cells) // self.width, torch.arange(self.cells) % self.width
        dy, dx = torch.tensor(offsets).unbind(-1)
        return (y[:, None] + dy) % self.height * self.width + (x[:, None] + dx) % self.width

    def window(self, radius: int) -> Int[Tensor, "C K"]:
        """Cells of the square window around each cell, row by row from the north-west."""
        span = range(-radius, radius + 1)
        return self._neighbours(tuple((dy, dx) for dy in span for dx in span))

    def way(self, start: Int[Tensor, "..."], goal: Int[Tensor, "..."]) -> tuple[Tensor, Tensor]:
        """The shortest way (dx, dy) from one cell to another, in cells; a tie goes west or north."""
        dx = _wrap(goal % self.width - start % self.width, self.width)
        dy = _wrap(
            torch.div(goal, self.width, rounding_mode="floor") - torch.div(start, self.width, rounding_mode="floor"),
            self.height,
        )
        return dx, dy

    def ways(self, pos: Int[Tensor, "W N"]) -> tuple[Int[Tensor, "W N N"], Int[Tensor, "W N N"]]:
        """For all pairs of a world the way (dx, dy) [w, from, to]."""
        x = pos % self.width
        y = torch.div(pos, self.width, rounding_mode="floor")
        dx = _wrap(x[:, None, :] - x[:, :, None], self.width)
        dy = _wrap(y[:, None, :] - y[:, :, None], self.height)
        return dx, dy

    def step_towards(self, start: Tensor, goal: Tensor) -> Int[Tensor, "..."]:
        """The move (index of STEPS) that shortens the longer axis of the way."""
        dx, dy = self.way(start, goal)
        along_x = torch.where(dx > 0, 3, 4)
        along_y = torch.where(dy > 0, 2, 1)
        move = torch.where(dx.abs() >= dy.abs(), along_x, along_y)
        return torch.where((dx == 0) & (dy == 0), 0, move)


def _wrap(difference: Tensor, size: int) -> Tensor:
    """A signed difference on a ring of `size`: in [-size // 2, (size - 1) // 2]."""
    return (difference + size // 2) % size - size // 2
