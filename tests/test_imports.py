"""Who may import whom: the arrows of the architecture, walked through the source, and what stays free of torch."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import society

ROOT = Path(society.__file__).parent
FOLDERS = {"agents": ROOT.parent / "agents", "scenarios": ROOT.parent / "scenarios"}
BASE = {"config", "keys", "registry"}
EVERYTHING = {"society"}  # may import whatever it likes
MAY = {
    "config": BASE,
    "keys": BASE,
    "registry": BASE,
    "world": BASE | {"world"},
    "population": BASE | {"world", "population"},
    "engine": BASE | {"world", "population", "engine", "record"},
    "record": {"record"},
    "analysis": {"analysis", "record"},
    "audit": {"audit", "analysis", "config", "keys"},
    "viewer": {"viewer", "analysis", "record", "config"},
    "desk": BASE | {"engine", "world", "population", "record", "desk"},
    "bridges": BASE | {"engine", "world", "population", "bridges"},
    "agents": {"config", "keys", "world", "population", "agents"},
    "scenarios": {"config", "keys", "world", "scenarios"},
    **{name: EVERYTHING for name in ("cli", "api", "progress", "studies", "__init__")},
}


def modules():
    """(dotted name, file) of every module, agents and scenarios under their installed names."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        yield ".".join(parts), path
    for name, folder in FOLDERS.items():
        for path in sorted(folder.rglob("*.py")):
            yield ".".join(("society", name, *path.relative_to(folder).with_suffix("").parts)), path


def imported(name, path):
    """The modules of society that a file imports, dotted, wherever in the file the import stands."""
    package = name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield stem, node.lineno
            yield from ((f"{stem}.{alias.name}", node.lineno) for alias in node.names)


def room(name):
    """The part of the house that a module belongs to: `society.world.grid` -> world; `society` itself -> __init__."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def breaches(name, path):
    allowed = MAY[room(name)]
    if allowed is EVERYTHING:
        return
    for target, line in imported(name, path):
        if target.split(".")[0] == "society" and room(target) != "__init__" and room(target) not in allowed:
            yield f"{path.name}:{line} ({room(name)}) imports {target}"


def test_every_room_keeps_the_arrows():
    found = [breach for name, path in modules() for breach in breaches(name, path)]
    assert found == []


def test_every_room_is_on_the_plan():
    assert {room(name) for name, _ in modules()} <= set(MAY)


# What no module of the viewer whose name begins so may import: reading knows no page, drawing reads nothing.
NEVER = {
    "data": ("streamlit", "altair", "society.viewer.main", "society.viewer.pages", "society.viewer.figures"),
    "figures": ("streamlit", "society.record.store", "society.viewer.pages", "society.viewer.queries", "society.viewer.kept"),
    **{
        name: ("streamlit", "society.viewer.data")
        for name in ("queries", "kept", "replay", "payload", "marks", "words", "charts")
    },
}


def test_the_viewer_keeps_its_floors():
    seen = set()
    for name, path in modules():
        floor = name.removeprefix("society.viewer.").split(".")[0]
        if name.startswith("society.viewer.") and floor in NEVER:
            seen.add(floor)
            targets = [target for target, _ in imported(name, path)]
            assert [one for one in targets if one.startswith(NEVER[floor])] == [], name
    assert seen == set(NEVER)


def test_every_package_is_in_the_wheel():
    listed = tomllib.loads((ROOT.parent / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted(name.removesuffix(".__init__") for name, path in modules() if path.name == "__init__.py")


def test_a_breach_is_found(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text("def f():\n    from ..agents import ppo\n    import society.analysis.report\n    from .. import engine\n")
    lines = list(breaches("society.world.bad", bad))
    assert len([line for line in lines if "agents" in line]) >= 1
    assert any("analysis" in line for line in lines) and any("engine" in line for line in lines)


def test_the_record_knows_no_torch():
    for name, path in modules():
        if room(name) in ("record", "analysis"):
            heads = {target.split(".")[0] for target, _ in imported(name, path)}
            assert "torch" not in heads, name


@pytest.mark.parametrize("name", ["society", "society.analysis.report", "society.record.store", "society.registry"])
def test_what_loads_no_torch(name):
    code = f"import sys, {name}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
