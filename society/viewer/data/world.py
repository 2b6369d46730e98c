"""What the World page can show of a run: its recorded worlds by name, the windows of a view, and what a live run just did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from society.record.frames import Span
from society.record.store import Run
from society.record.tail import CONDITION as TRAINING
from society.record.tail import NAME as TAIL
from society.record.tail import read_tail
from society.viewer import queries
from society.viewer.kept import Kept, identity
from society.viewer.replay import COLUMNS, Replay, packed, pieces, replay, shared

MOST_BOARDS = 16  # of a mosaic
World = tuple[Run, Span]  # who recorded it (the run or a control of it), and what


@dataclass(frozen=True)
class Board:
    """One picture on the page. `where` is the world's name in the address."""

    where: str
    title: str
    replay: Replay


def recorded(run: Run) -> list[World]:
    """What can be replayed of the run and its controls. Raises `Damaged`."""
    return [(one, span) for one, span in queries.spans(run) if span.condition != TRAINING]


def conditions(found: Sequence[World]) -> list[str]:
    """Their conditions, in order."""
    return list(dict.fromkeys(span.condition for _, span in found))


def worlds(found: Sequence[World], condition: str) -> dict[str, World]:
    """The worlds of one condition by their names in the address: the number, and the seed where there are several."""
    there = [one for one in found if one[1].condition == condition]
    seeds = {span.seed for _, span in there}
    named: dict[str, World] = {}
    for run, span in there:
        named.setdefault(str(span.world) if len(seeds) == 1 else f"{span.world} of seed {span.seed}", (run, span))
    return named


def moment(found: Sequence[World], condition: str, world: float, tick: float, seed: float | None = None) -> dict[str, str] | None:
    """What the address of a recorded moment says, None for one that was not recorded; of no `seed` the first is taken."""
    for name, (_, span) in worlds(found, condition).items():
        if span.world == world and seed in (None, span.seed) and span.first <= tick <= span.last:
            return {"page": "World", "condition": condition, "world": name, "tick": str(int(tick))}
    return None


def twins(found: Sequence[World], world: World) -> dict[str, World]:
    """The same world under the other conditions: same seed and number, which is what makes a world begin alike."""
    _, own = world
    named: dict[str, World] = {}
    for run, span in found:
        if span.condition != own.condition and (span.seed, span.world) == (own.seed, own.world):
            named.setdefault(span.condition, (run, span))
    return named


def starts(shown: Sequence[World], *, small: bool = False) -> range:
    """The ticks at which windows begin that these worlds can be shown in together; the first world's ticks count."""
    return pieces(shown[0][1], shared(shown, small=small))


def boards(shown: Mapping[str, World], first: int, last: int, *, small: bool = False) -> list[Board]:
    """These ticks of some worlds, in order. Raises `Damaged`."""
    return [
        Board(name, f"{span.condition[:80]} · world {span.world}", replay(run, span, first, last, small=small))
        for name, (run, span) in shown.items()
    ]


# ------------------------------------------------------------------------------------------------------------ a live run


@dataclass(frozen=True)
class Live:
    """The newest rollout of world 0 of a run that is learning."""

    update: int
    agent_steps: int
    replay: Replay


# One for each run that is watched: a newer tail takes the place of the one before it.
_tails: Kept[Live | None] = Kept(64 * 2**20, lambda one: len(one.replay.blob) if one else 0)


def learning(run: Run) -> dict[str, Run]:
    """Who is learning now and can be watched: the run itself and its controls, by name in the address."""
    return {
        TRAINING if one is run else f"{TRAINING} of {name}": one
        for name, one in queries.family(run).items()
        if one.state == "live" and (one.path / TAIL).exists()
    }


def live(run: Run) -> Live | None:
    """What `run` did last, None where it tells nothing. Raises `Damaged`."""
    return _tails.get(run.path, identity(run.path, TAIL), lambda: _live(run))


def _live(run: Run) -> Live | None:
    tail = read_tail(run.path)
    if tail is None or not len(tail.frames.tick):
        return None
    events = {table: _columns(tail.events.get(table, {}), names) for table, names in COLUMNS.items()}
    return Live(tail.update, tail.agent_steps, packed(run, tail.frames, events))


def _columns(rows: Any, names: Sequence[str]) -> dict[str, np.ndarray]:
    """`tick` and `names` of a table's rows, by tick; -1 for what is not told."""
    if not len(rows) or "tick" not in rows:
        return {name: np.zeros(0, np.int32) for name in ("tick", *names)}
    rows = rows.sort_values("tick", kind="stable")
    return {name: rows[name].to_numpy() if name in rows else np.full(len(rows), -1) for name in ("tick", *names)}
