"""What independence costs: P minds with weights of their own beside one shared network, on the same work, in one run.

The same world, total rows, epochs and minibatch rows; rounds are interleaved (1, P, 1, P, ...), so that a change of the
machine's speed meets both, and the ratio is taken round by round.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from society.config import resolve
from society.engine import build
from society.engine.rollout import Clock
from society.engine.training import Training

MINDS = (16, 128)
UPDATES = 3  # updates of one round


def bench(quick: bool) -> dict[str, Any]:
    """Rows of ratios (agent-steps a second of P minds over those of one network); `quick` makes fewer rounds."""
    return {"name": "population", "rows": [_row(minds, rounds=4 if quick else 10) for minds in MINDS]}


def _training(minds: int) -> Training:
    wanted = {"population.minds": minds, "training.agent_steps": 10**9}
    run = Training(build.settle(resolve("bazaar", quick=True, overrides=wanted)))
    run.update(Clock())  # the first update pays for allocations
    return run


def _rate(run: Training) -> float:
    """Agent-steps a second over one round, acting, worlds and learning included."""
    start = time.perf_counter()
    for _ in range(UPDATES):
        run.update(Clock())
    return UPDATES * run.steps_per_update / (time.perf_counter() - start)


def _row(minds: int, rounds: int) -> dict[str, Any]:
    shared, own = _training(1), _training(minds)
    pairs = [(_rate(own), _rate(shared)) for _ in range(rounds)]
    ratios = [ours / peer for ours, peer in pairs]
    return {
        "workload": f"bazaar --quick, {minds} independent minds, {own.steps_per_update} rows an update",
        "unit": "agent-steps/s",
        "ours": statistics.median(ours for ours, _ in pairs),
        "peer": "one shared network",
        "peer_value": statistics.median(peer for _, peer in pairs),
        "ratio": statistics.median(ratios),
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
    }
