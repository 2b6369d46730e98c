"""Worlds: a batch of running worlds, and the invariants that the core owns for every scenario.

The dead and those whose turn it is not do nothing; a forced illegal option becomes the no-op and is flagged; a finished
world begins its next episode; keys follow world, episode and tick, so a world's course does not depend on its company.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
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
        timed_out = self.tick + 1 >= spec.episode
        done = torch.zeros_like(timed_out) if outcome.done is None else outcome.done
        # a time limit is no end of the world's own: its return is bootstrapped
        truncated = timed_out & ~done if outcome.truncated is None else outcome.truncated | (timed_out & ~done)
        outcome = replace(outcome, truncated=truncated)
        ended = done | truncated
        outcome = replace(outcome, illegal=illegal)
        after = replace(self, state=state, tick=self.tick + 1)
        if not bool(ended.any()):
            return after, outcome, None
        episode = self.episode + ended
        fresh = self.scenario.reset(Keys.at(self.seed, self.world, episode, torch.full_like(episode, -1)))
        begun = replace(after, state=select(ended, fresh, state), episode=episode, tick=torch.where(ended, 0, after.tick))
        return begun, outcome, after


def legalise(
    packed: Int[Tensor, "W N K"], seen: Observation, spec: Spec
) -> tuple[Int[Tensor, "W N K"], Bool[Tensor, "W N"] | None]:
    """Replace options that are illegal or out of range by the no-op 0; say which seats had one. The inactive act 0."""
    illegal = None
    if seen.mask is not None:
        legal = torch.ones_like(packed, dtype=torch.bool)
        for name, where in spec.columns.items():
            options = seen.mask[..., spec.options[name]]
            inside = (packed[..., where] >= 0) & (packed[..., where] < spec.heads[name].size)
            chosen = packed[..., where].clamp(0, spec.heads[name].size - 1)
            legal[..., where] = options.gather(-1, chosen) & inside
        illegal = ~legal.all(-1)
        packed = torch.where(legal, packed, 0)
    else:
        sizes = torch.tensor([h.size for h in spec.heads.values() for _ in range(h.length)], device=packed.device)
        inside = (packed >= 0) & (packed < sizes)
        illegal = ~inside.all(-1)
        packed = torch.where(inside, packed, 0)
    if seen.active is not None:
        packed = torch.where(seen.active[..., None], packed, 0)
        illegal = illegal & seen.active
    return packed, illegal
