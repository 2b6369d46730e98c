"""Sugarscape: traders with needs of their own move to sugar and spice, eat, trade and die (Epstein & Axtell 1996).

Two goods grow on mirrored hills of a bounded map. Each tick, in a random order, the living move to a cell in sight, eat all
that lies there and burn their metabolism of both goods; who runs out of either dies. Then, in another random order, each
trades with those within reach by the book's rule T. With `forage` a seat may leave the choice of the cell to the book's rule
M, resolved at its own turn: then the scripts are the book's agents, held against mesa's example. Without it seats choose
cells themselves, all at once, and find out at their turn whether somebody was faster.

The reward is the change of the log of the book's welfare, which rules M and T raise too; death takes it to 0. Summed with a
discount this is a life's mean log welfare, so that a long life with both goods at hand is worth most, and a mind is told at
once what a meal or an exchange did for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor

from society.config import Frozen
from society.keys import Keys, below
from society.world.palette import COLOURS
from society.world.scenario import Action, Head, Observation, Outcome, Parts, Scenario, Scene, Script, Spec, replace, state

from .sugarscape_map import ahead, hills, sight

GOODS = ("sugar", "spice")
Range = tuple[Annotated[int, Field(ge=1, le=1000)], Annotated[int, Field(ge=1, le=1000)]]
Short = tuple[Annotated[int, Field(ge=1, le=10)], Annotated[int, Field(ge=1, le=10)]]


class SugarscapeConfig(Frozen):
    """Rules of sugarscape. The defaults are mesa's numbers with newcomers for the dead."""

    seats: int = Field(200, ge=2, le=2000, description="traders at the start")
    size: int = Field(50, ge=5, le=200, description="side of the square map in cells; it is bounded")
    peak: int = Field(4, ge=1, le=20, description="units that the best cell bears")
    growback: int = Field(1, ge=0, le=100, description="units of each good that a cell regains a tick")
    endowment: Range = Field((25, 50), description="least and most units of each good at birth")
    metabolism: Short = Field((1, 5), description="least and most units of each good that are burnt a tick")
    vision: Short = Field((1, 5), description="least and most steps that a trader sees and goes")
    sight: Literal["cross", "diamond"] = Field(
        "cross", description="what rule M looks at: cells straight ahead (the book) or all within so many steps (mesa)"
    )
    forage: bool = Field(False, description="offer rule M itself as a move")
    radius: int = Field(0, ge=0, le=50, description="steps within which two can trade (book: 1); 0: one's vision (mesa)")
    replacement: bool = Field(True, description="a newcomer takes the seat of who dies")
    episode: int = Field(200, ge=1, le=1_000_000, description="ticks of an episode")

    @model_validator(mode="after")
    def _fits(self) -> SugarscapeConfig:
        for name in ("endowment", "metabolism", "vision"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name} = [{low}, {high}]: give the smaller number first")
        if self.seats >= self.size**2:
            raise ValueError(f"seats = {self.seats}: {self.size} x {self.size} cells hold fewer than that and one free cell")
        return self


@state
class SugarscapeState:
    """W worlds, N seats, C cells; int64 but where said. The last axis of goods is (sugar, spice)."""

    ground: Tensor  # [W, C, 2] int16 units that lie on a cell
    alive: Tensor  # [W, N] bool
    pos: Tensor  # [W, N] cell; of the dead the last one
    stock: Tensor  # [W, N, 2] units held
    need: Tensor  # [W, N, 2] units burnt a tick
    vision: Tensor  # [W, N] steps
    life: Tensor  # [W, N] number of this life, from 0


LEARNING: Mapping[str, Any] = {
    "training": {"worlds": 16, "ticks": 32, "agent_steps": 8_000_000},
    "learner": {"lr": 3e-3, "minibatch": 2048, "gamma": 0.97},
    "contest": {"enabled": False, "offered": False},
    "evaluation": {"worlds": 32, "ticks": 200, "conditions": ["normal", "tradeless"]},
}
BOOK: Mapping[str, Any] = LEARNING | {"training": {**LEARNING["training"], "agent_steps": 1_000_000}}


class Sugarscape(Scenario):
    """Grow, move, eat, die, trade, be born; see the file's first lines."""

    Config = SugarscapeConfig
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "default": LEARNING,
        "quick": LEARNING
        | {"world": {"size": 25, "seats": 50}, "training": {**LEARNING["training"], "agent_steps": 2_000_000}},
        "book": BOOK | {"world": {"forage": True, "radius": 1, "replacement": False}},
        "mesa": BOOK | {"world": {"forage": True, "sight": "diamond", "replacement": False}},
    }

    def __init__(self, config: SugarscapeConfig, parts: Parts):
        from . import sugarscape_rules  # here, so that listing the worlds compiles and imports nothing

        super().__init__(config, parts)
        self.rules = sugarscape_rules
        self.reach = config.vision[1]
        self.capacity = hills(config.size, config.peak).short()
        self.sight = sight(config.sight, self.reach)
        self.cells, self.there = ahead(config.size, self.reach)
        self.steps = torch.arange(1, self.reach + 1).repeat(4)
        moves = 1 + 4 * self.reach + config.forage
        self.spec = Spec(
            seats=config.seats,
            fields={"ahead": (4, self.reach, 4), "here": (2,), "self": (8,)},
            heads={"move": Head(moves), "trade": Head(2)},
            episode=config.episode,
            goods=GOODS,
        )
        self.declared: Mapping[str, Any] = {
            "headline": {
                "name": "survival",
                "measure": "survived",
                "per": "seat_tick",
                "scale": 100.0,
                "unit": "% of seat-ticks survived",
            },
            "relative": {"one": "script:book", "zero": "script:random"},
            "primary": ["effect_of_tradeless.survival"],
            "measures": {
                "mean_life": {"numerator": "lived", "denominator": "died", "unit": "ticks", "null": "script:random"},
            },
        }

    # ---------------------------------------------------------------- birth

    def reset(self, key: Keys) -> SugarscapeState:
        """Full ground and fresh traders on cells of their own."""
        c, worlds = self.config, len(key.base)
        stock, need, vision = self._newcomers(key)
        zero = torch.zeros_like(vision)
        return SugarscapeState(
            ground=self.capacity.expand(worlds, -1, -1).clone(),
            alive=zero == 0,
            pos=key.permutation("sugarscape.pos", c.size**2)[:, : c.seats].contiguous(),
            stock=stock,
            need=need,
            vision=vision,
            life=zero,
        )

    def _newcomers(self, key: Keys) -> tuple[Tensor, Tensor, Tensor]:
        """Endowments [W, N, 2], metabolisms [W, N, 2] and visions [W, N] of one newcomer for each seat."""
        c = self.config
        draw = key.words("sugarscape.newcomer", c.seats, 5)
        low, high = torch.tensor([*[c.endowment] * 2, *[c.metabolism] * 2, c.vision], device=draw.device).unbind(-1)
        stock, need, vision = (low + below(draw, high - low + 1)).split([2, 2, 1], dim=-1)
        return stock.contiguous(), need.contiguous(), vision[..., 0].contiguous()

    # ---------------------------------------------------------------- a tick, in the order of the rules

    def step(self, s: SugarscapeState, action: Action, key: Keys) -> tuple[SugarscapeState, Outcome]:
        """Grow; move, eat and die one after another; trade one after another; be born."""
        was, welfare = s.alive, _log_welfare(s)
        s = replace(s, ground=torch.minimum(s.ground + self.config.growback, self.capacity))
        s, harvest, spent = self._live(s, action["move"], key)
        dead = was & ~s.alive
        s, trades, measures = self._exchange(s, action["trade"], key)
        gain = _log_welfare(s) - welfare
        s, brought = self._replace(s, dead, key)
        survived = was & ~dead
        return s, Outcome(
            reward=gain,
            terminated=dead,
            forget=dead,
            created=harvest + brought,
            destroyed=spent,
            measures={"survived": survived, "died": dead, "lived": was, "harvest": _both(harvest)} | measures,
            events={"trades": trades},
        )

    def _live(self, s: SugarscapeState, move: Tensor, key: Keys) -> tuple[SugarscapeState, Tensor, Tensor]:
        """The rules M, of eating and of death; what was harvested and what was burnt or lost, both [W, N, 2]."""
        c = self.config
        alive, pos, stock, ground, harvest, spent = _copies(
            s.alive, s.pos, s.stock, s.ground, torch.zeros_like(s.stock), torch.zeros_like(s.stock)
        )
        self.rules.live(
            alive, pos, stock, _array(s.need), _array(s.vision), ground, _array(move),
            _order(key, "sugarscape.live", c.seats), _array(key.words("sugarscape.pick", c.seats)),
            _array(self.sight), c.size, self.reach, int(self.capacity.max()), harvest, spent,
        )  # fmt: skip
        device = s.pos.device
        after = {"alive": alive, "pos": pos, "stock": stock, "ground": ground}
        s = replace(s, **{name: torch.from_numpy(value).to(device) for name, value in after.items()})
        return s, torch.from_numpy(harvest).to(device), torch.from_numpy(spent).to(device)

    def _exchange(self, s: SugarscapeState, willing: Tensor, key: Keys) -> tuple[SugarscapeState, Any, dict[str, Tensor]]:
        """Rule T; rows for `trades` and sums of log prices.

        A row is what a seat exchanged at its own turn, all units together, with the partner of whom it got and to whom it
        gave most. The sums count every exchange once, for the seat whose turn it was.
        """
        c, device = self.config, s.pos.device
        zero = torch.zeros(s.pos.shape, dtype=torch.float64, device=device)
        (stock, main, deals, logs, squares) = _copies(
            s.stock, torch.full((*s.pos.shape, 3), -1, device=device), torch.zeros_like(s.pos), zero, zero
        )
        if self.parts.market.config.enabled:
            self.rules.exchange(
                _array(s.alive), _array(s.pos), stock, _array(s.need), _array(s.vision), _array(willing),
                _order(key, "sugarscape.trade", c.seats), c.radius, c.size, main, deals, logs, squares,
            )  # fmt: skip
        partner, sugar, spice = torch.from_numpy(main).to(device).unbind(-1)
        buys = sugar > 0
        row = {
            "partner": partner,
            "gave": buys.long(),
            "gave_amount": torch.where(buys, -spice, -sugar),
            "got": 1 - buys.long(),
            "got_amount": torch.where(buys, sugar, spice),
        }
        told = {"deals": deals, "log_price": logs, "log_price_squared": squares}
        measures = {name: torch.from_numpy(value).to(device) for name, value in told.items()}
        return replace(s, stock=torch.from_numpy(stock).to(device)), (partner >= 0, row), measures

    def _replace(self, s: SugarscapeState, dead: Tensor, key: Keys) -> tuple[SugarscapeState, Tensor]:
        """Newcomers for those who died at this tick, and the goods that they bring [W, N, 2]."""
        if not self.config.replacement:
            return s, torch.zeros_like(s.stock)
        stock, need, vision = self._newcomers(key)
        (pos,) = _copies(s.pos)
        place = key.words("sugarscape.place", self.config.seats)
        self.rules.settle(_array(s.alive), pos, _array(dead), _array(place), self.config.size**2)
        brought = torch.where(dead[..., None], stock, 0)
        born = replace(
            s,
            alive=s.alive | dead,
            pos=torch.from_numpy(pos).to(s.pos.device),
            stock=s.stock + brought,
            need=torch.where(dead[..., None], need, s.need),
            vision=torch.where(dead, vision, s.vision),
            life=s.life + dead,
        )
        return born, brought

    # ---------------------------------------------------------------- what is perceived

    def observe(self, s: SugarscapeState) -> Observation:
        """What lies and who stands straight ahead as far as one sees, one's own cell, goods and needs.

        `ahead` has for each direction and distance: in sight, sugar, spice, taken. Goods on the ground are shares of the
        best cell; own goods are logarithms and ticks that they last; with them metabolism, vision and the log of the MRS.
        """
        worlds, seats = s.pos.shape
        out = torch.empty(worlds, seats, self.spec.features, device=s.pos.device)
        seen, sugar, spice, taken = self._look(s)
        ray = out[..., self.spec.slices["ahead"]].view(worlds, seats, -1, 4)
        ray[..., 0] = seen
        torch.mul(seen, sugar, out=ray[..., 1]).div_(self.config.peak)
        torch.mul(seen, spice, out=ray[..., 2]).div_(self.config.peak)
        torch.mul(seen, taken, out=ray[..., 3])
        here = s.ground.gather(1, s.pos[..., None].expand(-1, -1, 2)) / self.config.peak
        out[..., self.spec.slices["here"]] = here * s.alive[..., None]
        out[..., self.spec.slices["self"]] = self._self(s) * s.alive[..., None]
        return Observation(out, self._legal(s, seen), s.alive)

    def _look(self, s: SugarscapeState) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """For the M cells ahead: in sight (for the living), sugar, spice, whether somebody stands there, each [W, N, M]."""
        worlds, seats = s.pos.shape
        bodies = torch.zeros_like(s.ground[..., 0]).scatter_add(1, s.pos, s.alive.to(s.ground.dtype))
        # one word for a cell: windows cost most, and one gather is a third of three
        words = s.ground[..., 0] | s.ground[..., 1] << 5 | bodies << 10
        words = words.gather(1, self.cells[s.pos].view(worlds, -1)).view(worlds, seats, -1)
        seen = self.there[s.pos] & (self.steps <= (s.vision * s.alive)[..., None])
        return seen, words & 31, words >> 5 & 31, words >> 10 > 0

    def _self(self, s: SugarscapeState) -> Tensor:
        """Log of goods, ticks that they last, metabolism, vision, log MRS, each about 0..1; [W, N, 8]."""
        lasts = s.stock / s.need
        rate = (lasts[..., 1].clamp(min=1e-3) / lasts[..., 0].clamp(min=1e-3)).log().clamp(-4, 4)
        alone = [s.vision / self.reach, rate / 4]
        needs = s.need / self.config.metabolism[1]
        return torch.cat([s.stock.add(1).log() / 5, lasts.clamp(max=50) / 50, needs, torch.stack(alone, -1)], dim=-1)

    def _legal(self, s: SugarscapeState, seen: Tensor) -> Tensor:
        """Cells in sight and on the map, rule M where it is offered, willing or not; the dead have the no-op alone."""
        may = torch.ones(*s.pos.shape, 1, dtype=torch.bool, device=s.pos.device)
        living = s.alive[..., None]
        return torch.cat([may, seen, *[living] * self.config.forage, may, living], dim=-1)

    def stock(self, s: SugarscapeState) -> Tensor:
        """Units of each good held by each seat."""
        return s.stock

    def life(self, s: SugarscapeState) -> Tensor:
        """The number of each seat's present life."""
        return s.life

    def scene(self, s: SugarscapeState) -> Scene:
        """The good of which a cell has more, paler where there is less; traders by the good that they value more."""
        c = self.config
        sugar, spice = s.ground.unbind(-1)
        level = (torch.maximum(sugar, spice) * 4 / c.peak).ceil().long()
        cells = torch.where(level > 0, level + 4 * (spice > sugar), 0)
        lasts = s.stock / s.need
        nowhere = torch.full_like(lasts[..., 0], torch.nan)
        return Scene(
            height=c.size,
            width=c.size,
            x=torch.where(s.alive, s.pos % c.size, nowhere),
            y=torch.where(s.alive, torch.div(s.pos, c.size, rounding_mode="floor"), nowhere),
            cells=cells.to(torch.uint8).view(-1, c.size, c.size),
            legend=LEGEND,
            kind=(lasts[..., 1] < lasts[..., 0]).long(),
            kinds=(("lacks sugar", COLOURS[4]), ("lacks spice", COLOURS[5])),
            values={f"holds {g}": s.stock[..., i] for i, g in enumerate(GOODS)}
            | {f"burns {g}": s.need[..., i] for i, g in enumerate(GOODS)}
            | {"sees": s.vision},
            wraps=False,
        )

    # ---------------------------------------------------------------- reference agents

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random; the book's agents, with and without trade."""
        return {
            "random": Script(self._random, "every legal option alike"),
            "autarky": Script(self._autarky, "moves by the book's rule M and trades with nobody"),
            "book": Script(self._book, "moves by the book's rule M and trades by its rule T"),
        }

    def _random(self, s: SugarscapeState, seen: Observation, key: Keys) -> Action:
        assert seen.mask is not None  # `observe` always gives one
        noise = key.words("script.random", self.config.seats, seen.mask.shape[-1])
        noise = torch.where(seen.mask, noise, -1)
        return {name: noise[..., where].argmax(-1) for name, where in self.spec.options.items()}

    def _book(self, s: SugarscapeState, seen: Observation, key: Keys) -> Action:
        return {"move": self._choose(s, key), "trade": s.alive.long()}

    def _autarky(self, s: SugarscapeState, seen: Observation, key: Keys) -> Action:
        return {"move": self._choose(s, key), "trade": torch.zeros_like(s.pos)}

    def _choose(self, s: SugarscapeState, key: Keys) -> Tensor:
        """Rule M where it is offered, else by the same measure the best cell that is free now, all at once."""
        if self.config.forage:
            return torch.where(s.alive, self.spec.heads["move"].size - 1, 0)
        seen, sugar, spice, taken = self._look(s)
        goods = [(s.stock[..., g, None] + lies).double().log() * s.need[..., g, None] for g, lies in enumerate((sugar, spice))]
        welfare = (goods[0] + goods[1]) / s.need.sum(-1, keepdim=True)
        # far below any difference of welfare, and so the tie-breakers: steps, then chance
        value = welfare - 1e-7 * self.steps - 1e-8 * key.uniform("script.tie", *seen.shape[1:])
        value = torch.where(seen & ~taken, value, -torch.inf)
        best, where = value.max(dim=-1)
        return torch.where(best > -torch.inf, 1 + where, 0)


def _log_welfare(s: SugarscapeState) -> Tensor:
    """Log of the book's welfare [W, N]; 0 for the dead, which no living trader falls below."""
    return _both(s.need * s.stock.clamp(min=1).log()) / _both(s.need)


def _both(goods: Tensor) -> Tensor:
    """The sum of the two goods; torch is slow at sums of two."""
    return goods[..., 0] + goods[..., 1]


def _order(key: Keys, purpose: str, seats: int) -> np.ndarray:
    """`key.permutation`, sorted by numpy: several times as fast on the CPU, where the rules are played."""
    return np.argsort(_array(key.bits(purpose, seats)), axis=-1)


def _array(tensor: Tensor) -> np.ndarray:
    """A tensor as an array to read; on the CPU they share memory."""
    return tensor.cpu().contiguous().numpy()


def _copies(*tensors: Tensor) -> tuple[np.ndarray, ...]:
    """Arrays that may be changed: a step must not touch what it was given."""
    return tuple(tensor.cpu().clone(memory_format=torch.contiguous_format).numpy() for tensor in tensors)


def _shades(name: str, dark: str) -> tuple[tuple[str, str], ...]:
    """Four colours from pale to `dark` (#rrggbb)."""
    full = [int(dark[i : i + 2], 16) for i in (1, 3, 5)]
    mixed = [[round(244 + (one - 244) * share) for one in full] for share in (0.2, 0.35, 0.55, 0.8)]
    return tuple((f"{name}, {k} of 4", "#" + "".join(f"{one:02X}" for one in rgb)) for k, rgb in enumerate(mixed, 1))


LEGEND = (("bare", "#F4F1EA"), *_shades("sugar", COLOURS[1]), *_shades("spice", COLOURS[0]))

scenario = Sugarscape
