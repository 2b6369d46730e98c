"""A folder of runs that were really trained: small ones to their end, one that goes on learning, one that was killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tiny_runs import finished, tiny

from society import api
from society.record.files import Damaged
from society.record.store import Run, list_runs

HOME = Path(__file__).resolve().parents[2]
SCENARIOS: dict[str, dict[str, Any]] = {
    "bazaar": {"contest__enabled": True, "evaluation__frames_worlds": 2, "evaluation__frames_ticks": 30, "evaluation__ticks": 40},
    "referential_game": {},
    "negotiation": {},
    "matrix_game": {},
    "commons_harvest": {"evaluation__frames_ticks": 20, "evaluation__ticks": 20},
}
# A run of which ten minutes are nothing, in rollouts of about a second.
ENDLESS = {
    "training.worlds": 64, "training.ticks": 32, "training.agent_steps": 2_000_000_000, "training.checkpoint_every": 10,
    "training.min_disk_mb": 0,
}  # fmt: skip


def make_finished(root: Path, scenario: str) -> Run:
    """Train, evaluate and report a tiny run of one of `SCENARIOS`."""
    number = list(SCENARIOS).index(scenario)
    path = finished(tiny(scenario, 4, **SCENARIOS[scenario]), root / f"{scenario}-20260101-12000{number}-abcdef")
    api.write_report(path)
    return Run(path)


def begin(root: Path, **fields: object) -> "tuple[subprocess.Popen[bytes], Run]":
    """`society run bazaar --quick`, without controls, as a process, and its run once it has one; `fields` of the config."""
    before = {run.name for run in list_runs(root)}
    command = [sys.executable, "-m", "society.cli", "run", "bazaar", "--quick", "--out", str(root), "--controls", "none"]
    command += [word for name, value in fields.items() for word in (f"--{name}", str(value))]
    environment = {**os.environ, "PYTHONPATH": str(HOME), "OMP_WAIT_POLICY": "passive"}
    # It yields to what is tested or measured beside it.
    process = subprocess.Popen(
        ["nice", "-n", "5", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=HOME, env=environment
    )
    run: Run | None = None
    try:
        wait_for(lambda: any(run.name not in before for run in list_runs(root)), "the run's folder", process)
        run = next(run for run in list_runs(root) if run.name not in before)
        wait_for(lambda: run.status["pid"] != process.pid, "a worker", process)
    except BaseException:
        end(process, run)
        raise
    return process, run


def end(process: "subprocess.Popen[bytes]", run: Run | None = None) -> None:
    """Kill (signal 9) what `begin` began: the command, and the worker that the run's status names, which has its own session."""
    process.kill()
    process.wait()
    if run is not None and run.state == "live":
        os.kill(run.status["pid"], signal.SIGKILL)
        wait_for(lambda: run.state != "live", "an end of the worker")


@contextmanager
def learning(root: Path):
    """A run that is learning and has rows, until the end of the block."""
    process, run = begin(root, **ENDLESS)
    try:
        wait_for(lambda: bool(run.checkpoints()), "a checkpoint", process)
        yield run
    finally:
        end(process, run)


def killed_half_way(root: Path) -> Run:
    """A run whose process was killed (signal 9) between its second checkpoint and its end."""
    process, run = begin(root, **ENDLESS | {"training.worlds": 8, "training.checkpoint_every": 2})
    try:
        wait_for(lambda: len(run.checkpoints()) > 1, "two checkpoints", process)
    finally:
        end(process, run)
    assert run.state == "killed", run.state
    return run


def flipped(run: Run, name: str, *patterns: str) -> Run:
    """A copy of a run, called `name`, in which one byte in the middle of every file that `patterns` mean is another."""
    path = run.path.with_name(name)
    shutil.copytree(run.path, path)
    files = [file for pattern in patterns for file in path.glob(pattern)]
    assert files
    for file in files:
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    return Run(path)


def wait_for(true: Callable[[], bool], what: str, process: "subprocess.Popen[bytes] | None" = None, seconds: float = 300) -> None:
    """Look until it is so. RuntimeError if it takes longer, or the process that should make it so ends."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if true():
                return
        except Damaged:  # not there yet
            pass
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"the process ended with {process.returncode} before there was {what}")
        time.sleep(0.1)
    raise RuntimeError(f"there was not {what} in {seconds:.0f} seconds")
