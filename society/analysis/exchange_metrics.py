"""Do prices agree, and who brings what to market? Read from `trades`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from society.analysis.economy import log_prices, price_dispersion
from society.analysis.estimate import Estimate
from society.analysis.labour import division_of_labour_test
from society.analysis.metrics import register
from society.analysis.outcome_metrics import SEED, estimate
from society.analysis.run import NORMAL, AbsentError, Reader, attempt, numbers
from society.analysis.statistics import Array, bootstrap_mean

SHUFFLES = 99
NO_NULL = "no null: read late beside early"


@register("price_dispersion", needs=("trades",))
def dispersion(reader: Reader) -> Iterator[Estimate]:
    """Standard deviation of log price between goods 0 and 1, early and late: it falls as a market finds its price.

    Early and late are the halves of the ticks in which a world traded. Value over worlds.
    """
    for place, name in enumerate(("early", "late")):
        metric = f"price_dispersion.{name}"
        yield attempt(metric, NORMAL, "sd of log price", partial(_dispersion, reader, metric, place))


def _dispersion(reader: Reader, metric: str, place: int) -> Estimate:
    frame = reader.rows("trades", NORMAL, ("world",))
    columns = [numbers(frame, c) for c in ("gave", "gave_amount", "got", "got_amount")]
    logs, tick, world = log_prices(*columns), numbers(frame, "tick"), frame["world"].to_numpy().astype(str)
    fine = np.isfinite(logs) & np.isfinite(tick)
    if not fine.any():
        raise AbsentError("goods 0 and 1 were never exchanged")
    found = [_half(logs[here], tick[here], place) for here in (fine & (world == w) for w in np.unique(world[fine]))]
    interval = bootstrap_mean(found, SEED)
    if not np.isfinite(interval.value):
        raise AbsentError("no world has two prices in this half")
    line = estimate(metric, NORMAL, interval, "sd of log price")
    return replace(line, reason="; ".join(filter(None, (line.reason, NO_NULL))))


def _half(logs: Array, tick: Array, place: int) -> float:
    """The dispersion of the first or second half of the ticks of one world, NaN without two prices in it."""
    tick = tick - tick.min()
    window = int(tick.max() // 2 + 1)
    by_half = price_dispersion(logs, tick, window)[1]
    return float(by_half[place]) if place < by_half.size else float("nan")


@register("division_of_labour", needs=("trades",))
def labour(reader: Reader) -> Iterator[Estimate]:
    """How far a seat keeps to one good of those it gives away: mutual entropy over that of goods (Gorelick et al. 2004).

    `.per_good` divides by the entropy of seats instead: how far a good comes from one seat. Null: the same deals with their
    goods shuffled among the givers of a world, which is far above 0 where deals are few. Value and null over worlds.
    """
    for index, name in (("individuals", "division_of_labour"), ("tasks", "division_of_labour.per_good")):
        yield attempt(name, NORMAL, "0..1", partial(_labour, reader, name, index))


def _labour(reader: Reader, metric: str, index: str) -> Estimate:
    frame = reader.rows("trades", NORMAL, ("world",))
    world = np.tile(frame["world"].to_numpy().astype(str), 2)
    giver = np.concatenate([numbers(frame, "seat"), numbers(frame, "partner")])
    good = np.concatenate([numbers(frame, "gave"), numbers(frame, "got")])
    fine = (giver >= 0) & (good >= 0) & (giver < 10_000) & (good < 1_000)
    counts = [_counts(giver[here], good[here]) for here in (fine & (world == w) for w in np.unique(world[fine]))]
    tests = [division_of_labour_test(c, SEED, index=index, permutations=SHUFFLES) for c in counts]
    tests = [t for t in tests if np.isfinite(t.value)]
    if not tests:
        raise AbsentError("one good or one giver in every world: nothing to divide")
    interval = bootstrap_mean([t.value for t in tests], SEED)
    return estimate(metric, NORMAL, interval, "0..1", null=float(np.mean([t.null_mean for t in tests])))


def _counts(giver: Array, good: Array) -> Array:
    """Deals in which a row's seat gave a column's good [seats, goods]."""
    seats, who = np.unique(giver, return_inverse=True)
    goods, what = np.unique(good, return_inverse=True)
    counts = np.zeros((seats.size, goods.size))
    np.add.at(counts, (who.reshape(-1), what.reshape(-1)), 1)
    return counts
