"""Bargaining: alternating offers over a pie that shrinks with every refusal (Ståhl 1972; Rubinstein 1982).

Two seats divide a pie of whole units. A round is two ticks: one seat demands a part of the pie, then the other accepts and
takes the rest, or refuses. After a refusal it is the other's turn to demand, seat 0 being the first; after `rounds` refusals
nobody gets anything. With one round it is the ultimatum game. A division agreed on in round r (from 0) is worth
`discount` ** r of itself. With units fine enough the subgame-perfect share of whoever demands with T rounds left is
x_T = 1 - discount * x_(T-1), x_1 = 1: it alternates with the parity of T. `talk` adds a message to every demand, which binds
nobody. Which mind moves first is the matchmaker's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import one_hot

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
    state,
)
from society.world.turns import of_mover

FIRST, SECOND = 0, 1  # seats: who moves first
SAME = 1e-6  # payoffs that differ by less than this share of the largest are equal: they are 32-bit floats


class BargainingConfig(Frozen):
    """Rules of the game."""

    pie: int = Field(100, ge=2, le=1000, description="units to divide")
    rounds: int = Field(3, ge=1, le=20, description="demands that can be made; 1: the ultimatum game")
    discount: float = Field(0.8, ge=0.05, le=1, description="share of the pie that is left after a refusal")
    talk: bool = Field(False, description="whether movers can say something, by the channel")
    exploring_starts: bool = Field(
        False, description="games of training begin in any round alike, so that late rounds are met; judged games in the first"
    )


@state
class BargainingState:
    """W worlds, L message length."""

    turn: Tensor  # [W] moves made: a demand where it is even, an answer where it is odd
    demand: Tensor  # [W] units that the side which demands in this round wants to keep
    heard: Tensor  # [W, L] what arrived of what it said with that


@dataclass(frozen=True)
class Plan:
    """What backward induction finds in every state (turn t, demand x on the table), M = 2 * rounds, D = units + 1.

    value [M, D, 2]: payoffs of both seats from there on; accept [M, D] and keep [M, D]: what the mover does.
    """

    value: Tensor
    accept: Tensor
    keep: Tensor


def _preset(agent_steps: int, **world: Any) -> dict[str, Any]:
    """Two minds, mind 0 always first. Tuned here: the entropy bonus is a temperature in units of the pie, and falls."""
    talks = bool(world.get("talk", False))
    return {
        "world": {"exploring_starts": True, **world},
        "channel": {"symbols": 11, "length": 1},
        "population": {"minds": 2, "matchmaker": "teams", "network": {"hidden": (64, 64)}},
        "learner": {
            "lr": 4e-3,
            "gamma": 1.0,
            "epochs": 3,
            "minibatch": 512,
            "standardise": False,
            "entropy": 0.1,
            "entropy_end": 0.025,
            "max_norm": 5.0,
        },
        "training": {"worlds": 128, "ticks": 8, "agent_steps": agent_steps, "precision": "float32"},
        "evaluation": {
            "worlds": 64,
            "ticks": 100,
            "recorded_worlds": 64,
            "conditions": ("normal", "mute", "content", "relabel", "scramble") if talks else ("normal",),
            "controls": ("muted_from_birth",) if talks else (),
        },
    }


class Bargaining(Scenario):
    """Demand, accept or demand back; see the file's first lines."""

    Config = BargainingConfig
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "default": _preset(3_000_000),
        "quick": _preset(900_000, pie=50),
        "two_rounds": _preset(3_000_000, rounds=2),
        "ultimatum": _preset(900_000, rounds=1),
        "talk": _preset(3_000_000, talk=True),
    }

    def __init__(self, config: BargainingConfig, parts: Parts):
        super().__init__(config, parts)
        c, channel = config, parts.channel.config
        if c.talk and channel.latency != 1:
            raise ValueError(f"channel.latency = {channel.latency}: the other side answers one turn later; use 1")
        fields: dict[str, tuple[int, ...]] = {"turn": (2 * c.rounds,), "offered": (c.pie,)}
        heads = {"accept": Head(2), "keep": Head(c.pie + 1)}
        if c.talk:
            fields["heard"] = (channel.length, channel.symbols - 1)
            heads["say"] = Head(channel.symbols, channel.length, speech=True)
        self.spec = Spec(
            seats=2,
            fields=fields,
            heads=heads,
            episode=2 * c.rounds,
            roles=("first", "second"),
            seat_roles=(FIRST, SECOND),
            hearing=("heard",) if c.talk else (),
            reacting=("accept", "keep"),
            ends_early=True,
        )
        self.declared: Mapping[str, Any] = {
            "headline": {
                "name": "first_share",
                "measure": "first",
                "per": "episode",
                "unit": "share of the pie",
                "rows": {"measure.first_games": 1},
            },
            "relative": {"one": "script:subgame_perfect", "zero": "script:split_half"},
            "primary": ["worth_over_muted_from_birth.first_share"] if c.talk else [],
            "measures": {
                "second_share": _measure("second", "second_games", "share of the pie"),
                "surplus": _measure("surplus", "first_games", "share of the pie"),
                "agreement": _measure("agreed", "game", "share of games"),
                "rounds": _measure("rounds", "game", "demands"),
            },
        }

    # ---------------------------------------------------------------- a game

    def reset(self, key: Keys) -> BargainingState:
        """Nothing demanded, and the first round but for exploring starts (Sutton & Barto 2018, 5.3)."""
        zero, c = torch.zeros_like(key.world), self.config
        explores = c.exploring_starts and self.parts.split == "train"
        turn = 2 * key.integers("bargaining.start", c.rounds) if explores else zero
        return BargainingState(turn, zero, zero[:, None].expand(-1, self.parts.channel.config.length).clone())

    def step(self, s: BargainingState, action: Action, key: Keys) -> tuple[BargainingState, Outcome]:
        """The mover puts its demand on the table and speaks, or accepts or refuses the one that lies there."""
        mover, demands = self._mover(s), s.turn % 2 == 0
        agreed = (of_mover(action["accept"], mover) == 1) & ~demands
        keep = of_mover(action["keep"], mover)
        over = agreed | (s.turn + 1 >= 2 * self.config.rounds)
        payoff = self._payoff(s) * agreed[:, None]
        heard, price = s.heard, torch.zeros_like(payoff)
        if self.config.talk:
            said = action["say"].view(len(mover), 2, -1)
            heard = of_mover(self.parts.channel.transmit(said, key, torch.zeros_like(said[..., 0])), mover)
            price = self.parts.channel.price(said)
        after = replace(
            s,
            turn=s.turn + 1,
            demand=torch.where(demands, keep, s.demand),
            heard=torch.where(demands[:, None], heard, s.heard),
        )
        return after, Outcome(
            reward=payoff - price,
            done=over,
            measures=self._measures(s, payoff, agreed, over),
            events={"offers": self._offers(s, agreed, keep, key), "deals": self._deals(s, payoff, agreed, over, key)},
        )

    @staticmethod
    def _mover(s: BargainingState) -> Tensor:
        """Whose move it is [W]: seat r % 2 demands in round r and the other answers."""
        return (s.turn // 2 + s.turn) % 2

    def _division(self, s: BargainingState) -> Tensor:
        """Units [W, 2] that each seat gets if the demand on the table is accepted."""
        rest = self.config.pie - s.demand
        asked_by_first = s.turn // 2 % 2 == FIRST
        return torch.stack([torch.where(asked_by_first, s.demand, rest), torch.where(asked_by_first, rest, s.demand)], 1)

    def _payoff(self, s: BargainingState) -> Tensor:
        """What that division is worth [W, 2]: the share of the pie, discounted for every refusal before."""
        left = torch.pow(self.config.discount, (s.turn // 2).double())
        return (self._division(s) / self.config.pie * left[:, None]).float()

    def _measures(self, s: BargainingState, payoff: Tensor, agreed: Tensor, over: Tensor) -> dict[str, Tensor]:
        """Sums over games that ended; payoffs are discounted."""
        ended = over[:, None].expand_as(payoff)
        first = torch.arange(2, device=over.device) == FIRST
        return {
            "game": ended,
            "agreed": ended & agreed[:, None],
            "rounds": ended * (s.turn // 2 + 1)[:, None],
            "first": payoff * first,
            "first_games": ended & first,
            "second": payoff * ~first,
            "second_games": ended & ~first,
            "surplus": payoff.sum(-1, keepdim=True) * first,
        }

    def _offers(
        self, s: BargainingState, agreed: Tensor, keep: Tensor, key: Keys
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """A row for the mover: the units that it wants, or accepted (demand NaN, keep -1). A refusal has no row."""
        seat = torch.arange(2, device=agreed.device)
        mine = (seat == self._mover(s)[:, None]) & (agreed | (s.turn % 2 == 0))[:, None]

        def wide(x: Tensor) -> Tensor:
            return x[:, None].expand(-1, 2)

        return mine, {
            "episode": wide(key.episode),
            "partner": (1 - seat).expand_as(mine),
            "round": wide(s.turn // 2),
            "accepted": wide(agreed.long()),
            "demand": wide(torch.where(agreed, torch.nan, keep.double() / self.config.pie)),
            "keep0": wide(torch.where(agreed, -1, keep)),
        }

    def _deals(
        self, s: BargainingState, payoff: Tensor, agreed: Tensor, over: Tensor, key: Keys
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """A row for the first mover when the game ends; scores are discounted, share is -1 where nothing was agreed."""

        def wide(x: Tensor) -> Tensor:
            return x[:, None].expand(-1, 2)

        one = torch.ones_like(payoff, dtype=torch.long)
        first = torch.arange(2, device=over.device) == FIRST
        return over[:, None] & first, {
            "episode": wide(key.episode),
            "partner": SECOND * one,
            "agreed": wide(agreed.long()),
            "rounds": wide(s.turn // 2 + 1),
            "score": payoff,
            "partner_score": payoff.flip(1),
            "pool0": self.config.pie * one,
            "value0": one,
            "partner_value0": one,
            "share0": torch.where(agreed[:, None], self._division(s), -1),
        }

    # ---------------------------------------------------------------- what is perceived

    def observe(self, s: BargainingState) -> Observation:
        """The mover sees the turn and, where it answers, the units offered (1 at each level reached) and what was said."""
        c = self.config
        active = torch.arange(2, device=s.turn.device) == self._mover(s)[:, None]
        answers = s.turn % 2 == 1
        offered = torch.where(answers, c.pie - s.demand, 0)
        parts = [
            one_hot(s.turn.clamp(max=2 * c.rounds - 1), 2 * c.rounds),
            offered[:, None] >= torch.arange(1, c.pie + 1, device=offered.device),
        ]
        if c.talk:  # a silent position is all zeros
            heard = one_hot(s.heard, self.parts.channel.config.symbols)[..., 1:].flatten(1)
            parts.append(heard * answers[:, None])
        features = torch.cat(parts, dim=1).float()[:, None] * active[..., None]
        return Observation(features, self._legal(active, answers), active)

    def _legal(self, active: Tensor, answers: Tensor) -> Tensor:
        """[W, 2, A] whoever answers may only accept or not, whoever demands only demand and speak."""
        mask = torch.zeros(*active.shape, sum(h.size for h in self.spec.heads.values()), dtype=torch.bool, device=active.device)
        for name, options in self.spec.options.items():
            mask[..., options] = (active & (answers == (name == "accept"))[:, None])[..., None]
            mask[..., options.start] = True
        return mask

    def scene(self, s: BargainingState) -> Scene:
        """A bar of ten cells between the two, coloured by who would get that tenth of the pie."""
        c = self.config
        seat = torch.arange(2, device=s.turn.device).expand(len(s.turn), -1)
        share = self._division(s)
        tenth = torch.arange(10, device=s.turn.device) * c.pie / 10
        asked = (s.turn % 2 == 1)[:, None]
        bar = torch.where(asked, torch.where(tenth < share[:, FIRST, None], 2, 3), 1)
        cells = torch.zeros(len(s.turn), 2, 12, dtype=torch.uint8, device=s.turn.device)
        cells[:, 0, 1:-1] = bar.to(torch.uint8)
        spoke = (seat != self._mover(s)[:, None]) & asked
        return Scene(
            height=2,
            width=12,
            x=seat * 11,
            y=torch.zeros_like(seat),
            cells=cells,
            wraps=False,
            legend=(
                ("table", "#F4F1EA"),
                ("pie", "#F0E442"),
                ("to the first mover", "#56B4E9"),
                ("to the second mover", "#E69F00"),
            ),
            kind=seat,
            kinds=(("first mover", "#0072B2"), ("second mover", "#D55E00")),
            said=torch.where(spoke, s.heard[:, :1], 0),
            values={"would get": torch.where(asked, share, -1), "turn": s.turn[:, None].expand(-1, 2)},
        )

    # ---------------------------------------------------------------- reference agents

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random play, an even split, and subgame-perfect play."""
        return {
            "random": Script(self._random, "every option alike"),
            "split_half": Script(self._split_half, "demand half, accept half or more"),
            "subgame_perfect": Script(self._subgame_perfect, "backward induction; who is indifferent accepts"),
        }

    def _random(self, s: BargainingState, seen: Observation, key: Keys) -> Action:
        return self._act(s, key.integers("script.accept", 2, 1)[:, 0], key.integers("script.keep", self.config.pie + 1, 1)[:, 0])

    def _split_half(self, s: BargainingState, seen: Observation, key: Keys) -> Action:
        half = self.config.pie // 2
        return self._act(s, (self.config.pie - s.demand >= half).long(), torch.full_like(s.demand, half))

    def _subgame_perfect(self, s: BargainingState, seen: Observation, key: Keys) -> Action:
        where = s.turn.cpu(), s.demand.cpu()
        return self._act(s, *(x[where].to(s.turn.device) for x in (self.plan.accept.long(), self.plan.keep)))

    def _act(self, s: BargainingState, accept: Tensor, keep: Tensor) -> Action:
        """The mover's accept [W] and keep [W] as an action of both seats, in silence; only what is legal."""
        mine = torch.arange(2, device=s.turn.device) == self._mover(s)[:, None]
        answers = s.turn % 2
        action = {"accept": (accept * answers)[:, None] * mine, "keep": (keep * (1 - answers))[:, None] * mine}
        if self.config.talk:
            silence = torch.zeros_like(s.heard)[:, None].expand(-1, 2, -1)
            action["say"] = silence if silence.shape[-1] > 1 else silence[..., 0]
        return action

    @cached_property
    def plan(self) -> Plan:
        """Backward induction through `step`: every action is tried in every state, from the last turn to the first.

        It knows the rules only by playing them: what a move is worth, and in which state it ends. Who is indifferent accepts; of
        equally good demands the smallest is made.
        """
        c = self.config
        units = torch.arange(c.pie + 1)
        turns = 2 * c.rounds
        table, move = torch.meshgrid(units, torch.arange(c.pie + 2), indexing="ij")  # move 0 accepts, move k demands k - 1
        world = torch.arange(table.numel())
        key = Keys.at(0, world, torch.zeros_like(world), torch.zeros_like(world))
        start = self.reset(key)
        value = torch.zeros(turns + 1, c.pie + 1, 2)
        accept, keep = (torch.zeros(turns, c.pie + 1, dtype=torch.long) for _ in range(2))
        for turn in reversed(range(turns)):
            s = replace(start, turn=torch.full_like(world, turn), demand=table.flatten())
            after, outcome = self.step(s, self._act(s, (move == 0).long().flatten(), (move - 1).clamp(min=0).flatten()), key)
            assert outcome.done is not None
            total = outcome.reward + torch.where(outcome.done[:, None], 0.0, value[turn + 1][after.demand])
            total = total.view(*table.shape, 2)
            mine = total[..., int(self._mover(s)[0])]
            best = (mine >= mine.amax(1, keepdim=True) - SAME * total.abs().max()).int().argmax(1)
            accept[turn], keep[turn] = best == 0, (best - 1).clamp(min=0)
            value[turn] = total[units, best]
        return Plan(value[:-1], accept.bool(), keep)


def _measure(top: str, bottom: str, unit: str) -> dict[str, Any]:
    return {"numerator": top, "denominator": bottom, "unit": unit, "null": "script:random"}


scenario = Bargaining
