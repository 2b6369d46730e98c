"""Double auction: buyers and sellers with private values and costs meet in an order book (Smith 1962; Gode & Sunder 1993).

The first seats buy, the others sell. In every period each buyer may buy `units` units, each with a value to it alone, and
each seller may sell as many, each with a cost; the next unit comes up when the one before is dealt. At a tick every seat, or
`arrivals` of them that are drawn anew, may send one order for its present unit: a limit price of the grid, or the withdrawal
of its standing order. The orders arrive in a keyed random order and meet in a book (`society.world.book`): escrow, the
standing order's price, expiry. A unit dealt earns value - price or price - cost; nothing else does. After `ticks` ticks the
period ends: orders, coins and units are gone, and the next begins with the same schedules, or, from period `shock_period`
on, with others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor

from society.config import Frozen
from society.keys import Keys
from society.world.book import COIN, TOP, UNIT, Fills, OrderBook, Orders
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

from .double_auction_schedules import draw, equilibrium

REWARD = 10.0  # of a deal that earns as much as the highest price
Limits = tuple[Annotated[int, Field(ge=1, le=4096)], ...]


# 20 and 20, symmetric about 100: the setting of the figures for random traders that others measured
SYMMETRIC: Mapping[str, Any] = {
    "values": tuple(range(195, 0, -10)), "costs": tuple(range(5, 200, 10)), "schedules": "given", "prices": 200, "step": 1,
    "ticks": 1000, "periods": 1, "arrivals": 1, "expiry": 10_000, "shock_period": 0,
}  # fmt: skip
# Chosen on seeds 0-5; figures that count use other seeds.
LEARNING: Mapping[str, Any] = {
    "world": {"schedules": "drawn"},
    "population": {"network": {"hidden": (64, 64)}},
    "learner": {"lr": 4e-3, "gamma": 1.0, "epochs": 3, "minibatch": 1024, "entropy": 3e-3, "entropy_end": 0.1},
    "training": {"worlds": 64, "ticks": 10, "agent_steps": 2_000_000, "precision": "float32"},
    "evaluation": {"worlds": 64, "ticks": 120, "recorded_worlds": 64, "frames_ticks": 60, "conditions": ("normal", "tradeless")},
}


class AuctionConfig(Frozen):
    """Rules of the market."""

    values: Limits = Field(
        (160, 148, 136, 124, 112, 100, 90, 80, 70, 60), min_length=1, max_length=4096,
        description="value of each unit to its buyer; unit u of buyer b is at place u * buyers + b",
    )  # fmt: skip
    costs: Limits = Field(
        (60, 62, 64, 66, 68, 70, 72, 74, 76, 78), min_length=1, max_length=4096, description="cost of each unit, likewise"
    )
    units: int = Field(1, ge=1, le=64, description="units of a seat in a period")
    schedules: Literal["given", "drawn"] = Field(
        "given", description="drawn: values and costs are random in every world and episode; only their numbers count"
    )
    prices: int = Field(40, ge=1, le=400, description="prices of the grid: step, 2 step, ... prices * step")
    step: int = Field(5, ge=1, le=1000, description="distance of two prices")
    constrained: bool = Field(True, description="an order that would lose is illegal, as in Gode & Sunder's market")
    ticks: int = Field(10, ge=1, le=10_000, description="ticks of a period")
    periods: int = Field(6, ge=1, le=1000, description="periods of an episode")
    arrivals: int = Field(0, ge=0, le=4096, description="seats, drawn anew for each tick, that can send an order; 0: all")
    expiry: int = Field(4, ge=1, le=10_000, description="ticks for which an order stands")
    shock_period: int = Field(3, ge=0, le=1000, description="first period with other schedules, from 0 on; 0: never")
    shock: int = Field(0, ge=-4096, le=4096, description="given schedules move by this; drawn ones are drawn again")

    @model_validator(mode="after")
    def _fits(self) -> AuctionConfig:
        if self.top >= TOP:
            raise ValueError(f"prices x step = {self.top}: the highest price must be below {TOP}")
        for name, limits in (("values", self.values), ("costs", self.costs)):
            if len(limits) % self.units:
                raise ValueError(f"{name} has {len(limits)} units, which is no multiple of units = {self.units}")
            moved = [x + (self.shock if self.shock_period else 0) for x in limits]
            if self.schedules == "given" and not all(1 <= x <= self.top for x in (*limits, *moved)):
                raise ValueError(f"{name} before and after the shock must lie in 1..{self.top} (prices x step)")
        return self

    @property
    def top(self) -> int:
        """The highest price."""
        return self.prices * self.step


@state
class AuctionState:
    """W worlds, N seats, U units of a seat; coins and units are integers."""

    limit: Tensor  # [W, N, U] value or cost of each unit
    later: Tensor  # [W, N, U] what it is from the shock on
    market: Tensor  # [W, 2] competitive price before and after the shock, float32
    most: Tensor  # [W, 2] largest possible surplus of a period before and after
    tick: Tensor  # [W] ticks of the episode
    turn: Tensor  # [W, K] the seats that can send an order now, in the order in which theirs arrive
    dealt: Tensor  # [W, N] units dealt in this period
    purse: Tensor  # [W, N, 2] coins and units that no order holds back
    orders: Orders
    last: Tensor  # [W] price of the last deal, 0 before the first
    paid: Tensor  # [W] sum of prices in this period
    deals: Tensor  # [W] number of deals in this period
    missed: Tensor  # [W, N] units that the seat did not deal in the period before
    before: Tensor  # [W] mean price of the last period that had a deal, 0 before the first, float32


class DoubleAuction(Scenario):
    """Order, match, deal; see the file's first lines."""

    Config = AuctionConfig
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "default": LEARNING,
        "quick": {**LEARNING, "training": {**LEARNING["training"], "agent_steps": 600_000}},
        "asymmetric": {**LEARNING, "world": {"shock": 40}},
        "symmetric": {
            "world": SYMMETRIC,
            "population": LEARNING["population"],
            "learner": LEARNING["learner"],
            "training": {**LEARNING["training"], "ticks": 100},
            "evaluation": {**LEARNING["evaluation"], "ticks": 1000},
        },
    }

    def __init__(self, config: AuctionConfig, parts: Parts):
        super().__init__(config, parts)
        c = config
        self.buyers, self.sellers = len(c.values) // c.units, len(c.costs) // c.units
        seats = self.buyers + self.sellers
        self.book = OrderBook(self.buyers, seats, c.top, c.expiry, parts.market.config.enabled)
        self.arrivals = min(c.arrivals or seats, seats)
        self.buys = torch.arange(seats) < self.buyers
        self.grid = torch.arange(1, c.prices + 1) * c.step
        self.given = torch.cat([torch.tensor(x).view(c.units, -1).T for x in (c.values, c.costs)])
        self.spec = Spec(
            seats=seats,
            fields={"side": (2,), "limit": (2,), "order": (2,), "missed": (1,), "book": (6,), "tape": (6,), "time": (3,)},
            heads={"order": Head(c.prices + 2)},
            episode=c.periods * c.ticks,
            roles=("buyer", "seller"),
            seat_roles=tuple([0] * self.buyers + [1] * self.sellers),
            goods=("coin", "unit"),
        )
        self.declared: Mapping[str, Any] = {
            "headline": {
                "name": "efficiency",
                "measure": "efficiency",
                "per": "episode",
                "scale": 100.0,
                "unit": "% of the possible surplus",
            },
            "primary": ["effect_of_tradeless.efficiency"],
            "measures": {
                "deals": {"numerator": "deals", "denominator": "periods", "unit": "a period", "null": "script:zero_intelligence"}
            },
        }

    # ---------------------------------------------------------------- an episode

    def reset(self, key: Keys) -> AuctionState:
        """Schedules, an empty book, fresh purses."""
        c, worlds, device = self.config, len(key.base), key.base.device
        if c.schedules == "drawn":
            sizes = (self.buyers, self.sellers, c.units, c.top)
            limit, later = (draw(key, f"auction.{part}", *sizes) for part in ("first", "later"))
        else:
            limit = self.given.expand(worlds, -1, -1).clone()
            later = limit + c.shock
        later = later if c.shock_period else limit
        both = [equilibrium(x, self.buyers, c.top) for x in (limit, later)]
        zero = torch.zeros(worlds, dtype=torch.long, device=device)
        return AuctionState(
            limit=limit,
            later=later,
            market=torch.stack([price for price, _ in both], 1),
            most=torch.stack([most for _, most in both], 1),
            tick=zero,
            turn=self._turn(key),
            dealt=torch.zeros(worlds, self.spec.seats, dtype=torch.long, device=device),
            purse=self._endowment(device).expand(worlds, -1, -1).clone(),
            orders=self.book.empty(worlds, device),
            last=zero,
            paid=zero,
            deals=zero,
            missed=torch.zeros(worlds, self.spec.seats, dtype=torch.long, device=device),
            before=zero.float(),
        )

    def _turn(self, key: Keys) -> Tensor:
        """Who can send an order [W, K] at the next tick, and in which order."""
        return key.bits("auction.turn", self.spec.seats).topk(self.arrivals, largest=False).indices

    def _endowment(self, device: torch.device) -> Tensor:
        """What a seat [N, 2] has at the start of a period: a buyer coins for any price, a seller its units."""
        buys = self.buys.to(device)
        return torch.stack([buys * self.config.units * self.config.top, ~buys * self.config.units], dim=-1)

    def step(self, s: AuctionState, action: Action, key: Keys) -> tuple[AuctionState, Outcome]:
        """Orders arrive and are matched; what is dealt earns; a period may end."""
        order, levels = action["order"], self.config.prices
        price = torch.where(order <= levels, order, 0) * self.config.step
        orders, purse, fills = self.book.clear(s.orders, s.purse, order > 0, price, s.turn)
        limit, dealt = self._limit(s), fills.price > 0
        surplus = torch.where(self.buys, limit - fills.price, fills.price - limit) * dealt
        bought = dealt & self.buys
        after = replace(
            s,
            tick=s.tick + 1,
            turn=self._turn(key),
            dealt=s.dealt + dealt,
            purse=purse,
            orders=orders,
            last=torch.where(fills.last > 0, fills.last, s.last),
            paid=s.paid + (fills.price * bought).sum(1),
            deals=s.deals + bought.sum(1),
        )
        closes = after.tick % self.config.ticks == 0
        after, created, destroyed = self._close(after, closes)
        return after, Outcome(
            reward=surplus * (REWARD / self.config.top),
            terminated=closes[:, None].expand_as(dealt),
            created=created,
            destroyed=destroyed,
            measures={
                "surplus": surplus,
                "efficiency": surplus * (self.spec.seats / self._possible(s).clamp(min=1))[:, None],
                "deals": bought,
                "periods": (closes[:, None] & (torch.arange(self.spec.seats, device=order.device) == 0)),
            },
            events={"trades": (bought, self._trades(s, fills, limit, key))},
        )

    def _limit(self, s: AuctionState) -> Tensor:
        """Value or cost [W, N] of the unit that each seat deals in now (its last one when all are dealt)."""
        return s.limit.gather(-1, s.dealt.clamp(max=self.config.units - 1)[..., None])[..., 0]

    def _possible(self, s: AuctionState) -> Tensor:
        """The largest surplus [W] of the whole episode."""
        c = self.config
        first = min(c.shock_period, c.periods) if c.shock_period else c.periods
        return s.most[:, 0] * first + s.most[:, 1] * (c.periods - first)

    def _close(self, s: AuctionState, closes: Tensor) -> tuple[AuctionState, Tensor, Tensor]:
        """Where a period ends [W]: coins and units are replaced by the next one's, orders and counts are gone."""
        period = torch.div(s.tick, self.config.ticks, rounding_mode="floor")
        shocked = closes & (period == (self.config.shock_period or -1))
        one, all_ = closes[:, None], closes[:, None, None]
        left = s.purse + self.book.escrow(s.orders)
        endowment = self._endowment(closes.device)
        fresh = replace(
            s,
            limit=torch.where(shocked[:, None, None], s.later, s.limit),
            dealt=torch.where(one, 0, s.dealt),
            missed=torch.where(one, self.config.units - s.dealt, s.missed),
            purse=torch.where(all_, endowment, s.purse),
            orders=Orders(torch.where(one, 0, s.orders.price), torch.where(one, 0, s.orders.wait)),
            paid=torch.where(closes, 0, s.paid),
            deals=torch.where(closes, 0, s.deals),
            before=torch.where(closes & (s.deals > 0), s.paid / s.deals.clamp(min=1), s.before),
        )
        return fresh, torch.where(all_, endowment, 0), torch.where(all_, left, 0)

    def _trades(self, s: AuctionState, fills: Fills, limit: Tensor, key: Keys) -> dict[str, Tensor]:
        """Columns [W, N] of the table `trades`: buyers give coins for a unit."""
        period = torch.div(s.tick, self.config.ticks, rounding_mode="floor")
        shocked = (period >= self.config.shock_period) & (self.config.shock_period > 0)
        one = torch.ones_like(fills.price)
        return {
            "partner": fills.partner,
            "gave": one * COIN,
            "gave_amount": fills.price,
            "got": one * UNIT,
            "got_amount": one,
            "value": limit.float(),
            "cost": limit.gather(1, fills.partner.clamp(min=0)),
            "period": (key.episode * self.config.periods + period)[:, None].expand_as(one),
            "shocked": shocked[:, None].expand_as(one).long(),
            "equilibrium": s.market.gather(1, shocked[:, None].long()).expand(one.shape),
        }

    # ---------------------------------------------------------------- what is perceived

    def observe(self, s: AuctionState) -> Observation:
        """Own side, limit and order; the book; the tape; the time. Prices are -1..1 over the grid, 0 where there is none.

        missed: the share of its units that the seat did not deal in the period before. book: best bid and ask, each with 1
        where there is one, and the shares of buyers and sellers whose orders stand. tape: the last price, the mean price of
        this period and of the last one with a deal, likewise. time: the share of the period that is left, its square, and
        the deals so far over half the units. A seat whose units are all dealt is not active.
        """
        c = self.config
        limit, price = self._limit(s), s.orders.price
        bid, ask = self.book.best(s.orders)
        ask = torch.where(ask > c.top, 0, ask)
        mean = s.paid / s.deals.clamp(min=1)
        public = torch.stack([bid, ask, s.last, mean, s.before], 1).float()
        public = torch.stack([self._scaled(public), (public > 0).float()], -1).flatten(1)
        depth = torch.stack([side.float().mean(1) for side in (price > 0).split([self.buyers, self.sellers], dim=1)], 1)
        left = 1 - (s.tick % c.ticks) / c.ticks
        time = torch.stack([left, left.square(), (s.deals / (self.spec.seats * c.units / 2))], 1)
        own = torch.stack([self._scaled(limit), self._scaled(price), price > 0], -1)
        side = self.buys.float()
        out = torch.empty(*price.shape, self.spec.features, device=price.device)
        out[..., 0], out[..., 1] = side, 1 - side
        out[..., 2], out[..., 3] = own[..., 0] * side, own[..., 0] * (1 - side)
        out[..., 4:6], out[..., 6] = own[..., 1:], s.missed / c.units
        out[..., 7:] = torch.cat([public[:, :4], depth, public[:, 4:], time], 1)[:, None]
        return Observation(out, self._legal(limit, price), self._free(s))

    def _free(self, s: AuctionState) -> Tensor:
        """Who can send an order [W, N]: it is drawn for this tick and has a unit left to deal in."""
        left = s.dealt < self.config.units
        if self.arrivals == self.spec.seats:
            return left
        return left & torch.zeros_like(left).scatter(1, s.turn, True)

    def _scaled(self, price: Tensor) -> Tensor:
        """Prices as -1..1 over the grid; 0 stays 0."""
        return torch.where(price > 0, price * (2 / self.config.top) - 1, 0.0)

    def _legal(self, limit: Tensor, price: Tensor) -> Tensor:
        """Options [W, N, A]: to do nothing, prices that do not lose, to withdraw what stands."""
        mask = torch.ones(*limit.shape, self.config.prices + 2, dtype=torch.bool, device=limit.device)
        if self.config.constrained:
            sign = torch.where(self.buys, 1, -1)
            mask[..., 1:-1] = (sign * limit)[..., None] >= sign[:, None] * self.grid
        mask[..., -1] = price > 0
        return mask

    def stock(self, s: AuctionState) -> Tensor:
        """Coins and units of each seat, those that its order holds back included."""
        return s.purse + self.book.escrow(s.orders)

    def scene(self, s: AuctionState) -> Scene:
        """A row a seat, buyers above; prices run to the right. A bar shows the prices at which a seat gains, the lines the
        competitive and the last price; the seat stands at its order, or at its limit while it has none.
        """
        c, worlds, device = self.config, len(s.tick), s.tick.device
        width = min(c.prices, 50)
        limit, seats = self._limit(s), self.spec.seats
        column = torch.arange(width, device=device)

        def place(price: Tensor) -> Tensor:
            return ((price - 1) * width // c.top).clamp(0, width - 1).long()

        at, buys = place(limit)[..., None], self.buys[:, None]
        cells = torch.where(torch.where(buys, column <= at, column >= at), torch.where(buys, 1, 2), 0)
        period = torch.div(s.tick, c.ticks, rounding_mode="floor")
        shocked = (period >= c.shock_period) & (c.shock_period > 0)
        market = place(s.market.gather(1, shocked[:, None].long())[:, 0])
        cells = torch.where(column == market[:, None, None], 3, cells)
        cells = torch.where((column == place(s.last)[:, None, None]) & (s.last > 0)[:, None, None], 4, cells)
        done = s.dealt >= c.units
        return Scene(
            height=seats,
            width=width,
            x=place(torch.where(s.orders.price > 0, s.orders.price, limit)),
            y=torch.arange(seats, device=device).expand(worlds, -1),
            cells=cells.to(torch.uint8),
            wraps=False,
            legend=(
                ("no gain", "#F4F1EA"),
                ("a buyer gains", "#CFE3F1"),
                ("a seller gains", "#F6DDBF"),
                ("competitive price", "#999999"),
                ("last price", "#009E73"),
            ),
            kind=torch.where(done, 2, torch.where(self.buys, 0, 1)),
            kinds=(("buyer", "#0072B2"), ("seller", "#D55E00"), ("has dealt", "#999999")),
            values={"limit": limit, "order": s.orders.price, "dealt": s.dealt},
        )

    # ---------------------------------------------------------------- reference agents

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Gode & Sunder's random traders, traders that ask for their limit, and every option alike."""
        found = {
            "random": Script(self._random, "every legal option alike"),
            "zero_intelligence": Script(self._zero_intelligence, "ZI-C: at every tick a random price that does not lose"),
            "truthful": Script(self._truthful, "orders at its own value or cost"),
        }
        if not self.config.constrained:
            found["unconstrained"] = Script(self._unconstrained, "ZI-U: at every tick a random price of the grid")
        return found

    def _random(self, s: AuctionState, seen: Observation, key: Keys) -> Action:
        assert seen.mask is not None
        score = key.uniform("script.order", *seen.mask.shape[1:]) + seen.mask
        return {"order": score.argmax(-1) * self._free(s)}

    def _zero_intelligence(self, s: AuctionState, seen: Observation, key: Keys) -> Action:
        level = torch.div(self._limit(s), self.config.step, rounding_mode="floor").clamp(max=self.config.prices)
        lowest = -torch.div(-self._limit(s), self.config.step, rounding_mode="floor")
        count = torch.where(self.buys, level, self.config.prices + 1 - lowest)
        order = torch.where(self.buys, 1, lowest) + key.integers("script.order", count.clamp(min=1), self.spec.seats)
        return {"order": order * ((count > 0) & self._free(s))}

    def _unconstrained(self, s: AuctionState, seen: Observation, key: Keys) -> Action:
        order = 1 + key.integers("script.order", self.config.prices, self.spec.seats)
        return {"order": order * self._free(s)}

    def _truthful(self, s: AuctionState, seen: Observation, key: Keys) -> Action:
        down = torch.div(self._limit(s), self.config.step, rounding_mode="floor")
        up = -torch.div(-self._limit(s), self.config.step, rounding_mode="floor")
        order = torch.where(self.buys, down, torch.where(up <= self.config.prices, up, 0))
        return {"order": order * self._free(s)}


scenario = DoubleAuction
