"""Small worlds do not generalise: perfect on what was trained, nothing on combinations held out (Chaabouni et al. 2020).

Reconstruction of 2 attributes x 5 values from a message, 10 % of the 25 combinations held out (2; every value is seen in
training). Both attributes must be right. A language of two symbols out of 50 would leave ample room for a compositional code.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ._pairs import judge, own_pairs, rates, train_pairs
from ._rows import bound, result

FIELDS = {
    "world.mode": "reconstruction",
    "world.attributes": 2,
    "world.values": 5,
    "world.held_out": 0.1,
    "channel.symbols": 51,
    "channel.length": 2,
    "learner.signalling": 0.5,
    "learner.listening": 0.0,
    "learner.entropy": 0.1,
    "learner.entropy_speech": 0.1,
}
STEPS = 250_000  # agent-steps of one pair
LISTENER = 1
SOURCE = "Chaabouni et al. 2020 (small input spaces); setting and bounds of a trial of ours"
TRIED = (
    "PPO with a value head on both sides. Three symbols of ten, entropy .02: train .80, speakers settle while two targets "
    "share a message; entropy of speech alone: .89; reward for the share of attributes: .58; more symbols, entropy .1 on "
    "both sides and signalling .5: .99. Actions are sampled"
)


def run(quick: bool, seeds: list[int] | None = None) -> dict[str, Any]:
    """Train one pair a seed (4, or 8 in full) and judge it on trained and on held-out combinations."""
    seeds = list(range(4 if quick else 8)) if seeds is None else seeds
    start = time.perf_counter()
    train, held, attributes = accuracies(seeds)
    spent = time.perf_counter() - start
    label = "2 attributes x 5 values"
    rows = [
        bound(f"{label}: trained combinations, both right", train, least=0.98, published=1.0, source=SOURCE, seconds=spent),
        bound(f"{label}: held-out combinations, both right", held, most=0.2, source=SOURCE, note="chance .04"),
        bound(f"{label}: held-out combinations, share of attributes right", attributes, source="for orientation, chance .2"),
    ]
    return result("small_worlds", rows, TRIED)


def accuracies(seeds: Sequence[int], steps: int = STEPS, worlds: int = 64) -> tuple[list[float], list[float], list[float]]:
    """Of each pair: both right where trained, both right where held out, share of attributes right where held out."""
    trained = train_pairs("referential_game", seeds, FIELDS, worlds=128, minibatch=512, agent_steps=steps)
    seen = judge(trained, own_pairs(len(seeds), worlds), 80)
    at = {name: measure[..., LISTENER] for name, measure in seen.items()}
    held = at["listener"] * at["held_out"]
    train = at["listener"] - held
    asked = ((at["correct"], train), (at["correct"], held), (at["attributes"], held))
    first, second, third = (rates(right, where, len(seeds)) for right, where in asked)
    return first, second, third
