"""Runs reproductions, one process for each core, and keeps every result as soon as it is there.

A result is kept under the study's name, its form (quick or full), its seeds and a digest of the code that made it, so that
what is done is not done again, and what an older code did is not taken for today's.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from society.record.files import Damaged, read_json, write_json

Heard = Callable[[str], None]
OTHERS = ("viewer", "cli", "templates")  # what no result depends on


def reproduce(names: Sequence[str], quick: bool, seeds: Sequence[int] | None, folder: Path, say: Heard) -> list[dict[str, Any]]:
    """The results of studies in the order of `names`, each kept in `folder` (made if absent) once it is there.

    A result is that of `_rows.result` and `seconds`, `kept` (whether it was made before) and `reason` (why a study gave
    none: a package that is missing, or the error in a line). Raises OSError if the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / _file(name, quick, seeds) for name in names}
    found = {name: known for name, file in files.items() if (known := _kept(file)) is not None}
    todo = [name for name in names if name not in found]
    for done, (name, made) in enumerate(_made(todo, quick, seeds), start=1):
        if not made["reason"]:
            write_json(files[name], made, non_finite="null")
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
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(_one, *task): task[0] for task in tasks}
        try:
            for future in as_completed(running):
                yield running[future], future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


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
    facts = {"reason": reason, "seconds": time.perf_counter() - began, "quick": quick, "date": time.strftime("%Y-%m-%d")}
    return {"name": name, "holds": False, "rows": [], "note": ""} | made | facts


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
