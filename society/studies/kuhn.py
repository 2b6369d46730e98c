"""Kuhn poker (1950): how far from an equilibrium uniform play is, a solver gets, and a population that learns by playing."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from society.analysis import games
from society.analysis.cfr import solve
from society.analysis.statistics import Array
from society.studies._kuhn_learning import learn
from society.studies._rows import bound, near, result

NAME = "kuhn"
VALUE = -1 / 18
LIMIT = 0.05  # of NashConv


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """Exact rows, counterfactual regret minimisation, and policy-gradient self-play over seeds."""
    root, iterations, updates = games.kuhn(), 200 if quick else 2000, 2000 if quick else 8000
    seeds = seeds or list(range(10, 14 if quick else 18))  # 0 and 1 were used while the learner was set up
    alike, kuhns = games.uniform(root), equilibrium(0.2)
    rows = [
        near("uniform play: NashConv", 11 / 12, [games.nash_conv(root, alike)], 1e-9, source="exact"),
        near("an equilibrium of Kuhn's: NashConv", 0.0, [games.nash_conv(root, kuhns)], 1e-9, source="Kuhn 1950"),
        near("an equilibrium of Kuhn's: value", VALUE, [games.value(root, kuhns)], 1e-9, source="Kuhn 1950"),
    ]
    start = perf_counter()
    solved, how = solve(root, iterations), {"seconds": perf_counter() - start}
    source = "Zinkevich et al. 2007"
    gap = [games.nash_conv(root, solved)]
    rows.append(bound(f"CFR, {iterations} iterations: NashConv", gap, most=LIMIT, source=source, **how))
    rows.append(near(f"CFR, {iterations} iterations: value", VALUE, [games.value(root, solved)], 0.01, source=source, **how))
    start = perf_counter()
    learnt = [learn(seed, updates) for seed in seeds]
    how, label = {"seconds": perf_counter() - start}, f"8 minds, policy gradient, {updates} x 512 games"
    gaps = [games.nash_conv(root, s) for s in learnt]
    rows.append(bound(f"{label}: NashConv of the average", gaps, most=LIMIT, source="ours: a bound, nothing published", **how))
    rows.append(near(f"{label}: value", VALUE, [games.value(root, s) for s in learnt], 0.01, source="Kuhn 1950", **how))
    return result(NAME, rows)


def equilibrium(alpha: float) -> dict[str, Array]:
    """Kuhn's family: player 0 bluffs with the jack w.p. `alpha` in [0, 1/3]; player 1 has one answer to all of them."""
    bets = {
        "J": alpha, "Q": 0.0, "K": 3 * alpha, "Jpb": 0.0, "Qpb": alpha + 1 / 3, "Kpb": 1.0,
        "Jp": 1 / 3, "Qp": 0.0, "Kp": 1.0, "Jb": 0.0, "Qb": 1 / 3, "Kb": 1.0,
    }  # fmt: skip
    return games.mixed(bets)
