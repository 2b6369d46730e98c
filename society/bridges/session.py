"""Worlds of a scenario that somebody else acts in: what every bridge stands on.

A session keeps the running worlds and says after each tick what came of it; a world that ends begins its next episode by
itself, and what was seen last in it is handed over beside. Keys are the engine's, so the same seed and the same actions give
the same course here as in a run.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ..config import Config, resolve
from ..engine import build
from ..world.scenario import Observation, Outcome, Scenario, Spec, select
from ..world.worlds import Worlds


@dataclass(frozen=True)
class Moment:
    """What a tick brought to W worlds of N seats.

    `seen` is what is perceived now, of the next episode where a world ended; `final` what was perceived last before any
    world began anew, and `ended` the worlds at that moment (None: none did). `terminated` [W, N]: this life, or the world,
    ended of itself; `truncated` [W, N]: the world was cut off; `over` [W]: worlds that ended, either way.
    """

    seen: Observation
    reward: Float[Tensor, "W N"]
    terminated: Bool[Tensor, "W N"]
    truncated: Bool[Tensor, "W N"]
    over: Bool[Tensor, "W"]
    final: Observation | None
    outcome: Outcome
    ended: Worlds | None = None


class Session:
    """W running worlds; `begin` and `again` start episodes, `step` plays one tick of all."""

    def __init__(self, scenario: Scenario, worlds: int = 1, seed: int = 0, device: torch.device | str = "cpu"):
        self.scenario, self.count, self.device = scenario, worlds, torch.device(device)
        self.seen = self.begin(seed)

    @property
    def spec(self) -> Spec:
        """What a mind must know of the world."""
        return self.scenario.spec

    def begin(self, seed: int) -> Observation:
        """The first episode of this seed in every world. Raises ValueError for a seed that is no whole number."""
        try:
            number = operator.index(seed)
        except TypeError:
            raise ValueError(f"seed = {seed!r}: must be a whole number") from None
        self.worlds = Worlds.begin(self.scenario, number, torch.arange(self.count, device=self.device))
        self.seen = self.worlds.observe()
        return self.seen

    def again(self, which: Bool[Tensor, "W"] | None = None) -> Observation:
        """The next episode in every world, or in those that are True, whether or not the last was over."""
        old = self.worlds
        which = torch.ones_like(old.world, dtype=torch.bool) if which is None else which
        episode = old.episode + which
        fresh = self.scenario.reset(replace(old, episode=episode, tick=torch.full_like(episode, -1)).key)
        begun = select(which, fresh, old.state)
        self.worlds = replace(old, state=begun, episode=episode, tick=torch.where(which, 0, old.tick))
        self.seen = self.worlds.observe()
        return self.seen

    def step(self, packed: Int[Tensor, "W N K"]) -> Moment:
        """One tick with these packed actions (see `Spec.pack`); what is illegal becomes the no-op, as everywhere."""
        after, outcome, ended = self.worlds.step(packed, self.seen)
        over = after.episode > self.worlds.episode
        assert outcome.truncated is not None  # Worlds.step fills it
        cut = outcome.truncated if outcome.done is None else outcome.truncated & ~outcome.done
        truncated = cut[:, None].expand_as(outcome.reward)
        terminated = (over & ~cut)[:, None].expand_as(truncated)
        if outcome.terminated is not None:
            terminated = terminated | outcome.terminated
        final = None if ended is None else ended.observe()
        self.worlds = after
        self.seen = after.observe()
        return Moment(self.seen, outcome.reward, terminated, truncated & ~terminated, over, final, outcome, ended)


def settled(scenario: str, preset: str = "default", quick: bool = False, seed: int = 0, **fields: Any) -> Config:
    """The config of a session, as `society.run` takes it: fields with `__` for the dot. Raises `ConfigError`, `Unknown`."""
    if not isinstance(scenario, str):
        raise ValueError(f"scenario = {scenario!r}: must be the name of a scenario; see: society list")
    overrides = {name.replace("__", "."): value for name, value in fields.items()}
    return build.settle(resolve(scenario, preset, {"seed": seed, **overrides}, quick=quick))


def session(config: Config, worlds: int = 1) -> Session:
    """Worlds of a settled config, on its device, with its components. Raises ValueError for no number of worlds."""
    if isinstance(worlds, bool) or not isinstance(worlds, int) or worlds < 1:
        raise ValueError(f"worlds = {worlds!r}: must be a whole number from 1")
    return Session(build.scenario(config, split="all"), worlds, config.seed, config.device)


def seat_names(spec: Spec) -> list[str]:
    """A name for each seat: its role and its number within the role ("speaker_0", "listener_0", "listener_1")."""
    numbers: dict[str, Iterator[int]] = {role: count() for role in spec.roles}
    return [f"{role}_{next(numbers[role])}" for role in spec.role_names]
