"""Commons harvest: does it grow back as the published tables say, and is it a social dilemma?

Regrowth: random patterns of live apples, one tick, how often an empty site grew by the number of its live neighbours, which
are counted here a second time on the drawn map. The dilemma: every mixture of the scripts `sustainable` and `greedy`. And what
PPO makes of it in the small world of the preset quick: selfish, with the mean of all as reward, and averse to being ahead.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from scipy.ndimage import convolve
from scipy.stats import chi2

from society.keys import Keys

from ._commons_learning import SEEDS, TEAM, column, contrast, lives, told
from ._rows import result, row
from ._schelling import diagram, rows, world

MELTING_POT = "Melting Pot, commons_harvest__open (Leibo et al. 2021)"
SSD = "repository of sequential social dilemma games"
DISC = ((0, 0, 1, 0, 0), (0, 1, 1, 1, 0), (1, 1, 0, 1, 1), (0, 1, 1, 1, 0), (0, 0, 1, 0, 0))
BLOCK = ((1, 1, 1), (1, 0, 1), (1, 1, 1))
TABLES = (
    ("melting_pot", MELTING_POT, (0.0, 0.0025, 0.005, 0.025), DISC),
    ("ssd", SSD, (0.0, 0.005, 0.02, 0.05), BLOCK),
)
SCHELLING = "Hughes et al. 2018: what makes a dilemma"
LEARNERS: dict[str, dict[str, object]] = {
    "selfish PPO": {},
    "prosocial PPO": TEAM,
    "inequity-averse PPO": {"social.advantage": 0.1, "social.smoothing": 0.95},
}
DIRECTIONS = {
    "script sustainable": "Perolat et al. 2017",
    "prosocial PPO": "Peysakhovich & Lerer 2018",
    "inequity-averse PPO": "Hughes et al. 2018",
}


def run(quick: bool = False, seeds: list[int] | None = None) -> dict[str, Any]:
    """All rows; `quick` plays fewer worlds and grows two seeds of learners. The first of `seeds` keys the scripts' worlds."""
    seed, grown = (seeds or [0])[0], seeds or list(SEEDS)[: 2 if quick else None]
    return result("commons_dilemma", [*regrowth(quick, seed), *verdict(quick, seed), *learning(grown)])


# --- regrowth


def regrowth(quick: bool, seed: int) -> list[dict[str, Any]]:
    """A chi-square for each published table over all its numbers of neighbours, and the frequencies beside it."""
    found = []
    for preset, source, table, shape in TABLES:
        start = time.perf_counter()
        empty, grown = growth_counts(preset, shape, len(table), ticks=40 if quick else 200, seed=seed)
        expected = empty * np.array(table)
        spread = expected * (1 - np.array(table))
        p = float(chi2.sf(((grown - expected)[1:] ** 2 / spread[1:]).sum(), len(table) - 1))
        label = f"{preset}: chi-square p of grown sites by live neighbours"
        found.append(row(label, None, p, p > 0.01 and grown[0] == 0, source=source, tolerance="p > .01, none at 0 neighbours",
                         seeds=1, seconds=time.perf_counter() - start))  # fmt: skip
        for live, (published, n, k) in enumerate(zip(table, empty, grown, strict=True)):
            label = f"{preset}: grown a tick, {live}{' or more' if live == len(table) - 1 else ''} live neighbours, of {n} empty"
            half = 1.96 * float(np.sqrt(k / n * (1 - k / n) / n))
            found.append(row(label, published, k / n, True, source=source, tolerance="none: it is told",
                             ci=(k / n - half, k / n + half), seeds=1))  # fmt: skip
    return found


def growth_counts(
    preset: str, shape: tuple[tuple[int, ...], ...], classes: int, ticks: int, seed: int, worlds: int = 128
) -> tuple[Any, Any]:
    """Empty sites and how many of them grew [classes], by live neighbours as a convolution of the drawn map counts them."""
    made = world("commons_harvest", preset)
    grid, rng = made.bodies.grid, np.random.default_rng(seed)  # type: ignore[attr-defined]
    y, x = (v.numpy() for v in grid.yx(made.sites))  # type: ignore[attr-defined]
    number = torch.arange(worlds)
    empty, grown = np.zeros(classes, dtype=int), np.zeros(classes, dtype=int)
    for tick in range(ticks):
        live = rng.random((worlds, len(y))) < rng.random((worlds, 1)) ** 2
        drawn = np.zeros((worlds, grid.height, grid.width), dtype=int)
        drawn[:, y, x] = live
        around = convolve(drawn, np.array(shape)[None], mode="constant")[:, y, x].clip(max=classes - 1)
        keys = Keys.at(seed, number, torch.zeros_like(number), torch.full_like(number, tick))
        after = made.regrow(torch.from_numpy(live), keys).numpy()  # type: ignore[attr-defined]
        empty += np.bincount(around[~live], minlength=classes)
        grown += np.bincount(around[after & ~live], minlength=classes)
    return empty, grown


# --- the dilemma


def verdict(quick: bool, seed: int) -> list[dict[str, Any]]:
    """The Schelling diagram of the standard preset, and its verdict: it must be a dilemma."""
    start, worlds = time.perf_counter(), 4 if quick else 16
    made = world("commons_harvest", "melting_pot")
    found = diagram(made, "sustainable", "greedy", worlds, seed)
    return rows(found, SCHELLING, time.perf_counter() - start, worlds)


# --- learners


def learning(seeds: list[int]) -> list[dict[str, Any]]:
    """Live apples in the last quarter of an episode, as a share of the sites: who destroys the commons, and who less."""
    start = time.perf_counter()
    (found,) = lives("commons_harvest", LEARNERS, seeds)
    stock, label = column(found, "stock", "sites"), "late stock above that of selfish PPO"
    out = [
        contrast(f"{label}, {name}", stock[name], stock["selfish PPO"], f"{source}: the direction")
        for name, source in DIRECTIONS.items()
    ]
    out += told("late stock, share of sites", stock) + told("return of a seat", column(found, "return"))
    out[0]["seconds"] = time.perf_counter() - start
    return out
