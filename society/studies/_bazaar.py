"""Populations of the bazaar grown and judged without files: the same worlds and keys as `society run` would use."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from society.analysis.economy import price
from society.analysis.statistics import Array
from society.config import Config, resolve
from society.engine import build
from society.engine.evaluation import FIRST_WORLD
from society.engine.rollout import Clock, Minds, Scripted, ticks
from society.engine.training import Training
from society.keys import Keys
from society.population.matchmaking import Seating
from society.population.population import Population
from society.world.channel import Intervention
from society.world.worlds import Worlds

from ._pairs import finish


@dataclass(frozen=True)
class Played:
    """What became of one condition, over all its worlds: meals per seat and 100 ticks, share of harvests at cells of one's
    own good, deals per seat and tick, units of B paid for one of A (geometric mean over deals, NaN without one), the reward
    of seat 0 per 100 ticks, and the share of ticks in which a seat struck (NaN where nobody can)."""

    welfare: float
    own: float
    deals: float
    price: float
    first: float
    strikes: float


def config(preset: str, seed: int, fields: Mapping[str, Any] | None = None, condition: str = "normal") -> Config:
    """The settled config of a preset with some fields changed, to be grown normally or without a thing."""
    made = build.settle(resolve("bazaar", preset, {**(fields or {}), "seed": seed}))
    return made.model_copy(update={"condition": condition})


def grow(wanted: Config) -> Population:
    """The population of a config, trained to its end."""
    return finish(Training(wanted)).population


def judge(wanted: Config, who: Population | str, change: Intervention | None = None, peace: bool = False) -> Played:
    """Frozen minds, or the script of this name, in the config's evaluation worlds, with one thing done to what is said."""
    world, e = build.scenario(wanted, split="all", intervention=change, peace=peace), wanted.evaluation
    worlds = Worlds.begin(world, wanted.seed, torch.arange(FIRST_WORLD, FIRST_WORLD + e.worlds))
    actor: Minds | Scripted
    if isinstance(who, str):
        actor = Scripted(world.scripts[who])
    else:
        key = Keys.worldless(wanted.seed, "evaluation.seating")
        mind = build.matchmaker(wanted)(who.minds, world.spec, e.worlds, key)
        actor = Minds(who, Seating.of(mind, who.minds), e.temperature)
    sums = dict.fromkeys(("eaten", "visits_own", "visits_all", "deals", "strikes"), 0.0)
    first, traded = 0.0, dict[str, list[Array]]()
    with torch.no_grad():
        for tick in ticks(worlds, actor, actor.blank(worlds), e.ticks, Clock()):
            for name in sums.keys() & tick.outcome.measures.keys():
                sums[name] += float(tick.outcome.measures[name].sum())
            first += float(tick.outcome.reward[:, 0].double().sum())
            mask, columns = tick.outcome.events["trades"]
            for name in ("gave", "gave_amount", "got", "got_amount"):
                traded.setdefault(name, []).append(columns[name][mask].numpy())
    seat_ticks = e.worlds * e.ticks * world.spec.seats
    whole = [np.concatenate(rows) for rows in traded.values()]
    return Played(
        100 * sums["eaten"] / seat_ticks,
        sums["visits_own"] / sums["visits_all"] if sums["visits_all"] else math.nan,
        sums["deals"] / seat_ticks,
        price(*whole, good=0, money=1),
        100 * first / (e.worlds * e.ticks),
        sums["strikes"] / seat_ticks if "strike" in world.spec.heads else math.nan,
    )
