"""The viewer's side of the desk: questions that need a trained mind, asked and answered through files.

A worker (`python -m society.desk`, which alone holds models) answers; it is started here when none is at work. Every
answer is kept, so the same question costs a file read the second time.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from society.record import letters
from society.record.files import Damaged, atomic_write, inside, read_bytes, sha256
from society.record.store import Run

FAILED_SECONDS = 30.0  # a question that failed is asked again after so long
PATIENCE = 10.0  # seconds between two starts of a worker that ended by itself

State = Literal["pending", "ready", "failed"]


@dataclass(frozen=True)
class Answer:
    """What became of a question: `facts` are plain JSON, `arrays` numbers; `message` one line where it failed."""

    state: State
    facts: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    message: str = ""


def ask(root: Path, run: Run, request: Mapping[str, Any]) -> Answer:
    """Ask about `run`, a run in `root` or a control of one; while the answer is `pending`, call again. Never raises.

    A request is plain JSON. `{"kind": "inside", "condition", "seed", "world", "seat", "first", "last"}` gives what a seat
    perceived, expected and might have done, arrays by tick; `{"kind": "what_if", "condition": "normal", "seed", "world",
    "tick", "speaker", "message": [symbols]}` gives the listeners' action probabilities before and after. Both say in
    `facts["same"]` whether the replay equals what was recorded. `society.desk` lists the fields of the answers.
    """
    try:
        whole = {**request, **_whose(root, run)}
        name = letters.named(whole)
        folder = letters.desk(root, whole["run"])
        answer = _kept(folder / f"{name}.answer", whole)
        if answer is None:
            asked = folder / f"{name}.request"
            if not asked.exists():
                atomic_write(asked, letters.canonical(whole))
            answer = Answer("failed", message=told) if (told := start(root)) else Answer("pending")
    except (Damaged, ValueError) as error:
        return Answer("failed", message=" ".join(str(error).split()))
    except OSError as error:
        return Answer("failed", message=f"the desk's folder cannot be written ({error.strerror}): {root}")
    return answer


def _whose(root: Path, run: Run) -> dict[str, str]:
    """The run, the control that is meant if any, and which checkpoint: a run that goes on is asked anew."""
    try:
        names = run.path.relative_to(root).parts
    except ValueError:
        raise ValueError(f"{run.name} is not in this folder of runs") from None
    if len(names) not in (1, 3):
        raise ValueError(f"{run.name} is not in this folder of runs")
    newest = inside(run.path, "checkpoints", "LATEST")
    if not newest.exists():
        raise ValueError(f"{run.name} has no trained minds yet")
    latest = sha256(read_bytes(newest, 4096))[:16]
    return {"run": names[0], "control": names[2] if len(names) == 3 else "", "checkpoint": latest}


def _kept(path: Path, request: Mapping[str, Any]) -> Answer | None:
    """The answer that is there; None where there is none, and where it failed a while ago."""
    try:
        written = path.stat().st_mtime
        text, arrays = letters.read(path)
    except FileNotFoundError:
        return None
    if text.get("request") != request:
        raise ValueError(f"{path.name} answers another question; delete the folder {letters.DESK}")
    facts, message = text.get("facts"), text.get("message")
    if text.get("state") == "ready" and isinstance(facts, dict):
        return Answer("ready", facts, arrays)
    if time.time() - written > FAILED_SECONDS:
        path.unlink(missing_ok=True)
        return None
    return Answer("failed", message=message if isinstance(message, str) else "the answer says nothing")


# ------------------------------------------------------------------------------------------------------------ the worker

_started: dict[Path, "tuple[subprocess.Popen[bytes], float]"] = {}
_starting = threading.Lock()


def start(root: Path) -> str:
    """See to it that a worker is at work in `root`. Returns one line where none can be; OSError from the disk."""
    home = letters.desk(root)
    with _starting:
        mine, since = _started.get(home, (None, 0.0))
        if (mine is not None and mine.poll() is None) or letters.held(home / "lock"):
            return ""
        if mine is not None and mine.returncode and time.monotonic() - since < PATIENCE:
            return f"the desk's worker ended with status {mine.returncode}; see {letters.DESK}/worker.log"
        _started[home] = (spawn("society.desk", str(root), log=home / "worker.log"), time.monotonic())
    return ""


def spawn(module: str, *arguments: str, log: Path) -> "subprocess.Popen[bytes]":
    """Start `python -m module arguments --parent PID` on its own; what it says goes to `log`, nothing is said to it."""
    home = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
    with letters.plain_file(log) as said:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments, "--parent", str(os.getpid())],
            stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True,
            env={"OMP_WAIT_POLICY": "passive", **os.environ, "PYTHONPATH": path},
        )  # fmt: skip
    # whoever ends it, it is waited for: a process that nobody waited for looks alive
    threading.Thread(target=process.wait, daemon=True).start()
    return process
