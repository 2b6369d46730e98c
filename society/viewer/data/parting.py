"""Where two conditions of the same world part: the first tick at which anything that was recorded of both differs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from society.record.frames import Frames, Span
from society.record.store import Run
from society.viewer.kept import Identity, cached, identity
from society.viewer.replay import COLUMNS, events_of, frames_of, pieces, shared

FIRST_LOOK = 64  # ticks: most twins part early
FILES = ("frames", *(f"tables/{table}" for table in COLUMNS))


@dataclass(frozen=True)
class Parting:
    """`tick` is the first at which they differ, -1 where they never do in the `ticks` that both recorded.

    `fields` says what differs then: "place", "cells" (whose numbers count cells), a field of the seats, or a table; with the
    seats that it concerns. `unlike` says why they cannot be compared. `until` is the last tick whose events were compared,
    -1 where all were.
    """

    tick: int = -1
    ticks: int = 0
    fields: tuple[tuple[str, tuple[int, ...]], ...] = ()
    unlike: str = ""
    until: int = -1


def parting(one: tuple[Run, Span], other: tuple[Run, Span]) -> Parting:
    """Compare cells, places, every field of the seats that both have, trades and contests, tick by tick. Raises `Damaged`."""
    run, span = other
    return _parting(*one, run.path, span, tuple(identity(run.path, name) for name in FILES))


@cached(*FILES)
def _parting(run: Run, span: Span, other_path: Path, other_span: Span, _: tuple[Identity, ...]) -> Parting:
    one, other = (run, span), (Run(other_path), other_span)
    shared: list[np.ndarray] = []
    found: tuple[int, dict[str, set[int]]] = -1, {}
    for block in _blocks(one, other):
        ours, theirs = _common(*block)
        if not len(ours.tick):
            continue
        shared.append(ours.tick)
        unlike = _unlike(ours, theirs)
        if unlike:
            return Parting(unlike=unlike)
        found = _first_difference(ours, theirs)
        if found[0] >= 0:
            break
    ticks = np.concatenate(shared) if shared else np.zeros(0, np.int64)
    counted = _shared_ticks(one, other, len(ticks)) if found[0] >= 0 else len(ticks)
    return _with_events(one, other, ticks, found, counted)


def _blocks(one: tuple[Run, Span], other: tuple[Run, Span]) -> Iterator[tuple[Frames, Frames]]:
    """The frames of both, block by block: short blocks first."""
    first, last = max(one[1].first, other[1].first), min(one[1].last, other[1].last)
    longest = pieces(Span("", 0, 0, first, last, 0), shared([one, other])).step
    size = min(FIRST_LOOK, longest)
    while first <= last:
        end = min(first + size - 1, last)
        yield frames_of(*one, first, end), frames_of(*other, first, end)
        first, size = end + 1, min(size * 4, longest)


def _common(ours: Frames, theirs: Frames) -> tuple[Frames, Frames]:
    """The frames of both at the ticks that both have."""
    _, mine, its = np.intersect1d(ours.tick, theirs.tick, assume_unique=True, return_indices=True)
    return _at(ours, mine), _at(theirs, its)


def _at(frames: Frames, rows: np.ndarray) -> Frames:
    cells = None if frames.cells is None else frames.cells[rows]
    return Frames(frames.tick[rows], cells, {name: values[rows] for name, values in frames.seats.items()})


def _unlike(ours: Frames, theirs: Frames) -> str:
    """Why two worlds are not of one kind; empty where they are."""
    if (ours.cells is None) != (theirs.cells is None):
        return "only one of them has cells"
    if ours.cells is not None and theirs.cells is not None and ours.cells.shape[1:] != theirs.cells.shape[1:]:
        return "their boards differ in size"
    seats = [{values.shape[1] for values in frames.seats.values()} for frames in (ours, theirs)]
    return "they differ in the number of seats" if seats[0] != seats[1] else ""


def _first_difference(ours: Frames, theirs: Frames) -> tuple[int, dict[str, set[int]]]:
    """The tick and what differs then, (-1, {}) where nothing does."""
    parts: dict[str, np.ndarray] = {}  # name -> [T, seats or cells] whether it differs
    for name in ours.seats.keys() & theirs.seats.keys():
        a, b = ours.seats[name], theirs.seats[name]
        differs = a != b
        if a.dtype.kind == "f":
            differs &= ~(np.isnan(a) & np.isnan(b))  # nowhere is the same place for both
        told = "place" if name in ("x", "y") else name
        parts[told] = parts[told] | differs if told in parts else differs
    if ours.cells is not None and theirs.cells is not None:
        parts["cells"] = (ours.cells != theirs.cells).reshape(len(ours.tick), -1)
    when = [differs.any(axis=1) for differs in parts.values()]
    any_differs = np.logical_or.reduce(when) if when else np.zeros(len(ours.tick), bool)
    if not any_differs.any():
        return -1, {}
    at = int(any_differs.argmax())
    return int(ours.tick[at]), {name: set(np.flatnonzero(d[at]).tolist()) for name, d in parts.items() if d[at].any()}


def _shared_ticks(one: tuple[Run, Span], other: tuple[Run, Span], seen: int) -> int:
    """How many ticks both recorded. Where both recorded every tick that is their overlap, and nothing more is read."""
    spans = [one[1], other[1]]
    if all(span.frames == span.last - span.first + 1 for span in spans):
        return min(span.last for span in spans) - max(span.first for span in spans) + 1
    return max(seen, min(span.frames for span in spans))


def _with_events(
    one: tuple[Run, Span], other: tuple[Run, Span], ticks: np.ndarray, found: tuple[int, dict[str, set[int]]], counted: int
) -> Parting:
    """What the frames tell, unless deals or strikes tell of something earlier, or of more in the same tick."""
    tick, fields = found
    until = -1
    for table in COLUMNS:
        asked = ticks if tick < 0 else ticks[ticks <= tick]
        (ours, cut), (theirs, other_cut) = (events_of(run, table, span, asked) for run, span in (one, other))
        ends = [end for end in (cut, other_cut) if end is not None]
        if ends:
            ours, theirs = ours[ours["tick"] <= min(ends)], theirs[theirs["tick"] <= min(ends)]
            until = min(ends) if until < 0 else min(until, *ends)
        at, seats = _first_event(ours, theirs)
        if at >= 0 and (tick < 0 or at < tick):
            tick, fields = at, {}
        if at >= 0 and at == tick:
            fields = fields | {table: seats}
    named = tuple((name, tuple(sorted(fields[name]))) for name in sorted(fields, key=lambda name: (_rank(name), name)))
    return Parting(tick, counted, named, until=until if tick < 0 else -1)


def _first_event(ours: pd.DataFrame, theirs: pd.DataFrame) -> tuple[int, set[int]]:
    """The first tick whose events are not the same, whatever their order, and the seats of those that only one side has."""
    columns = list(ours.columns)
    balance = pd.concat([ours.assign(n=1), theirs.assign(n=-1)]).groupby(columns)["n"].sum()
    left = balance[balance != 0].reset_index()
    if left.empty:
        return -1, set()
    tick = int(left["tick"].min())
    rows = left[left["tick"] == tick]
    both = [rows[name].astype(int) for name in ("seat", "partner") if name in rows]  # a deal is told once, by either side
    return tick, {seat for column in both for seat in column if seat >= 0}


def _rank(name: str) -> int:
    """What is told first: where seats are, then what they say, do and hold, then the ground."""
    order = ("place", "said", "trades", "contests", "kind")
    return order.index(name) if name in order else len(order) + (name == "cells")
