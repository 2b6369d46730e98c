"""Clean up: apples grow only while somebody keeps the river clean, which feeds nobody who does it.

An orchard in the south, a river in the north. Every site of the orchard grows an apple with a probability that falls as the
river gets dirtier and is 0 from a dirt fraction of .4; the river gets dirtier by itself, and a beam cleans it. Cleaning takes
the tick and the walk, the apples are everybody's. After Hughes et al. (2018); numbers: Melting Pot's `clean_up` (Leibo et
al. 2021). The river begins dirtier than .4, so that a group that does not learn to clean earns exactly nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from society.keys import Keys, below, chance
from society.world.scenario import Action, Head, Observation, Outcome, Parts, Scenario, Scene, Script, Spec, state
from society.world.scripts import uniform

from .commons_apples import dealt, eat, padded, preset
from .commons_maps import CLEAN_UP
from .commons_players import ACTS, SELF, SELF_NAMES, STAY, TURN_LEFT, TURN_RIGHT, Bodies, Players, PlayersConfig, Zaps
from .commons_scripts import OPTION, Guide

PLANES = ("apple", "seat", "wall", "zap", "clean", "water", "dirt", "orchard")  # bytes of an int64 word, the first the lowest
APPLE, SEAT, WALL, ZAP, CLEANING, WATER, DIRT, ORCHARD = range(8)
CLEAN = TURN_RIGHT + 1  # the option that fires the cleaning beam
LEGEND = (
    ("ground", "#F4F1EA"), ("wall", "#6B6B6B"), ("bare", "#E3DCC3"), ("apple", "#009E73"), ("river", "#56B4E9"),
    ("dirt", "#7A5C3E"), ("zap", "#F0E442"), ("clean", "#CFEFFF"),
)  # fmt: skip


class CleanUpConfig(PlayersConfig):
    """Rules of the river and the orchard."""

    map: Literal["valley", "brook"] = Field("valley", description="where walls, river, orchard and places to begin are")
    out_ticks: int = Field(50, ge=0, le=10_000, description="ticks that a zapped seat is away; 0: it stays")
    cooldown: int = Field(10, ge=0, le=1000, description="ticks after a zap in which there is no other")
    rest: int = Field(2, ge=0, le=1000, description="ticks after a cleaning beam in which there is no other")
    growth: float = Field(0.05, ge=0, le=1, description="probability a tick that an empty site grows, the river clean")
    depletion: float = Field(0.4, gt=0, le=1, description="dirt fraction from which nothing grows")
    dirt_start: float = Field(0.54, ge=0, le=1, description="share of the river that is dirty at the start")
    dirt_rate: float = Field(0.5, ge=0, le=1, description="probability a tick that one clean cell gets dirty")
    dirt_delay: int = Field(50, ge=0, le=1_000_000, description="ticks of an episode before any cell gets dirty")


@state
class CleanUpState:
    """W worlds, S sites of apples, R cells of river."""

    players: Players
    apples: Tensor  # [W, S] bool
    dirt: Tensor  # [W, R] bool
    resting: Tensor  # [W, N] ticks until the cleaning beam is ready
    tick: Tensor  # [W]


SMALL = {
    "map": "brook", "seats": 3, "episode": 200, "ahead": 3, "aside": 2, "dirt_rate": 0.15, "dirt_delay": 0, "dirt_start": 0.3,
}  # fmt: skip


class CleanUp(Scenario):
    """Walk, eat, zap, clean; see the file's first lines."""

    Config = CleanUpConfig
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "default": preset({}, 20_000_000),
        "melting_pot": preset({}, 20_000_000),
        "quick": preset(SMALL, 1_500_000, ticks=200),
    }

    def __init__(self, config: CleanUpConfig, parts: Parts):
        super().__init__(config, parts)
        c = config
        ground = {"a": 1 << 8 * ORCHARD, "~": 1 << 8 * WATER, "#": 1 << 8 * WALL}
        self.bodies = Bodies(CLEAN_UP[config.map], c, parts.contest, ground, (SEAT, ZAP, CLEANING), torch.int64, extra=1)
        grid = self.bodies.grid
        self.sites, self.river = grid.where("a"), grid.where("~")
        bank = self.bodies.path - len(self.sites)  # [4 V, B, length] a cell's place in the river, R for all that are not
        bank = torch.where((bank >= 0) & (bank < len(self.river)), bank, len(self.river))
        none = torch.full_like(bank[:1], len(self.river))
        self.bank = torch.cat([bank, none]).movedim(-1, 0).flip(0).contiguous()  # [length, 4 V + 1, B], the farthest first
        self.grows = (self._rate(torch.arange(len(self.river) + 1)) * 2.0**32).ceil().long()  # thresholds of 32 random bits
        self.guides: tuple[Guide, Guide] | None = None  # to apples and to the river, made when a script first asks
        self.spec = Spec(
            seats=c.seats,
            fields={"cells": (self.bodies.cells_in_view, len(PLANES)), "self": (SELF + 1,)},
            heads={"act": Head(self.bodies.options, contest=parts.contest.config.offered)},
            episode=c.episode,
        )
        self.declared: Mapping[str, Any] = {
            "headline": {
                "name": "harvest",
                "measure": "eaten",
                "per": "seat_tick",
                "scale": 100.0,
                "unit": "apples per seat and 100 ticks",
            },
            "relative": {"one": "script:cleaner", "zero": "script:greedy"},
            "measures": {
                "cleaning": {"numerator": "cleaned", "denominator": "present", "unit": "cells cleaned per seat and tick",
                             "null": "script:random"},
                "dirt": {"numerator": "dirt", "denominator": "river", "unit": "share of the river that is dirty",
                         "null": "script:random"},
            },
        }  # fmt: skip

    def to(self, device: torch.device) -> Scenario:
        """Also the bodies' tables."""
        self.bodies.to(device)
        self.guides = None
        return super().to(device)

    def reset(self, key: Keys) -> CleanUpState:
        """No apples, and a drawn `dirt_start` of the river's cells dirty."""
        players, worlds = self.bodies.begin(key), len(key.base)
        dirty = round(self.config.dirt_start * len(self.river))
        bare = torch.zeros(worlds, len(self.sites), dtype=torch.bool, device=key.base.device)
        dirt = key.permutation("clean_up.start", len(self.river)) < dirty
        return CleanUpState(players, bare, dirt, torch.zeros_like(players.pos), torch.zeros_like(key.base))

    # ---------------------------------------------------------------- a tick, in the order of the rules

    def step(self, s: CleanUpState, action: Action, key: Keys) -> tuple[CleanUpState, Outcome]:
        """Walk, eat, zap, clean, get dirty, grow."""
        act, absent = action["act"], s.players.out > 0
        players = self.bodies.walk(s.players, act, key)
        apples, eaten = eat(s.apples, self.bodies, players)
        players, zaps = self.bodies.zap(players, act)
        wipes = (act == CLEAN) & (s.resting == 0)
        players = Players(players.pos, players.facing, players.out, players.cool, torch.where(wipes, 2, players.beam))
        dirt, cleaned = self.clean(s.dirt, players, wipes)
        dirt = self.pollute(dirt, s.tick, key)
        apples = self.grow(apples, dirt, key)
        resting = torch.where(wipes, self.config.rest, (s.resting - 1).clamp(min=0))
        reward = eaten + zaps.reward
        now = CleanUpState(players, apples, dirt, resting, s.tick + 1)
        measures = self._measures(now, eaten, reward, absent, zaps, cleaned)
        return now, Outcome(reward=reward, measures=measures, events={"contests": zaps.contests})

    def clean(self, dirt: Tensor, players: Players, wipes: Tensor) -> tuple[Tensor, Tensor]:
        """Every ray of a cleaning beam cleans the first dirty cell in it; returns dirt [W, R] and cells cleaned [W, N].

        A cell that several reach at once counts for the lowest seat.
        """
        river = len(self.river)
        reached = self.first_dirt(dirt, players, wipes)
        seats = torch.arange(self.config.seats, dtype=torch.int32, device=dirt.device)[:, None].expand_as(reached)
        nobody = torch.full((len(dirt), river + 1), self.config.seats, dtype=torch.int32, device=dirt.device)
        cells = reached.flatten(1)
        first = nobody.scatter_reduce_(1, cells, seats.flatten(1), "amin").gather(1, cells).view_as(seats)
        return padded(dirt).scatter_(1, cells, False)[:, :-1], ((first == seats) & (reached < river)).sum(-1)

    def first_dirt(self, dirt: Tensor, players: Players, wipes: Tensor) -> Tensor:
        """The place in the river [W, N, rays] of the first dirty cell of each ray of those who wipe; R where there is none."""
        row = torch.where(wipes.flatten(), self.bodies.row(players), self.bank.shape[1] - 1)
        dirty = padded(dirt)
        reached = torch.full_like(self.bank[0, :1], len(self.river))
        for cells in self.bank:
            bank = cells.index_select(0, row)
            reached = torch.where(dirty.gather(1, bank.view(len(dirt), -1)).view_as(bank), bank, reached)
        return reached.view(*players.pos.shape, -1)

    def pollute(self, dirt: Tensor, tick: Tensor, key: Keys) -> Tensor:
        """With `dirt_rate` one of the clean cells, all alike, gets dirty, once the delay is over; dirt [W, R], tick [W]."""
        falls, which = key.words("clean_up.dirt", 2).unbind(1)
        falls = chance(falls, self.config.dirt_rate) & (tick >= self.config.dirt_delay)
        count = (~dirt).cumsum(-1)
        chosen = below(which, count[:, -1])[:, None] + 1  # of the clean cells, from 1
        place = torch.where(falls[:, None], torch.searchsorted(count, chosen), len(self.river))  # none is clean: also R
        return padded(dirt).scatter_(1, place, True)[:, :-1]

    def rate(self, dirt: Tensor) -> Tensor:
        """The probability [W] with which an empty site grows: `growth` of a clean river, 0 from `depletion` on."""
        return self._rate(dirt.sum(-1))

    def _rate(self, dirty: Tensor) -> Tensor:
        fraction = dirty.double() / len(self.river)
        return self.config.growth * (1 - fraction / self.config.depletion).clamp(min=0)

    def grow(self, apples: Tensor, dirt: Tensor, key: Keys) -> Tensor:
        """Every empty site by its own draw; apples [W, S] before and after."""
        grows = self.grows.take(dirt.sum(-1, keepdim=True))
        return apples | (key.words("clean_up.grow", len(self.sites)) < grows)

    def _measures(
        self, now: CleanUpState, eaten: Tensor, reward: Tensor, absent: Tensor, zaps: Zaps, cleaned: Tensor
    ) -> dict[str, Tensor]:
        """What is summed for analysis; what a world has is dealt among its seats, so that their sum is the world's."""
        seats, rewarded = self.config.seats, reward > 0
        stock, dirt = dealt(now.apples, seats), dealt(now.dirt, seats)
        return {
            "eaten": eaten,
            "rewarded": rewarded,
            "rewarded_tick": rewarded * now.tick[:, None],
            "out": absent,
            "present": ~absent,
            "zaps": zaps.fired,
            "cleaned": cleaned,
            "stock": stock,
            "dirt": dirt,
            "river": torch.full_like(dirt, len(self.river) / seats),
        }

    # ---------------------------------------------------------------- what is perceived

    def observe(self, s: CleanUpState) -> Observation:
        """The window of each seat and itself; who is out has no turn."""
        worlds, seats = s.players.pos.shape
        sites, river = len(self.sites), len(self.river)
        words = self.bodies.ground.repeat(worlds, 1)
        words[:, :sites].add_(s.apples, alpha=1 << 8 * APPLE)
        words[:, sites : sites + river].add_(s.dirt, alpha=1 << 8 * DIRT)
        out = torch.empty(worlds, seats, self.spec.features, device=words.device)
        self.bodies.look(words, s.players, out)
        out[..., -1] = s.resting == 0
        return Observation(out, active=s.players.out == 0)

    def scene(self, s: CleanUpState) -> Scene:
        """River and orchard, beams, and the seats in play."""
        p, grid = s.players, self.bodies.grid
        cells = torch.where(grid.wall, 1, 0).to(torch.uint8).expand(len(p.pos), -1).clone()
        cells[:, self.sites] = 2 + s.apples.to(torch.uint8)
        cells[:, self.river] = 4 + s.dirt.to(torch.uint8)
        return self.bodies.scene(p, cells, LEGEND, (6, 7))

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """What is done, seen and known; ahead is up in the window."""
        acts = (*ACTS, "clean", "zap")[: self.bodies.options]
        return {"head.act": acts, "field.cells": PLANES, "field.self": (*SELF_NAMES, "clean ready")}

    # ---------------------------------------------------------------- reference agents

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random; one that only eats; one that first cleans. The latter two have a map."""
        return {
            "random": uniform(self.spec),
            "greedy": Script(self._greedy, "goes to the nearest apple and eats it, never cleans", privileged=True),
            "cleaner": Script(self._cleaner, "cleans while the river is dirtier than its seat bears, else eats", privileged=True),
        }

    def _greedy(self, s: CleanUpState, seen: Observation, key: Keys) -> Action:
        return {"act": self._fetch(s, key)}

    def _cleaner(self, s: CleanUpState, seen: Observation, key: Keys) -> Action:
        """Each seat has a dirt fraction from which it cleans, spread below `depletion`: the dirtier, the more seats clean."""
        seats = self.config.seats
        bears = self.config.depletion * torch.arange(1, seats + 1, device=s.dirt.device) / (seats + 1)
        dirty = s.dirt.sum(-1, keepdim=True) > bears * len(self.river)
        return {"act": torch.where(dirty, self._wipe(s, key), self._fetch(s, key))}

    def _guides(self) -> tuple[Guide, Guide]:
        if self.guides is None:
            self.guides = Guide(self.bodies, self.sites), Guide(self.bodies, self.river)
        return self.guides

    def _fetch(self, s: CleanUpState, key: Keys) -> Tensor:
        """Towards the nearest apple; where there is none, stay."""
        guide = self._guides()[0]
        goal, far = guide.nearest(s.players, s.apples[:, None, :])
        way = guide.towards(s.players, goal, torch.zeros(len(far), self.bodies.grid.cells, dtype=torch.bool), key)
        return torch.where((far < self.bodies.grid.cells) & (s.players.out == 0), way, STAY)

    def _wipe(self, s: CleanUpState, key: Keys) -> Tensor:
        """Clean what lies before the seat; else turn to the nearest dirt if it is close, else walk there."""
        guide, p = self._guides()[1], s.players
        goal, far = guide.nearest(p, s.dirt[:, None, :])
        open_ = torch.zeros(len(far), self.bodies.grid.cells, dtype=torch.bool, device=far.device)
        way = guide.towards(p, goal, open_, key)
        quarter = (torch.tensor(OPTION, device=far.device) == way[..., None]).int().argmax(-1)  # where the way leads
        turn = torch.where(quarter == 3, TURN_LEFT, TURN_RIGHT)
        close = (far <= self.config.beam_length) & (quarter > 0)
        before = (self.first_dirt(s.dirt, p, p.out == 0) < len(self.river)).any(-1)
        clean = torch.where(s.resting == 0, CLEAN, STAY)
        act = torch.where(before, clean, torch.where(close, turn, way))
        return torch.where(p.out == 0, act, STAY)


scenario = CleanUp
