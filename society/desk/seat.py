"""A seat taken by a person: what it perceives, which moves are legal, and the actor that asks for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..engine.rollout import Tick
from ..keys import Keys
from ..record.letters import Arrays
from ..world.scenario import Action, Observation, Script, Spec
from ..world.worlds import legalise
from .questions import Unanswerable

LOG = 100  # entries of what happened that are kept for the page

Move = Mapping[str, list[int]]  # the numbers of each head
Ask = Callable[[Arrays], Move]  # what is perceived -> the move; raises to leave


@dataclass
class Score:
    """What has happened so far, as the person in `seat` may know it: rewards are everybody's, all else one's own."""

    spec: Spec
    seat: int
    sums: list[float]
    tick: int = 0
    episode: int = 0
    last: float = 0.0
    log: list[dict[str, Any]] = field(default_factory=list)

    def take(self, tick: Tick) -> None:
        """Add a tick of this one world."""
        rewards = tick.outcome.reward[0].double().tolist()
        self.sums = [a + b for a, b in zip(self.sums, rewards, strict=True)]
        did, _ = legalise(tick.turn.packed, tick.seen, self.spec)
        heads = {name: did[0, self.seat, where].tolist() for name, where in self.spec.columns.items()}
        self.last = rewards[self.seat]
        turn = tick.seen.active is None or bool(tick.seen.active[0, self.seat])
        entry = {"tick": self.tick, "episode": self.episode, "turn": turn, "did": heads, "reward": self.last}
        self.log = [*self.log[1 - LOG :], entry]
        self.tick, self.episode = self.tick + 1, int(tick.after.episode[0])

    def facts(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"tick": self.tick, "episode": self.episode, "last": self.last, "sums": self.sums, "log": self.log}


class Person:
    """Acts in one seat of one world; `script` is what the engine plays, in which all other seats do nothing."""

    def __init__(self, spec: Spec, world: int, seat: int, ask: Ask):
        self.spec, self.world, self.seat, self.ask = spec, world, seat, ask
        self.script = Script(self._act, "a person")

    def _act(self, state: Any, seen: Observation, key: Keys) -> Action:
        w, s = self.world, self.seat
        packed = torch.zeros(*seen.features.shape[:2], self.spec.numbers, dtype=torch.long, device=seen.features.device)
        if seen.active is None or bool(seen.active[w, s]):
            move = self.ask(perceived(self.spec, seen, w, s))
            for name, where in self.spec.columns.items():
                packed[w, s, where] = torch.tensor(move[name], device=packed.device)
        return self.spec.unpack(packed)


def perceived(spec: Spec, seen: Observation, world: int, seat: int) -> Arrays:
    """`field.NAME` of its shape, and `legal.NAME` [options] 0 or 1: exactly what a mind in this seat is given."""
    row = seen.features[world, seat].float().cpu()
    arrays: Arrays = {f"field.{name}": row[where].view(spec.fields[name]).numpy() for name, where in spec.slices.items()}
    for name, where in spec.options.items():
        legal = _ones(spec.heads[name].size) if seen.mask is None else seen.mask[world, seat, where].cpu()
        arrays[f"legal.{name}"] = legal.numpy().astype(np.uint8)
    return arrays


def checked(spec: Spec, told: object, legal: Arrays) -> Move:
    """A move as numbers by head, from untrusted JSON. Unanswerable, one line, for a move that is none or not legal."""
    if not isinstance(told, dict) or set(told) != set(spec.heads):
        raise Unanswerable(f"a move names the heads {', '.join(spec.heads)}")
    for name, head in spec.heads.items():
        numbers, allowed = told[name], legal[f"legal.{name}"]
        whole = isinstance(numbers, list) and len(numbers) == head.length
        if not whole or not all(type(number) is int and 0 <= number < head.size for number in numbers):
            raise Unanswerable(f"{name}: {head.length} numbers from 0 to {head.size - 1} are needed")
        if not all(allowed[number] for number in numbers):
            raise Unanswerable(f"{name}: an option that is not legal now; choose another")
    return told


def _ones(size: int) -> Tensor:
    return torch.ones(size, dtype=torch.bool)
