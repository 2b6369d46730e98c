"""Clean up: a group that does not clean earns exactly nothing; what kind of game cleaning is.

Random play and free riders from the standard start, and every mixture of the scripts `cleaner` and `greedy`. And what PPO earns
in the small world of the preset quick, selfish and with the mean of all as reward.
"""

from __future__ import annotations

import time
from typing import Any

from society.analysis.statistics import bootstrap_mean
from society.engine.rollout import Scripted

from ._commons_learning import SEEDS, TEAM, column, contrast, lives, told
from ._play import play
from ._rows import result, row
from ._schelling import diagram, rows, world

RULES = "Melting Pot, clean_up (Leibo et al. 2021); exact: nothing grows at a dirt fraction of .4 or more"
SCHELLING = "Hughes et al. 2018: what makes a dilemma"
LEARNERS: dict[str, dict[str, object]] = {"selfish PPO": {}, "prosocial PPO": TEAM}
DIRTY = {"world.dirt_start": 0.54, "world.dirt_rate": 0.5}  # the standard start in the small world: nothing grows


def run(quick: bool = False, seeds: list[int] | None = None) -> dict[str, Any]:
    """All rows; `quick` plays fewer worlds and grows two seeds of learners. The first of `seeds` keys the scripts' worlds."""
    seed, grown = (seeds or [0])[0], seeds or list(SEEDS)[: 2 if quick else None]
    return result("clean_up_dilemma", [*nothing(quick, seed), *verdict(quick, seed), *learning(grown)])


def nothing(quick: bool, seed: int) -> list[dict[str, Any]]:
    """Return of an episode of random play and of free riders: exactly 0 in every world. The cleaners' beside it."""
    made, worlds, found = world("clean_up", "melting_pot"), 32 if quick else 256, []
    for script, zero in (("random", True), ("greedy", True), ("cleaner", False)):
        start, count = time.perf_counter(), worlds if script == "random" else 8
        returns = play(made, Scripted(made.scripts[script]), count, seed)["return_"]
        interval = bootstrap_mean(returns.mean(1).numpy(), seed)
        holds = not bool(returns.any()) if zero else interval.low > 0
        found.append(row(f"return of a seat, script {script}", 0.0 if zero else None, interval.value, holds,
                         ci=(interval.low, interval.high), tolerance="exactly 0 in every world" if zero else "above 0",
                         source=RULES, seeds=count, seconds=time.perf_counter() - start))  # fmt: skip
    return found


def verdict(quick: bool, seed: int) -> list[dict[str, Any]]:
    """The Schelling diagram of the standard preset; by Hughes et al. a dilemma."""
    start, worlds = time.perf_counter(), 3 if quick else 16
    found = diagram(world("clean_up", "melting_pot"), "cleaner", "greedy", worlds, seed)
    return rows(found, SCHELLING, time.perf_counter() - start, worlds)


def learning(seeds: list[int]) -> list[dict[str, Any]]:
    """What PPO earns above random play where it learnt, and from a start from which nothing grows until somebody cleans."""
    start, team = time.perf_counter(), "prosocial PPO"
    out, more = [], []
    for found, where in zip(lives("clean_up", LEARNERS, seeds, DIRTY), ("quick", "quick from a dirty river"), strict=True):
        earned = column(found, "return")
        out.append(contrast(f"{where}: return of a seat above random play, {team}", earned[team], earned["script random"],
                            "Hughes et al. 2018: cleaning can be learnt"))  # fmt: skip
        more += told(f"{where}: return of a seat", earned)
        more += told(f"{where}: late dirt, share of the river", column(found, "dirt", "river"))
    out[0]["seconds"] = time.perf_counter() - start
    return out + more
