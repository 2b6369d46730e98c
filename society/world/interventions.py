"""What a condition does to a channel: mute, content, relabel, scramble, and the do-operator of a probe.

Each is a function of (said, keys, life) with no memory, so a twin differs from its normal run in this one thing and in what
follows from it. `mute` is silence; `content` keeps who speaks, when and where and draws the symbol anew; `relabel` permutes
symbols once for each speaker's life, so that a constant call stays constant; `scramble` plays the tape of another world.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..keys import Keys


def mute(said: Tensor, key: Keys, life: Tensor) -> Tensor:
    """Nobody hears anything."""
    return torch.zeros_like(said)


@dataclass(frozen=True)
class Content:
    """Replace each spoken symbol by a draw from `marginal` [V - 1], the probabilities of the symbols 1..V-1."""

    marginal: Tensor

    def __call__(self, said: Tensor, key: Keys, life: Tensor) -> Tensor:
        """Draw by inverse CDF, keyed by seed, world, tick and seat; silence stays silence."""
        edges = self.marginal.cumsum(0)
        edges = (edges / edges[-1])[:-1].to(said.device)
        drawn = 1 + torch.bucketize(key.uniform("channel.content", *said.shape[1:]), edges, right=True)
        return torch.where(said > 0, drawn, 0)


@dataclass(frozen=True)
class Relabel:
    """Permute the spoken symbols of each speaker, once for each of its lives."""

    seed: int
    symbols: int

    def __call__(self, said: Tensor, key: Keys, life: Tensor) -> Tensor:
        """The permutation is keyed by world, episode and life, not by tick."""
        worlds, seats = life.shape
        spread = (key.world[:, None] * 1_000_003 + torch.arange(seats, device=said.device)).flatten()
        once = Keys.at(self.seed, spread, key.episode.repeat_interleave(seats), life.flatten())
        order = 1 + once.permutation("channel.relabel", self.symbols - 1).view(worlds, seats, -1)
        table = torch.cat([torch.zeros_like(order[..., :1]), order], dim=-1)
        return table.gather(-1, said)


@dataclass(frozen=True)
class Scramble:
    """Play the taped messages [T, W, N, L] of the next world at the same moment; `first` is the taped worlds' first number."""

    tape: Tensor
    first: int
    episode_ticks: int

    def __call__(self, said: Tensor, key: Keys, life: Tensor) -> Tensor:
        """Worlds are taken modulo the taped ones, moments modulo the taped ticks."""
        moment = (key.episode * self.episode_ticks + key.tick) % self.tape.shape[0]
        return self.tape[moment, (key.world - self.first + 1) % self.tape.shape[1]]


@dataclass(frozen=True)
class Do:
    """Set one seat's message to `message` [L] and leave the others: do(message)."""

    seat: int
    message: Tensor

    def __call__(self, said: Tensor, key: Keys, life: Tensor) -> Tensor:
        """The same replacement in every world; `message` may also be [W, L]."""
        heard = said.clone()
        heard[:, self.seat] = self.message
        return heard
