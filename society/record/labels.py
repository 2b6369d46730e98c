"""Labels: what a person said of two clips, kept in the run that they come from (Christiano et al. 2017).

`labels.jsonl` holds a line for each, appended as a whole and forced to the disk; every line ends with the first 16 digits of
the SHA-256 of what stands before them. A label has an identity, and the same one is never written twice.
"""

import fcntl
import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import pandas as pd

from society.record.files import damaged, inside, read_bytes, sha256, sync_folder, unfit

NAME = "labels.jsonl"
LIMIT = 64 * 2**20  # bytes
Choice = Literal["left", "right", "tie", "skip"]
CHOICES: tuple[str, ...] = get_args(Choice)
SIDES = ("left", "right")
_IDENTITY = re.compile(r"[0-9a-f]{32}")


class Clip(NamedTuple):
    """Ticks `first` to `last` of one filmed world."""

    condition: str
    seed: int
    world: int
    first: int
    last: int


@dataclass(frozen=True)
class Label:
    """Which of two clips is better: `left`, `right`, `tie`, or `skip` where they cannot be compared.

    `identity` is 32 hexadecimal digits, made when the pair was shown.
    """

    identity: str
    choice: Choice
    left: Clip
    right: Clip


def add_label(run_path: Path | str, label: Label) -> bool:
    """Append a label; False, and nothing is written, where its identity is there already.

    Raises ValueError for a choice or an identity that is none, `Damaged` for a file that cannot be trusted, OSError.
    """
    if label.choice not in CHOICES:
        raise ValueError(f"choice is {label.choice!r}: a label is {', '.join(CHOICES)}")
    if not _IDENTITY.fullmatch(label.identity):
        raise ValueError(f"identity is {label.identity!r}: give 32 hexadecimal digits")
    path = inside(Path(run_path), NAME)
    made = not path.exists()
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        whole, lines = _read(path)
        if any(line["identity"] == label.identity for line in lines):
            return False
        file.truncate(whole)  # what a killed writer left of a line
        file.write(_line({**asdict(label), "at": datetime.now(UTC).isoformat(timespec="seconds")}))
        file.flush()
        os.fsync(file.fileno())
    if made:
        sync_folder(path.parent)
    return True


def read_labels(run_path: Path | str) -> pd.DataFrame:
    """One row a label: identity, at, choice, and left_* and right_* of each clip's five numbers. Raises `Damaged`."""
    path = inside(Path(run_path), NAME)
    columns = ["identity", "at", "choice", *(f"{side}_{name}" for side in SIDES for name in Clip._fields)]
    _, lines = _read(path) if path.exists() else (0, [])
    rows = [
        [line["identity"], line["at"], line["choice"], *(value for side in SIDES for value in line[side])] for line in lines
    ]
    return pd.DataFrame(rows, columns=columns)


def _line(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=True, allow_nan=False)
    return f"{text} {sha256(text.encode())[:16]}\n".encode()


def _read(path: Path) -> tuple[int, list[dict[str, Any]]]:
    """Bytes of the whole lines, and the lines. A last line without its end was never finished and does not count."""
    data = read_bytes(path, LIMIT)
    whole = data.rfind(b"\n") + 1
    return whole, list(_lines(path, data[:whole]))


def _lines(path: Path, data: bytes) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(data.splitlines(), 1):
        text, _, digest = line.rpartition(b" ")
        try:
            if sha256(text)[:16].encode() != digest:
                raise ValueError("its checksum does not match")
            yield _checked(json.loads(text))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise damaged(path, f"line {number} is no label ({error})", "restore it or delete this line") from None


def _checked(line: dict[str, Any]) -> dict[str, Any]:
    """A label as it was written. ValueError, KeyError or TypeError for anything else."""
    if wrong := unfit(line):
        raise ValueError(wrong)
    clips = {side: Clip(*line[side]) for side in SIDES}
    numbers = [number for clip in clips.values() for number in clip[1:]]
    fine = all(isinstance(number, int) and math.isfinite(number) for number in numbers)
    fine &= all(isinstance(clip.condition, str) for clip in clips.values()) and isinstance(line["at"], str)
    if not fine or line["choice"] not in CHOICES or not _IDENTITY.fullmatch(line["identity"]):
        raise ValueError("a field holds what it cannot")
    return {**line, **clips}
