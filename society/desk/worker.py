"""The worker: finds requests beside the runs, answers one after another, and ends when nobody asks any more."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..record import letters
from ..record.files import Damaged
from ..record.store import Run, list_runs
from .inside import inside as look_inside
from .questions import Inside, Unanswerable, question
from .replays import Replay
from .what_if import what_if

POLL_SECONDS = 0.05
WARM = 2  # replays kept for the next question: a run and a control of it
KEPT = 256  # answers kept of one run


class Desk:
    """Answers requests in `root`; the last replays are kept warm."""

    def __init__(self, root: Path):
        self.root = root
        self.warm: dict[tuple[str, str, str], Replay] = {}

    def answer(self, request: Mapping[str, Any]) -> tuple[dict[str, Any], letters.Arrays]:
        """Facts and arrays. Raises Unanswerable, Damaged, ValueError, OSError, each with one line."""
        replay = self._replay(request)
        asked = question(request, replay.config, replay.spec)
        return look_inside(replay, asked) if isinstance(asked, Inside) else what_if(replay, asked)

    def _replay(self, request: Mapping[str, Any]) -> Replay:
        names = tuple(request.get(name) for name in ("run", "control", "checkpoint"))
        if not all(isinstance(name, str) for name in names):
            raise Unanswerable("a request names a run, a control and a checkpoint")
        key = (str(names[0]), str(names[1]), str(names[2]))
        found = self.warm.pop(key, None) or Replay(open_run(self.root, key[0], key[1]))
        while len(self.warm) >= WARM:
            self.warm.pop(next(iter(self.warm)))
        self.warm[key] = found
        return found

    def serve(self, path: Path) -> None:
        """Answer the request in this file, whatever it holds; the answer takes its place. Raises OSError."""
        working = path.with_suffix(".work")
        os.replace(path, working)
        request: dict[str, Any] = {}
        try:
            request = letters.read_text(working)
            if letters.named(request) != path.stem or request.get("run") != path.parent.name:
                raise Unanswerable("the request's name is not that of its content")
            facts, arrays = self.answer(request)
            letters.write(path.with_suffix(".answer"), {"request": request, "state": "ready", "facts": facts}, arrays)
        except Exception as error:  # whatever went wrong with one question, the next one is answered
            refuse(path.with_suffix(".answer"), request, one_line(error))
        working.unlink(missing_ok=True)
        _prune(path.parent)


def refuse(path: Path, request: Mapping[str, Any], message: str) -> None:
    """Write an answer that says why there is none."""
    letters.write(path, {"request": dict(request), "state": "failed", "message": message})


def one_line(error: Exception) -> str:
    """What went wrong, in a line; an error that nobody foresaw is named."""
    said = " ".join(str(error).split())[:500]
    foreseen = isinstance(error, Damaged | ValueError)
    return said if foreseen and said else f"{type(error).__name__}: {said}".rstrip(": ")


def open_run(root: Path, name: str, control: str = "") -> Run:
    """The run of exactly that name in `root`, or its control. Names are compared, never made into paths. Unanswerable."""
    for run in list_runs(root):
        if run.name == name:
            home, real = root.resolve(), run.path.resolve()
            if not real.is_relative_to(home) or real == home:
                raise Unanswerable("this run is a link that leads out of the folder of runs")
            if control and control not in run.controls:
                raise Unanswerable("this run has no control of that name")
            return run.controls[control] if control else run
    raise Unanswerable("there is no run of that name in this folder")


def requests(root: Path, suffix: str = ".request") -> Iterator[Path]:
    """The requests that wait in `root`; a folder that a link leads out of it is passed over."""
    home = letters.desk(root)
    for entry in sorted(home.iterdir()):
        if not entry.is_dir() or entry.is_symlink():
            continue
        for path in sorted(entry.glob(f"*{suffix}")):
            if letters.NAME.fullmatch(path.stem) and not path.is_dir():
                yield path


def work(root: Path, parent: int, idle: float) -> None:
    """Answer until nobody has asked for `idle` seconds or the process `parent` is gone (0: whoever it is)."""
    desk, last = Desk(root), time.monotonic()
    for path in requests(root, ".work"):
        # the worker before this one was ended in the middle of it, perhaps because of it
        request: dict[str, Any] = {}
        with contextlib.suppress(Damaged):  # one that cannot be read keeps nobody from asking others
            request = letters.read_text(path)
        refuse(path.with_suffix(".answer"), request, "the desk was ended while it worked on this; ask again")
        path.unlink(missing_ok=True)
    while time.monotonic() - last < idle and (not parent or os.getppid() == parent):
        waiting = next(requests(root), None)
        if waiting is None:
            time.sleep(POLL_SECONDS)
            continue
        desk.serve(waiting)
        last = time.monotonic()


def _prune(folder: Path) -> None:
    """Keep the newest answers."""
    answers = sorted(folder.glob("*.answer"), key=lambda path: path.stat().st_mtime)
    for path in answers[:-KEPT]:
        path.unlink(missing_ok=True)
