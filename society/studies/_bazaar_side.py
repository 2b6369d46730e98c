"""Two smaller questions to the bazaar: do prices follow scarcity, and do raids pay?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from society.analysis.statistics import t_interval

from ._bazaar import config, grow, judge
from ._rows import bound, row
from .fruit_prices import spearman

ABUNDANCE = ((0.25, 1.0), (0.5, 1.0), (1.0, 1.0), (1.0, 0.5), (1.0, 0.25))  # of the goods A and B
THEORY = "theory: the scarcer good is the dearer; direction only"
SCRIPTS = "ours: reference agents, intervals over seeds"


def prices(seeds: Sequence[int], fields: dict[str, Any] | None = None) -> list[tuple[float, float, float]]:
    """The preset `scarcity` grown at five abundances for each seed: (log of B's abundance over A's, units of B for one of A,
    meals per seat and 100 ticks)."""
    found = []
    for seed in seeds:
        for a, b in ABUNDANCE:
            wanted = config("scarcity", seed, {**(fields or {}), "world.abundance": (a, b)})
            played = judge(wanted, grow(wanted))
            found.append((math.log(b / a), played.price, played.welfare))
    return found


def scarcity(seeds: Sequence[int]) -> dict[str, Any]:
    """A row: rank correlation of the price of A in B and how scarce A is, over training runs."""
    found = prices(seeds)
    rho, low, high = spearman([scarce for scarce, *_ in found], [math.log(price) for _, price, _ in found])
    told = "; ".join(f"{math.exp(scarce):g}: {price:.2f}" for scarce, price, _ in found)
    label, note = "preset scarcity, Spearman: price of A in B, B's abundance over A's", f"abundance ratio: price: {told}"
    words = "interval above 0"
    return row(label, None, rho, low > 0, ci=(low, high), tolerance=words, seeds=len(found), source=THEORY, note=note)


def raids(seeds: Sequence[int]) -> list[dict[str, Any]]:
    """Rows on the preset `raiders`: what a raid brings seat 0 among traders and among guards, and what all lose by raiding."""
    alone, guarded, lost = [], [], []
    for seed in seeds:
        wanted = config("raiders", seed)
        first = {name: judge(wanted, name).first for name in ("trader", "lone_raider", "guards", "raided_guards")}
        alone.append(first["lone_raider"] - first["trader"])
        guarded.append(first["raided_guards"] - first["guards"])
        lost.append(judge(wanted, "trader").welfare - judge(wanted, "raider").welfare)
    unit = "reward per 100 ticks"
    return [
        _sign(f"preset raiders: a raider among traders gains, {unit}", alone, above=True),
        _sign(f"preset raiders: a raider among guards gains, {unit}", guarded, above=False),
        bound("preset raiders: meals lost where all raid, per seat and 100 ticks", lost, least=0.0, source=SCRIPTS),
    ]


def _sign(label: str, values: Sequence[float], above: bool) -> dict[str, Any]:
    found = t_interval(values)
    holds = found.low > 0 if above else found.high < 0
    words = f"interval {'above' if above else 'below'} 0"
    return row(label, None, found.value, holds, ci=(found.low, found.high), tolerance=words, seeds=found.n, source=SCRIPTS)
