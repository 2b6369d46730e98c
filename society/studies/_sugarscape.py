"""Sugarscape played by the book's agents, ours and mesa's example, and what is measured of a course alike on both sides."""

from __future__ import annotations

import importlib
import multiprocessing
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from society.analysis.economy import gini
from society.config import resolve
from society.engine import build
from society.keys import Keys
from society.studies._rows import need
from society.world.scenario import Outcome, Scenario

STEPS, EARLY, LATE = 200, range(20), range(150, 200)
EXAMPLE = "mesa.examples.advanced.sugarscape_g1mt.model"


@dataclass(frozen=True)
class Course:
    """One world's course: who lived at its end, how far its prices scattered, how unequal its people were.

    The scatter is the standard deviation of the log prices of one step, its mean over the steps with two prices or more.
    """

    survivors: float
    sd_early: float
    sd_late: float
    gini: float


def example() -> Any:
    """mesa's model class. Raises `MissingPackage`.

    Importing mesa imports its batch runner, which sets how processes start for everybody: that is set back.
    """
    before = multiprocessing.get_start_method(allow_none=True)
    need("mesa")
    model = importlib.import_module(EXAMPLE).SugarscapeG1mt
    multiprocessing.set_start_method(before, force=True)
    return model


def mesa_step(model: Any) -> None:
    """One step of mesa's model; its collector takes the mean of no price where nobody traded, and warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        model.step()


def theirs(seed: int) -> Course | None:
    """A course of mesa's example; None where it stops with an error, which it does when somebody has no free cell in sight."""
    model = example()(seed=seed)
    prices: list[np.ndarray] = []
    for _ in range(STEPS):
        try:
            mesa_step(model)
        except ValueError:  # the largest of no welfare; in ours such a trader stays where it is
            return None
        prices.append(np.log([price for agent in model.agents for price in agent.prices]))
    early, late = (_scatter([prices[t] for t in ticks]) for ticks in (EARLY, LATE))
    wealth = [agent.sugar + agent.spice for agent in model.agents]
    return Course(len(wealth), early, late, gini(wealth))


def _scatter(steps: list[np.ndarray]) -> float:
    return float(np.mean([logs.std() for logs in steps if logs.size > 1] or [np.nan]))


def world(*, trade: bool = True, capacity: torch.Tensor | None = None) -> Scenario:
    """Ours under mesa's rules; `capacity` [C, 2] replaces the ground."""
    made = build.scenario(build.settle(resolve("sugarscape", "mesa", {"market.enabled": trade})))
    if capacity is not None:
        made.capacity = capacity.to(made.capacity.dtype)  # type: ignore[attr-defined]
    return made


def ground() -> torch.Tensor:
    """The map of mesa's example, [C, 2]."""
    model = example()(seed=0)
    layers = (model.sugar_distribution, model.spice_distribution)
    return torch.stack([torch.from_numpy(np.ascontiguousarray(x)).long().flatten() for x in layers], dim=-1)


def play(made: Scenario, seed: int, worlds: int, steps: int) -> Iterator[tuple[Any, Outcome]]:
    """The book's agents for so many ticks: the state after each and what it brought."""
    number = torch.arange(worlds)
    zero = torch.zeros_like(number)
    at = made.reset(Keys.at(seed, number, zero, zero - 1))
    forage, willing = torch.full_like(at.pos, made.spec.heads["move"].size - 1), torch.ones_like(at.pos)
    for tick in range(steps):
        at, outcome = made.step(at, {"move": forage, "trade": willing}, Keys.at(seed, number, zero, zero + tick))
        yield at, outcome


def ours(made: Scenario, seed: int, worlds: int) -> list[Course]:
    """Courses of our worlds, one for each of `worlds`."""
    names = ("deals", "log_price", "log_price_squared")
    sums = torch.zeros(STEPS, 3, worlds, dtype=torch.float64)
    for tick, (at, outcome) in enumerate(play(made, seed, worlds, STEPS)):
        sums[tick] = torch.stack([outcome.measures[name].double().sum(-1) for name in names])
        end = at
    count, total, squares = sums.unbind(1)
    deviation = (squares / count - (total / count) ** 2).clamp(min=0).sqrt()
    deviation = deviation.masked_fill(count < 2, torch.nan)
    early, late = (deviation[ticks.start : ticks.stop].nanmean(0).tolist() for ticks in (EARLY, LATE))
    wealth = end.stock.sum(-1)
    return [
        Course(int(alive.sum()), first, last, gini(held[alive].numpy()))
        for alive, held, first, last in zip(end.alive, wealth, early, late, strict=True)
    ]
