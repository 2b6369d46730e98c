"""Speakers and listeners that talk through a channel that loses words: levels of noise x seeds, all in one stack of K pairs.

A target and one other of 16 meanings (2 attributes x 4 values), ten words of two symbols, sent as +1 or -1; a lost word
is heard as 0, so the listener notices. With feedback the listener, who sees both candidates from the start, answers each
word but the last with +1 or -1, which is never lost. The listener adds up what each heard word says for each candidate; one
network weighs both, so no place can give the target away. Words and answers carry the gradient of their binary Concrete
relaxation (Maddison et al. 2017), straight through; the loss is the cross-entropy of the choice alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import one_hot, silu, softplus

from society.keys import Keys

ATTRIBUTES, VALUES, LENGTH = 2, 4, 10
HIDDEN, TEMPERATURE, LR = 64, 2.0, 1e-2


def meanings() -> Tensor:
    """Every meaning, one-hot for each attribute: [16, 8]."""
    grid = torch.tensor(list(itertools.product(range(VALUES), repeat=ATTRIBUTES)))
    return one_hot(grid, VALUES).flatten(1).float()


def games(ordered: bool) -> Tensor:
    """Two different meanings by number: every ordered couple [240, 2], or every couple once [120, 2]."""
    couples = itertools.permutations if ordered else itertools.combinations
    return torch.tensor(list(couples(range(VALUES**ATTRIBUTES), 2)))


def bit(logits: Tensor, uniform: Tensor | None) -> Tensor:
    """+1 or -1 of each logit: the likelier without `uniform` draws, else a sample with the gradient of its relaxation."""
    if uniform is None:
        return torch.where(logits > 0, 1.0, -1.0)
    soft = torch.tanh((logits + uniform.clamp(1e-6, 1 - 1e-6).logit()) / (2 * TEMPERATURE))
    return torch.where(soft > 0, 1.0, -1.0) + soft - soft.detach()


def take(x: Tensor, which: Tensor) -> Tensor:
    """Rows `which` [K, G] of x [K, M, H]: [K, G, H]."""
    return x.gather(1, which[..., None].expand(-1, -1, x.shape[-1]))


class Pairs:
    """One pair for each level of noise and seed, noise first: K = levels x seeds, each pair with weights of its own.

    Pairs of one seed start alike and share their draws at every level, so that levels differ by noise alone.
    """

    def __init__(self, seeds: Sequence[int], noise: Sequence[float], feedback: bool):
        self.seeds, self.levels, self.feedback, self.played = len(seeds), len(noise), feedback, 0
        self.keys = [Keys.worldless(seed, "repair") for seed in seeds]
        self.noise = torch.tensor(noise).repeat_interleave(self.seeds)[:, None, None, None]
        size = ATTRIBUTES * VALUES
        shapes = {"look": (size, 2 / size**0.5), "turn": (LENGTH, 1.0), "reply": (LENGTH, 1.0)}
        more = {"couple": (HIDDEN, HIDDEN**-0.5), "heard": (LENGTH, 1.0), "sure": (1, 1.0)}
        self.speaker, self.scorer = self._weights("speaker", shapes), self._weights("scorer", shapes)
        self.replier = self._weights("replier", shapes | more) if feedback else {}

    def _weights(self, mind: str, shapes: dict[str, tuple[int, float]]) -> dict[str, Tensor]:
        """Normal weights [K, rows, HIDDEN] of the scales given, and those of the output, [K, HIDDEN, 1]."""
        drawn = {name: self._draw("normal", f"{mind}.{name}", rows, HIDDEN) * scale for name, (rows, scale) in shapes.items()}
        drawn["out"] = self._draw("normal", f"{mind}.out", HIDDEN, 1) * HIDDEN**-0.5
        return {name: weights.requires_grad_() for name, weights in drawn.items()}

    def _draw(self, kind: str, purpose: str, *shape: int) -> Tensor:
        """Draws [K, *shape] of the keys, the same for every level."""
        each = torch.cat([getattr(key, kind)(purpose, *shape) for key in self.keys])
        return each.repeat(self.levels, *[1] * len(shape))

    @property
    def parameters(self) -> list[Tensor]:
        """Every weight, each [K, ...]."""
        return [weights for mind in (self.speaker, self.scorer, self.replier) for weights in mind.values()]

    def play(self, greedy: bool, share: float = 1.0) -> Tensor:
        """What the listener heard for the target less that for the other candidate [K, G], above 0 where it chooses right.

        Greedy: every ordered couple; else every couple once, in a drawn order, with sampled words. Words are lost with
        `share` of each pair's noise.
        """
        self.played += 1
        k, couples = self.levels * self.seeds, games(greedy).expand(self.levels * self.seeds, -1, -1)
        g = couples.shape[1]
        if not greedy:
            swap = self._draw("uniform", f"swap.{self.played}", g, 1) < 0.5
            couples = torch.where(swap, couples.flip(-1), couples)
        target, other = couples.unbind(-1)
        passed = (self._draw("uniform", f"lost.{self.played}", LENGTH, g, 1) >= share * self.noise).float()
        says, replies = (
            None if greedy else self._draw("uniform", f"{what}.{self.played}", LENGTH, g, 1) for what in ("say", "reply")
        )
        seen = meanings().expand(k, -1, -1)
        speaking, scoring = seen @ self.speaker["look"], seen @ self.scorer["look"]
        if self.feedback:  # what a mind thinks of a meaning now depends on the game
            replying = self._couple(seen, target, other)
            speaking, scoring = take(speaking, target), torch.cat([take(scoring, target), take(scoring, other)], 1)
        score = torch.zeros(k, g, 1)
        for turn in range(LENGTH):
            logits, worth = answer(self.speaker, speaking, turn), answer(self.scorer, scoring, turn)
            if self.feedback:
                worth = worth[:, :g] - worth[:, g:]
            else:
                logits, worth = take(logits, target), take(worth, target) - take(worth, other)
            heard = bit(logits, None if says is None else says[:, turn]) * passed[:, turn]
            score = score + heard * worth
            if self.feedback and turn < LENGTH - 1:
                replying = replying + heard * at(self.replier["heard"], turn)
                doubt = torch.tanh(score.abs()) @ self.replier["sure"]
                reply = bit(answer(self.replier, replying + doubt, turn), None if replies is None else replies[:, turn])
                replying = replying + reply * at(self.replier["reply"], turn)
                speaking = speaking + reply * at(self.speaker["reply"], turn)
                scoring = scoring + reply.repeat(1, 2, 1) * at(self.scorer["reply"], turn)
        return score[..., 0]

    def _couple(self, seen: Tensor, target: Tensor, other: Tensor) -> Tensor:
        """Both candidates as the replier sees them, the same in either order: [K, G, HIDDEN]."""
        one = silu(seen @ self.replier["look"]) @ self.replier["couple"]
        return take(one, target) + take(one, other)


def at(weights: Tensor, turn: int) -> Tensor:
    """The weights [K, 1, HIDDEN] of one turn."""
    return weights[:, turn : turn + 1]


def answer(mind: dict[str, Tensor], state: Tensor, turn: int) -> Tensor:
    """The output [K, G, 1] of a mind in a state [K, G, HIDDEN] at a turn."""
    return silu(state + at(mind["turn"], turn)) @ mind["out"]


def train(pairs: Pairs, steps: int) -> None:
    """Minimise the cross-entropy of the choice, each pair by itself, by Adam; the step size falls to 0.

    Noise rises from 0 to its level over the first half: codes are found while words get through, then made to bear losses.
    """
    optimiser = torch.optim.Adam(pairs.parameters, lr=LR)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / steps)
    for step in range(steps):
        loss = softplus(-pairs.play(greedy=False, share=min(1.0, 2 * step / steps))).mean(1).sum()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()


def accuracy(pairs: Pairs, times: int = 40) -> list[list[float]]:
    """Share of games won by each level's pairs [levels][seeds], greedy, all games `times` times with fresh losses.

    A draw (nothing heard that tells the candidates apart) counts one half.
    """
    with torch.no_grad():
        scores = torch.stack([pairs.play(greedy=True) for _ in range(times)])
    won = (scores > 1e-5).float() + 0.5 * (scores.abs() <= 1e-5)
    return won.mean((0, 2)).view(pairs.levels, pairs.seeds).tolist()
