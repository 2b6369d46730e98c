"""Learners of the commons worlds under social rewards: one run for each learner and seed, judged frozen in worlds of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from society.analysis.statistics import t_interval
from society.config import resolve
from society.engine import build
from society.engine.rollout import Actor, Clock, Minds, Scripted, ticks
from society.engine.training import Training
from society.keys import Keys
from society.population.matchmaking import Seating
from society.world.scenario import Scenario, Spec
from society.world.worlds import Worlds

from ._pairs import finish
from ._play import FIRST
from ._rows import bound, row

WORLDS = 64
SEEDS = range(10, 18)  # settings were picked on seeds 0 to 5
TEAM: dict[str, object] = {"social.prosocial": 1.0}
FIELDS: dict[str, object] = {  # of the learner, for a minute's learning on one core
    "training.ticks": 50, "population.network.hidden": (64,), "learner.lr": 3e-3, "learner.gamma": 0.995, "learner.lam": 0.98,
}  # fmt: skip
EACH, STEPS, MINIBATCH = 128, 400_000, 4096  # worlds, agent-steps and steps of a minibatch of each run


def lives(
    scenario: str, learners: Mapping[str, Mapping[str, object]], seeds: Sequence[int], *changed: Mapping[str, object]
) -> list[dict[str, list[dict[str, float]]]]:
    """By learner and by script, what was earned and left with each seed (`episode`): in the preset quick, where the learners
    grew up, then in it with each of the `changed` fields.
    """
    grown = {name: grow(scenario, fields, seeds) for name, fields in learners.items()}
    found = []
    for fields in ({}, *changed):
        made = build.scenario(build.settle(resolve(scenario, "quick", fields)))
        judged = {name: judge(run, made) for name, run in grown.items()}
        for name, script in made.scripts.items():
            judged[f"script {name}"] = episode(made, Scripted(script), seeds[0], len(seeds))
        found.append(judged)
    return found


def alone(minds: int, spec: Spec, worlds: int, key: Keys) -> Tensor:
    """Every world has one mind in all its seats [W, N]: world w has mind w mod P."""
    return (torch.arange(worlds) % minds)[:, None].expand(-1, spec.seats)


def grow(scenario: str, fields: Mapping[str, object], seeds: Sequence[int]) -> Training:
    """Runs of the preset "quick" with these dotted fields, trained to their end in float32, one for each seed.

    They are side by side in one stack, which is faster: each has the first weights of its seed, worlds of its own, in which
    it meets nobody else, and its own gradient.
    """
    runs = len(seeds)
    config = resolve(scenario, "quick", {
        **FIELDS, **fields, "seed": seeds[0], "population": runs, "training.worlds": EACH * runs, "training.precision": "float32",
        "training.agent_steps": STEPS * runs, "learner.minibatch": MINIBATCH * runs,
    })  # fmt: skip
    run = Training(build.settle(config))
    run.matchmaker = alone
    first = [run.population.policy.initial(seed, torch.zeros(1, dtype=torch.long)) for seed in seeds]
    run.population = replace(run.population, weights=torch.cat(first))
    return finish(run)


def judge(run: Training, made: Scenario) -> list[dict[str, float]]:
    """What each of the run's minds, frozen, earns and leaves in a world of its own spec: see `episode`."""
    minds = run.population.minds
    seating = Seating.of(alone(minds, made.spec, WORLDS * minds, run.worlds.key), minds)
    return episode(made, Minds(run.population, seating), run.config.seed, minds)


def episode(made: Scenario, actor: Actor, seed: int, runs: int) -> list[dict[str, float]]:
    """One episode of 64 worlds of each of so many runs, whose worlds take turns. `return` is what a seat earns; a measure is
    a world's mean over the ticks of the last quarter.
    """
    begun, length = Worlds.begin(made, seed, torch.arange(FIRST, FIRST + WORLDS * runs)), made.spec.episode
    late = length - length // 4
    sums: dict[str, Tensor] = {}
    for number, tick in enumerate(ticks(begun, actor, actor.blank(begun), length, Clock())):
        counted = {"return": tick.outcome.reward} | (dict(tick.outcome.measures) if number >= late else {})
        for name, value in counted.items():
            sums[name] = sums.get(name, 0) + value.double().sum(1).view(WORLDS, runs).mean(0)  # type: ignore[assignment]
    per = {name: made.spec.seats if name == "return" else length - late for name in sums}
    return [{name: float(total[k]) / per[name] for name, total in sums.items()} for k in range(runs)]


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
