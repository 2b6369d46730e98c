"""A run's life: begin or resume, update after update, checkpoints, guards."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from ..config import Config
from ..keys import Keys
from ..population.matchmaking import Seating
from ..population.rollout import Report
from ..record import checkpoint
from ..record.recorder import Recorder
from ..world.worlds import Worlds
from . import build
from .rollout import Clock, Collected, Minds, blank_memory, collect
from .shaping import shaping

Progress = Callable[[int, int, float], None]  # agent-steps done, in all, agent-steps a second


class Stopped(Exception):  # noqa: N818 (it says what happened to the run)
    """A guard stopped the run; the last good checkpoint is kept. One line that names the cause and the remedy."""


class Training:
    """A population at work. Everything that matters is in tensors and one counter, so a checkpoint is exact.

    `begin` and `resume` make one; `update` takes one rollout and one learning step; `save` writes a checkpoint.
    """

    def __init__(self, config: Config):
        torch.set_num_threads(config.training.threads)
        self.config = config
        self.scenario = build.scenario(config)
        self.population = build.population(config, self.scenario)
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

    def update(self, clock: Clock) -> tuple[Collected, Report]:
        """Collect a rollout, learn from it. Raises Stopped when a weight is no longer finite."""
        minds = Minds(self.population, self.seating())
        felt = shaping(self.config.social, minds, self.scenario.spec)
        got = collect(self.worlds, minds, self.memory, self.smoothed, self.config.training.ticks, clock, felt)
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

    Rows go to the tables `metrics` and `timing`; a checkpoint is written at update 0, every `checkpoint_every` and at
    the end. An interrupt writes one more checkpoint and is raised again. Raises Stopped for NaN and for a full disk.
    """
    run = Training(config)
    recorder = Recorder(path)
    if checkpoint.updates(path):
        run.load(path, warnings)
        recorder.rewind(run.done)
    else:
        recorder.rewind(-1)
        _record_lineage(recorder, run)
        recorder.flush(0)
        run.save(path)
    saved, recorded, saving, said = run.done, run.done, False, 0.0
    try:
        while run.done < run.total:
            clock, start = Clock(), time.perf_counter()
            got, report = run.update(clock)
            seconds = time.perf_counter() - start
            _record_update(recorder, run, got, report, clock.seconds | {"total": seconds})
            recorded = run.done
            if progress:
                progress(run.done * run.steps_per_update, run.total * run.steps_per_update, run.steps_per_update / seconds)
            if heartbeat and time.monotonic() - said > 2:
                heartbeat(update=run.done, agent_steps=run.done * run.steps_per_update)
                said = time.monotonic()
            if run.done % config.training.checkpoint_every == 0 or run.done == run.total:
                _guard_disk(path, config, saved)
                saving = True
                recorder.flush(run.done)
                run.save(path)
                saved, saving = run.done, False
    except KeyboardInterrupt:
        # an update whose rows are not all there, or half on the disk already, is made again on resume
        if recorded == run.done > saved and not saving:
            recorder.flush(run.done)
            run.save(path)
        raise
    return run


def _guard_disk(path: Path, config: Config, saved: int) -> None:
    free = shutil.disk_usage(path).free >> 20
    if free < config.training.min_disk_mb:
        raise Stopped(
            f"disk: {free} MB free at {path}, fewer than training.min_disk_mb = {config.training.min_disk_mb}; "
            f"checkpoint {saved} is kept; free some and resume"
        )


def _leading(config: Config) -> dict[str, Any]:
    return {"condition": "training", "seed": config.seed, "world": -1, "tick": -1}


def _record_lineage(recorder: Recorder, run: Training) -> None:
    p = run.population
    columns = {"mind": p.mind, "parent": p.parent, "born_update": p.born, "frozen": ~p.live}
    recorder.add("lineage", _leading(run.config) | {name: _array(tensor) for name, tensor in columns.items()})


def _record_update(recorder: Recorder, run: Training, got: Collected, report: Report, seconds: dict[str, float]) -> None:
    """The numbers of an update: by mind what the learner reports and the mean reward, for all the scenario's measures."""
    config, rollout = run.config, got.rollout
    when = _leading(config) | {"update": run.done, "agent_steps": run.done * run.steps_per_update}
    kept = rollout.keep.sum((1, 2)).clamp(min=1)
    # reward that came while a seat was not active is its own too, so the sum is over all rows that are not padding
    by_mind = {"reward": got.earned.sum((1, 2)) / kept, **report.numbers}
    if config.social.on:
        by_mind["reward_shaped"] = rollout.reward.sum((1, 2)) / kept
    minds = np.arange(run.population.minds)
    for name, numbers in by_mind.items():
        recorder.add("metrics", when | {"mind": minds, "name": name, "value": _array(numbers.double())})
    per_seat_tick = {name: float(total) / run.steps_per_update for name, total in got.sums.items()}
    for name, number in per_seat_tick.items():
        recorder.add("metrics", when | {"mind": -1, "name": f"measure.{name}", "value": number})
    for phase, spent in seconds.items():
        rate = run.steps_per_update / spent if spent else float("nan")
        recorder.add("timing", when | {"phase": phase, "seconds": spent, "agent_steps_per_second": rate})
