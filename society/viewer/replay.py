"""A recorded world made ready for the player: frames and events as compact arrays, names and colours beside them."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from society.record.files import damaged
from society.record.frames import CELL, NOWHERE, Frames, Span
from society.record.store import Run
from society.viewer import marks
from society.viewer.kept import Kept, cached, identity
from society.viewer.legends import facts
from society.viewer.payload import encode

BUDGET = 48 * 2**20  # bytes of frames that a browser is given at once
KEPT = 160 * 2**20  # bytes of replays that wait here to be asked for again
EVENTS = 400_000  # rows of one table in one replay: 11 MB
PIECES = 1000  # most windows of one world, whatever its file says of its length
SMALL = ("x", "y", "kind", "said")  # all that a small board draws of a seat
COLUMNS = {
    "trades": ("seat", "partner", "gave", "gave_amount", "got", "got_amount"),
    "contests": ("seat", "target", "good", "amount"),
}


@dataclass(frozen=True)
class Replay:
    """What the player is given: `facts` are plain JSON, `blob` the arrays of `payload.encode`.

    `id` changes when, and only when, there is something else to draw. `ticks` and `seats` count. `cut` names the tables that
    are too long to be drawn whole, each with the last tick that is.
    """

    facts: dict[str, Any]
    blob: bytes
    id: str
    ticks: int
    seats: int
    cut: dict[str, int]


# ------------------------------------------------------------------------------------------------------------ the reading


def frames_of(run: Run, span: Span, first: int, last: int) -> Frames:
    """The frames of `span` with first <= tick <= last. Raises `Damaged`, also for a file that is whole and makes no sense."""
    try:
        return run.frames(span.condition, span.world, first, last, seed=span.seed)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise damaged(run.path / "frames", f"cannot be decoded ({error})") from None


def events_of(run: Run, table: str, span: Span, ticks: np.ndarray) -> tuple[pd.DataFrame, int | None]:
    """`tick` and the `COLUMNS` of what happened in one world at `ticks` [T], by tick, and the last tick that is told whole.

    That is None where all are: a table is read up to `EVENTS` rows. Raises `Damaged`.
    """
    columns = ["tick", *COLUMNS[table]]
    where = {"condition": span.condition, "seed": span.seed, "world": span.world, "tick": ticks}
    try:
        found = run.rows(table, columns, where, count=EVENTS + 1)
    except ValueError as error:
        raise damaged(run.path / "tables" / table, f"has not the columns of this table ({error})") from None
    found = found.sort_values("tick", kind="stable", ignore_index=True)
    if len(found) <= EVENTS:
        return found, None
    last = int(found["tick"].iloc[-1]) - 1
    return found[found["tick"] <= last], last


def pieces(span: Span, size: int) -> range:
    """The ticks at which windows of `size` ticks begin; longer windows where a file claims an endless world."""
    return range(span.first, span.last + 1, max(size, (span.last - span.first) // PIECES + 1))


def window(run: Run, span: Span) -> int:
    """How many ticks of this world fit into one replay, at least 2."""
    return shared([(run, span)])


def shared(worlds: Sequence[tuple[Run, Span]], *, small: bool = False) -> int:
    """How many ticks of these worlds fit into what a browser is given at once, at least 2. `small` as in `replay`."""
    return max(2, BUDGET // max(1, sum(_weight(run, span, small) for run, span in worlds)))


@cached("frames")
def _weight(run: Run, span: Span, small: bool) -> int:
    """Bytes of one frame."""
    first = frames_of(run, span, span.first, span.first)
    return sum(values.nbytes for name, values in _drawn(first, small).items() if name != "tick")


# ------------------------------------------------------------------------------------------------------------ the replay

_replays: Kept[Replay] = Kept(KEPT, lambda one: len(one.blob))


def replay(run: Run, span: Span, first: int, last: int, *, small: bool = False) -> Replay:
    """The ticks from `first` to `last` of one recorded world; `small` leaves out what a board of a mosaic does not draw.

    Raises `Damaged`.
    """
    version = tuple(identity(run.path, name) for name in ("frames", "meta.json", *(f"tables/{table}" for table in COLUMNS)))
    return _replays.get((run.path, span, first, last, small), version, lambda: _replay(run, span, first, last, small))


def _replay(run: Run, span: Span, first: int, last: int, small: bool) -> Replay:
    if small:
        return packed(run, frames_of(run, span, first, last), {}, small=True)
    frames = frames_of(run, span, first - 1, last)  # and the one before, for a death in the first
    deaths = marks.deaths(frames, first)
    shown = _since(frames, first)
    events: dict[str, Any] = {"deaths": deaths}
    cut: dict[str, int] = {}
    for name in COLUMNS:
        found, whole = events_of(run, name, span, shown.tick)
        events[name] = found
        if whole is not None:
            cut[name] = whole
    spoken = marks.firsts([shown]) if first <= span.first and last >= span.last else first_symbols(run, span)
    events["firsts"] = spoken[(spoken["tick"] >= first) & (spoken["tick"] <= last)]
    return packed(run, shown, events, cut=cut)


def packed(
    run: Run,
    frames: Frames,
    events: Mapping[str, Any],
    *,
    small: bool = False,
    cut: Mapping[str, int] | None = None,
) -> Replay:
    """Frames [T, N] and events (table -> column -> a whole number for each row, `tick` ascending) as a `Replay`."""
    arrays = _drawn(frames, small)
    for table, columns in events.items():
        arrays |= {f"{table}.{name}": np.asarray(values).astype(np.int32) for name, values in columns.items()}
    blob = encode(arrays)
    kept = Frames(frames.tick, frames.cells, {name: frames.seats[name] for name in SMALL if name in frames.seats})
    told = facts(run, kept if small else frames)
    seats = next((values.shape[1] for values in frames.seats.values()), 0)
    return Replay(told, blob, hashlib.sha256(blob).hexdigest()[:16], len(frames.tick), seats, dict(cut or {}))


@cached("frames")
def first_symbols(run: Run, span: Span) -> pd.DataFrame:
    """tick, seat, symbol of the first use of each symbol in all that was recorded of this world."""

    def read() -> Iterator[Frames]:
        starts = pieces(span, window(run, span))
        for start in starts:
            yield frames_of(run, span, start, start + starts.step - 1)

    return marks.firsts(read())


def _since(frames: Frames, first: int) -> Frames:
    """The frames from tick `first` on."""
    at = int(np.searchsorted(frames.tick, first))
    cells = None if frames.cells is None else frames.cells[at:]
    return Frames(frames.tick[at:], cells, {name: values[at:] for name, values in frames.seats.items()})


def _drawn(frames: Frames, small: bool) -> dict[str, np.ndarray]:
    """Ticks, cells and the fields of the seats, places back in the steps in which they were stored."""
    arrays = {"tick": frames.tick.astype(np.int32)} | ({} if frames.cells is None else {"cells": frames.cells})
    for name, values in frames.seats.items():
        if small and name not in SMALL:
            continue
        if values.dtype.kind == "f":
            steps = np.where(np.isnan(values), NOWHERE, np.rint(values * CELL))
            arrays[f"seat.{name}"] = steps.astype(np.uint16)
        else:
            arrays[f"seat.{name}"] = values
    return arrays
