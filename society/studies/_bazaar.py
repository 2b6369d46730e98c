"""Populations of the bazaar grown and judged without files: the same worlds and keys as `society run` would use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

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
    own good, deals per seat and tick, and the mean natural logarithm of units of B paid for one of A (NaN without a deal)."""

    welfare: float
    own: float
    deals: float
    log_price: float


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
    sums, paid, deals = dict.fromkeys(("eaten", "visits_own", "visits_all", "deals"), 0.0), 0.0, 0
    with torch.no_grad():
        for tick in ticks(worlds, actor, actor.blank(worlds), e.ticks, Clock()):
            for name in sums:
                sums[name] += float(tick.outcome.measures[name].sum())
            mask, rows = tick.outcome.events["trades"]
            # whoever gave A: got / gave is B for A; whoever gave B: the other way round
            log = (rows["got_amount"].double() / rows["gave_amount"].clamp(min=1)).clamp(min=1e-9).log()
            between = mask & (rows["gave"] + rows["got"] == 1)
            paid += float((log * (1 - 2 * rows["gave"]) * between).sum())
            deals += int(between.sum())
    seat_ticks = e.worlds * e.ticks * world.spec.seats
    nan = float("nan")
    return Played(
        100 * sums["eaten"] / seat_ticks,
        sums["visits_own"] / sums["visits_all"] if sums["visits_all"] else nan,
        sums["deals"] / seat_ticks,
        paid / deals if deals else nan,
    )
