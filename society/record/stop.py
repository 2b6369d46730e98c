"""Asking a run to stop: a file in its directory, so that nobody has to trust a process number that a file names."""

import contextlib
from pathlib import Path

from society.record.files import atomic_write, inside

NAME = "stop"


def ask_to_stop(run_path: Path | str) -> None:
    """Have the run, and its controls, end as by Ctrl-C: within an update or an evaluated condition. Raises OSError."""
    root = Path(run_path)
    controls = root / "controls"
    below = [path for path in controls.iterdir() if path.is_dir()] if controls.is_dir() else []
    for path in (root, *below):
        atomic_write(inside(path, NAME), b"")


def asked_to_stop(run_path: Path) -> bool:
    """Whether somebody has asked."""
    return (run_path / NAME).exists()


def forget(run_path: Path) -> None:
    """Take the request back: it was honoured, or the run is resumed."""
    with contextlib.suppress(OSError):
        (run_path / NAME).unlink(missing_ok=True)
