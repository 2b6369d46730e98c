"""The Python face: run a scenario, open a run, ask for its report. Like the command line, it sees every room of the house.

    import society
    run = society.run("bazaar", population=16, seed=0)
    print(run.report())
    trades = run.table("trades")
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .analysis import report as reporting
from .analysis.declared import Declared
from .analysis.estimate import Estimate
from .config import Config, resolve
from .engine import launch
from .engine import sweep as sweeps
from .progress import display
from .record import store
from .record.files import write_json


class Run(store.Run):
    """A run directory that can be asked for its report; everything else is `society.record.store.Run`."""

    def estimates(self) -> list[Estimate]:
        """Every metric of the run, computed now."""
        return reporting.build(self)

    def report(self) -> str:
        """The table of estimates as text."""
        return reporting.render(self.estimates(), Declared.from_json(self.meta["declared"]))


def load(path: str | Path) -> Run:
    """Open a run directory, a run's name, a unique prefix of one, or "latest" under ./runs. Raises ValueError."""
    return Run(store.find_run(str(path)).path)


def run(
    scenario: str, *, out: str | Path = "runs", quick: bool = False, preset: str = "default", **fields: Any
) -> Run:
    """Run a scenario to its end with the controls its config names, and return the run.

    `fields` are config fields, with `__` for the dot: `run("bazaar", population=16, training__agent_steps=1_000_000)`.
    Raises `ConfigError` for a field that cannot be, `Stopped` when a guard stops the run.
    """
    overrides = {name.replace("__", "."): value for name, value in fields.items()}
    config = resolve(scenario, preset, overrides, quick=quick)
    (path,) = run_many([config], Path(out), config.evaluation.controls)
    return Run(path)


def run_many(
    configs: Sequence[Config],
    out: Path,
    controls: Sequence[str] = (),
    progress: bool = False,
    argv: Sequence[str] = (),
) -> list[Path]:
    """Run every config with its controls, one process for each core, and write each report; returns the directories."""
    configs = launch.vetted(configs, controls)
    with display(progress) as watch:
        paths = launch.run_many(configs, out, controls, watch, argv)
    for path in paths:
        write_report(path)
    return paths


def sweep(file: Path, out: Path, progress: bool = False, argv: Sequence[str] = ()) -> list[tuple[dict[str, Any], list[Path]]]:
    """Bring every run of a sweep file to its end under `out`; returns (fields, run directories) of each cell.

    What is done is not done again, what was interrupted is resumed. Raises ConfigError, Stopped, Damaged,
    OSError.
    """
    cells = sweeps.read(file)
    with sweeps.alone(out):
        groups = sweeps.gather(cells, out, argv)
        todo = launch.unfinished([path for group in groups for path in group])
        if todo:
            with display(progress) as watch:
                launch.work(todo, watch)
        for path in [path for group in groups for path in group]:
            if not (path / "report.json").is_file() or any(job == path or path in job.parents for job in todo):
                write_report(path)
    return [(dict(cell.fields), group) for cell, group in zip(cells, groups, strict=True)]


def resume(path: Path, progress: bool = False) -> Path:
    """Continue a run and its controls, then report."""
    with display(progress) as watch:
        launch.resume(path, watch)
    write_report(path)
    return path


def write_report(path: Path) -> None:
    """Analyse a finished run and write report.json."""
    estimates = reporting.build(store.Run(path))
    write_json(path / "report.json", {"estimates": [estimate.as_dict() for estimate in estimates]})
