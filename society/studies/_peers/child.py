"""What a side's process runs: it is told its work in a line of JSON and answers each `go` with a line of JSON.

A peer's own Python runs it, where society is not installed: the standard library alone is imported. Work holds `cores`, how
many the process may use, or `core`, the one, and what the side's file makes of the rest. A side's file gives `begin(work)`,
which imports its library, builds, and returns a function that plays a round and returns the agent-steps played, and what else
it has to tell, if anything. The first round pays for compiling and allocating; it is played and timed before the answer "ready".
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

Round = Callable[[], int | tuple[int, dict[str, Any]]]


def serve(begin: Callable[[dict[str, Any]], Round], packages: tuple[str, ...]) -> None:
    """Answer until standard input ends. `packages` are those whose versions are told."""
    answers = _answers()
    work = json.loads(sys.stdin.readline())
    _confine(int(work["cores"]), work.get("core"))
    play = begin(work)
    told = {"first_seconds": _round(play)["seconds"], "versions": {name: _version(name) for name in packages}}
    _say(answers, told)
    for line in sys.stdin:
        if line.strip() == "go":
            _say(answers, _round(play))


def _round(play: Round) -> dict[str, Any]:
    start = time.perf_counter()
    played = play()
    seconds = time.perf_counter() - start
    agent_steps, more = played if isinstance(played, tuple) else (played, {})
    return {"seconds": seconds, "agent_steps": agent_steps, "peak_rss_mb": peak_mib(), **more}


def peak_mib() -> float:
    """The most memory that this process has held, in MiB.

    Linux's `ru_maxrss` of a child counts what its parent held when it was forked, so the kernel's own mark is read there.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024
    except (OSError, StopIteration):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / 1024 / (1024 if sys.platform == "darwin" else 1)


def _answers() -> Any:
    """Standard output for our lines alone: what libraries print goes to standard error from here on."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return own


def _say(answers: Any, what: dict[str, Any]) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()


def _confine(cores: int, core: int | None) -> None:
    """Use no more than so many cores, or this one, whatever threads a library makes. Before any library is imported."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores] if core is None else {core})
    os.environ["OMP_NUM_THREADS"] = str(cores)
    os.environ["OMP_WAIT_POLICY"] = "passive"  # a side that waits for its turn must not spin


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"
