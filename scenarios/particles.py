"""What the particle worlds share: discs that minds steer, fixed landmarks, five thrusts, a channel. No world by itself.

The rules are those of the multi-agent particle environment (Lowe et al. 2017; Mordatch & Abbeel 2018) as the package mpe2
1.1.1 keeps them; `society reproduce mpe2_equivalence` compares. Two things are told differently. In every channel here symbol
0 is silence, so what mpe2 calls `say_k` is symbol k + 1, and silence can be chosen. And what is always 0 for all seats of a
world (messages of seats that cannot speak) is no feature; `as_mpe2` gives an observation in mpe2's own order and length.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from pydantic import Field
from torch import Tensor
from torch.utils import _pytree as pytree

from society.config import Frozen
from society.keys import Keys, below
from society.world import plane
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
    state,
)

from .particles_bodies import Mark, Role
from .particles_scene import diameter, paint, place, stamps

LAW = plane.Law()


class ParticleConfig(Frozen):
    """What all particle worlds have."""

    episode: int = Field(25, ge=1, le=100_000, description="ticks of an episode")


@state
class ParticleState:
    """W worlds, N seats, E = N + K bodies (seats, then landmarks), Q goals, D latency, L message length.

    Worlds lie side by side in memory (`plane.aligned`): a step runs along them, and bodies are few.
    """

    pos: Tensor  # [W, E, 2]
    vel: Tensor  # [W, N, 2]
    goal: Tensor  # [W, Q] landmarks
    air: Tensor  # [W, D, N, L] messages on their way; the first is heard now


class ParticleWorld(Scenario):
    """A particle world; a subclass says who is there, what a tick is worth (`judge`), and gives reference agents.

    `solid`: seats push one another. `hears` names for each seat the seat that it hears (-1: none), `knows` the goal that it
    knows (-1: none); `colours` [K, c] is how a goal landmark looks to who knows it; `chased` are the seats whose velocities
    the others see; `more` are widths of fields that the subclass fills in itself.
    """

    silence = 0  # how many zeros mpe2 appends to an observation, for messages of seats that cannot speak

    def __init__(
        self,
        config: Any,
        parts: Parts,
        roles: Sequence[Role],
        marks: Sequence[Mark],
        *,
        solid: bool = False,
        hears: Sequence[int] = (),
        knows: Sequence[int] = (),
        goals: int = 0,
        colours: Tensor | None = None,
        chased: Sequence[int] = (),
        more: Mapping[str, int] | None = None,
    ):
        super().__init__(config, parts)
        if parts.channel.config.reach:
            raise ValueError(f"channel.reach = {parts.channel.config.reach}: a plane has no cells to count; use 0")
        self.roles, self.marks, self.goals, self.chased = tuple(roles), tuple(marks), goals, tuple(chased)
        seats = [(i, role) for i, role in enumerate(roles) for _ in range(role.count)]
        lands = [mark for mark in marks for _ in range(mark.count)]
        self.seats, self.lands = len(seats), len(lands)
        self.knows = tuple(knows) or (-1,) * self.seats
        self.talks = any(role.speaks for role in roles)
        self._bodies([role for _, role in seats], lands, solid, marks)
        colours = torch.zeros(max(self.lands, 1), 0) if colours is None else colours
        self.widths = self._widths([role for _, role in seats], colours.shape[1], dict(more or {}))
        fields = {name: (max(w.get(name, 0) for w in self.widths),) for w in self.widths for name in w}
        fields |= {"role": (len(roles),)} if len(roles) > 1 else {}
        heads = {"move": Head(5)}
        if self.talks:
            heads["say"] = Head(parts.channel.config.symbols, parts.channel.config.length, speech=True)
        self.spec = Spec(
            seats=self.seats,
            routes=True,
            fields=fields,
            heads=heads,
            episode=config.episode,
            roles=tuple(role.name for role in roles),
            seat_roles=tuple(i for i, _ in seats),
            hearing=("heard",) if self.talks else (),
            reacting=("move",) if self.talks else (),
        )
        moves, speaks = (torch.tensor([can(role) for _, role in seats]) for can in (lambda r: r.thrust > 0, lambda r: r.speaks))
        self.able = {"move": moves, "say": speaks}
        legal = [(self.able[name][:, None] | (torch.arange(head.size) == 0)) for name, head in heads.items()]
        sizes = [torch.where(self.able[name], head.size, 1) for name, head in heads.items() for _ in range(head.length)]
        self.sizes = torch.stack(sizes, dim=1)  # [N, K] options that a seat has for each number of its action
        self.mask = None if torch.cat(legal, dim=1).all() else torch.cat(legal, dim=1)
        self.hears = torch.tensor([max(h, 0) for h in hears] or [0] * self.seats)
        self.known = torch.tensor([max(k, 0) for k in self.knows])
        graph = parts.channel.hears(self.seats)
        heard = [h if graph is None or n == h or graph[n, h] else -1 for n, h in enumerate(hears)]
        self._sight(tuple(heard) or (-1,) * self.seats, colours)
        self.stamps = stamps(lands)

    def to(self, device: torch.device) -> ParticleWorld:
        """The tables on a device."""
        self.able, self.stamps = pytree.tree_map(lambda table: table.to(device), (self.able, self.stamps))
        self.typed.clear()
        super().to(device)
        return self

    # ---------------------------------------------------------------- constants

    def _bodies(self, seats: list[Role], lands: list[Mark], solid: bool, marks: Sequence[Mark]) -> None:
        """Tables of motion: thrust by seat and option, where bodies meet, top speeds (None: no seat has one)."""
        thrust = torch.tensor([role.thrust for role in seats])
        self.thrusts = (thrust[:, None, None] * plane.DIRECTIONS).flatten()  # [N * 5 * 2]
        self.first_thrust = torch.arange(2)[:, None] + 10 * torch.arange(self.seats)[:, None, None]  # [N, 2, 1]
        self.life0 = torch.zeros(1, 1, dtype=torch.long)
        # in double precision, so that a state in double precision meets its walls where they are
        radius = torch.tensor([body.radius for body in (*seats, *lands)], dtype=torch.float64)
        self.reach = plane.reaches(radius, self.seats)
        self.typed: dict[torch.dtype, Tensor] = {}
        self.solids = self.seats + sum(mark.count for mark in marks if mark.solid) if solid else 0
        top = torch.tensor([role.top for role in seats], dtype=torch.float64)
        self.top = None if top.isinf().all() else top
        self.spread = torch.tensor([[1.0]] * self.seats + [[mark.spread] for mark in lands])

    def _widths(self, seats: list[Role], colour: int, more: dict[str, int]) -> list[dict[str, int]]:
        """What each seat perceives, in mpe2's order: field -> how many numbers."""
        channel = self.parts.channel.config
        known = {"velocity": 2, "position": 2, "landmarks": 2 * self.lands, "others": 2 * (self.seats - 1)}
        known |= {"goal": colour, "heard": channel.length * (channel.symbols - 1)} | more
        return [
            {name: 2 * len(self._chased_by(n)) if name == "velocities" else known[name] for name in role.sees}
            for n, role in enumerate(seats)
        ]

    def _others(self, seat: int) -> list[int]:
        return [n for n in range(self.seats) if n != seat]

    def _chased_by(self, seat: int) -> list[int]:
        return [n for n in self.chased if n != seat]

    def _sight(self, hears: tuple[int, ...], colours: Tensor) -> None:
        """Tables of perception: all of it is linear in positions and velocities, but for what is looked up in `told`.

        told [N * K * V, F]: role, goal colour and first symbol heard, by seat, goal and symbol; from_pos [2E, N * F] and
        from_vel [2N, N * F] make one product each of what a loop over seats would do, exactly: their entries are 0, 1, -1.
        """
        bodies, symbols, features = self.seats + self.lands, self.parts.channel.config.symbols, self.spec.features
        eye = torch.eye(2 * (bodies + self.seats)).view(bodies + self.seats, 2, -1)
        here, speed = eye[:bodies], eye[bodies:]
        linear = torch.zeros(self.seats, features, eye.shape[-1])
        self.heard_sizes = (len(colours) if self.goals else 1, symbols if self.talks else 1)
        told = torch.zeros(self.seats, *self.heard_sizes, features)
        for n, widths in enumerate(self.widths):
            rows = {
                "velocity": speed[n : n + 1],
                "position": here[n : n + 1],
                "landmarks": here[self.seats :] - here[n],
                "others": here[self._others(n)] - here[n],
                "velocities": speed[self._chased_by(n)],
            }
            for name, width in widths.items():
                start = self.spec.slices[name].start
                if name in rows:
                    linear[n, start : start + width] = rows[name].flatten(0, 1)
                if name == "goal" and self.knows[n] >= 0:
                    told[n, :, :, start : start + width] = colours[:, None]
                if name == "heard" and hears[n] >= 0:
                    told[n, :, 1:, start : start + symbols - 1] = torch.eye(symbols - 1)
            if len(self.roles) > 1:
                told[n, ..., self.spec.slices["role"].start + self.spec.seat_roles[n]] = 1.0
        self.told = told.flatten(0, 2)
        self.first_told = math.prod(self.heard_sizes) * torch.arange(self.seats)
        self.hearing = torch.tensor([float(h >= 0) for h in hears])[:, None]
        table = linear.flatten(0, 1).T
        self.from_pos, self.from_vel = table[: 2 * bodies].contiguous(), table[2 * bodies :].contiguous()

    def reaches(self, dtype: torch.dtype) -> Tensor:
        """At which distance seats meet bodies [N, E] in this precision, converted once."""
        if dtype not in self.typed:
            self.typed[dtype] = self.reach.to(dtype)
        return self.typed[dtype]

    # ---------------------------------------------------------------- an episode

    def reset(self, key: Keys) -> ParticleState:
        """Everybody and everything somewhere, at rest; goals drawn; nothing said."""
        worlds, device = len(key.base), key.base.device
        pos = plane.aligned((key.uniform("particles.pos", self.seats + self.lands, 2) * 2 - 1) * self.spread)
        goal = key.integers("particles.goal", max(self.lands, 1), self.goals) if self.goals else torch.zeros(
            worlds, 0, dtype=torch.long, device=device
        )  # fmt: skip
        vel = plane.rows(torch.zeros(self.seats, 2, worlds, device=device))
        return ParticleState(pos, vel, goal, self.parts.channel.silence(worlds, self.seats, device))

    def step(self, s: ParticleState, action: Action, key: Keys) -> tuple[ParticleState, Outcome]:
        """Thrust and contacts move the bodies, words go out, and the world as it is then is judged."""
        pos, vel, dtype, seats = plane.aligned(s.pos), plane.aligned(s.vel), s.pos.dtype, self.seats
        option = torch.add(self.first_thrust, action["move"].T[:, None], alpha=2)
        force = plane.rows(self.thrusts.to(dtype).take(option))
        if self.solids:
            reach = self.reaches(dtype)[:, : self.solids]
            force = force + plane.contacts(pos[:, :seats], pos[:, : self.solids], reach, LAW)
        top = None if self.top is None else self.top.to(dtype)
        moved, vel = plane.move(pos[:, :seats], vel, force, LAW, top=top)
        pos = plane.rows(torch.cat([plane.columns(moved), plane.columns(pos[:, seats:])]))
        s = ParticleState(pos, vel, s.goal, s.air)
        reward, measures = self.judge(s)
        if self.talks:
            said = action["say"].view(*vel.shape[:2], -1)
            heard = self.parts.channel.transmit(said, key, self.life0.expand(said.shape[:2]))
            s = ParticleState(pos, vel, s.goal, self.parts.channel.delay(s.air, heard))
            if self.parts.channel.config.cost:
                reward = reward - self.parts.channel.price(said)
        return s, Outcome(reward=reward, measures=measures)

    @abstractmethod
    def judge(self, s: ParticleState) -> tuple[Tensor, dict[str, Tensor]]:
        """What this moment is worth to each seat [W, N], and measures [W, N] of it."""

    # ---------------------------------------------------------------- what is perceived

    def observe(self, s: ParticleState) -> Observation:
        """Role by role the fields of `Role.sees`; what a role does not see is 0."""
        worlds, dtype = len(s.pos), s.pos.dtype
        told, (_, symbols) = self.told.to(dtype), self.heard_sizes
        place, motion = s.pos.flatten(1), s.vel.flatten(1)
        if self.goals or self.talks:
            code = self.first_told[:, None]  # [N, 1], then [N, W]
            if self.goals:
                code = torch.add(code, s.goal.T.index_select(0, self.known), alpha=symbols)
            if self.talks:
                code = code + s.air[:, 0, :, 0].T.index_select(0, self.hears)
            out = told.index_select(0, code.T.flatten()).view(worlds, -1)
            out.addmm_(place, self.from_pos.to(dtype))
        else:
            out = torch.addmm(told.view(-1), place, self.from_pos.to(dtype))
        out.addmm_(motion, self.from_vel.to(dtype))
        out = out.view(worlds, self.seats, -1)
        if self.talks and self.parts.channel.config.length > 1:
            self._later_symbols(s, out)
        return Observation(out, None if self.mask is None else self.mask.expand(worlds, -1, -1))

    def _later_symbols(self, s: ParticleState, out: Tensor) -> None:
        """The second and later symbols of what is heard, written into the observation."""
        channel, start = self.parts.channel.config, self.spec.slices["heard"].start
        symbol = torch.arange(1, channel.symbols, device=out.device)
        for i in range(1, channel.length):
            heard = s.air[:, 0, :, i].index_select(1, self.hears)[..., None] == symbol
            out[..., start + i * len(symbol) : start + (i + 1) * len(symbol)] = heard * self.hearing

    def as_mpe2(self, features: Tensor, seat: int) -> Tensor:
        """What mpe2 would tell this seat, [W, k]: the fields of its role in mpe2's order, and its zeros for the silent."""
        start = {name: where.start for name, where in self.spec.slices.items()}
        parts = [features[:, seat, start[name] : start[name] + width] for name, width in self.widths[seat].items()]
        return torch.cat([*parts, features.new_zeros(len(features), self.silence)], dim=-1)

    def meanings(self, s: ParticleState) -> Mapping[str, Tensor]:
        """The goal landmark that a speaker knows; -1 for who cannot speak or knows none."""
        if not (self.goals and self.talks):
            return {}
        tells = torch.tensor([k >= 0 and self.roles[r].speaks for k, r in zip(self.knows, self.spec.seat_roles, strict=True)])
        return {"goal": torch.where(tells.to(s.goal.device), s.goal.index_select(1, self.known), -1)}

    def looks(self, s: ParticleState) -> Tensor | None:
        """Which colour of its kind each landmark shows [W, K]; None: the first landmark the first, and so on."""
        return None

    def scene(self, s: ParticleState) -> Scene:
        """The plane from above, landmarks painted into it, a disc for each seat."""
        x, y = place(s.pos[:, : self.seats])
        cells, legend = paint(s.pos[:, self.seats :], self.marks, self.looks(s), *self.stamps)
        return Scene(
            height=cells.shape[1],
            width=cells.shape[2],
            x=x,
            y=y,
            cells=cells,
            legend=legend,
            kind=torch.tensor(self.spec.seat_roles, device=x.device).expand(len(x), -1),
            kinds=tuple((role.name, role.colour) for role in self.roles),
            said=s.air[:, -1, :, 0] if self.talks else None,
            values=self.meanings(s),
            wraps=False,
            sizes=tuple(diameter(role.radius) for role in self.roles),
        )

    # ---------------------------------------------------------------- reference agents

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random; subclasses add theirs."""
        return {"random": Script(self._random, "every option alike")}

    def _random(self, s: ParticleState, seen: Observation, key: Keys) -> Action:
        words = key.words("script.random", self.seats, self.spec.numbers)
        return self.spec.unpack(below(words, self.sizes))
