"""One run, many runs: prepare run directories, bring them to their end in this process or in one process for each core.

A job is a run directory whose run.toml is written; executing it is the same act whether it is new, was killed, or was
interrupted. A control (a population grown without a thing) is a job in `controls/<name>/` of the run it belongs to.
"""

from __future__ import annotations

import importlib.metadata
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
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
from ..record.store import Run
from ..world.worlds import Worlds
from . import build
from .evaluation import Evaluation, scene_facts
from .training import Stopped, train

POLL_SECONDS = 0.5
Watch = Callable[[Mapping[Path, Mapping[str, Any]]], None]  # what every job says of itself, for a progress display


def run_many(
    configs: Sequence[Config],
    out: Path,
    controls: Sequence[str] = (),
    watch: Watch | None = None,
    argv: Sequence[str] = (),
) -> list[Path]:
    """Run every config, each with its controls, one process for each core; returns the run directories in order."""
    paths, jobs = [], []
    for config in vetted(configs, controls):
        path = create_run_dir(out, config.scenario)
        prepare(config, path, argv)
        paths.append(path)
        jobs.append(path)
        for control in controls:
            below = path / "controls" / control
            below.mkdir(parents=True)
            grown = config.model_copy(update={"condition": control})
            prepare(grown, below, argv, parent=path.name)
            jobs.append(below)
    # main runs first, then controls, so that the cores are never idle while one main run waits
    jobs.sort(key=lambda job: job.parent.name == "controls")
    work(jobs, watch)
    return paths


def vetted(configs: Sequence[Config], controls: Sequence[str] = ()) -> list[Config]:
    """The configs, settled for this machine. What can be wrong with one is found here, before any directory is made."""
    settled = [build.settle(config) for config in configs]
    for config in settled:
        _vet(config, controls)
    return settled


def _vet(config: Config, controls: Sequence[str]) -> None:
    for control in controls:
        if control not in CONTROLS:
            raise ConfigError(f"controls: {control!r} is none; choose from {', '.join(CONTROLS)}")
    try:
        world = build.scenario(config)
        key = Keys.worldless(config.seed, "seating", 0)
        build.matchmaker(config)(config.population.minds, world.spec, config.training.worlds, key)
        build.learner(config)
        seen = Worlds.begin(world, config.seed, torch.arange(1, device=torch.device(config.device))).observe()
        ticks, episode = config.training.ticks, world.spec.episode
        if seen.active is not None and not world.spec.ends_early and ticks % episode:
            raise ConfigError(f"training.ticks = {ticks}: a world of turns learns whole episodes; use a multiple of {episode}")
    except ConfigError:
        raise
    except ValueError as error:
        raise ConfigError(str(error).splitlines()[0]) from None


def prepare(config: Config, path: Path, argv: Sequence[str] = (), parent: str = "") -> None:
    """Write run.toml, meta.json and status.json of a settled config."""
    digest = write_text_sealed(path / "run.toml", to_toml(config))
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
        "machine": {"cores": os.cpu_count(), "device": _device(config)},
        "declared": dict(world.declared),
        "meanings": list(world.meanings(worlds.state)),
        "seats": world.spec.seats,
        "scene": scene_facts(world, worlds),
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
    run_ = Run(path)
    config = load_config(run_)
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
        raise
    except Stopped as stop:
        write_status(path, state="failed", message=str(stop))
        _log(path, str(stop))
        raise
    meta = {key: value for key, value in run_.meta.items() if key != "sha256"}
    write_json(path / "meta.json", {**meta, "missing": missing})
    write_status(path, state="done", message="", agent_steps=done.done * done.steps_per_update)
    _log(path, "done")


def load_config(run_: Run) -> Config:
    """The config of a run directory, verified against meta.json."""
    _ = run_.config  # verifies the checksum
    return from_toml((run_.path / "run.toml").read_text("utf-8"))


def _log(path: Path, text: str) -> None:
    with (path / "log.txt").open("a", encoding="utf-8") as log:
        log.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {text}\n")


def work(jobs: Sequence[Path], watch: Watch | None = None, cores: int | None = None) -> None:
    """Execute jobs, as many at a time as there are cores; a single one in this process. Raises what stops one of them."""
    if len(jobs) == 1 and watch is None:
        execute(jobs[0])
        return
    waiting, running = list(jobs), dict[Path, subprocess.Popen[bytes]]()
    failed: list[Path] = []
    try:
        while waiting or running:
            while waiting and len(running) < (cores or os.cpu_count() or 1):
                job = waiting.pop(0)
                running[job] = _spawn(job)
            time.sleep(POLL_SECONDS)
            if watch:
                watch({job: _said(job) for job in jobs})
            for job in [job for job, process in running.items() if process.poll() is not None]:
                if running.pop(job).returncode:
                    failed.append(job)
    except KeyboardInterrupt:
        for process in running.values():
            process.send_signal(signal.SIGINT)
        for process in running.values():
            process.wait()
        raise
    if failed:
        raise Stopped(f"{failed[0]}: {_said(failed[0]).get('message') or 'ended early; see its log.txt'}")


def _spawn(job: Path) -> subprocess.Popen[bytes]:
    with (job / "log.txt").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "society.engine.launch", str(job)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip


def _said(job: Path) -> Mapping[str, Any]:
    try:
        return Run(job).status
    except (Damaged, OSError):
        return {}


def resume(path: Path, watch: Watch | None = None) -> Path:
    """Continue a run and those of its controls that are not done."""
    run_ = Run(path)
    _ = run_.meta
    jobs = [path, *(control.path for control in run_.controls.values())]
    for job in jobs:
        state = Run(job).state
        if state == "live":
            raise ConfigError(f"{job.name}: is running (pid {Run(job).status.get('pid')}); stop it before resuming it")
    todo = [job for job in jobs if Run(job).state != "done"]
    if todo:
        work(todo, watch)
    return path


def _main() -> int:
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    path = Path(sys.argv[1])
    try:
        execute(path)
    except KeyboardInterrupt:
        return 130
    except Stopped:
        return 3
    except (Damaged, ValueError, OSError) as error:
        write_status(path, state="failed", message=str(error).splitlines()[0])
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(_main())
