"""A played session: a person in one seat of one evaluation world, trained minds in all others, recorded as a run of its own.

The whole batch of the evaluation is played, so that the minds decide exactly as they did when they were judged: who moves
as the trained mind did gets the recorded return. Only the one world is recorded, under the condition `played`, which no
metric of a trained society reads; a played run has a fingerprint of its own, so it is pooled with nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils import _pytree as pytree

from ..engine.evaluation import Evaluation, Notes
from ..engine.launch import prepare
from ..engine.rollout import Clock, Mixed, Scripted, Tick, ticks
from ..record.files import write_json
from ..record.frames import FrameWriter
from ..record.recorder import Recorder
from ..record.runs import create_run_dir
from ..record.store import Run
from ..world.scenario import Outcome
from .questions import TWINS, Unanswerable, whole
from .replays import Replay
from .seat import Ask, Person, Score

PLAYED = "played"  # the condition of every row
MOST_EPISODES = 100


@dataclass(frozen=True)
class Seated:
    """What was asked for: a seat of an evaluation world, under a condition, for so many episodes at most."""

    condition: str
    world: int
    seat: int
    episodes: int


def seated(request: Mapping[str, Any], replay: Replay) -> Seated:
    """The session that a request asks for. Raises Unanswerable."""
    condition = request.get("condition")
    if condition not in TWINS:
        raise Unanswerable(f"a seat can be taken in {', '.join(TWINS)}")
    world = whole(request, "world", 0, replay.config.evaluation.worlds - 1)
    seat = whole(request, "seat", 0, replay.spec.seats - 1)
    return Seated(str(condition), world, seat, whole(request, "episodes", 1, MOST_EPISODES))


def begin(root: Path, replay: Replay, asked: Seated) -> Path:
    """The run directory of a session: the trained run's config, and in meta.json whose minds play and who sits where."""
    path = create_run_dir(root, replay.config.scenario)
    parent = replay.run.name
    told = f"seat {asked.seat} of world {asked.world}, {asked.condition}, against the minds of {parent}"
    prepare(replay.config, path, ["(played in the viewer)", told], parent=parent)
    played = {"of": parent, **dataclasses.asdict(asked)}
    own = {"fingerprint": f"played {path.name}", "missing": {}, "played": played}
    write_json(path / "meta.json", {**Run(path).meta, **own})
    return path


class Game:
    """One session at work. `play` returns when it is over; whatever ends it, `close` keeps what was recorded."""

    def __init__(self, replay: Replay, asked: Seated, path: Path, ask: Ask):
        self.replay, self.asked, self.path = replay, asked, path
        spec = replay.spec
        self.worlds = replay.course(asked.condition).start
        minds = replay.evaluation.minds()
        mine = torch.zeros_like(minds.seating.mind, dtype=torch.bool)
        mine[asked.world, asked.seat] = True
        self.minds = torch.where(mine, -1, minds.seating.mind)[asked.world]
        person = Person(spec, asked.world, asked.seat, ask)
        self.actor = Mixed(mine, Scripted(person.script), minds)
        self.score = Score(spec, asked.seat, sums=[0.0] * spec.seats)
        self.book = _Book(replay, path, asked.world)
        self.notes = Notes(self.book, PLAYED, self.worlds.scenario, self.minds[None])

    @property
    def length(self) -> int:
        """Ticks at most: the evaluation's, since nothing was judged beyond them."""
        return min(self.replay.config.evaluation.ticks, self.asked.episodes * self.replay.spec.episode)

    def play(self, after: Callable[[], None] = lambda: None) -> None:
        """Play to the end of the last episode; `after` is called after every tick. What `ask` raises passes through."""
        with torch.no_grad():
            for number, tick in enumerate(ticks(self.worlds, self.actor, self.actor.blank(self.worlds), self.length, Clock())):
                alone = only(tick, self.asked.world)
                self.notes.tick(number, alone)
                self.score.take(alone)
                after()
                if self.score.episode >= self.asked.episodes:
                    break

    def flush(self) -> None:
        """Put the rows so far on the disk. Raises OSError."""
        self.book.recorder.flush(self.score.tick)
        self.book.frames.flush(self.score.tick)

    def close(self) -> None:
        """Write the episode that was left unfinished, and all rows. Raises OSError."""
        if self.notes.last is not None:
            self.book.ends(self.score.tick)
            self.notes.close()
        self.flush()


class _Book(Evaluation):
    """What `Notes` writes to: an evaluation of one world, which keeps the number that it has among its like."""

    def __init__(self, replay: Replay, path: Path, world: int):
        super().__init__(replay.config, replay.evaluation.population, path, 0)
        self.recorder, self.frames = _Rows(path, world), _Film(path, world)
        self.ends(replay.config.evaluation.ticks)

    def ends(self, length: int) -> None:
        """Everything of one world is kept, for `length` ticks."""
        small = {"worlds": 1, "recorded_worlds": 1, "frames_worlds": 1, "ticks": length, "frames_ticks": length}
        evaluation = self.config.evaluation.model_copy(update=small)
        self.config = self.config.model_copy(update={"evaluation": evaluation})


class _Rows(Recorder):
    def __init__(self, path: Path, world: int):
        super().__init__(path)
        self.world = world

    def add(self, table: str, columns: Mapping[str, Any]) -> None:
        super().add(table, {**columns, "world": self.world})


class _Film(FrameWriter):
    def __init__(self, path: Path, world: int):
        super().__init__(path)
        self.world = world

    def add(self, condition: str, seed: int, world: int, *frame: Any) -> None:  # type: ignore[override]
        super().add(condition, seed, self.world, *frame)


def only(tick: Tick, world: int) -> Tick:
    """A tick of this one world of the batch, all tensors [1, ...]."""

    def one(leaf: Any) -> Any:
        return leaf[world : world + 1] if isinstance(leaf, torch.Tensor) else leaf

    def fields(whole: Any) -> Any:
        return dataclasses.replace(whole, **{f.name: one(getattr(whole, f.name)) for f in dataclasses.fields(whole)})

    def alone(worlds: Any) -> Any:
        state = pytree.tree_map(one, worlds.state)
        cut = {name: one(getattr(worlds, name)) for name in ("world", "episode", "tick")}
        return dataclasses.replace(worlds, state=state, **cut)

    outcome: Outcome = fields(tick.outcome)
    outcome = dataclasses.replace(
        outcome,
        measures={name: one(measure) for name, measure in outcome.measures.items()},
        events={
            name: (one(mask), {column: one(values) for column, values in columns.items()})
            for name, (mask, columns) in outcome.events.items()
        },
    )
    return dataclasses.replace(
        fields(tick), worlds=alone(tick.worlds), after=alone(tick.after), ended=tick.ended and alone(tick.ended),
        seen=fields(tick.seen), turn=dataclasses.replace(fields(tick.turn), decision=None, features=None, mask=None),
        outcome=outcome,
    )  # fmt: skip
