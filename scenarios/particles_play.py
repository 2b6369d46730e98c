"""What the reference agents of the particle worlds do, and how minds learn there. No world by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from society.world import plane
from society.world.scenario import Action

from .particles import LAW, ParticleState, ParticleWorld


def go(world: ParticleWorld, s: ParticleState, goal: Tensor, say: Tensor | None = None) -> Action:
    """Every seat heads for its goal [W, N, 2], and says `say` [W, N] (None: nothing), once in each position."""
    return act(world, s, plane.towards(s.pos[:, : world.seats], s.vel, goal, LAW), say)


def act(world: ParticleWorld, s: ParticleState, move: Tensor, say: Tensor | None = None) -> Action:
    """The moves [W, N] and words of all seats, as far as each can move and speak."""
    action = {"move": move, "say": torch.zeros_like(move) if say is None else say}
    length = world.parts.channel.config.length
    able = world.able
    action = {name: action[name] * able[name] for name in world.spec.heads}
    if length > 1 and "say" in action:
        action["say"] = action["say"][..., None].expand(-1, -1, length)
    return action


def assigned(seats: Tensor, lands: Tensor) -> Tensor:
    """A landmark of its own [W, N, 2] for each seat [W, N, 2]: the nearest pair first, then the nearest of the rest.

    Seats beyond the number of landmarks go to the last one that is left.
    """
    far = plane.distances(seats, lands)
    worlds, count, marks = far.shape
    whose = torch.zeros(worlds, count, dtype=torch.long, device=far.device)
    for _ in range(min(count, marks)):
        pair = far.flatten(1).argmin(-1, keepdim=True)
        seat, mark = pair // marks, pair % marks
        whose = whose.scatter(1, seat, mark)
        far = far.scatter(1, seat[..., None].expand(-1, -1, marks), torch.inf)
        far = far.scatter(2, mark[..., None].expand(-1, count, -1), torch.inf)
    return lands.gather(1, whose[..., None].expand(-1, -1, 2))


def spoken(world: ParticleWorld, s: ParticleState) -> Tensor:
    """The symbol [W, N] by which an honest seat names the goal that it knows: k + 1, where there is such a symbol."""
    knows = torch.tensor([k >= 0 for k in world.knows], device=s.goal.device)
    symbol = s.goal.index_select(1, world.known) + 1
    return torch.where(knows & (symbol < world.parts.channel.config.symbols), symbol, 0)


def told(world: ParticleWorld, s: ParticleState) -> Tensor:
    """Where a seat goes that believes an honest one: the landmark named in what it hears now, else the middle of all."""
    lands = s.pos[:, world.seats :]
    heard = s.air[:, 0, :, 0].index_select(1, world.hears)
    named = (heard > 0) & (heard <= world.lands)
    where = lands.gather(1, (heard - 1).clamp(0, world.lands - 1)[..., None].expand(-1, -1, 2))
    return torch.where(named[..., None], where, lands.mean(1, keepdim=True))


def nearest(here: Tensor, there: Tensor) -> Tensor:
    """The point of `there` [W, B, 2] nearest to each of `here` [W, A, 2], as points [W, A, 2]."""
    which = plane.distances(here, there).argmin(-1)
    return there.gather(1, which[..., None].expand(-1, -1, 2))


def learning(
    agent_steps: int,
    *,
    minds: int = 1,
    channel: Mapping[str, Any] | None = None,
    conditions: tuple[str, ...] = ("normal",),
    controls: tuple[str, ...] = (),
    **learner: Any,
) -> dict[str, Any]:
    """A preset: whole episodes of 128 worlds between two updates; a mind for each role, met with `pairs`.

    Rewards are mpe2's, so returns are large: a small weight keeps the value's loss from drowning the policy's.
    """
    return {
        **({"channel": dict(channel)} if channel else {}),
        "population": {"minds": minds, "matchmaker": "pairs" if minds > 1 else "everyone", "network": {"hidden": (64, 64)}},
        "learner": {"lr": 4e-3, "gamma": 0.95, "minibatch": 1024 * minds, "epochs": 2, "value_weight": 0.01, **learner},
        "training": {"worlds": 128, "ticks": 25, "agent_steps": agent_steps, "precision": "float32"},
        "evaluation": {
            "worlds": 64, "ticks": 250, "recorded_worlds": 32, "frames_ticks": 100,
            "conditions": conditions, "controls": controls,
        },
    }  # fmt: skip
