"""status.json: what a run is doing, rewritten as it goes, and what to make of one whose process is gone."""

import os
import socket
import time
from pathlib import Path
from typing import Any, Literal

from society.record.files import Damaged, inside, read_json, write_json

RunState = Literal["live", "done", "failed", "killed", "damaged", "interrupted"]
STALE_SECONDS = 60.0
_WORDS = ("running", "done", "failed", "interrupted")


def write_status(run_path: Path | str, **fields: Any) -> dict[str, Any]:
    """Change `fields` of status.json, keep its others, and stamp heartbeat, pid and host; return what was written.

    state: running, done, failed or interrupted (ValueError otherwise); update, agent_steps, total: int; message: str.
    Non-finite numbers become null. A damaged status is replaced. Raises OSError.
    """
    if fields.get("state", "running") not in _WORDS:
        raise ValueError(f"state is {fields['state']!r}: a status is one of {', '.join(_WORDS)}")
    path = inside(Path(run_path), "status.json")
    try:
        old = read_json(path)
    except Damaged:
        old = {"state": "running"}
    stamp = {"heartbeat": time.time(), "pid": os.getpid(), "host": socket.gethostname()}
    status = {**old, **stamp, **fields}
    write_json(path, status, non_finite="null")
    return status


def read_status(run_path: Path | str) -> dict[str, Any]:
    """The verified fields of status.json; `Damaged` if it is missing or altered."""
    return read_json(inside(Path(run_path), "status.json"))


def state_of(status: dict[str, Any], now: float | None = None) -> RunState:
    """What a status means: `running` is live only with a fresh heartbeat and, on the run's own host, a live pid."""
    word = status.get("state")
    if word == "done" or word == "failed" or word == "interrupted":  # noqa: PLR1714 (mypy narrows by ==)
        return word
    if word != "running":
        return "damaged"
    heartbeat, pid = status.get("heartbeat"), status.get("pid")
    if not isinstance(heartbeat, int | float) or (time.time() if now is None else now) - heartbeat > STALE_SECONDS:
        return "killed"
    here = status.get("host") in (None, socket.gethostname())
    return "live" if not here or _alive(pid) else "killed"


def _alive(pid: object) -> bool:
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
