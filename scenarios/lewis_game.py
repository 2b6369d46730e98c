"""Lewis's signalling game: a sender sees the state and sends one signal, a receiver answers it, both are paid for a match.

David Lewis, Convention (1969); Brian Skyrms, Signals (2010), for its learning by reinforcement. N states, M signals, N
answers. Nothing ties a signal to a state but what the two have learned. With M = N a signalling system names every state;
learning may also end in partial pooling, where two states share a signal and another signal is a synonym, and in pooling.
The report shows them as less than log2 N bits of mutual information and as states that are seldom answered right.

An episode is two ticks: the sender's turn, then the receiver's. Symbol 0 of the channel is silence, which a sender may not
choose: the M signals are the symbols 1..M of a channel with M + 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

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

SENDER, RECEIVER = 0, 1
SHOWN = 8  # states whose success is reported one by one


class LewisConfig(Frozen):
    """Rules of the game; the signals are those of the channel."""

    states: int = Field(3, ge=2, le=64, description="states, and answers")
    distribution: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(
        (), max_length=64, description="probability of each state; empty: all alike"
    )

    @model_validator(mode="after")
    def _fits(self) -> LewisConfig:
        given = self.distribution
        if given and len(given) != self.states:
            raise ValueError(f"distribution has {len(given)} probabilities for states = {self.states}; give one for each")
        if given and abs(sum(given) - 1) > 1e-6:
            raise ValueError(f"distribution sums to {sum(given):g}; probabilities sum to 1")
        return self

    @property
    def probabilities(self) -> tuple[float, ...]:
        """The probability of each state."""
        return self.distribution or (1 / self.states,) * self.states


@state
class LewisState:
    """W worlds."""

    turn: Tensor  # [W] 0: the sender's, 1: the receiver's
    nature: Tensor  # [W] the state of the world, 0..N-1
    said: Tensor  # [W] the signal sent, 0 before
    heard: Tensor  # [W] the signal that arrived


def _preset(
    learner: Mapping[str, Any], policy: Mapping[str, Any], agent_steps: int, worlds: int, states: int = 3
) -> dict[str, Any]:
    """One sender and one receiver; partners are drawn anew at every update where there are more."""
    return {
        "world": {"states": states},
        "channel": {"symbols": states + 1},
        "population": {"minds": 2, "matchmaker": "pairs", **policy},
        "learner": dict(learner),
        "training": {"worlds": worlds, "ticks": 2, "agent_steps": agent_steps, "precision": "float32"},
        "evaluation": {
            "worlds": 64,
            "ticks": 100,
            "recorded_worlds": 64,
            "conditions": ("normal", "mute", "content", "relabel", "scramble"),
            "controls": ("muted_from_birth",),
        },
    }


PPO = {
    "lr": 1e-2, "gamma": 1.0, "lam": 1.0, "minibatch": 512, "entropy": 0.02, "entropy_speech": 0.02, "signalling": 0.3,
    "listening": 0.1,
}  # fmt: skip
NETWORK = {"network": {"hidden": (32,)}}
URNS = {"name": "urns", "step": 0.2}  # many games are paid at once: smaller steps keep first luck from deciding
TABLE = {"policy": "table"}


class LewisGame(Scenario):
    """Signal, then answer; see the file's first lines."""

    Config = LewisConfig
    PRESETS: Mapping[str, Mapping[str, Any]] = {
        "default": _preset(PPO, NETWORK, agent_steps=400_000, worlds=256, states=5),
        "quick": _preset(PPO, NETWORK, agent_steps=100_000, worlds=256),
        "urns": _preset(URNS, TABLE, agent_steps=200_000, worlds=32),
    }

    def __init__(self, config: LewisConfig, parts: Parts):
        super().__init__(config, parts)
        channel = parts.channel.config
        if channel.latency != 1:
            raise ValueError(f"channel.latency = {channel.latency}: the receiver answers one tick later; use 1")
        if channel.length != 1:
            raise ValueError(f"channel.length = {channel.length}: a signal is one symbol; use 1, or the referential game")
        n, self.signals = config.states, channel.symbols - 1
        self.edges = torch.tensor(config.probabilities, dtype=torch.float64).cumsum(0)[:-1].float()
        likely = sorted(range(n), key=lambda k: -config.probabilities[k])  # stable: ties in order of number
        self.answer_to = torch.tensor([likely[min(m, n - 1)] for m in range(self.signals)])
        self.signal_for = torch.empty(n, dtype=torch.long)
        self.signal_for[torch.tensor(likely)] = 1 + torch.arange(n).clamp(max=self.signals - 1)
        self.spec = Spec(
            seats=2,
            fields={"state": (n,), "heard": (self.signals,)},
            heads={"say": Head(channel.symbols, speech=True), "answer": Head(n)},
            episode=2,
            roles=("sender", "receiver"),
            seat_roles=(SENDER, RECEIVER),
            hearing=("heard",),
            reacting=("answer",),
        )
        self.declared: Mapping[str, Any] = {
            "headline": {
                "name": "success",
                "measure": "correct",
                "per": "episode",
                "unit": "share of games",
                "rows": {"measure.receiver": 1},
            },
            "chance": max(config.probabilities),  # of a receiver that hears nothing and knows how likely states are
            "relative": {"one": "script:code", "zero": "script:random"},
            "primary": ["worth_over_muted_from_birth.success"],
            "measures": {
                f"success.state{k}": {"numerator": f"right{k}", "denominator": f"state{k}", "null": "script:random"}
                for k in range(min(n, SHOWN))
            },
            "language": {"meanings": ["state"]},
        }

    # ---------------------------------------------------------------- an episode

    def reset(self, key: Keys) -> LewisState:
        """A new state of the world; nothing said."""
        nature = torch.bucketize(key.uniform("lewis.state", 1)[:, 0], self.edges, right=True)
        zero = torch.zeros_like(nature)
        return LewisState(zero, nature, zero, zero)

    def step(self, s: LewisState, action: Action, key: Keys) -> tuple[LewisState, Outcome]:
        """The signal goes out at turn 0; at turn 1 the answer is judged and the game is over."""
        said = action["say"][..., None]
        heard = self.parts.channel.transmit(said, key, torch.zeros_like(action["say"]))
        over = s.turn == 1
        right = over & (action["answer"][:, RECEIVER] == s.nature)
        receiver = over[:, None] & (torch.arange(2, device=over.device) == RECEIVER)
        measures = {"correct": right[:, None].expand(-1, 2), "receiver": receiver}
        for k in range(min(self.config.states, SHOWN)):
            here = receiver & (s.nature == k)[:, None]
            measures |= {f"state{k}": here, f"right{k}": here & right[:, None]}
        after = replace(s, turn=1 - s.turn, said=said[:, SENDER, 0], heard=heard[:, SENDER, 0])
        reward = right[:, None].float() - self.parts.channel.price(said)
        return after, Outcome(reward=reward, done=over, measures=measures)

    # ---------------------------------------------------------------- what is perceived

    def observe(self, s: LewisState) -> Observation:
        """At turn 0 the sender sees the state, at turn 1 the receiver hears the signal: one feature is 1, or none."""
        active = s.turn[:, None] == torch.arange(2, device=s.turn.device)
        seen = pad(one_hot(s.nature, self.config.states), (0, self.signals))
        heard = pad(one_hot(s.heard, self.signals + 1)[:, 1:], (self.config.states, 0))
        features = torch.stack([seen, heard], dim=1) * active[..., None]
        return Observation(features.float(), self._legal(active), active)

    def _legal(self, active: Tensor) -> Tensor:
        """[W, N, A] the sender must signal in its turn, the receiver answer in its own; else option 0 alone."""
        mask = torch.zeros(*active.shape, sum(h.size for h in self.spec.heads.values()), dtype=torch.bool, device=active.device)
        say, answer = self.spec.options["say"], self.spec.options["answer"]
        mask[..., say.start] = True
        mask[..., answer.start] = True
        mask[:, SENDER, say.start] = ~active[:, SENDER]
        mask[:, SENDER, say.start + 1 : say.stop] = active[:, SENDER, None]
        mask[:, RECEIVER, answer.start + 1 : answer.stop] = active[:, RECEIVER, None]
        return mask

    def meanings(self, s: LewisState) -> Mapping[str, Tensor]:
        """The state, which only the sender knows; -1 for the receiver."""
        return {"state": torch.stack([s.nature, torch.full_like(s.nature, -1)], dim=1)}

    def scene(self, s: LewisState) -> Scene:
        """Sender and receiver at the ends of a table; the state lies before the sender."""
        cells = torch.zeros(len(s.turn), 2, 5, dtype=torch.uint8, device=s.turn.device)
        cells[:, 0, 1] = (1 + s.nature).to(torch.uint8)
        seat, row = torch.arange(2, device=s.turn.device).expand(len(s.turn), -1), torch.zeros_like(s.turn)
        return Scene(
            height=2,
            width=5,
            x=seat * 4,
            y=torch.zeros_like(seat),
            cells=cells,
            wraps=False,
            legend=(("table", "#F4F1EA"), *((f"state {k}", COLOURS[k % len(COLOURS)]) for k in range(self.config.states))),
            kind=seat,
            kinds=(("sender", "#0072B2"), ("receiver", "#D55E00")),
            said=torch.stack([s.said, row], dim=1),
            values={"state": torch.stack([s.nature, row], 1), "heard": torch.stack([row, s.heard], 1)},
        )

    # ---------------------------------------------------------------- reference agents

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random, and an honest code with its decoder."""
        return {
            "random": Script(self._random, "every signal and every answer alike"),
            "code": Script(self._code, "a signal for each of the likeliest states, the rest share one", privileged=True),
        }

    def _packed(self, s: LewisState, said: Tensor, answer: Tensor) -> Action:
        """Signals [W] in the sender's turn, answers [W] in the receiver's, else 0."""
        zero = torch.zeros_like(s.turn)
        say, reply = torch.where(s.turn == 0, said, zero), torch.where(s.turn == 1, answer, zero)
        return {"say": torch.stack([say, zero], 1), "answer": torch.stack([zero, reply], 1)}

    def _random(self, s: LewisState, seen: Observation, key: Keys) -> Action:
        said = 1 + key.integers("script.say", self.signals, 1)[:, 0]
        return self._packed(s, said, key.integers("script.answer", self.config.states, 1)[:, 0])

    def _code(self, s: LewisState, seen: Observation, key: Keys) -> Action:
        """The best that the channel allows: right in as many states as there are signals, the likeliest ones."""
        return self._packed(s, self.signal_for[s.nature], self.answer_to[(s.heard - 1).clamp(min=0)])


scenario = LewisGame
