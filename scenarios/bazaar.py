"""Bazaar: a large sparse torus where seats gather, barter, call out, are born and die; the flagship world.

Two or more goods grow in scattered cells or patches. A seat gathers one good well (its speciality, drawn at birth and
invisible to others) and the rest badly, eats one of each good whenever it holds them all, and dies after a fixed life. What
it can do about it: walk, hold up a barter offer that clears with a neighbour's, call out one message to the whole world,
strike a neighbour for goods. Rules and constants of the `quick` preset: a prototype of ours; nothing here is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from society.config import Frozen
from society.keys import Keys, below, chance
from society.world.grid import Torus
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
    state,
)

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7")  # Okabe and Ito: safe for the colour-blind


# Chosen on seeds 0-5 for welfare and for what content is worth, then frozen; figures that count use other seeds.
LEARNING: Mapping[str, Any] = {
    "training": {"worlds": 256, "ticks": 16, "agent_steps": 7_000_000, "checkpoint_every": 50},
    "learner": {"lr": 1e-2, "minibatch": 4096, "signalling": 0.05, "listening": 0.005},
    "evaluation": {
        "conditions": ["normal", "mute", "content", "relabel", "scramble", "tradeless", "peaceful", "strangers"],
    },
}


class BazaarConfig(Frozen):
    """Rules of the bazaar."""

    seats: int = Field(8, ge=2, le=256, description="seats of a world")
    size: int = Field(20, ge=3, le=200, description="side of the square torus in cells")
    goods: int = Field(2, ge=2, le=4, description="kinds of goods; a meal is one of each")
    layout: Literal["scattered", "patches"] = Field("scattered", description="where goods grow")
    density: float = Field(0.08, gt=0, le=0.25, description="share of cells on which each good grows")
    regrowth: float = Field(0.1, ge=0, le=1, description="probability a tick that a harvested cell is ripe again")
    own_yield: int = Field(5, ge=0, le=100, description="units that a harvest of one's own good gives")
    other_chance: float = Field(0.25, ge=0, le=1, description="probability that another good's harvest gives its unit")
    capacity: int = Field(10, ge=1, le=1000, description="most units of each good that a seat can hold")
    life: int = Field(48, ge=0, le=100_000, description="ticks between birth and death; 0: nobody dies")
    view: int = Field(2, ge=0, le=5, description="radius of the square that a seat sees, in cells")
    episode: int = Field(512, ge=1, le=1_000_000, description="ticks of an episode")


@state
class BazaarState:
    """W worlds, C cells, N seats, G goods, D latency, L message length; integers throughout."""

    grows: Tensor  # [W, C] what grows in a cell: 0 nothing, 1..G
    ripe: Tensor  # [W, C] bool
    pos: Tensor  # [W, N] cell
    stock: Tensor  # [W, N, G] units
    skill: Tensor  # [W, N] speciality, 0..G-1
    age: Tensor  # [W, N] ticks
    life: Tensor  # [W, N] number of this life, from 0
    heading: Tensor  # [W, N] the last move
    offer: Tensor  # [W, N] standing offer, a row of the market's table
    air: Tensor  # [W, D, N, L] messages on their way; the first is heard now


class Bazaar(Scenario):
    """Gather, call, barter, eat, die; see the file's first lines."""

    Config = BazaarConfig
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "default": {**LEARNING, "training": {**LEARNING["training"], "agent_steps": 20_000_000}},
        "quick": {
            **LEARNING,
            "contest": {"enabled": False, "offered": False},
            "evaluation": {**LEARNING["evaluation"], "controls": ["muted_from_birth"]},
        },
    }

    def __init__(self, config: BazaarConfig, parts: Parts):
        super().__init__(config, parts)
        self.torus = Torus(config.size, config.size)
        self.moves = self.torus.moves
        self.window = self.torus.window(config.view)
        self.others = ~torch.eye(config.seats, dtype=torch.bool)
        self.apart = torch.eye(config.seats, dtype=torch.long) << 20  # nobody is in reach of themselves
        goods = config.goods
        seen = (2 * config.view + 1) ** 2
        heads = {"move": Head(5), "offer": Head(parts.market.offers)}
        heads["say"] = Head(parts.channel.config.symbols, parts.channel.config.length, speech=True)
        if parts.contest.config.offered:
            heads["strike"] = Head(2, contest=True)
        self.spec = Spec(
            seats=config.seats,
            fields={
                "ripe": (seen, goods),
                "seats": (seen, parts.market.offers),
                "self": (2 * goods + 6,),
                "heard": (parts.channel.directional_features,),
            },
            heads=heads,
            episode=config.episode,
            hearing=("heard",),
            reacting=("move",),
            goods=tuple("ABCD"[:goods]),
        )
        self.declared: Mapping[str, Any] = {
            "headline": {
                "name": "welfare",
                "measure": "eaten",
                "per": "seat_tick",
                "scale": 100.0,
                "unit": "meals per seat and 100 ticks",
            },
            "relative": {"one": "script:trader", "zero": "script:autarky"},
            "primary": ["worth_over_content_from_birth.welfare", "worth_over_tradeless_from_birth.welfare"],
            "measures": {
                "specialisation": {
                    "numerator": "visits_own",
                    "denominator": "visits_all",
                    "unit": "share of harvests",
                    "null": "script:random",
                }
            },
            "language": {"meanings": ["speciality"]},
        }

    # ---------------------------------------------------------------- birth

    def reset(self, key: Keys) -> BazaarState:
        """A fresh world: goods ripe everywhere they grow, seats scattered, ages staggered."""
        c, worlds = self.config, len(key.base)
        grows = self._plant(key)
        age = key.integers("bazaar.age", max(c.life, 1), c.seats)
        zero = torch.zeros_like(age)
        return BazaarState(
            grows=grows,
            ripe=grows > 0,
            pos=key.integers("bazaar.pos", self.torus.cells, c.seats),
            stock=zero[..., None].expand(-1, -1, c.goods).clone(),
            skill=key.integers("bazaar.skill", c.goods, c.seats),
            age=age,
            life=zero,
            heading=zero,
            offer=zero,
            air=self.parts.channel.silence(worlds, c.seats, grows.device),
        )

    def _plant(self, key: Keys) -> Tensor:
        """What grows where: each good on a `density` share of the cells, alone or in patches around keyed centres."""
        c = self.config
        edges = torch.arange(1, c.goods + 1, device=key.base.device) * c.density
        scattered = (key.uniform("bazaar.grows", self.torus.cells)[..., None] < edges).sum(-1)
        good = torch.where(scattered > 0, c.goods + 1 - scattered, 0)
        if c.layout == "scattered":
            return good
        patches = 2 * c.goods
        centre = key.integers("bazaar.centre", self.torus.cells, patches)
        cells = torch.arange(self.torus.cells, device=centre.device)
        dx, dy = self.torus.way(cells[None, :, None], centre[:, None, :])
        nearest, patch = (dx * dx + dy * dy).min(dim=-1)
        # a patch of this radius at 60 % cover holds what scattering would have put in its share of the world
        radius2 = c.density * c.goods * self.torus.cells / (0.6 * patches * 3.1416)
        inside = (nearest <= radius2) & key.bernoulli("bazaar.cover", 0.6, self.torus.cells)
        return torch.where(inside, 1 + patch % c.goods, 0)

    # ---------------------------------------------------------------- a tick, in the order of the rules

    def step(self, s: BazaarState, action: Action, key: Keys) -> tuple[BazaarState, Outcome]:
        """Walk, gather, strike, trade, eat, call, regrow, die."""
        turn, luck, place, skill = key.words("bazaar.seats", 4, self.config.seats).unbind(1)
        move = action["move"]
        s = replace(s, pos=self.moves[s.pos, move], heading=move, offer=action["offer"])
        dx, dy = self.torus.ways(s.pos)
        reach = torch.maximum(dx.abs(), dy.abs()) + self.apart
        s, harvest, visited, own = self._gather(s, dx, dy, turn, luck)
        s, blows, reward = self._strike(s, action, reach, key)
        stock, deals = self.parts.market.clear(
            s.stock, s.offer, reach <= self.parts.market.config.reach, self.config.capacity, key
        )
        meal = stock.amin(-1).clamp(max=1)
        stock = stock - meal[..., None]
        said = action["say"].view(*s.pos.shape, -1)
        heard = self.parts.channel.transmit(said, key, s.life)
        s = replace(s, stock=stock, air=self.parts.channel.delay(s.air, heard), age=s.age + 1)
        events = {
            "trades": (
                deals.partner > torch.arange(self.config.seats, device=stock.device),
                {
                    "partner": deals.partner,
                    "gave": deals.gave,
                    "gave_amount": deals.gave_amount,
                    "got": deals.got,
                    "got_amount": deals.got_amount,
                },
            )
        }
        if blows is not None:
            events["contests"] = (
                blows.target >= 0,
                {"target": blows.target, "good": blows.good, "amount": blows.amount},
            )
        s = self._regrow(s, key)
        s, dead, spoiled = self._die(s, place, skill)
        reward = reward + meal - self.parts.channel.price(said)
        return s, Outcome(
            reward=reward,
            terminated=dead,
            forget=dead,
            created=harvest,
            destroyed=meal[..., None] + spoiled,
            measures={"eaten": meal, "visits_own": visited & own, "visits_all": visited, "deals": deals.partner >= 0},
            events=events,
        )

    def _gather(
        self, s: BazaarState, dx: Tensor, dy: Tensor, turn: Tensor, luck: Tensor
    ) -> tuple[BazaarState, Tensor, Tensor, Tensor]:
        """Harvest by standing on a ripe cell. Of several seats on one cell that with the lowest draw `turn` gets it.

        Two equal draws of 32 bits would leave the cell to neither; it is used up all the same.
        """
        c = self.config
        good = s.grows.gather(1, s.pos)
        beaten = ((dx == 0) & (dy == 0) & (turn[:, None, :] <= turn[:, :, None]) & self.others).any(-1)
        visited = s.ripe.gather(1, s.pos) & ~beaten
        own = good - 1 == s.skill
        units = torch.where(own, c.own_yield, chance(luck, c.other_chance).long()) * visited
        kind = (good - 1).clamp(min=0)[..., None]
        units = torch.minimum(units, c.capacity - s.stock.gather(-1, kind)[..., 0])
        harvest = torch.zeros_like(s.stock).scatter(-1, kind, units[..., None])
        ripe = s.ripe.scatter(1, s.pos, False)
        return replace(s, stock=s.stock + harvest, ripe=ripe), harvest, visited, own

    def _strike(self, s: BazaarState, action: Action, reach: Tensor, key: Keys) -> tuple[BazaarState, Any, Tensor]:
        """Strikes take goods at a cost; without a strike head nothing happens."""
        contest = self.parts.contest
        if "strike" not in action:
            return s, None, torch.zeros(s.pos.shape, device=s.pos.device)
        strikes = action["strike"] > 0
        stock, blows = contest.strike(s.stock, strikes, reach <= contest.config.reach, self.config.capacity, key)
        cost = contest.config.cost if contest.config.enabled else 0.0
        return replace(s, stock=stock), blows, strikes * -cost

    def _regrow(self, s: BazaarState, key: Keys) -> BazaarState:
        """A harvested cell on which something grows is ripe again with probability `regrowth`."""
        grown = key.bernoulli("bazaar.regrow", self.config.regrowth, self.torus.cells)
        return replace(s, ripe=s.ripe | (grown & (s.grows > 0)))

    def _die(self, s: BazaarState, place: Tensor, skill: Tensor) -> tuple[BazaarState, Tensor, Tensor]:
        """After `life` ticks a seat dies with its goods and is reborn elsewhere with a random speciality."""
        c = self.config
        dead = s.age >= c.life if c.life else torch.zeros_like(s.age, dtype=torch.bool)
        spoiled = torch.where(dead[..., None], s.stock, 0)
        air = torch.where(dead[:, None, :, None], 0, s.air)
        born = replace(
            s,
            pos=torch.where(dead, below(place, self.torus.cells), s.pos),
            skill=torch.where(dead, below(skill, c.goods), s.skill),
            stock=s.stock - spoiled,
            age=torch.where(dead, 0, s.age),
            life=s.life + dead,
            heading=torch.where(dead, 0, s.heading),
            offer=torch.where(dead, 0, s.offer),
            air=air,
        )
        return born, dead, spoiled

    # ---------------------------------------------------------------- what is perceived

    def observe(self, s: BazaarState) -> Observation:
        """Ripe goods and other seats' standing offers in view, oneself, and the voices of the whole world."""
        c, spec = self.config, self.spec
        worlds, seats = s.pos.shape
        dx, dy = self.torus.ways(s.pos)
        # fields are written into one block: concatenating them would move every number twice
        out = torch.zeros(worlds, seats, spec.features, device=s.pos.device)
        around = self.window[s.pos].view(worlds, -1)
        growing = torch.where(s.ripe, s.grows, 0).gather(1, around).view(worlds, seats, -1, 1)
        ripe = growing == torch.arange(1, c.goods + 1, device=s.pos.device)
        out[..., spec.slices["ripe"]] = ripe.flatten(2)
        self._seats_in_view(s, dx, dy, out)
        self._self(s, out[..., spec.slices["self"]])
        out[..., spec.slices["heard"]] = self.parts.channel.hear_around(s.air[:, 0], dx, dy, self.torus.span)
        return Observation(out)

    def _seats_in_view(self, s: BazaarState, dx: Tensor, dy: Tensor, out: Tensor) -> None:
        """1 where another seat stands in view with this standing offer (option 0: with none), [cells * offers]."""
        v, offers = self.config.view, self.parts.market.offers
        seen = torch.maximum(dx.abs(), dy.abs()) + self.apart <= v
        slot = ((dy + v) * (2 * v + 1) + dx + v) * offers + s.offer[:, None, :]
        # those out of view write a 0 into a slot of the field `self`, which is written afterwards
        first, spare = self.spec.slices["seats"].start, self.spec.slices["self"].start
        out.scatter_(-1, torch.where(seen, slot + first, spare), seen.float())

    def _self(self, s: BazaarState, out: Tensor) -> None:
        """Speciality (one-hot), stock as a share of capacity, last move (one-hot), age as a share of life."""
        c = self.config
        out[..., : c.goods] = s.skill[..., None] == torch.arange(c.goods, device=s.pos.device)
        out[..., c.goods : 2 * c.goods] = s.stock / c.capacity
        out[..., 2 * c.goods : -1] = s.heading[..., None] == torch.arange(5, device=s.pos.device)
        out[..., -1] = s.age / c.life if c.life else 0

    def stock(self, s: BazaarState) -> Tensor:
        """Units of each good held by each seat."""
        return s.stock

    def meanings(self, s: BazaarState) -> Mapping[str, Tensor]:
        """What a speaker alone knows: its speciality."""
        return {"speciality": s.skill}

    def life(self, s: BazaarState) -> Tensor:
        """The number of each seat's present life."""
        return s.life

    def scene(self, s: BazaarState) -> Scene:
        """Ripe cells by good, seats by speciality, what they hold, offer and say."""
        goods = self.spec.goods
        height = self.config.size
        cells = torch.where(s.ripe, s.grows, 0).to(torch.uint8).view(-1, height, height)
        values = {f"holds {g}": s.stock[..., i] for i, g in enumerate(goods)}
        return Scene(
            height=height,
            width=height,
            x=s.pos % height,
            y=torch.div(s.pos, height, rounding_mode="floor"),
            cells=cells,
            legend=(("bare", "#F4F1EA"), *((f"good {g}", COLOURS[i]) for i, g in enumerate(goods))),
            kind=s.skill,
            kinds=tuple((f"gathers {g}", COLOURS[i]) for i, g in enumerate(goods)),
            said=s.air[:, -1, :, 0],
            values=values | {"offer": s.offer, "age": s.age},
        )

    # ---------------------------------------------------------------- reference agents

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random; autarky and trader, who see and hear what a mind does; an omniscient trader as the upper anchor."""
        return {
            "random": Script(self._random, "every option alike"),
            "autarky": Script(self._autarky, "gathers in view what it lacks most; no offers, no calls"),
            "trader": Script(self._trader, "gathers its own good in view, calls it out, meets a complement and swaps"),
            "omniscient": Script(self._omniscient, "the trader with a map of the whole world", privileged=True),
        }

    def _random(self, s: BazaarState, seen: Observation, key: Keys) -> Action:
        shape = {n: (h.length,) if h.length > 1 else () for n, h in self.spec.heads.items()}
        return {
            n: key.integers(f"script.{n}", h.size, self.config.seats, *shape[n]) for n, h in self.spec.heads.items()
        }

    def _idle(self, s: BazaarState) -> Action:
        zero = torch.zeros_like(s.pos)
        long = {n: h.length for n, h in self.spec.heads.items()}
        return {n: zero if k == 1 else zero[..., None].expand(-1, -1, k) for n, k in long.items()}

    def _nearest(self, s: BazaarState, good: Tensor, cells: Tensor) -> tuple[Tensor, Tensor]:
        """The nearest ripe cell of good [W, N] among `cells` [W, N, K], and whether there is one."""
        dx, dy = self.torus.way(s.pos[..., None], cells)
        worlds = torch.arange(len(cells), device=cells.device)[:, None, None]
        wanted = s.ripe[worlds, cells] & (s.grows[worlds, cells] - 1 == good[..., None])
        far, best = torch.where(wanted, dx.abs() + dy.abs(), 1 << 20).min(dim=-1)
        return cells.gather(-1, best[..., None])[..., 0], far < 1 << 20

    def _search(self, s: BazaarState, good: Tensor) -> Tensor:
        """The move towards the nearest ripe cell of a good in view; where there is none, straight on."""
        goal, found = self._nearest(s, good, self.window[s.pos])
        straight = torch.where(s.heading > 0, s.heading, 1 + s.pos % 4)
        return torch.where(found, self.torus.step_towards(s.pos, goal), straight)

    def _autarky(self, s: BazaarState, seen: Observation, key: Keys) -> Action:
        return self._idle(s) | {"move": self._search(s, s.stock.argmin(-1))}

    def _wares(self, s: BazaarState) -> tuple[Tensor, Tensor, Tensor]:
        """What a trader holds of its own good, which other good it lacks most, and the offer that says so, each [W, N]."""
        mine = s.stock.gather(-1, s.skill[..., None])[..., 0]
        own = torch.arange(self.config.goods, device=s.pos.device) == s.skill[..., None]
        lack = torch.where(own, 1 << 20, s.stock).argmin(-1)
        table = self.parts.market.table.to(s.pos.device)
        fits = (table[:, 0] == s.skill[..., None]) & (table[:, 1] == lack[..., None])
        return mine, lack, torch.where(mine > 0, fits.int().argmax(-1), 0)

    def _meet(self, s: BazaarState, whom: Tensor) -> tuple[Tensor, Tensor]:
        """The cell of the nearest seat of `whom` [W, from, to], and whether there is one."""
        dx, dy = self.torus.ways(s.pos)
        far, best = torch.where(whom, dx.abs() + dy.abs() + self.apart, 1 << 20).min(dim=-1)
        return s.pos.gather(1, best), far < 1 << 20

    def _trader(self, s: BazaarState, seen: Observation, key: Keys) -> Action:
        """Calls its speciality while it has wares; with enough of them goes to a fitting offer in view, else to the call."""
        mine, lack, offer = self._wares(s)
        dx, dy = self.torus.ways(s.pos)
        near = torch.maximum(dx.abs(), dy.abs()) + self.apart <= self.config.view
        table = self.parts.market.table.to(s.pos.device)[s.offer]
        fits = (table[:, None, :, 0] == lack[:, :, None]) & (table[:, None, :, 1] == s.skill[:, :, None])
        calls = (s.air[:, 0, :, 0] - 1)[:, None, :] == lack[:, :, None]
        sight, in_view = self._meet(s, near & fits)
        sound, heard = self._meet(s, calls)
        goal = torch.where(in_view, sight, sound)
        ready = (mine >= min(self.config.own_yield, self.config.capacity)) & (in_view | heard)
        move = torch.where(ready, self.torus.step_towards(s.pos, goal), self._search(s, s.skill))
        symbol = torch.where((mine > 0) & (s.skill + 1 < self.parts.channel.config.symbols), s.skill + 1, 0)
        say = symbol if self.parts.channel.config.length == 1 else symbol[..., None].expand_as(s.air[:, 0])
        return self._idle(s) | {"move": move, "offer": offer, "say": say}

    def _omniscient(self, s: BazaarState, seen: Observation, key: Keys) -> Action:
        """Goes to the nearest ripe cell of its own good anywhere, then to the nearest complement that has wares."""
        mine, lack, offer = self._wares(s)
        everywhere = torch.arange(self.torus.cells, device=s.pos.device).expand(*s.pos.shape, -1)
        cell, _ = self._nearest(s, s.skill, everywhere)
        partner, found = self._meet(s, (s.skill[:, None, :] == lack[:, :, None]) & (mine[:, None, :] > 0))
        ready = (mine >= min(self.config.own_yield, self.config.capacity)) & found
        goal = torch.where(ready, partner, cell)
        return self._idle(s) | {"move": self.torus.step_towards(s.pos, goal), "offer": offer}


scenario = Bazaar
