"""The batched bridges beside the dictionary one: agent-steps a second of the same world under random actions.

PettingZoo's interface is one world, and a dictionary entry for every agent; those of torchrl and Stable-Baselines3 are many
worlds and whole tensors. Random actions are drawn for all at once and episodes that end are followed by the next. One
thread; rounds are interleaved and the ratio is taken round by round.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from society.studies._peers.versus import RATE, Row, row
from society.studies._rows import need

SCENARIOS, WORLDS = ("simple_spread", "bazaar"), (64, 256)
TICKS, ALONE = 50, 300  # of a round: batched, and of the one world
NOTE = (
    "Processor time of one thread. Observations, rewards and endings are made at every step by all three. torchrl's own "
    "rand_action is not used: where a seat makes several choices it loops over seats and takes longer than the worlds."
)
Round = Callable[[], int]


def bench(quick: bool) -> dict[str, Any]:
    """Rows of rates (agent-steps a second) of torchrl and of SB3, each beside PettingZoo; `quick` makes fewer rounds.

    Raises `MissingPackage`.
    """
    for package in ("torchrl", "stable_baselines3"):
        need(package, "rl")
    need("pettingzoo", "bridges")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        rows = [one for scenario in SCENARIOS for one in _rows(scenario, rounds=3 if quick else 9)]
    finally:
        torch.set_num_threads(threads)
    return {"name": "bridges", "rows": rows, "note": NOTE}


def _rows(scenario: str, rounds: int) -> list[Row]:
    sides = {"pettingzoo": _pettingzoo(scenario)}
    for worlds in WORLDS:
        sides |= {f"torchrl, {worlds} worlds": _torchrl(scenario, worlds), f"sb3, {worlds} worlds": _sb3(scenario, worlds)}
    for play in sides.values():
        play()  # the first round pays for allocations
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, play in sides.items():
            rates[name].append(_rate(play))
    peer = rates.pop("pettingzoo")
    return [row(f"{scenario} by {name}", RATE, "pettingzoo bridge, one world", ours, peer) for name, ours in rates.items()]


def _rate(play: Round) -> float:
    """Agent-steps a second of one round."""
    start = time.process_time()
    return play() / (time.process_time() - start)


def _pettingzoo(scenario: str) -> Round:
    from society.bridges.pettingzoo import parallel_env

    env, rng = parallel_env(scenario, quick=True, seed=0), np.random.default_rng(0)
    env.reset()
    sizes, shape = _sizes(env.action_space(env.agents[0]))

    def play() -> int:
        steps = 0
        for _ in range(ALONE):
            if not env.agents:
                env.reset()
            drawn = rng.integers(sizes, size=(len(env.agents), *shape))
            steps += len(env.agents)
            env.step(dict(zip(env.agents, drawn, strict=True)))
        return steps

    return play


def _torchrl(scenario: str, worlds: int) -> Round:
    from society.bridges.spaces import action_space
    from society.bridges.torchrl import SocietyEnv

    env, rng = SocietyEnv(scenario, worlds, quick=True, seed=0), np.random.default_rng(0)
    sizes, shape = _sizes(action_space(env.scenario_spec))
    seats = env.scenario_spec.seats
    seen = env.reset()

    def play() -> int:
        nonlocal seen
        for _ in range(TICKS):
            drawn = torch.from_numpy(rng.integers(sizes, size=(worlds, seats, *shape)))
            _, seen = env.step_and_maybe_reset(seen.set(("agents", "action"), drawn))
        return TICKS * worlds * seats

    return play


def _sb3(scenario: str, worlds: int) -> Round:
    from society.bridges.sb3 import SocietyVecEnv

    env, rng = SocietyVecEnv(scenario, worlds, quick=True, seed=0), np.random.default_rng(0)
    sizes, shape = _sizes(env.action_space)
    env.reset()

    def play() -> int:
        for _ in range(TICKS):
            env.step(rng.integers(sizes, size=(env.num_envs, *shape)))
        return TICKS * env.num_envs

    return play


def _sizes(space: Any) -> tuple[Any, tuple[int, ...]]:
    """How many options each number of an action has, and the shape of an action."""
    return (space.nvec, space.shape) if hasattr(space, "nvec") else (space.n, ())
