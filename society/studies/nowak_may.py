"""Cooperators and defectors on a lattice who copy the best of their neighbours: chaos with a constant share of cooperators.

Nowak & May (1992), Evolutionary games and spatial chaos: reward 1, temptation b, punishment and sucker's payoff 0; everyone
plays the eight neighbours and himself, and all copy the best scorer of the nine at once.
"""

from __future__ import annotations

from math import log
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from society.studies._rows import bound, near, result, row

NAME = "nowak_may"
SOURCE = "Nowak & May 1992"
CHAOS = 12 * log(2) - 8  # .3178, the share of cooperators for 1.8 < b < 2, whatever the start
NOTE = "12 ln 2 - 8 is worked out for the growing fractal; on a torus the share settles some .002 below it, whatever the start"
Flags = NDArray[np.bool_]
Scores = NDArray[np.float32]


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """The chaotic regime's share over starts and seeds, and how clusters fare on either side of its bounds."""
    seeds = seeds or list(range(3 if quick else 6))
    side, steps = (200, 400) if quick else (300, 800)
    rows = []
    for b, start in ((1.85, 0.9), (1.85, 0.5), (1.95, 0.6)):
        began = perf_counter()
        shares = [cooperators(seed, side, steps, b, start) for seed in seeds]
        label, how = f"share of cooperators, b = {b}, {start:.0%} at the start", {"seconds": perf_counter() - began}
        rows.append(near(label, CHAOS, shares, 0.01, source=SOURCE, note=NOTE, **how))
    began = perf_counter()
    dead = [cooperators(seed, side, 100, 3.1, 0.5) for seed in seeds]
    label = "share of cooperators, b = 3.1, 50% at the start: a block of nine falls too"
    rows.append(bound(label, dead, most=0.01, published=0.0, source="exact: 9 < 3 b", seconds=perf_counter() - began))
    return result(NAME, [*rows, *_clusters(), _symmetry()])


def step(cooperates: Flags, b: float) -> Flags:
    """Everyone's next move on a torus [..., H, W]: that of the best scorer among himself and his eight neighbours.

    b times a whole number must not be a whole number up to 9, lest scores tie.
    """
    partners = _around(cooperates.astype(np.float32), np.add)
    best_c = _around(np.where(cooperates, partners, np.float32(-1)), np.maximum)
    best_d = _around(np.where(cooperates, np.float32(-1), np.float32(b) * partners), np.maximum)
    return best_c > best_d


def _around(x: Scores, combine: Any) -> Scores:
    """Combine each cell with its eight neighbours: first along rows, then along columns."""
    for axis in (-1, -2):
        x = combine(combine(x, np.roll(x, 1, axis)), np.roll(x, -1, axis))
    return x


def cooperators(seed: int, side: int, steps: int, b: float, start: float) -> float:
    """Their share on a torus, from a random start, averaged over the second half of the steps."""
    now, seen = np.random.default_rng(seed).random((side, side)) < start, []
    for t in range(steps):
        now = step(now, b)
        if t >= steps // 2:
            seen.append(now.mean())
    return float(np.mean(seen))


def block(inside: bool, size: int, side: int = 60) -> Flags:
    """A square of cooperators in a sea of defectors, or the other way round."""
    field, a = np.full((side, side), not inside), (side - size) // 2
    field[a : a + size, a : a + size] = inside
    return field


def growth(inside: bool, size: int, b: float, steps: int = 4) -> int:
    """By how many cells the square's kind has grown after some steps."""
    now = block(inside, size)
    before = int((now == inside).sum())
    for _ in range(steps):
        now = step(now, b)
    return int((now == inside).sum()) - before


def _clusters() -> list[dict[str, Any]]:
    """Large clusters of defectors grow above b = 1.8 and shrink below; clusters of cooperators grow only below b = 2."""
    rows = []
    for label, inside, size, b, grows in (
        ("a 12 x 12 cluster of defectors grows at b = 1.85", False, 12, 1.85, True),
        ("and shrinks at b = 1.75", False, 12, 1.75, False),
        ("a 4 x 4 cluster of cooperators grows at b = 1.95", True, 4, 1.95, True),
        ("and does not at b = 2.05", True, 4, 2.05, False),
    ):
        cells = growth(inside, size, b)
        rows.append(row(label, None, cells, (cells > 0) == grows, source=SOURCE, tolerance="sign, cells in 4 steps", seeds=1))
    return rows


def _symmetry() -> dict[str, Any]:
    """One defector among cooperators: a growing pattern that keeps the square's eight symmetries for good."""
    now, broken = block(False, 1, side=101), 0
    for _ in range(45):
        now = step(now, 1.85)
        broken += int((now != now.T).sum() + (now != now[::-1]).sum())
    label = "one defector, b = 1.85, 45 steps: cells that break the square's symmetry"
    return row(label, 0.0, broken, broken == 0 and 0 < now.mean() < 1, source=SOURCE, tolerance=0, seeds=1)
