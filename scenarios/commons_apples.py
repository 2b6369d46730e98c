"""What the commons worlds share beside their bodies: apples on sites of the map, and how minds learn there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Bool
from torch import Tensor

from .commons_players import Bodies, Players


def padded(places: Bool[Tensor, "W S"]) -> Bool[Tensor, "W S+1"]:
    """A copy with one place more, False, which all cells share that are none of the places."""
    return torch.cat([places, torch.zeros_like(places[:, :1])], dim=1)


def eat(
    apples: Bool[Tensor, "W S"], bodies: Bodies, players: Players
) -> tuple[Bool[Tensor, "W S"], Bool[Tensor, "W N"]]:
    """Who stands on an apple eats it: seats stand on cells of their own, so nobody has to share. What is left, who ate.

    The sites are the first cells that `bodies` numbers.
    """
    sites = apples.shape[1]
    ripe = padded(apples)
    where = torch.where(players.out == 0, bodies.number.take(players.pos), sites).clamp_(max=sites)
    eaten = ripe.gather(1, where)
    return ripe.scatter_(1, where, False)[:, :-1], eaten


def dealt(amount: Bool[Tensor, "W S"], seats: int) -> Tensor:
    """How many of a world's places are so, dealt among its seats [W, N]: their sum is the world's."""
    return (amount.sum(1, keepdim=True) / seats).expand(-1, seats)


def preset(world: Mapping[str, Any], agent_steps: int, **evaluation: Any) -> dict[str, Any]:
    """A preset with these fields of the world; `evaluation` changes how it is judged."""
    judged = {"worlds": 64, "ticks": 1000, "recorded_worlds": 64, "conditions": ("normal", "peaceful")}
    return {
        "world": dict(world),
        "population": {"network": {"hidden": (64, 64)}},
        "learner": {"lr": 2e-3, "gamma": 0.99, "minibatch": 4096},
        "training": {"worlds": 128, "ticks": 32, "agent_steps": agent_steps},
        "evaluation": judged | evaluation,
    }
