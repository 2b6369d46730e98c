"""Worlds: a batch of running worlds, and the invariants that the core owns for every scenario.

The dead and those whose turn it is not do nothing; a forced illegal option becomes the no-op and is flagged; a finished
world begins its next episode; keys follow world, episode and tick, so a world's course does not depend on its company.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, reduce
from typing import Any

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ..keys import Keys
from .scenario import Observation, Outcome, Scenario, Spec, select


@dataclass(frozen=True)
class Worlds:
    """W running worlds of one scenario: their state and their identity, episode and tick [W] int64."""

    scenario: Scenario
    seed: int
    state: Any
    world: Int[Tensor, "W"]
    episode: Int[Tensor, "W"]
    tick: Int[Tensor, "W"]

    @classmethod
    def begin(cls, scenario: Scenario, seed: int, world: Int[Tensor, "W"]) -> Worlds:
        """The worlds with these identities at the start of their first episode."""
        zero = torch.zeros_like(world)
        return cls(scenario, seed, scenario.reset(Keys.at(seed, world, zero, zero - 1)), world, zero, zero)

    @cached_property
    def key(self) -> Keys:
        """The keys of this moment, made once: acting and the step share them. Resets use tick -1 of their episode."""
        return Keys.at(self.seed, self.world, self.episode, self.tick)

    def observe(self) -> Observation:
        """What every seat perceives now."""
        return self.scenario.observe(self.state)

    def step(self, packed: Int[Tensor, "W N K"], seen: Observation) -> tuple[Worlds, Outcome, Worlds | None]:
        """One tick. Returns the worlds, the outcome, and the worlds before their resets where any was reset.

        A world that reaches `spec.episode` ticks is done, with or without a truncation by its scenario.
        """
        spec = self.scenario.spec
        packed, illegal = legalise(packed, seen, spec)
        state, outcome = self.scenario.step(self.state, spec.unpack(packed), self.key)
        tick = self.tick + 1
        truncated = tick >= spec.episode
        if outcome.done is not None:  # a time limit is no end of the world's own: its return is bootstrapped
            truncated = truncated & ~outcome.done
        if outcome.truncated is not None:
            truncated = truncated | outcome.truncated
        ended = truncated if outcome.done is None else truncated | outcome.done
        outcome = replace(outcome, truncated=truncated, illegal=illegal)
        after = replace(self, state=state, tick=tick)
        if not bool(ended.any()):
            after.__dict__["key"] = self.key.later(tick)
            return after, outcome, None
        episode = self.episode + ended
        fresh = self.scenario.reset(Keys.at(self.seed, self.world, episode, torch.full_like(episode, -1)))
        begun = replace(after, state=select(ended, fresh, state), episode=episode, tick=torch.where(ended, 0, tick))
        return begun, outcome, after


def legalise(
    packed: Int[Tensor, "W N K"], seen: Observation, spec: Spec
) -> tuple[Int[Tensor, "W N K"], Bool[Tensor, "W N"]]:
    """Replace options that are illegal or out of range by the no-op 0; say which seats had one. The inactive act 0."""
    last, first = _ranges(spec)
    inside = packed.clamp(_table(0, packed.device), _table(last, packed.device))
    wrong = inside != packed
    if seen.mask is not None:
        wrong |= ~seen.mask.gather(-1, inside + _table(first, packed.device))
    illegal = reduce(torch.logical_or, wrong.unbind(-1))
    packed = packed.masked_fill(wrong, 0)
    if seen.active is not None:
        packed = torch.where(seen.active[..., None], packed, 0)
        illegal = illegal & seen.active
    return packed, illegal


def _ranges(spec: Spec) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """For each of K action numbers the last option, and where the options of its head begin in a mask."""
    first = tuple(spec.options[name].start for name, head in spec.heads.items() for _ in range(head.length))
    return tuple(size - 1 for size in spec.sizes), first


@lru_cache(maxsize=256)
def _table(numbers: int | tuple[int, ...], device: torch.device) -> Tensor:
    """Numbers on a device, made once."""
    return torch.tensor(numbers, device=device)
