"""A world whose price is the mean over the batch, so that every world feels its company."""

from __future__ import annotations

import torch

from society.world.scenario import Head, Observation, Outcome, Scenario, Spec, replace, state


@state
class LeakingState:
    count: torch.Tensor  # [W, N]


class Leaking(Scenario):
    def __init__(self, config, parts):
        super().__init__(config, parts)
        self.spec = Spec(seats=2, fields={"count": (1,)}, heads={"pull": Head(3)}, episode=8)
        self.declared = {}

    def reset(self, key):
        return LeakingState(key.integers("count", 9, 2))

    def step(self, s, action, key):
        price = s.count.float().mean(0, keepdim=True)
        return replace(s, count=s.count + action["pull"]), Outcome(reward=s.count - price)

    def observe(self, s):
        return Observation(s.count[..., None].float())


scenario = Leaking
