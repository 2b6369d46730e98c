"""THE loop: observe, act, step, record. Training and evaluation iterate over the same ticks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ..population.matchmaking import Seating
from ..population.population import Decision, Population
from ..population.rollout import Rollout
from ..world.scenario import Observation, Outcome, Script
from ..world.worlds import Worlds


@dataclass(frozen=True)
class Turn:
    """What the seats do: packed action [W, N, K], memory after it [W, N, M], and the decision by mind if minds acted."""

    packed: Int[Tensor, "W N K"]
    memory: Float[Tensor, "W N M"]
    features: Float[Tensor, "P R F"] | None = None
    mask: Bool[Tensor, "P R A"] | None = None
    decision: Decision | None = None


@dataclass(frozen=True)
class Minds:
    """Actors with weights: a population and where its minds sit."""

    population: Population
    seating: Seating
    temperature: float = 1.0

    @torch.no_grad()
    def act(self, worlds: Worlds, seen: Observation, memory: Tensor, purpose: str = "act") -> Turn:
        """Every mind decides for all its seats at once, by the uniforms of their worlds' keys for this purpose."""
        policy, seating = self.population.policy, self.seating
        draw = worlds.key.uniform(purpose, worlds.scenario.spec.seats, worlds.scenario.spec.numbers)
        features = seating.gather(seen.features)
        mask = None if seen.mask is None else seating.gather(seen.mask)
        decision = policy.act(
            self.population.weights, features, mask, seating.gather(memory), seating.gather(draw), self.temperature
        )
        after = seating.scatter(decision.memory) if policy.memory else memory
        return Turn(seating.scatter(decision.action), after, features, mask, decision)

    def value(self, worlds: Worlds, memory: Tensor) -> Float[Tensor, "P R"]:
        """The value of what is seen now, for bootstrapping; nothing is done."""
        seen = worlds.observe()
        return self.act(worlds, seen, memory).decision.value  # type: ignore[union-attr]

    def blank(self, worlds: Worlds) -> Float[Tensor, "W N M"]:
        """The memory of seats that remember nothing."""
        return blank_memory(worlds, self.population.policy.memory)


@dataclass(frozen=True)
class Scripted:
    """Actors without weights: a scenario's reference script in every seat."""

    script: Script

    def act(self, worlds: Worlds, seen: Observation, memory: Tensor) -> Turn:
        """What the script does."""
        action = self.script.act(worlds.state, seen, worlds.key)
        return Turn(worlds.scenario.spec.pack(action), memory)

    def blank(self, worlds: Worlds) -> Float[Tensor, "W N 0"]:
        """Scripts read the state and remember nothing."""
        return blank_memory(worlds, 0)


@dataclass(frozen=True)
class Mixed:
    """Two actors in the same worlds: `first` is obeyed in the seats where `seats` is True, `second` in the others.

    `seats` is one row for all worlds or one for each. Both decide and remember for every seat, so that neither depends on
    who else is there; memory is the first's and behind it the second's.
    """

    seats: Bool[Tensor, "N"] | Bool[Tensor, "W N"]
    first: Actor
    second: Actor

    def act(self, worlds: Worlds, seen: Observation, memory: Tensor) -> Turn:
        """What each does in its own seats."""
        own = self.first.blank(worlds).shape[-1]
        one = self.first.act(worlds, seen, memory[..., :own])
        two = self.second.act(worlds, seen, memory[..., own:])
        packed = torch.where(self.seats[..., None], one.packed, two.packed)
        return Turn(packed, torch.cat([one.memory, two.memory], dim=-1))

    def blank(self, worlds: Worlds) -> Float[Tensor, "W N M"]:
        """The memory of two actors that remember nothing."""
        return torch.cat([self.first.blank(worlds), self.second.blank(worlds)], dim=-1)


Actor = Minds | Scripted | Mixed


def blank_memory(worlds: Worlds, size: int) -> Float[Tensor, "W N M"]:
    """Zeros."""
    return torch.zeros(len(worlds.world), worlds.scenario.spec.seats, size, device=worlds.world.device)


@dataclass
class Clock:
    """Seconds by phase; wall-clock time is kept apart from everything that a seed determines."""

    seconds: dict[str, float] = field(default_factory=dict)

    def lap(self, phase: str, start: float) -> float:
        """Add the time since `start` to a phase; returns now."""
        now = time.perf_counter()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - start
        return now


@dataclass(frozen=True)
class Tick:
    """One tick: worlds and memory before it, what was seen and done, what came of it.

    `after` are the worlds of the next tick, `ended` the same before finished ones began anew (None: none finished);
    `forget` [W, N] seats whose memory was cleared, `over` [W] worlds that finished; `memory_after` [W, N, M].
    """

    worlds: Worlds
    memory: Tensor
    seen: Observation
    turn: Turn
    outcome: Outcome
    after: Worlds
    ended: Worlds | None
    over: Bool[Tensor, "W"]
    forget: Bool[Tensor, "W N"]
    memory_after: Tensor


def ticks(worlds: Worlds, actor: Actor, memory: Tensor, count: int, clock: Clock) -> Iterator[Tick]:
    """Play `count` ticks and yield each. A seat's memory is cleared at its rebirth and when its world ends."""
    seats = worlds.scenario.spec.seats
    for _ in range(count):
        start = time.perf_counter()
        seen = worlds.observe()
        start = clock.lap("world", start)
        turn = actor.act(worlds, seen, memory)
        start = clock.lap("act", start)
        after, outcome, ended = worlds.step(turn.packed, seen)
        over = after.episode > worlds.episode
        forget = over[:, None].expand(-1, seats)
        if outcome.forget is not None:
            forget = forget | outcome.forget
        carried = turn.memory.masked_fill(forget[..., None], 0.0) if turn.memory.shape[-1] else turn.memory
        clock.lap("world", start)
        yield Tick(worlds, memory, seen, turn, outcome, after, ended, over, forget, carried)
        worlds, memory = after, carried


# What the learner is fed in place of a tick's rewards: (tick, what was remembered [W, N]) -> (reward, remembered) [W, N]
Shaping = Callable[[Tick, Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Collected:
    """A rollout for the learner, and where the worlds are now. `sums` are the measures summed over ticks and seats.

    `earned` are the worlds' own rewards, which a shaping exchanges in the rollout; `smoothed` is what it remembers.
    """

    rollout: Rollout
    worlds: Worlds
    memory: Tensor
    sums: dict[str, Tensor]
    earned: Float[Tensor, "P T R"]
    smoothed: Float[Tensor, "W N"]


def collect(
    worlds: Worlds,
    minds: Minds,
    memory: Tensor,
    smoothed: Tensor,
    count: int,
    clock: Clock,
    shaping: Shaping | None = None,
    watchers: Sequence[Callable[[Tick], None]] = (),
) -> Collected:
    """Play `count` ticks and write them, grouped by mind, into one block of tensors. Each watcher is shown every tick."""
    seating, spec, policy = minds.seating, worlds.scenario.spec, minds.population.policy
    shape = (minds.population.minds, count, seating.rows.shape[1])
    device = worlds.world.device
    feature_type = getattr(policy, "dtype", torch.float32)
    features = torch.empty(*shape, spec.features, dtype=feature_type, device=device)
    masks: Tensor | None = None
    action = torch.empty(*shape, spec.numbers, dtype=torch.long, device=device)
    logp, value, reward, bootstrap = (torch.zeros(shape, device=device) for _ in range(4))
    ends, forget = (torch.zeros(shape, dtype=torch.bool, device=device) for _ in range(2))
    keep = seating.valid[:, None, :].expand(shape).clone()
    earned = reward if shaping is None else torch.zeros_like(reward)
    sums: dict[str, Tensor] = {}
    first = seating.gather(memory)
    for t, tick in enumerate(ticks(worlds, minds, memory, count, clock)):
        for watch in watchers:
            watch(tick)
        decision, outcome = tick.turn.decision, tick.outcome
        assert decision is not None and tick.turn.features is not None  # minds acted
        features[:, t], action[:, t] = tick.turn.features, decision.action
        logp[:, t], value[:, t] = decision.logp, decision.value
        earned[:, t] = seating.gather(outcome.reward)
        if shaping is not None:
            felt, smoothed = shaping(tick, smoothed)
            reward[:, t] = seating.gather(felt)
        ends[:, t], forget[:, t] = seating.gather(_ends(tick)), seating.gather(tick.forget)
        if tick.turn.mask is not None:
            masks = torch.empty(*shape, tick.turn.mask.shape[-1], dtype=torch.bool, device=device) if t == 0 else masks
            masks[:, t] = tick.turn.mask  # type: ignore[index]
        if tick.seen.active is not None:
            keep[:, t] &= seating.gather(tick.seen.active)
        if tick.ended is not None and outcome.truncated is not None and bool(outcome.truncated.any()):
            bootstrap[:, t] = minds.value(tick.ended, tick.turn.memory) * seating.gather(_cut(outcome))
        for name, measure in outcome.measures.items():
            sums[name] = sums.get(name, 0) + measure.sum()  # type: ignore[assignment]
        worlds, memory = tick.after, tick.memory_after
    last = minds.value(worlds, memory)
    rollout = Rollout(
        spec, features, masks, action, logp, value, reward, bootstrap, ends, forget, keep, last, first
    )  # fmt: skip
    return Collected(rollout, worlds, memory, sums, earned, smoothed)


def _ends(tick: Tick) -> Bool[Tensor, "W N"]:
    """Where no return flows on: a life ended or the world did."""
    over = tick.over[:, None].expand(-1, tick.worlds.scenario.spec.seats)
    return over if tick.outcome.terminated is None else over | tick.outcome.terminated


def _cut(outcome: Outcome) -> Bool[Tensor, "W N"]:
    """Seats that lived on when their world was cut off: their return is bootstrapped."""
    assert outcome.truncated is not None
    cut = outcome.truncated[:, None]
    if outcome.done is not None:
        cut = cut & ~outcome.done[:, None]
    shape = outcome.reward.shape
    return cut.expand(shape) if outcome.terminated is None else cut & ~outcome.terminated
