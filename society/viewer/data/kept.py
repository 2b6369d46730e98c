"""A cache that is bounded in bytes: what was made last for a key, and for that key nothing older."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Values of at most `most` bytes in all, as `size` counts them; those not asked for longest go first.

    A key has one value at a time: when its `version` changes the older one is let go, so that a file which is replaced every
    few seconds leaves nothing behind. Sessions run in threads and share it.
    """

    def __init__(self, most: int, size: Callable[[T], int]) -> None:
        self.most, self.size = most, size
        self._values: OrderedDict[Hashable, tuple[Hashable, T]] = OrderedDict()
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """What is held now."""
        with self._lock:
            return self._held()

    def get(self, key: Hashable, version: Hashable, make: Callable[[], T]) -> T:
        """The value of `key` if it was made for `version`, else `make()`, whose errors pass through and are not kept."""
        with self._lock:
            there = self._values.get(key)
            if there is not None and there[0] == version:
                self._values.move_to_end(key)
                return there[1]
        value = make()
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = version, value
            while self._held() > self.most:
                self._values.popitem(last=False)
        return value

    def _held(self) -> int:
        return sum(self.size(value) for _, value in self._values.values())
