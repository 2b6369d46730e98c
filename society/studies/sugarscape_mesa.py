"""Sugarscape under the book's agents: the same society as in mesa's example, and trade keeps more of it alive.

Epstein & Axtell 1996, chapter IV; the other implementation is mesa's example `sugarscape_g1mt`, run in the same command on
the same map. Equality is shown by two one-sided tests (Schuirmann 1987).
"""

from __future__ import annotations

from dataclasses import astuple
from time import perf_counter
from typing import Any

import numpy as np

from society.analysis.student import equivalence, t_interval
from society.studies import _sugarscape as sugarscape
from society.studies._rows import result, row
from society.studies._sugarscape import Course

NAME = "sugarscape_mesa"
SOURCE = "mesa's example sugarscape_g1mt, in the same command"
WORLDS = 200
# Margins, stated before any comparison: half the spread of single courses, which 20 earlier courses of
# mesa's example gave. Half a spread is what a reader of single runs could never see, and 80 courses can rule out. A
# quick look at 16 courses cannot: it asks for one whole spread.
MEASURES = (
    ("survivors after 200 steps", 7.5),
    ("sd of log price, steps 0-19", 0.040),
    ("sd of log price, steps 150-199", 0.079),
    ("Gini of sugar + spice, survivors", 0.030),
)
SHARE, QUICK_SHARE = 0.5, 1.0
GAIN = 0.9  # of paired seeds in which trade must leave more alive


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """mesa's courses for `seeds`; 200 worlds of ours under the first of them, with trade and without."""
    seeds = seeds or list(range(16 if quick else 80))
    ground, start = sugarscape.ground(), perf_counter()
    played = [sugarscape.theirs(seed) for seed in seeds]
    theirs = [course for course in played if course is not None]
    middle = perf_counter()
    ours = sugarscape.ours(sugarscape.world(capacity=ground), seeds[0], WORLDS)
    alone = sugarscape.ours(sugarscape.world(trade=False, capacity=ground), seeds[0], WORLDS)
    took = (middle - start, perf_counter() - middle)
    share = QUICK_SHARE if quick else SHARE
    columns = zip(MEASURES, _columns(ours), _columns(theirs), strict=True)
    rows = [_equal(name, mine, its, share * spread, took) for (name, spread), mine, its in columns]
    stopped = f"mesa's example stopped with an error in {len(played) - len(theirs)} of {len(played)} courses"
    note = stopped + ": a trader without a free cell in sight cannot stay there; in ours it does"
    return result(NAME, [*rows, _gain(ours, alone)], note)


def _columns(courses: list[Course]) -> list[np.ndarray]:
    return [np.array(column) for column in zip(*map(astuple, courses), strict=True)]


def _equal(name: str, ours: np.ndarray, theirs: np.ndarray, margin: float, took: tuple[float, float]) -> dict[str, Any]:
    """Equal to within the margin, by two one-sided tests."""
    test, mine = equivalence(ours, theirs, margin), t_interval(ours)
    said = f"difference {test.value:+.3f} [{test.low:+.3f}, {test.high:+.3f}] of {len(theirs)} courses, p = {test.p:.2g}"
    return row(
        name,
        float(np.nanmean(theirs)),
        mine.value,
        test.equivalent,
        source=SOURCE,
        tolerance=f"within {margin:g} by two one-sided tests",
        ci=(mine.low, mine.high),
        seeds=len(ours),
        seconds=sum(took),
        note=f"{said}; mesa {took[0]:.0f} s, ours {took[1]:.0f} s" + (f"; {test.reason}" if test.reason else ""),
    )


def _gain(ours: list[Course], alone: list[Course]) -> dict[str, Any]:
    """Trade leaves more alive, world by world under the same keys."""
    gains = np.array([one.survivors - other.survivors for one, other in zip(ours, alone, strict=True)])
    interval, label = t_interval(gains), "share of paired worlds in which trade leaves more alive"
    note = f"{interval.value:.1f} more survive [{interval.low:.1f}, {interval.high:.1f}]"
    share = float((gains > 0).mean())
    return row(label, None, share, share >= GAIN, source="Epstein & Axtell 1996, chapter IV", tolerance=f"at least {GAIN}",
               seeds=len(gains), note=note)  # fmt: skip
