"""Axelrod's first tournament of the iterated prisoner's dilemma: fifteen entries, 200 turns, five repetitions.

Played from the printed descriptions, tit for tat comes fourth or so and not first: the entries themselves are lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement
from time import perf_counter
from typing import Any

import numpy as np

from society.studies._axelrod_rules import DETERMINISTIC, RULES, match, scores
from society.studies._rows import MissingPackage, bound, near, need, result, row

NAME = "axelrod_first"
TURNS, REPETITIONS = 200, 5
# one tournament of the package's (4.14), seed 1: a single draw, whose entries spread by .01-.02 between seeds
TABLE = {
    "SteinRapoport": 2.584, "Grofman": 2.527, "Shubik": 2.508, "TitForTat": 2.493, "Nydegger": 2.461, "Random": 1.621,
}  # fmt: skip
# the other entries: means of six tournaments of the same package; between seeds they spread by .01-.04
REFERENCE = {
    "TidemanChieruzzi": 2.470, "Grudger": 2.405, "Davis": 2.401, "Graaskamp": 2.307, "Downing": 2.256, "Feld": 1.960,
    "Joss": 1.787, "Tullock": 1.782, "Anonymous": 1.635,
}  # fmt: skip
CLOSE, LOOSE = 0.03, 0.05  # two standard deviations between seeds of the package's own tournaments
TITLES = {"Random": "Random", "TitForTat": "TitForTat", "Grudger": "Grudger", "TidemanChieruzzi": "FirstByTidemanAndChieruzzi",
          "SteinRapoport": "FirstBySteinAndRapoport"}  # fmt: skip


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """Mean score a turn of every entry over tournaments; in full also every match beside the axelrod package's."""
    seeds = seeds or list(range(4 if quick else 20))
    start = perf_counter()
    found: dict[str, list[float]] = {name: [] for name in RULES}
    for seed in seeds:
        for name, score in tournament(seed).items():
            found[name].append(score)
    seconds = perf_counter() - start
    rows = [_row(name, published, found, CLOSE, seconds) for name, published in TABLE.items()]
    rows += [_row(name, published, found, LOOSE, seconds) for name, published in REFERENCE.items()]
    order = sorted(RULES, key=lambda name: -float(np.mean(found[name])))
    place = [1.0 + order.index("TitForTat")]
    rows.append(
        bound("place of TitForTat by mean score", place, least=3, most=4, published=4.0, source="axelrod 4.14", seeds=len(seeds))
    )
    return result(NAME, rows if quick else [*rows, _compare()])


def tournament(seed: int) -> dict[str, float]:
    """Mean points a turn of each entry against the fourteen others, `REPETITIONS` matches a pair."""
    total, names = dict.fromkeys(RULES, 0.0), list(RULES)
    for i, (a, b) in enumerate((a, b) for a in names for b in names if names.index(a) < names.index(b)):
        mine, theirs = match(RULES[a], RULES[b], TURNS, REPETITIONS, seed * 1000 + i)
        total[a] += float(scores(mine, theirs).mean())
        total[b] += float(scores(theirs, mine).mean())
    return {name: points / (len(RULES) - 1) for name, points in total.items()}


def _row(name: str, published: float, found: dict[str, list[float]], tolerance: float, seconds: float) -> dict[str, Any]:
    source = "axelrod 4.14, one tournament" if name in TABLE else "axelrod 4.14, six tournaments"
    return near(name, published, found[name], tolerance, source=source, seconds=seconds)


def compared(axelrod: Any, repetitions: int) -> Iterator[tuple[str, str, list[float], list[float]]]:
    """Every pair, itself included: its names and the first's mean points of each match, ours and the package's.

    Pairs in which nothing is drawn are played once, and then compared as strings of moves in place of points.
    """
    for i, (a, b) in enumerate(combinations_with_replacement(RULES, 2)):
        fixed = {a, b} <= set(DETERMINISTIC)
        mine, theirs = match(RULES[a], RULES[b], TURNS, 1 if fixed else repetitions, i)
        players = [getattr(axelrod, TITLES.get(name, f"FirstBy{name}"))() for name in (a, b)]
        games = [axelrod.Match(players, turns=TURNS, seed=k).play() for k in range(len(mine))]
        other = np.array([[[move == axelrod.Action.C for move in pair] for pair in game] for game in games])
        if fixed:
            yield a, b, [*mine[0], *theirs[0]], [*other[0, :, 0], *other[0, :, 1]]
        else:
            ours, package = scores(mine, theirs).mean(axis=1), scores(other[..., 0], other[..., 1]).mean(axis=1)
            yield a, b, ours.tolist(), package.tolist()


def _compare() -> dict[str, Any]:
    """The share of the pairs without chance that agree with the package in each of 400 moves."""
    label, start = "matches without chance that equal the package's, move by move", perf_counter()
    try:
        axelrod = need("axelrod")
    except MissingPackage as missing:
        return row(label, 1.0, float("nan"), False, source="axelrod 4.14", tolerance=0, note=str(missing))
    pairs = [ours == theirs for a, b, ours, theirs in compared(axelrod, 1) if {a, b} <= set(DETERMINISTIC)]
    how = {"seeds": len(pairs), "seconds": perf_counter() - start}
    return near(label, 1.0, [float(np.mean(pairs))], 0.0, source="axelrod 4.14", **how)
