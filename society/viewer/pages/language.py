"""Language."""

from society.record.store import Run
from society.viewer.pages import parts


def show(run: Run) -> None:
    """The page."""
    parts.heading(run)
    parts.no_rows(run, "language")
