"""Languages whose measures are known by construction: the metrics of `society.analysis.language` against exact values.

3 attributes x 5 values, all 125 meanings, three symbols of five. Compositional: symbol j names one attribute, positions and
symbols permuted at random. Holistic: a random bijection. Definitions: Brighton & Kirby 2006, Chaabouni et al. 2020.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from society.analysis import golden
from society.analysis.language import bosdis, posdis, topographic_similarity, topographic_similarity_test

from ._rows import NAN, result, row

Integers = NDArray[np.int64]
EXACT = 1e-12
DRAWS = 600
MEASURES: dict[str, Callable[[Integers, Integers], float]] = {
    "topsim": lambda meanings, messages: topographic_similarity(meanings, messages, "hamming"),
    "posdis": posdis,
    "bosdis": bosdis,
}
COMPOSITIONAL = {"topsim": 1.0, "posdis": 1.0, "bosdis": 0.0}
HOLISTIC = {"topsim": (0.0, 0.02), "posdis": (0.014, 0.007), "bosdis": (0.018, 0.007)}  # mean of many draws, tolerance
# (attributes, values): whether the null's 95 % quantile is of |topsim|, its value, tolerance
NULL = {(2, 4): (False, 0.167, 0.001), (3, 5): (True, 0.022, 0.001)}
STEPS = (
    "with 16 meanings the coefficient takes few values (.1667, .1806, .2014): .1667 is the one-sided point; the two-sided one "
    "is .2014, which P = .0504 reach"
)


def run(quick: bool, seeds: list[int] | None = None) -> dict[str, Any]:
    """Rows for the two languages, the permutation null and degenerate languages; `quick` permutes less often."""
    seeds = list(range(8)) if seeds is None else seeds
    permutations = (40_000 if quick else 160_000) // len(seeds)  # in all as many, however few the seeds: a quantile needs them
    return result("golden_languages", [*_compositional(seeds), *_holistic(seeds[0]), *_null(seeds, permutations), *_degenerate()])


def _compositional(seeds: list[int]) -> list[dict[str, Any]]:
    """Exact for every draw: the row shows the draw that is furthest off."""
    rows = []
    for name, exact in COMPOSITIONAL.items():
        start = time.perf_counter()
        found = [MEASURES[name](*golden.compositional(3, 5, seed)) for seed in seeds]
        worst = max(found, key=lambda value: abs(value - exact))
        rows.append(
            row(f"compositional 5x5x5: {name}", exact, worst, abs(worst - exact) <= EXACT, tolerance=EXACT,
                ci=(min(found), max(found)), seeds=seeds, seconds=time.perf_counter() - start, source="exact")
        )  # fmt: skip
    return rows


def _holistic(first: int) -> list[dict[str, Any]]:
    """The mean of many bijections; the interval holds 95 % of the draws."""
    rows = []
    for name, (mean, tolerance) in HOLISTIC.items():
        start = time.perf_counter()
        found = np.array([MEASURES[name](*golden.holistic(3, 5, 3, seed)) for seed in range(first, first + DRAWS)])
        low, high = np.quantile(found, [0.025, 0.975])
        ours = float(found.mean())
        rows.append(
            row(f"holistic 5x5x5, mean of {DRAWS} draws: {name}", mean, ours, abs(ours - mean) <= tolerance,
                tolerance=tolerance, ci=(low, high), seeds=DRAWS, seconds=time.perf_counter() - start,
                source="Monte Carlo, mean and spread over 600 random bijections")
        )  # fmt: skip
    return rows


def _null(seeds: list[int], permutations: int) -> list[dict[str, Any]]:
    """How large topographic similarity gets when messages and meanings have nothing to do with one another."""
    rows = []
    for (attributes, values), (two_sided, quantile, tolerance) in NULL.items():
        start, found = time.perf_counter(), []
        for seed in seeds:
            meanings, words = golden.compositional(attributes, values, seed)
            tested = topographic_similarity_test(meanings, words, "hamming", permutations=permutations, seed=seed)
            found.append(np.abs(tested.null) if two_sided else tested.null)
        ours = float(np.quantile(np.concatenate(found), 0.95))
        each = [float(np.quantile(one, 0.95)) for one in found]
        size, what = "x".join([str(values)] * attributes), "|topsim|" if two_sided else "topsim"
        rows.append(
            row(f"95 % quantile of {what} under permutation, {size}", quantile, ours, abs(ours - quantile) <= tolerance,
                tolerance=tolerance, ci=(min(each), max(each)), seeds=seeds, seconds=time.perf_counter() - start,
                source="permutation null of a compositional language", note="" if two_sided else STEPS)
        )  # fmt: skip
    return rows


def _degenerate() -> list[dict[str, Any]]:
    """Languages that cannot be judged: every measure NaN, topographic similarity with a reason; the row counts those that are."""
    meanings, words = golden.compositional(3, 5, 0)
    cases = {
        "a constant language": golden.constant(3, 5, 3),
        "one attribute": golden.compositional(1, 5, 0),
        "one item": (meanings[:1], words[:1]),
    }
    rows = []
    for label, (known, said) in cases.items():
        start = time.perf_counter()
        unjudged = [bool(np.isnan(measure(known, said))) for measure in MEASURES.values()]
        reason = topographic_similarity_test(known, said, "hamming", permutations=9).reason
        ours = float(sum(unjudged))
        rows.append(
            row(f"{label}: measures that give NaN", float(len(MEASURES)), ours, all(unjudged) and bool(reason), tolerance=0.0,
                ci=(NAN, NAN), seeds=1, seconds=time.perf_counter() - start, source="exact", note=reason or "no reason given")
        )  # fmt: skip
    return rows
