"""Voices in worlds with many seats: what `Channel.hear_around` says, found cell by cell in place of pair by pair.

The nearest speaker in a quarter of the torus is a distance map of the grid: the quarter that opens to the east of a cell is
made of those of its three neighbours to the east, one column shorter. So k steps of a map know all speakers within k columns,
and no further step can matter once nothing beyond k columns could be nearer than what is known.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .channel import DIRECTIONS, ChannelConfig
from .grid import Torus

FAR = 1 << 14  # farther than any cell; int16 bears what the steps add to it


def by_map(seats: int, cells: int) -> bool:
    """Whether maps of the grid are less work than all pairs of seats; measured, and good to a factor of two."""
    return seats * seats > 10 * cells


def voices(
    air: Int[Tensor, "W N L"], pos: Int[Tensor, "W N"], torus: Torus, config: ChannelConfig
) -> Float[Tensor, "W N S"]:
    """Loudness of the nearest speaker of each symbol in each coarse direction, as `Channel.hear_around` defines it."""
    worlds, seats, length = air.shape
    reach, symbols = config.reach or torus.span, config.symbols - 1
    channel = torch.arange(length, device=air.device) * symbols + air - 1  # [W, N, L]
    spoken = torch.where(air > 0, channel, length * symbols)
    count = torch.zeros(worlds, length * symbols + 1, torus.cells, dtype=torch.int16, device=air.device)
    place = (spoken * torus.cells + pos[..., None]).flatten(1)
    count.flatten(1).scatter_add_(1, place, torch.ones_like(place, dtype=torch.int16))
    speaks = (count[:, :-1] > 0).unflatten(-1, (torus.height, torus.width))
    here = count[:, :-1].gather(2, pos[:, None].expand(-1, length * symbols, -1))  # [W, L V, N]
    own = torch.zeros(worlds, seats, length * symbols + 1, dtype=torch.int16, device=air.device)
    own.scatter_(2, spoken, 1)  # nobody hears themselves, and in another cell nobody can
    distance = torch.full((worlds, length * symbols, DIRECTIONS, seats), FAR, dtype=torch.int16, device=air.device)
    distance[:, :, 0].masked_fill_(here > own[..., :-1].transpose(1, 2), 0)
    for direction, far in enumerate(_maps(speaks, reach), start=1):
        distance[:, :, direction] = far.flatten(2).gather(2, pos[:, None].expand(-1, length * symbols, -1))
    loud = (reach + 1 - distance.long()).clamp_(min=0).float().mul_(1 / (reach + 1))
    return loud.flatten(1, 2).transpose(1, 2)


def _maps(speaks: Bool[Tensor, "W S H D"], reach: int) -> list[Int[Tensor, "W S H D"]]:
    """How far (L1) the nearest speaker is from each cell to the north, south, east and west; `FAR` or more: none.

    East and west are as wide as high, bounds included; north and south have the rest.
    """
    height, width = speaks.shape[-2:]
    north, south = (_ahead(speaks, -2, step, min(reach, most) - 1) for step, most in ((1, height // 2), (-1, (height - 1) // 2)))
    east, west = (_ahead(speaks, -1, step, min(reach, most)) for step, most in ((-1, (width - 1) // 2), (1, width // 2)))
    upright = [
        _at(speaks, far).roll(step, -2) + 1 if most > 0 else torch.full_like(far, FAR)
        for far, step, most in ((north, 1, min(reach, height // 2)), (south, -1, min(reach, (height - 1) // 2)))
    ]
    return [*upright, east, west]


def _at(speaks: Tensor, far: Tensor) -> Tensor:
    """The distance with one's own cell: 0 where somebody speaks there."""
    return far.masked_fill(speaks, 0)


def _ahead(speaks: Tensor, axis: int, step: int, most: int) -> Tensor:
    """The distance to the nearest speaker at most `most` cells along `axis` and no farther across; roll `step` looks ahead."""
    across = -1 if axis == -2 else -2
    far = torch.full_like(speaks, FAR, dtype=torch.int16)
    for k in range(1, most + 1):
        ahead = _at(speaks, far).roll(step, axis)
        beside = torch.minimum(ahead.roll(1, across), ahead.roll(-1, across)) + 1
        far = torch.minimum(ahead, beside) + 1
        if bool(far.max() <= k + 1):
            break
    return far
