"""One run, many runs: prepare run directories, bring them to their end in this process or in one process for each core.

A job is a run directory whose run.toml is written; executing it is the same act whether it is new, was killed, or was
interrupted. A control (a population grown without a thing) is a job in `controls/<name>/` of the run it belongs to.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from ..config import CONTROLS, Config, ConfigError, fingerprint, from_toml, to_toml
from ..keys import Keys
from ..record.files import Damaged, atomic_write, write_json, write_text_sealed
from ..record.recorder import Recorder
from ..record.runs import create_run_dir
from ..record.status import write_status
from ..record.stop import forget
from ..record.store import Run
from ..record.tables import TABLES
from ..world.worlds import Worlds
from . import build
from .evaluation import Evaluation, lacks, scene_facts
from .stopped import Stopped
from .training import train

POLL_SECONDS = 0.5
INTERRUPTED = 130  # exit status of a job that was interrupted, or asked to stop
BAD_INPUT = 2  # exit status of a job whose config or files cannot be
Watch = Callable[[Mapping[Path, Mapping[str, Any]]], None]  # what every job says of itself, for a progress display


def run_many(
    configs: Sequence[Config],
    out: Path,
    controls: Sequence[str] = (),
    watch: Watch | None = None,
    argv: Sequence[str] = (),
) -> list[Path]:
    """Run every config, each with its controls, one process for each core; returns the run directories in order."""
    paths = [begin(config, out, controls, argv) for config in vetted(configs, controls)]
    work(unfinished(paths), watch)
    return paths


def begin(config: Config, out: Path, controls: Sequence[str] = (), argv: Sequence[str] = ()) -> Path:
    """Make the run directory of a settled config, and in it those of its controls; nothing is run yet."""
    path = create_run_dir(out, config.scenario)
    world = build.scenario(config)
    idle = {control: reason for control in controls if (reason := lacks(control, config, world))}
    # controls first: a main run that is whole says that they are, too
    for control in (control for control in controls if control not in idle):
        below = path / "controls" / control
        below.mkdir(parents=True)
        prepare(config.model_copy(update={"condition": control}), below, argv, parent=path.name)
    prepare(config, path, argv, missing=idle)
    return path


def unfinished(paths: Sequence[Path]) -> list[Path]:
    """The run directories, and those of their controls, that are not done. ConfigError for one that is being worked on.

    Main runs first, then controls, so that the cores are never idle while one main run waits.
    """
    jobs = []
    for path in paths:
        run_ = Run(path)
        if "played" in run_.meta:
            raise ConfigError(f"{path.name}: somebody played it, and it cannot be taken up again; play another one")
        jobs += [path, *(control.path for control in run_.controls.values())]
    todo = [job for job in jobs if Run(job).state != "done"]
    for job in todo:
        if Run(job).state == "live":
            raise ConfigError(f"{job.name}: is running (pid {Run(job).status.get('pid')}); stop it before resuming it")
    return sorted(todo, key=lambda job: job.parent.name == "controls")


def vetted(configs: Sequence[Config], controls: Sequence[str] = ()) -> list[Config]:
    """The configs, settled for this machine. What can be wrong with one is found here, before any directory is made."""
    alone = len(configs) == 1 and not controls
    settled = [build.settle(config, alone) for config in configs]
    for config in settled:
        _vet(config, controls)
    return settled


def _vet(config: Config, controls: Sequence[str]) -> None:
    for control in controls:
        if control not in CONTROLS:
            raise ConfigError(f"controls: {control!r} is none; choose from {', '.join(CONTROLS)}")
    strangers = config.evaluation.strangers
    if strangers and not Path(strangers.replace("\0", "")).is_dir():
        raise ConfigError(f"evaluation.strangers = {strangers!r}: no such run directory")
    try:
        world = build.scenario(config)
        key = Keys.worldless(config.seed, "seating", 0)
        build.matchmaker(config)(config.population.minds, world.spec, config.training.worlds, key)
        build.learner(config)
        build.policy(config, world)
        worlds = Worlds.begin(world, config.seed, torch.arange(1, device=torch.device(config.device)))
        seen = worlds.observe()
        nothing = torch.zeros(1, world.spec.seats, world.spec.numbers, dtype=torch.long, device=worlds.world.device)
        for table in worlds.step(nothing, seen)[1].events:
            if table not in TABLES:
                raise ConfigError(f"scenario {config.scenario}: its events name a table {table!r}; there is {', '.join(TABLES)}")
        ticks, episode = config.training.ticks, world.spec.episode
        turns = seen.active is not None and not bool(seen.active.all())  # all may act at the start where some are sent away later
        if turns and not world.spec.ends_early and ticks % episode:
            raise ConfigError(f"training.ticks = {ticks}: a world of turns learns whole episodes; use a multiple of {episode}")
    except ConfigError:
        raise
    except ValueError as error:
        raise ConfigError(str(error).splitlines()[0]) from None


def prepare(
    config: Config, path: Path, argv: Sequence[str] = (), parent: str = "", missing: Mapping[str, str] | None = None
) -> None:
    """Write run.toml, meta.json and status.json of a settled config; `missing`: controls not grown, with the reason."""
    why = "".join(f"# {field}: {because}\n" for field, because in build.reasons(config).items())
    digest = write_text_sealed(path / "run.toml", f"{why}\n{to_toml(config)}")
    world = build.scenario(config)
    worlds = Worlds.begin(world, config.seed, torch.arange(1, device=torch.device(config.device)))
    meta = {
        "run_toml_sha256": digest,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "argv": list(argv),
        "parent": parent,
        "fingerprint": fingerprint(config),
        "versions": _versions(),
        "git": _git(),
        "machine": {"cores": _cores(), "device": _device(config)},
        "declared": dict(world.declared),
        "meanings": list(world.meanings(worlds.state)),
        "seats": world.spec.seats,
        "goods": list(world.spec.goods),
        "offers": [] if world.offers is None else world.offers.tolist(),
        "scene": scene_facts(world, worlds),
        "missing": dict(missing or {}),
    }
    write_json(path / "meta.json", meta)
    atomic_write(path / "log.txt", f"{meta['created']} prepared {config.scenario} seed {config.seed}\n".encode())
    write_status(path, state="interrupted", update=0, agent_steps=0, total=config.training.agent_steps, message="")


def _versions() -> dict[str, str]:
    names = ("society-sim", "torch", "numpy", "pandas", "pyarrow")
    found = {"python": sys.version.split()[0]}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _git() -> str:
    here = Path(__file__).resolve().parent
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty"], cwd=here, capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip()


def _device(config: Config) -> str:
    if config.device == "cuda":
        return torch.cuda.get_device_name()
    known: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return str(known.get("cpu_name", "cpu"))


def execute(path: Path, progress: Callable[[int, int, float], None] | None = None) -> None:
    """Bring one run directory to its end: train from its newest checkpoint, evaluate, set the status.

    Raises Stopped (status `failed`), KeyboardInterrupt (status `interrupted`), Damaged.
    """
    with _alone(path):
        _execute(path, progress)


class Busy(ConfigError):  # noqa: N818 (it says what a run directory is)
    """Another process is at work in this run directory; nothing was touched."""


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the run directory: two processes must never write one. Raises Busy if another has it."""
    with (path / "log.txt").open("a", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(f"{path.name}: another process is at work in it; wait for it or stop it") from None
        yield


def _execute(path: Path, progress: Callable[[int, int, float], None] | None) -> None:
    run_ = Run(path)
    config = build.settle(load_config(run_))
    total = config.training.agent_steps

    def heartbeat(**fields: Any) -> None:
        write_status(path, state="running", total=total, **fields)

    heartbeat(message="training")
    try:
        done = train(config, path, progress, heartbeat, warnings=lambda text: _log(path, text))
        heartbeat(message="evaluating", update=done.done, agent_steps=done.done * done.steps_per_update)
        Recorder(path).rewind(done.done)
        # rows of the evaluation belong to the update after the last, so that a kill here is rewound and made again
        judged = Evaluation(config, done.population, path, done.done + 1)
        missing = judged.run(lambda condition: heartbeat(message=f"evaluating {condition}"))
    except KeyboardInterrupt:
        write_status(path, state="interrupted", message="interrupted; society resume continues it")
        forget(path)
        raise
    except Stopped as stop:
        write_status(path, state="failed", message=str(stop))
        _log(path, str(stop))
        raise
    write_json(path / "meta.json", {**run_.meta, "missing": run_.meta.get("missing", {}) | missing})
    write_status(path, state="done", message="", agent_steps=done.done * done.steps_per_update)
    _log(path, "done")


def load_config(run_: Run) -> Config:
    """The config of a run directory, verified against meta.json."""
    _ = run_.config  # verifies the checksum
    return from_toml((run_.path / "run.toml").read_text("utf-8"))


def _log(path: Path, text: str) -> None:
    with (path / "log.txt").open("a", encoding="utf-8") as log:
        log.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {text}\n")


def work(jobs: Sequence[Path], watch: Watch | None = None) -> None:
    """Execute jobs, one for each core at a time (one in all on a GPU); a single one that nobody watches in this process.

    When all have ended, Stopped or ConfigError (bad input) says what became of the first that failed. Whatever ends this
    process before that (Ctrl-C, SIGTERM, a closed terminal) interrupts the jobs, so that none is left behind.
    """
    for job in jobs:
        forget(job)
    if len(jobs) == 1 and watch is None:
        execute(jobs[0])
        return
    waiting, running = list(jobs), dict[Path, subprocess.Popen[bytes]]()
    failed: dict[Path, int] = {}
    interrupted = False
    places = 1 if load_config(Run(jobs[0])).device == "cuda" else _cores()
    try:
        _end_by_interrupt()
        while waiting or running:
            while waiting and len(running) < places:
                job = waiting.pop(0)
                running[job] = _spawn(job)
            time.sleep(POLL_SECONDS)
            if watch:
                watch({job: _said(job) for job in jobs})
            for job in [job for job, process in running.items() if process.poll() is not None]:
                code = running.pop(job).returncode
                interrupted |= code == INTERRUPTED
                if code and code != INTERRUPTED:
                    failed[job] = code
    except BaseException:
        for process in running.values():
            process.send_signal(signal.SIGINT)
        for process in running.values():
            process.wait()
        raise
    for job, code in failed.items():
        said = _said(job)
        known = said.get("message") if said.get("state") == "failed" else None
        busy = code == BAD_INPUT and said.get("state") != "failed"
        why = known or ("another process is at work in it" if busy else f"ended with status {code}; see its log.txt")
        text = f"{job}: {why}"
        raise ConfigError(text) if code == BAD_INPUT else Stopped(text)
    if interrupted:
        raise KeyboardInterrupt


def _end_by_interrupt() -> None:
    """Let SIGTERM and SIGHUP end the main thread as Ctrl-C does."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)


def _cores() -> int:
    """Cores that this process may use, which in a container are fewer than the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _spawn(job: Path) -> subprocess.Popen[bytes]:
    with (job / "log.txt").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "society.engine.launch", str(job)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env={"OMP_WAIT_POLICY": "passive", **os.environ},
        )  # fmt: skip


def _said(job: Path) -> Mapping[str, Any]:
    try:
        return Run(job).status
    except (Damaged, OSError):
        return {}


def resume(path: Path, watch: Watch | None = None) -> Path:
    """Continue a run and those of its controls that are not done."""
    todo = unfinished([path])
    if todo:
        work(todo, watch)
    return path


def _main() -> int:
    path = Path(sys.argv[1])
    try:
        execute(path)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Stopped:
        return 3
    except Busy as busy:  # its status is the other's to write
        print(busy, file=sys.stderr)
        return BAD_INPUT
    except (Damaged, ValueError, OSError) as error:
        write_status(path, state="failed", message=(str(error).splitlines() or [type(error).__name__])[0])
        return BAD_INPUT
    except BaseException as error:
        said = (str(error).splitlines() or [""])[0]
        write_status(path, state="failed", message=f"{type(error).__name__}: {said}")
        raise  # the traceback goes to log.txt
    return 0


if __name__ == "__main__":
    sys.exit(_main())
