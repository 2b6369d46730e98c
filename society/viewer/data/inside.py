"""What a followed seat perceives, expects and might have done, as the desk tells it, made ready for the player."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from society.record.frames import Span
from society.record.store import Run
from society.viewer import desk
from society.viewer.payload import encode

MOST = 24 * 2**20  # bytes of one seat's story that a browser is given


@dataclass(frozen=True)
class Inside:
    """`follow` is what the player takes, None until the answer is there; `line` says what there is to be said of it."""

    follow: dict[str, Any] | None = None
    line: str = ""
    pending: bool = False


def inside(root: Path, run: Run, span: Span, seat: int, first: int, last: int) -> Inside:
    """Ask the desk about one seat of a recorded world in these ticks; `run` is who recorded it, in folder `root`.

    Never raises: what cannot be told is said in `line`.
    """
    if span.condition.startswith("script:"):
        return Inside(line=f"Seat {seat} follows a script: there is no mind to look into.")
    request = {"kind": "inside", "condition": span.condition, "seed": span.seed, "world": span.world}
    answer = desk.ask(root, run, request | {"seat": seat, "first": first, "last": last})
    if answer.state == "pending":
        return Inside(pending=True)
    if answer.state != "ready":
        return Inside(line=f"Seat {seat}: its mind cannot be asked. {answer.message}")
    arrays = {name: _plain(values) for name, values in answer.arrays.items() if values.dtype.kind in "fiub"}
    if sum(values.nbytes for values in arrays.values()) > MOST:
        arrays = {name: values for name, values in arrays.items() if not name.startswith("field.")}
    same = answer.facts.get("same") is True
    line = "" if same else f"Seat {seat}: played again, this world does not come out as it was recorded; take its mind with care."
    return Inside({"seat": seat, "facts": answer.facts, "blob": encode(arrays)}, line)


def _plain(values: np.ndarray) -> np.ndarray:
    """In a type that a browser reads."""
    kinds = {"f": np.float32, "b": np.uint8}
    return values.astype(kinds.get(values.dtype.kind, np.int32))
