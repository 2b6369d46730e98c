"""What no learning is needed to know of Cao's game (2018, reduced): the joint score of three ways to divide, by Monte Carlo.

A side that takes all, a silent proposer who keeps what is worth 3 or more to it, and full information; drawn by the plain
functions of `society.analysis.negotiation`, and played by the scripts of the scenario `negotiation`. The two share no code. A
game worth nothing to either side counts as 1; a side to which the pool is worth nothing has no score.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from society.analysis import negotiation as plain
from society.config import resolve
from society.engine import build
from society.engine.rollout import Clock, Scripted, ticks
from society.world.worlds import Worlds

from ._rows import near, result

TOLERANCE = 0.003
SOURCE = "exact by Monte Carlo"
JOINT = {"take_all": 0.720, "threshold": 0.925, "full_information": 1.0}
EACH = 0.632  # of its own maximum to each side, with full information
SPLITS: dict[str, Callable[..., np.ndarray]] = {
    "take_all": plain.split_dictator,
    "threshold": plain.split_threshold,
    "full_information": plain.split_full_information,
}
TICKS = 2  # of a game between scripts: a demand and its acceptance


def run(quick: bool, seeds: list[int] | None = None) -> dict[str, Any]:
    """Each anchor by both routes; the replicate is a seed's draw of games (50,000, or 200,000 in full)."""
    seeds = list(range(4)) if seeds is None else seeds
    games = 50_000 if quick else 200_000
    rows = []
    for route, measured in (("drawn", drawn), ("played", played)):
        for script, exact in JOINT.items():
            start = time.perf_counter()
            joint, own = zip(*(measured(script, games, seed) for seed in seeds), strict=True)
            label = f"{script}, {route}: joint score"
            rows.append(near(label, exact, joint, TOLERANCE, source=SOURCE, seconds=time.perf_counter() - start))
            if script == "full_information":
                rows.append(near(f"{script}, {route}: score of a side", EACH, own, TOLERANCE, source=SOURCE))
    return result("negotiation_anchors", rows)


def drawn(script: str, games: int, seed: int) -> tuple[float, float]:
    """Mean joint score and mean score of a side, of games drawn and divided by the plain functions."""
    pools, values = plain.draw_games(games, seed)
    shares = SPLITS[script](pools, values)
    joint = plain.surplus_efficiency(pools, values, shares)
    return float(joint.mean()), float(np.nanmean(plain.scores(pools, values, shares)))


def played(script: str, games: int, seed: int) -> tuple[float, float]:
    """The same of games played by a script in the scenario."""
    scenario = build.scenario(build.settle(resolve("negotiation")))
    worlds = Worlds.begin(scenario, seed, torch.arange(games))
    actor = Scripted(scenario.scripts[script])
    sums: dict[str, float] = {}
    for tick in ticks(worlds, actor, actor.blank(worlds), TICKS, Clock()):
        for name, measure in tick.outcome.measures.items():
            sums[name] = sums.get(name, 0.0) + float(measure.double().sum())
    worthless = games - sums["worth"]
    own = (sums["first_score"] + sums["second_score"]) / (sums["first_games"] + sums["second_games"])
    return (sums["joint"] + worthless) / games, own
