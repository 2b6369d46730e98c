"""Simple tag: several slow adversaries chase fast good agents among obstacles. Rules: mpe2's `simple_tag_v3`.

Every touch of an adversary and a good agent pays all adversaries 10 and costs the good agent 10; the good pay for leaving the
arena. Adversaries are slower, so they have to hunt together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from society.keys import Keys
from society.world.scenario import Action, Observation, Parts, Script

from .particles import ParticleConfig, ParticleState, ParticleWorld
from .particles_chase import bounds, declared, flee, hunt, hunters, obstacles, prey, sides, touches
from .particles_play import act, learning

TOUCH = 10.0


class TagConfig(ParticleConfig):
    """Rules of simple tag."""

    adversaries: int = Field(3, ge=1, le=16, description="seats that chase")
    good: int = Field(1, ge=1, le=16, description="seats that flee")
    obstacles: int = Field(2, ge=0, le=16, description="solid landmarks")


class SimpleTag(ParticleWorld):
    """Chase and flee; see the file's first lines."""

    Config = TagConfig
    PRESETS: Mapping[str, Mapping[str, Any]] = {
        "default": learning(agent_steps=16_000_000, minds=2),
        "quick": learning(agent_steps=1_200_000, minds=2),
    }

    def __init__(self, config: TagConfig, parts: Parts):
        self.hunters = config.adversaries
        sees = ("velocity", "position", "landmarks", "others", "velocities")
        roles = [hunters("adversary", config.adversaries, sees), prey(config.good, 0.05, sees)]
        chased = range(config.adversaries, config.adversaries + config.good)
        super().__init__(config, parts, roles, [obstacles(config.obstacles)], solid=True, chased=chased)
        self.declared: Mapping[str, Any] = declared(config.adversaries, config.good)

    def judge(self, s: ParticleState) -> tuple[Tensor, dict[str, Tensor]]:
        """Adversaries share every touch; the good pay for their own and for the distance beyond the arena."""
        caught = touches(self, s)  # [W, adversaries, good]
        good = caught.sum(1) * -TOUCH - bounds(s.pos[:, self.hunters : self.seats])
        bad = (caught.sum((1, 2)) * TOUCH)[:, None].expand(-1, self.hunters)
        return sides(caught, bad.to(good.dtype), good)

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random; the obvious hunt and flight."""
        return {**super().scripts, "chase": Script(self._chase, "adversaries go to the nearest good agent, which runs")}

    def _chase(self, s: ParticleState, seen: Observation, key: Keys) -> Action:
        return act(self, s, torch.cat([hunt(self, s), flee(self, s)], dim=1))


scenario = SimpleTag
