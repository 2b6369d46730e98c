"""Independent pairs do not understand one another; a mixed population understands itself.

K pairs learn one referential game apart and are then crossed: speaker i with listener j. Beside them as many speakers and
listeners learn it with partners drawn anew at every update. 2 attributes x 4 values, 4 candidates, two symbols of 16.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from society.config import resolve
from society.engine import build
from society.engine.training import Training

from ._pairs import finish, judge, rates, train_pairs
from ._rows import bound, near, result

CHANCE = 1 / 4
FIELDS = {
    "world.attributes": 2,
    "world.values": 4,
    "world.candidates": 4,
    "world.held_out": 0.0,
    "channel.symbols": 17,
    "channel.length": 2,
    "learner.lr": 0.015,
    "learner.signalling": 0.3,
    "learner.listening": 0.0,
    "learner.entropy": 0.1,
    "learner.entropy_speech": 0.1,
}
WORLDS, MINIBATCH = 128, 512  # of one pair
APART, TOGETHER = 400_000, 600_000  # agent-steps for each pair
LISTENER = 1
SOURCE = "the design of cross-play: trained partners against strangers; chance is exact"
TRIED = (
    "PPO on both sides. Five symbols, entropy .05: own .89 and population .76, speakers settle before listeners have learned; "
    "entropy .1 for speech alone: population .53-.72, too slow; 16 symbols, entropy .1, signalling .3, larger steps: as shown"
)


def run(quick: bool, seeds: list[int] | None = None) -> dict[str, Any]:
    """One pair a seed (4, or 8 in full), crossed; one mixed population of four pairs in quick, three populations in full."""
    seeds = list(range(4 if quick else 8)) if seeds is None else seeds
    start = time.perf_counter()
    own, strange = split(cross_play_apart(seeds))
    first = time.perf_counter()
    mixed = [cross_play_mixed(seed) for seed in seeds[: 1 if quick else 3]]
    second = time.perf_counter()
    rows = [
        bound("pairs apart: own partner", own, least=0.95, source=SOURCE, seconds=first - start),
        bound("one mixed population: mean over all partners", [float(m.mean()) for m in mixed], least=0.9, source=SOURCE,
              seconds=second - first),
        bound("one mixed population: the worst two partners", [float(m.min()) for m in mixed], least=0.9, source=SOURCE),
    ]  # fmt: skip
    if len(seeds) > 1:
        rows.insert(1, near("pairs apart: strangers (chance .25)", CHANCE, strange, 0.1, source=SOURCE))
    return result("strangers", rows, TRIED)


def split(accuracy: Tensor) -> tuple[list[float], list[float]]:
    """Of a cross-play matrix [K, K], speaker by listener: the diagonal, and each speaker's mean over the others."""
    pairs = len(accuracy)
    others = (accuracy.sum(1) - accuracy.diagonal()) / max(pairs - 1, 1)
    return accuracy.diagonal().tolist(), others.tolist() if pairs > 1 else []


def cross_play_apart(seeds: Sequence[int], steps: int = APART) -> Tensor:
    """Accuracy [K, K] of speaker i with listener j, of pairs that were trained apart."""
    trained = train_pairs("referential_game", seeds, FIELDS, worlds=WORLDS, minibatch=MINIBATCH, agent_steps=steps)
    speakers = 2 * torch.arange(len(seeds))
    return cross_play(trained, speakers, speakers + 1)


def cross_play_mixed(seed: int, pairs: int = 4, steps: int = TOGETHER) -> Tensor:
    """Accuracy [K, K] of speaker i with listener j, of one population whose partners were drawn anew at every update."""
    stacked = {
        "seed": seed,
        "population.minds": 2 * pairs,
        "training.worlds": WORLDS * pairs,
        "training.agent_steps": steps * pairs,
        "training.precision": "float32",
        "learner.minibatch": MINIBATCH * pairs,
    }
    trained = finish(Training(build.settle(resolve("referential_game", "quick", FIELDS | stacked))))
    return cross_play(trained, torch.arange(pairs), pairs + torch.arange(pairs))


def cross_play(trained: Training, speakers: Tensor, listeners: Tensor, worlds: int = 32) -> Tensor:
    """Share of games won [S, L] by each speaker with each listener, 20 games in each of `worlds` worlds."""
    seats = torch.cartesian_prod(speakers, listeners).repeat_interleave(worlds, 0)
    seen = judge(trained, seats, 40)
    won = rates(seen["correct"][..., LISTENER], seen["listener"][..., LISTENER], len(speakers) * len(listeners))
    return torch.tensor(won).view(len(speakers), len(listeners))
