"""Who hears what: a vocabulary of discrete symbols, message length, range, noise, cost and latency.

Symbol 0 is silence. What was said passes through `transmit` once, where noise and the intervention of a condition act, so a
scenario can be run muted or shuffled without touching its code. Who can hear whom at all is a graph over the seats: of two
seats `transmit` sees to it, of more the scenario asks `hears` or `audible`, and says so by `Spec.routes`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int, Shaped
from pydantic import Field
from torch import Tensor

from ..config import Frozen
from ..config.graph import PlainEdges
from ..keys import Keys

# (said [W, N, L], keys, life [W, N]) -> what is heard of it [W, N, L]
Intervention = Callable[[Tensor, Keys, Tensor], Tensor]

DIRECTIONS = 5  # here, north, south, east, west


class ChannelConfig(Frozen):
    """Shape and physics of the channel."""

    symbols: int = Field(3, ge=2, le=256, description="vocabulary size, silence included")
    length: int = Field(1, ge=1, le=16, description="symbols in a message")
    reach: int = Field(0, ge=0, le=10_000, description="cells a voice carries (L1); 0: the whole world")
    noise: float = Field(0.0, ge=0, le=1, description="probability that a spoken symbol is heard as a uniform other one")
    cost: float = Field(0.0, ge=0, le=100, description="reward paid for each symbol spoken")
    latency: int = Field(1, ge=1, le=32, description="ticks until a message is heard")
    graph: PlainEdges = Field((), description="pairs of seats, speaker and listener, who alone hear one another; none: all do")


class Channel:
    """The channel of a run: its configuration and the intervention that a condition put on it (None: none)."""

    def __init__(self, config: ChannelConfig, intervention: Intervention | None = None):
        self.config = config
        self.intervention = intervention
        self._hears: dict[tuple[int, torch.device], Tensor] = {}

    def hears(self, seats: int, device: torch.device | str = "cpu") -> Bool[Tensor, "N N"] | None:
        """[listener, speaker] whether the graph lets a voice through; False from a seat to itself; None: there is no graph.

        Raises ValueError where the graph names a seat that the world does not have.
        """
        graph = self.config.graph
        if not graph:
            return None
        place = (seats, torch.device(device))
        if place not in self._hears:
            last = max(max(edge[:2]) for edge in graph)
            if last >= seats:
                raise ValueError(f"channel.graph: names seat {last}; the seats of this world are 0 to {seats - 1}")
            speaker, listener = torch.tensor([edge[:2] for edge in graph], device=device).T
            mask = torch.zeros(seats, seats, dtype=torch.bool, device=device)
            mask[listener, speaker] = True
            self._hears[place] = mask
        return self._hears[place]

    def audible(self, voices: Shaped[Tensor, "W N N"]) -> Shaped[Tensor, "W N N"]:
        """Of what listeners might hear of speakers [w, listener, speaker] what the graph lets through, 0 else."""
        mask = self.hears(voices.shape[-1], voices.device)
        return voices if mask is None else voices * mask

    def transmit(self, said: Int[Tensor, "W N L"], key: Keys, life: Int[Tensor, "W N"]) -> Int[Tensor, "W N L"]:
        """What arrives of the messages said now: the condition's intervention on what was said, then noise.

        Of two seats one can be heard by the other alone, so here the words of one whom the graph keeps apart are lost.
        """
        if self.intervention is not None:
            said = self.intervention(said, key, life)
        if self.config.noise > 0 and self.config.symbols > 2:
            shape = said.shape[1:]
            other = 1 + (said + key.integers("channel.other", self.config.symbols - 2, *shape)) % (self.config.symbols - 1)
            flip = key.bernoulli("channel.noise", self.config.noise, *shape) & (said > 0)
            said = torch.where(flip, other, said)
        if said.shape[1] == 2 and (mask := self.hears(2, said.device)) is not None:
            said = said * mask.any(0)[:, None]
        return said

    def price(self, said: Int[Tensor, "W N L"]) -> Float[Tensor, "W N"]:
        """Reward that speaking costs each seat."""
        return (said > 0).sum(-1) * self.config.cost

    def delay(self, air: Int[Tensor, "W D N L"], heard: Int[Tensor, "W N L"]) -> Int[Tensor, "W D N L"]:
        """Move a queue of `latency` messages on by one tick; its first entry is what is heard now."""
        return torch.cat([air[:, 1:], heard[:, None]], dim=1)

    def silence(self, worlds: int, seats: int, device: torch.device) -> Int[Tensor, "W D N L"]:
        """An empty queue."""
        return torch.zeros(worlds, self.config.latency, seats, self.config.length, dtype=torch.long, device=device)

    @property
    def directional_features(self) -> int:
        """Features of `hear_around`: one for each position, spoken symbol and direction."""
        return self.config.length * (self.config.symbols - 1) * DIRECTIONS

    def hear_around(
        self, air: Int[Tensor, "W N L"], dx: Int[Tensor, "W N N"], dy: Int[Tensor, "W N N"], span: int
    ) -> Float[Tensor, "W N S"]:
        """Loudness of the nearest speaker of each symbol in each coarse direction.

        `dx`, `dy` [w, listener, speaker] are the way from listener to speaker in cells. Loudness falls linearly from 1
        beside the listener to 0 beyond the range (`reach`, or `span`, the largest distance in the world).
        """
        ax, ay = dx.abs(), dy.abs()
        direction = torch.where(ax >= ay, torch.where(dx > 0, 3, 4), torch.where(dy > 0, 2, 1))
        distance = ax + ay
        direction = direction * (distance > 0)
        reach = self.config.reach or span
        loud = (reach + 1 - distance).clamp_(min=0).float().mul_(1 / (reach + 1))
        worlds, seats = air.shape[:2]
        loud.diagonal(dim1=1, dim2=2).zero_()  # nobody hears themselves
        loud = self.audible(loud)
        width = (self.config.symbols - 1) * DIRECTIONS
        heard = torch.zeros(worlds, seats, self.config.length * width + 1, device=air.device)
        for position in range(self.config.length):
            symbol = air[:, None, :, position]
            slot = position * width + (symbol - 1) * DIRECTIONS + direction
            # the silent write into a last slot, which is cut off
            slot = torch.where(symbol > 0, slot, self.config.length * width)
            heard.scatter_reduce_(-1, slot, loud, "amax")
        return heard[..., :-1]
