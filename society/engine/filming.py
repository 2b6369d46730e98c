"""Frames of running worlds: those that an evaluation keeps, and the newest ones of a run that is learning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from torch.utils import _pytree as pytree

from ..record.frames import FrameWriter
from ..record.tail import CONDITION, write_tail
from ..world.scenario import Scene
from .rollout import Tick

Shot = tuple[int, "np.ndarray | None", dict[str, np.ndarray]]  # world, cells [H, W], seat fields [N]


def shots(scene: Scene, worlds: int) -> Iterator[Shot]:
    """The first `worlds` worlds of a scene, each as `FrameWriter.add` takes it."""
    fields = {"x": scene.x, "y": scene.y, "kind": scene.kind, "said": scene.said}
    fields |= {f"value.{name}": value for name, value in scene.values.items()}
    arrays = {name: value[:worlds].cpu().numpy() for name, value in fields.items() if value is not None}
    cells = None if scene.cells is None else scene.cells[:worlds].cpu().numpy()
    for w in range(worlds):
        yield w, None if cells is None else cells[w], {name: array[w] for name, array in arrays.items()}


def frame_bytes(scene: Scene) -> int:
    """What one world's frame takes before compression."""
    _, cells, seats = next(shots(scene, 1))
    return (0 if cells is None else cells.nbytes) + 2 * sum(array.size for array in seats.values())


class Glimpse:
    """Films one rollout of world 0 for `record.tail`. `tick` takes each of its ticks, `write` replaces the file."""

    def __init__(self, path: Path, seed: int, first: int):
        self.film, self.seed, self.now = FrameWriter(path), seed, first
        self.events: dict[str, list[dict[str, int]]] = {"trades": [], "contests": []}
        self.drawn = False

    def tick(self, tick: Tick) -> None:
        """Take one tick."""
        scenario = tick.worlds.scenario
        scene = scenario.scene(pytree.tree_map(lambda leaf: leaf[:1], tick.worlds.state))
        if scene is not None:
            _, cells, seats = next(shots(scene, 1))
            self.film.add(CONDITION, self.seed, 0, self.now, cells, seats)
            self.drawn = True
        for table, rows in self.events.items():
            if table in tick.outcome.events:
                mask, columns = tick.outcome.events[table]
                for seat in mask[0].nonzero()[:, 0].tolist():
                    numbers = {name: int(column[0, seat]) for name, column in columns.items()}
                    rows.append({"tick": self.now, "seat": seat, **numbers})
        self.now += 1

    def write(self, update: int, agent_steps: int) -> None:
        """Replace the tail of the run; nothing for a world that has no scene. Raises OSError."""
        if self.drawn:
            write_tail(self.film, update, agent_steps, self.events)
