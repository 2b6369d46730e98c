"""What the particle worlds with two sides share: hunters and prey, touches, the edge of the arena. No world by itself."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from society.world import plane

from .particles import LAW, ParticleState, ParticleWorld
from .particles_bodies import Mark, Role
from .particles_play import nearest


def hunters(name: str, count: int, sees: tuple[str, ...], speaks: bool = False, colour: str = "#D55E00") -> Role:
    """Slow seats that chase."""
    return Role(name, sees, count, radius=0.075, thrust=3.0, top=1.0, speaks=speaks, colour=colour)


def prey(count: int, radius: float, sees: tuple[str, ...]) -> Role:
    """Fast seats that flee."""
    return Role("good", sees, count, radius=radius, thrust=4.0, top=1.3, colour="#009E73")


def obstacles(count: int) -> Mark:
    """Solid landmarks."""
    return Mark("obstacle", count, radius=0.2, solid=True, spread=0.9, colours=("#777777",))


def touches(world: ParticleWorld, s: ParticleState) -> Tensor:
    """Which adversary touches which good agent, bool [W, adversaries, good]; the adversaries are the first seats."""
    good = world.chased[0]
    reach = world.reach[:good, good : world.seats].to(s.pos.dtype)
    return plane.distances(s.pos[:, :good], s.pos[:, good : world.seats]) < reach


def bounds(pos: Tensor) -> Tensor:
    """What being far out costs [W, A] at pos [W, A, 2]: in each direction 0 to .9, then rising to 1 at 1 and to 10 at most."""
    out = pos.abs()
    cost = torch.where(out < 1.0, (out - 0.9) * 10, (2 * out - 2).exp().clamp(max=10.0))
    return torch.where(out < 0.9, 0.0, cost).sum(-1)


def sides(caught: Tensor, bad: Tensor, good: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """The reward [W, N] of both sides, and measures: touches by prey, and for each side its reward and its ticks."""
    reward = torch.cat([bad, good], dim=1)
    hunts = torch.arange(reward.shape[1], device=reward.device).expand_as(reward) < bad.shape[1]
    measures = {
        "touched": torch.cat([torch.zeros_like(bad), caught.sum(1).to(bad.dtype)], dim=1),
        "reward_adversaries": reward * hunts,
        "ticks_adversaries": hunts,
        "reward_good": reward * ~hunts,
        "ticks_good": ~hunts,
    }
    return reward, measures


def declared(adversaries: int, good: int) -> dict[str, Any]:
    """How a hunt is judged: by touches of each good agent in an episode; beside it the reward of either side."""
    usual = {"unit": "a tick", "null": "script:random"}
    reward = {
        f"reward_of_{side}": {"numerator": f"reward_{side}", "denominator": f"ticks_{side}", **usual}
        for side in ("adversaries", "good")
    }
    return {
        "headline": {
            "name": "touches",
            "measure": "touched",
            "per": "episode",
            "scale": (adversaries + good) / good,
            "unit": "touches of a good agent in an episode",
        },
        "relative": {"one": "script:chase", "zero": "script:random"},
        "measures": reward,
    }


# ---------------------------------------------------------------- reference agents


def hunt(world: ParticleWorld, s: ParticleState, called: Tensor | None = None) -> Tensor:
    """The moves [W, adversaries] towards the nearest good agent, or the one that was called [W, adversaries] (-1: none)."""
    good = world.chased[0]
    here, there = s.pos[:, :good], s.pos[:, good : world.seats]
    goal = nearest(here, there)
    if called is not None:
        named = there.gather(1, called.clamp(min=0)[..., None].expand(-1, -1, 2))
        goal = torch.where((called >= 0)[..., None], named, goal)
    return plane.towards(here, s.vel[:, :good], goal, LAW)


def flee(world: ParticleWorld, s: ParticleState, food: Tensor | None = None) -> Tensor:
    """The moves [W, good] of prey: of the five thrusts the one after which, run out, it is worth most to be there.

    Worth: the distance to the nearest adversary up to .6, minus the cost of the arena's edge, minus half the way to the food.
    """
    good = world.chased[0]
    prey, speed = s.pos[:, good : world.seats], s.vel[:, good:]
    thrust = 4.0 * LAW.dt * plane.DIRECTIONS.to(prey)
    count = prey.shape[1]
    end = (prey + speed * LAW.coast)[:, :, None] + thrust * LAW.coast * 2  # as if it were kept up for two ticks
    end = end.flatten(1, 2)  # [W, good * 5, 2]
    worth = plane.distances(end, s.pos[:, :good]).amin(-1).clamp(max=0.6) - bounds(end)
    if food is not None:
        worth = worth - 0.5 * plane.distances(end, food).amin(-1)
    return worth.view(-1, count, len(thrust)).argmax(-1)
