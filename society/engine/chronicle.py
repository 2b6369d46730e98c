"""What a training writes as it goes, in the order that lets a kill at any moment be resumed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..population.rollout import Report
from ..record import checkpoint
from ..record.recorder import Recorder
from .lexicon import Lexicon
from .rollout import Collected
from .stopped import Stopped

if TYPE_CHECKING:
    from .training import Training

FLUSHES = 100  # times that rows of a training go to the disk, so that it can be watched
MOMENTS = 40  # of a training at which the lexicon is taken down


class Chronicle:
    """The rows and checkpoints of one training in the run directory `path`. `begin` first, then `update` after each."""

    def __init__(self, run: Training, path: Path):
        self.run, self.path, self.recorder = run, path, Recorder(path)
        self.saved = self.recorded = 0  # updates
        self.writing = False

    def begin(self, warnings: Callable[[str], None] | None) -> None:
        """Load the newest checkpoint and drop what is newer, or write the first one. Raises record.files.Damaged."""
        run, recorder = self.run, self.recorder
        if checkpoint.updates(self.path):
            run.load(self.path, warnings)
            recorder.rewind(run.done)
        else:
            recorder.rewind(-1)
            p = run.population
            columns = {"mind": p.mind, "parent": p.parent, "born_update": p.born, "frozen": ~p.live}
            recorder.add("lineage", _leading(run) | {name: t.detach().cpu().numpy() for name, t in columns.items()})
            recorder.flush(0)
            run.save(self.path)
        self.saved = self.recorded = run.done

    def reader(self) -> Lexicon | None:
        """Who takes down the lexicon of the coming update, if this is a moment for it."""
        run = self.run
        due = run.done % max(run.total // MOMENTS, 1) == 0 or run.done + 1 == run.total
        return Lexicon() if due else None

    def update(self, got: Collected, report: Report, seconds: dict[str, float], words: Lexicon | None) -> None:
        """Take down the update that was just made; at its times write rows, or a checkpoint. Raises Stopped for a full disk."""
        run = self.run
        _record_update(self.recorder, run, got, report, seconds)
        if words is not None and (columns := words.columns()) is not None:
            self.recorder.add("lexicon", _when(run) | columns)
        self.recorded = run.done
        if run.done % run.config.training.checkpoint_every == 0 or run.done == run.total:
            self._guard_disk()
            self._write(save=True)
        elif run.done % max(run.total // FLUSHES, 1) == 0:
            self._write(save=False)

    def interrupted(self) -> None:
        """One more checkpoint, unless an update's rows are not all there, or half on the disk: it is made again on resume."""
        if self.recorded == self.run.done > self.saved and not self.writing:
            self._write(save=True)

    def _write(self, save: bool) -> None:
        self.writing = True
        self.recorder.flush(self.run.done)
        if save:
            self.run.save(self.path)
            self.saved = self.run.done
        self.writing = False

    def _guard_disk(self) -> None:
        least = self.run.config.training.min_disk_mb
        free = shutil.disk_usage(self.path).free >> 20
        if free < least:
            raise Stopped(
                f"disk: {free} MB free at {self.path}, fewer than training.min_disk_mb = {least}; "
                f"checkpoint {self.saved} is kept; free some and resume"
            )


def _leading(run: Training) -> dict[str, Any]:
    return {"condition": "training", "seed": run.config.seed, "world": -1, "tick": -1}


def _when(run: Training) -> dict[str, Any]:
    """The columns that say at which update a row was written."""
    return _leading(run) | {"update": run.done, "agent_steps": run.done * run.steps_per_update}


def _record_update(recorder: Recorder, run: Training, got: Collected, report: Report, seconds: dict[str, float]) -> None:
    """The numbers of an update: by mind what the learner reports and the mean reward, for all the scenario's measures."""
    config, rollout = run.config, got.rollout
    when = _when(run)
    kept = rollout.keep.sum((1, 2)).clamp(min=1)
    # reward that came while a seat was not active is its own too, so the sum is over all rows that are not padding
    by_mind = {"reward": got.earned.sum((1, 2)) / kept, **report.numbers}
    if config.social.on:
        by_mind["reward_shaped"] = rollout.reward.sum((1, 2)) / kept
    minds = np.arange(run.population.minds)
    for name, numbers in by_mind.items():
        recorder.add("metrics", when | {"mind": minds, "name": name, "value": numbers.double().detach().cpu().numpy()})
    per_seat_tick = {name: float(total) / run.steps_per_update for name, total in got.sums.items()}
    for name, number in per_seat_tick.items():
        recorder.add("metrics", when | {"mind": -1, "name": f"measure.{name}", "value": number})
    for phase, spent in seconds.items():
        rate = run.steps_per_update / spent if spent else float("nan")
        recorder.add("timing", when | {"phase": phase, "seconds": spent, "agent_steps_per_second": rate})
