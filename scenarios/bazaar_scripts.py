"""Reference agents of the bazaar: what its learners are measured against.

`random` knows nothing; `autarky` and `trader` see and hear what a mind does; `beacon` is the trader whose call has no content
and `silent` the one that never calls, so trader - beacon is what content can be worth and beacon - silent what a voice can;
`omniscient` has a map. Worlds with strikes have four more: `raider`, `lone_raider`, `guards` and `raided_guards`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from society.keys import Keys
from society.world.scenario import Action, Observation, Script
from society.world.scripts import uniform

if TYPE_CHECKING:
    from .bazaar import Bazaar, BazaarState

FAR = 1 << 20  # farther than any cell


def scripts(world: Bazaar) -> Mapping[str, Script]:
    """The reference agents of a world by name."""
    made = References(world)
    found = {
        "random": Script(made.random, "every option alike"),
        "autarky": Script(made.autarky, "gathers in view what it lacks most; no offers, no calls"),
        "trader": Script(made.trader, "gathers its own good in view, calls it out, meets a complement and swaps"),
        "beacon": Script(made.beacon, "the trader with one call for all goods: it says where, not what"),
        "silent": Script(made.silent, "the trader that neither calls nor listens"),
        "omniscient": Script(made.omniscient, "the trader with a map of the whole world", privileged=True),
    }
    if "strike" in world.spec.heads:
        found |= {
            "raider": Script(made.raider, "the trader that also strikes whoever offers what it lacks"),
            "lone_raider": Script(made.lone_raider, "seat 0 is a raider, the others trade"),
            "guards": Script(made.guards, "traders in pairs that stay side by side, so that a guard stands by each", True),
            "raided_guards": Script(made.raided_guards, "seat 0 is a raider, the others trade in pairs", True),
        }
    return found


class References:
    """Agents that act for every seat of a world; they read its state and obey its rules."""

    def __init__(self, world: Bazaar):
        self.world, self.config, self.torus = world, world.config, world.torus
        self.enough = min(world.config.own_yield, world.config.capacity)  # wares worth a walk

    # ---------------------------------------------------------------- agents

    def random(self, s: BazaarState, seen: Observation, key: Keys) -> Action:
        """Every option of every head alike; where nobody can be silent, every word alike."""
        drawn = uniform(self.world.spec).act(s, seen, key)
        if self.config.voice == "free":
            return drawn
        words = self.world.parts.channel.config.symbols - 1
        return drawn | {"say": 1 + key.integers("script.word", words, *drawn["say"].shape[1:])}

    def autarky(self, s: BazaarState, seen: Observation, key: Keys) -> Action:
        """Gathers what it lacks most of the meal that its own good belongs to."""
        belongs = self.world.kinds == self.world.kinds[s.skill][..., None]
        return self._idle(s) | {"move": self._search(s, torch.where(belongs, s.stock, FAR).argmin(-1))}

    def trader(self, s: BazaarState, seen: Observation, key: Keys) -> Action:
        """Calls its speciality while it has wares; with enough of them goes to a fitting offer in view, else to the call."""
        said, lack = s.air[:, 0, :, 0], self._wares(s)[1]
        return self._trade(s, (said - 1)[:, None, :] == lack[:, :, None], s.skill + 1)

    def beacon(self, s: BazaarState, seen: Observation, key: Keys) -> Action:
        """Calls 1 while it has wares and goes to the nearest call out of view, since in view it sees what is on offer."""
        near, _ = self._offers_in_view(s)
        return self._trade(s, (s.air[:, 0, :, 0] > 0)[:, None, :] & ~near, torch.ones_like(s.skill))

    def silent(self, s: BazaarState, seen: Observation, key: Keys) -> Action:
        """Goes to fitting offers in view only."""
        nobody = torch.zeros(*s.pos.shape, s.pos.shape[1], dtype=torch.bool, device=s.pos.device)
        return self._trade(s, nobody, torch.zeros_like(s.skill))

    def omniscient(self, s: BazaarState, seen: Observation, key: Keys) -> Action:
        """Goes to the nearest ripe cell of its own good anywhere, then to the nearest complement that has wares."""
        mine, lack, offer = self._wares(s)
        everywhere = torch.arange(self.torus.cells, device=s.pos.device).expand(*s.pos.shape, -1)
        cell, _ = self._nearest(s, s.skill, everywhere)
        partner, found = self._meet(s, (s.skill[:, None, :] == lack[:, :, None]) & (mine[:, None, :] > 0))
        goal = torch.where((mine >= self.enough) & found, partner, cell)
        return self._idle(s) | {"move": self.torus.step_towards(s.pos, goal), "offer": offer}

    def raider(self, s: BazaarState, seen: Observation, key: Keys) -> Action:
        """The trader, which also strikes where somebody in reach holds up what it lacks."""
        dx, dy = self.torus.ways(s.pos)
        reach = torch.maximum(dx.abs(), dy.abs()) + self.world.apart <= self.world.parts.contest.config.reach
        strike = (reach & self._offers_in_view(s)[1]).any(-1)
        return self.trader(s, seen, key) | {"strike": strike.long()}

    def lone_raider(self, s: BazaarState, seen: Observation, key: Keys) -> Action:
        """Seat 0 raids a world of traders."""
        return self._seat0(self.raider(s, seen, key), self.trader(s, seen, key))

    def guards(self, s: BazaarState, seen: Observation, key: Keys) -> Action:
        """Seats 1 and 2, 3 and 4, ... stay side by side: the first of them trades, the second goes where it is."""
        act = self.trader(s, seen, key)
        seat = torch.arange(s.pos.shape[1], device=s.pos.device)
        leader, follow = s.pos[:, seat - (seat % 2 == 0).long()], (seat % 2 == 0) & (seat > 0)
        return act | {"move": torch.where(follow, self.torus.step_towards(s.pos, leader), act["move"])}

    def raided_guards(self, s: BazaarState, seen: Observation, key: Keys) -> Action:
        """Seat 0 raids a world of guards."""
        return self._seat0(self.raider(s, seen, key), self.guards(s, seen, key))

    # ---------------------------------------------------------------- what they share

    def _idle(self, s: BazaarState) -> Action:
        zero = torch.zeros_like(s.pos)
        quiet = zero if self.config.voice == "free" else zero + 1
        return {n: self._message(s, quiet) if n == "say" else zero for n in self.world.spec.heads}

    def _message(self, s: BazaarState, symbol: Tensor) -> Tensor:
        """The message that repeats a symbol [W, N]: [W, N], or [W, N, L] where messages are longer than one."""
        return symbol if self.world.parts.channel.config.length == 1 else symbol[..., None].expand_as(s.air[:, 0])

    @staticmethod
    def _seat0(first: Action, others: Action) -> Action:
        """The actions of `first` for seat 0, of `others` for the rest."""
        return {n: torch.cat([first[n][:, :1], others[n][:, 1:]], dim=1) for n in others}

    def _nearest(self, s: BazaarState, good: Tensor, cells: Tensor) -> tuple[Tensor, Tensor]:
        """The nearest ripe cell of good [W, N] among `cells` [W, N, K], and whether there is one."""
        dx, dy = self.torus.way(s.pos[..., None], cells)
        worlds = torch.arange(len(cells), device=cells.device)[:, None, None]
        wanted = s.ripe[worlds, cells] & (s.grows[worlds, cells] - 1 == good[..., None])
        far, best = torch.where(wanted, dx.abs() + dy.abs(), FAR).min(dim=-1)
        return cells.gather(-1, best[..., None])[..., 0], far < FAR

    def _search(self, s: BazaarState, good: Tensor) -> Tensor:
        """The move towards the nearest ripe cell of a good in view; where there is none, straight on."""
        goal, found = self._nearest(s, good, self.world.window[s.pos])
        straight = torch.where(s.heading > 0, s.heading, 1 + s.pos % 4)
        return torch.where(found, self.torus.step_towards(s.pos, goal), straight)

    def _wares(self, s: BazaarState) -> tuple[Tensor, Tensor, Tensor]:
        """What a trader holds of its own good, which good of its meal it lacks most, and the offer that says so, each [W, N]."""
        mine = s.stock.gather(-1, s.skill[..., None])[..., 0]
        goods = torch.arange(self.config.goods, device=s.pos.device)
        other = (goods != s.skill[..., None]) & (self.world.kinds == self.world.kinds[s.skill][..., None])
        lack = torch.where(other, s.stock, FAR).argmin(-1)
        table = self._terms(s)
        fits = (table[:, 0] == s.skill[..., None]) & (table[:, 1] == lack[..., None])
        return mine, lack, torch.where(mine > 0, fits.int().argmax(-1), 0)

    def _terms(self, s: BazaarState) -> Tensor:
        """The offers of this world [options, 4]: give, want, units given, units wanted."""
        return self.world.offers.to(s.pos.device)

    def _meet(self, s: BazaarState, whom: Tensor) -> tuple[Tensor, Tensor]:
        """The cell of the nearest seat of `whom` [W, from, to], and whether there is one."""
        dx, dy = self.torus.ways(s.pos)
        far, best = torch.where(whom, dx.abs() + dy.abs() + self.world.apart, FAR).min(dim=-1)
        return s.pos.gather(1, best), far < FAR

    def _offers_in_view(self, s: BazaarState) -> tuple[Tensor, Tensor]:
        """Which seats are in view, and which of all offers fit what one has and lacks, each [W, from, to]."""
        _, lack, _ = self._wares(s)
        dx, dy = self.torus.ways(s.pos)
        near = torch.maximum(dx.abs(), dy.abs()) + self.world.apart <= self.config.view
        table = self._terms(s)[s.offer]
        fits = (table[:, None, :, 0] == lack[:, :, None]) & (table[:, None, :, 1] == s.skill[:, :, None])
        return near, fits

    def _trade(self, s: BazaarState, calls: Tensor, symbol: Tensor) -> Action:
        """Gather one's own good; with enough of it go to a fitting offer in view, else to the nearest of `calls`.

        `calls` [W, listener, speaker]; `symbol` [W, N] is called while there are wares, as far as the vocabulary has it.
        """
        mine, _, offer = self._wares(s)
        near, fits = self._offers_in_view(s)
        sight, in_view = self._meet(s, near & fits)
        sound, heard = self._meet(s, self.world.parts.channel.audible(calls))
        goal = torch.where(in_view, sight, sound)
        ready = (mine >= self.enough) & (in_view | heard)
        move = torch.where(ready, self.torus.step_towards(s.pos, goal), self._search(s, s.skill))
        symbols = self.world.parts.channel.config.symbols
        no_wares = 0
        if self.config.voice == "constant":  # the first symbol that no good needs, if there is one
            no_wares = min(self.config.goods + 1, symbols - 1)
        symbol = torch.where((mine > 0) & (symbol < symbols), symbol, no_wares)
        return self._idle(s) | {"move": move, "offer": offer, "say": self._message(s, symbol)}
