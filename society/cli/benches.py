"""`society bench`: the benchmarks of `society.studies`, run and told: lines, a plot of rates, a table for a README."""

from __future__ import annotations

import math
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .parser import BadInput
from .studies import PREFIX, Result, known, number, offering, safe, study

WIDTH = 40  # of the longest bar
PROFILE = "profile"  # the benchmark that takes a scenario


def bench(name: str | None, quick: bool, scenario: str | None = None, markdown: bool = False) -> Result:
    """Run the named benchmark, or all: of these, one whose peer is not installed says so. Raises `BadInput`."""
    there = [found.removeprefix(PREFIX) for found in offering("bench") if found.startswith(PREFIX)]
    chosen = known([name], there, "benchmark") if name else there
    if scenario and name != PROFILE:
        raise BadInput(f"--scenario {scenario} goes with one benchmark: society bench {PROFILE} --scenario {scenario}")
    document: dict[str, Any] = {"machine": machine(), "date": datetime.now(UTC).date().isoformat(), "results": []}
    if not there:
        return 0, document, "no benchmark is installed yet"
    for found in chosen:
        if not name:
            print(f"bench {found} ...", file=sys.stderr, flush=True)
        document["results"].append(_benched(found, quick, {"scenario": scenario} if scenario else {}))
    first = document["results"][0]
    if name and "reason" in first:
        raise BadInput(f"{name} {first['reason']}")
    return 0, document, table(document) if markdown else told(document)


def make_peers() -> Result:
    """Make the environments of the peers; the status is 1 when one could not be made."""
    from society.studies._peers.environments import make

    made = make(lambda line: print(line, file=sys.stderr, flush=True))
    failed = any(said.startswith("failed") for said in made.values())
    return int(failed), {"peers": made}, "\n".join(safe(f"{peer}: {said}") for peer, said in made.items())


def _benched(name: str, quick: bool, more: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"name": name, **study(PREFIX + name).bench(quick=quick, **more)}
    except RuntimeError as fault:
        if type(fault).__name__ != "MissingPackage":  # by name: tests put other folders in the place of studies
            raise
        return {"name": name, "rows": [], "reason": str(fault)}


def machine() -> str:
    """The machine in a line: processor, usable cores, system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {cores} cores, {platform.system()}"


def _processor() -> str:
    """The processor's model where the system tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return safe(model or platform.processor() or platform.machine())


def told(document: dict[str, Any]) -> str:
    """Lines for people: the rows of every benchmark, its rates as bars, what differs between the sides."""
    lines = [f"machine: {document['machine']}"]
    for result in document["results"]:
        lines += [f"{result['name']}: {result['reason']}" if "reason" in result else f"{result['name']}:"]
        lines += [f"  {_line(row)}" for row in result.get("rows", [])]
        lines += plot(result.get("rows", []))
        lines += [f"  {result['note']}"] if result.get("note") else []
    return "\n".join(safe(line) for line in lines)


def _line(row: dict[str, Any]) -> str:
    ours = f"{row['workload']}: ours {number(row.get('ours'))} {row.get('unit', '')}"
    peer = row.get("peer")
    if "reason" in row:
        return f"{ours}; {peer}: {row['reason']}" if peer else f"{ours}: {row['reason']}"
    spread = f"[{number(row.get('ratio_min'))}, {number(row.get('ratio_max'))}]"
    alone = row.get("ratio") is None
    return ours if alone else f"{ours}, {peer} {number(row.get('peer_value'))}, ratio {number(row.get('ratio'))} {spread}"


def plot(rows: list[dict[str, Any]]) -> list[str]:
    """Rates as bars on one logarithmic scale, whole decades wide; ours stands once beside all peers of its work."""
    bars: dict[str, dict[str, float]] = {}
    for row in rows:
        if str(row.get("unit", "")).endswith("/s"):
            of_work = bars.setdefault(row["workload"], {})
            named = {"ours": row.get("ours"), str(row.get("peer")): row.get("peer_value")}
            of_work.update({name: value for name, value in named.items() if value and name not in of_work})
    values = [value for of_work in bars.values() for value in of_work.values()]
    if len(values) < 2:
        return []
    low = math.floor(math.log10(min(values)))
    high = max(low + 1, math.ceil(math.log10(max(values))))
    wide = max(len(name) for of_work in bars.values() for name in of_work)
    lines = ["", f"  a second, from {short(10.0**low)} to {short(10.0**high)}, logarithmic"]
    for work, of_work in bars.items():
        lines.append(f"  {work}")
        for name, value in of_work.items():
            bar = "#" * max(1, round(WIDTH * (math.log10(value) - low) / (high - low)))
            lines.append(f"    {name:<{wide}} |{bar:<{WIDTH}}| {short(value)}")
    return [*lines, ""]


def short(value: float) -> str:
    """Three digits and a letter: 12, 894k, 2.81M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size * 0.9995:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def table(document: dict[str, Any]) -> str:
    """The rows that have a peer, as a Markdown table, with the machine and the date."""
    lines = [
        f"{document['machine']}, {document['date']}; medians, ratios of the same round [least, greatest].",
        "",
        "| work | ours | peer | ours / peer |",
        "|---|---|---|---|",
    ]
    for result in document["results"]:
        for row in result.get("rows", []):
            lines.append(f"| {' | '.join(_cell(text) for text in _cells(row))} |")
    return "\n".join(lines)


def _cells(row: dict[str, Any]) -> tuple[str, str, str, str]:
    unit = row.get("unit", "")
    ours, theirs = (value if value is None else short(value) for value in (row.get("ours"), row.get("peer_value")))
    peer = f"{row.get('peer')}: {theirs}" if theirs else row.get("reason") or "-"
    spread = "-"
    if row.get("ratio") is not None:
        spread = f"{row['ratio']:.2f} [{row['ratio_min']:.2f}, {row['ratio_max']:.2f}]"
    return row["workload"], f"{ours or '-'} {unit}", peer, spread


def _cell(text: str) -> str:
    return safe(text).replace("|", "\\|")
