"""An evaluation played again: the same worlds by the same keys, from any tick, with everything that a mind perceives.

The whole batch of the evaluation is played, never one world of it: a row of a matrix product is rounded by the company that
it keeps, so only the same batch gives the same numbers to the last bit.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import torch
from torch import Tensor

from ..config import Config
from ..engine import build
from ..engine.evaluation import Evaluation, lacks
from ..engine.launch import load_config
from ..engine.rollout import Clock, Minds, Tick, ticks
from ..engine.trained import trained
from ..record.store import Run
from ..world.scenario import Spec
from ..world.worlds import Worlds
from .questions import Unanswerable, speech

STRIDE = 25  # ticks between two moments that are kept, to go on from


def on_this_machine(config: Config) -> Config:
    """The config of a run as it can be played here: a run of a GPU is played on the processor where there is none."""
    if config.device == "cuda" and not torch.cuda.is_available():
        config = config.model_copy(update={"device": "cpu"})
    return build.settle(config)


class Course:
    """One condition of an evaluation, from any tick: moments on the way are kept, so that going back is cheap."""

    def __init__(self, worlds: Worlds, minds: Minds, length: int):
        self.minds, self.length = minds, length
        self.kept: dict[int, tuple[Worlds, Tensor]] = {0: (worlds, minds.blank(worlds))}

    @property
    def start(self) -> Worlds:
        """The worlds before the first tick."""
        return self.kept[0][0]

    def ticks(self, first: int, last: int) -> Iterator[tuple[int, Tick]]:
        """The ticks `first` to `last`, both included, with their numbers."""
        begin = max(number for number in self.kept if number <= first)
        worlds, memory = self.kept[begin]
        with torch.no_grad():
            course = ticks(worlds, self.minds, memory, last + 1 - begin, Clock())
            for number, tick in zip(itertools.count(begin), course, strict=False):
                if number % STRIDE == 0:
                    self.kept.setdefault(number, (tick.worlds, tick.memory))
                if number >= first:
                    yield number, tick


class Replay:
    """A run's evaluation, ready to be played again. Raises Damaged for a checkpoint that cannot be read."""

    def __init__(self, run: Run):
        self.run = run
        self.config = on_this_machine(load_config(run))
        torch.set_num_threads(int(self.config.training.threads))
        # an Evaluation writes nothing until it is run, which this one never is
        minds = trained(run.path, self.config, build.scenario(self.config))
        self.evaluation = Evaluation(self.config, minds, run.path, 0)
        self.courses: dict[str, Course] = {}

    @property
    def spec(self) -> Spec:
        """What a mind must know of this world."""
        return self.evaluation.plain.spec

    def course(self, condition: str) -> Course:
        """A condition from its first tick. Raises Unanswerable where the world lacks what the twin takes away."""
        reason = lacks(condition, self.config, self.evaluation.plain)
        if reason:
            raise Unanswerable(f"condition = {condition}: {reason}")
        if condition in ("content", "scramble"):
            self._hear()
        if condition not in self.courses:
            e = self.evaluation
            worlds = e.begin(e.stage(condition))
            self.courses[condition] = Course(worlds, e.minds(), self.config.evaluation.ticks)
        return self.courses[condition]

    def _hear(self) -> None:
        """Tape what was said in the normal run, once, as the evaluation did."""
        name, tape = speech(self.spec), self.evaluation.tape
        if name is None or tape.said:
            return
        course = self.course("normal")
        for _, tick in course.ticks(0, course.length - 1):
            tape.hear(tick, name)
