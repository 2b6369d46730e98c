"""The Schelling validator: worlds in which some seats play a cooperating script and the rest a defecting one.

Every number of cooperators is played by as many worlds, for one whole episode; who cooperates is drawn by world. Returns go
to `society.analysis.schelling`, whose replicate is the world.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from society.analysis.schelling import Schelling, schelling_diagram
from society.config import resolve
from society.engine import build
from society.engine.rollout import Clock, Scripted, ticks
from society.keys import Keys
from society.world.scenario import Action, Observation, Scenario, Script
from society.world.worlds import Worlds

from ._rows import row

FIRST = 1 << 29  # the first world's number: neither training nor evaluation comes here


@dataclass(frozen=True)
class Mixture:
    """Two scripts in one world: `cooperates` [W, N] says which seats follow the first."""

    cooperator: Script
    defector: Script
    cooperates: Tensor

    def script(self) -> Script:
        """Both in one, for every seat its own."""
        return Script(self._act, "cooperators and defectors", privileged=True)

    def _act(self, state: Any, seen: Observation, key: Keys) -> Action:
        kind, other = self.cooperator.act(state, seen, key), self.defector.act(state, seen, key)
        return {name: torch.where(_widen(self.cooperates, x), x, other[name]) for name, x in kind.items()}


def _widen(mask: Tensor, like: Tensor) -> Tensor:
    return mask.view(*mask.shape, *[1] * (like.dim() - mask.dim()))


def world(name: str, preset: str, fields: Mapping[str, Any] | None = None) -> Scenario:
    """A scenario as its preset and some dotted fields have it."""
    return build.scenario(build.settle(resolve(name, preset, fields or {})), split="all")


def play(made: Scenario, script: Script, worlds: int, seed: int, first: int = FIRST) -> dict[str, Tensor]:
    """One episode of a script in every seat: the sum of reward (`return_`) and of every measure, each [W, N] float64."""
    begun = Worlds.begin(made, seed, torch.arange(first, first + worlds))
    actor = Scripted(script)
    sums: dict[str, Tensor] = {}
    with torch.no_grad():
        for tick in ticks(begun, actor, actor.blank(begun), made.spec.episode, Clock()):
            for name, value in {"return_": tick.outcome.reward, **tick.outcome.measures}.items():
                sums[name] = sums[name] + value if name in sums else value.double()
    return sums


def diagram(made: Scenario, cooperator: str, defector: str, worlds: int, seed: int) -> Schelling:
    """The Schelling diagram of two of a world's scripts, from `worlds` worlds for each number of cooperators."""
    seats = made.spec.seats
    count = torch.arange(seats + 1).repeat_interleave(worlds)  # of cooperators, by world
    number = torch.arange(len(count))
    order = Keys.at(seed, number, torch.zeros_like(number), torch.zeros_like(number)).permutation("schelling", seats)
    cooperates = order < count[:, None]
    scripts = made.scripts
    mixture = Mixture(scripts[cooperator], scripts[defector], cooperates)
    returns = play(made, mixture.script(), len(count), seed)["return_"]
    others = count[:, None] - cooperates.long()
    index = number[:, None].expand_as(returns)
    got, kind, x, world = (np.asarray(column.flatten()) for column in (returns, cooperates, others, index))
    return schelling_diagram(got, kind, x, world, seats, seed)


def rows(found: Schelling, verdicts: Sequence[str], source: str, seconds: float, worlds: int) -> list[dict[str, Any]]:
    """The verdict (as 1 dilemma, 0 none) and both curves with their intervals over worlds."""
    told = {"dilemma": 1.0, "none": 0.0}.get(found.verdict, float("nan"))
    why = ", ".join(f"{name} p {p:.1g}" for name, p in (("all cooperate > all defect", found.total), ("rising", found.rising)))
    kinds = " and ".join(name for name, shown in (("fear", found.fear), ("greed", found.greed)) if shown) or "no temptation"
    wanted = found.verdict in verdicts
    note = found.reason or f"{found.verdict}: {kinds}; {why}"
    tolerance = "verdict: " + " or ".join(verdicts)
    out = [row("Schelling verdict (1 dilemma, 0 none)", None, told, wanted, source=source, tolerance=tolerance,
               seeds=worlds, seconds=seconds, note=note)]  # fmt: skip
    for name, cells in (("cooperator", found.cooperate), ("defector", found.defect)):
        for x, cell in enumerate(cells):
            label = f"return of a {name} among {x} other cooperators"
            told_row = row(label, None, cell.value, True, source=source, tolerance="none: it is told",
                           ci=(cell.low, cell.high), seeds=cell.n)  # fmt: skip
            out.append(told_row)
    return out
