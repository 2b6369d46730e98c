"""Trained sides against scripted ones: sumo, tag and the adversary's game, one side of which is given to a script.

In self-play a return says little: both sides change. So after training the minds meet opponents that they never saw: a
script in the other side's seats, the same worlds for all. Nothing here is published; the rows say which side gains by
learning, and by how much, over evaluation worlds of one trained population a seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from society.analysis.statistics import bootstrap_mean
from society.config import resolve
from society.engine import build
from society.engine.evaluation import FIRST_WORLD
from society.engine.rollout import Actor, Minds, Mixed, Scripted
from society.engine.training import Training
from society.population.matchmaking import Seating
from society.studies._pairs import finish
from society.studies._play import play
from society.studies._rows import result, row

NAME = "particle_sides"
SOURCE = "none: our own worlds and scripts"
WORLDS = 400


@dataclass(frozen=True)
class Duel:
    """A scenario, how long its quick preset learns, and by how many of its first seats one side sits."""

    scenario: str
    steps: int
    first: int
    scripts: tuple[str, ...]


DUELS = (
    Duel("sumo", 1_200_000, 1, ("random", "hold", "push")),
    Duel("simple_tag", 1_200_000, 3, ("random", "chase")),
    Duel("simple_adversary", 900_000, 1, ("random", "split")),
)


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """For every duel: the trained side's score against each script, and what a script in its place earns there."""
    rows = []
    for seed in seeds or ([0] if quick else [0, 1, 2]):
        for duel in DUELS:
            rows += _duel(duel, seed, duel.steps if quick else 2 * duel.steps)
    note = "score of a seat and episode; sumo: 1 won, -1 lost, 0 a draw. Intervals over worlds of one population."
    return result(NAME, rows, note)


def _duel(duel: Duel, seed: int, steps: int) -> list[dict[str, Any]]:
    start = perf_counter()
    made, minds = trained(duel.scenario, seed, steps)
    return meet(duel, made, minds, seed, perf_counter() - start)


def meet(duel: Duel, made: Any, minds: Minds, seed: int, seconds: float) -> list[dict[str, Any]]:
    """A row for each side of a duel that the minds take and each script in the other side."""
    rows = []
    first = torch.arange(made.spec.seats) < duel.first
    sides = {"first": first} if duel.scenario == "sumo" else {"adversaries": first, "good": ~first}
    for side, seats in sides.items():
        for rival in duel.scripts:
            against = Scripted(made.scripts[rival])
            ours = scores(made, Mixed(seats, minds, against), seats, seed)
            null = scores(made, Mixed(seats, Scripted(made.scripts["random"]), against), seats, seed)
            gain = bootstrap_mean((ours - null).numpy(), seed)
            label = f"{duel.scenario}, seed {seed}: {side} trained, the other side {rival}"
            note = f"random in its place {float(null.mean()):.2f}; gain {gain.value:.2f} [{gain.low:.2f}, {gain.high:.2f}]"
            told = bootstrap_mean(ours.numpy(), seed)
            rows.append(
                row(
                    label,
                    None,
                    told.value,
                    gain.low > 0,
                    source=SOURCE,
                    tolerance="more than random earns there",
                    ci=(told.low, told.high),
                    seeds=[seed],
                    seconds=seconds,
                    note=note,
                )
            )
    return rows


def scores(made: Any, actor: Actor, seats: Tensor, seed: int) -> Tensor:
    """What the seats of a side earned on average in the first episode of each world [W]."""
    return play(made, actor, WORLDS, seed, FIRST_WORLD)["return_"][:, seats].mean(1)


def trained(scenario: str, seed: int, steps: int) -> tuple[Any, Minds]:
    """The scenario and its minds after `steps` agent-steps of its quick preset."""
    config = build.settle(resolve(scenario, quick=True, overrides={"seed": seed, "training.agent_steps": steps}))
    return seated(finish(Training(config)))


def seated(run: Training) -> tuple[Any, Minds]:
    """The scenario of a training and its minds in the seats of the evaluation's worlds."""
    made: Any = build.scenario(run.config)
    mind = run.matchmaker(run.population.minds, made.spec, WORLDS, run.worlds.key)
    return made, Minds(run.population, Seating.of(mind, run.population.minds))
