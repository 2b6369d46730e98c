"""The cells of a sweep side by side: the headline, what it relies on and what each thing is worth."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from society.engine.sweep import show

CONTRASTS = ("relative.", "worth_over_", "effect_of_")


def compare(cells: Sequence[Mapping[str, Any]]) -> str:
    """One block for each metric that a cell has, one line for each cell: value, 95 % interval, runs.

    `society report RUN...` tells the rest.
    """
    headline = _headline(Path(cells[0]["runs"][0]))
    found = [{one["metric"]: one for one in cell["estimates"] if _shown(one, headline)} for cell in cells]
    names = dict.fromkeys(name for one in found for name in one if _known(one[name]))
    width = max(len(show(cell["fields"])) for cell in cells) + 2
    lines = []
    for name in names:
        lines.append(f"{name} ({next(one[name]['unit'] for one in found if _known(one.get(name)))})")
        lines += [f"  {show(cell['fields']):<{width}}{_told(one.get(name))}" for cell, one in zip(cells, found, strict=True)]
    return "\n".join(lines) or "nothing to compare: this world declares no headline; see society report RUN..."


def _headline(run: Path) -> str:
    declared = json.loads((run / "meta.json").read_text("utf-8")).get("declared", {})
    return str(declared.get("headline", {}).get("name", ""))


def _shown(one: Mapping[str, Any], headline: str) -> bool:
    if one["metric"] == headline:
        return bool(one["condition"] == "normal")
    return str(one["metric"]).startswith(CONTRASTS) and str(one["metric"]).endswith(f".{headline}")


def _known(one: Mapping[str, Any] | None) -> bool:
    return one is not None and one["value"] is not None and one["value"] == one["value"]


def _told(one: Mapping[str, Any] | None) -> str:
    if one is None or not _known(one):
        return f"no value: {(one or {}).get('reason') or 'not measured'}"
    interval = f"[{one['ci_low']:.4g}, {one['ci_high']:.4g}]" if one["ci_low"] is not None else ""
    p = f"  p {one['p']:.2g}" if one.get("p") is not None else ""
    return f"{one['value']:>11.4g} {interval:<24} n {one['n']}{p}"
