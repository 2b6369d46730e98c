"""Task and talk: a questioner is told which two attributes to name, an answerer sees the object; they talk in turns.

The game of Kottur et al. 2017, "Natural language does not emerge 'naturally' in multi-agent dialog": objects of K attributes
of A values, tasks are the ordered pairs of attributes. In every round the questioner says one symbol and the answerer one;
then the questioner names both values, and both are rewarded. A share of the objects is held out of training.

The two roles have vocabularies of their own sizes; silence is one of the symbols. What a seat remembers of the talk is in
its observation, so minds need no memory of their own: the answerer that does not remember sees the last question alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from pydantic import Field
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

from .referential_game import ReferentialConfig, combinations, held_out

QUESTIONER, ANSWERER = 0, 1


class TalkConfig(Frozen):
    """Rules of the game."""

    attributes: int = Field(3, ge=2, le=6, description="attributes of an object")
    values: int = Field(4, ge=2, le=16, description="values of each attribute")
    rounds: int = Field(2, ge=1, le=8, description="questions, each with its answer")
    questions: int = Field(3, ge=2, le=256, description="symbols the questioner has, silence included")
    answers: int = Field(4, ge=2, le=256, description="symbols the answerer has, silence included")
    remembers: bool = Field(False, description="whether the answerer sees the earlier rounds")
    held_out: float = Field(0.2, ge=0, le=0.5, description="share of the objects that training never shows")
    reward: Literal["all", "share"] = Field("all", description="for both values right, or for each")


@state
class TalkState:
    """W worlds, R rounds; an object is a number in base A, first attribute first; words are -1 until they are said."""

    turn: Tensor  # [W] 0..2R: questions at even turns, answers at odd ones, the last is the guess
    object: Tensor  # [W]
    task: Tensor  # [W] the ordered pair of attributes
    asked: Tensor  # [W, R] questions as they were heard
    answered: Tensor  # [W, R] answers as they were heard
    questions: Tensor  # [W, R] questions as they were said
    answers: Tensor  # [W, R] answers as they were said


def _preset(agent_steps: int) -> dict[str, Any]:
    """A pair that learns (3, 4, memoryless), the setting in which a compositional protocol is reported."""
    return {
        "channel": {"symbols": 4},
        "world": {"reward": "share"},
        "population": {"minds": 2, "matchmaker": "teams", "network": {"hidden": (64, 64)}},
        "learner": {
            "lr": 5e-3,
            "gamma": 1.0,
            "lam": 1.0,
            "minibatch": 1024,
            "entropy": 0.02,
            "entropy_speech": 0.02,
            "signalling": 0.1,
        },
        "training": {"worlds": 256, "ticks": 5, "agent_steps": agent_steps, "precision": "float32"},
        "evaluation": {
            "worlds": 64,
            "ticks": 200,
            "recorded_worlds": 64,
            "conditions": ("normal", "mute", "content", "relabel", "scramble"),
            "controls": ("muted_from_birth",),
        },
    }


class TaskAndTalk(Scenario):
    """Ask, answer, guess; see the file's first lines."""

    Config = TalkConfig
    PRESETS: Mapping[str, Mapping[str, Any]] = {"default": _preset(3_000_000), "quick": _preset(1_200_000)}

    def __init__(self, config: TalkConfig, parts: Parts):
        super().__init__(config, parts)
        channel, most = parts.channel.config, max(config.questions, config.answers)
        if channel.latency != 1 or channel.length != 1:
            given = f"channel.latency = {channel.latency}, channel.length = {channel.length}"
            raise ValueError(f"{given}: one symbol a turn, heard in the next; use 1 and 1")
        if channel.symbols != most:
            raise ValueError(f"channel.symbols = {channel.symbols}: the larger of the two vocabularies has {most}; use {most}")
        table = ReferentialConfig(
            mode="reconstruction", attributes=config.attributes, values=config.values, held_out=config.held_out
        )
        self.objects, self.held_out = combinations(table), held_out(table)
        everything = torch.arange(len(self.objects))
        self.deck = everything[~self.held_out] if parts.split == "train" else everything
        pairs = [(i, j) for i in range(config.attributes) for j in range(config.attributes) if i != j]
        self.tasks = torch.tensor(pairs)
        self.one_hot = one_hot(self.objects, config.values).flatten(1).float()
        history = (config.rounds, channel.symbols - 1)
        self.spec = Spec(
            seats=2,
            fields={
                "task": (len(pairs),),
                "object": (config.attributes, config.values),
                "turn": (2 * config.rounds + 1,),
                "heard": history,
                "said": history,
            },
            heads={"say": Head(channel.symbols, 1, speech=True), "guess": Head(config.values, 2)},
            episode=2 * config.rounds + 1,
            roles=("questioner", "answerer"),
            seat_roles=(QUESTIONER, ANSWERER),
            hearing=("heard",),
            reacting=("say", "guess"),
        )
        self.declared: Mapping[str, Any] = {
            "headline": {
                "name": "accuracy",
                "measure": "correct",
                "per": "episode",
                "unit": "share of games",
                "rows": {"measure.judged": 1},
                "splits": {"held_out": "measure.held_out"},
            },
            "chance": 1 / config.values**2,
            "relative": {"one": "script:code", "zero": "script:random"},
            "primary": ["worth_over_muted_from_birth.accuracy"],
            "measures": {"at_least_one": {"numerator": "either", "denominator": "judged", "null": "script:random"}},
            "language": {"meanings": ["task", *(f"attribute {k}" for k in range(config.attributes))]},
        }

    # ---------------------------------------------------------------- an episode

    def reset(self, key: Keys) -> TalkState:
        """A new object and a new task; nothing said."""
        thing = self.deck[key.integers("talk.object", len(self.deck))]
        unsaid = torch.full((len(thing), self.config.rounds), -1, dtype=torch.long, device=thing.device)
        task = key.integers("talk.task", len(self.tasks))
        return TalkState(torch.zeros_like(thing), thing, task, unsaid, unsaid, unsaid, unsaid)

    def step(self, s: TalkState, action: Action, key: Keys) -> tuple[TalkState, Outcome]:
        """Whose turn it is says a word; the last turn is the guess, which is judged and ends the game."""
        said = action["say"]
        heard = self.parts.channel.transmit(said[..., None], key, torch.zeros_like(said))[..., 0]
        talk = {
            "asked": self._write(s, s.asked, heard, QUESTIONER),
            "answered": self._write(s, s.answered, heard, ANSWERER),
            "questions": self._write(s, s.questions, said, QUESTIONER),
            "answers": self._write(s, s.answers, said, ANSWERER),
        }
        over = s.turn == 2 * self.config.rounds
        right = (action["guess"][:, QUESTIONER] == self.wanted(s)) & over[:, None]  # [W, 2]
        both = torch.ones_like(right)
        share = right.float().mean(-1)
        reward = share if self.config.reward == "share" else right.all(-1).float()
        after = replace(s, turn=(s.turn + 1) % self.spec.episode, **talk)
        return after, Outcome(
            reward=reward[:, None] - self.parts.channel.price(said[..., None]),
            done=over,
            measures={
                "correct": right.all(-1, keepdim=True) & both,
                "either": right.any(-1, keepdim=True) & both,
                "judged": over[:, None] & both,
                "held_out": (self.held_out[s.object] & over)[:, None] & both,
            },
        )

    def wanted(self, s: TalkState) -> Tensor:
        """The two values [W, 2] that the task asks for, in its order."""
        return self.objects[s.object].gather(1, self.tasks[s.task])

    def _write(self, s: TalkState, line: Tensor, words: Tensor, seat: int) -> Tensor:
        """A line of talk [W, R] with this seat's word of [W, 2] in its place, where it is this seat's turn to speak."""
        place = torch.arange(self.config.rounds, device=line.device)
        here = (s.turn[:, None] // 2 == place) & (s.turn[:, None] % 2 == seat)
        return torch.where(here, words[:, seat, None], line)

    # ---------------------------------------------------------------- what is perceived

    def observe(self, s: TalkState) -> Observation:
        """The questioner sees the task and the talk, the answerer the object and, if it remembers, the talk."""
        active = s.turn[:, None] % 2 == torch.arange(2, device=s.turn.device)
        task = one_hot(s.task, len(self.tasks)).float()
        thing = self.one_hot[s.object]
        turn = one_hot(s.turn, self.spec.episode).float()
        asked, answered = self._words(s.asked), self._words(s.answered)
        questions, answers = self._words(s.questions), self._words(s.answers)
        zero = torch.zeros_like
        questioner = torch.cat([task, zero(thing), turn, answered, questions], 1)
        if not self.config.remembers:
            last = (s.turn[:, None] // 2).clamp(max=self.config.rounds - 1)
            asked = pad(self._words(s.asked.gather(1, last)), (0, asked.shape[1] - self.parts.channel.config.symbols + 1))
            turn, answers = zero(turn), zero(answers)
        answerer = torch.cat([zero(task), thing, turn, asked, answers], 1)
        features = torch.stack([questioner, answerer], 1) * active[..., None]
        return Observation(features, self._legal(s, active), active)

    def _words(self, line: Tensor) -> Tensor:
        """Words [W, R] as features [W, R * (V - 1)]; silence and what is not yet said are zeros."""
        return one_hot(line.clamp(min=0), self.parts.channel.config.symbols)[..., 1:].flatten(1).float()

    def _legal(self, s: TalkState, active: Tensor) -> Tensor:
        """[W, 2, A] words of the own vocabulary before the last turn, guesses at the last; else only option 0."""
        symbols = self.parts.channel.config.symbols
        last = (s.turn == 2 * self.config.rounds)[:, None]
        place = torch.arange(symbols + self.config.values, device=active.device)
        sizes = torch.tensor([self.config.questions, self.config.answers], device=active.device)
        word = (place < sizes[:, None]) & (active & ~last)[..., None]
        guess = (place >= symbols) & (active & last)[..., None]
        return word | guess | (place == 0) | (place == symbols)

    def meanings(self, s: TalkState) -> Mapping[str, Tensor]:
        """The task, which the questioner alone knows, and the object's attributes, which the answerer does; -1 else."""
        thing = self.objects[s.object]
        task = torch.stack([s.task, torch.full_like(s.task, -1)], 1)
        known = torch.stack([torch.full_like(thing, -1), thing], 1)
        return {"task": task} | {f"attribute {k}": known[..., k] for k in range(self.config.attributes)}

    def scene(self, s: TalkState) -> Scene:
        """The object on the answerer's side, the two values wanted on the questioner's, and the talk so far."""
        width = self.config.attributes + 5
        cells = torch.zeros(len(s.turn), 2, width, dtype=torch.uint8, device=s.turn.device)
        cells[:, 0, 1:3] = (1 + self.wanted(s)).to(torch.uint8)
        cells[:, 0, 4:-1] = (1 + self.objects[s.object]).to(torch.uint8)
        seat = torch.arange(2, device=s.turn.device).expand(len(s.turn), -1)
        rounds = range(self.config.rounds)
        spoken = {f"word {r}": torch.stack([s.questions[:, r], s.answers[:, r]], 1) for r in rounds}
        place = self.tasks[s.task]
        wanted = {f"asks for attribute ({i})": torch.stack([place[:, i], torch.full_like(s.turn, -1)], 1) for i in range(2)}
        last = ((s.turn - 1).clamp(min=0) // 2).clamp(max=self.config.rounds - 1)[:, None]
        said = torch.cat([s.questions.gather(1, last), s.answers.gather(1, last)], 1).clamp(min=0)
        return Scene(
            height=2,
            width=width,
            x=seat * (width - 1),
            y=torch.zeros_like(seat),
            cells=cells,
            wraps=False,
            legend=(("table", "#F4F1EA"), *((f"value {v}", COLOURS[v % len(COLOURS)]) for v in range(self.config.values))),
            kind=seat,
            kinds=(("questioner", "#0072B2"), ("answerer", "#D55E00")),
            said=said,
            values=spoken | wanted,
        )

    # ---------------------------------------------------------------- reference agents

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random, and questions that name an attribute with answers that name its value."""
        return {
            "random": Script(self._random, "every option alike"),
            "code": Script(self._code, "ask for one attribute after the other; answer with its value", privileged=True),
        }

    def _random(self, s: TalkState, seen: Observation, key: Keys) -> Action:
        active = s.turn[:, None] % 2 == torch.arange(2, device=s.turn.device)
        sizes = torch.tensor([self.config.questions, self.config.answers], device=s.turn.device)
        last = (s.turn == 2 * self.config.rounds)[:, None]
        word = key.integers("script.say", sizes, 2) * (active & ~last)
        guess = key.integers("script.guess", self.config.values, 2, 2) * (active & last)[..., None]
        return {"say": word, "guess": guess}

    def _code(self, s: TalkState, seen: Observation, key: Keys) -> Action:
        """Exact with two rounds, a question for each attribute and an answer for each value."""
        c = self.config
        part = (s.turn[:, None] // 2).clamp(max=min(c.rounds, 2) - 1)
        question = self.tasks[s.task].gather(1, part).clamp(max=c.questions - 1)
        heard = s.asked.gather(1, (s.turn[:, None] // 2).clamp(max=c.rounds - 1)).clamp(0, c.attributes - 1)
        answer = self.objects[s.object].gather(1, heard).clamp(max=c.answers - 1)
        last = (s.turn == 2 * c.rounds)[:, None]
        asks, answers = (s.turn[:, None] % 2 == 0) & ~last, s.turn[:, None] % 2 == 1
        known = pad(s.answered[:, :2], (0, 2 - min(c.rounds, 2)), value=0).clamp(0, c.values - 1) * last
        return {
            "say": torch.cat([question * asks, answer * answers], 1),
            "guess": torch.stack([known, torch.zeros_like(known)], 1),
        }


scenario = TaskAndTalk
