"""Referential game: a speaker sees a target and says a few symbols, a listener who did not see it names it.

Lewis's signalling game (1969) with structured meanings: a target has K attributes of A values each. In `discrimination` the
listener picks the target among C candidates that all differ, at a keyed position; in `reconstruction` it states every
attribute. An episode is two ticks: the speaker's turn, then the listener's. Both are rewarded for the listener's success.
A fixed share of the combinations is held out: training never shows them, neither as target nor as candidate, so accuracy
on them says whether a code extends to combinations that were never named. Presets were tuned here; nothing is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor
from torch.nn.functional import one_hot, pad

from society.config import Frozen
from society.keys import Keys
from society.world.palette import COLOURS
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

SPEAKER, LISTENER = 0, 1
MOST = 65_536  # combinations


class ReferentialConfig(Frozen):
    """Rules of the game."""

    mode: Literal["discrimination", "reconstruction"] = Field("discrimination", description="pick the target, or rebuild it")
    attributes: int = Field(2, ge=1, le=8, description="attributes of a target")
    values: int = Field(5, ge=2, le=64, description="values of each attribute")
    candidates: int = Field(4, ge=2, le=64, description="candidates, the target among them (discrimination)")
    held_out: float = Field(0.16, ge=0, le=0.5, description="share of the combinations that training never shows")
    reward: Literal["all", "share"] = Field("all", description="for all attributes right, or the share (reconstruction)")

    @model_validator(mode="after")
    def _fits(self) -> ReferentialConfig:
        combinations = self.values**self.attributes
        if combinations > MOST:
            raise ValueError(f"values ** attributes = {combinations} combinations; allowed: up to {MOST}")
        trained = combinations - int(self.held_out * combinations)
        if self.mode == "discrimination" and self.candidates > trained:
            raise ValueError(f"candidates = {self.candidates} of {trained} combinations to train on; use fewer")
        return self

    @property
    def choices(self) -> int:
        """Combinations laid out in an episode: the candidates, or the target alone."""
        return self.candidates if self.mode == "discrimination" else 1


@state
class ReferentialState:
    """W worlds, C combinations laid out, L message length; a combination is a number in base A, first attribute first."""

    turn: Tensor  # [W] 0: the speaker's, 1: the listener's
    shown: Tensor  # [W, C] combinations, all different
    answer: Tensor  # [W] place of the target among them
    said: Tensor  # [W, L] what the speaker said
    heard: Tensor  # [W, L] what arrived of it


def _preset(
    agent_steps: int, minds: int = 2, symbols: int = 6, worlds: int = 512, lr: float = 1e-2, exploring: float = 0.02
) -> dict[str, Any]:
    """Half of the minds speak and half listen, partners drawn anew at every update.

    Signalling pushes each speaker to a code of its own within some hundred thousand steps; `exploring` (entropy of
    speech) keeps it from settling before listeners have learned, which matters most where eight codes must become one.
    """
    return {
        "channel": {"symbols": symbols, "length": 3},
        "population": {"minds": minds, "matchmaker": "pairs", "network": {"hidden": (64, 64)}},
        "learner": {
            "lr": lr,
            "gamma": 1.0,
            "lam": 1.0,
            "minibatch": 256 * minds,
            "entropy": 0.02,
            "entropy_speech": exploring,
            "signalling": 0.1,
            "listening": 0.05,
        },
        "training": {"worlds": worlds, "ticks": 8, "agent_steps": agent_steps, "precision": "float32"},
        "evaluation": {
            "worlds": 64,
            "ticks": 200,
            "recorded_worlds": 64,
            "conditions": ("normal", "mute", "content", "relabel", "scramble"),
            "controls": ("muted_from_birth",),
        },
    }


class ReferentialGame(Scenario):
    """Speak, then choose; see the file's first lines."""

    Config = ReferentialConfig
    PRESETS: Mapping[str, Mapping[str, Any]] = {
        "default": _preset(agent_steps=3_000_000),
        "quick": _preset(agent_steps=1_200_000),
        "population": _preset(minds=16, symbols=8, worlds=1024, agent_steps=12_000_000, lr=1.5e-2, exploring=0.05),
    }

    def __init__(self, config: ReferentialConfig, parts: Parts):
        super().__init__(config, parts)
        if parts.channel.config.latency != 1:
            raise ValueError(f"channel.latency = {parts.channel.config.latency}: the listener answers one tick later; use 1")
        symbols, length = parts.channel.config.symbols, parts.channel.config.length
        self.combinations = combinations(config)
        self.held_out = held_out(config)
        everything = torch.arange(len(self.combinations))
        self.deck = everything[~self.held_out] if parts.split == "train" else everything
        self.one_hot = one_hot(self.combinations, config.values).flatten(1).float()
        discriminates = config.mode == "discrimination"
        fields: dict[str, tuple[int, ...]] = {
            "target": (config.attributes, config.values),
            "heard": (length, symbols - 1),
        }
        if discriminates:
            fields["candidates"] = (config.candidates, config.attributes, config.values)
        answers = {"choose": Head(config.candidates)} if discriminates else {"guess": Head(config.values, config.attributes)}
        self.spec = Spec(
            seats=2,
            fields=fields,
            heads={"say": Head(symbols, length, speech=True), **answers},
            episode=2,
            roles=("speaker", "listener"),
            seat_roles=(SPEAKER, LISTENER),
            hearing=("heard",),
            reacting=tuple(answers),
        )
        self.declared: Mapping[str, Any] = {
            "headline": {
                "name": "accuracy",
                "measure": "correct",
                "per": "episode",
                "unit": "share of games",
                "rows": {"measure.listener": 1},
                "splits": {"held_out": "measure.held_out"},
            },
            "chance": 1 / config.candidates if discriminates else 1 / len(self.combinations),
            "relative": {"one": "script:code", "zero": "script:random"},
            "primary": ["worth_over_muted_from_birth.accuracy"],
            "measures": {
                "attributes_right": {"numerator": "attributes", "denominator": "listener", "null": "script:random"}
            },
            "language": {"meanings": [f"attribute {k}" for k in range(config.attributes)]},
        }

    # ---------------------------------------------------------------- an episode

    def reset(self, key: Keys) -> ReferentialState:
        """A new target among new candidates, in the order in which they were drawn; nothing said."""
        shown = self.deck[distinct(key, len(self.deck), self.config.choices)]
        answer = key.integers("referential.answer", self.config.choices)
        silence = torch.zeros(len(answer), self.parts.channel.config.length, dtype=torch.long, device=answer.device)
        return ReferentialState(torch.zeros_like(answer), shown, answer, silence, silence)

    def step(self, s: ReferentialState, action: Action, key: Keys) -> tuple[ReferentialState, Outcome]:
        """The speaker's message goes out at turn 0; the listener's answer is judged at turn 1 and ends the game."""
        said = action["say"].view(len(s.turn), 2, -1)
        heard = self.parts.channel.transmit(said, key, torch.zeros_like(said[..., 0]))
        over = s.turn == 1
        right = self._right(s, action) & over[:, None]
        correct = right.all(-1)
        share = right.float().mean(-1)
        reward = share if self.config.mode == "reconstruction" and self.config.reward == "share" else correct.float()
        listener = over[:, None] & (torch.arange(2, device=over.device) == LISTENER)
        both = torch.ones_like(listener)
        after = replace(s, turn=1 - s.turn, said=said[:, SPEAKER], heard=heard[:, SPEAKER])
        return after, Outcome(
            reward=reward[:, None] - self.parts.channel.price(said),
            done=over,
            measures={
                "correct": correct[:, None] & both,
                "attributes": share[:, None] * listener,
                "listener": listener,
                "held_out": (self.held_out[self._target(s)] & over)[:, None] & both,
            },
        )

    def _target(self, s: ReferentialState) -> Tensor:
        """The target's combination [W]."""
        return s.shown.gather(1, s.answer[:, None])[:, 0]

    def _right(self, s: ReferentialState, action: Action) -> Tensor:
        """Which attributes [W, K] of the listener's answer are those of the target."""
        target = self.combinations[self._target(s)]
        if self.config.mode == "reconstruction":
            return action["guess"].view(len(target), 2, -1)[:, LISTENER] == target
        chosen = s.shown.gather(1, action["choose"][:, LISTENER, None])[:, 0]
        return self.combinations[chosen] == target

    # ---------------------------------------------------------------- what is perceived

    def observe(self, s: ReferentialState) -> Observation:
        """At turn 0 the speaker sees the target; at turn 1 the listener hears the message and sees the candidates."""
        symbols = self.parts.channel.config.symbols
        active = s.turn[:, None] == torch.arange(2, device=s.turn.device)
        heard = one_hot(s.heard, symbols)[..., 1:].flatten(1).float()  # a silent position is all zeros
        listener = [heard]
        if self.config.mode == "discrimination":
            listener.append(self.one_hot[s.shown].flatten(1))
        target = self.one_hot[self._target(s)]
        speaker = pad(target, (0, sum(x.shape[1] for x in listener)))
        listening = torch.cat([torch.zeros_like(target), *listener], dim=1)
        features = torch.stack([speaker, listening], dim=1) * active[..., None]
        return Observation(features, self._legal(active), active)

    def _legal(self, active: Tensor) -> Tensor:
        """[W, N, A] each seat has its own heads in its own turn, and of the others only option 0."""
        mask = torch.zeros(*active.shape, sum(h.size for h in self.spec.heads.values()), dtype=torch.bool, device=active.device)
        for name, options in self.spec.options.items():
            seat = SPEAKER if name == "say" else LISTENER
            mask[:, seat, options] = active[:, seat, None]
            mask[..., options.start] = True
        return mask

    def meanings(self, s: ReferentialState) -> Mapping[str, Tensor]:
        """The target's attributes, which only the speaker knows; -1 for the listener."""
        target = self.combinations[self._target(s)]
        unknown = torch.full_like(target, -1)
        known = torch.stack([target, unknown], dim=1)
        return {f"attribute {k}": known[..., k] for k in range(self.config.attributes)}

    def scene(self, s: ReferentialState) -> Scene:
        """A table between speaker and listener: the target on the speaker's side, the candidates on the listener's."""
        c = self.config
        height, width = max(c.choices, 2), 2 * c.attributes + 3
        cells = torch.zeros(len(s.turn), height, width, dtype=torch.uint8, device=s.turn.device)
        cells[:, 0, 1 : 1 + c.attributes] = (1 + self.combinations[self._target(s)]).to(torch.uint8)
        if c.mode == "discrimination":
            cells[:, : c.candidates, 2 + c.attributes : -1] = (1 + self.combinations[s.shown]).to(torch.uint8)
        row = torch.zeros_like(s.turn)
        answer = s.answer if c.mode == "discrimination" else torch.full_like(row, -1)
        seat = torch.arange(2, device=row.device).expand(len(row), -1)
        spoken = {f"symbol {i}": torch.stack([s.said[:, i], s.heard[:, i]], 1) for i in range(s.said.shape[1])}
        return Scene(
            height=height,
            width=width,
            x=seat * (width - 1),
            y=torch.zeros_like(seat),
            cells=cells,
            wraps=False,
            legend=(("table", "#F4F1EA"), *((f"value {v}", COLOURS[v % len(COLOURS)]) for v in range(c.values))),
            kind=seat,
            kinds=(("speaker", "#0072B2"), ("listener", "#D55E00")),
            said=torch.stack([s.said[:, 0], row], dim=1),
            values=spoken | {"target's row": torch.stack([row, answer], dim=1)},
        )

    # ---------------------------------------------------------------- reference agents

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random, and an honest compositional code with its decoder."""
        return {
            "random": Script(self._random, "every option alike"),
            "code": Script(self._code, "symbol k names attribute k, and the listener knows it", privileged=True),
        }

    def _random(self, s: ReferentialState, seen: Observation, key: Keys) -> Action:
        action = {}
        for name, head in self.spec.heads.items():
            seat, shape = SPEAKER if name == "say" else LISTENER, (head.length,) if head.length > 1 else ()
            mine = (s.turn[:, None] == seat) & (torch.arange(2, device=s.turn.device) == seat)
            drawn = key.integers(f"script.{name}", head.size, 2, *shape)
            action[name] = drawn * mine.view(*mine.shape, *[1] * len(shape))
        return action

    def _code(self, s: ReferentialState, seen: Observation, key: Keys) -> Action:
        """Exact where the channel has a symbol for each value and a position for each attribute."""
        c, channel = self.config, self.parts.channel.config
        named = min(c.attributes, channel.length)
        word = (1 + self.combinations[:, :named]).clamp(max=channel.symbols - 1)
        word = pad(word, (0, channel.length - named))  # [M, L] the word for each combination
        speaks, listens = (s.turn == 0)[:, None], (s.turn == 1)[:, None]
        if c.mode == "discrimination":
            name = "choose"
            answer = (word[s.shown] == s.heard[:, None]).sum(-1).argmax(-1)[:, None] * listens
        else:
            name = "guess"
            answer = pad((s.heard[:, :named] - 1).clamp(0, c.values - 1), (0, c.attributes - named)) * listens
        spoken = word[self._target(s)] * speaks
        zero = torch.zeros_like
        packed = {"say": torch.stack([spoken, zero(spoken)], 1), name: torch.stack([zero(answer), answer], 1)}
        return {n: x if self.spec.heads[n].length > 1 else x[..., 0] for n, x in packed.items()}


def combinations(config: ReferentialConfig) -> Tensor:
    """The attributes [M, K] of every combination, in the order of their numbers in base A."""
    grid = torch.meshgrid(*[torch.arange(config.values)] * config.attributes, indexing="ij")
    return torch.stack([g.flatten() for g in grid], dim=-1)


def held_out(config: ReferentialConfig) -> Tensor:
    """Which combinations [M] training never shows: a function of the config alone, so it is one set for all worlds and seeds.

    In keyed order, as many as the share asks for, leaving out those that are the last to carry one of their values: every
    value is seen in training, else nobody could name it. With one attribute nothing can be held out.
    """
    table = combinations(config).tolist()
    order = Keys.worldless(0, "referential.held_out").permutation("referential.held_out", len(table))[0].tolist()
    carried = [[len(table) // config.values] * config.values for _ in range(config.attributes)]
    chosen: list[int] = []
    for number in order:
        if len(chosen) >= int(config.held_out * len(table)):
            break
        counts = [(row, value) for row, value in zip(carried, table[number], strict=True)]
        if all(row[value] > 1 for row, value in counts):
            for row, value in counts:
                row[value] -= 1
            chosen.append(number)
    mask = torch.zeros(len(table), dtype=torch.bool)
    mask[chosen] = True
    return mask


def distinct(key: Keys, size: int, count: int) -> Tensor:
    """`count` different numbers below `size` [W, count], every ordered choice equally likely.

    The i-th is drawn among the size - i that are left; stepping over those taken, in ascending order, finds it.
    """
    left = torch.arange(size, size - count, -1, device=key.base.device)
    draws = key.integers("referential.shown", left, count)
    taken = draws[:, :1]
    for i in range(1, count):
        draw = draws[:, i]
        for other in taken.sort(dim=1).values.unbind(1):
            draw = draw + (draw >= other)
        taken = torch.cat([taken, draw[:, None]], dim=1)
    return taken


scenario = ReferentialGame
