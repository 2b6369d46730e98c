"""A small run that writes everything a run directory holds; the kill tests run it in a process of its own."""

from pathlib import Path

import numpy as np

from society.record import checkpoint
from society.record.files import Damaged, write_json, write_text_sealed
from society.record.frames import FrameWriter
from society.record.recorder import Recorder
from society.record.store import write_status

TOML = 'scenario = "bazaar"\nseed = 3\n\n[learner]\nrate = 0.001\n'


def begin(path: Path) -> None:
    """The documents that come before the first update."""
    path.mkdir(parents=True, exist_ok=True)
    write_json(path / "meta.json", {"run_toml_sha256": write_text_sealed(path / "run.toml", TOML), "scene": {"h": 4}})
    write_status(path, state="running", update=0)


def message_rows(update: int) -> dict[str, object]:
    draw = np.random.default_rng(update)
    return {
        "condition": "training",
        "seed": 3,
        "world": np.arange(5),
        "tick": update * 10,
        "episode": update,
        "seat": 0,
        "mind": draw.integers(0, 4, 5),
        "life": 0,
        "m0": draw.integers(0, 9, 5),
    }


def metric_rows(update: int) -> dict[str, object]:
    return {
        "condition": "training",
        "seed": 3,
        "world": -1,
        "tick": -1,
        "update": update,
        "agent_steps": update * 100,
        "mind": -1,
        "name": ["reward", "entropy.say"],
        "value": [update / 3, -1.0],
    }


def weights(update: int) -> dict[str, dict[str, np.ndarray]]:
    return {
        "population": {"trunk.weight": np.full((2, 3), update, np.float32), "step": np.array(update)},
        "optimiser.0": {"moment": np.arange(6, dtype=np.float64) * update},
    }


def one_update(recorder: Recorder, frames: FrameWriter, update: int) -> None:
    """Rows first, then the checkpoint (every second update), as the recorder's docstring asks."""
    recorder.add("messages", message_rows(update))
    recorder.add("metrics", metric_rows(update))
    for tick in (2 * update, 2 * update + 1):
        cells = np.full((4, 4), update % 200, np.uint8)
        frames.add("training", 3, 0, tick, cells, {"x": [0.5, 1.25], "y": [3.0, np.nan], "kind": [1, 2]})
    recorder.flush(update)
    frames.flush(update)
    if update % 2 == 0:
        checkpoint.save(recorder.path, update, weights(update), {"update": update})


def resume(path: Path) -> int:
    """Return the run to its last checkpoint (-1: to its beginning)."""
    try:
        update = checkpoint.load(path).update
    except Damaged:
        update = -1
    Recorder(path).rewind(update)
    return max(update, 0)


def work(path: Path, acknowledged: Path, last: int) -> None:
    """Resume and go on to update `last`, writing each completed checkpoint's number to `acknowledged`."""
    begin(path)
    update = resume(path)
    recorder, frames = Recorder(path), FrameWriter(path)
    while update < last:
        update += 1
        one_update(recorder, frames, update)
        if update % 2 == 0:
            acknowledged.with_suffix(".new").write_text(f"{update:d}")
            acknowledged.with_suffix(".new").replace(acknowledged)
    write_status(path, state="done", update=update)
