"""A progress bar for each job of a run, drawn on standard error from what the jobs write into their status files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Watch = Callable[[Mapping[Path, Mapping[str, Any]]], None]


@contextmanager
def display(show: bool) -> Iterator[Watch | None]:
    """A function that draws the state of all jobs, while the context lasts; None where nothing is to be shown."""
    if not show:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[message]}"),
    )
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=4) as bars:
        tasks: dict[Path, Any] = {}

        def watch(jobs: Mapping[Path, Mapping[str, Any]]) -> None:
            for path, said in jobs.items():
                if path not in tasks:
                    tasks[path] = bars.add_task(_name(path), total=None, rate="", message="waiting")
                steps, total = said.get("agent_steps") or 0, said.get("total") or None
                message = str(said.get("message") or said.get("state") or "")
                speed = bars.tasks[tasks[path]].speed
                rate = f"{speed / 1e3:,.0f}k agent-steps/s" if speed else ""
                bars.update(tasks[path], completed=min(steps, total or steps), total=total, rate=rate, message=message)

        yield watch


def _name(path: Path) -> str:
    return path.name if path.parent.name == "controls" else "-".join(path.name.split("-")[:1])
