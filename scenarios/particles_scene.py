"""How a plane is painted for the viewer: landmarks as discs of pixels, seats as places on them. No world by itself."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .particles_bodies import Mark

EXTENT = 1.4  # what lies further out is shown at the edge
PIXELS = 96
SMALLEST = 2.0  # pixels: the radius of what would be too small to see
SCALE = PIXELS / (2 * EXTENT)  # pixels to a unit of length
GROUND, INSIDE = ("beyond", "#E6E1D6"), ("plane", "#F7F5F0")


def diameter(radius: float) -> float:
    """A disc's diameter in pixels."""
    return 2 * radius * SCALE


def pixels(pos: Tensor) -> tuple[Tensor, Tensor]:
    """Positions [W, N, 2] as x and y [W, N] in pixels, whose centres are whole numbers, y downwards."""
    return (pos[..., 0] + EXTENT) * SCALE - 0.5, (EXTENT - pos[..., 1]) * SCALE - 0.5


def place(pos: Tensor) -> tuple[Tensor, Tensor]:
    """The same for seats, held inside the picture."""
    x, y = pixels(pos)
    return x.clamp(0, PIXELS - 1), y.clamp(0, PIXELS - 1)


def stamps(discs: Sequence[Mark]) -> tuple[Tensor, Tensor]:
    """The pixels of K discs around their centres: which disc [S], and how far in x and y [S, 2]."""
    whose, way = [torch.zeros(0, dtype=torch.long)], [torch.zeros(0, 2, dtype=torch.long)]
    for k, disc in reversed(list(enumerate(discs))):  # the first are painted last, over the others
        reach = int(max(disc.radius * SCALE, SMALLEST)) + 1
        grid = torch.cartesian_prod(torch.arange(-reach, reach + 1), torch.arange(-reach, reach + 1))
        inside = grid[grid.square().sum(1) <= max(disc.radius * SCALE, SMALLEST) ** 2]
        whose.append(torch.full((len(inside),), k))
        way.append(inside)
    return torch.cat(whose), torch.cat(way)


def ground(radius: float | None = None) -> Tensor:
    """A picture [PIXELS, PIXELS] of what begins at 1: the square from -1 to 1, or a disc of this radius; 0 is beyond."""
    at = ((torch.arange(PIXELS) + 0.5) / SCALE - EXTENT).abs()
    far = torch.maximum(at[:, None], at) if radius is None else torch.hypot(at[:, None], at)
    return (far <= (1.0 if radius is None else radius)).to(torch.uint8)


def paint(
    pos: Tensor, kinds: Sequence[Mark], looks: Tensor | None, whose: Tensor, way: Tensor
) -> tuple[Tensor, tuple[tuple[str, str], ...]]:
    """Discs at pos [W, K, 2] painted into cells [W, PIXELS, PIXELS] uint8, and the legend.

    `looks` [W, K] picks a colour of each disc's kind; None: the first of a kind shows its first colour, and so on.
    """
    legend, first, shown = [GROUND, INSIDE], [], []
    for kind in kinds:
        first += [len(legend)] * kind.count
        shown += [i % len(kind.colours) for i in range(kind.count)]
        several = len(kind.colours) > 1
        legend += [(f"{kind.name} {i}" if several else kind.name, colour) for i, colour in enumerate(kind.colours)]
    base = torch.tensor(first, dtype=torch.long, device=pos.device)
    index = base + (torch.tensor(shown, dtype=torch.long, device=pos.device) if looks is None else looks)
    cells = ground().to(pos.device).flatten().expand(len(pos), -1)
    x, y = (p.round().long() for p in pixels(pos))
    x, y = x[:, whose] + way[:, 0], y[:, whose] + way[:, 1]
    inside = (x >= 0) & (x < PIXELS) & (y >= 0) & (y < PIXELS)
    # pixels outside the picture go into a last cell, which is cut off
    where = torch.where(inside, y * PIXELS + x, PIXELS * PIXELS)
    colour = index.expand(len(pos), -1)[:, whose].to(torch.uint8)
    cells = torch.nn.functional.pad(cells, (0, 1)).scatter(1, where, colour)
    return cells[:, :-1].reshape(-1, PIXELS, PIXELS), tuple(legend)
