"""What the page of play reads and writes: the files of one session, `society.desk.session` being at their other end."""

import math
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from society.record import letters
from society.record.files import TEMPORARY, Damaged, atomic_write, damaged, inside, write_synced
from society.record.store import Run
from society.viewer import desk, queries
from society.viewer.kept import cached

PLAY = ".play"
GRACE = 60.0  # seconds in which a worker must have said something
KEPT_SECONDS = 86_400.0  # after which the folder of a session that is over may go
MOST = 4096  # numbers of a field, options of a head, seats that are shown

State = Literal["starting", "yours", "ended", "failed", "gone"]


@dataclass(frozen=True)
class Head:
    """A choice that a move makes: `length` numbers below `size`, named where the scenario names them."""

    name: str
    size: int
    length: int
    names: tuple[str, ...]
    legal: np.ndarray

    @property
    def choice(self) -> bool:
        """Whether another option than the no-op is legal now."""
        return bool(self.legal[1:].any())


@dataclass(frozen=True)
class Table:
    """A session as the player may know it. `fields` are what the seat perceives, each with names of its last axis or ()."""

    state: State
    message: str = ""
    move: int = 0
    run: str = ""
    of: str = ""
    condition: str = ""
    world: int = 0
    seat: int = 0
    role: str = ""
    tick: int = 0
    length: int = 0
    episode: int = 0
    last: float = 0.0
    sums: tuple[float, ...] = ()
    heads: tuple[Head, ...] = ()
    speech: str = ""
    hearing: tuple[str, ...] = ()
    fields: Mapping[str, tuple[np.ndarray, tuple[str, ...]]] = field(default_factory=dict)
    log: tuple[Mapping[str, Any], ...] = ()


# ------------------------------------------------------------------------------------------------------------ the session


def begin(root: Path, run: Run, condition: str, world: int, seat: int, episodes: int) -> str:
    """Start a session; returns its name. Raises Damaged, OSError."""
    home = letters.desk(root, PLAY)
    _sweep(home)
    name = os.urandom(16).hex()
    folder = letters.desk(root, PLAY, name)
    asked = {"run": run.name, "condition": condition, "world": world, "seat": seat, "episodes": episodes}
    atomic_write(folder / "session.json", letters.canonical(asked))
    desk.spawn("society.desk.session", str(root), name, log=folder / "worker.log")
    return name


def look(root: Path, name: str) -> Table | None:
    """How a session stands; None where there is none of that name. Raises Damaged."""
    if not letters.NAME.fullmatch(name):
        return None
    folder = inside(root, letters.DESK, PLAY, name)
    if not folder.is_dir():
        return None
    alive = letters.held(inside(folder, "lock"))
    now = inside(folder, "now")
    if not now.exists():
        begun = inside(folder, "session.json")
        young = begun.exists() and time.time() - begun.stat().st_mtime < GRACE
        return Table("starting") if alive or young else Table("gone", "its process ended before it began")
    facts, arrays = letters.read(now)
    try:
        table = _table(facts, arrays)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise damaged(now, f"is no session ({type(error).__name__})", "begin another") from None
    return Table("gone", "its process is gone", run=table.run) if table.state == "yours" and not alive else table


def going(root: Path, run: Run) -> list[str]:
    """The sessions against the minds of this run that are being played now."""
    home = inside(root, letters.DESK, PLAY)
    names = [path.name for path in home.iterdir()] if home.is_dir() else []
    found = []
    for name in names:
        try:
            table = look(root, name)
        except (Damaged, OSError):
            continue
        if table is not None and table.state == "yours" and table.of == run.name:
            found.append(name)
    return found


def send(root: Path, name: str, number: int, told: Mapping[str, Any]) -> str:
    """Make move `number` of a session. Returns one line if it was made already. Raises Damaged, OSError."""
    folder = inside(root, letters.DESK, PLAY, name)
    target = inside(folder, f"move-{number}.json")
    temporary = folder / f"{TEMPORARY}{os.getpid()}-{os.urandom(4).hex()}"
    write_synced(temporary, letters.canonical(told))
    try:
        os.link(temporary, target)  # unlike a rename, never in place of another move
    except FileExistsError:
        return "This move was made already, perhaps in another window."
    finally:
        temporary.unlink(missing_ok=True)
    return ""


def wait(root: Path, name: str, number: int, seconds: float = 3.0) -> None:
    """Wait until move `number` was taken, at most so long. Raises Damaged, OSError."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        table = look(root, name)
        if table is None or table.state not in ("starting", "yours") or table.move > number:
            return
        time.sleep(0.02)


def trained_return(run: Run, table: Table) -> float:
    """What the trained mind in this seat earned in the same episodes of the same world; NaN if they were cut short."""
    if table.tick < table.length:
        return math.nan
    rows = queries.table(
        run, "episodes", ("episode", "return_", "tick"), condition=table.condition, world=table.world, seat=table.seat
    )
    rows = rows[rows["tick"] < table.length]
    return float(rows["return_"].sum()) if len(rows) else math.nan


@cached("tables/episodes")
def earned(run: Run) -> pd.DataFrame:
    """seat, episodes, mean_return of the trained minds in the normal evaluation. Raises Damaged."""
    rows = run.grouped("episodes", ["seat"], {"condition": "normal"}, ["return_"])
    if rows.empty:
        return pd.DataFrame({"seat": [], "episodes": [], "mean_return": []})
    return pd.DataFrame({"seat": rows["seat"], "episodes": rows["count"], "mean_return": rows["sum.return_"] / rows["count"]})


def _sweep(home: Path) -> None:
    """Delete what old sessions left."""
    for folder in home.iterdir():
        old = time.time() - folder.lstat().st_mtime > KEPT_SECONDS
        if old and not folder.is_symlink() and letters.NAME.fullmatch(folder.name) and not letters.held(folder / "lock"):
            shutil.rmtree(folder, ignore_errors=True)


# ------------------------------------------------------------------------------------------------------------- the letter


def _table(facts: Mapping[str, Any], arrays: letters.Arrays) -> Table:
    """A letter as a table; KeyError, TypeError, ValueError, OverflowError, AttributeError for one that is none."""
    state = facts["state"]
    if state == "failed":
        return Table("failed", str(facts["message"])[:500])
    if state not in ("yours", "ended"):
        raise ValueError(state)
    labels = facts.get("labels") or {}
    heads = facts["heads"] if state == "yours" else []
    shown = {name: arrays[f"field.{name}"] for name, _ in facts["fields"]} if state == "yours" else {}
    if any(array.size > MOST * 16 or array.ndim < 1 for array in shown.values()):
        raise ValueError("a field")
    log = [entry for entry in facts["log"] if isinstance(entry, dict) and isinstance(entry.get("did"), dict)]
    return Table(
        state,
        str(facts["message"])[:500],
        _whole(facts["move"]),
        str(facts["run"]),
        str(facts["of"]),
        str(facts["condition"]),
        _whole(facts["world"]),
        _whole(facts["seat"]),
        str(facts["role"]),
        _whole(facts["tick"]),
        _whole(facts["length"]),
        _whole(facts["episode"]),
        float(facts["last"]),
        tuple(float(one) for one in facts["sums"][:MOST]),
        tuple(_head(name, size, length, labels, arrays) for name, size, length in heads),
        str(facts["speech"]),
        tuple(str(one) for one in facts["hearing"]),
        {str(name): (array, _names(labels, f"field.{name}", array.shape[-1])) for name, array in shown.items()},
        tuple(log),
    )


def _head(name: str, size: int, length: int, labels: Mapping[str, Any], arrays: letters.Arrays) -> Head:
    legal = arrays[f"legal.{name}"].astype(bool)
    if legal.shape != (size,) or not 1 <= size <= MOST or not 1 <= length <= 64:
        raise ValueError(name)
    return Head(str(name), size, length, _names(labels, f"head.{name}", size), legal)


def _names(labels: Mapping[str, Any], key: str, size: int) -> tuple[str, ...]:
    names = labels.get(key)
    told = tuple(str(one)[:40] for one in names) if isinstance(names, list) else ()
    return told if len(told) == size == len(set(told)) else ()


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -1 <= value < 2**53:
        raise ValueError(value)
    return value
