"""A world that keeps its goal in a Python attribute: whoever resets last sets the goal of all."""

from __future__ import annotations

import torch

from society.world.scenario import Head, Observation, Outcome, Scenario, Spec, replace, state


@state
class HiddenState:
    place: torch.Tensor  # [W, N]


class Hidden(Scenario):
    def __init__(self, config, parts):
        super().__init__(config, parts)
        self.spec = Spec(seats=2, fields={"place": (1,)}, heads={"move": Head(3)}, episode=8)
        self.declared = {}

    def reset(self, key):
        self.goal = key.integers("goal", 9, 2)
        return HiddenState(torch.zeros_like(self.goal))

    def step(self, s, action, key):
        place = s.place + action["move"]
        goal = self.goal if self.goal.shape == place.shape else self.goal[:1]
        return replace(s, place=place), Outcome(reward=(place == goal).float())

    def observe(self, s):
        return Observation(s.place[..., None].float())


scenario = Hidden
