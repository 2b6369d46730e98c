"""Frames: what a player draws of a world, tick by tick, small enough to keep.

Positions are uint16 in 1/256 of a cell (0 to 255.99), everything else about a seat is int16, rounded and held within
its range; a frame is a picture, the exact numbers are in the tables. -32768 (65535 for a position) stands for "nothing
there" and is what NaN becomes. A part is an Arrow IPC file; each of its record batches is a run of ticks of one world,
and the file's own metadata says which, so a reader decodes only what it is asked for.
"""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from society.record import checkpoint, parts
from society.record.files import damaged, inside, sync_folder, unfit

PLACE = frozenset({"x", "y"})
CELL = 256  # steps of a position within one cell
NOWHERE = 65535
NOTHING = -32768
CHUNK = 256  # ticks in one record batch
SIDE, SEATS, FIELDS = 4096, 2**17, 256  # most cells along a side, seats, and fields of a seat, of one frame


class Span(NamedTuple):
    """One world's recorded ticks under one condition: `first` to `last`, `frames` of them."""

    condition: str
    seed: int
    world: int
    first: int
    last: int
    frames: int


@dataclass(frozen=True)
class Frames:
    """Frames of one world. tick [T] int64, ascending; cells [T, H, W] uint8 or None; seats: name -> [T, N].

    x and y are float32 in cell units, NaN where there is no place; the other seat fields are int16, -32768 where there
    is nothing.
    """

    tick: np.ndarray
    cells: np.ndarray | None
    seats: dict[str, np.ndarray]


def quantise(name: str, values: Any) -> np.ndarray:
    """A seat field [N] as stored: uint16 for x and y, int16 for the rest. ValueError for a place outside 0..255.99."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"seat field {name} has shape {array.shape}: give one number per seat")
    absent = np.isnan(array)
    if name in PLACE:
        steps = np.where(absent, NOWHERE, np.rint(array * CELL))
        if ((steps < 0) | (steps >= NOWHERE))[~absent].any():
            raise ValueError(f"seat field {name} leaves the grid: places are 0 to {(NOWHERE - 1) / CELL:.2f} cells")
        return steps.astype(np.uint16)
    return np.where(absent, NOTHING, np.clip(np.rint(array), NOTHING + 1, 32767)).astype(np.int16)


class FrameWriter:
    """Writes the frames of one run directory. One writer at a time; `Recorder.rewind` rewinds its parts as well."""

    def __init__(self, run_path: Path | str) -> None:
        self.path = Path(run_path)
        self._shapes: dict[str, Any] | None = None
        self._rows: dict[tuple[str, int, int], list[tuple[int, bytes | None, dict[str, np.ndarray]]]] = {}

    def add(self, condition: str, seed: int, world: int, tick: int, cells: np.ndarray | None, seats: Mapping[str, Any]) -> None:
        """Keep one frame: cells [H, W] uint8 or None, seats: field -> [N]. All frames of a run share H, W, N, fields.

        Raises ValueError for another shape, another field, or a place that leaves the grid.
        """
        stored = {name: quantise(name, values) for name, values in seats.items()}
        grid = None if cells is None else np.asarray(cells)
        if grid is not None and (grid.ndim != 2 or grid.dtype != np.uint8):
            raise ValueError(f"cells are {grid.dtype} of shape {grid.shape}: give uint8 [H, W]")
        sizes = {len(array) for array in stored.values()}
        if len(sizes) > 1:
            raise ValueError(f"seat fields differ in length: {sorted(sizes)}")
        shapes = {
            "cells": None if grid is None else list(grid.shape),
            "seats": next(iter(sizes), 0),
            "fields": sorted(stored),
        }
        if self._shapes is None:
            self._shapes = shapes
        if shapes != self._shapes:
            raise ValueError(f"a frame is {shapes}, those before it are {self._shapes}: all frames of a run are alike")
        rows = self._rows.setdefault((str(condition), int(seed), int(world)), [])
        rows.append((int(tick), None if grid is None else grid.tobytes(), stored))

    def flush(self, update: int) -> None:
        """Write the frames added since the last flush as one part, durably; none, none. Raises OSError."""
        if not self._rows or self._shapes is None:
            return
        folder = inside(self.path, "frames")
        if not folder.is_dir():
            folder.mkdir(parents=True)
            sync_folder(self.path)
        written = parts.listing(self.path, "frames")
        if written and written[-1].update > update:
            raise ValueError(f"there are frames of update {written[-1].update}: rewind before writing {update}")
        parts.write(folder, update, len(written), "arrow", self.encode(update))
        self._rows.clear()

    def encode(self, update: int, more: Mapping[str, str] | None = None) -> bytes:
        """The frames added since the last flush as an Arrow file, `more` added to its metadata. ValueError without frames."""
        if self._shapes is None:
            raise ValueError("no frame was added: there is nothing to encode")
        chunks = [(key, rows[at : at + CHUNK]) for key, rows in self._rows.items() for at in range(0, len(rows), CHUNK)]
        index = [[*key, min(row[0] for row in rows), max(row[0] for row in rows), len(rows)] for key, rows in chunks]
        fields = self._shapes["fields"]
        schema = pa.schema(
            [("condition", pa.string()), ("seed", pa.int64()), ("world", pa.int64()), ("tick", pa.int64())]
            + [("cells", pa.binary())] * (self._shapes["cells"] is not None)
            + [(f"seat.{name}", pa.list_(pa.uint16() if name in PLACE else pa.int16())) for name in fields],
            metadata={"society.frames": json.dumps({"update": update, "index": index, **self._shapes}), **(more or {})},
        )
        sink = io.BytesIO()
        with pa.ipc.new_file(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
            for (condition, seed, world), rows in chunks:
                count = len(rows)
                columns: list[pa.Array] = [
                    pa.array([condition] * count),
                    pa.array(np.full(count, seed)),
                    pa.array(np.full(count, world)),
                    pa.array([row[0] for row in rows], type=pa.int64()),
                ]
                if self._shapes["cells"] is not None:
                    columns.append(pa.array([row[1] for row in rows], type=pa.binary()))
                offsets = pa.array(np.arange(count + 1, dtype=np.int32) * self._shapes["seats"])
                for name in fields:
                    values = np.concatenate([row[2][name] for row in rows])
                    columns.append(pa.ListArray.from_arrays(offsets, pa.array(values)))
                writer.write_batch(pa.record_batch(columns, schema=schema))
        return sink.getvalue()


def frame_index(run_path: Path | str) -> list[Span]:
    """What was recorded: one span per condition, seed and world, in order of first appearance; [] without frames."""
    spans: dict[tuple[str, int, int], Span] = {}
    for _, _, facts in _parts(Path(run_path)):
        for condition, seed, world, first, last, count in facts["index"]:
            old = spans.get((condition, seed, world), Span(condition, seed, world, first, last, 0))
            spans[condition, seed, world] = Span(
                condition, seed, world, min(first, old.first), max(last, old.last), old.frames + count
            )
    return list(spans.values())


def read_frames(run_path: Path | str, condition: str, world: int, first: int, last: int, *, seed: int | None = None) -> Frames:
    """The frames of one world with first <= tick <= last, ascending; a tick recorded twice reads as the later one.

    `seed` is needed only where a run recorded several (default: the first of them). Nothing recorded: zero ticks.
    Raises `Damaged`.
    """
    wanted: list[tuple[pa.RecordBatch, dict[str, Any]]] = []
    for part, reader, facts in _parts(Path(run_path)):
        for number, (name, its_seed, its_world, begin, end, _) in enumerate(facts["index"]):
            if name != condition or its_world != world or end < first or begin > last:
                continue
            seed = its_seed if seed is None else seed
            if its_seed == seed:
                try:
                    wanted.append((reader.get_batch(number), facts))
                except (pa.ArrowException, OSError, ValueError) as error:
                    raise damaged(part.path, f"batch {number} cannot be decoded ({error})") from None
    if not wanted:
        return Frames(np.zeros(0, np.int64), None, {})
    shapes = wanted[-1][1]
    alike = [batch for batch, facts in wanted if all(facts[key] == shapes[key] for key in ("cells", "seats", "fields"))]
    plain = [batch.replace_schema_metadata(None) for batch in alike]
    try:
        return _assemble(pa.Table.from_batches(plain), shapes, first, last)
    except (pa.ArrowException, ValueError, TypeError, KeyError) as error:
        raise damaged(Path(run_path) / "frames", f"cannot be put together ({error})") from None


def _assemble(table: pa.Table, shapes: dict[str, Any], first: int, last: int) -> Frames:
    ticks = table["tick"].to_numpy()
    # Reversed, np.unique picks the last of equal ticks.
    unique, position = np.unique(ticks[::-1], return_index=True)
    rows = len(ticks) - 1 - position
    inside_range = (unique >= first) & (unique <= last)
    unique, rows = unique[inside_range], rows[inside_range]
    cells = None
    if shapes["cells"] is not None:
        joined = b"".join(table["cells"].take(pa.array(rows)).to_pylist())
        cells = np.frombuffer(joined, np.uint8).reshape(len(rows), *shapes["cells"]).copy()
    seats = {}
    for name in shapes["fields"]:
        values = table[f"seat.{name}"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        values = values.reshape(len(ticks), shapes["seats"])[rows]
        if name in PLACE:
            values = np.where(values == NOWHERE, np.nan, values / np.float32(CELL)).astype(np.float32)
        seats[name] = values
    return Frames(unique, cells, seats)


def _parts(root: Path) -> Iterator[tuple[parts.Part, Any, dict[str, Any]]]:
    """Each part of the frames, verified: (part, its reader, its metadata)."""
    for part in checkpoint.listing(root, "frames"):
        reader, facts = _opened(part.path, parts.content(root, part))
        if facts["update"] != part.update:
            raise damaged(part.path, "belongs to another update", "move it back or delete this run folder")
        yield part, reader, facts


def _opened(path: Path, data: bytes) -> tuple[Any, dict[str, Any]]:
    """The reader of an Arrow file of frames, and its metadata."""
    try:
        reader = pa.ipc.open_file(pa.BufferReader(data))
        facts = json.loads((reader.schema.metadata or {})[b"society.frames"])
        whole = isinstance(facts["update"], int) and not unfit(facts) and len(facts["index"]) == reader.num_record_batches
        told = _bytes_told(facts)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(path, f"is not a file of frames ({error})") from None
    if not whole:
        raise damaged(path, "does not hold what it says it holds")
    if _bytes_unfolded(data) > 2 * told + 2**20:
        raise damaged(path, f"unfolds to more than the {told} bytes that it tells of")
    return reader, facts


def _bytes_told(facts: dict[str, Any]) -> int:
    """What the frames of a file take, by its own index. ValueError, KeyError or TypeError where a frame cannot be so."""
    cells, seats, fields = facts["cells"], facts["seats"], facts["fields"]
    area = 0 if cells is None else cells[0] * cells[1]
    sides = cells is None or (len(cells) == 2 and all(isinstance(side, int) and 0 < side <= SIDE for side in cells))
    names = isinstance(fields, list) and len(fields) <= FIELDS and all(isinstance(name, str) for name in fields)
    if not sides or not names or not isinstance(seats, int) or not 0 <= seats <= SEATS:
        raise ValueError("a frame cannot have that shape")
    frame = area + seats * len(fields) * 2 + 8 * (8 + len(fields))
    for condition, *numbers, count in facts["index"]:
        if not isinstance(condition, str) or len(numbers) != 4 or not all(isinstance(n, int) for n in (*numbers, count)):
            raise ValueError("its index is none")
        if not 0 < count <= CHUNK:
            raise ValueError(f"a batch of {count} ticks")
    return sum(frame * row[-1] + 64 * len(str(row[0])) for row in facts["index"])


def _bytes_unfolded(data: bytes) -> int:
    """What the compressed buffers of an Arrow file say that they unfold to, read before anything is unfolded.

    Each is 8 bytes of length and then a frame that begins with its method's mark, at a multiple of 8. Lengths beyond any
    memory are chance hits in other data, and cannot be allocated.
    """
    total = 0
    for mark in (b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18"):  # zstd, lz4
        at = data.find(mark)
        while at >= 0:
            length = int.from_bytes(data[at - 8 : at], "little") if at >= 8 and at % 8 == 0 else 0
            total += length if length < 2**40 else 0
            at = data.find(mark, at + 4)
    return total


def decode_frames(path: Path, data: bytes) -> tuple[Frames, int, dict[bytes, bytes]]:
    """What `FrameWriter.encode` wrote of one world: its frames, their update, the metadata. Raises `Damaged` for `path`."""
    reader, facts = _opened(path, data)
    try:
        table = reader.read_all().replace_schema_metadata(None)
        frames = _assemble(table, facts, int(np.iinfo(np.int64).min), int(np.iinfo(np.int64).max))
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(path, f"cannot be decoded ({error})") from None
    return frames, facts["update"], dict(reader.schema.metadata)
