"""What independence costs: P minds with weights of their own beside one shared network, on the same work, in one run.

The same world, total rows, epochs and minibatch rows; rounds are interleaved (1, P, 1, P, ...), so that a change of the
machine's speed meets both, and the ratio is taken round by round.
"""

from __future__ import annotations

import time
from typing import Any

import torch

from society.config import resolve
from society.engine import build
from society.engine.rollout import Clock
from society.engine.training import Training
from society.studies._peers.side import SHARED
from society.studies._peers.versus import RATE, Row, row

MINDS = (16, 128)
UPDATES = 3  # updates of one round
WIDE = {
    "training.worlds": 1024, "learner.minibatch": 32_768, "learner.epochs": 4, "learner.signalling": 0.0,
    "learner.listening": 0.0, "population.network.hidden": (64, 64),
}  # fmt: skip
WORKS: dict[str, dict[str, Any]] = {
    "bazaar --quick": {},
    "bazaar --quick, 1,024 worlds, 2x64, 4 epochs, no auxiliary terms": WIDE,
    "the same, all cores": WIDE | {"training.threads": "auto"},
}


def bench(quick: bool) -> dict[str, Any]:
    """Rows of ratios (agent-steps a second of P minds over those of one network); `quick` makes fewer rounds."""
    rounds = 4 if quick else 10
    return {"name": "population", "rows": [_row(name, told, minds, rounds) for name, told in WORKS.items() for minds in MINDS]}


def _training(told: dict[str, Any], minds: int) -> Training:
    # one update short of compiling: nobody waits for that here
    wanted = {**told, "population.minds": minds, "training.agent_steps": build.LONG - 1}
    config = build.settle(resolve("bazaar", quick=True, overrides=wanted))
    run = Training(config)
    run.update(Clock())  # the first update pays for allocations
    return run


def _rate(run: Training) -> float:
    """Agent-steps a second over one round, acting, worlds and learning included."""
    torch.set_num_threads(int(run.config.training.threads))
    start = time.perf_counter()
    for _ in range(UPDATES):
        run.update(Clock())
    return UPDATES * run.steps_per_update / (time.perf_counter() - start)


def _row(name: str, told: dict[str, Any], minds: int, rounds: int) -> Row:
    shared, own = _training(told, 1), _training(told, minds)
    rates = [(_rate(own), _rate(shared)) for _ in range(rounds)]
    work = f"{name}, {minds} independent minds, {own.steps_per_update} rows an update"
    return row(work, RATE, SHARED, *zip(*rates, strict=True))
