"""Parallel env: any environment with PettingZoo's parallel API, by the name of its module, as a world of ours.

Its agents are the seats, its spaces the observation and the heads, its rewards and endings the outcome. An environment keeps
its state to itself, so a world's state here is a course: the seed of its reset and all actions since. Live environments,
in this process or in others, are only places where courses happen to stand (see `parallel_env_courses`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field, field_validator
from torch import Tensor

from society.config import Frozen
from society.keys import Keys
from society.world.scenario import (
    Action,
    Head,
    Observation,
    Outcome,
    Parts,
    Scenario,
    Scene,
    Script,
    Spec,
    replace,
    select,
    state,
)

from .parallel_env_courses import Courses, courses
from .parallel_env_live import CUT, DONE, palette
from .parallel_env_spaces import LONGEST, OPTION, EnvError, Origin

SEEDS = 2**31 - 1  # as large as any library takes them
MOST_OPTIONS = 2**15 - 1  # of an action number: actions are kept in 16 bits
GROUND = "#F7F5F0"
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")  # Okabe and Ito 2008
LEGEND = (("", GROUND), *(("", colour) for colour in palette()))


class EnvConfig(Frozen):
    """Which environment, and how it is looked at and run."""

    env: str = Field(
        "mpe2.simple_spread_v3", max_length=200, pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$",
        description="a module that has a parallel_env",
    )  # fmt: skip
    options: tuple[str, ...] = Field((), max_length=32, description="name=value of what its parallel_env takes, as literals")
    episode: int = Field(0, ge=0, le=LONGEST, description="ticks after which a world is cut off; 0: its max_cycles")
    stride: int = Field(1, ge=1, le=64, description="of an observed picture every so many-th pixel is seen, each way")
    workers: int = Field(0, ge=0, le=64, description="processes that hold the environments; 0 is this one")

    @field_validator("options")
    @classmethod
    def _pairs(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        for one in options:
            if not re.match(OPTION, one):
                raise ValueError(f"{one!r} is no name=value, as max_cycles=25")
            if one.startswith("render_mode="):
                raise ValueError("render_mode is set by the world itself; leave it out")
        return options


def _learning(agent_steps: int) -> dict[str, Any]:
    """Fit for the environment of the default, whose episodes have 25 ticks and large negative rewards."""
    return {
        "population": {"network": {"hidden": (64, 64)}},
        "learner": {"lr": 4e-3, "gamma": 0.95, "minibatch": 1024, "epochs": 2, "value_weight": 0.01},
        "training": {"worlds": 64, "ticks": 25, "agent_steps": agent_steps, "precision": "float32"},
        "evaluation": {
            "worlds": 64, "ticks": 50, "recorded_worlds": 0, "frames_worlds": 2, "frames_ticks": 50, "conditions": ("normal",),
        },
    }  # fmt: skip


@state
class EnvState:
    """W courses, and what the last step brought; of a world that no step has been taken in, `observe` asks for it.

    seed, tick [W] int64; actions [W, T, N, K] int16, those from `tick` on 0; features [W, N, F]; mask [W, N, A];
    active [W, N]; over [W] uint8: it goes on (0), came to its end (1), was cut off (2).
    """

    seed: Int[Tensor, "W"]
    tick: Int[Tensor, "W"]
    actions: Int[Tensor, "W T N K"]
    features: Float[Tensor, "W N F"]
    mask: Bool[Tensor, "W N A"]
    active: Bool[Tensor, "W N"]
    over: Int[Tensor, "W"]


class ParallelEnv(Scenario):
    """Somebody else's environment; see the file's first lines."""

    Config = EnvConfig
    PRESETS: Mapping[str, Mapping[str, Any]] = {"default": _learning(1_200_000), "quick": _learning(240_000)}

    def __init__(self, config: EnvConfig, parts: Parts):
        super().__init__(config, parts)
        self.courses: Courses = courses(Origin(config.env, config.options, config.stride), config.workers)
        layout = self.courses.layout
        episode = config.episode or layout.cycles
        if not episode:
            raise EnvError(f"world.episode = 0: {config.env} names no max_cycles; say after how many ticks it is cut off")
        if episode > LONGEST:
            raise EnvError(f"world.episode = 0: max_cycles of {config.env} is {episode}; say up to {LONGEST} ticks")
        if max(layout.sizes) > MOST_OPTIONS:
            raise EnvError(f"world.env = {config.env!r}: an action has {max(layout.sizes)} options; {MOST_OPTIONS} is the most")
        self.masked = layout.masked
        several = len(layout.roles) > 1
        self.spec = Spec(
            seats=len(layout.seats),
            fields={"observation": (layout.width,), **({"role": (len(layout.roles),)} if several else {})},
            heads={"action" if len(layout.sizes) == 1 else f"action{k}": Head(size) for k, size in enumerate(layout.sizes)},
            episode=episode,
            roles=layout.roles,
            seat_roles=layout.seat_roles,
            ends_early=True,
        )
        self.declared: Mapping[str, Any] = {
            "headline": {"name": "return", "measure": "return_", "per": "episode", "unit": "reward of an episode and seat"},
        }

    def reset(self, key: Keys) -> EnvState:
        """Courses without actions: a seed each, from the keys of their episodes."""
        seed, spec = key.integers("parallel_env.seed", SEEDS), self.spec
        seats, device = (len(seed), spec.seats), seed.device
        return EnvState(
            seed=seed,
            tick=torch.zeros_like(seed),
            actions=torch.zeros(len(seed), spec.episode, spec.seats, spec.numbers, dtype=torch.int16, device=device),
            features=torch.zeros(*seats, spec.features, device=device),
            mask=torch.ones(*seats, sum(head.size for head in spec.heads.values()), dtype=torch.bool, device=device),
            active=torch.ones(seats, dtype=torch.bool, device=device),
            over=torch.zeros(len(seed), dtype=torch.uint8, device=device),
        )

    def observe(self, state: EnvState) -> Observation:
        """What the environment shows each agent; the absent see nothing."""
        now = self._begun(state)
        return Observation(now.features, now.mask if self.masked else None, now.active)

    def step(self, state: EnvState, action: Action, key: Keys) -> tuple[EnvState, Outcome]:
        """One step of every world that is not over; the others stay as they are."""
        now = self._begun(state)
        here = self._possible(self.spec.pack(action), now)
        runs = (now.over == 0) & (now.tick < now.actions.shape[1])
        where = now.tick.clamp(max=now.actions.shape[1] - 1)[:, None, None, None].expand(-1, 1, *here.shape[1:])
        played = now.actions.scatter(1, where, here[:, None])
        moved = replace(now, actions=played, tick=now.tick + 1)
        after, reward, ended = self._led(moved, now, runs)
        outcome = Outcome(
            reward=reward,
            terminated=ended,
            done=after.over == DONE,
            truncated=after.over == CUT,
            forget=after.active & ~now.active,
        )
        return after, outcome

    def _possible(self, packed: Int[Tensor, "W N K"], now: EnvState) -> Int[Tensor, "W N K"]:
        """The no-op is option 0 here, which an environment may forbid: then its first legal option is taken."""
        if self.masked:
            parts = [now.mask[..., where] for where in self.spec.options.values()]
            firsts = torch.stack([part.to(torch.uint8).argmax(-1) for part in parts], dim=-1)
            fine = torch.stack([part.gather(-1, packed[..., k, None])[..., 0] for k, part in enumerate(parts)], dim=-1)
            packed = torch.where(fine, packed, firsts)
        return packed.to(torch.int16)

    def _begun(self, s: EnvState) -> EnvState:
        """The same, with what the reset showed where no step has been taken yet."""
        fresh = s.tick == 0
        return self._led(s, s, fresh)[0] if bool(fresh.any()) else s

    def _led(self, s: EnvState, before: EnvState, which: Bool[Tensor, "W"]) -> tuple[EnvState, Tensor, Tensor]:
        """Where the courses of `which` worlds lead, the others being as before; rewards and whose life ended [W, N]."""
        reward, ended = torch.zeros_like(s.active, dtype=torch.float32), torch.zeros_like(s.active)
        rows = which.nonzero()[:, 0]
        if not len(rows):
            return before, reward, ended
        asked = (x[rows].cpu().numpy() for x in (s.seed, s.actions, s.tick))
        brought = self.courses.lead(*asked)
        features, mask, active, over = s.features.clone(), s.mask.clone(), s.active.clone(), s.over.clone()
        for tensor, array in zip((features, reward, mask, active, ended, over), brought.arrays, strict=True):
            tensor[rows] = torch.from_numpy(array).to(tensor.device)
        after = replace(s, features=features, mask=mask, active=active, over=over)
        return (after if len(rows) == len(which) else select(which, after, before)), reward, ended

    def scene(self, state: EnvState) -> Scene | None:
        """What the environment renders, in few colours; None for one that cannot."""
        if not self.courses.layout.renders:
            return None
        asked = (x.cpu().numpy() for x in (state.seed, state.actions, state.tick))
        cells = torch.from_numpy(self.courses.frames(*asked))
        nowhere = torch.full_like(state.active, torch.nan, dtype=torch.float32)
        kind = torch.tensor(self.spec.seat_roles, device=nowhere.device).expand(len(nowhere), -1)
        kinds = tuple((role, COLOURS[n % len(COLOURS)]) for n, role in enumerate(self.spec.roles))
        return Scene(
            height=cells.shape[1], width=cells.shape[2], x=nowhere, y=nowhere, cells=cells, legend=LEGEND,
            kind=kind, kinds=kinds, values={"present": state.active.int()}, wraps=False, sizes=(1.0,) * len(kinds),
        )  # fmt: skip

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random play."""
        return {"random": Script(self._random, "every legal option alike")}

    def _random(self, s: EnvState, seen: Observation, key: Keys) -> Action:
        acts = {}
        for name, head in self.spec.heads.items():
            score = key.uniform(f"script.{name}", self.spec.seats, head.size)
            if seen.mask is not None:
                score = score + seen.mask[..., self.spec.options[name]]
            acts[name] = score.argmax(-1)
        return acts


scenario = ParallelEnv
