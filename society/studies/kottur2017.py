"""Natural language does not emerge "naturally" (Kottur et al. 2017, table 1): the smaller the channel, the better it generalises.

Objects of 3 attributes x 4 values, 12 of 64 held out; 6 tasks; two rounds of question and answer. Three settings: a rich
vocabulary, a symbol for each value, and a symbol for each value of one attribute with an answerer that forgets. All three
learn alike. What must hold is the order of the settings, seed by seed, and the gap from the first to the last.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ._dialogue import Pairs, Vocabulary, accuracies, games, optimiser, train
from ._rows import bound, result

SOURCE = "Kottur et al. 2017, table 1"
ATTEMPTS, LEARNED, EVERY = 6, 0.95, 50  # EVERY: steps between two looks
TRIED = (
    "PPO on both roles (4 pairs, 1M agent-steps a pair, entropy .02-.2, signalling 0-.3, listening 0-1, either reward) ends with "
    "11-23 % of the trained objects at (3, 4): the questioner never learns to ask. Straight-through Gumbel without weight decay: "
    "49 % there. Decay lets (3, 4) be learned, and makes the rich vocabularies generalise more than was published: held-out "
    ".66 / .76 / .92 at decay .02, .69 / .83 / .99 at .03 (used here), .86 for (64, 64) at .3. A pair stops when all trained "
    "games are right, as published; one that has not learned them (95 %) starts again, up to six times. "
    "Minds are feed-forward with the talk in view, not recurrent"
)


@dataclass(frozen=True)
class Setting:
    """A vocabulary, the published shares of held-out games with both and with at least one value right, training steps."""

    label: str
    vocabulary: Vocabulary
    both: float
    either: float
    steps: int


SETTINGS = (
    Setting("(64, 64)", Vocabulary(64, 64, True), 0.256, 0.795, 900),
    Setting("(3, 12)", Vocabulary(3, 12, True), 0.385, 0.884, 1500),
    Setting("(3, 4) without memory", Vocabulary(3, 4, False), 0.744, 0.949, 2400),
)


@dataclass(frozen=True)
class Outcome:
    """Of each seed: share of trained games with both values right, of held-out ones with both and with at least one."""

    train: list[float]
    both: list[float]
    either: list[float]
    seconds: float


def run(quick: bool, seeds: list[int] | None = None) -> dict[str, Any]:
    """The three settings for every seed (4, or 10 in full)."""
    seeds = list(range(4 if quick else 10)) if seeds is None else seeds
    torch.set_num_threads(1)
    found = [learn(seeds, setting.vocabulary, setting.steps) for setting in SETTINGS]
    rows = [line for setting, outcome in zip(SETTINGS, found, strict=True) for line in _shown(setting, outcome)]
    return result("kottur2017", [*rows, *judged([outcome.both for outcome in found])], TRIED)


def learn(seeds: Sequence[int], vocabulary: Vocabulary, steps: int) -> Outcome:
    """Train one pair a seed; those that did not learn the trained objects start again, and the best training counts."""
    best: dict[int, tuple[float, float, float]] = {}
    start, left = time.perf_counter(), list(seeds)
    for attempt in range(ATTEMPTS):
        for seed, shares in _attempt(left, attempt, vocabulary, steps).items():
            best[seed] = max(best.get(seed, shares), shares, key=lambda one: one[0])
        left = [seed for seed in left if best[seed][0] < LEARNED]
        if not left:
            break
    train_, both, either = ([best[seed][i] for seed in seeds] for i in range(3))
    return Outcome(train_, both, either, time.perf_counter() - start)


def _attempt(seeds: Sequence[int], attempt: int, vocabulary: Vocabulary, steps: int) -> dict[int, tuple[float, float, float]]:
    """Trained both, held-out both and either of each seed, when it first had all trained games right (as published) or last."""
    known, new = games(held_out=False), games(held_out=True)
    pairs = Pairs(seeds, attempt, vocabulary, known)
    learner, shares = optimiser(pairs), dict.fromkeys(seeds, (0.0, 0.0, 0.0))
    for _ in range(steps // EVERY):
        train(pairs, learner, known, EVERY)
        trained, (both, either) = accuracies(pairs, known)[0].tolist(), [x.tolist() for x in accuracies(pairs, new)]
        now = dict(zip(seeds, zip(trained, both, either, strict=True), strict=True))
        shares |= {seed: one for seed, one in now.items() if shares[seed][0] < 1}
        if all(one[0] == 1 for one in shares.values()):
            break
    return shares


def judged(both: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    """What must hold of the held-out shares [setting][seed]: the order in 8 of 10 seeds, and the gap of 25 points."""
    ordered = [float(a < b < c) for a, b, c in zip(*both, strict=True)]
    last = [float(max(a, b) < c) for a, b, c in zip(*both, strict=True)]
    gap = [c - a for a, _, c in zip(*both, strict=True)]
    return [
        bound("share of seeds in the published order", ordered, least=0.8, source=SOURCE),
        bound("gap from (64, 64) to (3, 4)", gap, least=0.25, published=0.488, source=SOURCE),
        bound("share of seeds in which (3, 4) is the best", last, source="for orientation"),
    ]


def _shown(setting: Setting, outcome: Outcome) -> list[dict[str, Any]]:
    """A setting's rows: training must have worked; the held-out means are shown, for 12 objects make them loose."""
    held = f"{setting.label}: held-out objects"
    trained = f"{setting.label}: trained objects, both right"
    return [
        bound(trained, outcome.train, least=0.95, published=1.0, source=SOURCE, seconds=outcome.seconds),
        bound(f"{held}, both right", outcome.both, published=setting.both, source=SOURCE),
        bound(f"{held}, at least one right", outcome.either, published=setting.either, source=SOURCE),
    ]
