"""Clean up: a group that does not clean earns exactly nothing; what kind of game cleaning is.

Random play and free riders from the standard start, and every mixture of the scripts `cleaner` and `greedy`.
"""

from __future__ import annotations

import time
from typing import Any

from society.analysis.statistics import bootstrap_mean

from ._rows import result, row
from ._schelling import diagram, play, rows, world

RULES = "Melting Pot, clean_up (Leibo et al. 2021); exact: nothing grows at a dirt fraction of .4 or more"
SCHELLING = "Hughes et al. 2018: what makes a dilemma"
VERDICTS = ("dilemma", "none", "undecided")  # told, whatever it is


def run(quick: bool = False, seeds: list[int] | None = None) -> dict[str, Any]:
    """All rows; `quick` plays fewer worlds. Only the first of `seeds` keys the worlds of the scripts."""
    seed = (seeds or [0])[0]
    return result("clean_up_dilemma", [*nothing(quick, seed), *verdict(quick, seed)])


def nothing(quick: bool, seed: int) -> list[dict[str, Any]]:
    """Return of an episode of random play and of free riders: exactly 0 in every world. The cleaners' beside it."""
    made, worlds, found = world("clean_up", "melting_pot"), 32 if quick else 256, []
    for script, zero in (("random", True), ("greedy", True), ("cleaner", False)):
        start, count = time.perf_counter(), worlds if script == "random" else 8
        returns = play(made, made.scripts[script], count, seed)["return_"]
        interval = bootstrap_mean(returns.mean(1).numpy(), seed)
        holds = not bool(returns.any()) if zero else interval.low > 0
        found.append(row(f"return of a seat, script {script}", 0.0 if zero else None, interval.value, holds,
                         ci=(interval.low, interval.high), tolerance="exactly 0 in every world" if zero else "above 0",
                         source=RULES, seeds=count, seconds=time.perf_counter() - start))  # fmt: skip
    return found


def verdict(quick: bool, seed: int) -> list[dict[str, Any]]:
    """The Schelling diagram of the standard preset; its verdict is told, whatever it is."""
    start, worlds = time.perf_counter(), 3 if quick else 16
    found = diagram(world("clean_up", "melting_pot"), "cleaner", "greedy", worlds, seed)
    return rows(found, VERDICTS, SCHELLING, time.perf_counter() - start, worlds)
