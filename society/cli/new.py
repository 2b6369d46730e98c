"""`society new scenario NAME`: a working file and its test, never over something that is there."""

from __future__ import annotations

import keyword
import re
from importlib import resources
from pathlib import Path

from .parser import BadInput

MARK, MARK_CLASS = "NAME_OF_SCENARIO", "ClassOfScenario"  # what the templates hold in the places of the name


def scenario(name: str, folder: Path) -> list[Path]:
    """Write `scenarios/NAME.py` and `tests/test_NAME.py` below `folder` and return the two paths.

    Raises `BadInput` in one line for a name that cannot be, or is taken, and for a file that exists.
    """
    from society import registry

    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name, re.ASCII) or keyword.iskeyword(name):
        raise BadInput(f"scenario name {name!r}: use up to 40 lower-case letters, digits and _, a letter first")
    if name in registry.names("scenarios"):
        raise BadInput(f"scenario name {name!r} is taken; choose another")
    made = {folder / "scenarios" / f"{name}.py": "scenario", folder / "tests" / f"test_{name}.py": "test"}
    for path in made:
        if path.exists() or path.is_symlink():
            raise BadInput(f"{path} exists; choose another name or move it away")
    texts = {path: _filled(template, name) for path, template in made.items()}
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "x", encoding="utf-8") as file:  # "x": whoever else creates it meanwhile keeps it
            file.write(text)
    return list(texts)


def _filled(template: str, name: str) -> str:
    source = resources.files("society").joinpath("templates", f"{template}.py.txt")
    try:
        text = source.read_text(encoding="utf-8")
    except OSError:
        raise BadInput(f"the template society/templates/{template}.py.txt is missing; install society again") from None
    title = "".join(part.capitalize() for part in name.split("_"))
    return text.replace(MARK, name).replace(MARK_CLASS, title)
