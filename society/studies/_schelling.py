"""The Schelling validator: worlds in which some seats play a cooperating script and the rest a defecting one.

Every number of cooperators is played by as many worlds, for one whole episode; who cooperates is drawn by world. Returns go
to `society.analysis.schelling`, whose replicate is the world.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from society.analysis.schelling import Schelling, schelling_diagram
from society.config import resolve
from society.engine import build
from society.engine.rollout import Mixed, Scripted
from society.keys import Keys
from society.world.scenario import Scenario

from ._play import play
from ._rows import TOLD, row


def world(name: str, preset: str, fields: Mapping[str, Any] | None = None) -> Scenario:
    """A scenario as its preset and some dotted fields have it."""
    return build.scenario(build.settle(resolve(name, preset, fields or {})), split="all")


def diagram(made: Scenario, cooperator: str, defector: str, worlds: int, seed: int) -> Schelling:
    """The Schelling diagram of two of a world's scripts, from `worlds` worlds for each number of cooperators."""
    seats = made.spec.seats
    count = torch.arange(seats + 1).repeat_interleave(worlds)  # of cooperators, by world
    number = torch.arange(len(count))
    order = Keys.at(seed, number, torch.zeros_like(number), torch.zeros_like(number)).permutation("schelling", seats)
    cooperates = order < count[:, None]
    both = Mixed(cooperates, Scripted(made.scripts[cooperator]), Scripted(made.scripts[defector]))
    returns = play(made, both, len(count), seed)["return_"]
    others = count[:, None] - cooperates.long()
    index = number[:, None].expand_as(returns)
    got, kind, x, world = (np.asarray(column.flatten()) for column in (returns, cooperates, others, index))
    return schelling_diagram(got, kind, x, world, seats, seed)


def rows(found: Schelling, source: str, seconds: float, worlds: int) -> list[dict[str, Any]]:
    """The verdict, which must be a dilemma (1; 0 is none), and both curves with their intervals over worlds."""
    told = {"dilemma": 1.0, "none": 0.0}.get(found.verdict, float("nan"))
    why = ", ".join(f"{name} p {p:.1g}" for name, p in (("all cooperate > all defect", found.total), ("rising", found.rising)))
    kinds = " and ".join(name for name, shown in (("fear", found.fear), ("greed", found.greed)) if shown) or "no temptation"
    note = found.reason or f"{found.verdict}: {kinds}; {why}"
    more: dict[str, Any] = {"source": source, "seconds": seconds, "note": note, "seeds": worlds}
    holds = found.verdict == "dilemma"
    out = [row("Schelling verdict (1 dilemma, 0 none)", None, told, holds, tolerance="a dilemma", **more)]
    for name, cells in (("cooperator", found.cooperate), ("defector", found.defect)):
        for x, cell in enumerate(cells):
            label = f"return of a {name} among {x} other cooperators"
            told_row = row(label, None, cell.value, True, source=source, tolerance=TOLD,
                           ci=(cell.low, cell.high), seeds=cell.n)  # fmt: skip
            out.append(told_row)
    return out
