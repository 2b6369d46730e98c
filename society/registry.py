"""Names -> scenarios, policies, learners, metrics. Nothing is imported until it is asked for.

One file is one entry and its file name is the entry's name: `society/scenarios/NAME.py` exposes `scenario` (a Scenario
subclass); `society/agents/NAME.py` exposes `policy` (a Policy subclass), `learner` (a Learner class) or both. A metric
is a function in `society/analysis` under `@register("NAME", ...)`. Files without such a thing are helpers and are
skipped. Which files they are is read from the source text, so that listing names imports neither torch nor the file.

Looked through in this order, the first finding of a name wins: the installed folders, entry points (groups
`society.scenarios`, `society.policies`, `society.learners`, `society.metrics`), and `./scenarios` and `./agents` under
the current directory, where users keep their own.
"""

from __future__ import annotations

import ast
import difflib
import functools
import hashlib
import importlib
import re
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = {
    "scenarios": "society.scenarios",
    "policies": "society.agents",
    "learners": "society.agents",
    "metrics": "society.analysis",
}
EXPOSES = {"scenarios": "scenario", "policies": "policy", "learners": "learner"}
LOCAL = {"scenarios": "scenarios", "policies": "agents", "learners": "agents"}
KINDS = tuple(PACKAGES)


class Unknown(ValueError):  # noqa: N818 - part of the interface
    """No entry of this name; the message is one line and names the nearest."""


class Broken(ValueError):  # noqa: N818
    """The entry exists and its file cannot be used; the message is one line with the file and the error."""


@dataclass(frozen=True)
class Entry:
    """One name of a kind. `origin` is "installed", "entry point" or "local"; `error` is one line, "" if none."""

    kind: str
    name: str
    origin: str
    summary: str = ""
    path: Path | None = None
    error: str = ""
    point: metadata.EntryPoint | None = None


def entries(kind: str) -> list[Entry]:
    """All entries of `kind`, sorted by name, without importing any of them."""
    found: dict[str, Entry] = {}
    for entry in _search(kind):
        first = found.setdefault(entry.name, entry)
        if first is not entry and entry.origin == "local" and not _same_text(first.path, entry.path):
            key = f"{entry.name} ({entry.path})"  # cannot be got; listed so that its author sees why
            found[key] = replace(entry, name=key, error=f"the name {entry.name} is taken; rename {entry.path}")
    return sorted(found.values(), key=lambda entry: entry.name)


def names(kind: str) -> list[str]:
    """The names that `get` knows, sorted; those whose file turns out broken included."""
    return [entry.name for entry in entries(kind) if " " not in entry.name]


def get(kind: str, name: str) -> Any:
    """The object of that name: a Scenario, Policy or Learner class, or a Metric.

    Raises `Unknown` for a name that does not exist and `Broken` for a file that cannot be imported.
    """
    entry = next((entry for entry in _search(kind) if entry.name == name), None)
    if entry is None:
        raise Unknown(f"unknown {_singular(kind)} {name!r}{nearest(name, names(kind))}")
    return load(entry)


def load(entry: Entry) -> Any:
    """Import what an entry stands for. Raises `Broken`."""
    if entry.error:
        raise Broken(f"{_singular(entry.kind)} {entry.name} cannot be used: {entry.error}")
    try:
        if entry.point is not None:
            return entry.point.load()
        assert entry.path is not None  # an entry without a point was found in a file
        module = _import(entry.path, PACKAGES[entry.kind])
        if entry.kind != "metrics":
            return getattr(module, EXPOSES[entry.kind])
        known = importlib.import_module("society.analysis.metrics").METRICS
        return next(metric for metric in known if metric.name == entry.name)
    except (Exception, SystemExit) as error:  # a user's file may raise anything
        where = entry.path or (entry.point.value if entry.point else entry.name)
        raise Broken(f"{_singular(entry.kind)} {entry.name} ({where}) cannot be imported: {one_line(error)}") from error


def checked(kind: str) -> list[Entry]:
    """Like `entries`, and every entry that is not installed with society itself is imported to see whether it works."""

    def tried(entry: Entry) -> Entry:
        try:
            load(entry)
        except Broken as error:
            return replace(entry, error=entry.error or one_line(error.__cause__ or error))
        return entry

    return [entry if entry.origin == "installed" else tried(entry) for entry in entries(kind)]


def load_file(path: str | Path, kind: str = "scenarios") -> Any:
    """The object that the file at `path` exposes (its `scenario`, say). Raises `Broken`.

    The module gets a name below `society.scenarios` that is unique to its folder, so `from ._x import y` finds a
    sibling in the file's own folder or else in society's.
    """
    path, name = Path(path), EXPOSES[kind]
    if not path.is_file():
        raise Broken(f"{path}: no such file")
    try:
        module = _import(path, PACKAGES[kind])
    except (Exception, SystemExit) as error:
        raise Broken(f"{path} cannot be imported: {one_line(error)}") from error
    if not hasattr(module, name):
        raise Broken(f"{path} has no top-level name {name!r}; add `{name} = YourClass`")
    return getattr(module, name)


def component(name: str) -> Any:
    """The config class of a world component: "channel" -> `society.world.channel.ChannelConfig`, and so on.

    By name, because config and registry lie below `world` and may not import it.
    """
    return getattr(importlib.import_module(f"society.world.{name}"), f"{name.capitalize()}Config")


def nearest(name: str, known: list[str]) -> str:
    """The end of an error line: "; did you mean a, b?" or else the whole list of what there is."""
    close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    if close:
        return f"; did you mean {' or '.join(close)}?"
    return f"; there is {', '.join(known)}" if known else "; none is installed"


def one_line(error: BaseException) -> str:
    """An exception as one line without a traceback: its class, and its message with line breaks folded."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _singular(kind: str) -> str:
    return {"policies": "policy"}.get(kind, kind[:-1])


def _folders(package: str) -> list[Path]:
    return [Path(folder) for folder in importlib.import_module(package).__path__]


def _files(folder: Path) -> list[Path]:
    found = (path for path in folder.glob("*.py") if path.stem.isidentifier() and path.is_file())
    return sorted(path for path in found if not path.stem.startswith("_"))


def _search(kind: str) -> Iterator[Entry]:
    """All there is, in order of precedence; lazily, because entry points and a user's files take time to look for."""
    yield from _installed(kind)
    yield from _entry_points(kind)
    yield from _local(kind)


def _installed(kind: str) -> Iterator[Entry]:
    for folder in _folders(PACKAGES[kind]):
        for path in _files(folder):
            yield from _entries_of(kind, path, "installed")


def _local(kind: str) -> Iterator[Entry]:
    if kind not in LOCAL:
        return
    folder = Path.cwd() / LOCAL[kind]
    if not folder.is_dir() or folder.resolve() in [f.resolve() for f in _folders(PACKAGES[kind])]:
        return
    for path in _files(folder):
        yield from _entries_of(kind, path, "local")


def _entry_points(kind: str) -> Iterator[Entry]:
    for point in metadata.entry_points(group=f"society.{kind}"):
        yield Entry(kind, point.name, "entry point", summary=point.value, point=point)


def _entries_of(kind: str, path: Path, origin: str) -> tuple[Entry, ...]:
    about = path.stat()
    return _read(kind, path, origin, about.st_mtime_ns, about.st_size)


@functools.lru_cache(maxsize=4096)
def _read(kind: str, path: Path, origin: str, changed: int, size: int) -> tuple[Entry, ...]:
    """What the source text of a file says that it offers, without running it. Read again when the file has changed."""
    return tuple(_offered(kind, path, origin))


def _offered(kind: str, path: Path, origin: str) -> Iterator[Entry]:
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
    except (SyntaxError, ValueError, OSError) as error:
        if kind != "metrics" and re.search(rf"^(class )?{EXPOSES[kind]}\b", text, re.MULTILINE):
            yield Entry(kind, path.stem, origin, "", path, one_line(error))
        return
    if kind == "metrics":
        for name, summary in _registered(tree):
            yield Entry(kind, name, origin, summary, path)
    elif EXPOSES[kind] in _top_level(tree):
        yield Entry(kind, path.stem, origin, _first_line(tree), path)


def _top_level(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id
        elif isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)


def _registered(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The (name, summary) of each function under `@register("NAME", ...)`."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "register":
                named = mark.args[0] if mark.args else None
                if isinstance(named, ast.Constant) and isinstance(named.value, str):
                    yield named.value, _first_line(node)


def _first_line(node: ast.Module | ast.FunctionDef) -> str:
    return (ast.get_docstring(node) or "").strip().split("\n")[0]


def _same_text(a: Path | None, b: Path | None) -> bool:
    return a is not None and b is not None and a.read_bytes() == b.read_bytes()


def _import(path: Path, package: str) -> types.ModuleType:
    """Import a file as a module of `package`: under its own name if it lies there, else below its folder's package."""
    folder = path.resolve().parent
    if folder in [f.resolve() for f in _folders(package)]:
        return importlib.import_module(f"{package}.{path.stem}")
    parent = f"{package}.local_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    if parent not in sys.modules:
        home = types.ModuleType(parent, f"The files of {folder}.")
        home.__path__ = [str(folder), *map(str, _folders(package))]  # a sibling is the user's own first, then society's
        sys.modules[parent] = home
    importlib.invalidate_caches()  # the file may be a second old
    return importlib.import_module(f"{parent}.{path.stem}")
