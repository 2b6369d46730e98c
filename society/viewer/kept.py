"""The one way in which the viewer caches: what was read is kept while the files that it was read from are the same.

It is kept once for all browser sessions, within a number of bytes. Kept objects are shared, so nobody changes them.
"""

import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import wraps
from pathlib import Path
from threading import Lock
from typing import Concatenate, Generic, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from society.record.store import Run

READ = 256 * 2**20  # bytes of what `cached` functions gave back
Identity = tuple[tuple[str, int, int], ...]
T = TypeVar("T")
P = ParamSpec("P")


class Kept(Generic[T]):
    """Values of at most `most` bytes in all, as `size` counts them; those not asked for longest go first.

    A key has one value at a time: when its `version` changes the older one is let go, so that a file which is replaced every
    few seconds leaves nothing behind. Sessions run in threads and share it.
    """

    def __init__(self, most: int, size: Callable[[T], int]) -> None:
        self.most, self.size = most, size
        self._values: OrderedDict[Hashable, tuple[Hashable, int, T]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """What is held now."""
        return self._bytes

    def get(self, key: Hashable, version: Hashable, make: Callable[[], T]) -> T:
        """The value of `key` if it was made for `version`, else `make()`, whose errors pass through and are not kept."""
        with self._lock:
            there = self._values.get(key)
            if there is not None and there[0] == version:
                self._values.move_to_end(key)
                return there[2]
        value = make()
        size = self.size(value)
        with self._lock:
            self._forget(key)
            self._values[key] = version, size, value
            self._bytes += size
            while self._bytes > self.most:
                self._forget(next(iter(self._values)))
        return value

    def clear(self) -> None:
        """Let everything go."""
        with self._lock:
            self._values.clear()
            self._bytes = 0

    def _forget(self, key: Hashable) -> None:
        if key in self._values:
            self._bytes -= self._values.pop(key)[1]


def weight(value: object) -> int:
    """About how many bytes a result takes: arrays and columns as they lie in memory; texts that repeat count once."""
    if isinstance(value, pd.DataFrame):
        return 1024 + int(value.memory_usage().sum())
    if isinstance(value, pd.Series):
        return 512 + int(value.memory_usage())
    if isinstance(value, np.ndarray):
        return 128 + value.nbytes
    parts: Iterable[object]
    if is_dataclass(value) and not isinstance(value, type):
        parts = [getattr(value, field.name) for field in fields(value)]
    elif isinstance(value, Mapping):
        parts = [*value, *value.values()]
    elif isinstance(value, list | tuple):
        parts = value
    else:
        return 64 + sys.getsizeof(value)
    return 128 + sum(map(weight, parts))


def identity(path: Path, *names: str) -> Identity:
    """Name, size and time of each file that `names` mean (a file, or the files of a folder), and of LATEST."""
    return tuple(_identity(path.joinpath(*names))) + tuple(_identity(path / "checkpoints" / "LATEST"))


def _identity(path: Path) -> Iterator[tuple[str, int, int]]:
    try:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        for file in files:
            facts = file.stat()
            yield file.name, facts.st_size, facts.st_mtime_ns
    except OSError:  # gone in between, or never there: either way another identity than before
        yield str(path), -1, -1


_read: Kept[object] = Kept(READ, weight)


def cached(*files: str, controls: bool = False) -> Callable[[Callable[Concatenate[Run, P], T]], Callable[Concatenate[Run, P], T]]:
    """A function of a run and of hashable arguments, whose result is kept until one of these `files` of the run changes.

    A file or folder is told by its path in the run (`"frames"`, `"tables/deals"`; `{}` stands for the first argument after
    the run, such as the table). With `controls` those of the run's controls count as well. The function is given a `Run`
    that has read nothing yet, so that it sees the files as they are now. What it raises is not kept.
    """

    def wrap(make: Callable[Concatenate[Run, P], T]) -> Callable[Concatenate[Run, P], T]:
        @wraps(make)
        def found(run: Run, *args: P.args, **more: P.kwargs) -> T:
            paths = [run.path, *(one.path for one in (run.controls.values() if controls else ()))]
            version = tuple(identity(path, file.format(*args)) for path in paths for file in files)
            key = (make, run.path, args, tuple(sorted(more.items())))
            value: T = _read.get(key, version, lambda: make(Run(run.path), *args, **more))  # type: ignore[assignment]
            return value

        return found

    return wrap


def forget() -> None:
    """Let go of all that `cached` functions gave back; for tests that change what is read, and not the files."""
    _read.clear()
