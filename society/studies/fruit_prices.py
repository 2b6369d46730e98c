"""Do learned prices follow scarcity? The fruit market over five abundances of apples, each run a training of its own.

The claim of Johanson et al. 2022 is a direction: where a fruit is scarce, it costs more of the other. Random play has it, too,
if weakly: a fruit that is at hand more often can be paid more often. So the slope is judged above that of random play. Every
farmer prefers any price between 1/8 and 8 to eating what it grows, so the price that clears the market is the apples grown
per banana grown, told beside; that ratio is milder than the trees' own, since where trees abound hands are short.
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
from society.config import Config, resolve
from society.engine import build
from society.engine.rollout import Actor, Clock, Minds, Scripted, ticks
from society.engine.training import Training
from society.population.matchmaking import Seating
from society.world.scenario import Scenario
from society.world.worlds import Worlds

from ._pairs import JUDGED, finish
from ._rows import result, row

APPLES = (0.1, 0.3, 0.5, 0.7, 0.9)  # share of the trees that bear apples
ROUGHLY = (0.1, 0.5, 0.9)
STEPS = 1_200_000  # agent-steps of a run
WORLDS, TICKS = 64, 200  # in which frozen minds are judged
APPLE, BANANA = 0, 1
SOURCE = "Johanson et al. 2022: prices follow local scarcity (direction only)"
RANDOM = "null: the script random in the same worlds, whose price follows what is at hand"
TWIN = "society run fruit_market: the same preset without a market"
NOTE = (
    "Reward per seat and 100 ticks; PPO, one mind in all seats; market.exact false, as Melting Pot's code clears offers (tuning: "
    "share of apple trees .1, .35, .65: apples for a banana .38, .96, 1.26). Where offers must match exactly a price is a "
    "convention, whichever came up first: on seeds 0, 1, 10 .2: .33, .67; .35: .50; .5: 1, 2; .65: 2, .50; .8: 2 (rho .62 "
    "[-.23, .93]), seed 20 .1: 1.0; with entropy falling from .06 to .006 .65: 1.0. "
    "Twins without a market: three at first (118.8 [-69.8, 307.3]), then five, one for each abundance"
)


@dataclass(frozen=True)
class Judged:
    """A frozen population: apples paid for a banana (geometric mean over deals), reward per seat and 100 ticks, deals, and
    apples harvested for each banana harvested."""

    price: float
    welfare: float
    deals: int
    grown: float


def run(quick: bool, seeds: list[int] | None = None) -> dict[str, Any]:
    """Every abundance with each of two seeds (quick: three abundances, one seed), and twins that never had a market."""
    seeds = ([20] if quick else [20, 21]) if seeds is None else seeds
    cases = [(share, seed) for seed in seeds for share in (ROUGHLY if quick else APPLES)]
    start = time.perf_counter()
    found = [market(share, seed) for share, seed in cases]
    traded = time.perf_counter()
    gains = [
        found[cases.index((share, seeds[0]))][0].welfare - judge(trained(share, seeds[0], market=False)).welfare
        for share in ((0.5,) if quick else APPLES)
    ]
    more: dict[str, Any] = {"seeds": len(cases), "seconds": traded - start}
    rows = [
        *_prices([share for share, _ in cases], [one for one, _ in found], [chance(*case).price for case in cases], more),
        _gain("a market: reward above the same minds with it closed", [one.welfare - shut.welfare for one, shut in found]),
        _gain("a market: reward above minds that never had one", gains, seconds=time.perf_counter() - traded),
    ]
    return result("fruit_prices", rows, NOTE)


def _prices(
    shares: Sequence[float], found: Sequence[Judged], null: Sequence[float], more: dict[str, Any]
) -> list[dict[str, Any]]:
    """The two rows on price against scarcity, from the share of apple trees [n] of each run and random play's price [n]."""
    scarcity = [math.log(share / (1 - share)) for share in shares]
    logs, random = [math.log(one.price) for one in found], [math.log(price) for price in null]
    rho, low, high = spearman(scarcity, logs)
    enough = len(shares) > 3
    told = "; ".join(f"{share:g}: {one.price:.2f} ({one.grown:.2f})" for share, one in zip(shares, found, strict=True))
    slope, random_slope = _slope(scarcity, logs)[0], _slope(scarcity, random)[0]
    above, least, most = _slope(scarcity, [ours - its for ours, its in zip(logs, random, strict=True)])
    words = "above 0" if enough else "above 0; three runs: no interval"
    return [
        row("Spearman: price of a banana, scarcity of bananas", None, rho, (low if enough else rho) > 0, ci=(low, high),
            source=SOURCE, tolerance=f"interval {words}" if enough else words,
            note=f"share of apple trees: apples for a banana (apples grown for a banana): {told}; random play has rho "
            f"{spearman(scarcity, random)[0]:.2f}", **more),
        row("slope of log price on log odds of apple trees, above random play's", None, above, (least if enough else above) > 0,
            ci=(least, most) if enough else (math.nan, math.nan), tolerance=f"interval {words}" if enough else words,
            seeds=len(shares), source=RANDOM, note=f"learned {slope:.2f}, random play {random_slope:.2f}"),
    ]  # fmt: skip


def _slope(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, float]:
    """Least squares over runs [n] with a t-interval of n - 2 degrees; NaN where a number is missing."""
    if len(x) < 3 or not np.isfinite(y).all() or len(set(x)) < 2:
        return math.nan, math.nan, math.nan
    fit = stats.linregress(x, y)
    half = float(stats.t.ppf(0.975, len(x) - 2)) * float(fit.stderr)
    return float(fit.slope), float(fit.slope) - half, float(fit.slope) + half


def _gain(label: str, values: Sequence[float], **more: Any) -> dict[str, Any]:
    interval = t_interval(values)
    low = interval.low if len(values) > 1 else interval.value
    more |= {"tolerance": "interval above 0" if len(values) > 1 else "above 0; one run: no interval", "seeds": len(values)}
    return row(label, None, interval.value, low > 0, ci=(interval.low, interval.high), source=TWIN, **more)


def market(share: float, seed: int) -> tuple[Judged, Judged]:
    """A population grown with a market, frozen: as it is, and with the market closed."""
    grown = trained(share, seed)
    return judge(grown), judge(grown, market=False)


def chance(share: float, seed: int) -> Judged:
    """Random play in the worlds in which the minds of this seed are judged."""
    config = _config(share, seed)
    world = build.scenario(config, trade=True)
    return _play(world, Scripted(world.scripts["random"]), config.seed)


def _config(share: float, seed: int, market: bool = True) -> Config:
    """The preset `quick` where `share` of the trees bear apples."""
    fields = {
        "seed": seed,
        "world.apple_share": share,
        "training.agent_steps": STEPS,
        "market.exact": False,
        "condition": "normal" if market else "tradeless_from_birth",
    }
    return build.settle(resolve("fruit_market", "quick", fields))


def trained(share: float, seed: int, market: bool = True) -> Training:
    """A finished training."""
    return finish(Training(_config(share, seed, market)))


def judge(run: Training, market: bool = True) -> Judged:
    """Frozen minds in fresh worlds, sampling."""
    world = build.scenario(run.config, trade=market)
    mind = torch.zeros(WORLDS, world.spec.seats, dtype=torch.long)
    return _play(world, Minds(run.population, Seating.of(mind, 1)), run.config.seed)


def _play(world: Scenario, actor: Actor, seed: int) -> Judged:
    begun = Worlds.begin(world, seed, torch.arange(JUDGED, JUDGED + WORLDS))
    reward, grown = 0.0, {"apples": 0, "bananas": 0}
    deals: dict[str, list[np.ndarray]] = {name: [] for name in ("gave", "gave_amount", "got", "got_amount")}
    with torch.no_grad():
        for tick in ticks(begun, actor, actor.blank(begun), TICKS, Clock()):
            reward += float(tick.outcome.reward.double().mean())
            grown = {name: count + int(tick.outcome.measures[name].sum()) for name, count in grown.items()}
            mask, columns = tick.outcome.events["trades"]
            for name, kept in deals.items():
                kept.append(columns[name][mask].numpy())
    whole = [np.concatenate(kept) for kept in deals.values()]
    ratio = grown["apples"] / grown["bananas"] if grown["bananas"] else math.nan
    return Judged(price(*whole, good=BANANA, money=APPLE), 100 * reward / TICKS, whole[0].size, ratio)


def spearman(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, float]:
    """Rank correlation [n] with Fisher's 95 % interval, its error that of Bonett and Wright (2000); NaN without an order.

    It takes the n runs as independent; runs of one seed share first weights and keys, so it is a guide and no more.
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
