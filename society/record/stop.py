"""Asking a run to stop: a file in its directory, so that nobody has to trust a process number that a file names."""

import contextlib
from pathlib import Path

from society.record.files import atomic_write, inside

NAME = "stop"


def ask_to_stop(run_path: Path | str) -> None:
    """Have the run, and its controls, end as by Ctrl-C: within an update or a tick of the evaluation.

    Raises OSError, and `Damaged` for a control that leads out of the run.
    """
    root = Path(run_path)
    controls = inside(root, "controls")
    names = sorted(path.name for path in controls.iterdir() if path.is_dir()) if controls.is_dir() else []
    for path in [root, *(inside(root, "controls", name) for name in names)]:
        atomic_write(inside(path, NAME), b"")


def asked_to_stop(run_path: Path) -> bool:
    """Whether somebody has asked."""
    return (run_path / NAME).exists()


def forget(run_path: Path) -> None:
    """Take the request back: it was honoured, or the run is resumed."""
    with contextlib.suppress(OSError):
        (run_path / NAME).unlink(missing_ok=True)
