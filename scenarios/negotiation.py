"""Negotiation: two seats divide a pool of items that each values in private (Cao et al. 2018, reduced).

Three item types, up to five of each in the pool, a private utility from 0 to 5 for each type and side. The seats take turns,
seat 0 first: a mover either accepts what the other side demanded last, which ends the game, or demands a part of the pool
for itself and says something. How many turns there are is drawn for each game (Poisson of mean 7, cut to 4..10) and told to
nobody; when they run out nobody gets anything. Accepting in the first turn, or a demand larger than the pool, is worth 0.
A score is the utility that a side got over the most it could have got alone; the joint score is the sum of both utilities
over the largest sum of any division. Minds that see the demands (`proposals`) hold a channel whose words mean what they
say; what is said (`talk`) is cheap talk. Which mind moves first is the matchmaker's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, factorial
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

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
FEWEST, MEAN, MOST = 4, 7.0, 10  # turns of a game


class NegotiationConfig(Frozen):
    """Rules of the game."""

    types: int = Field(3, ge=1, le=6, description="item types")
    units: int = Field(5, ge=1, le=20, description="units of a type in the pool, at most")
    values: int = Field(5, ge=1, le=20, description="utility of a unit, at most")
    proposals: bool = Field(True, description="whether a mover sees what the other side demanded")
    talk: bool = Field(False, description="whether movers can say something, by the channel")
    reward: Literal["selfish", "prosocial", "mixed"] = Field(
        "selfish", description="own score, joint score, or: first mover selfish, second prosocial"
    )


@state
class NegotiationState:
    """W worlds, K item types, L message length."""

    turn: Tensor  # [W] turns taken; turn % 2 is the seat that moves
    last: Tensor  # [W] turns that this game has
    pool: Tensor  # [W, K] units on the table
    value: Tensor  # [W, 2, K] utility of a unit to each seat
    demand: Tensor  # [W, K] units that the side which moved last wants to keep
    heard: Tensor  # [W, L] what arrived of what it said


def _preset(agent_steps: int, world: Mapping[str, Any], **learner: float) -> dict[str, Any]:
    """Two minds, mind 0 always first; three symbols of ten. Tuned here: the entropy decides how selfish a split is learnt."""
    talks = bool(world.get("talk", False))
    return {
        "world": dict(world),
        "channel": {"symbols": 11, "length": 3},
        "population": {"minds": 2, "matchmaker": "teams", "network": {"hidden": (64, 64)}},
        "learner": {"lr": 4e-3, "gamma": 1.0, "epochs": 3, "minibatch": 1024, "entropy": 0.01, **learner},
        "training": {"worlds": 256, "ticks": 8, "agent_steps": agent_steps, "precision": "float32"},
        "evaluation": {
            "worlds": 64,
            "ticks": 200,
            "recorded_worlds": 64,
            "conditions": ("normal", "mute", "content", "relabel", "scramble") if talks else ("normal",),
            "controls": ("muted_from_birth",) if talks else (),
        },
    }


class Negotiation(Scenario):
    """Demand, talk, accept; see the file's first lines."""

    Config = NegotiationConfig
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "default": _preset(4_000_000, {"proposals": True}),
        "quick": _preset(1_200_000, {"proposals": True}),
        "silent": _preset(1_200_000, {"proposals": False}),
        "talk": _preset(1_200_000, {"proposals": False, "talk": True}),
        "prosocial": _preset(
            12_000_000, {"proposals": False, "talk": True, "reward": "prosocial"}, signalling=0.1, listening=0.05
        ),
    }

    def __init__(self, config: NegotiationConfig, parts: Parts):
        super().__init__(config, parts)
        c, channel = config, parts.channel.config
        if c.talk and channel.latency != 1:
            raise ValueError(f"channel.latency = {channel.latency}: the other side answers one turn later; use 1")
        self.turns_cdf = turns_cdf()
        self.seat = torch.arange(2)
        # rows of features by number: of a turn, of units and utilities, of a symbol (silence is all zeros)
        self.shows_turn = torch.eye(MOST)
        self.shows_units = levels(torch.arange(c.units + 1)[:, None], c.units).float()
        self.shows_value = levels(torch.arange(c.values + 1)[:, None], c.values).float()
        self.shows_symbol = torch.eye(channel.symbols)[:, 1:]
        fields: dict[str, tuple[int, ...]] = {
            "turn": (MOST,),
            "pool": (c.types, c.units),
            "value": (c.types, c.values),
        }
        heads = {"accept": Head(2), "keep": Head(c.units + 1, c.types)}
        if c.proposals:
            fields["demand"] = (c.types, c.units)
        if c.talk:
            fields["heard"] = (channel.length, channel.symbols - 1)
            heads["say"] = Head(channel.symbols, channel.length, speech=True)
        self.spec = Spec(
            seats=2,
            fields=fields,
            heads=heads,
            episode=MOST,
            roles=("first", "second"),
            seat_roles=(FIRST, SECOND),
            hearing=("heard",) if c.talk else (),
            reacting=("accept", "keep"),
            ends_early=True,
        )
        self.declared: Mapping[str, Any] = {
            "headline": {
                "name": "joint",
                "measure": "joint",
                "per": "episode",
                "unit": "share of the joint maximum",
                "rows": {"measure.worth": 1},
            },
            "relative": {"one": "script:full_information", "zero": "script:take_all"},
            "primary": ["worth_over_muted_from_birth.joint"] if c.talk else [],
            "measures": {
                "agreement": {"numerator": "agreed", "denominator": "game", "unit": "share of games", "null": "script:random"},
                "first_score": _score("first"),
                "second_score": _score("second"),
                "rounds": {"numerator": "rounds", "denominator": "game", "unit": "turns", "null": "script:random"},
            },
            "language": {"meanings": [f"utility {k}" for k in range(c.types)] if c.talk else []},
        }

    # ---------------------------------------------------------------- a game

    def reset(self, key: Keys) -> NegotiationState:
        """A new pool, new utilities, a new number of turns; nothing demanded, nothing said."""
        c = self.config
        pool = key.integers("negotiation.pool", c.units + 1, c.types)
        zero = torch.zeros_like(pool[:, 0])
        return NegotiationState(
            turn=zero,
            last=FEWEST + torch.bucketize(key.uniform("negotiation.turns"), self.turns_cdf.to(pool.device), right=True),
            pool=pool,
            value=key.integers("negotiation.value", c.values + 1, 2, c.types),
            demand=torch.zeros_like(pool),
            heard=zero[:, None].expand(-1, self.parts.channel.config.length).clone(),
        )

    def step(self, s: NegotiationState, action: Action, key: Keys) -> tuple[NegotiationState, Outcome]:
        """The mover accepts what lies on the table, or puts its own demand there and speaks."""
        mover = s.turn % 2
        accepts = of_mover(action["accept"], mover) == 1
        keep = of_mover(action["keep"].view(len(mover), 2, -1), mover)
        share, valid = self._division(s)
        agreed = accepts & valid
        over = accepts | (s.turn + 1 >= s.last)
        got = self._worth(s, share) * agreed[:, None]
        most = self._worth(s, s.pool[:, None])  # utility [W, 2] of the whole pool to each seat
        score, joint = self._scores(s, got, most)
        heard, price = s.heard, torch.zeros_like(score)
        if self.config.talk:
            said = action["say"].view(len(mover), 2, -1)
            heard = of_mover(self.parts.channel.transmit(said, key, torch.zeros_like(said[..., 0])), mover)
            price = self.parts.channel.price(said)
        after = replace(s, turn=s.turn + 1, demand=torch.where(accepts[:, None], s.demand, keep), heard=heard)
        return after, Outcome(
            reward=self._reward(score, joint) - price,
            done=over,
            measures=self._measures(s, most, score, joint, agreed, over),
            events={
                "offers": self._offers(s, most, mover, accepts, keep, key),
                "deals": self._deals(s, share, score, agreed, over, key),
            },
        )

    def _division(self, s: NegotiationState) -> tuple[Tensor, Tensor]:
        """Units [W, 2, K] that each seat gets if the demand on the table is accepted, and whether it can be met [W]."""
        rest = s.pool - s.demand
        asked_by_first = (s.turn % 2 == SECOND)[:, None]
        share = torch.stack([torch.where(asked_by_first, s.demand, rest), torch.where(asked_by_first, rest, s.demand)], 1)
        return share, (rest >= 0).all(-1) & (s.turn > 0)

    @staticmethod
    def _worth(s: NegotiationState, share: Tensor) -> Tensor:
        """Utility [W, 2] to each seat of its units [W, 2, K]."""
        return (share * s.value).sum(-1)

    def _scores(self, s: NegotiationState, got: Tensor, most: Tensor) -> tuple[Tensor, Tensor]:
        """Each side's utility over the most it could get alone [W, 2]; both over the joint maximum [W]; 0 where there is none."""
        together = (s.pool * s.value.amax(1)).sum(-1)
        return got / most.clamp(min=1), got.sum(-1) / together.clamp(min=1)

    def _reward(self, score: Tensor, joint: Tensor) -> Tensor:
        """What each seat is paid for [W, 2]."""
        both = joint[:, None].expand_as(score)
        if self.config.reward == "selfish":
            return score
        return both if self.config.reward == "prosocial" else torch.stack([score[:, FIRST], joint], 1)

    def _measures(
        self, s: NegotiationState, most: Tensor, score: Tensor, joint: Tensor, agreed: Tensor, over: Tensor
    ) -> dict[str, Tensor]:
        """Sums over games that ended; a side to which the pool is worth nothing has no score."""
        ended = over[:, None].expand_as(score)
        worth = (most > 0) & ended
        first = self.seat == FIRST
        firsts, seconds = worth & first, worth & ~first
        return {
            "game": ended,
            "agreed": ended & agreed[:, None],
            "rounds": ended * (s.turn + 1)[:, None],
            "joint": (ended & first) * joint[:, None],  # a game has one joint score, so one seat carries it
            "worth": worth.any(-1, keepdim=True) & first,
            "first_score": score * firsts,
            "first_games": firsts,
            "second_score": score * seconds,
            "second_games": seconds,
        }

    def _offers(
        self, s: NegotiationState, most: Tensor, mover: Tensor, accepts: Tensor, keep: Tensor, key: Keys
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """A row for the mover: accepted (demand NaN, keep -1), or the units it wants and what they are worth to it."""
        mine = self.seat == mover[:, None]
        demand = torch.where((most > 0) & ~accepts[:, None], self._worth(s, keep[:, None]) / most.double(), torch.nan)
        kept = torch.where(accepts[:, None], -1, keep)
        columns = {
            "episode": key.episode[:, None].expand_as(mine),
            "partner": (1 - self.seat).expand_as(mine),
            "round": s.turn[:, None].expand_as(mine),
            "accepted": accepts.long()[:, None].expand_as(mine),
            "demand": demand,
        }
        return mine, columns | {f"keep{k}": kept[:, k, None].expand_as(mine) for k in range(self.config.types)}

    def _deals(
        self, s: NegotiationState, share: Tensor, score: Tensor, agreed: Tensor, over: Tensor, key: Keys
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """A row for the first mover when the game ends; share -1 where nothing was agreed."""
        first = (self.seat == FIRST).expand(len(over), -1)

        def wide(x: Tensor) -> Tensor:
            return x[:, None].expand(-1, 2)

        columns = {
            "episode": wide(key.episode),
            "partner": wide(torch.full_like(s.turn, SECOND)),
            "agreed": wide(agreed.long()),
            "rounds": wide(s.turn + 1),
            "score": score,
            "partner_score": score.flip(1),
        }
        share = torch.where(agreed[:, None, None], share, -1)
        for k in range(self.config.types):
            columns[f"pool{k}"] = wide(s.pool[:, k])
            columns[f"value{k}"] = s.value[..., k]
            columns[f"partner_value{k}"] = s.value[..., k].flip(1)
            columns[f"share{k}"] = share[..., k]
        return first & over[:, None], columns

    # ---------------------------------------------------------------- what is perceived

    def observe(self, s: NegotiationState) -> Observation:
        """The mover sees the turn, the pool, its own utilities, the demand on the table and what was said; the other nothing."""
        mover = s.turn % 2
        turn = s.turn.clamp(max=MOST - 1)
        parts = [(self.shows_turn, turn), (self.shows_units, s.pool), (self.shows_value, of_mover(s.value, mover))]
        if self.config.proposals:
            parts.append((self.shows_units, s.demand))
        if self.config.talk:
            parts.append((self.shows_symbol, s.heard))
        rows = [table.index_select(0, number.flatten()).view(len(mover), -1) for table, number in parts]
        active = self.seat == mover[:, None]
        return Observation(torch.cat(rows, dim=-1)[:, None] * active[..., None], None, active)

    def meanings(self, s: NegotiationState) -> Mapping[str, Tensor]:
        """A seat's own utilities, which it alone knows; nothing where nobody talks."""
        return {f"utility {k}": s.value[..., k] for k in range(self.config.types)} if self.config.talk else {}

    def scene(self, s: NegotiationState) -> Scene:
        """A table of bars: for each item type the units of the pool, coloured by who would get them, and left and right of
        them what a unit is worth to the first and to the second mover."""
        c = self.config
        height, width = max(c.units, c.values), 3 * c.types + 4
        level = torch.arange(height - 1, -1, -1, device=s.turn.device)[None, :, None]  # the bottom row is level 0
        share, valid = self._division(s)
        shown = valid & (s.turn > 0)
        first = torch.where(shown[:, None], share[:, FIRST], 0)[:, None]
        pool = s.pool[:, None]
        units = torch.where(level < pool, torch.where(shown[:, None, None], torch.where(level < first, 2, 3), 1), 0)
        bars = torch.where(level[:, None] < s.value[:, :, None], 4, 0)
        cells = torch.zeros(len(s.turn), height, width, dtype=torch.uint8, device=s.turn.device)
        cells[:, :, 1 : 1 + c.types] = bars[:, FIRST].to(torch.uint8)
        cells[:, :, 2 + c.types : 2 + 2 * c.types] = units.to(torch.uint8)
        cells[:, :, 3 + 2 * c.types : -1] = bars[:, SECOND].to(torch.uint8)
        seat = torch.arange(2, device=s.turn.device).expand(len(s.turn), -1)
        spoke = seat == (1 - s.turn % 2)[:, None]  # what lies on the table is the demand of the side that moved last
        values = {f"keeps {k}": torch.where(spoke & (s.turn > 0)[:, None], s.demand[:, k, None], -1) for k in range(c.types)}
        values["turn"] = s.turn[:, None].expand(-1, 2)
        return Scene(
            height=height,
            width=width,
            x=seat * (width - 1),
            y=torch.zeros_like(seat),
            cells=cells,
            wraps=False,
            legend=(
                ("table", "#F4F1EA"),
                ("unit of the pool", "#F0E442"),
                ("to the first mover", "#56B4E9"),
                ("to the second mover", "#E69F00"),
                ("utility of a unit", "#009E73"),
            ),
            kind=seat,
            kinds=(("first mover", "#0072B2"), ("second mover", "#D55E00")),
            said=torch.where(spoke, s.heard[:, :1], 0),
            values=values,
        )

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """What the first head does; demands are units."""
        return {"head.accept": ("demand", "accept")}

    # ---------------------------------------------------------------- reference agents

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random play, and one-shot games: the first mover demands, the second accepts whatever it is, nobody speaks."""
        return {
            "random": Script(self._random, "every option alike"),
            "take_all": Script(self._take_all, "the first mover keeps the whole pool: a dictator"),
            "threshold": Script(self._threshold, "keep a type worth more than half of the most to you: silent and one-shot"),
            "full_information": Script(
                self._full_information, "every unit to the side that values it more, ties by lot", privileged=True
            ),
        }

    def _random(self, s: NegotiationState, seen: Observation, key: Keys) -> Action:
        action = {}
        for name, head in self.spec.heads.items():
            drawn = key.integers(f"script.{name}", head.size, 2, head.length)
            drawn = drawn * (torch.arange(2, device=drawn.device) == (s.turn % 2)[:, None])[..., None]
            action[name] = drawn if head.length > 1 else drawn[..., 0]
        return action

    def _one_shot(self, s: NegotiationState, keep: Tensor) -> Action:
        """The mover demands its keep [W, 2, K] in the first turn and accepts in the second."""
        mine = torch.arange(2, device=s.turn.device) == (s.turn % 2)[:, None]
        action = {"accept": (mine & (s.turn > 0)[:, None]).long(), "keep": keep * mine[..., None]}
        if self.spec.heads["keep"].length == 1:
            action["keep"] = action["keep"][..., 0]
        if self.config.talk:
            action["say"] = s.heard[:, None].expand(-1, 2, -1) * 0
            if self.spec.heads["say"].length == 1:
                action["say"] = action["say"][..., 0]
        return action

    def _take_all(self, s: NegotiationState, seen: Observation, key: Keys) -> Action:
        return self._one_shot(s, s.pool[:, None].expand(-1, 2, -1))

    def _threshold(self, s: NegotiationState, seen: Observation, key: Keys) -> Action:
        return self._one_shot(s, s.pool[:, None] * (2 * s.value > self.config.values))

    def _full_information(self, s: NegotiationState, seen: Observation, key: Keys) -> Action:
        lot = key.bernoulli("script.tie", 0.5, 1, self.config.types)
        other = s.value.flip(1)
        return self._one_shot(s, s.pool[:, None] * ((s.value > other) | ((s.value == other) & lot)))


def _score(side: str) -> dict[str, Any]:
    return {
        "numerator": f"{side}_score",
        "denominator": f"{side}_games",
        "unit": "share of own maximum",
        "null": "script:random",
    }


def levels(amount: Tensor, most: int) -> Tensor:
    """Amounts [..., K] as K * most features: 1 at each level 1..most that is reached."""
    return (amount[..., None] >= torch.arange(1, most + 1, device=amount.device)).flatten(-2)


def turns_cdf() -> Tensor:
    """Upper edges [MOST - FEWEST] of the cumulative distribution of FEWEST..MOST turns: a Poisson of mean MEAN, cut to that."""
    below = [sum(exp(-MEAN) * MEAN**i / factorial(i) for i in range(n + 1)) for n in range(FEWEST, MOST)]
    return torch.tensor(below)


scenario = Negotiation
