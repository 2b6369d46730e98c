"""Questioners and answerers that learn a two-round dialogue through a straight-through Gumbel channel, K pairs in one stack.

The rules, objects, tasks and held-out objects are those of `scenarios/task_and_talk.py`; here words stay differentiable
(`_gumbel`), so the questioner learns from what its question does to the answer. All objects and tasks of training are one
batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from society.config import resolve
from society.engine import build
from society.keys import Keys

from ._gumbel import forward, network, word

LR, DECAY = 5e-3, 0.03


@dataclass(frozen=True)
class Games:
    """G games, one for each object and task: object [G, K * A] and task [G, T] one-hot, wanted values [G, 2]."""

    thing: Tensor
    task: Tensor
    wanted: Tensor


@dataclass(frozen=True)
class Vocabulary:
    """Symbols of the questioner and of the answerer, and whether the answerer remembers the first round."""

    questions: int
    answers: int
    remembers: bool


def games(held_out: bool) -> Games:
    """All tasks on the trained or on the held-out objects of the scenario's preset (64 objects, 80/20)."""
    world = build.scenario(build.settle(resolve("task_and_talk", "quick")), split="all")
    things, tasks, config = world.objects, world.tasks, world.config  # type: ignore[attr-defined]
    chosen = world.held_out if held_out else ~world.held_out  # type: ignore[attr-defined]
    thing = things[chosen].repeat_interleave(len(tasks), 0)
    task = torch.arange(len(tasks)).repeat(int(chosen.sum()))
    encoded = one_hot(thing, config.values).flatten(1).float()
    return Games(encoded, one_hot(task, len(tasks)).float(), thing.gather(1, tasks[task]))


class Pairs:
    """K pairs with weights of their own: networks that ask, answer and guess, each of one hidden layer."""

    def __init__(self, seeds: Sequence[int], attempt: int, vocabulary: Vocabulary, like: Games, rounds: int = 2):
        self.vocabulary, self.rounds, self.pairs = vocabulary, rounds, len(seeds)
        self.keys = [Keys.worldless(seed, "dialogue", attempt) for seed in seeds]
        v, values = vocabulary, 4
        talk = rounds * (v.questions + v.answers)
        asker = like.task.shape[1] + rounds + 1 + talk
        answerer = like.thing.shape[1] + (rounds + talk if v.remembers else v.questions)
        self.ask = network(self.keys, "ask", asker, v.questions)
        self.guess = network(self.keys, "guess", asker, 2 * values)
        self.answer = network(self.keys, "answer", answerer, v.answers)
        self.drawn = 0

    @property
    def parameters(self) -> list[Tensor]:
        """Every weight, each [K, ...]."""
        return [*self.ask, *self.guess, *self.answer]

    def play(self, given: Games, greedy: bool) -> Tensor:
        """The guesses' logits [K, G, 2, values] after the dialogue; greedy words, or sampled ones with a gradient."""
        k, g, v = self.pairs, len(given.thing), self.vocabulary
        thing, task = given.thing.expand(k, -1, -1), given.task.expand(k, -1, -1)
        questions = [thing.new_zeros(k, g, v.questions)] * self.rounds
        answers = [thing.new_zeros(k, g, v.answers)] * self.rounds
        for turn in range(self.rounds):
            now = one_hot(torch.tensor(turn), self.rounds + 1).float().expand(k, g, -1)
            seen = torch.cat([task, now, *questions, *answers], -1)
            questions[turn] = self._word(forward(self.ask, seen), greedy)
            heard = [now[..., :-1], *questions, *answers] if v.remembers else [questions[turn]]
            answers[turn] = self._word(forward(self.answer, torch.cat([thing, *heard], -1)), greedy)
        last = one_hot(torch.tensor(self.rounds), self.rounds + 1).float().expand(k, g, -1)
        return forward(self.guess, torch.cat([task, last, *questions, *answers], -1)).unflatten(-1, (2, -1))

    def _word(self, logits: Tensor, greedy: bool) -> Tensor:
        """The next words [K, G, V] of all pairs."""
        self.drawn += not greedy
        return word(logits, self.keys, f"word.{self.drawn}", greedy)


def optimiser(pairs: Pairs) -> torch.optim.AdamW:
    """The learner of all pairs; each pair's weights get its own gradient alone."""
    return torch.optim.AdamW(pairs.parameters, lr=LR, weight_decay=DECAY)


def train(pairs: Pairs, learner: torch.optim.AdamW, given: Games, steps: int) -> None:
    """Minimise the cross-entropy of both guesses on all games, each pair by itself."""
    wanted = given.wanted.expand(pairs.pairs, -1, -1).flatten()
    for _ in range(steps):
        logits = pairs.play(given, greedy=False)
        loss = 2 * pairs.pairs * cross_entropy(logits.flatten(0, -2), wanted)
        learner.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        learner.step()


def accuracies(pairs: Pairs, given: Games) -> tuple[Tensor, Tensor]:
    """Share of games [K] with both values right and with at least one, greedy as in the paper."""
    with torch.no_grad():
        right = pairs.play(given, greedy=True).argmax(-1) == given.wanted
    return right.all(-1).float().mean(1), right.any(-1).float().mean(1)
