"""The folder that holds the runs: naming a new one, listing them, finding one by what a user typed."""

import os
import re
from datetime import datetime
from pathlib import Path

from society.record.files import sync_folder

_NAME = re.compile(r".+-(\d{8}-\d{6})-[0-9a-f]{6}")
_MARKS = ("run.toml", "meta.json", "status.json", "tables", "checkpoints")


def create_run_dir(out: Path | str, scenario: str, now: datetime | None = None) -> Path:
    """Make `out/<scenario>-<date>-<time>-<6 hex>`. Raises ValueError for a scenario that is no plain name, OSError."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,99}", scenario):
        raise ValueError(f"{scenario!r} cannot begin a folder's name: use letters, digits, '.', '_' and '-'")
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    stamp = (now or datetime.now()).strftime("%Y%m%d-%H%M%S")
    path = folder / f"{scenario}-{stamp}-{os.urandom(3).hex()}"
    path.mkdir(exist_ok=False)
    sync_folder(folder)
    return path


def run_paths(root: Path) -> list[Path]:
    """The run directories in `root`, newest first by the time in their names (else the folder's); [] without `root`."""
    try:
        paths = [path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")]
    except OSError:
        return []
    runs = [path for path in paths if _NAME.fullmatch(path.name) or any((path / mark).exists() for mark in _MARKS)]
    return sorted(runs, key=_age, reverse=True)


def _age(path: Path) -> tuple[str, float, str]:
    try:
        changed = path.stat().st_ctime
    except OSError:
        changed = 0.0
    match = _NAME.fullmatch(path.name)
    return (match[1] if match else datetime.fromtimestamp(changed).strftime("%Y%m%d-%H%M%S"), changed, path.name)


def find_run_path(text: str, root: Path) -> Path:
    """The run directory that `text` means: a path, a name, a unique beginning of a name, "latest". Else ValueError."""
    shown = " ".join(repr(text).split())
    try:
        if text and "\0" not in text and Path(text).is_dir():
            return Path(text)
        runs = run_paths(root)
    except OSError as error:
        raise ValueError(f"{shown} is no run: {error.strerror}") from None
    if not runs:
        raise ValueError(f"there is no run in {root}: start one with `society run SCENARIO`")
    if text == "latest":
        return runs[0]
    exact = [path for path in runs if path.name == text]
    matching = exact or [path for path in runs if text and path.name.startswith(text)]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        raise ValueError(f"there is no run {shown} in {root}: the latest is {runs[0].name}")
    names = ", ".join(path.name for path in matching[:3]) + (", ..." if len(matching) > 3 else "")
    raise ValueError(f"{shown} begins {len(matching)} runs in {root} ({names}): type more of it")
