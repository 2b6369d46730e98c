"""Fruit market: two kinds of farmers who each grow what the other likes best, and haggle in whole fruits.

Apple and banana trees stand scattered on a torus. A farmer who stands on a ripe tree harvests two fruits: of its own kind
surely, of the other kind seldom. The fruit that it does not grow is worth 8 to eat, its own 1; eating is an action, and who
has not eaten for 50 ticks goes hungry. What it can do about it: offer "x of mine for y of yours", x and y up to 3, which
everybody within 4 cells sees and which clears where somebody offers exactly the opposite. Walking with fruit costs.

Source: the fruit market of Johanson et al. 2022 (Emergent bartering behaviour in multi-agent reinforcement learning) and the
substrate of that name in Melting Pot: yields, tastes, delay of hunger, offers and radius are theirs. Ours: a torus with
trees thrown at random, a capacity, hunger and transport paid in reward and not in stamina, no shoving.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from society.config import Frozen
from society.keys import Keys, chance
from society.world.channel import Channel, ChannelConfig
from society.world.grid import Torus
from society.world.palette import COLOURS
from society.world.scenario import Action, Head, Observation, Outcome, Parts, Scenario, Scene, Script, Spec, replace, state
from society.world.scripts import uniform

from . import fruit_market_scripts as scripted

FRUITS = ("apple", "banana")
KINDS = len(FRUITS)
SURFACE = {"bare": "#F4F1EA", "ripe apple": COLOURS[5], "ripe banana": COLOURS[0], "bare tree": "#C9C4B8"}
HAGGLE = [[given, wanted] for given in (1, 2, 3) for wanted in (1, 2, 3)]

# The first setting tried, on seeds 0 and 1, and kept; figures that count use other seeds.
LEARNING: Mapping[str, Any] = {
    "market": {"reach": 4, "lots": 1, "exact": True, "prices": HAGGLE},
    "contest": {"enabled": False, "offered": False},
    "training": {"worlds": 256, "ticks": 16, "agent_steps": 7_000_000, "checkpoint_every": 100},
    "learner": {"lr": 1e-2, "minibatch": 4096},
    "evaluation": {"conditions": ["normal", "tradeless"], "controls": ["tradeless_from_birth"]},
}


class FruitMarketConfig(Frozen):
    """Rules of the fruit market."""

    apple_farmers: int = Field(4, ge=1, le=128, description="seats that grow apples and like bananas")
    banana_farmers: int = Field(4, ge=1, le=128, description="seats that grow bananas and like apples")
    size: int = Field(12, ge=3, le=200, description="side of the square torus in cells")
    trees: float = Field(0.25, gt=0, le=1, description="share of cells with a tree")
    apple_share: float = Field(0.5, ge=0, le=1, description="share of trees that bear apples: their relative abundance")
    regrowth: float = Field(0.05, ge=0, le=1, description="probability a tick that a harvested tree is ripe again")
    harvest: int = Field(2, ge=1, le=1000, description="fruits of a harvest")
    other_chance: float = Field(0.04, ge=0, le=1, description="probability a tick of harvesting the other kind's tree")
    favourite: float = Field(8.0, ge=0, le=1000, description="reward of eating a fruit that one does not grow")
    plain: float = Field(1.0, ge=0, le=1000, description="reward of eating a fruit that one grows")
    hunger_after: int = Field(50, ge=1, le=100_000, description="ticks without eating until one is hungry")
    hunger_cost: float = Field(0.1, ge=0, le=1000, description="reward that each hungry tick costs")
    carry_cost: float = Field(0.002, ge=0, le=1000, description="reward that a move costs for each fruit carried")
    capacity: int = Field(20, ge=1, le=1000, description="most fruits of each kind that a seat can hold")
    view: int = Field(3, ge=0, le=5, description="radius of the square in which a seat sees trees, in cells")
    episode: int = Field(512, ge=1, le=1_000_000, description="ticks of an episode")


@state
class FruitMarketState:
    """W worlds, C cells, N seats; integers throughout."""

    grows: Tensor  # [W, C] 0 nothing, 1 apple tree, 2 banana tree
    ripe: Tensor  # [W, C] bool
    pos: Tensor  # [W, N] cell
    stock: Tensor  # [W, N, 2] apples, bananas
    fasting: Tensor  # [W, N] ticks since the last meal
    heading: Tensor  # [W, N] the last move
    offer: Tensor  # [W, N] standing offer, a row of the market's table


class FruitMarket(Scenario):
    """Walk, harvest, haggle, eat, in this order; see the file's first lines."""

    Config = FruitMarketConfig
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "default": LEARNING,
        "quick": {
            **LEARNING,
            "population": {"network": {"hidden": (64, 64)}},
            "training": {**LEARNING["training"], "worlds": 128, "agent_steps": 2_000_000},
            "learner": {**LEARNING["learner"], "minibatch": 2048},
        },
    }

    def __init__(self, config: FruitMarketConfig, parts: Parts):
        super().__init__(config, parts)
        farmers = (config.apple_farmers, config.banana_farmers)
        self.torus = Torus(config.size, config.size)
        self.moves, self.window = self.torus.moves, self.torus.window(config.view)
        self.kind = torch.arange(KINDS).repeat_interleave(torch.tensor(farmers))  # [N] what a seat grows
        self.others = ~torch.eye(len(self.kind), dtype=torch.bool)
        self.worth = torch.where(torch.arange(KINDS) == self.kind[:, None], config.plain, config.favourite)  # [N, 2]
        # who stands where is told as a voice would be: of each kind the nearest in each direction, by nearness
        self.sight = Channel(ChannelConfig(symbols=1 + KINDS))
        self.spec = Spec(
            seats=len(self.kind),
            fields={
                "trees": ((2 * config.view + 1) ** 2, KINDS),
                "farmers": (self.sight.directional_features,),
                "offers": (parts.market.offers,),
                "self": (2 * KINDS + 7,),
            },
            heads={"move": Head(5), "offer": Head(parts.market.offers), "eat": Head(1 + KINDS)},
            episode=config.episode,
            roles=tuple(f"{fruit}_farmer" for fruit in FRUITS),
            seat_roles=tuple(self.kind.tolist()),
            goods=FRUITS,
        )
        self.declared: Mapping[str, Any] = {
            "headline": {
                "name": "welfare", "measure": "enjoyed", "per": "seat_tick", "scale": 100.0,
                "unit": "reward per seat and 100 ticks",
            },
            "relative": {"one": "script:trader", "zero": "script:autarky"},
            "primary": ["worth_over_tradeless_from_birth.welfare"],
            "measures": {
                "specialisation": {
                    "numerator": "visits_own", "denominator": "visits_all", "unit": "share of ticks at a ripe tree",
                    "null": "script:random",
                }
            },
        }  # fmt: skip

    # ---------------------------------------------------------------- birth

    def reset(self, key: Keys) -> FruitMarketState:
        """All trees ripe, farmers scattered with empty hands, nobody hungry. The number of trees of each kind is exact."""
        grows = self._plant(key)
        pos = key.integers("fruit_market.pos", self.torus.cells, self.spec.seats)
        zero = torch.zeros_like(pos)
        stock = zero[..., None].expand(-1, -1, KINDS).clone()
        return FruitMarketState(grows, grows > 0, pos, stock, fasting=zero, heading=zero, offer=zero)

    def _plant(self, key: Keys) -> Tensor:
        c = self.config
        count = max(1, round(c.trees * self.torus.cells))
        apples = round(c.apple_share * count)
        order = key.permutation("fruit_market.trees", self.torus.cells)
        return 1 * (order < apples) + 2 * ((order >= apples) & (order < count))

    # ---------------------------------------------------------------- a tick, in the order of the rules

    def step(self, s: FruitMarketState, action: Action, key: Keys) -> tuple[FruitMarketState, Outcome]:
        """Walk (and pay for what is carried), harvest, trade, eat, grow hungry, regrow."""
        c, market = self.config, self.parts.market
        move = action["move"]
        carried = s.stock.sum(-1) * (move > 0)
        s = replace(s, pos=self.moves[s.pos, move], heading=move, offer=action["offer"])
        s, picked, visited, own = self._harvest(s, key)
        stock, deals = market.clear(s.stock, s.offer, self._near(s.pos, market.config.reach), c.capacity, key)
        s, eaten = self._eat(replace(s, stock=stock), action["eat"])
        hungry = s.fasting > c.hunger_after
        enjoyed = (eaten * self.worth).sum(-1) - hungry * c.hunger_cost - carried * c.carry_cost
        grown = key.bernoulli("fruit_market.regrow", c.regrowth, self.torus.cells)
        s = replace(s, ripe=s.ripe | (grown & (s.grows > 0)))
        columns = {name: getattr(deals, name) for name in ("partner", "gave", "gave_amount", "got", "got_amount")}
        seats = torch.arange(self.spec.seats, device=stock.device)
        return s, Outcome(
            reward=enjoyed,
            created=picked,
            destroyed=eaten,
            measures={
                "enjoyed": enjoyed,
                "favourites": (eaten * (self.worth == c.favourite)).sum(-1),
                "apples": picked[..., 0],
                "bananas": picked[..., 1],
                "visits_own": visited & own,
                "visits_all": visited,
                "deals": deals.partner >= 0,
                "hungry": hungry,
            },
            events={"trades": (deals.partner > seats, columns)},
        )

    def _near(self, pos: Tensor, reach: int) -> Tensor:
        """Which two different seats are within `reach` of one another (Chebyshev) [W, N, N]."""
        dx, dy = self.torus.ways(pos)
        return (torch.maximum(dx.abs(), dy.abs()) <= reach) & self.others

    def _harvest(self, s: FruitMarketState, key: Keys) -> tuple[FruitMarketState, Tensor, Tensor, Tensor]:
        """Pick the ripe tree on which one stands: own kind surely, the other with `other_chance`, never with full hands.

        Of several who succeed at one tree that with the lowest draw gets it. A tree nobody picked stays ripe. Two equal
        draws of 32 bits would leave it to neither.
        """
        c = self.config
        turn, luck = key.words("fruit_market.harvest", 2, self.spec.seats).unbind(1)
        fruit = s.grows.gather(1, s.pos) - 1
        kind = fruit.clamp(min=0)[..., None]
        visited, own = s.ripe.gather(1, s.pos), fruit == self.kind
        room = c.capacity - s.stock.gather(-1, kind)[..., 0]
        able = visited & (own | chance(luck, c.other_chance)) & (room > 0)
        rival = (s.pos[:, None, :] == s.pos[:, :, None]) & self.others & able[:, None, :]
        wins = able & ~(rival & (turn[:, None, :] <= turn[:, :, None])).any(-1)
        picked = torch.zeros_like(s.stock).scatter(-1, kind, (room.clamp(max=c.harvest) * wins)[..., None])
        bare = torch.zeros_like(s.grows).scatter_add(1, s.pos, wins.long()) > 0
        return replace(s, stock=s.stock + picked, ripe=s.ripe & ~bare), picked, visited, own

    def _eat(self, s: FruitMarketState, eat: Tensor) -> tuple[FruitMarketState, Tensor]:
        """Eat one fruit of the chosen kind if one is held; eating ends the fast."""
        eaten = (torch.arange(1, 1 + KINDS, device=eat.device) == eat[..., None]) & (s.stock > 0)
        fasting = torch.where(eaten.any(-1), 0, s.fasting + 1)
        return replace(s, stock=s.stock - eaten.long(), fasting=fasting), eaten.long()

    # ---------------------------------------------------------------- what is perceived

    def observe(self, s: FruitMarketState) -> Observation:
        """Ripe trees in view, the nearest farmers of each kind, the offers that are good for something, oneself."""
        spec = self.spec
        worlds, seats = s.pos.shape
        out = torch.zeros(worlds, seats, spec.features, device=s.pos.device)
        around = self.window[s.pos].view(worlds, -1)
        growing = torch.where(s.ripe, s.grows, 0).gather(1, around).view(worlds, seats, -1, 1)
        out[..., spec.slices["trees"]] = (growing == torch.arange(1, 1 + KINDS, device=s.pos.device)).flatten(2)
        dx, dy = self.torus.ways(s.pos)
        kinds = (1 + self.kind).expand(worlds, -1)[..., None]
        out[..., spec.slices["farmers"]] = self.sight.hear_around(kinds, dx, dy, self.torus.span)
        shown = torch.nn.functional.one_hot(self.public(s), self.parts.market.offers).float()
        out[..., spec.slices["offers"]] = self._near(s.pos, self.parts.market.config.reach).float() @ shown / seats
        self._self(s, out[..., spec.slices["self"]])
        return Observation(out)

    def public(self, s: FruitMarketState) -> Tensor:
        """Standing offers [W, N] as others see them: none where the stock does not hold what is offered."""
        give, _, units, _ = self.parts.market.table.to(s.pos.device)[s.offer].unbind(-1)
        return torch.where(s.stock.gather(-1, give.clamp(min=0)[..., None])[..., 0] >= units, s.offer, 0)

    def _self(self, s: FruitMarketState, out: Tensor) -> None:
        """What one grows (one-hot), stock as a share of capacity, whether any is held, hunger, last move (one-hot)."""
        c = self.config
        out[..., :KINDS] = torch.nn.functional.one_hot(self.kind, KINDS)
        out[..., KINDS : 2 * KINDS] = s.stock / c.capacity
        out[..., 2 * KINDS] = (s.fasting / c.hunger_after).clamp(max=1)
        out[..., 2 * KINDS + 1 : 2 * KINDS + 6] = torch.nn.functional.one_hot(s.heading, 5)
        out[..., -1] = (s.stock.sum(-1) > 0).float()

    def stock(self, s: FruitMarketState) -> Tensor:
        """Apples and bananas held by each seat."""
        return s.stock

    def scene(self, s: FruitMarketState) -> Scene:
        """Trees, ripe or bare; farmers by kind; what they hold and offer."""
        side = self.config.size
        cells = torch.where(s.ripe, s.grows, 3 * (s.grows > 0)).to(torch.uint8).view(-1, side, side)
        give, want, units, asked = self.parts.market.table.to(s.pos.device)[s.offer].unbind(-1)
        return Scene(
            height=side,
            width=side,
            x=s.pos % side,
            y=torch.div(s.pos, side, rounding_mode="floor"),
            cells=cells,
            legend=tuple(SURFACE.items()),
            kind=self.kind.expand_as(s.pos),
            kinds=(("apple farmer", COLOURS[6]), ("banana farmer", COLOURS[4])),
            values={
                "apples": s.stock[..., 0],
                "bananas": s.stock[..., 1],
                "offers": units * (give >= 0),
                "wants": asked * (want >= 0),
                "fasting": s.fasting,
            },
        )

    @property
    def offers(self) -> Tensor:
        """The market's whole table."""
        return self.parts.market.table

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random; autarky and trader, who know what a mind sees."""
        return {
            "random": uniform(self.spec),
            "autarky": Script(lambda s, seen, key: scripted.autarky(self, s), "harvests and eats; no offers"),
            "trader": Script(lambda s, seen, key: scripted.trader(self, s), "swaps its own one for one, eats what it got"),
        }


scenario = FruitMarket
