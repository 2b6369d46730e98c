"""Random traders in a double auction: constrained by their budgets alone they already make a market efficient.

Gode & Sunder (1993), Allocative Efficiency of Markets with Zero-Intelligence Traders. What a market of learners achieves is
to be read against this and not against 0.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np

from society.analysis.economy import allocative_efficiency, equilibrium, price_bias, smith_alpha
from society.studies._auction import Deals, Integers, zero_intelligence
from society.studies._rows import near, result

NAME = "zero_intelligence"
SOURCE = "Gode & Sunder 1993; a reference simulation of the setting, 300 sessions"
VALUES, COSTS, TOP = np.arange(195, 0, -10), np.arange(5, 200, 10), 200  # 20 and 20, symmetric about 100
SESSIONS, STEPS = 300, 4000
# what 300 sessions say is known to .25 points, and the schedule's steps and tie-breaking move it by some more
EFFICIENCY, ALPHA, PRICE, TRADES = 1.0, 2.0, 1.0, 0.3


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """Constrained traders to the reference figures; unconstrained ones, run to exhaustion, to their exact efficiency."""
    seeds = seeds or list(range(4 if quick else 16))
    start, surplus = perf_counter(), equilibrium(VALUES, COSTS)
    deals = [zero_intelligence(VALUES, COSTS, TOP, SESSIONS, STEPS, seed) for seed in seeds]
    seconds = perf_counter() - start
    figures: list[tuple[str, float, list[float], float]] = [
        ("ZI-C: allocative efficiency, %", 95.8, [100 * _efficiency(d, SESSIONS * surplus.surplus) for d in deals], EFFICIENCY),
        ("ZI-C: Smith's alpha, %", 25.0, [smith_alpha(d.price, surplus.price) for d in deals], ALPHA),
        ("ZI-C: mean price (equilibrium 100)", 99.7, [float(d.price.mean()) for d in deals], PRICE),
        ("ZI-C: trades a session (equilibrium 10)", 11.1, [d.price.size / SESSIONS for d in deals], TRADES),
        ("ZI-C: price bias, % of equilibrium", 0.0, [price_bias(d.price, surplus.price) for d in deals], PRICE),
    ]
    rows = [near(*figure, source=SOURCE, seconds=seconds) for figure in figures]
    return result(NAME, [*rows, _exhausted(VALUES + 30, COSTS, seeds), _exhausted(VALUES, COSTS, seeds)])


def _efficiency(deals: Deals, surplus: float) -> float:
    return allocative_efficiency(deals.value, deals.cost, surplus)


def _exhausted(values: Integers, costs: Integers, seeds: list[int]) -> dict[str, Any]:
    """Everyone trades in the end, whatever it costs: (sum of values - sum of costs) / most possible, exactly."""
    start, surplus, sessions = perf_counter(), equilibrium(values, costs).surplus, 50
    deals = [zero_intelligence(values, costs, TOP, sessions, STEPS, seed, constrained=False) for seed in seeds]
    exact = float(values.sum() - costs.sum()) / surplus
    label = f"ZI-U to exhaustion: efficiency, buyers' values {values.min()}-{values.max()}"
    ours = [_efficiency(d, sessions * surplus) for d in deals]
    return near(label, exact, ours, 1e-9, source="exact", seconds=perf_counter() - start)
