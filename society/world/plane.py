"""Bodies in a continuous 2-D space: thrust, soft contacts, damping, top speeds.

The physics of the multi-agent particle environment (Lowe et al. 2017), whose rules the package mpe2 keeps: semi-implicit
steps of `dt`, velocity damped by a fixed share a step, and between bodies that overlap a force of `stiffness` times a
smoothed depth of overlap. B bodies of which the first M can move; the rest are fixed. Pure functions that keep the dtype
they are given. Lengths and times are in the world's own units.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import softplus

# thrust for each option of a move: none, left, right, down, up
DIRECTIONS = torch.tensor([[0.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]])


@dataclass(frozen=True)
class Law:
    """The constants of motion: length of a step, share of the velocity lost in it, stiffness and softness of contacts."""

    dt: float = 0.1
    damping: float = 0.25
    stiffness: float = 100.0
    margin: float = 0.001

    @property
    def coast(self) -> float:
        """How far a body runs on without thrust, for each unit of its velocity: dt times the sum of (1 - damping)^k."""
        return self.dt / self.damping if self.damping else float("inf")


def reaches(radius: Float[Tensor, "B"], movers: int) -> Float[Tensor, "M B"]:
    """At which distance the discs of the first `movers` bodies meet each of B: the sum of the radii, and -1 for itself."""
    reach = radius[:movers, None] + radius
    return reach.diagonal_scatter(torch.full_like(radius[:movers], -1.0))


def columns(points: Float[Tensor, "W B 2"]) -> Float[Tensor, "B 2 W"]:
    """The same numbers with the worlds last, no copy."""
    return points.permute(1, 2, 0)


def rows(points: Float[Tensor, "B 2 W"]) -> Float[Tensor, "W B 2"]:
    """The inverse of `columns`, no copy."""
    return points.permute(2, 0, 1)


def aligned(points: Float[Tensor, "W B 2"]) -> Float[Tensor, "W B 2"]:
    """The same points so laid in memory that a coordinate of a body is beside that of the next world.

    Kernels then run along the worlds, of which there are many; along two coordinates they are up to ten times as slow.
    What is computed of such points element by element is laid out so itself; what is summed over bodies is not.
    """
    return rows(columns(points).contiguous())


def ways(here: Float[Tensor, "W A 2"], there: Float[Tensor, "W B 2"]) -> tuple[Float[Tensor, "W A B"], Float[Tensor, "W A B"]]:
    """From every point of `here` to every point of `there`: the way in x and in y."""
    dx, dy = (there[:, None] - here[:, :, None]).unbind(-1)
    return dx, dy


def distances(here: Float[Tensor, "W A 2"], there: Float[Tensor, "W B 2"]) -> Float[Tensor, "W A B"]:
    """The distance from every point of `here` to every point of `there`."""
    return torch.hypot(*ways(here, there))


def contacts(
    movers: Float[Tensor, "W M 2"], bodies: Float[Tensor, "W B 2"], reach: Float[Tensor, "M B"], law: Law
) -> Float[Tensor, "W M 2"]:
    """The force on each mover from its contacts with all bodies, of which the movers are the first.

    Away from the other body, `stiffness * margin * log(1 + exp(depth / margin))` for a depth of overlap `reach` - distance.
    Where `reach` is negative (see `reaches`) there is no contact; bodies at one and the same point do not push each other.
    """
    way = columns(bodies) - columns(movers)[:, None]  # [M, B, 2, W]
    far = torch.hypot(*way.unbind(2))
    push = softplus(reach.to(far.dtype)[..., None] - far, beta=1 / law.margin).mul_(-law.stiffness).div_(far.clamp_(min=1e-12))
    return rows(way.mul_(push[:, :, None]).sum(1))


def move(
    pos: Float[Tensor, "W M 2"],
    vel: Float[Tensor, "W M 2"],
    force: Float[Tensor, "W M 2"],
    law: Law,
    mass: Float[Tensor, "M 1"] | None = None,
    top: Float[Tensor, "M"] | None = None,
) -> tuple[Float[Tensor, "W M 2"], Float[Tensor, "W M 2"]]:
    """Positions and velocities one step on; mass 1 if none is given. Velocities above a body's `top` speed are cut to it.

    Positions move by the velocity from before this step's force.
    """
    onward = torch.add(pos, vel, alpha=law.dt)
    vel = torch.add(vel * (1 - law.damping), force if mass is None else force / mass, alpha=law.dt)
    if top is None:
        return onward, vel
    speed = torch.hypot(vel[..., 0], vel[..., 1]).clamp(min=1e-12)
    return onward, vel * (top.to(vel.dtype) / speed).clamp(max=1.0)[..., None]


def towards(pos: Float[Tensor, "W M 2"], vel: Float[Tensor, "W M 2"], goal: Float[Tensor, "W M 2"], law: Law) -> Tensor:
    """The option of a move [W, M] that brings a body nearest to its goal: against the larger part of what will be missing.

    A body within a tenth of a unit of where it would come to rest does nothing.
    """
    missing = goal - pos - vel * law.coast
    size, axis = missing.abs().max(dim=-1)
    positive = missing.gather(-1, axis[..., None])[..., 0] > 0
    return torch.where(size > 0.1, 1 + 2 * axis + positive, 0)
