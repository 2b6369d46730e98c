"""Runs reproductions, one process for each core, and keeps every result as soon as it is there.

A result is kept under the study's name, its form (quick or full), its seeds and a digest of the code that made it, so that
what is done is not done again, and what an older code did is not taken for today's.
"""

from __future__ import annotations

import errno
import hashlib
import importlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, connection, get_context, parent_process
from pathlib import Path
from typing import Any

from society.record.files import Damaged, read_json, write_json

Heard = Callable[[str], None]
KILLED = "failed: a process was killed, perhaps for memory; run again, what is done is kept"
OTHERS = ("viewer", "cli", "templates", "audit")  # what no result depends on


def reproduce(names: Sequence[str], quick: bool, seeds: Sequence[int] | None, folder: Path, say: Heard) -> list[dict[str, Any]]:
    """The results of studies in the order of `names`, each kept in `folder` (made if absent) once it is there.

    A result is that of `_rows.result` and `seconds`, `kept` (whether it was made before) and `reason` (why a study gave
    none: a package that is missing, or the error in a line). Raises OSError if the folder cannot be written; if that shows
    only later, as when the disk fills up, it is said and the results are given all the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "cannot be written; give another --out", str(folder))
    files = {name: folder / _file(name, quick, seeds) for name in names}
    found = {name: known for name, file in files.items() if (known := _kept(file)) is not None}
    todo = [name for name in names if name not in found]
    for done, (name, made) in enumerate(_made(todo, quick, seeds), start=1):
        if not made["reason"]:
            _keep(files[name], made, say)
        found[name] = made | {"kept": False}
        say(f"{name}: {verdict(made)} in {made['seconds']:.0f} s ({done} of {len(todo)})")
    return [found[name] for name in names]


def verdict(result: dict[str, Any]) -> str:
    """Whether a study holds, in words."""
    return "not run" if result["reason"] else "holds" if result["holds"] else "falls short"


def _made(names: Sequence[str], quick: bool, seeds: Sequence[int] | None) -> Iterator[tuple[str, dict[str, Any]]]:
    where = list(importlib.import_module("society.studies").__path__)
    tasks = [(name, quick, None if seeds is None else list(seeds), where) for name in names]
    workers = min(len(tasks), cores())
    if workers < 2:
        yield from ((task[0], _one(*task)) for task in tasks)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
        running = {pool.submit(_one, *task): task[0] for task in tasks}
        try:
            for future in as_completed(running):
                try:
                    made = future.result()
                except BrokenProcessPool:
                    made = _told({}, KILLED, 0.0, quick)
                yield running[future], {"name": running[future]} | made
        except BaseException:
            for child in active_children():  # they may be minutes from the end of a study
                child.terminate()
            pool.shutdown(cancel_futures=True)
            raise


def _end_with_parent() -> None:
    """End this process when the one that started it is killed, instead of working on for nobody."""
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (connection.wait([parent.sentinel]), os._exit(1)), daemon=True).start()


def _one(name: str, quick: bool, seeds: list[int] | None, where: list[str]) -> dict[str, Any]:
    """Run one study in this process, on one thread. Only an interruption gets out of it."""
    import torch

    importlib.import_module("society.studies").__path__ = where
    torch.set_num_threads(1)
    began, reason = time.perf_counter(), ""
    made: dict[str, Any] = {}
    try:
        made = importlib.import_module(f"society.studies.{name}").run(quick=quick, seeds=seeds)
    except Exception as fault:
        missing = type(fault).__name__ == "MissingPackage"  # by name: tests put other folders in the place of studies
        reason = str(fault) if missing else f"failed: {type(fault).__name__}: {fault}".splitlines()[0]
    return {"name": name} | _told(made, reason, time.perf_counter() - began, quick)


def _told(made: dict[str, Any], reason: str, seconds: float, quick: bool) -> dict[str, Any]:
    facts = {"reason": reason, "seconds": seconds, "quick": quick, "date": time.strftime("%Y-%m-%d")}
    return {"holds": False, "rows": [], "note": ""} | made | facts


def _keep(file: Path, made: dict[str, Any], say: Heard) -> None:
    """Write a result down; that it cannot be written is said and does not cost the results."""
    try:
        write_json(file, made, non_finite="null")
    except OSError as fault:
        say(f"{file}: cannot be kept ({fault.strerror or fault}); free some space or give another --out, then run again")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _kept(file: Path) -> dict[str, Any] | None:
    """A result that was made before; None if there is none or the file is damaged, and then it is made again."""
    try:
        return read_json(file) | {"kept": True}
    except (Damaged, OSError):
        return None


def _file(name: str, quick: bool, seeds: Sequence[int] | None) -> str:
    form = "quick" if quick else "full"
    which = "" if seeds is None else "-seeds-" + hashlib.sha256(repr(list(seeds)).encode()).hexdigest()[:6]
    return f"{name}-{form}{which}-{_code(name)}.json"


def _code(name: str) -> str:
    """A digest of this study and of everything else that it may rest on: the package without viewer, words and studies."""
    total = hashlib.sha256()
    for module in ("society", "society.agents", "society.scenarios"):
        for folder in importlib.import_module(module).__path__:
            for file in sorted(Path(folder).rglob("*.py")):
                part = file.relative_to(folder).parts[0]
                if part not in (*OTHERS, "studies"):
                    total.update(file.read_bytes())
    for folder in importlib.import_module("society.studies").__path__:
        for file in sorted(Path(folder).glob("*.py")):
            if file.stem == name or file.stem.startswith("_"):
                total.update(file.read_bytes())
    return total.hexdigest()[:12]
