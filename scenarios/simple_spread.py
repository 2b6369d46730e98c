"""Simple spread: seats cover as many landmarks without running into each other. Rules: mpe2's `simple_spread_v3`.

All are paid for how near the nearest seat is to each landmark, and each for its own collisions. Who covers which landmark is
nowhere said: the seats have to part, and nobody can tell them how.
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

RADIUS = 0.15


class SpreadConfig(ParticleConfig):
    """Rules of simple spread."""

    agents: int = Field(3, ge=1, le=32, description="seats, and as many landmarks")
    local_ratio: float = Field(0.5, ge=0, le=1, description="weight of one's own collisions; the rest is what all share")


class SimpleSpread(ParticleWorld):
    """Part and cover; see the file's first lines."""

    Config = SpreadConfig
    PRESETS: Mapping[str, Mapping[str, Any]] = {
        "default": learning(agent_steps=12_000_000),
        "quick": learning(agent_steps=2_400_000),
    }

    def __init__(self, config: SpreadConfig, parts: Parts):
        sees = ("velocity", "position", "landmarks", "others")
        roles = [Role("agent", sees, config.agents, radius=RADIUS)]
        super().__init__(config, parts, roles, [Mark("landmark", config.agents)], solid=True)
        self.silence = 2 * (config.agents - 1)
        self.declared: Mapping[str, Any] = {
            "headline": {"name": "return", "measure": "return_", "per": "episode", "unit": "reward of an episode and seat"},
            "relative": {"one": "script:assigned", "zero": "script:random"},
            "measures": {
                "collisions": {"numerator": "collisions", "denominator": "ticks", "unit": "a tick", "null": "script:random"},
                "covered": {"numerator": "covered", "denominator": "ticks", "null": "script:random"},
            },
        }

    def judge(self, s: ParticleState) -> tuple[Tensor, dict[str, Tensor]]:
        """Minus the distance from each landmark to its nearest seat, for all; minus 1 a collision, for each."""
        dtype, seats, ratio = s.pos.dtype, self.seats, self.config.local_ratio
        far = plane.distances(s.pos[:, :seats], s.pos).permute(1, 2, 0)  # [seats, bodies, W]
        collisions = (far[:, :seats] < self.reaches(dtype)[:, :seats, None]).sum(1).T
        nearest = far[:, seats:].amin(0)
        reward = torch.sub(nearest.sum(0)[:, None] * (ratio - 1), collisions, alpha=ratio)
        covered = (nearest < 0.1).float().mean(0)[:, None]
        return reward, {"collisions": collisions, "covered": covered.expand_as(reward), "ticks": torch.ones_like(collisions)}

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random, and the landmarks dealt out: the nearest pair first."""
        deal = Script(self._assigned, "each goes to a landmark of its own, dealt by distance", privileged=True)
        return {**super().scripts, "assigned": deal}

    def _assigned(self, s: ParticleState, seen: Observation, key: Keys) -> Action:
        return go(self, s, assigned(s.pos[:, : self.seats], s.pos[:, self.seats :]))


scenario = SimpleSpread
