"""Learners of the commons worlds under social rewards: one run for each learner and seed, judged frozen in worlds of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from society.analysis.statistics import t_interval
from society.config import resolve
from society.engine import build
from society.engine.rollout import Clock, Minds, Scripted, ticks
from society.engine.training import Training
from society.population.matchmaking import Seating, everyone
from society.world.scenario import Scenario
from society.world.worlds import Worlds

from ._rows import bound, row

FIRST = 1 << 29  # the first world's number: training does not come here
WORLDS = 64
SEEDS = range(10, 18)  # settings were picked on seeds 0 to 5
TEAM: dict[str, object] = {"social.prosocial": 1.0}
FIELDS: dict[str, object] = {  # of the learner, for a minute's learning on one core
    "training.ticks": 50, "training.agent_steps": 400_000, "population.network.hidden": (64,), "learner.lr": 3e-3,
    "learner.gamma": 0.995, "learner.lam": 0.98,
}  # fmt: skip


def lives(
    scenario: str, learners: Mapping[str, Mapping[str, object]], seeds: Sequence[int], *changed: Mapping[str, object]
) -> list[dict[str, list[dict[str, float]]]]:
    """By learner and by script, what was earned and left with each seed (`episode`): in the preset quick, where the learners
    grew up, then in it with each of the `changed` fields.
    """
    grown = {name: [grow(scenario, fields, seed) for seed in seeds] for name, fields in learners.items()}
    found = []
    for fields in ({}, *changed):
        made = build.scenario(build.settle(resolve(scenario, "quick", fields)))
        judged = {name: [judge(run, made) for run in runs] for name, runs in grown.items()}
        for name, script in made.scripts.items():
            judged[f"script {name}"] = [episode(made, Scripted(script), seed) for seed in seeds]
        found.append(judged)
    return found


def grow(scenario: str, fields: Mapping[str, object], seed: int) -> Training:
    """A run of the scenario's preset "quick" with these dotted fields, trained to its end in float32."""
    config = resolve(scenario, "quick", {**FIELDS, **fields, "seed": seed, "training.precision": "float32"})
    run = Training(build.settle(config))
    while run.done < run.total:
        run.update(Clock())
    return run


def judge(run: Training, made: Scenario) -> dict[str, float]:
    """What the run's minds, frozen, earn and leave in a world of their own spec: see `episode`."""
    mind = everyone(run.population.minds, made.spec, WORLDS, run.worlds.key)
    return episode(made, Minds(run.population, Seating.of(mind, run.population.minds)), run.config.seed)


def episode(made: Scenario, actor: Minds | Scripted, seed: int) -> dict[str, float]:
    """One episode of 64 worlds: `return` is what a seat earns; a measure is a world's mean over the ticks of the last quarter."""
    begun, length = Worlds.begin(made, seed, torch.arange(FIRST, FIRST + WORLDS)), made.spec.episode
    earned, sums, late = 0.0, dict[str, float](), length - length // 4
    for number, tick in enumerate(ticks(begun, actor, actor.blank(begun), length, Clock())):
        earned += float(tick.outcome.reward.sum())
        for name, value in tick.outcome.measures.items() if number >= late else ():
            sums[name] = sums.get(name, 0.0) + float(value.sum())
    found = {name: total / WORLDS / (length - late) for name, total in sums.items()}
    return found | {"return": earned / WORLDS / made.spec.seats}


def contrast(label: str, more: Sequence[float], less: Sequence[float], source: str, note: str = "") -> dict[str, Any]:
    """A row of the differences by seed: it holds when their t-interval lies above 0, or with two seeds, when both do."""
    apart = [a - b for a, b in zip(more, less, strict=True)]
    interval = t_interval(apart)
    few = len(apart) < 3
    holds, words = (min(apart) > 0, "above 0 in every seed") if few else (interval.low > 0, "t-interval above 0")
    bounds = (interval.low, interval.high)
    return row(label, None, interval.value, holds, source=source, tolerance=words, ci=bounds, seeds=len(apart), note=note)


def told(label: str, found: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """Rows that claim nothing: a number by seed of every learner and script."""
    return [bound(f"{label}, {name}", values, source="ours") for name, values in found.items()]


def column(found: Mapping[str, Sequence[Mapping[str, float]]], name: str, per: str = "") -> dict[str, list[float]]:
    """One of an episode's numbers by seed of every learner and script, as a share of another if `per` names it."""
    return {who: [one[name] / (one[per] if per else 1.0) for one in several] for who, several in found.items()}
