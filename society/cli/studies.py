"""`society reproduce`, and what it shares with `society bench`: what lies in `society/studies`, one file each, found by name.

A study is `NAME.py` with `run(quick: bool, seeds: list[int] | None) -> dict` (name, holds, rows); a benchmark is
`bench_NAME.py` with `bench(quick: bool) -> dict` (name, rows).
"""

from __future__ import annotations

import ast
import importlib
import itertools
import sys
import textwrap
from pathlib import Path
from typing import Any

from .parser import BadInput

Result = tuple[int, dict[str, Any], str]
PREFIX = "bench_"


def reproduce(names: list[str], everything: bool, quick: bool, seeds: list[int] | None, out: Path) -> Result:
    """Run the named studies, or all; the status is 1 when one of them does not hold. Raises `BadInput`."""
    there = [name for name in offering("run") if not name.startswith(PREFIX)]
    chosen = there if everything else list(dict.fromkeys(known(names, there, "reproduction")))
    if not there:
        return 0, {"results": []}, "no reproduction is installed yet"
    if not chosen:
        raise BadInput(f"name a reproduction, or give --all; there is {', '.join(there)}")
    from .reproductions import reproduce as run

    results = run(chosen, quick, seeds, out, lambda line: print(line, file=sys.stderr, flush=True))
    fell = any(not result["holds"] for result in results)
    return int(fell), {"results": results}, "\n".join([*_table(results), f"kept in {out}"])


def known(names: list[str], there: list[str], what: str) -> list[str]:
    """These names, if all are there. Raises `BadInput` with the nearest one."""
    from society.registry import nearest

    for name in names:
        if name not in there:
            raise BadInput(f"unknown {what} {name!r}{nearest(name, there)}")
    return names


def offering(function: str) -> list[str]:
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


def study(name: str) -> Any:
    """The module of a study or a benchmark."""
    return importlib.import_module(f"society.studies.{name}")


def number(value: Any) -> str:
    """Four digits of a number, a dash for none, and anything else as it is."""
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
    wrapped = [textwrap.wrap(safe(text), width) for text, width in zip(cells, WIDTHS, strict=True)]
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
            number(row.get("published")),
            number(row.get("ours")),
            "-" if row.get("ci_low") is None else f"[{number(row['ci_low'])}, {number(row.get('ci_high'))}]",
            number(row.get("tolerance")),
            "FALLS SHORT" if not row.get("holds") else "told" if row.get("tolerance") == TOLD else "holds",
        )
        for i, row in enumerate(result["rows"])
    ]


def _notes(result: dict[str, Any]) -> list[str]:
    rows = [(f"{result['name']}, {row['label']}", row.get("note", "")) for row in result["rows"]]
    told = [(name, note) for name, note in [(result["name"], result.get("note", "")), *rows] if note]
    return [safe(f"{name}: {note}") for name, note in told]


def safe(text: str) -> str:
    """A study may be anybody's file: nothing of it steers a terminal."""
    from society.record.printable import printable

    return printable(text)
