"""Letters: what one process asks another through files beside the runs, `ROOT/.desk/`, and what it is answered.

A letter is one safetensors file: arrays of numbers, and one more of bytes that holds a JSON object. There is nothing to
execute in it and nothing compressed, so its size on the disk bounds what reading it takes. Nobody reads half of one.
"""

import fcntl
import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from society.record.files import atomic_write, damaged, inside, read_bytes, sha256, unfit

DESK = ".desk"  # hidden, as every folder that begins with a dot, from the list of runs
LIMIT = 64 * 2**20  # bytes of a letter
REQUEST_LIMIT = 16 * 2**10  # bytes of a request
TEXT = "__text__"  # the array that holds the JSON
NAME = re.compile(r"[0-9a-f]{32}")

Arrays = dict[str, np.ndarray]


def desk(root: Path, *names: str) -> Path:
    """`root/.desk/names...`, made if need be. `Damaged` where a link leads out of `root`; OSError from the disk."""
    path = inside(root, DESK, *names)
    path.mkdir(parents=True, exist_ok=True)
    return path


def named(request: Mapping[str, Any]) -> str:
    """The name of a request: 32 hex digits of its content, the same for the same question. ValueError for no JSON."""
    return sha256(canonical(request))[:32]


def canonical(request: Mapping[str, Any]) -> bytes:
    """A request as the one JSON text that it has. ValueError for what JSON lacks and for more than 16 KiB."""
    try:
        text = json.dumps(request, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, RecursionError) as error:
        raise ValueError(f"a request is plain JSON ({error})") from None
    if len(text) > REQUEST_LIMIT:
        raise ValueError(f"a request has {len(text)} bytes; at most {REQUEST_LIMIT} are read")
    return text


def read_text(path: Path, limit: int = REQUEST_LIMIT) -> dict[str, Any]:
    """A JSON object of at most `limit` bytes; `Damaged` for anything else, NaN among it."""
    data = read_bytes(path, limit)
    try:
        document = json.loads(data.decode("utf-8"), parse_constant=_refuse)
        wrong = unfit(document)
    except (ValueError, RecursionError):
        raise damaged(path, "is not JSON", "delete it") from None
    if not isinstance(document, dict) or wrong:
        raise damaged(path, "is not a JSON object of numbers and text", "delete it")
    return document


def write(path: Path, text: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> None:
    """Write a letter in one step. ValueError for what JSON lacks or for more than 64 MiB; OSError from the disk."""
    written = json.dumps(text, allow_nan=False).encode()
    body = {TEXT: np.frombuffer(written, np.uint8), **(arrays or {})}
    data = save({name: np.ascontiguousarray(array) for name, array in body.items()})
    if len(data) > LIMIT:
        raise ValueError(f"the answer has {len(data) >> 20} MiB, more than {LIMIT >> 20}: ask for fewer ticks")
    atomic_write(path, data)


def read(path: Path) -> tuple[dict[str, Any], Arrays]:
    """The JSON object and the arrays of a letter; `Damaged` for a file that is none."""
    data = read_bytes(path, LIMIT)
    try:
        arrays = load(data)
        text = json.loads(arrays.pop(TEXT).tobytes().decode("utf-8"), parse_constant=_refuse)
        wrong = unfit(text)
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(path, f"is no letter ({type(error).__name__})", "delete it") from None
    if not isinstance(text, dict) or wrong:
        raise damaged(path, "is no letter (its text is no object of numbers and text)", "delete it")
    return text, arrays


def plain_file(path: Path) -> BinaryIO:
    """A file to add to, made if need be; OSError where a link stands in its place, so that nothing outside is touched."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    return os.fdopen(os.open(path, flags, 0o644), "ab")


def hold(path: Path, patience: float = 1.0) -> BinaryIO | None:
    """Lock this file until it is closed or the process ends, however it ends; None where another process keeps it.

    Who only looks whether it is kept (`held`) has it for a moment, so it is tried for `patience` seconds.
    """
    file, until = plain_file(path), time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= until:
                file.close()
                return None
            time.sleep(0.02)
        else:
            return file


def held(path: Path) -> bool:
    """Whether some process keeps this lock."""
    lock = hold(path, 0.0)
    if lock is not None:
        lock.close()
    return lock is None


def _refuse(word: str) -> None:
    raise ValueError(word)
