"""Pairs of minds trained apart in one process, and frozen minds judged in any seats.

A seed is a pair: its minds and its worlds carry the seed's numbers, so that a pair is the same in any company but for
rounding. All pairs are rows of one stack, which costs far less than one training each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from society.config import resolve
from society.engine import build
from society.engine.rollout import Clock, Minds, ticks
from society.engine.training import Training
from society.population.matchmaking import Seating
from society.world.worlds import Worlds

STRIDE = 1 << 16  # world numbers of one seed
JUDGED = 1 << 30  # the first world in which minds are judged: none that training ever saw


def train_pairs(
    scenario: str, seeds: Sequence[int], fields: Mapping[str, Any], *, worlds: int, minibatch: int, agent_steps: int
) -> Training:
    """Train one pair a seed: minds 2k and 2k + 1 are the k-th seed's. The three numbers are of one pair.

    `fields` are config fields by dotted name, over the scenario's preset `quick`. Raises ConfigError for one that cannot be.
    """
    pairs = len(seeds)
    stacked = {
        "population.minds": 2 * pairs,
        "population.matchmaker": "teams",
        "training.worlds": worlds * pairs,
        "training.agent_steps": agent_steps * pairs,
        "training.precision": "float32",
        "learner.minibatch": minibatch * pairs,
    }
    run = Training(build.settle(resolve(scenario, "quick", {**fields, **stacked})))
    seed = torch.tensor(list(seeds))
    number = (2 * seed[:, None] + torch.arange(2)).flatten()
    weights = run.population.policy.initial(run.config.seed, number)
    run.population = replace(run.population, mind=number, weights=weights)
    # `teams` deals the worlds in turn: world w is that of pair w mod K
    world = torch.arange(worlds)[:, None] + seed * STRIDE
    run.worlds = Worlds.begin(run.scenario, run.config.seed, world.flatten())
    return finish(run)


def finish(run: Training) -> Training:
    """Make all updates of a training; nothing is written."""
    while run.done < run.total:
        run.update(Clock())
    return run


def judge(run: Training, mind: Tensor, count: int) -> dict[str, Tensor]:
    """Frozen minds in seats `mind` [W, N] for `count` ticks of fresh worlds, sampling: every measure [T, W, N], float64."""
    scenario = build.scenario(run.config, split="all")
    worlds = Worlds.begin(scenario, run.config.seed, torch.arange(JUDGED, JUDGED + len(mind)))
    actor = Minds(run.population, Seating.of(mind, run.population.minds), 1.0)
    with torch.no_grad():
        played = [tick.outcome.measures for tick in ticks(worlds, actor, actor.blank(worlds), count, Clock())]
    return {name: torch.stack([measures[name].double() for measures in played]) for name in played[0]}


def own_pairs(pairs: int, worlds: int) -> Tensor:
    """Seats [pairs * worlds, 2] of pairs at home, `worlds` each: rows k * worlds .. are pair k's."""
    return (2 * torch.arange(pairs)[:, None] + torch.arange(2)).repeat_interleave(worlds, 0)


def rates(right: Tensor, asked: Tensor, groups: int) -> list[float]:
    """The share of `right` [T, W] where `asked` [T, W], for each of `groups` equal runs of worlds; NaN where none was."""
    won = (right * asked).unflatten(1, (groups, -1)).sum((0, 2))
    return (won / asked.unflatten(1, (groups, -1)).sum((0, 2))).tolist()
