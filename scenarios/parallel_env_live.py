"""Live environments, by number: they are reset, stepped and rendered, and tell what came of it. No torch.

C courses asked of at once, N seats, F features, K action numbers, A options; T actions so far of the longest course.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .parallel_env_spaces import FOREIGN, EnvError, Layout, Origin, describe, legal, one_line

WIDEST = 96  # cells of a frame, either way
LEVELS = 6  # of each of red, green and blue
RUNNING, DONE, CUT = 0, 1, 2


@dataclass(frozen=True)
class Order:
    """Bring the environment of this number to where it is wanted: from a seed, or on from where it stands (seed None)."""

    slot: int
    seed: int | None
    actions: np.ndarray  # int16 [T, N, K]


@dataclass
class Brought:
    """What the last step of C courses brought, one row each.

    features float32 [C, N, F]; reward float32 [C, N]; mask bool [C, N, A]; active, ended bool [C, N]: who is there now,
    whose life ended just now; over uint8 [C]: the world goes on (0), came to its end (1) or was cut off (2).
    """

    features: np.ndarray
    reward: np.ndarray
    mask: np.ndarray
    active: np.ndarray
    ended: np.ndarray
    over: np.ndarray

    @classmethod
    def empty(cls, layout: Layout, rows: int) -> Brought:
        """Room for so many rows."""
        seats = (rows, len(layout.seats))
        return cls(
            np.zeros((*seats, layout.features), np.float32), np.zeros(seats, np.float32),
            np.zeros((*seats, sum(layout.sizes)), bool), np.zeros(seats, bool), np.zeros(seats, bool), np.zeros(rows, np.uint8),
        )  # fmt: skip

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """All of it, in a fixed order."""
        return (self.features, self.reward, self.mask, self.active, self.ended, self.over)

    def put(self, rows: Any, other: Brought) -> None:
        """Write another's rows over these."""
        for mine, theirs in zip(self.arrays, other.arrays, strict=True):
            mine[rows] = theirs

    def take(self, rows: Any) -> Brought:
        """Copies of these rows."""
        return Brought(*(array[rows] for array in self.arrays))


class Stage:
    """Live environments of one origin, made as they are asked for."""

    def __init__(self, origin: Origin):
        self.origin, self.lives, self.spare = origin, dict[int, Life](), origin.make()

    @cached_property
    def layout(self) -> Layout:
        """Seats, features and options, read off one environment. Raises `EnvError`."""
        try:
            return describe(self.origin, self.spare)
        except EnvError:
            raise
        except FOREIGN as error:
            raise EnvError(f"world.env = {self.origin.env!r}: its agents and spaces cannot be read: {one_line(error)}") from error

    def play(self, orders: Sequence[Order]) -> Brought:
        """Carry out orders; one row for each. Raises `EnvError` for whatever an environment raises."""
        rows = Brought.empty(self.layout, len(orders))
        try:
            for row, order in enumerate(orders):
                self._life(order.slot).play(order, rows, row)
        except EnvError:
            raise
        except FOREIGN as error:
            raise EnvError(f"{self.origin.env} failed: {one_line(error)}") from error
        return rows

    def frame(self, slot: int) -> np.ndarray:
        """The picture of an environment that is there, as cells [H, W] uint8; see `cells`. Raises `EnvError`."""
        try:
            return cells(np.asarray(self.lives[slot].env.render()))
        except FOREIGN as error:
            raise EnvError(f"{self.origin.env} cannot be drawn: {one_line(error)}") from error

    def _life(self, slot: int) -> Life:
        if slot not in self.lives:
            self.layout  # noqa: B018 (read before the spare is given away)
            spare, self.spare = self.spare, None
            self.lives[slot] = Life(self.layout, spare or self.origin.make())
        return self.lives[slot]


class Life:
    """One live environment."""

    def __init__(self, layout: Layout, env: Any):
        self.layout, self.env, self.over = layout, env, RUNNING
        self.known = {seat.name for seat in layout.seats}
        self.own = np.stack([legal(seat, layout.sizes, None) for seat in layout.seats])
        self.last: dict[Any, Any] = {}  # observations
        self.there: set[Any] = set()

    def play(self, order: Order, rows: Brought, row: int) -> None:
        """Carry out an order and write what its last step brought into a row."""
        rewards: dict[Any, Any] = {}
        ended: set[Any] = set()
        if order.seed is not None:
            self.last, _ = self.env.reset(seed=order.seed)
            self.there, self.over = set(self.env.agents), RUNNING
            if not self.there or not self.there <= self.known:
                raise ValueError(f"agents after reset: {list(self.env.agents)}; possible_agents: {self.env.possible_agents}")
        for action in order.actions:
            rewards, ended = self._step(action)
        self._tell(rows, row, rewards, ended)

    def _step(self, action: np.ndarray) -> tuple[dict[Any, Any], set[Any]]:
        """One step with [N, K]; rewards and whose life ended. Nothing happens in a world that is over."""
        if self.over:
            return {}, set()
        seats = zip(self.layout.seats, action, strict=True)
        present = set(self.env.agents)
        done = {seat.name: self._action(seat, numbers) for seat, numbers in seats if seat.name in present}
        self.last, rewards, terminations, truncations, _ = self.env.step(done)
        dead = {name for name in terminations if terminations[name]}
        cut = {name for name in truncations if truncations[name]} - dead
        left = set(self.env.agents) - dead - cut
        if left:
            self.there = left
            return rewards, dead | cut
        # who was cut off together with the world lives on, only unseen
        self.over, self.there = (CUT if cut else DONE), cut
        return rewards, dead

    @staticmethod
    def _action(seat: Any, numbers: np.ndarray) -> Any:
        own = [int(n) if n < size else 0 for n, size in zip(numbers, seat.sizes, strict=False)]
        own = [n + first for n, first in zip(own, seat.first, strict=True)]
        return own[0] if seat.discrete else np.array(own)

    def _tell(self, rows: Brought, row: int, rewards: dict[Any, Any], ended: set[Any]) -> None:
        width, several = self.layout.width, len(self.layout.roles) > 1
        rows.over[row], rows.mask[row] = self.over, self.own
        for n, seat in enumerate(self.layout.seats):
            rows.reward[row, n] = rewards.get(seat.name, 0.0)
            rows.ended[row, n], rows.active[row, n] = seat.name in ended, seat.name in self.there
            seen = self.last.get(seat.name)
            if seen is None or seat.name not in self.there:
                continue
            if seat.masked:
                rows.mask[row, n], seen = legal(seat, self.layout.sizes, seen), seen["observation"]
            rows.features[row, n, : seat.width] = seat.encode(seen)
            if several:
                rows.features[row, n, width + self.layout.seat_roles[n]] = 1.0


def cells(picture: np.ndarray) -> np.ndarray:
    """A picture [H, W, 3] uint8 as at most WIDEST x WIDEST cells: means of squares, each 1 + its colour's place in `palette`."""
    if picture.ndim != 3 or picture.shape[2] < 3 or picture.dtype != np.uint8:
        raise ValueError(f"render gives {picture.dtype} {list(picture.shape)}, no picture [H, W, 3] of bytes")
    side = -(-max(picture.shape[:2]) // WIDEST)
    high, wide = (length // side for length in picture.shape[:2])
    squares = picture[: high * side, : wide * side, :3].reshape(high, side, wide, side, 3)
    step = max(side // 4, 1)  # some four pixels of a square each way tell its mean well enough
    mean = squares[:, ::step, :, ::step].mean((1, 3), dtype=np.float32)
    level = np.rint(mean * ((LEVELS - 1) / 255)).astype(np.uint8)
    coloured: np.ndarray = 1 + (level[..., 0] * LEVELS + level[..., 1]) * LEVELS + level[..., 2]
    return coloured


def palette() -> tuple[str, ...]:
    """The colours that cells are rounded to: six levels of red, green and blue."""
    tones = [f"{round(255 * n / (LEVELS - 1)):02X}" for n in range(LEVELS)]
    return tuple(f"#{r}{g}{b}" for r in tones for g in tones for b in tones)
