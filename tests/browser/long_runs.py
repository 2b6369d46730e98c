"""Long runs, made and not trained: the rows are drawn at random, the files are the recorder's own.

What a page needs beside rows (config, scene, report, a few frames) is copied from a small run that was trained.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from society.record.frames import FrameWriter
from society.record.recorder import Recorder
from society.record.store import Run

CHUNK = 250_000  # rows of a part, and so of what is held at once
CONDITIONS = ("normal", "mute", "content", "relabel", "scramble", "tradeless", "peaceful")
SEATS, WORLDS, LIFE, SYMBOLS = 8, 64, 48, 3
LONG = {
    "messages": 6_000_000,
    "trades": 3_000_000,
    "probes": 400_000,
    "metrics": 200_000,
    "episodes": 200_000,
    "contests": 200_000,
}
SHORT = {"messages": 100_000, "trades": 20_000, "probes": 10_000, "metrics": 5_000, "episodes": 2_000, "contests": 2_000}
Columns = dict[str, object]


def long_run(path: Path, model: Run, rows: Mapping[str, int] = LONG) -> Run:
    """A finished run at `path` with so many `rows` of each table, the rest of it as in `model`; kept if it is there already."""
    if (path / "whole").exists():
        return Run(path)
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(model.path, path, ignore=shutil.ignore_patterns("checkpoints", "tables"))
    recorder, update = Recorder(path), 1
    for table in ("lineage", "timing"):
        recorder.add(table, dict(model.table(table).items()))
    recorder.flush(update)
    for table, count in rows.items():
        kinds = _kinds(model, table)
        for first, condition, here in _chunks(count):
            update += 1
            recorder.add(table, _rows(table, np.arange(first, first + here), condition, kinds))
            recorder.flush(update)
    (path / "whole").touch()
    return Run(path)


def crowd(path: Path, model: Run, seats: int, side: int = 200, ticks: int = 60) -> Run:
    """A finished run of which one world of `seats` walking seats on `side` x `side` cells was filmed; kept if it is there."""
    if (path / "whole").exists():
        return Run(path)
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(model.path, path, ignore=shutil.ignore_patterns("checkpoints", "tables", "frames"))
    rng, frames = np.random.default_rng(seats), FrameWriter(path)
    cells = (rng.random((side, side)) < 0.1).astype(np.uint8)
    places = rng.integers(side, size=(2, seats)).astype(float)
    kind = np.arange(seats) % 2
    for tick in range(ticks):
        places = np.clip(places + rng.integers(-1, 2, size=places.shape), 0, side - 1)
        said = np.where(rng.random(seats) < 0.2, rng.integers(1, SYMBOLS, size=seats), 0)
        frames.add("normal", 0, 0, tick, cells, {"x": places[0], "y": places[1], "kind": kind, "said": said})
    frames.flush(1)
    (path / "whole").touch()
    return Run(path)


def _chunks(count: int) -> Iterator[tuple[int, str, int]]:
    """(first row, condition, rows): condition after condition, as an evaluation writes them."""
    for number, condition in enumerate(CONDITIONS):
        first, last = (count * (number + one) // len(CONDITIONS) for one in (0, 1))
        for begin in range(first, last, CHUNK):
            yield begin, condition, min(CHUNK, last - begin)


def _kinds(model: Run, table: str) -> list[str]:
    """The measures and the action probabilities that this table has in the model."""
    return [name for name in model.table(table).columns if re.fullmatch(r"measure\..*|a\d+", name)]


def _rows(table: str, row: np.ndarray, condition: str, kinds: list[str]) -> Columns:
    """Columns of the rows of these numbers; the same numbers always give the same rows."""
    rng = np.random.default_rng((len(table), int(row[0])))
    size = len(row)
    seat, world, tick = row % SEATS, row // SEATS % WORLDS, row // (SEATS * WORLDS)
    good = rng.integers(2, size=size)
    place = {"condition": condition, "seed": 0, "world": world, "tick": tick}
    who = {"seat": seat, "mind": 0, "episode": 0}
    other = (seat + rng.integers(1, SEATS, size=size)) % SEATS
    if table == "messages":
        knows = seat % 2
        spoken = np.where(rng.random(size) < 0.8, 1 + knows, rng.integers(SYMBOLS, size=size))
        columns = {"life": seat * 1000 + tick // LIFE, "m0": spoken, "meaning0": knows}
    elif table == "trades":
        columns = {"partner": other, "partner_mind": 0, "gave": good, "gave_amount": 1 + good, "got": 1 - good, "got_amount": 1}
    elif table == "contests":
        columns = {"target": other, "target_mind": 0, "good": good, "amount": 1}
    elif table == "episodes":
        columns = {"role": "seat", "return_": rng.normal(size=size), "ticks": 512} | {
            name: rng.poisson(9, size) for name in kinds
        }
        place["tick"], who["episode"] = -1, row // (SEATS * WORLDS)
    elif table == "probes":
        columns = {
            "speaker": seat,
            "listener": other,
            "mind": 0,
            "head": "move",
            "option": row % SYMBOLS,
            "p_option": 1 / SYMBOLS,
        }
        chances = rng.dirichlet(np.ones(len(kinds)), size=size)
        columns |= {"silent": row % SYMBOLS == 0} | {name: chances[:, i] for i, name in enumerate(kinds)}
        who = {}
    else:
        names = np.array(["reward", "entropy.say", "entropy.move", "loss.value"], dtype=object)
        update = row // 4
        columns = {
            "update": update,
            "agent_steps": update * 1000,
            "mind": -1,
            "name": names[row % 4],
            "value": rng.normal(size=size),
        }
        place |= {"condition": "training", "world": -1, "tick": -1}
        who = {}
    return place | who | columns
