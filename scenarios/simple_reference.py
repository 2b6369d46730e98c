"""Simple reference: each of two seats knows the other's goal, both move and both speak. Rules: mpe2's `simple_reference_v3`.

The reward of a seat mixes how near its partner is to the goal that this seat knows, and the mean of both. So each has to tell
and to listen at once, and a code has to be shared. Symbol k + 1 is mpe2's `say_k`, and silence can be chosen.
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
from .particles_play import go, learning, spoken, told
from .simple_speaker_listener import CONTROLS, SIGNALS_AND_MOVES, TALKING

COLOURS = torch.tensor([[0.75, 0.25, 0.25], [0.25, 0.75, 0.25], [0.25, 0.25, 0.75]])  # how mpe2 shows a goal
LANDMARKS = Mark("landmark", 3, colours=("#D55E00", "#009E73", "#0072B2"))


class ReferenceConfig(ParticleConfig):
    """Rules of simple reference."""

    local_ratio: float = Field(0.5, ge=0, le=1, description="weight of one's own partner; the rest is the mean of both")


class SimpleReference(ParticleWorld):
    """Tell each other, and go; see the file's first lines."""

    Config = ReferenceConfig
    PRESETS: Mapping[str, Mapping[str, Any]] = {
        "default": learning(agent_steps=12_000_000, channel={"symbols": 11}, **TALKING, **CONTROLS, **SIGNALS_AND_MOVES),
        "quick": learning(agent_steps=1_500_000, channel={"symbols": 11}, **TALKING, **SIGNALS_AND_MOVES),
    }

    def __init__(self, config: ReferenceConfig, parts: Parts):
        roles = [Role("agent", ("velocity", "landmarks", "goal", "heard"), 2, speaks=True, colour="#CC79A7")]
        super().__init__(config, parts, roles, [LANDMARKS], hears=(1, 0), knows=(0, 1), goals=2, colours=COLOURS)
        self.declared: Mapping[str, Any] = {
            "headline": {"name": "return", "measure": "return_", "per": "episode", "unit": "reward of an episode and seat"},
            "relative": {"one": "script:code", "zero": "script:centroid"},
            "primary": ["worth_over_muted_from_birth.return"],
            "measures": {"arrived": {"numerator": "arrived", "denominator": "ticks", "null": "script:centroid"}},
            "language": {"meanings": ["goal"]},
        }

    def judge(self, s: ParticleState) -> tuple[Tensor, dict[str, Tensor]]:
        """Minus the distance of the partner to the goal that one knows, mixed with the mean of both."""
        lands, mover = plane.columns(s.pos[:, self.seats :]), plane.columns(s.pos[:, : self.seats])
        wanted = s.goal.T.index_select(0, self.hears)  # where each seat should go: the goal that the seat it hears knows
        way = mover - lands.gather(0, wanted[:, None].expand_as(mover))
        far = torch.hypot(*way.unbind(1)).T
        both, ratio = far[:, :1] + far[:, 1:], self.config.local_ratio
        partner = both - far
        return both * (-(1 - ratio) / 2) - partner * ratio, {"arrived": far < 0.15, "ticks": torch.ones_like(far)}

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random, both silent in the middle, and an honest code."""
        return {
            **super().scripts,
            "centroid": Script(self._centroid, "silent; goes to the middle of the landmarks"),
            "code": Script(self._code, "symbol k + 1 names landmark k, and the other goes there"),
        }

    def _centroid(self, s: ParticleState, seen: Observation, key: Keys) -> Action:
        return go(self, s, s.pos[:, self.seats :].mean(1, keepdim=True).expand(-1, 2, -1))

    def _code(self, s: ParticleState, seen: Observation, key: Keys) -> Action:
        return go(self, s, told(self, s), spoken(self, s))


scenario = SimpleReference
