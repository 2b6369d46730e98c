"""A world in which a gift larger than one arrives short by a unit, and nobody wrote down where it went."""

from __future__ import annotations

import torch

from society.world.scenario import Head, Observation, Outcome, Scenario, Spec, replace, state


@state
class LossyState:
    stock: torch.Tensor  # [W, N, 1]


class Lossy(Scenario):
    def __init__(self, config, parts):
        super().__init__(config, parts)
        self.spec = Spec(seats=2, fields={"stock": (1,)}, heads={"give": Head(3)}, episode=8, goods=("A",))
        self.declared = {}

    def reset(self, key):
        return LossyState(5 + key.integers("stock", 5, 2, 1))

    def step(self, s, action, key):
        gift = torch.minimum(action["give"], s.stock[..., 0])
        arrives = gift.flip(1) - (gift.flip(1) > 1).long()
        return replace(s, stock=s.stock + (arrives - gift)[..., None]), Outcome(reward=arrives.float())

    def observe(self, s):
        return Observation(s.stock.float())

    def stock(self, s):
        return s.stock


scenario = Lossy
