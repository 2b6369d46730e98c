"""One episode of whoever sits in a world's seats."""

from __future__ import annotations

import torch
from torch import Tensor

from society.engine.rollout import Actor, Clock, ticks
from society.world.scenario import Scenario
from society.world.worlds import Worlds

FIRST = 1 << 29  # the first world's number: neither training nor evaluation comes here


def play(made: Scenario, actor: Actor, worlds: int, seed: int, first: int = FIRST) -> dict[str, Tensor]:
    """The first episode of each world: the sum of reward (`return_`) and of every measure, each [W, N] float64."""
    begun = Worlds.begin(made, seed, torch.arange(first, first + worlds))
    over = torch.zeros(worlds, 1, dtype=torch.bool)
    sums: dict[str, Tensor] = {}
    with torch.no_grad():
        for tick in ticks(begun, actor, actor.blank(begun), made.spec.episode, Clock()):
            for name, value in {"return_": tick.outcome.reward, **tick.outcome.measures}.items():
                counted = value.double().masked_fill(over, 0.0)
                sums[name] = sums[name] + counted if name in sums else counted
            over = over | tick.over[:, None]
    return sums
