"""Is it a dilemma? The Schelling diagram (Schelling 1973; Hughes et al. 2018) with intervals and a verdict, on plain arrays.

R_c(x) and R_d(x) are the mean returns of a cooperator and of a defector among N players when x of the *others* cooperate.
A social dilemma needs all of
- R_c(N-1) > R_d(0): all cooperating beats all defecting,
- R_c(N-1) > R_c(0): cooperating is better the more do,
- R_d(x) > R_c(x) for some x: fear where few others cooperate (x <= (N-1)/2), greed where many do (x >= (N-1)/2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from society.analysis.replicates import real
from society.analysis.statistics import Array, Interval, bootstrap_mean, holm, shared_greater

LEVEL = 0.05


@dataclass(frozen=True)
class Schelling:
    """The diagram of N players: R_c(x), R_d(x) for x = 0..N-1 with 95 % intervals over worlds, and the verdict.

    `verdict` is "dilemma" where all conditions are shown at .05, "none" where one of them is shown not to hold (Holm over
    the three), else "undecided", with a `reason`. `tempted` [N] are the p-values of R_d(x) > R_c(x), Holm-adjusted over x;
    `fear` and `greed` say where that is shown. `total` and `rising` are the p-values of the first two conditions.
    """

    cooperate: tuple[Interval, ...]
    defect: tuple[Interval, ...]
    verdict: str
    reason: str
    total: float
    rising: float
    tempted: Array
    fear: bool
    greed: bool


def schelling_diagram(
    returns: ArrayLike, cooperated: ArrayLike, others: ArrayLike, worlds: ArrayLike, players: int, seed: int
) -> Schelling:
    """The diagram from what seats got: returns, cooperated (1 or 0), others (x), worlds, all [M], a row for each seat.

    The replicate is the world: rows of one world, kind and x are averaged first. Tests are Welch's, one-sided, with worlds
    that are in both means counted as such; where all worlds agree exactly (a payoff table) the sign of the difference
    decides. ValueError for fewer than two players or unequal lengths; a row with anything not finite is left out.
    """
    table = [real(column) for column in (returns, cooperated, others)]
    world = np.asarray(worlds)
    if players < 2 or any(column.shape != world.shape or world.ndim != 1 for column in table):
        raise ValueError(f"needs two or more players and columns of one length, got {players} and {[c.shape for c in table]}")
    kept = np.isfinite(np.stack(table)).all(axis=0)
    value, kind, x = (column[kept] for column in table)
    names, index = np.unique(world[kept], return_inverse=True)
    place = index.reshape(-1)
    cells = [[_by_world(value, place, names.size, (kind == k) & (x == at)) for at in range(players)] for k in (0, 1)]
    return _judged(cells[1], cells[0], seed)


def _by_world(value: Array, world: NDArray[np.int64], worlds: int, chosen: NDArray[np.bool_]) -> Array:
    """The mean of the chosen rows of each world [worlds], NaN where there is none."""
    count = np.bincount(world[chosen], minlength=worlds)
    return np.asarray(np.bincount(world[chosen], value[chosen], worlds) / np.where(count > 0, count, np.nan), dtype=float)


def _judged(cooperate: list[Array], defect: list[Array], seed: int) -> Schelling:
    """The verdict from the returns by world of either kind, for x = 0..N-1."""
    total, rising = shared_greater(cooperate[-1], defect[0]), shared_greater(cooperate[-1], cooperate[0])
    pairs = list(zip(defect, cooperate, strict=True))
    tempted = holm([shared_greater(d, c) for d, c in pairs])
    x, half = np.arange(len(pairs)), (len(pairs) - 1) / 2
    fear, greed = bool((tempted[x <= half] < LEVEL).any()), bool((tempted[x >= half] < LEVEL).any())
    against = [(cooperate[-1], defect[0]), (cooperate[-1], cooperate[0])]
    refuted = [shared_greater(a, b, reverse=True) for a, b in against]
    refuted.append(float(np.max([shared_greater(d, c, reverse=True) for d, c in pairs])))  # at every x
    if total < LEVEL and rising < LEVEL and (fear or greed):
        verdict, reason = "dilemma", ""
    elif (holm(refuted) < LEVEL).any():
        verdict, reason = "none", ""
    else:
        verdict, reason = "undecided", _why(cooperate, defect)
    means = [tuple(bootstrap_mean(cell, seed) for cell in cells) for cells in (cooperate, defect)]
    return Schelling(means[0], means[1], verdict, reason, total, rising, tempted, fear, greed)


def _why(cooperate: list[Array], defect: list[Array]) -> str:
    for name, cells in (("cooperator", cooperate), ("defector", defect)):
        for x, cell in enumerate(cells):
            n = int(np.isfinite(cell).sum())
            if n < 2:
                return f"{'no world has' if not n else 'one world has'} a {name} among {x} other cooperators"
    return "the intervals are too wide to tell"
