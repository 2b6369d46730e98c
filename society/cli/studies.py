"""`society reproduce` and `society bench`: what lies in `society/studies`, one file each, found by name.

A study is `NAME.py` with `run(quick: bool, seeds: list[int] | None) -> dict` (name, holds, rows); a benchmark is
`bench_NAME.py` with `bench(quick: bool) -> dict` (name, rows).
"""

from __future__ import annotations

import ast
import importlib
import itertools
import os
import platform
import sys
import textwrap
from pathlib import Path
from typing import Any

from .parser import BadInput

Result = tuple[int, dict[str, Any], str]
PREFIX = "bench_"


def reproduce(names: list[str], everything: bool, quick: bool, seeds: list[int] | None, out: Path) -> Result:
    """Run the named studies, or all; the status is 1 when one of them does not hold. Raises `BadInput`."""
    there = [name for name in _offering("run") if not name.startswith(PREFIX)]
    chosen = there if everything else list(dict.fromkeys(_known(names, there, "reproduction")))
    if not there:
        return 0, {"results": []}, "no reproduction is installed yet"
    if not chosen:
        raise BadInput(f"name a reproduction, or give --all; there is {', '.join(there)}")
    from .reproductions import reproduce as run

    results = run(chosen, quick, seeds, out, lambda line: print(line, file=sys.stderr, flush=True))
    fell = any(not result["holds"] for result in results)
    return int(fell), {"results": results}, "\n".join([*_table(results), f"kept in {out}"])


def bench(name: str | None, quick: bool) -> Result:
    """Run the named benchmark, or all: of these, one whose peer is not installed says so. Raises `BadInput`."""
    there = [found.removeprefix(PREFIX) for found in _offering("bench") if found.startswith(PREFIX)]
    chosen = _known([name], there, "benchmark") if name else there
    if not there:
        return 0, {"machine": machine(), "results": []}, "no benchmark is installed yet"
    results = [_benched(found, quick) for found in chosen]
    if name and "reason" in results[0]:
        raise BadInput(f"{name} {results[0]['reason']}")
    text = [f"machine: {machine()}", *(line for result in results for line in _bench_lines(result))]
    return 0, {"machine": machine(), "results": results}, "\n".join(text)


def _benched(name: str, quick: bool) -> dict[str, Any]:
    try:
        return {"name": name, **_study(PREFIX + name).bench(quick=quick)}
    except RuntimeError as fault:
        if type(fault).__name__ != "MissingPackage":  # by name: tests put other folders in the place of studies
            raise
        return {"name": name, "rows": [], "reason": str(fault)}


def machine() -> str:
    """The machine in a line: processor architecture, usable cores, system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.processor() or platform.machine()}, {cores} cores, {platform.system()}"


def _known(names: list[str], there: list[str], what: str) -> list[str]:
    from society.registry import nearest

    for name in names:
        if name not in there:
            raise BadInput(f"unknown {what} {name!r}{nearest(name, there)}")
    return names


def _offering(function: str) -> list[str]:
    """The modules of `society.studies` that define a top-level function of this name; none of them is imported."""
    folders = [Path(folder) for folder in importlib.import_module("society.studies").__path__]
    files = sorted(path for folder in folders for path in folder.glob("*.py") if not path.stem.startswith("_"))
    return [
        path.stem
        for path in files
        if any(isinstance(node, ast.FunctionDef) and node.name == function for node in _body(path))
    ]


def _body(path: Path) -> list[ast.stmt]:
    try:
        return ast.parse(path.read_text(encoding="utf-8")).body
    except (SyntaxError, OSError, ValueError):
        return []


def _study(name: str) -> Any:
    return importlib.import_module(f"society.studies.{name}")


def _number(value: Any) -> str:
    return "-" if value is None else f"{value:.4g}" if isinstance(value, int | float) else str(value)


TOLD = "none: it is told"  # as in society.studies._rows
HEAD = ("study", "row", "published", "ours", "95 % interval", "tolerance", "verdict")
WIDTHS = (20, 38, 9, 10, 21, 18, 11)  # a cell that is longer goes on below


def _table(results: list[dict[str, Any]]) -> list[str]:
    """All rows of all studies under one head, then what must be known of those that fall short."""
    lines = [line for cells in (HEAD, *(one for result in results for one in _cells(result))) for line in _laid_out(cells)]
    fell = [result["name"] for result in results if not result["holds"]]
    sum_up = f"{len(results) - len(fell)} of {len(results)} hold" + (f"; not: {', '.join(fell)}" if fell else "")
    told = [note for result in results for note in _notes(result)]
    notes = [textwrap.fill(note, sum(WIDTHS) + 6, subsequent_indent="    ") for note in told]
    return [*lines, "", *notes, sum_up]


def _laid_out(cells: tuple[str, ...]) -> list[str]:
    """One row as lines of at most the sum of WIDTHS."""
    wrapped = [textwrap.wrap(_safe(text), width) for text, width in zip(cells, WIDTHS, strict=True)]
    lines = itertools.zip_longest(*wrapped, fillvalue="")
    return [" ".join(text.ljust(width) for text, width in zip(line, WIDTHS, strict=True)).rstrip() for line in lines]


def _cells(result: dict[str, Any]) -> list[tuple[str, ...]]:
    name = f"{result['name']} {result['seconds']:.0f} s" + (" kept" if result["kept"] else "")
    if result["reason"]:
        return [(name, result["reason"], "-", "-", "-", "-", "not run")]
    return [
        (
            "" if i else name,
            str(row["label"]),
            _number(row.get("published")),
            _number(row.get("ours")),
            "-" if row.get("ci_low") is None else f"[{_number(row['ci_low'])}, {_number(row.get('ci_high'))}]",
            _number(row.get("tolerance")),
            "FALLS SHORT" if not row.get("holds") else "told" if row.get("tolerance") == TOLD else "holds",
        )
        for i, row in enumerate(result["rows"])
    ]


def _notes(result: dict[str, Any]) -> list[str]:
    rows = [(f"{result['name']}, {row['label']}", row.get("note", "")) for row in result["rows"]]
    told = [(name, note) for name, note in [(result["name"], result.get("note", "")), *rows] if note]
    return [_safe(f"{name}: {note}") for name, note in told]


def _safe(text: str) -> str:
    """A study may be anybody's file: nothing of it steers a terminal."""
    from society.record.printable import printable

    return printable(text)


def _bench_lines(result: dict[str, Any]) -> list[str]:
    lines = [f"{result['name']}: {result['reason']}" if "reason" in result else f"{result['name']}:"]
    for row in result.get("rows", []):
        spread = f"[{_number(row.get('ratio_min'))}, {_number(row.get('ratio_max'))}]"
        peer = f"{row.get('peer')} {_number(row.get('peer_value'))}"
        ours = f"ours {_number(row.get('ours'))} {row.get('unit', '')}"
        lines.append(f"  {row['workload']}: {ours}, {peer}, ratio {_number(row.get('ratio'))} {spread}")
    return lines
