"""Runs small enough for a test: any scenario, a few worlds and updates, every table written."""

from pathlib import Path
from typing import Any

import pandas as pd

from society.config import Config, resolve
from society.engine import build, launch
from society.record import checkpoint
from society.record.store import Run
from society.record.tables import TABLES

WORLDS, TICKS = 4, 8
CONDITIONS = ("normal", "mute", "content", "relabel", "scramble", "tradeless", "peaceful")
TINY: dict[str, Any] = {
    "training.worlds": WORLDS, "training.ticks": TICKS, "training.checkpoint_every": 2, "training.keep": 3,
    "population.policy": "mlp", "population.network.hidden": (16,), "training.min_disk_mb": 0,
    "evaluation.worlds": 4, "evaluation.ticks": 6, "evaluation.recorded_worlds": 2, "evaluation.frames_worlds": 1,
    "evaluation.frames_ticks": 4, "evaluation.conditions": CONDITIONS, "evaluation.controls": (),
}  # fmt: skip


def tiny(scenario: str, updates: int, **changes: Any) -> Config:
    """A settled config of so many updates; `changes` are fields with `__` for the dot."""
    wanted = TINY | {name.replace("__", "."): value for name, value in changes.items()}
    if wanted["population.policy"] != "mlp":
        del wanted["population.network.hidden"]
    seats = build.scenario(build.settle(resolve(scenario, overrides=wanted))).spec.seats
    steps = updates * wanted["training.worlds"] * wanted["training.ticks"] * seats
    return build.settle(resolve(scenario, overrides=wanted | {"training.agent_steps": steps}))


def prepared(config: Config, path: Path) -> Path:
    """A run directory that has not begun."""
    path.mkdir(parents=True)
    launch.prepare(config, path)
    return path


def finished(config: Config, path: Path) -> Path:
    """A run directory brought to its end in this process."""
    launch.execute(prepared(config, path))
    return path


def assert_same_rows(one: Path, two: Path) -> None:
    """Every table but `timing` has the same rows in the same order, and frames the same bytes."""
    a, b = Run(one), Run(two)
    assert a.verify() == [] == b.verify()
    assert a.tables() == b.tables() and {"metrics", "episodes"} <= set(a.tables())
    for name in set(TABLES) - {"timing"}:
        pd.testing.assert_frame_equal(a.table(name), b.table(name), check_exact=True, obj=name)
    frames = [[f.read_bytes() for f in sorted((path / "frames").rglob("part-*"))] for path in (one, two)]
    assert frames[0] == frames[1]


def assert_same_weights(one: Path, two: Path) -> None:
    """The newest checkpoints hold the same tensors, bit for bit."""
    (u, mine, _), (v, theirs, _) = checkpoint.load(one), checkpoint.load(two)
    assert u == v and mine.keys() == theirs.keys()
    for group in mine:
        assert mine[group].keys() == theirs[group].keys()
        for name, array in mine[group].items():
            assert array.tobytes() == theirs[group][name].tobytes(), name
