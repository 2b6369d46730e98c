"""Simple speaker and listener: one knows the goal and cannot move, the other moves and does not know. Rules: mpe2's.

Of three landmarks one is the goal. Both are paid minus the squared distance from listener to goal, every tick, so a listener
that is told nothing does best in the middle of the three (`centroid`, the silent optimum), and one that is told goes there
(`code`). Rules: mpe2's `simple_speaker_listener_v4`; symbol k + 1 is its `say_k`, and silence can be chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from society.keys import Keys
from society.world import plane
from society.world.scenario import Action, Observation, Parts, Script

from .particles import ParticleConfig, ParticleState, ParticleWorld
from .particles_bodies import Mark, Role
from .particles_play import go, learning, spoken, told

SPEAKER, LISTENER = 0, 1
COLOURS = torch.tensor([[0.65, 0.15, 0.15], [0.15, 0.65, 0.15], [0.15, 0.15, 0.65]])  # how mpe2 shows a goal
LANDMARKS = Mark("landmark", 3, radius=0.04, colours=("#D55E00", "#009E73", "#0072B2"))
TALKING: dict[str, Any] = {"conditions": ("normal", "mute", "content", "relabel", "scramble")}
CONTROLS: dict[str, Any] = {"controls": ("muted_from_birth",)}
# a speaker's advantage is mostly noise until somebody listens: without a strong push to signal it chatters
SIGNALS: dict[str, Any] = {"lr": 1e-2, "signalling": 3.0, "listening": 0.05, "value_weight": 0.003, "minibatch": 1024}
# a mind that also moves has to keep room for that
SIGNALS_AND_MOVES: dict[str, Any] = {"lr": 5e-3, "signalling": 0.2, "listening": 0.02}


class SimpleSpeakerListener(ParticleWorld):
    """Tell, and go; see the file's first lines."""

    Config = ParticleConfig
    PRESETS: Mapping[str, Mapping[str, Any]] = {
        "default": learning(agent_steps=6_000_000, minds=2, channel={"symbols": 4}, **TALKING, **CONTROLS, **SIGNALS),
        "quick": learning(agent_steps=1_500_000, minds=2, channel={"symbols": 4}, **TALKING, **CONTROLS, **SIGNALS),
    }

    def __init__(self, config: ParticleConfig, parts: Parts):
        roles = [
            Role("speaker", ("goal",), radius=0.075, thrust=0.0, speaks=True, colour="#999999"),
            Role("listener", ("velocity", "landmarks", "heard"), radius=0.075, colour="#CC79A7"),
        ]
        super().__init__(config, parts, roles, [LANDMARKS], hears=(-1, SPEAKER), knows=(0, -1), goals=1, colours=COLOURS)
        self.declared: Mapping[str, Any] = {
            "headline": {"name": "return", "measure": "return_", "per": "episode", "unit": "reward of an episode"},
            "relative": {"one": "script:code", "zero": "script:centroid"},
            "primary": ["worth_over_muted_from_birth.return"],
            "measures": {"arrived": {"numerator": "arrived", "denominator": "ticks", "null": "script:centroid"}},
            "language": {"meanings": ["goal"]},
        }

    def judge(self, s: ParticleState) -> tuple[Tensor, dict[str, Tensor]]:
        """Minus the squared distance from the listener to the goal, for both."""
        lands, mover = plane.columns(s.pos[:, self.seats :]), plane.columns(s.pos[:, LISTENER:][:, :1])
        way = mover - lands.gather(0, s.goal.T[:, None].expand_as(mover))
        square = way.square().sum(1).T.expand(-1, 2)
        return -square, {"arrived": square < 0.15**2, "ticks": torch.ones_like(square)}

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random, the best without a word, and an honest code."""
        return {
            **super().scripts,
            "centroid": Script(self._centroid, "silent; goes to the middle of the landmarks, the best that silence can do"),
            "code": Script(self._code, "symbol k + 1 names landmark k, and the listener goes there"),
        }

    def _centroid(self, s: ParticleState, seen: Observation, key: Keys) -> Action:
        return go(self, s, s.pos[:, self.seats :].mean(1, keepdim=True).expand(-1, 2, -1))

    def _code(self, s: ParticleState, seen: Observation, key: Keys) -> Action:
        return go(self, s, told(self, s), spoken(self, s))


scenario = SimpleSpeakerListener
