"""Simple world with communication: a hunt with food, forests to hide in, and a leader who sees all and can call. Rules: mpe2's
`simple_world_comm_v3`.

As in simple tag slow adversaries chase fast good agents, which here also want food. Who is in a forest is seen only from the
same forest, and by the leader, the first adversary, whose calls all adversaries hear (the leader too). Symbol k + 1 is
mpe2's `say_k`, and silence can be chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from society.keys import Keys
from society.world import plane
from society.world.scenario import Action, Observation, Parts, Script

from .particles import ParticleState, ParticleWorld
from .particles_bodies import Mark
from .particles_chase import bounds, declared, flee, hunt, hunters, obstacles, prey, sides, touches
from .particles_play import act, learning
from .simple_speaker_listener import CONTROLS, SIGNALS_AND_MOVES, TALKING
from .simple_tag import TagConfig

LEADER = 0
TOUCH, MEAL = 5.0, 2.0
LEADS = ("velocity", "position", "landmarks", "others", "velocities", "in_forest", "heard")
FLEES = ("velocity", "position", "landmarks", "others", "in_forest", "velocities")


class WorldCommConfig(TagConfig):
    """Rules of simple world with communication."""

    adversaries: int = Field(4, ge=2, le=16, description="seats that chase, the leader among them")
    good: int = Field(2, ge=1, le=16, description="seats that flee")
    obstacles: int = Field(1, ge=0, le=16, description="solid landmarks")
    food: int = Field(2, ge=1, le=16, description="places of food")
    forests: int = Field(2, ge=1, le=16, description="forests")


class SimpleWorldComm(ParticleWorld):
    """Hide, eat, call and hunt; see the file's first lines."""

    Config = WorldCommConfig
    PRESETS: Mapping[str, Mapping[str, Any]] = {
        "default": learning(agent_steps=24_000_000, channel={"symbols": 5}, **TALKING, **CONTROLS, **SIGNALS_AND_MOVES),
        "quick": learning(agent_steps=1_200_000, minds=3, channel={"symbols": 5}, **TALKING, **SIGNALS_AND_MOVES),
    }

    def __init__(self, config: WorldCommConfig, parts: Parts):
        bad, seats = config.adversaries, config.adversaries + config.good
        roles = [
            hunters("leader", 1, LEADS, speaks=True, colour="#CC79A7"),
            hunters("adversary", bad - 1, LEADS),
            prey(config.good, 0.045, FLEES),
        ]
        marks = [
            obstacles(config.obstacles),
            Mark("food", config.food, radius=0.03, spread=0.9, colours=("#0072B2",)),
            Mark("forest", config.forests, radius=0.3, spread=0.9, colours=("#BFD8B8",)),
        ]
        hears = [LEADER] * bad + [-1] * config.good
        more = {"in_forest": config.forests}
        super().__init__(config, parts, roles, marks, solid=True, hears=hears, chased=range(bad, seats), more=more)
        self.hunters, self.food = bad, slice(seats + config.obstacles, seats + config.obstacles + config.food)
        self.forests = slice(self.food.stop, self.food.stop + config.forests)
        self.shows = {"others": self._shows(self._others, seats - 1), "velocities": self._shows(self._chased_by, config.good)}
        self.declared: Mapping[str, Any] = declared(bad, config.good) | {
            "primary": ["worth_over_muted_from_birth.touches"],
            "language": {"meanings": [f"forest of prey {i}" for i in range(config.good)]},
        }

    def _shows(self, whom: Callable[[int], list[int]], most: int) -> Tensor:
        """For every number of a field that tells of other seats, who tells of whom, [N, 2 * most] in 0..N * N - 1."""
        pairs = [[n * self.seats + other for other in whom(n)] for n in range(self.seats)]
        return torch.tensor([row + [0] * (most - len(row)) for row in pairs]).repeat_interleave(2, dim=1)

    def to(self, device: torch.device) -> SimpleWorldComm:
        """The tables on a device."""
        self.shows = {name: table.to(device) for name, table in self.shows.items()}
        super().to(device)
        return self

    def judge(self, s: ParticleState) -> tuple[Tensor, dict[str, Tensor]]:
        """Adversaries share touches and want to be near; the good pay for touches and the edge, and eat."""
        caught = touches(self, s)
        hunters, good = s.pos[:, : self.hunters], s.pos[:, self.hunters : self.seats]
        meals = plane.distances(good, s.pos[:, self.food])
        eaten = meals < self.reach[self.hunters :, self.food].to(meals.dtype)
        gain = eaten.sum(-1) * MEAL - caught.sum(1) * TOUCH - 2 * bounds(good) - 0.05 * meals.amin(-1)
        near = plane.distances(hunters, good).amin(-1)
        return sides(caught, caught.sum((1, 2))[:, None] * TOUCH - 0.1 * near, gain)

    # ---------------------------------------------------------------- what is perceived

    def _in_forest(self, s: ParticleState) -> Tensor:
        """Which seat is in which forest, bool [W, N, forests]."""
        reach = self.reach[:, self.forests].to(s.pos.dtype)
        return plane.distances(s.pos[:, : self.seats], s.pos[:, self.forests]) < reach

    def observe(self, s: ParticleState) -> Observation:
        """Who sees whom: within one forest, or both in none; the leader all."""
        seen, inside = super().observe(s), self._in_forest(s).to(s.pos.dtype)
        together = inside @ inside.transpose(1, 2)  # in how many forests both are
        alone = inside.sum(-1)
        sees = (together > 0) | (alone[:, :, None] + alone[:, None] == 0)
        sees[:, LEADER] = True
        sees = sees.flatten(1).to(s.pos.dtype)
        for name, whose in self.shows.items():
            field = seen.features[..., self.spec.slices[name]]
            field.mul_(sees.index_select(1, whose.flatten()).view_as(field))
        seen.features[..., self.spec.slices["in_forest"]] = inside * 2 - 1
        return seen

    def meanings(self, s: ParticleState) -> Mapping[str, Tensor]:
        """For the leader, of each good agent: the forest that hides it, from 1, or 0. Others cannot speak: -1."""
        inside = self._in_forest(s)[:, self.hunters :]
        number = torch.where(inside.any(-1), 1 + inside.int().argmax(-1), 0)
        leads = torch.arange(self.seats, device=number.device) == LEADER
        return {f"forest of prey {i}": torch.where(leads, number[:, i, None], -1) for i in range(self.config.good)}

    # ---------------------------------------------------------------- reference agents

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random; a hunt that the leader calls, and prey that runs and eats."""
        summary = "the leader calls the prey nearest to it, adversaries go there or to the nearest, prey runs and eats"
        return {**super().scripts, "chase": Script(self._chase, summary, privileged=True)}

    def _chase(self, s: ParticleState, seen: Observation, key: Keys) -> Action:
        far = plane.distances(s.pos[:, :1], s.pos[:, self.hunters : self.seats])
        call = far.argmin(-1) + 1
        call = torch.where(call < self.parts.channel.config.symbols, call, 0)
        heard = s.air[:, 0, LEADER, :1] * self.hearing[: self.hunters, 0].long() - 1
        heard = torch.where(heard < self.config.good, heard, -1)
        move = torch.cat([hunt(self, s, heard), flee(self, s, s.pos[:, self.food])], dim=1)
        return act(self, s, move, torch.nn.functional.pad(call, (0, self.seats - 1)))


scenario = SimpleWorldComm
