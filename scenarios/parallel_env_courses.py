"""Courses of environments: what a seed and a list of actions lead to. No world by itself, no torch.

A course is data, (seed, actions so far); a live environment is only where one of them happens to stand. If one stands a
step before what is asked for, it takes the step; if none does, one is reset and plays the whole list again: right, if slow.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict

import numpy as np

from .parallel_env_live import Brought, Order, Stage
from .parallel_env_spaces import EnvError, Layout, Origin
from .parallel_env_worker import Worker

SPARE = 2  # live environments for each course of the largest question: a second society, or those that are filmed
LEAST = 8


class Courses:
    """Where courses lead, by live environments in this process (workers 0) or in so many others.

    C courses are asked of at once, each a seed, actions int16 [T, N, K] and how many of them count.
    """

    def __init__(self, origin: Origin, workers: int = 0):
        self.origin, self.workers = origin, workers
        self.stage = Stage(origin)
        self.layout: Layout = self.stage.layout
        self.hands: dict[int, Worker] = {}
        self.lock = threading.Lock()
        self.most = LEAST
        self._forget()

    def lead(self, seed: np.ndarray, actions: np.ndarray, length: np.ndarray) -> Brought:
        """What the last actions of C courses brought; for one without actions, what its reset did. Raises `EnvError`."""
        with self.lock:
            return self._lead(seed, actions, length)

    def frames(self, seed: np.ndarray, actions: np.ndarray, length: np.ndarray) -> np.ndarray:
        """Pictures of C courses where they lead, as cells [C, H, W] uint8. Raises `EnvError`."""
        drawn = []
        with self.lock:
            for c in range(len(seed)):
                self._lead(seed[c : c + 1], actions[c : c + 1], length[c : c + 1])
                slot = next(reversed(self.places.values()))
                drawn.append(self._hand(slot).frame(slot))
        if len({one.shape for one in drawn}) > 1:
            raise EnvError(f"{self.origin.env} renders pictures of several sizes, which cannot be drawn")
        return np.stack(drawn)

    def _forget(self) -> None:
        """As if no environment stood anywhere."""
        self.places: OrderedDict[bytes, int] = OrderedDict()  # course -> slot, the longest unused first
        self.past: OrderedDict[bytes, None] = OrderedDict()  # courses that are over: nobody will go on from there
        self.count = 0
        self.kept = Brought.empty(self.layout, 0)

    def _lead(self, seed: np.ndarray, actions: np.ndarray, length: np.ndarray) -> Brought:
        self.most = max(self.most, SPARE * len(seed))
        wanted: list[int] = []
        orders: list[Order] = []
        names: list[bytes] = []
        taken: set[int] = set()
        for one, played, t in zip(seed.tolist(), actions, length.tolist(), strict=True):
            name = _name(one, played[:t])
            slot = self.places.get(name)
            if slot is None:
                order = self._order(one, played[:t], taken)
                orders.append(order)
                names.append(name)
                self.places[name] = slot = order.slot
            self.places.move_to_end(name)
            taken.add(slot)
            wanted.append(slot)
        try:
            self._carry_out(orders)
        except BaseException:  # nobody knows where they stand now
            self.hands = {}
            self._forget()
            raise
        full = len(_name(0, actions[0]))
        for name, order in zip(names, orders, strict=True):
            if len(name) == full or self.kept.over[order.slot]:
                self.past[name] = None
        return self.kept.take(wanted)

    def _order(self, seed: int, played: np.ndarray, taken: set[int]) -> Order:
        """How to get there: a step from just before, or all the way from the reset."""
        if len(played):
            before = _name(seed, played[:-1])
            if (slot := self.places.get(before)) is not None and slot not in taken:
                del self.places[before]
                return Order(slot, None, played[-1:])
        return Order(self._slot(taken), seed, played)

    def _slot(self, taken: set[int]) -> int:
        """A slot that may be used anew: of a course that is over, else one more, else the longest unused."""
        while self.past:
            name, _ = self.past.popitem(last=False)
            if (slot := self.places.get(name)) is not None and slot not in taken:
                del self.places[name]
                return slot
        if self.count < self.most:
            self.count += 1
            return self.count - 1
        name = next(name for name, slot in self.places.items() if slot not in taken)
        return self.places.pop(name)

    def _carry_out(self, orders: list[Order]) -> None:
        """Play the orders and keep what they brought by slot."""
        if self.count > len(self.kept.over):
            wider = Brought.empty(self.layout, max(self.count, 2 * len(self.kept.over)))
            wider.put(slice(0, len(self.kept.over)), self.kept)
            self.kept = wider
        shares: dict[int, list[Order]] = {}
        for order in orders:
            shares.setdefault(order.slot % max(self.workers, 1), []).append(order)
        if not self.workers:
            found = {number: self.stage.play(share) for number, share in shares.items()}
        else:
            hands = {number: self._worker(number) for number in shares}
            for number, share in shares.items():
                hands[number].ask(share)
            found = {number: hands[number].answer(len(share)) for number, share in shares.items()}
        for number, brought in found.items():
            if not np.isfinite(brought.features).all() or not np.isfinite(brought.reward).all():
                raise EnvError(f"{self.origin.env} gives an observation or a reward that is not a finite number")
            self.kept.put([order.slot for order in shares[number]], brought)

    def _worker(self, number: int) -> Worker:
        if number not in self.hands:
            self.hands[number] = Worker(self.origin, self.layout)
        return self.hands[number]

    def _hand(self, slot: int) -> Stage | Worker:
        return self._worker(slot % self.workers) if self.workers else self.stage


_shared: weakref.WeakValueDictionary[tuple[Origin, int], Courses] = weakref.WeakValueDictionary()


def courses(origin: Origin, workers: int) -> Courses:
    """The courses of an environment, shared by all scenarios of it that are alive. Raises `EnvError`."""
    found = _shared.get((origin, workers))
    if found is None:
        found = _shared[origin, workers] = Courses(origin, workers)
    return found


def _name(seed: int, played: np.ndarray) -> bytes:
    """A course as a key: exact, no digest."""
    return seed.to_bytes(8, "little") + played.tobytes()
