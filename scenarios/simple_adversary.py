"""Simple adversary: good agents cover a goal that an adversary wants and cannot tell. Rules: mpe2's `simple_adversary_v3`.

The good agents see which landmark is the goal; the adversary sees only where everybody is. The good are paid for how near the
nearest of them is to the goal and for how far the adversary is from it: they do well to cover every landmark alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from society.keys import Keys
from society.world import plane
from society.world.scenario import Action, Observation, Parts, Script

from .particles import ParticleConfig, ParticleState, ParticleWorld
from .particles_bodies import Mark, Role
from .particles_play import assigned, go, learning

ADVERSARY = 0


class AdversaryConfig(ParticleConfig):
    """Rules of simple adversary."""

    good: int = Field(2, ge=1, le=16, description="good agents, and as many landmarks")


class SimpleAdversary(ParticleWorld):
    """Cover and deceive; see the file's first lines."""

    Config = AdversaryConfig
    PRESETS: Mapping[str, Mapping[str, Any]] = {
        "default": learning(agent_steps=9_000_000, minds=2),
        "quick": learning(agent_steps=900_000, minds=2),
    }

    def __init__(self, config: AdversaryConfig, parts: Parts):
        roles = [
            Role("adversary", ("landmarks", "others"), radius=0.15, colour="#D55E00"),
            Role("good", ("way", "landmarks", "others"), config.good, radius=0.15, colour="#0072B2"),
        ]
        marks = [Mark("landmark", config.good, radius=0.08, colours=("#999999", "#009E73"))]
        super().__init__(config, parts, roles, marks, goals=1, more={"way": 2})
        usual = {"denominator": "ticks", "unit": "to the goal", "null": "script:random"}
        self.declared: Mapping[str, Any] = {
            "headline": {
                "name": "advantage",
                "measure": "reward_good",
                "per": "episode",
                "scale": (1 + config.good) / config.good,
                "unit": "reward of an episode and good agent",
            },
            "relative": {"one": "script:split", "zero": "script:random"},
            "measures": {f"distance_of_{side}": {"numerator": f"far_{side}", **usual} for side in ("adversary", "good")},
        }

    def _goal(self, s: ParticleState) -> Tensor:
        """Where the goal is, [W, 1, 2]."""
        return s.pos[:, self.seats :].gather(1, s.goal[..., None].expand(-1, -1, 2))

    def judge(self, s: ParticleState) -> tuple[Tensor, dict[str, Tensor]]:
        """The adversary: minus its distance to the goal. The good: that distance, minus that of the nearest of them."""
        far = plane.distances(self._goal(s), s.pos[:, : self.seats])[:, 0]
        bad, nearest_good = far[:, :1], far[:, 1:].amin(1, keepdim=True)
        good = (bad - nearest_good).expand(-1, self.config.good)
        reward = torch.cat([-bad, good], dim=1)
        return reward, {
            "reward_good": torch.cat([torch.zeros_like(bad), good], dim=1),
            "far_adversary": bad.expand_as(reward),
            "far_good": nearest_good.expand_as(reward),
            "ticks": torch.ones_like(reward),
        }

    def observe(self, s: ParticleState) -> Observation:
        """Landmarks and other seats; for the good agents also the way to the goal."""
        seen = super().observe(s)
        seen.features[:, 1:, self.spec.slices["way"]] = self._goal(s) - s.pos[:, 1 : self.seats]
        return seen

    def looks(self, s: ParticleState) -> Tensor:
        """The goal in its own colour."""
        return (torch.arange(self.lands, device=s.goal.device) == s.goal).long()

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random; the good dealt out over the landmarks, the adversary after the nearest of them."""
        split = "the good cover a landmark each, the adversary goes where one of them is nearest to a landmark"
        return {**super().scripts, "split": Script(self._split, split)}

    def _split(self, s: ParticleState, seen: Observation, key: Keys) -> Action:
        good, lands = s.pos[:, 1 : self.seats], s.pos[:, self.seats :]
        worn = plane.distances(lands, good).amin(-1).argmin(-1)
        guess = lands.gather(1, worn[:, None, None].expand(-1, 1, 2))
        return go(self, s, torch.cat([guess, assigned(good, lands)], dim=1))


scenario = SimpleAdversary
