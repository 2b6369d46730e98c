"""Traders that learn, in a double auction on schedules that they never met, beside random traders; and a shock.

Random traders with a budget (Gode & Sunder 1993) already make a market efficient, so learning is judged by the price: Smith's
alpha and the bias of the price, on an asymmetric schedule on which random traders are biased; efficiency and deals stand
beside, since a price could also be had by dealing less. After a shock budgets alone drag the price along (no seller may sell
below its new cost), so there, too, learners must be nearer than random traders. The minds of a seed are one network in all
seats of its own worlds; they learn on schedules drawn anew for every world and episode.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from society.analysis.economy import allocative_efficiency, equilibrium, price_bias, smith_alpha
from society.analysis.statistics import t_interval
from society.config import resolve
from society.engine import build
from society.engine.rollout import Clock, Minds, Scripted, ticks
from society.engine.training import Training
from society.keys import Keys
from society.population.matchmaking import Seating
from society.world.worlds import Worlds

from ._pairs import JUDGED, STRIDE, finish
from ._rows import bound, near, result, row
from .zero_intelligence import ALPHA, COSTS, EFFICIENCY, PRICE, SESSIONS, TOP, TRADES, VALUES
from .zero_intelligence import SOURCE as RANDOM_TRADERS

NAME = "double_auction_learned"
STEPS = {True: 600_000, False: 1_000_000}  # agent-steps of a seed, quick and full
WORLDS, MINIBATCH = 64, 1024  # of one seed
JUDGED_WORLDS = 64
ARRIVALS = 3000  # single arrivals in a session of random traders
SOURCE = "Smith 1962; the bound is ours"
COLUMNS = ("gave_amount", "value", "cost", "equilibrium", "period")
PRICE_, VALUE, COST, KNOWN, PERIOD = range(len(COLUMNS))
Deals = np.ndarray  # [deals, columns]


def run(quick: bool, seeds: list[int] | None = None) -> dict[str, Any]:
    """Random traders to their table; one population a seed (5, or 8 and longer in full) beside them; a shock."""
    seeds = list(range(10, 15 if quick else 18)) if seeds is None else seeds
    rows = [*random_traders(range(2)), exhausted(VALUES), exhausted(VALUES + 30)]
    return result(NAME, [*rows, *learned(seeds, STEPS[quick])])


# ---------------------------------------------------------------- random traders


def random_traders(seeds: Sequence[int]) -> list[dict[str, Any]]:
    """ZI-C by this world's own script, in the setting of the table: 20 and 20, one arrival at a time."""
    start, known = time.perf_counter(), equilibrium(VALUES, COSTS)
    deals = [sessions("zero_intelligence", VALUES, seed, ticks=ARRIVALS, arrivals=1) for seed in seeds]
    seconds = time.perf_counter() - start
    figures: list[tuple[str, float, list[float], float]] = [
        ("ZI-C: allocative efficiency, %", 95.8, [100 * _efficiency(d, SESSIONS * known.surplus) for d in deals], EFFICIENCY),
        ("ZI-C: Smith's alpha, %", 25.0, [smith_alpha(d[:, PRICE_], known.price) for d in deals], ALPHA),
        ("ZI-C: mean price (equilibrium 100)", 99.7, [float(d[:, PRICE_].mean()) for d in deals], PRICE),
        ("ZI-C: trades a session (equilibrium 10)", 11.1, [len(d) / SESSIONS for d in deals], TRADES),
    ]
    return [near(*figure, source=RANDOM_TRADERS, seconds=seconds) for figure in figures]


def exhausted(values: np.ndarray, count: int = 50) -> dict[str, Any]:
    """ZI-U until everyone has dealt: (sum of values - sum of costs) / most possible, exactly."""
    start, known = time.perf_counter(), equilibrium(values, COSTS)
    deals = sessions("unconstrained", values, 0, count, ticks=300, arrivals=0)
    ours = _efficiency(deals, count * known.surplus)
    exact = float(values.sum() - COSTS.sum()) / known.surplus
    label = f"ZI-U to exhaustion: efficiency, buyers' values {values.min()}-{values.max()}"
    return near(label, exact, [ours], 1e-9, source="exact", seconds=time.perf_counter() - start)


def sessions(script: str, values: np.ndarray, seed: int, count: int = SESSIONS, **world: int) -> Deals:
    """The deals of `count` sessions of a period each; the script's orders are legal, so nothing is observed."""
    fields: dict[str, Any] = {f"world.{name}": value for name, value in world.items()}
    fields |= {"world.values": tuple(values.tolist()), "world.costs": tuple(COSTS.tolist())}
    fields |= {"world.prices": max(TOP, int(values.max()))}
    game = build.scenario(_config("symmetric", fields | {"world.constrained": script != "unconstrained"}))
    number, zero = torch.arange(count), torch.zeros(count, dtype=torch.long)
    state, act, found = game.reset(Keys.at(seed, number, zero, zero - 1)), game.scripts[script].act, []
    for tick in range(game.config.ticks):
        key = Keys.at(seed, number, zero, zero + tick)
        state, outcome = game.step(state, act(state, None, key), key)  # type: ignore[arg-type]
        found.append(_deals(outcome.events["trades"]))
    return np.concatenate(found)


def _config(preset: str, fields: dict[str, Any]) -> Any:
    return build.settle(resolve("double_auction", preset, fields))


def _deals(event: tuple[Tensor, Any]) -> Deals:
    mask, columns = event
    return torch.stack([columns[name][mask].double() for name in COLUMNS], dim=1).numpy()


def _efficiency(deals: Deals, surplus: float) -> float:
    return allocative_efficiency(deals[:, VALUE], deals[:, COST], surplus)


# ---------------------------------------------------------------- those that learn


def learned(seeds: Sequence[int], agent_steps: int) -> list[dict[str, Any]]:
    """Train one population a seed and judge it on the asymmetric schedule, paired with random traders by seed."""
    start = time.perf_counter()
    trained = train(seeds, agent_steps)
    game = build.scenario(_config("asymmetric", {}))
    minds = torch.arange(len(seeds))
    judged = [market(game, Minds(trained.population, _seats(minds[k : k + 1], JUDGED_WORLDS, game, len(seeds))), seed)
              for k, seed in enumerate(seeds)]  # fmt: skip
    random = [market(game, Scripted(game.scripts["zero_intelligence"]), seed) for seed in seeds]
    seconds = time.perf_counter() - start
    levels = [*_levels("ZI-C", random, game), *_levels("learners", judged, game)]
    return [*levels, *_contrasts(judged, random, seconds), *_shock(judged, random, game)]


def train(seeds: Sequence[int], agent_steps: int) -> Training:
    """One mind a seed, in every seat of worlds of its own, on drawn schedules: preset `default`. All are one stack."""
    count = len(seeds)
    fields = {
        "population.minds": count,
        "training.worlds": WORLDS * count,
        "training.agent_steps": agent_steps * count,
        "learner.minibatch": MINIBATCH * count,
    }
    training = Training(_config("default", fields))
    number = torch.tensor(list(seeds))
    weights = training.population.policy.initial(training.config.seed, number)
    training.population = replace(training.population, mind=number, weights=weights)
    training.matchmaker = lambda minds, spec, worlds, key: _mind(torch.arange(minds), worlds // minds, spec.seats)
    world = number[:, None] * STRIDE + torch.arange(WORLDS)
    training.worlds = Worlds.begin(training.scenario, training.config.seed, world.flatten())
    return finish(training)


def _mind(minds: Tensor, worlds: int, seats: int) -> Tensor:
    """Who sits where: `worlds` worlds for each mind, all seats its own."""
    return minds.repeat_interleave(worlds)[:, None].expand(-1, seats)


def _seats(minds: Tensor, worlds: int, game: Any, population: int) -> Seating:
    return Seating.of(_mind(minds, worlds, game.spec.seats), population)


def market(game: Any, actor: Minds | Scripted, seed: int) -> Deals:
    """The deals of an episode of fresh worlds, those of this seed's number."""
    first = JUDGED + seed * STRIDE
    now = Worlds.begin(game, 0, torch.arange(first, first + JUDGED_WORLDS))
    with torch.no_grad():
        played = ticks(now, actor, actor.blank(now), game.spec.episode, Clock())
        return np.concatenate([_deals(tick.outcome.events["trades"]) for tick in played])


def _before(deals: Deals) -> Deals:
    """Those before the shock, whose competitive price is the first period's."""
    return deals[deals[:, KNOWN] == deals[0, KNOWN]]


def _alpha(deals: Deals) -> float:
    return smith_alpha(_before(deals)[:, PRICE_], deals[0, KNOWN])


def _bias(deals: Deals) -> float:
    return price_bias(_before(deals)[:, PRICE_], deals[0, KNOWN])


def _levels(who: str, markets: list[Deals], game: Any) -> list[dict[str, Any]]:
    rules = game.config
    sessions, values, costs = JUDGED_WORLDS * rules.shock_period, np.array(rules.values), np.array(rules.costs)
    surplus = sessions * equilibrium(values, costs).surplus
    figures: dict[str, Callable[[Deals], float]] = {
        "Smith's alpha, %": _alpha,
        "price bias, %": _bias,
        "allocative efficiency, %": lambda deals: 100 * _efficiency(_before(deals), surplus),
        "deals a period": lambda deals: len(_before(deals)) / sessions,
    }
    return [bound(f"{who}, asymmetric: {name}", [of(d) for d in markets], source=SOURCE) for name, of in figures.items()]


def _contrasts(judged: list[Deals], random: list[Deals], seconds: float) -> list[dict[str, Any]]:
    """Learners less random traders, seed by seed: the interval must lie below 0."""
    found = []
    for name, of in (("Smith's alpha, points", _alpha), ("|price bias|, points", lambda d: abs(_bias(d)))):
        gain = [of(a) - of(b) for a, b in zip(judged, random, strict=True)]
        found.append(_below(f"learners less ZI-C, asymmetric: {name}", gain, seconds))
    return found


def _shock(judged: list[Deals], random: list[Deals], game: Any) -> list[dict[str, Any]]:
    """The last period's mean price: near the new competitive price, and nearer than that of random traders."""
    old, new = float(judged[0][0, KNOWN]), float(judged[0][-1, KNOWN])

    def last(deals: Deals) -> float:
        return float(deals[deals[:, PERIOD] == game.config.periods - 1, PRICE_].mean())

    def off(deals: Deals) -> float:
        return 100 * abs(last(deals) / new - 1)

    label = f"after the shock from {old:g} to {new:g}:"
    closer = [off(a) - off(b) for a, b in zip(judged, random, strict=True)]
    return [
        bound(f"{label} mean price of the last period, ZI-C", [last(d) for d in random], source=SOURCE),
        bound(f"{label} mean price of the last period, learners", [last(d) for d in judged], source=SOURCE),
        bound(f"{label} its distance from the new price, %", [off(d) for d in judged], source=SOURCE, most=10.0),
        _below(f"{label} the distance, learners less ZI-C, points", closer),
    ]


def _below(label: str, values: list[float], seconds: float = float("nan")) -> dict[str, Any]:
    """A row that holds when the t-interval over seeds lies below 0."""
    interval = t_interval(values)
    return row(
        label, None, interval.value, interval.high < 0, source=SOURCE, tolerance="interval below 0",
        ci=(interval.low, interval.high), seeds=len(values), seconds=seconds,
    )  # fmt: skip
