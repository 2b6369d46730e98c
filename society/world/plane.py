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


def ways(here: Float[Tensor, "W A 2"], there: Float[Tensor, "W B 2"]) -> tuple[Float[Tensor, "W A B"], Float[Tensor, "W A B"]]:
    """From every point of `here` to every point of `there`: the way in x and in y."""
    # a coordinate at a time: torch is slow where the last dimension is 2
    return there[:, None, :, 0] - here[:, :, None, 0], there[:, None, :, 1] - here[:, :, None, 1]


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
    dx, dy = ways(movers, bodies)
    far = torch.hypot(dx, dy)
    push = softplus(reach.to(far.dtype) - far, beta=1 / law.margin) * -law.stiffness / far.clamp(min=1e-12)
    return torch.stack([(push * dx).sum(-1), (push * dy).sum(-1)], dim=-1)


def move(
    pos: Float[Tensor, "W M 2"],
    vel: Float[Tensor, "W M 2"],
    force: Float[Tensor, "W M 2"],
    law: Law,
    mass: Float[Tensor, "M 1"] | float = 1.0,
    top: Float[Tensor, "M"] | None = None,
) -> tuple[Float[Tensor, "W M 2"], Float[Tensor, "W M 2"]]:
    """Positions and velocities one step on. A velocity above the `top` speed of its body is cut down to it.

    Positions move by the velocity from before this step's force.
    """
    onward = torch.add(pos, vel, alpha=law.dt)
    vel = torch.add(vel * (1 - law.damping), force / mass, alpha=law.dt)
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
