"""The tail: the newest rollout of one world of a run that is learning, for whoever watches it.

One file, replaced as a whole every few seconds and gone when training ends. When it is written depends on the clock, so
nothing that a seed determines rests on it. Layout: the SHA-256 of the rest in hexadecimal, a line break, an Arrow file of
frames as in `frames.py` whose metadata also hold the events.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from society.record.files import atomic_write, damaged, inside, read_bytes, sha256, unfit
from society.record.frames import Frames, FrameWriter, decode_frames

NAME = "tail.frames"
CONDITION = "training"
LIMIT = 256 * 2**20  # bytes


@dataclass(frozen=True)
class Tail:
    """What world 0 did in the rollout before `update`; `events`: table -> the rows that happened in it, with their tick."""

    update: int
    agent_steps: int
    frames: Frames
    events: dict[str, pd.DataFrame]


def write_tail(film: FrameWriter, update: int, agent_steps: int, events: Mapping[str, list[dict[str, int]]]) -> None:
    """Replace the tail of the run that `film` belongs to by the frames it was given. Raises OSError."""
    data = film.encode(update, {"society.tail": json.dumps({"agent_steps": agent_steps, "events": dict(events)})})
    atomic_write(inside(film.path, NAME), sha256(data).encode() + b"\n" + data)


def read_tail(run_path: Path | str) -> Tail | None:
    """The tail, None where there is none. Raises `Damaged`."""
    path = inside(Path(run_path), NAME)
    if not path.exists():
        return None
    try:
        digest, _, data = read_bytes(path, LIMIT).partition(b"\n")
    except FileNotFoundError:
        return None
    if sha256(data).encode() != digest:
        raise damaged(path, "checksum does not match", "delete it")
    frames, update, metadata = decode_frames(path, data)
    try:
        told = json.loads(metadata[b"society.tail"])
        if wrong := unfit(told):
            raise ValueError(wrong)
        events = {str(name): _rows(rows) for name, rows in told["events"].items()}
        return Tail(update, int(told["agent_steps"]), frames, events)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise damaged(path, f"is no tail of a run ({error})", "delete it") from None


def _rows(rows: Any) -> pd.DataFrame:
    """Whole numbers by column. ValueError for anything else."""
    frame = pd.DataFrame.from_records(rows)
    return frame.astype(np.int64) if len(frame) else pd.DataFrame({"tick": pd.Series([], dtype="int64")})


def remove_tail(run_path: Path) -> None:
    """Training has ended: the frames of the evaluation follow. Raises OSError."""
    (run_path / NAME).unlink(missing_ok=True)
