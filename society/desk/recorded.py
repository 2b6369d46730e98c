"""Whether a replay is what the run recorded: its frames and its messages against those of the replay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch.utils import _pytree as pytree

from ..engine.filming import shots
from ..engine.rollout import Tick
from ..record.frames import CELL, NOWHERE, PLACE, quantise
from ..record.store import Run
from .questions import speech


def compare(run: Run, condition: str, seed: int, world: int, course: Sequence[tuple[int, Tick]]) -> dict[str, Any]:
    """`same`: all that was recorded of this world at these ticks equals the replay; `compared`: how many frames and messages.

    A replay of which nothing was recorded is not called the same.
    """
    checks = [*_frames(run, condition, seed, world, course), *_messages(run, condition, world, course)]
    return {"same": bool(checks) and all(checks), "compared": len(checks)}


def _frames(run: Run, condition: str, seed: int, world: int, course: Sequence[tuple[int, Tick]]) -> list[bool]:
    found = run.frames(condition, world, course[0][0], course[-1][0], seed=seed)
    rows = {int(tick): row for row, tick in enumerate(found.tick)}
    return [
        _drawn(
            tick, world, None if found.cells is None else found.cells[rows[t]], {n: a[rows[t]] for n, a in found.seats.items()}
        )
        for t, tick in course
        if t in rows
    ]


def _drawn(tick: Tick, world: int, cells: np.ndarray | None, seats: dict[str, np.ndarray]) -> bool:
    """Whether a tick draws this frame."""
    alone = pytree.tree_map(lambda leaf: leaf[world : world + 1], tick.worlds.state)
    scene = tick.worlds.scenario.scene(alone)
    if scene is None:
        return False
    _, own_cells, own = next(shots(scene, 1))
    if (own_cells is None) != (cells is None) or own.keys() != seats.keys():
        return False
    same = own_cells is None or np.array_equal(own_cells, cells)  # type: ignore[arg-type]
    return same and all(np.array_equal(_stored(name, own[name]), seats[name], equal_nan=name in PLACE) for name in seats)


def _stored(name: str, values: np.ndarray) -> np.ndarray:
    """A seat field as it reads when it comes back from the disk."""
    steps = quantise(name, values)
    return np.where(steps == NOWHERE, np.nan, steps / np.float32(CELL)).astype(np.float32) if name in PLACE else steps


def _messages(run: Run, condition: str, world: int, course: Sequence[tuple[int, Tick]]) -> list[bool]:
    """Whether each recorded message of these ticks was said by that seat in the replay."""
    spec = course[0][1].worlds.scenario.spec
    name = speech(spec)
    if name is None or "messages" not in run.tables():
        return []
    columns = [f"m{i}" for i in range(spec.heads[name].length)]
    most = (course[-1][0] + 1) * spec.seats  # a world's rows come tick by tick
    rows = run.rows("messages", ["tick", "seat", *columns], {"condition": condition, "world": world}, 0, most)
    rows = rows[(rows["tick"] >= course[0][0]) & (rows["tick"] <= course[-1][0])]
    said = {t: tick.turn.packed[world][:, spec.columns[name]] for t, tick in course}
    return [
        0 <= seat < spec.seats and said[t][seat].tolist() == symbols
        for t, seat, *symbols in rows.astype("int64").to_numpy().tolist()
    ]
