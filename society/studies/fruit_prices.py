"""Do learned prices follow scarcity? The fruit market over five abundances of apples, each run a training of its own.

The claim of Johanson et al. 2022 is a direction: where a fruit is scarce, it costs more of the other. Theory gives a size
beside it. Every farmer prefers any price between 1/8 and 8 to eating what it grows, so the price that clears the market is
the apples grown per banana grown, as far as offers of 1 to 3 can say it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import stats

from society.analysis.economy import price
from society.analysis.statistics import t_interval
from society.config import resolve
from society.engine import build
from society.engine.rollout import Clock, Minds, ticks
from society.engine.training import Training
from society.population.matchmaking import Seating
from society.world.worlds import Worlds

from ._pairs import JUDGED, finish
from ._rows import result, row

APPLES = (0.1, 0.3, 0.5, 0.7, 0.9)  # share of the trees that bear apples
ROUGHLY = (0.1, 0.5, 0.9)
STEPS = 1_200_000  # agent-steps of a run
WORLDS, TICKS = 64, 200  # in which frozen minds are judged
APPLE, BANANA = 0, 1
SOURCE = "Johanson et al. 2022: prices follow local scarcity (direction only)"
TWIN = "society run fruit_market: the same preset without a market"
NOTE = (
    "Reward per seat and 100 ticks; PPO, one mind in all seats; market.exact false, as Melting Pot's code clears offers (tuning: "
    "share of apple trees .1, .35, .65: apples for a banana .38, .96, 1.26). Where offers must match exactly a price is a "
    "convention, whichever came up first: on seeds 0, 1, 10 .2: .33, .67; .35: .50; .5: 1, 2; .65: 2, .50; .8: 2 (rho .62 "
    "[-.23, .93]), seed 20 .1: 1.0; with entropy falling from .06 to .006 .65: 1.0"
)


@dataclass(frozen=True)
class Judged:
    """A frozen population: apples paid for a banana (geometric mean over deals), reward per seat and 100 ticks, deals."""

    price: float
    welfare: float
    deals: int


def run(quick: bool, seeds: list[int] | None = None) -> dict[str, Any]:
    """Every abundance with each of two seeds (quick: three abundances, one seed), and some twins that never had a market."""
    seeds = ([20] if quick else [20, 21]) if seeds is None else seeds
    cases = [(share, seed) for seed in seeds for share in (ROUGHLY if quick else APPLES)]
    start = time.perf_counter()
    found = [market(share, seed) for share, seed in cases]
    traded = time.perf_counter()
    gains = [
        found[cases.index((share, seeds[0]))][0].welfare - judge(trained(share, seeds[0], market=False)).welfare
        for share in ((0.5,) if quick else ROUGHLY)
    ]
    more: dict[str, Any] = {"seeds": len(cases), "seconds": traded - start}
    rows = [
        *_correlation([share for share, _ in cases], [one.price for one, _ in found], more),
        _gain("a market: reward above the same minds with it closed", [one.welfare - shut.welfare for one, shut in found]),
        _gain("a market: reward above minds that never had one", gains, seconds=time.perf_counter() - traded),
    ]
    return result("fruit_prices", rows, NOTE)


def _correlation(shares: Sequence[float], prices: Sequence[float], more: dict[str, Any]) -> list[dict[str, Any]]:
    """The two rows on price [n] against scarcity, from the share of apple trees [n] of each run."""
    scarcity, logs = [math.log(share / (1 - share)) for share in shares], [math.log(price) for price in prices]
    rho, low, high = spearman(scarcity, logs)
    enough = len(shares) > 3
    told = "; ".join(f"{share:g}: {price:.2f}" for share, price in zip(shares, prices, strict=True))
    slope = float(np.polyfit(scarcity, logs, 1)[0]) if np.isfinite(logs).all() else math.nan
    return [
        row("Spearman: price of a banana, scarcity of bananas", None, rho, (low if enough else rho) > 0, ci=(low, high),
            source=SOURCE, tolerance="interval above 0" if enough else "above 0; three runs: no interval",
            note=f"share of apple trees: apples for a banana: {told}", **more),
        row("slope of log price on log abundance", 1.0, slope, slope > 0, tolerance="above 0", seeds=len(shares),
            source="exact: the price that clears the market, offers without a cap"),
    ]  # fmt: skip


def _gain(label: str, values: Sequence[float], **more: Any) -> dict[str, Any]:
    interval = t_interval(values)
    low = interval.low if len(values) > 1 else interval.value
    more |= {"tolerance": "interval above 0" if len(values) > 1 else "above 0; one run: no interval", "seeds": len(values)}
    return row(label, None, interval.value, low > 0, ci=(interval.low, interval.high), source=TWIN, **more)


def market(share: float, seed: int) -> tuple[Judged, Judged]:
    """A population grown with a market, frozen: as it is, and with the market closed."""
    grown = trained(share, seed)
    return judge(grown), judge(grown, market=False)


def trained(share: float, seed: int, market: bool = True) -> Training:
    """A training of the preset `quick` where `share` of the trees bear apples."""
    fields = {
        "seed": seed,
        "world.apple_share": share,
        "training.agent_steps": STEPS,
        "market.exact": False,
        "condition": "normal" if market else "tradeless_from_birth",
    }
    return finish(Training(build.settle(resolve("fruit_market", "quick", fields))))


def judge(run: Training, market: bool = True) -> Judged:
    """Frozen minds in fresh worlds, sampling."""
    world = build.scenario(run.config, trade=market)
    mind = torch.zeros(WORLDS, world.spec.seats, dtype=torch.long)
    begun = Worlds.begin(world, run.config.seed, torch.arange(JUDGED, JUDGED + WORLDS))
    actor, reward = Minds(run.population, Seating.of(mind, 1)), 0.0
    deals: dict[str, list[np.ndarray]] = {name: [] for name in ("gave", "gave_amount", "got", "got_amount")}
    with torch.no_grad():
        for tick in ticks(begun, actor, actor.blank(begun), TICKS, Clock()):
            reward += float(tick.outcome.reward.double().mean())
            mask, columns = tick.outcome.events["trades"]
            for name, kept in deals.items():
                kept.append(columns[name][mask].numpy())
    whole = [np.concatenate(kept) for kept in deals.values()]
    return Judged(price(*whole, good=BANANA, money=APPLE), 100 * reward / TICKS, whole[0].size)


def spearman(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, float]:
    """Rank correlation [n] with Fisher's 95 % interval, its error that of Bonett and Wright (2000); NaN without an order.

    With fewer than four points there is no interval. At 1 the interval shrinks to a point: the exact p of `n` points in
    order is then the better guide.
    """
    if len(x) < 2 or not (np.isfinite(x).all() and np.isfinite(y).all()) or len(set(x)) < 2 or len(set(y)) < 2:
        return math.nan, math.nan, math.nan
    rho = float(stats.spearmanr(x, y).statistic)
    if len(x) < 4:
        return rho, math.nan, math.nan
    inside = min(max(rho, -1 + 1e-9), 1 - 1e-9)
    half = 1.96 * math.sqrt((1 + rho * rho / 2) / (len(x) - 3))
    return rho, math.tanh(math.atanh(inside) - half), math.tanh(math.atanh(inside) + half)
