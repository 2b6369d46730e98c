"""`society audit`: the table of what metrics say of societies whose truth is planted."""

from __future__ import annotations

from typing import Any

Result = tuple[int, dict[str, Any], str]


def audit(quick: bool, seeds: list[int] | None) -> Result:
    """Audit every metric; the status is 1 when an interventional one of ours falls short."""
    from rich.console import Console
    from rich.progress import Progress

    from society.audit import audit as run

    with Progress(console=Console(stderr=True)) as bars:
        bar = bars.add_task("societies", total=None)
        found = run(seeds=seeds, quick=quick, progress=lambda done, total: bars.update(bar, completed=done, total=total))
    return int(not found.holds), found.as_dict(), found.render()
