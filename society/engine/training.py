"""A run's life: begin or resume, update after update, checkpoints, guards."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from ..config import Config
from ..keys import Keys
from ..population.matchmaking import Seating
from ..population.rollout import Report
from ..record import checkpoint
from ..record.stop import asked_to_stop
from ..record.tail import remove_tail
from ..world.worlds import Worlds
from . import build
from .chronicle import Chronicle
from .filming import Glimpse
from .rollout import Clock, Collected, Minds, Tick, blank_memory, collect
from .shaping import shaping
from .stopped import Stopped

WATCH_SECONDS = 2.0  # between two signs of life, and between two films of a rollout, for who watches
Progress = Callable[[int, int, float], None]  # agent-steps done, in all, agent-steps a second


class Training:
    """A population at work. Everything that matters is in tensors and one counter, so a checkpoint is exact.

    `begin` and `resume` make one; `update` takes one rollout and one learning step; `save` writes a checkpoint.
    """

    def __init__(self, config: Config):
        torch.set_num_threads(int(config.training.threads))
        self.config = config
        self.scenario = build.scenario(config)
        self.population = build.population(config, self.scenario)
        # what judges the minds later, and replays what they did, uses the policy as it is
        self.acting = build.compiled(config, self.population.policy)
        self.learner = build.learner(config)
        self.matchmaker = build.matchmaker(config)
        device = torch.device(config.device)
        self.worlds = Worlds.begin(self.scenario, config.seed, torch.arange(config.training.worlds, device=device))
        self.memory = blank_memory(self.worlds, self.population.policy.memory)
        self.smoothed = blank_memory(self.worlds, 1)[..., 0]
        self.done = 0

    @property
    def steps_per_update(self) -> int:
        """Agent-steps of one rollout."""
        return self.config.training.worlds * self.config.training.ticks * self.scenario.spec.seats

    @property
    def total(self) -> int:
        """Updates of the whole run: the budget of agent-steps, rounded up."""
        return -(-self.config.training.agent_steps // self.steps_per_update)

    def seating(self) -> Seating:
        """Who sits where in the coming update."""
        key = Keys.worldless(self.config.seed, "seating", self.done)
        minds = self.config.population.minds
        mind = self.matchmaker(minds, self.scenario.spec, self.config.training.worlds, key)
        return Seating.of(mind.to(self.worlds.world.device), minds)

    def update(self, clock: Clock, watchers: Sequence[Callable[[Tick], None]] = ()) -> tuple[Collected, Report]:
        """Collect a rollout, which watchers are shown, and learn from it. Raises Stopped when a weight is no longer finite."""
        minds = Minds(replace(self.population, policy=self.acting), self.seating())
        felt = shaping(self.config.social, minds, self.scenario.spec)
        ticks = self.config.training.ticks
        got = collect(self.worlds, minds, self.memory, self.smoothed, ticks, clock, felt, watchers)
        start = time.perf_counter()
        key = Keys.worldless(self.config.seed, "learn", self.done)
        population, report = self.learner.learn(self.population, got.rollout, key, self.done / max(self.total, 1))
        clock.lap("learn", start)
        if not bool(torch.isfinite(population.weights).all()):
            raise Stopped(
                f"update {self.done + 1}: a weight is not a finite number; checkpoint {self.done} or older is kept; "
                "lower learner.lr or use training.precision float32"
            )
        self.population, self.worlds, self.memory, self.smoothed = population, got.worlds, got.memory, got.smoothed
        self.done += 1
        return got, report

    def groups(self) -> dict[str, dict[str, np.ndarray]]:
        """All tensors of the run, for a checkpoint."""
        leaves, _ = pytree.tree_flatten(self.worlds.state)
        worlds = {f"state.{i}": leaf for i, leaf in enumerate(leaves)}
        worlds |= {"episode": self.worlds.episode, "tick": self.worlds.tick, "memory": self.memory}
        if self.config.social.smoothing:
            worlds["smoothed"] = self.smoothed
        groups = {"population": self.population.tensors(), "worlds": worlds}
        return {group: {name: _array(t) for name, t in tensors.items()} for group, tensors in groups.items()}

    def save(self, path: Path) -> None:
        """Write a checkpoint of this update."""
        state = {"update": self.done, "agent_steps": self.done * self.steps_per_update}
        checkpoint.save(path, self.done, self.groups(), state, last=self.config.training.keep)

    def load(self, path: Path, warnings: Callable[[str], None] | None = None) -> None:
        """Continue from the newest checkpoint that verifies. Raises record.files.Damaged."""
        update, groups, _ = checkpoint.load(path, warnings=warnings)
        device = self.worlds.world.device
        tensors = {group: {n: torch.from_numpy(a).to(device) for n, a in t.items()} for group, t in groups.items()}
        self.population = self.population.with_tensors(tensors["population"])
        leaves, tree = pytree.tree_flatten(self.worlds.state)
        state = pytree.tree_unflatten([tensors["worlds"][f"state.{i}"] for i in range(len(leaves))], tree)
        kept = tensors["worlds"]
        self.worlds = replace(self.worlds, state=state, episode=kept["episode"], tick=kept["tick"])
        self.memory, self.done = kept["memory"], update
        self.smoothed = kept.get("smoothed", self.smoothed)


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()


def train(
    config: Config,
    path: Path,
    progress: Progress | None = None,
    heartbeat: Callable[..., None] | None = None,
    warnings: Callable[[str], None] | None = None,
) -> Training:
    """Bring the run in `path` to its last update, from its newest checkpoint if it has one, and return it.

    Rows go to the tables `metrics`, `timing` and `lexicon`, on the disk a hundred times on the way; a checkpoint is
    written at update 0, every `checkpoint_every` and at the end. An interrupt, or `record.stop`, writes one more checkpoint
    and is raised as KeyboardInterrupt. Raises Stopped for NaN and for a full disk.
    """
    run = Training(config)
    chronicle = Chronicle(run, path)
    chronicle.begin(warnings)
    said = filmed = float("-inf")
    try:
        while run.done < run.total:
            if asked_to_stop(path):
                raise KeyboardInterrupt
            clock, start = Clock(), time.perf_counter()
            film = Glimpse(path, config.seed, run.done * config.training.ticks) if start - filmed > WATCH_SECONDS else None
            words = chronicle.reader()
            got, report = run.update(clock, [one.tick for one in (film, words) if one is not None])
            now = time.perf_counter()
            chronicle.update(got, report, clock.seconds | {"total": now - start}, words)
            steps = run.done * run.steps_per_update
            if film is not None:
                film.write(run.done, steps)
                filmed = now
            if progress:
                progress(steps, run.total * run.steps_per_update, run.steps_per_update / (now - start))
            if heartbeat and now - said > WATCH_SECONDS:
                heartbeat(update=run.done, agent_steps=steps)
                said = now
    except KeyboardInterrupt:
        chronicle.interrupted()
        raise
    finally:
        remove_tail(path)
    return run
