"""Whole training of simple_spread beside JaxMARL's own IPPO baseline: worlds, acting and learning, to the same return.

Both have JaxMARL's network (actor and critic apart, 2 x 64 tanh each), its rollout of 128 steps, its 4 epochs of 4
minibatches and its other settings; the machine's cores are for both to use. Several seeds: JaxMARL one after
another, each by all cores, ours with one process a core.
"""

from __future__ import annotations

import statistics
from typing import Any

from society.studies._peers.versus import SECONDS, Played, Row, Work, play, row

STEPS, EPOCHS, MINIBATCHES, SEATS = 128, 4, 4, 3
WORLDS, UPDATES, RATE = 128, 80, 1e-3  # of the runs that learn: 3.9 million agent-steps a seed
LAST = 10  # updates whose mean is a run's return
NOTE = (
    "JaxMARL cuts returns at the 25th step as if the world ended there, clips the value loss and standardises advantages in each "
    "minibatch; ours bootstraps there, does not clip values and standardises in each rollout. JaxMARL's agents see 4 zeros more. "
    "JaxMARL multiplies in float32; ours in bfloat16 where the processor does (`auto`), but in the row that says float32. "
    "Both compile before the first round: JaxMARL all, ours acting and learning (and makes an update). A round trains from the "
    "beginning. A return is an episode's, of one seat, while it learns."
)


def bench(quick: bool) -> dict[str, Any]:
    """Rows of rates at 16, 128 and 1,024 worlds, and of five seeds that learn; `quick` is 128 worlds, two seeds, short."""
    rounds = 2 if quick else 3
    found: list[Row] = []
    for worlds, updates in ((128, 5),) if quick else ((16, 40), (128, 8), (1024, 2)):
        found += _rates(worlds, updates, rounds)
    found += _learning(2 if quick else 5, 20 if quick else UPDATES)
    return {"name": "training", "rows": found, "note": NOTE}


def told(worlds: int, updates: int, seeds: list[int], lr: float = 2.5e-4, precision: str = "auto") -> dict[str, Any]:
    """What both sides are told of a piece of training."""
    fields = {
        "training.worlds": worlds, "training.ticks": STEPS, "training.agent_steps": updates * worlds * STEPS * SEATS,
        "population.minds": 1, "population.policy": "mlp", "population.network.hidden": (64, 64),
        "population.network.activation": "tanh", "population.network.critic": "own",
        "learner.lr": lr, "learner.lr_end": 0.0, "learner.gamma": 0.99, "learner.lam": 0.95, "learner.clip": 0.2,
        "learner.epochs": EPOCHS, "learner.minibatch": worlds * STEPS * SEATS // MINIBATCHES, "learner.entropy": 0.01,
        "learner.value_weight": 0.25, "learner.max_norm": 0.5, "training.precision": precision, "training.compile": "on",
        "training.threads": "auto",
    }  # fmt: skip
    return {
        "kind": "train", "scenario": "simple_spread", "worlds": worlds, "updates": updates, "seeds": seeds, "lr": lr,
        "fields": fields,
    }  # fmt: skip


def _rates(worlds: int, updates: int, rounds: int) -> list[Row]:
    """Rates of one seed on all cores, also in JaxMARL's precision, and of a seed for each core."""
    found = []
    for seeds, label, precision in (
        ([0], "one seed", "auto"), ([0], "one seed, float32", "float32"), ([0, 1], "two seeds at once", "auto"),
    ):  # fmt: skip
        named = f"simple_spread, JaxMARL's network, {worlds} worlds, {label}"
        work = Work(named, told(worlds, updates, seeds, precision=precision), {"jaxmarl": {}})
        played = play(work, rounds)
        found += _beside(named, played)
    return found


def _beside(named: str, played: dict[str, Played]) -> list[Row]:
    ours, theirs = played["ours"], played["jaxmarl"]
    reason = ours.reason or theirs.reason
    if reason:
        return [row(named, "agent-steps/s", "jaxmarl", [], []) | {"reason": reason}]
    versions = {"versions": {**ours.versions, **theirs.versions}}
    return [
        row(named, "agent-steps/s", "jaxmarl", ours.rates, theirs.rates) | versions,
        row(f"{named}: until it is compiled", SECONDS, "jaxmarl", [ours.first_seconds], [theirs.first_seconds]),
        row(f"{named}: peak memory", "MiB", "jaxmarl", [ours.peak], [theirs.peak]),
    ]


def _learning(seeds: int, updates: int) -> list[Row]:
    """Seconds of the same training by each, and the returns that they reach: mean over seeds."""
    steps = f"{updates * WORLDS * STEPS * SEATS / 1e6:.1f}M agent-steps"
    named = f"simple_spread, {WORLDS} worlds, {seeds} seeds of {steps}"
    played = play(Work(named, told(WORLDS, updates, list(range(seeds)), RATE), {"jaxmarl": {}}), 1)
    found = _beside(named, played)
    if "reason" in found[0]:
        return found
    ends = [[statistics.fmean(curve[-LAST:]) for curve in side.answers[0]["curves"]] for side in played.values()]
    reached = row(f"{named}: return at the end", "reward", "jaxmarl", *([statistics.fmean(end)] for end in ends))
    by_seed = {"ours_by_seed": ends[0], "peer_by_seed": ends[1]}
    curves = {f"{name}_curves": side.answers[0]["curves"] for name, side in played.items()}
    return [*found, reached | {"ratio": None, "ratio_min": None, "ratio_max": None} | by_seed | curves]
