"""Sumo: two bodies push each other off a disc.

A contest of bodies in the spirit of Bansal et al. 2018 (Emergent Complexity via Multi-Agent Competition), much simplified and
by rules of our own: discs in place of jointed bodies, five thrusts in place of joints, no shaped reward. Whose centre leaves
the disc has lost and pays the other 1; of two that leave in one tick it is the one further out; nobody within the time is a
draw. Bodies may differ in mass and in strength. One mind plays both seats: self-play.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor

from society.config import Frozen
from society.keys import Keys
from society.world import plane
from society.world.scenario import Action, Head, Observation, Outcome, Parts, Scenario, Scene, Script, Spec, state
from society.world.scripts import uniform

from .particles_scene import INSIDE, PIXELS, diameter, ground, place

LAW = plane.Law()
RING, BODY = 1.0, 0.2  # radii of the disc and of a body
START = 0.5  # distance from the middle at the start
FRESH = 5  # a body that goes over the edge within so many ticks of a touch was pushed
THRUST = 2.0  # slow enough that bodies do not pass through each other within a tick
Times = Annotated[float, Field(ge=0.1, le=10)]


class SumoConfig(Frozen):
    """Who is heavy and who is strong, and how long a bout may take."""

    mass: tuple[Times, Times] = Field((1.0, 1.0), description="mass of the first and of the second body")
    strength: tuple[Times, Times] = Field((1.0, 1.0), description="thrust of each body, in units of 2")
    episode: int = Field(100, ge=1, le=100_000, description="ticks after which a bout is a draw")


@state
class SumoState:
    """W bouts."""

    pos: Tensor  # [W, 2, 2]
    vel: Tensor  # [W, 2, 2]
    tick: Tensor  # [W] ticks so far
    apart: Tensor  # [W] ticks since the bodies last touched


def _preset(agent_steps: int) -> dict[str, Any]:
    return {
        "population": {"minds": 1, "network": {"hidden": (64, 64)}},
        "learner": {"lr": 4e-3, "gamma": 0.98, "minibatch": 1024, "epochs": 2, "entropy": 0.01},
        "training": {"worlds": 128, "ticks": 32, "agent_steps": agent_steps, "precision": "float32"},
        "evaluation": {"worlds": 64, "ticks": 400, "recorded_worlds": 32, "frames_ticks": 150, "conditions": ("normal",)},
    }


class Sumo(Scenario):
    """Push, or be pushed; see the file's first lines."""

    Config = SumoConfig
    PRESETS: Mapping[str, Mapping[str, Any]] = {"default": _preset(16_000_000), "quick": _preset(1_200_000)}

    def __init__(self, config: SumoConfig, parts: Parts):
        super().__init__(config, parts)
        self.mass = torch.tensor(config.mass)[:, None]
        self.thrust = THRUST * torch.tensor(config.strength)[:, None]
        self.reach = plane.reaches(torch.tensor([BODY, BODY], dtype=torch.float64), 2)
        bodies = torch.tensor([*zip(config.mass, config.strength, strict=True)])
        self.bodies = torch.stack([bodies.flatten(), bodies.flip(0).flatten()])  # [2, 4] own mass and strength, then the other's
        self.spec = Spec(
            seats=2,
            fields={"self": (4,), "other": (4,), "time": (1,), "bodies": (4,)},
            heads={"move": Head(5)},
            episode=config.episode,
            ends_early=True,
        )
        self.declared: Mapping[str, Any] = {
            "headline": {"name": "decided", "measure": "decided", "per": "episode", "unit": "share of bouts that somebody wins"},
            "measures": {
                "pushed": {"numerator": "pushed", "denominator": "decided", "null": "script:random"},
                "first_wins": {"numerator": "first_won", "denominator": "decided", "null": 0.5},
            },
        }

    def reset(self, key: Keys) -> SumoState:
        """Face to face across the middle, at rest, turned by a random angle."""
        angle = key.uniform("sumo.angle", 1) * (2 * math.pi)
        side = START * torch.stack([angle.cos(), angle.sin()], dim=-1)
        pos = torch.cat([side, -side], dim=1)
        zero = torch.zeros_like(key.base)
        return SumoState(pos, torch.zeros_like(pos), zero, zero + FRESH)

    def step(self, s: SumoState, action: Action, key: Keys) -> tuple[SumoState, Outcome]:
        """Thrust, contact, motion; then who is off the disc has lost."""
        dtype = s.pos.dtype
        force = plane.DIRECTIONS.to(s.pos)[action["move"]] * self.thrust.to(dtype)
        force = force + plane.contacts(s.pos, s.pos, self.reach, LAW)
        pos, vel = plane.move(s.pos, s.vel, force, LAW, self.mass.to(dtype))
        touch = plane.distances(pos[:, :1], pos[:, 1:])[:, 0, 0] < 2 * BODY
        after = SumoState(pos, vel, s.tick + 1, torch.where(touch, 0, s.apart + 1))
        far = torch.hypot(pos[..., 0], pos[..., 1])
        off = far > RING
        won = off.flip(1) & (far < far.flip(1))  # of two that are off, the one less far out
        decided = won.any(1, keepdim=True).expand(-1, 2)
        done = off.any(1) | (after.tick >= self.config.episode)
        return after, Outcome(
            reward=won.to(dtype) - won.flip(1).to(dtype),
            done=done,
            measures={
                "won": won,
                "decided": decided,
                "pushed": decided & (after.apart <= FRESH)[:, None],
                "first_won": won[:, :1].expand(-1, 2),
                "bouts": done[:, None].expand(-1, 2),
            },
        )

    # ---------------------------------------------------------------- what is perceived

    def observe(self, s: SumoState) -> Observation:
        """Own place and velocity, the way to the other and its velocity, the share of time left, both bodies' constants."""
        worlds = len(s.tick)
        left = (1 - s.tick.to(s.pos.dtype) / self.config.episode)[:, None, None].expand(-1, 2, -1)
        other = s.pos.flip(1) - s.pos
        known = self.bodies.to(s.pos.dtype).expand(worlds, -1, -1)
        return Observation(torch.cat([s.pos, s.vel, other, s.vel.flip(1), left, known], dim=-1))

    def scene(self, s: SumoState) -> Scene:
        """The disc from above and both bodies."""
        x, y = place(s.pos)
        cells = ground(RING).to(s.pos.device).expand(len(x), -1, -1)
        return Scene(
            height=PIXELS,
            width=PIXELS,
            x=x,
            y=y,
            cells=cells,
            legend=(("beyond", "#5B6770"), ("disc", INSIDE[1])),
            kind=torch.arange(2, device=x.device).expand(len(x), -1),
            kinds=(("first", "#D55E00"), ("second", "#0072B2")),
            wraps=False,
            sizes=(diameter(BODY), diameter(BODY)),
        )

    # ---------------------------------------------------------------- reference agents

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random; one that charges, one that keeps to the middle."""
        return {
            "random": uniform(self.spec),
            "push": Script(self._push, "charges at the other, but turns back before the edge"),
            "hold": Script(self._hold, "goes to the middle and stays there"),
        }

    def _push(self, s: SumoState, seen: Observation, key: Keys) -> Action:
        charge = s.pos.flip(1) + s.vel.flip(1) * LAW.coast
        rest = s.pos + s.vel * LAW.coast
        near = torch.hypot(rest[..., 0], rest[..., 1])[..., None] > 0.8 * RING
        return {"move": plane.towards(s.pos, s.vel, torch.where(near, 0.0, charge), LAW)}

    def _hold(self, s: SumoState, seen: Observation, key: Keys) -> Action:
        return {"move": plane.towards(s.pos, s.vel, torch.zeros_like(s.pos), LAW)}


scenario = Sumo
