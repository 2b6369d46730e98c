"""Bazaar: a large sparse torus where seats gather, barter, call out, are born and die; the flagship world.

Two or more goods grow in scattered cells or patches. A seat gathers one good well (its speciality, drawn at birth and
invisible to others) and the rest badly, eats a meal whenever it holds all that belongs to one, and dies after a fixed life.
What it can do about it: walk, hold up a barter offer that clears with a neighbour's, call out one message to the whole
world, strike a neighbour for goods, stand beside others so that strikes fail. Rules and constants are ours, from prototypes;
nothing here is published. Presets are in `bazaar_presets.py`, reference agents in `bazaar_scripts.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from society.keys import Keys, below, chance
from society.world import hearing, nearby
from society.world.grid import STEP_NAMES, Torus
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

from .bazaar_config import BazaarConfig
from .bazaar_presets import PRESETS
from .bazaar_scripts import scripts

ALL_PAIRS = 1024  # seats up to which all pairs of them fit into memory
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7")  # Okabe and Ito: safe for the colour-blind


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
    offer: Tensor  # [W, N] standing offer, an option of the head `offer`
    air: Tensor  # [W, D, N, L] messages on their way; the first is heard now


class Bazaar(Scenario):
    """Gather, call, barter, eat, die; see the file's first lines."""

    Config = BazaarConfig
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = PRESETS

    def __init__(self, config: BazaarConfig, parts: Parts):
        super().__init__(config, parts)
        self.kinds = self._recipes()
        self.rows = self._offers()
        self.torus = Torus(config.size, config.size)
        self.moves = self.torus.moves
        self.window = self.torus.window(config.view)
        self.crowded = self._by_cell(parts)
        self.maps = hearing.by_map(config.seats, config.size**2) and not parts.channel.config.graph
        # nobody is in reach of themselves
        self.apart = torch.zeros(0) if self.crowded else torch.eye(config.seats, dtype=torch.long) << 20
        goods = config.goods
        seen = (2 * config.view + 1) ** 2
        heads = {"move": Head(5), "offer": Head(len(self.rows))}
        heads["say"] = Head(parts.channel.config.symbols, parts.channel.config.length, speech=True)
        if parts.contest.config.offered:
            heads["strike"] = Head(2, contest=True)
        self.spec = Spec(
            seats=config.seats,
            routes=True,
            fields={
                "ripe": (seen, goods),
                "seats": (seen, len(self.rows)),
                "self": (2 * goods + 6,),
                "heard": (parts.channel.directional_features,),
            },
            heads=heads,
            episode=config.episode,
            hearing=("heard",),
            reacting=("move",),
            goods=tuple("ABCD"[:goods]),
        )
        self.legal = torch.ones(sum(head.size for head in heads.values()), dtype=torch.bool)
        self.legal[self.spec.options["say"].start] = config.voice == "free"
        self.declared: Mapping[str, Any] = {
            "headline": {
                "name": "welfare",
                "measure": "eaten",
                "per": "seat_tick",
                "scale": 100.0,
                "unit": "meals per seat and 100 ticks",
            },
            "relative": {"one": "script:trader", "zero": "script:autarky"},
            "primary": [
                "worth_over_content_from_birth.welfare",
                "worth_over_muted_from_birth.welfare",
                "worth_over_tradeless_from_birth.welfare",
            ],
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
        """What grows where: each good on its share of the cells, alone or in patches around keyed centres."""
        c = self.config
        abundance = torch.tensor(c.abundance or (1.0,) * c.goods, device=key.base.device)
        edges = abundance.cumsum(0) * c.density
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
        inside = (nearest <= radius2 * abundance[patch % c.goods]) & key.bernoulli("bazaar.cover", 0.6, self.torus.cells)
        return torch.where(inside, 1 + patch % c.goods, 0)

    # ---------------------------------------------------------------- a tick, in the order of the rules

    def step(self, s: BazaarState, action: Action, key: Keys) -> tuple[BazaarState, Outcome]:
        """Walk, gather, strike, trade, eat, call, regrow, die."""
        turn, luck, place, skill = key.words("bazaar.seats", 4, self.config.seats).unbind(1)
        move = action["move"]
        s = replace(s, pos=self.moves[s.pos, move], heading=move, offer=action["offer"])
        s, harvest, visited, own = self._gather(s, turn, luck)
        market, contest = self.parts.market, self.parts.contest.config
        near = self._near(s.pos, market.config.reach)
        at_hand = near if contest.reach == market.config.reach or not contest.offered else self._near(s.pos, contest.reach)
        s, blows, reward, lost = self._strike(s, action, at_hand, key)
        stock, deals = market.clear(s.stock, self.rows[s.offer], near, self.config.capacity, key)
        meals = self._meals(stock)
        meal = meals.sum(-1)
        consumed = meals[..., self.kinds]
        stock = stock - consumed
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
        measures = {"eaten": meal, "visits_own": visited & own, "visits_all": visited, "deals": deals.partner >= 0}
        if blows is not None:
            company = _beside(at_hand, torch.ones_like(s.pos)) > 0
            measures |= {"strikes": action["strike"] > 0, "robbed": blows.amount > 0, "company": company}
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
            destroyed=consumed + spoiled + lost,
            measures=measures,
            events=events,
        )

    def _gather(
        self, s: BazaarState, turn: Tensor, luck: Tensor
    ) -> tuple[BazaarState, Tensor, Tensor, Tensor]:
        """Harvest by standing on a ripe cell. Of several seats on one cell that with the lowest draw `turn` gets it.

        Two equal draws of 32 bits would leave the cell to neither; it is used up all the same.
        """
        c = self.config
        good = s.grows.gather(1, s.pos)
        if self.crowded:
            first = nearby.lowest(self.torus, s.pos, turn)
        else:
            beaten = (s.pos[:, None, :] == s.pos[:, :, None]) & (turn[:, None, :] <= turn[:, :, None])
            first = beaten.sum(-1) == 1  # by oneself alone
        visited = s.ripe.gather(1, s.pos) & first
        own = good - 1 == s.skill
        units = torch.where(own, c.own_yield, chance(luck, c.other_chance).long()) * visited
        kind = (good - 1).clamp(min=0)[..., None]
        units = torch.minimum(units, c.capacity - s.stock.gather(-1, kind)[..., 0])
        harvest = torch.zeros_like(s.stock).scatter(-1, kind, units[..., None])
        ripe = s.ripe.scatter(1, s.pos, False)
        return replace(s, stock=s.stock + harvest, ripe=ripe), harvest, visited, own

    def _near(self, pos: Tensor, reach: int) -> Tensor | nearby.Pairs:
        """Which different seats are within `reach` cells of one another (Chebyshev), bool [W, N, N]; of many seats as pairs."""
        if self.crowded:
            return nearby.pairs(self.torus, pos, reach)
        dx, dy = self.torus.ways(pos)
        return torch.maximum(dx.abs(), dy.abs()) + self.apart <= reach

    def _by_cell(self, parts: Parts) -> bool:
        """Whether seats are found by cell: where they are many and look and reach only so far. ValueError for too many."""
        c = self.config
        contest = parts.contest.config
        reach = max(parts.market.config.reach, contest.reach if contest.offered else 0, c.view)
        by_cell = nearby.by_cell(c.seats, reach) and 2 * c.view + 1 <= c.size
        if c.seats > ALL_PAIRS and (not by_cell or parts.channel.config.graph):
            why = f"a reach or view of {reach} cells" if not by_cell else "channel.graph"
            raise ValueError(f"world.seats = {c.seats}: with {why} all pairs of seats are compared, so {ALL_PAIRS} at most")
        return by_cell

    def _recipes(self) -> Tensor:
        """The meal that each good belongs to, [G]."""
        goods = torch.arange(self.config.goods)
        return goods // 2 if self.config.recipes == "pairs" else torch.zeros_like(goods)

    def _offers(self) -> Tensor:
        """Which rows of the market's table are on offer: none, and swaps within a meal, since others feed nobody."""
        table = self.parts.market.table
        within = self.kinds[table[:, 0].clamp(min=0)] == self.kinds[table[:, 1].clamp(min=0)]
        return (within | (table[:, 0] < 0)).nonzero()[:, 0]

    def _meals(self, stock: Tensor) -> Tensor:
        """How many of each meal are eaten now, 0 or 1, [W, N, meals]: one, where all that belongs to it is held."""
        held = stock.unflatten(-1, (-1, 2)) if self.config.recipes == "pairs" else stock[..., None, :]
        return held.amin(-1).clamp(max=1)

    def _strike(
        self, s: BazaarState, action: Action, near: Tensor | nearby.Pairs, key: Keys
    ) -> tuple[BazaarState, Any, Tensor, Tensor]:
        """Strikes take goods at a cost, from those whom nobody guards; without a strike head nothing happens.

        Returns the state, the blows, the reward and the units lost [W, N, G]: a striker keeps one unit in `loot`.
        """
        contest, none = self.parts.contest, torch.zeros_like(s.stock)
        if "strike" not in action:
            return s, None, torch.zeros(s.pos.shape, device=s.pos.device), none
        strikes = action["strike"] > 0
        if self.config.guards:
            bare = _beside(near, (~strikes).long()) < self.config.guards
            if isinstance(near, nearby.Pairs):
                open_to = bare.flatten()[near.other]
                near = nearby.Pairs(near.one[open_to], near.other[open_to])
            else:
                near = near & bare[:, None, :]
        stock, blows = contest.strike(s.stock, strikes, near, self.config.capacity, key)
        loss = blows.amount - blows.amount // self.config.loot
        lost = none.scatter_add(-1, blows.good.clamp(min=0)[..., None], loss[..., None])
        cost = contest.config.cost if contest.config.enabled else 0.0
        return replace(s, stock=stock - lost), blows, strikes * -cost, lost

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
        # fields are written into one block: concatenating them would move every number twice
        out = torch.zeros(worlds, seats, spec.features, device=s.pos.device)
        around = self.window[s.pos].view(worlds, -1)
        growing = torch.where(s.ripe, s.grows, 0).gather(1, around).view(worlds, seats, -1, 1)
        ripe = growing == torch.arange(1, c.goods + 1, device=s.pos.device)
        out[..., spec.slices["ripe"]] = ripe.flatten(2)
        channel, ways = self.parts.channel, () if self.crowded and self.maps else self.torus.ways(s.pos)
        if self.crowded:
            out[..., spec.slices["seats"]] = self._offers_by_cell(s, around).view(worlds, seats, -1)
        else:
            self._seats_in_view(s, *ways, out)
        if self.maps:
            heard = hearing.voices(s.air[:, 0], s.pos, self.torus, channel.config)
        else:
            heard = channel.hear_around(s.air[:, 0], *ways, self.torus.span)
        out[..., spec.slices["heard"]] = heard
        self._self(s, out[..., spec.slices["self"]])
        return Observation(out, None if c.voice == "free" else self.legal.expand(worlds, seats, -1))

    def _seats_in_view(self, s: BazaarState, dx: Tensor, dy: Tensor, out: Tensor) -> None:
        """1 where another seat stands in view with this standing offer (option 0: with none), [cells * offers]."""
        v, offers = self.config.view, len(self.rows)
        seen = torch.maximum(dx.abs(), dy.abs()) + self.apart <= v
        slot = ((dy + v) * (2 * v + 1) + dx + v) * offers + s.offer[:, None, :]
        # those out of view write a 0 into a slot of the field `self`, which is written afterwards
        first, spare = self.spec.slices["seats"].start, self.spec.slices["self"].start
        out.scatter_(-1, torch.where(seen, slot + first, spare), seen.float())

    def _offers_by_cell(self, s: BazaarState, around: Tensor) -> Tensor:
        """The same of the cells in view `around` [W, N * cells], of many seats: [W, N * cells, offers] bool."""
        offers, cells = len(self.rows), self.torus.cells
        slot = s.pos * offers + s.offer
        shown = torch.zeros(len(slot), cells * offers, dtype=torch.int16, device=slot.device)
        shown.scatter_add_(1, slot, torch.ones_like(slot, dtype=torch.int16))
        alone = shown.gather(1, slot) == 1  # nobody sees themselves
        seen = (shown > 0).view(-1, cells, offers).gather(1, around[..., None].expand(-1, -1, offers))
        window = seen.view(*slot.shape, -1, offers)
        middle = window[:, :, window.shape[2] // 2]
        middle.scatter_(-1, s.offer[..., None], (middle.gather(-1, s.offer[..., None])[..., 0] & ~alone)[..., None])
        return seen

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

    @property
    def offers(self) -> Tensor:
        """The rows of the market's table that are on offer in this world."""
        return self.parts.market.table[self.rows.cpu()]

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """Goods, offers, steps; a voice is named by its symbol and where it comes from."""
        goods, called = self.spec.goods, self.parts.channel.config
        offers = super().labels["head.offer"]
        symbols = [f"{s}" if i == 0 else f"{s} as word {i + 1}" for i in range(called.length) for s in range(1, called.symbols)]
        own = (f"gathers {good}" for good in goods), (f"holds {good}" for good in goods), (f"went {way}" for way in STEP_NAMES)
        return {
            "head.move": STEP_NAMES,
            "head.offer": offers,
            "head.strike": ("hold back", "strike"),
            "field.ripe": tuple(f"ripe {good}" for good in goods),
            "field.seats": ("a seat", *(f"offers {offer}" for offer in offers[1:])),
            "field.self": (*own[0], *own[1], *own[2], "age"),
            "field.heard": tuple(f"{symbol} {way}" for symbol in symbols for way in ("here", *STEP_NAMES[1:])),
        }

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Reference agents by name; see `bazaar_scripts.py`."""
        return scripts(self)


def _beside(near: Tensor | nearby.Pairs, count: Tensor) -> Tensor:
    """The sum of `count` [W, N] over the seats near each seat, [W, N]."""
    if isinstance(near, nearby.Pairs):
        flat = count.flatten()
        return torch.zeros_like(flat).scatter_add(0, near.one, flat[near.other]).view_as(count)
    return (near * count[:, None, :]).sum(-1)


scenario = Bazaar
