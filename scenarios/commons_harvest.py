"""Commons harvest: apples grow back only beside other apples, so that whoever eats all there is destroys the commons.

Seats walk a walled field and eat the apples they step on. An empty site grows an apple with a probability that rises with
the number of live apples around it and is 0 where there is none: a patch that is eaten up never comes back. A zap sends
another seat away for some ticks. After Janssen et al. (2010) and Perolat et al. (2017); numbers of the presets: Melting
Pot's `commons_harvest__open` (Leibo et al. 2021), the repository of sequential social dilemmas, and one from memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from society.keys import Keys
from society.world.scenario import Action, Head, Observation, Outcome, Parts, Scenario, Scene, Script, Spec, state
from society.world.scripts import uniform

from .commons_apples import dealt, eat, preset
from .commons_maps import HARVEST
from .commons_players import ACTS, SELF, SELF_NAMES, Bodies, Players, PlayersConfig, Zaps
from .commons_scripts import Guide

PLANES = ("apple", "seat", "wall", "beam")  # bytes of an int32 word, the first the lowest
APPLE, SEAT, WALL, BEAM = range(4)
NEIGHBOURS = {"disc": 4, "block": 2}  # the largest squared distance: 12 cells within radius 2, or the 8 around a cell
LEGEND = (("ground", "#F4F1EA"), ("wall", "#6B6B6B"), ("bare", "#E3DCC3"), ("apple", "#009E73"), ("beam", "#F0E442"))
Probability = Annotated[float, Field(ge=0, le=1)]


class HarvestConfig(PlayersConfig):
    """Rules of the harvest."""

    map: Literal["field", "plot", "grove"] = Field("field", description="where walls, apples and places to begin are")
    regrowth: tuple[Probability, ...] = Field(
        (0.0, 0.0025, 0.005, 0.025),
        min_length=1,
        max_length=13,
        description="probability a tick that an empty site grows an apple, by live neighbours 0, 1, ..; the last for more",
    )
    neighbourhood: Literal["disc", "block"] = Field("disc", description="radius 2 in L2 (12 cells), or the 3 x 3 block (8)")
    restraint: int = Field(4, ge=0, le=12, description="live neighbours that an apple needs for the sustainable script")


@state
class HarvestState:
    """W worlds, S sites."""

    players: Players
    apples: Tensor  # [W, S] bool
    tick: Tensor  # [W]


class CommonsHarvest(Scenario):
    """Walk, eat, zap; see the file's first lines."""

    Config = HarvestConfig
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "default": preset({}, 10_000_000),
        "melting_pot": preset({}, 10_000_000),
        "ssd": preset(
            {
                "regrowth": (0.0, 0.005, 0.02, 0.05),
                "neighbourhood": "block",
                "out_ticks": 0,
                "zap_cost": 1.0,
                "zap_penalty": 50.0,
            },
            10_000_000,
        ),
        # recalled, not read: never printed as published
        "perolat": preset({"regrowth": (0.0, 0.01, 0.01, 0.05, 0.05, 0.1)}, 10_000_000),
        "quick": preset({"map": "plot", "seats": 4, "episode": 300}, 1_500_000, ticks=300),
    }

    def __init__(self, config: HarvestConfig, parts: Parts):
        super().__init__(config, parts)
        c, lines = config, HARVEST[config.map]
        ground = {"a": 0, "#": 1 << 8 * WALL}
        self.bodies = Bodies(lines, c, parts.contest, ground, (SEAT, BEAM), torch.int32)
        grid = self.bodies.grid
        self.sites = grid.where("a")
        y, x = grid.yx(self.sites)
        apart = (y[:, None] - y) ** 2 + (x[:, None] - x) ** 2
        self.near = ((apart > 0) & (apart <= NEIGHBOURS[c.neighbourhood])).float()  # [S, S]
        thresholds = torch.tensor([round(p * 2**32) for p in c.regrowth])  # of 32 random bits
        self.grows = thresholds[torch.arange(int(self.near.sum(0).max()) + 1).clamp(max=len(thresholds) - 1)]
        self.guide: Guide | None = None  # made when a script first asks its way
        self.spec = Spec(
            seats=c.seats,
            fields={"cells": (self.bodies.cells_in_view, len(PLANES)), "self": (SELF,)},
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
            "relative": {"one": "script:sustainable", "zero": "script:greedy"},
            "measures": {
                "stock": {
                    "numerator": "stock",
                    "denominator": "sites",
                    "unit": "share of sites with an apple",
                    "null": "script:sustainable",
                },
                "stock_at_end": {
                    "numerator": "stock_at_end",
                    "denominator": "sites_at_end",
                    "unit": "share of sites with an apple in the last tick",
                    "null": "script:sustainable",
                },
            },
        }

    def to(self, device: torch.device) -> Scenario:
        """Also the bodies' tables."""
        self.bodies.to(device)
        self.guide = None
        return super().to(device)

    def reset(self, key: Keys) -> HarvestState:
        """Apples on all sites, seats on their places."""
        worlds = len(key.base)
        apples = torch.ones(worlds, len(self.sites), dtype=torch.bool, device=key.base.device)
        return HarvestState(self.bodies.begin(key), apples, torch.zeros_like(key.base))

    # ---------------------------------------------------------------- a tick, in the order of the rules

    def step(self, s: HarvestState, action: Action, key: Keys) -> tuple[HarvestState, Outcome]:
        """Walk, eat, zap, regrow."""
        absent = s.players.out > 0
        players = self.bodies.walk(s.players, action["act"], key)
        apples, eaten = eat(s.apples, self.bodies, players)
        players, zaps = self.bodies.zap(players, action["act"])
        apples = self.regrow(apples, key)
        reward = eaten + zaps.reward
        now = HarvestState(players, apples, s.tick + 1)
        measures = self._measures(now, eaten, reward, absent, zaps)
        return now, Outcome(reward=reward, measures=measures, events={"contests": zaps.contests})

    def regrow(self, apples: Tensor, key: Keys) -> Tensor:
        """Every empty site by its own draw, with the probability of its live neighbours; apples [W, S] before and after."""
        around = (apples.float() @ self.near).int()
        grows = self.grows.index_select(0, around.flatten()).view_as(around)
        return apples | (key.words("commons.regrow", len(self.sites)) < grows)

    def _measures(
        self, now: HarvestState, eaten: Tensor, reward: Tensor, absent: Tensor, zaps: Zaps
    ) -> dict[str, Tensor]:
        """What is summed for analysis. The stock is dealt among the seats, so that a world's sum is its number of apples."""
        seats = self.config.seats
        stock = dealt(now.apples, seats)
        sites = torch.full_like(stock, len(self.sites) / seats)
        last = (now.tick == self.config.episode)[:, None]
        rewarded = reward > 0
        return {
            "eaten": eaten,
            "rewarded": rewarded,
            "rewarded_tick": rewarded * now.tick[:, None],
            "out": absent,
            "zaps": zaps.fired,
            "stock": stock,
            "sites": sites,
            "stock_at_end": stock * last,
            "sites_at_end": sites * last,
        }

    # ---------------------------------------------------------------- what is perceived

    def observe(self, s: HarvestState) -> Observation:
        """The window of each seat and itself; who is out has no turn."""
        worlds, seats = s.players.pos.shape
        words = self.bodies.ground.repeat(worlds, 1)
        words[:, : len(self.sites)].add_(s.apples, alpha=1 << 8 * APPLE)
        out = torch.empty(worlds, seats, self.spec.features, device=words.device)
        self.bodies.look(words, s.players, out)
        return Observation(out, active=s.players.out == 0)

    def scene(self, s: HarvestState) -> Scene:
        """The field with its apples and beams, and the seats in play."""
        p, grid = s.players, self.bodies.grid
        worlds = len(p.pos)
        cells = torch.where(grid.wall, 1, 0).to(torch.uint8).expand(worlds, -1).clone()
        cells[:, self.sites] = 2 + s.apples.to(torch.uint8)
        return self.bodies.scene(p, cells, LEGEND, (4,))

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """What is done, seen and known; ahead is up in the window."""
        acts = (*ACTS, "zap")[: self.bodies.options]
        return {"head.act": acts, "field.cells": PLANES, "field.self": SELF_NAMES}

    # ---------------------------------------------------------------- reference agents

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random; one that eats what is nearest; one that leaves what the commons needs. The latter two have a map."""
        return {
            "random": uniform(self.spec),
            "greedy": Script(self._greedy, "goes to the nearest apple and eats it", privileged=True),
            "sustainable": Script(self._sustainable, "eats only apples with enough live neighbours", privileged=True),
        }

    def _greedy(self, s: HarvestState, seen: Observation, key: Keys) -> Action:
        return {"act": self._fetch(s, s.apples, torch.zeros_like(s.apples), key)}

    def _sustainable(self, s: HarvestState, seen: Observation, key: Keys) -> Action:
        """Apples short of neighbours are neither eaten nor walked over."""
        ripe = s.apples & ((s.apples.float() @ self.near) >= self.config.restraint)
        return {"act": self._fetch(s, ripe, s.apples & ~ripe, key)}

    def _fetch(self, s: HarvestState, wanted: Tensor, spared: Tensor, key: Keys) -> Tensor:
        """Towards the nearest wanted apple, never over one that is spared; where none is wanted, stay."""
        if self.guide is None:
            self.guide = Guide(self.bodies, self.sites)
        goal, far = self.guide.nearest(s.players, wanted[:, None, :])
        shut = torch.zeros(len(spared), self.bodies.grid.cells, dtype=torch.bool, device=spared.device)
        shut[:, self.sites] = spared
        way = self.guide.towards(s.players, goal, shut, key)
        return torch.where((far < self.bodies.grid.cells) & (s.players.out == 0), way, 0)


scenario = CommonsHarvest
