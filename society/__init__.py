"""A simulator of societies of learning agents.

`import society` is cheap: torch and pandas are loaded by what you call, not by the import.

    import society
    run = society.run("bazaar", population=16, seed=0)
    run.table("trades")
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from .record.store import Run

__all__ = ["Run", "load", "run"]


def run(
    scenario: str,
    *,
    preset: str = "default",
    quick: bool = False,
    out: str | Path = "runs",
    controls: Sequence[str] | None = None,
    progress: bool = False,
    **overrides: Any,
) -> Run:
    """Train and evaluate a society, and return its finished run, whose directory lies in the folder `out`.

    `overrides` are config fields: `seed=3`, `population=16` (minds), a section as a mapping (`world={"size": 20}`) or
    dotted (`**{"world.size": 20}`). `controls` are populations to grow without a thing ("muted_from_birth"); None
    leaves that to the preset. Raises `society.config.ConfigError` (a ValueError, one line) for a bad field, and
    `society.engine.training.Stopped` where a guard ends the run.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle torch threads sleep; only heeded before torch is loaded
    from pathlib import Path

    from .config import resolve
    from .engine.launch import run_many
    from .record.store import Run

    if controls is not None:
        overrides["evaluation.controls"] = list(controls)
    config = resolve(scenario, preset, overrides, quick)
    return Run(run_many([config], Path(out), tuple(config.evaluation.controls), progress, [])[0])


def load(run: str | Path, root: str | Path = "runs") -> Run:
    """A run that was made before: its folder, its name in `root`, the beginning of that name, or "latest".

    Raises ValueError in one line where there is none or more than one.
    """
    from pathlib import Path

    from .record.store import find_run

    return find_run(str(run), Path(root))


def __getattr__(name: str) -> Any:
    if name == "Run":
        from .record.store import Run

        return Run
    if name == "__version__":
        from importlib.metadata import version

        return version("society-sim")
    raise AttributeError(f"module 'society' has no attribute {name!r}")
