"""Grids: a torus, and a bounded grid with walls, facings and beams. Positions are cell numbers, row by row."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Int
from torch import Tensor

STEPS = ((0, 0), (-1, 0), (1, 0), (0, 1), (0, -1))  # as (dy, dx)
STEP_NAMES = ("stay", "north", "south", "east", "west")


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


NORTH, EAST, SOUTH, WEST = range(4)  # facings, clockwise
AHEAD = ((-1, 0), (0, 1), (1, 0), (0, -1))  # one cell ahead as (dy, dx), by facing


class Walled:
    """A bounded grid drawn as text: `#` is wall, every other letter is open. Seats on it have a facing and a cell each.

    Cells are numbered row by row on the drawing with `margin` cells of wall around it, so that no window and no beam leaves
    the grid; `margin` is the farthest that either may reach. Cell 0 is a corner of the margin: nobody is ever there.
    ValueError for a drawing whose lines differ in length.
    """

    def __init__(self, lines: Sequence[str], margin: int):
        if not lines or len({len(line) for line in lines}) > 1:
            raise ValueError(f"a map has lines of {sorted({len(line) for line in lines})} letters; draw all of one length")
        self.height, self.width, self.margin = len(lines), len(lines[0]), margin + 1
        self.stride = self.width + 2 * self.margin
        self.cells = (self.height + 2 * self.margin) * self.stride
        padding = "#" * self.margin
        blank = ["#" * self.stride] * self.margin
        self.drawing = "".join(blank + [padding + line + padding for line in lines] + blank)
        self.wall: Bool[Tensor, "C"] = torch.tensor([letter == "#" for letter in self.drawing])
        self.ahead = torch.tensor([dy * self.stride + dx for dy, dx in AHEAD])

    def where(self, letters: str) -> Int[Tensor, "K"]:
        """The cells that carry one of these letters, in the order of reading."""
        return torch.tensor([cell for cell, letter in enumerate(self.drawing) if letter in letters], dtype=torch.long)

    def yx(self, cell: Int[Tensor, "..."]) -> tuple[Tensor, Tensor]:
        """Row and column on the drawing."""
        return torch.div(cell, self.stride, rounding_mode="floor") - self.margin, cell % self.stride - self.margin

    def cell(self, y: int, x: int) -> int:
        """The cell of a row and column of the drawing."""
        return (y + self.margin) * self.stride + x + self.margin

    def drawn(self, values: Tensor) -> Tensor:
        """Values of all cells [..., C] as the drawing [..., height, width], without the margin."""
        inner = slice(self.margin, -self.margin)
        return values.unflatten(-1, (-1, self.stride))[..., inner, inner]

    def window(self, ahead: int, behind: int, aside: int) -> Int[Tensor, "4 K"]:
        """By facing, what to add to a cell to find the cells in view: from the farthest ahead to behind, left to right."""
        far, side = self.ahead, self.ahead.roll(-1)
        rows = torch.arange(ahead, -behind - 1, -1)
        columns = torch.arange(-aside, aside + 1)
        return (rows[:, None] * far[:, None, None] + columns * side[:, None, None]).flatten(1)

    def rays(self, length: int, radius: int) -> tuple[Int[Tensor, "4 C B"], Int[Tensor, "4 C B length"]]:
        """Beams from every cell in every facing, as B = 2 radius + 1 parallel rays from left to right.

        Returns how many cells each ray runs before a wall, at most `length`, and those cells, 0 behind the wall. A ray
        beside the middle begins at the cell beside the seat; is that a wall, there is no such ray.
        """
        here = torch.arange(self.cells)
        far, side = self.ahead, self.ahead.roll(-1)
        across = torch.arange(-radius, radius + 1)
        begin = here[:, None] + across * side[:, None, None]  # [4, C, B]
        path = begin[..., None] + torch.arange(length + 1) * far[:, None, None, None]
        path = path.clamp(0, self.cells - 1)  # only from inside the margin does a ray leave the grid
        open_ = (~self.wall[path]).long().cumprod(-1).bool()[..., 1:]
        return open_.sum(-1), torch.where(open_, path[..., 1:], 0)

    def enter(
        self, pos: Int[Tensor, "W N"], goal: Int[Tensor, "W N"], there: Bool[Tensor, "W N"], rank: Int[Tensor, "W N"]
    ) -> Bool[Tensor, "W N"]:
        """Who gets to its goal, all moving at once: no wall, nobody there before, and the lowest rank of those who want it.

        `there` says who stands on the grid at all; ranks of a world must differ. Whoever stays where it is gets there.
        """
        # [other, seat, w]: worlds last, so that whatever pairs seats runs along them. Whoever stays bars its cell to others
        # by standing there, and whoever aims at a wall is in nobody's way: neither needs to be left out of the race.
        stands, aim, rank = (x.t().contiguous() for x in (torch.where(there, pos, -1), goal, rank))
        barred = (stands[:, None] == aim) | ((aim[:, None] == aim) & (rank[:, None] < rank))
        barred = barred.view(torch.uint8).amax(0).t().contiguous()  # `any` takes ten times as long
        return ((goal == pos) & there) | ((self.wall.take(goal) | barred) == 0)

    def distances(self, goals: Int[Tensor, "K"]) -> Int[Tensor, "C K"]:
        """Steps from every cell to every goal round the walls; `cells` where there is no way."""
        far = torch.full((self.cells, len(goals)), self.cells)
        far[goals, torch.arange(len(goals))] = 0
        while True:
            around = torch.stack([far.roll(-int(step), 0) for step in self.ahead]).amin(0) + 1
            nearer = torch.where(self.wall[:, None], self.cells, torch.minimum(far, around))
            if torch.equal(nearer, far):
                return far
            far = nearer
