"""Sugarscape beside mesa's example on the same work in one run, and how many replicas run at once.

An agent-step is one living agent at one tick: in the mean of 1,000 steps about 65 of 200 traders are. Ours plays the
book's agents, as mesa does; nobody reads an observation, so none is made. What compiling costs is a row of its own.
"""

from __future__ import annotations

import time
from typing import Any

import torch

from society.studies._peers.versus import RATE, SECONDS, row
from society.studies._sugarscape import example, mesa_step, play, world
from society.world.scenario import Scenario

STEPS, REPLICAS, REPLICA_STEPS = 1000, 64, 200
PEER = "mesa's sugarscape_g1mt"


def bench(quick: bool) -> dict[str, Any]:
    """Rows: seconds of 1,000 steps (200 if quick), agent-steps a second of 64 replicas, seconds of the first tick."""
    made, steps = world(), STEPS // 5 if quick else STEPS
    first = _seconds(made, 1)  # compiles, or loads what was compiled before
    rounds = 2 if quick else 3
    times = [(_seconds(made, steps, seed), _their_seconds(steps, seed)) for seed in range(rounds)]
    rates = [_rate(made, seed) for seed in range(rounds + 1)][1:]
    peer_rate = _their_rate(REPLICA_STEPS, 0)
    rows = [
        row(f"{steps} steps of 200 traders, one world", SECONDS, PEER, *zip(*times, strict=True)),
        row(f"{REPLICAS} replicas x {REPLICA_STEPS} steps, the living", RATE, PEER, rates, [peer_rate] * rounds),
        row("the first tick: compiled code made or loaded", SECONDS, "", [first], []),
    ]
    return {"name": "sugarscape", "rows": rows}


def _seconds(made: Scenario, steps: int, seed: int = 0) -> float:
    """Wall time of one world."""
    start = time.perf_counter()
    for _ in play(made, seed, 1, steps):
        pass
    return time.perf_counter() - start


def _their_seconds(steps: int, seed: int) -> float:
    start = time.perf_counter()
    model = example()(seed=seed)
    for _ in range(steps):
        mesa_step(model)
    return time.perf_counter() - start


def _rate(made: Scenario, seed: int) -> float:
    """Agent-steps a second of all replicas: those alive at the beginning of a tick."""
    lived = torch.zeros((), dtype=torch.long)
    start = time.perf_counter()
    for _, outcome in play(made, seed, REPLICAS, REPLICA_STEPS):
        lived += outcome.measures["lived"].sum()
    return int(lived) / (time.perf_counter() - start)


def _their_rate(steps: int, seed: int) -> float:
    """The same of mesa's model, one replica."""
    model, lived = example()(seed=seed), 0
    start = time.perf_counter()
    for _ in range(steps):
        lived += len(model.agents)
        mesa_step(model)
    return lived / (time.perf_counter() - start)
