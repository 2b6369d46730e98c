"""What the pages ask of a folder of runs. Everything is read through `society.record`, which verifies it.

What was read is kept as `kept.cached` says. Kept objects are shared, so nobody changes them.
"""

import math
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from society.analysis.declared import Declared
from society.analysis.estimate import NAN, Estimate
from society.record.files import Damaged, unfit
from society.record.frames import Span
from society.record.store import Run, list_runs
from society.viewer.kept import cached
from society.viewer.words import interval, number


class Refused(ValueError):  # noqa: N818 (it says what happened to the request)
    """A run that will not be opened; the message is one line for the user."""


@dataclass(frozen=True)
class Listed:
    """One line of the list of runs; `steps` and `total` are agent-steps, -1 where unknown."""

    name: str
    state: str
    scenario: str = ""
    seed: int | None = None
    headline: str = ""
    unit: str = ""
    steps: int = -1
    total: int = -1
    created: datetime | None = None
    note: str = ""


# ------------------------------------------------------------------------------------------------------------ the folder


def runs(root: Path) -> list[Run]:
    """The runs in `root`, newest first, those that a link leads out of the folder to included: `refusal` tells.

    A folder whose name is no text cannot be named to a browser, and is left out.
    """
    return [run for run in list_runs(root) if not unfit(run.name)]


def refusal(root: Path, run: Run) -> str:
    """Why a listed run is not opened; empty for one that may be."""
    try:
        home, real = root.resolve(), run.path.resolve()
    except (OSError, RuntimeError):  # RuntimeError: a link to itself
        return "its folder cannot be resolved"
    return "" if real.is_relative_to(home) and real != home else "a link that leads out of the folder of runs"


def open_run(root: Path, name: str) -> Run:
    """The run of exactly that name. A name is only ever compared with what the folder lists, never made into a path.

    Raises `Refused`.
    """
    for run in runs(root):
        if run.name == name:
            reason = refusal(root, run)
            if reason:
                raise Refused(f"This run is not opened: {reason}.")
            return run
    raise Refused("There is no run of that name in this folder.")


def listed(root: Path, run: Run) -> Listed:
    """A run in one line. Never raises: what cannot be read becomes the line's note."""
    reason = refusal(root, run)
    if reason:
        return Listed(run.name, "refused", note=reason)
    state = run.state
    if state == "damaged":
        return Listed(run.name, state, note=_short(run.problem or "", run))
    config, status, note = run.config, run.status, str(run.status.get("message") or "")
    try:
        found = estimates(run) or []
        head = headline(run, found)
    except Damaged as error:
        state, head, note = "damaged", None, _short(str(error), run)
    return Listed(
        run.name,
        state,
        str(config.get("scenario", "")),
        config["seed"] if isinstance(config.get("seed"), int) else None,
        f"{number(head.value)} {interval(head.ci_low, head.ci_high)}".strip() if head else "",
        head.unit if head else "",
        _whole(status.get("agent_steps")),
        _whole(status.get("total")),
        _date(run.meta.get("created")),
        note,
    )


def _short(problem: str, run: Run) -> str:
    """A problem without the path that leads to the run, which the line names already."""
    return problem.replace(f"{run.path}/", "").replace(str(run.path), run.name)


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _date(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value).replace(tzinfo=None) if isinstance(value, str) else None
    except ValueError:
        return None


# ------------------------------------------------------------------------------------------------------------ the report


def declared(run: Run) -> Declared | None:
    """What the scenario declared; None where the run says nothing that can be read."""
    try:
        return Declared.from_json(run.meta.get("declared"))
    except (Damaged, ValueError):
        return None


def headline(run: Run, found: list[Estimate]) -> Estimate | None:
    """The headline of the trained population, if it was estimated."""
    told = declared(run)
    name = told.headline.name if told else ""
    return next((line for line in found if line.metric == name and line.condition == "normal"), None)


@cached("report.json")
def estimates(run: Run) -> list[Estimate] | None:
    """The lines of report.json, None before there is one. Raises `Damaged`."""
    report = run.saved_report
    if report is None:
        return None
    lines = report.get("estimates")
    return [_estimate(line) for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []


def _estimate(line: dict[str, Any]) -> Estimate:
    """A line of a report as an `Estimate`; what is missing or of another kind takes the field's blank value."""
    blank = {"str": "", "float": NAN, "int": 0, "bool": False}
    known: dict[str, Any] = {}
    for field in fields(Estimate):
        value, kind = line.get(field.name), str(field.type)
        if kind == "float" and isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            known[field.name] = float(value)
        else:
            known[field.name] = value if type(value).__name__ == kind and kind != "float" else blank[kind]
    return Estimate(**known)


# ------------------------------------------------------------------------------------------------------------ the tables


@cached("tables/{}")
def table(run: Run, name: str, columns: tuple[str, ...] = (), **where: Any) -> pd.DataFrame:
    """Rows of a table that is short, or that `where` makes short. Raises `Damaged`."""
    return run.table(name, list(columns) or None, where)


def labels(run: Run) -> pd.DataFrame:
    """What people said of pairs of clips of this run. Raises `Damaged`."""
    return run.labels()


def family(run: Run) -> dict[str, Run]:
    """The run itself, called `normal`, and its controls by name. Raises `Damaged`."""
    return {"normal": run, **run.controls}


# ------------------------------------------------------------------------------------------------------------ the frames


def spans(run: Run) -> list[tuple[Run, Span]]:
    """What can be replayed, the controls' worlds included. Raises `Damaged`."""
    return [(one, span) for one in family(run).values() for span in _spans(one)]


@cached("frames")
def _spans(run: Run) -> list[Span]:
    return run.frame_index()
