"""What a run's deals cost: prices in bins of ticks, volume, some of the deals one by one, and the price to hold them against.

A table of deals may be too long to be held: one pass over it keeps bins, a thinned choice of deals and counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from society.analysis.economy import log_prices
from society.analysis.replicates import NAN, Array
from society.record.store import Run
from society.viewer.data.counted import pieces
from society.viewer.data.economy import SEATS, goods
from society.viewer.kept import cached

BINS = 64  # of the ticks, at most
DOTS = 1500  # deals that are drawn one by one, at most twice as many while they are read
KINDS = 64  # of goods that are priced; of more there is no one price to look at
FARTHEST = 2**40  # a tick from here on is none
COLUMNS = ("world", "tick", "seat", "partner", "mind", "gave", "gave_amount", "got", "got_amount")
KNOWN = "equilibrium"  # column of the competitive price, where a world tells it with each deal


@dataclass
class Bins:
    """Of one good priced in another: deals, units of the good, sum and sum of squares of the price by bin, [4, BINS].

    The price is the natural logarithm of units of `money` per unit of `good`, or the share of the competitive price where
    the deals tell that. A bin is `width` ticks; when a tick lies beyond the last one, two become one.
    """

    good: int
    money: int
    width: int = 1
    sums: Array = field(default_factory=lambda: np.zeros((4, BINS)))

    def add(self, ticks: Array, units: Array, prices: Array) -> None:
        """Deals [N] with a finite price."""
        if not ticks.size:
            return
        while ticks.max() >= self.width * BINS:
            folded = self.sums[:, ::2] + self.sums[:, 1::2]
            self.sums, self.width = np.concatenate([folded, np.zeros_like(folded)], axis=1), 2 * self.width
        place = (ticks // self.width).astype(int)
        for row, weight in enumerate((None, units, prices, prices**2)):
            self.sums[row] += np.bincount(place, weight, BINS)

    def frame(self, logarithm: bool) -> pd.DataFrame:
        """tick, until (ticks), deals, units, and of the bins with a deal price, low, high: mean and one standard deviation.

        With `logarithm` the mean is geometric and the deviation a factor.
        """
        deals, units, total, squares = self.sums
        last = int(np.flatnonzero(deals).max(initial=-1)) + 1
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = total / deals
            spread = np.sqrt(np.maximum(squares / deals - mean**2, 0))
        low, high = mean - spread, mean + spread
        if logarithm:
            mean, low, high = np.exp(mean), np.exp(low), np.exp(high)
        starts = self.width * np.arange(BINS)
        found = pd.DataFrame({
            "tick": starts, "until": starts + self.width, "deals": deals, "units": units, "price": mean, "low": low, "high": high,
        })  # fmt: skip
        return found[:last]


@dataclass(frozen=True)
class Market:
    """All deals of one condition: `count` of them, `bins` by pair of goods, `dots` some of the deals, one by one
    (tick, world, seat, partner, good, money, price), `worlds` their numbers, `minds` how many dealt.

    `malformed` counts rows that can be no deal and `first` is the first of them.
    """

    count: int
    relative: bool
    bins: Mapping[tuple[int, int], Bins]
    dots: pd.DataFrame
    worlds: tuple[int, ...]
    minds: int
    malformed: int
    first: Mapping[str, float] | None


def market(run: Run, condition: str) -> Market:
    """The deals of a condition, read once. Raises `Damaged`."""
    seats, count = run.meta.get("seats"), len(goods(run))
    fits = (seats if isinstance(seats, int) and 0 < seats <= SEATS else SEATS, count or SEATS)
    return _market(run, condition, fits)


@cached("tables/trades")
def _market(run: Run, condition: str, fits: tuple[int, int]) -> Market:
    known = KNOWN in run.rows("trades", count=0).columns
    dots = _Dots()
    bins: dict[tuple[int, int], Bins] = {}
    worlds, minds = np.zeros(SEATS, bool), np.zeros(SEATS, bool)
    count = malformed = 0
    first: dict[str, float] | None = None
    for rows in pieces(run, "trades", (*COLUMNS, *([KNOWN] if known else [])), condition=condition):
        whole = {name: rows[name].to_numpy() for name in rows.columns}
        wrong = _malformed(whole, *fits)
        if wrong.any() and first is None:
            first = {name: float(values[wrong.argmax()]) for name, values in whole.items()}
        count, malformed = count + len(rows), malformed + int(wrong.sum())
        for seen, name in ((worlds, "world"), (minds, "mind")):
            seen[np.flatnonzero(np.bincount(_numbered(whole[name]), minlength=1)[:SEATS])] = True
        fine = {name: values[~wrong] for name, values in whole.items()}
        for good, money, prices in _priced(fine, known):
            kept = np.isfinite(prices) & (fine["tick"] >= 0) & (fine["tick"] < FARTHEST)
            units = np.where(fine["gave"] == good, fine["gave_amount"], fine["got_amount"])
            bins.setdefault((good, money), Bins(good, money)).add(
                fine["tick"][kept].astype(float), units[kept].astype(float), prices[kept]
            )
            dots.add(fine, kept, prices, good, money, logarithm=not known)
    there = tuple(np.flatnonzero(worlds).tolist())
    return Market(count, known, dict(sorted(bins.items())), dots.frame(), there, int(minds.sum()), malformed, first)


def _numbered(values: np.ndarray) -> np.ndarray:
    """Whole numbers from 0 to SEATS - 1; the rest is left out."""
    return values[(values >= 0) & (values < SEATS)].astype(int)


def _malformed(rows: Mapping[str, np.ndarray], seats: int, kinds: int) -> np.ndarray:
    """Which rows can be no deal [N]: no two seats, no two goods that there are, or an amount that is not above 0."""
    wrong = (rows["seat"] == rows["partner"]) | (rows["gave"] == rows["got"])
    for name, most in (("seat", seats), ("partner", seats), ("gave", kinds), ("got", kinds)):
        wrong |= ~((rows[name] >= 0) & (rows[name] < most))
    for name in ("gave_amount", "got_amount"):
        wrong |= ~((rows[name] > 0) & np.isfinite(rows[name]))
    return wrong


def _priced(rows: Mapping[str, np.ndarray], known: bool) -> Iterable[tuple[int, int, Array]]:
    """Each pair of goods that was dealt in, the first priced in the second, and the price [N], NaN for other deals.

    The good of the lower number is priced; where the deals tell a competitive price, what is bought with good 0.
    """
    low, high = np.minimum(rows["gave"], rows["got"]), np.maximum(rows["gave"], rows["got"])
    kinds = int(high.max(initial=0)) + 1
    there = np.bincount((low * kinds + high).astype(int)) if kinds <= KINDS else np.zeros(0)
    for pair in np.flatnonzero(there).tolist():
        good, money = divmod(pair, kinds)
        if known:
            good, money = money, good
        columns = (rows[name] for name in ("gave", "gave_amount", "got", "got_amount"))
        prices = log_prices(*columns, good=good, money=money)
        if known:
            with np.errstate(divide="ignore", invalid="ignore"):
                prices = np.where(rows[KNOWN] > 0, np.exp(prices) / rows[KNOWN], NAN)
        yield good, money, prices


class _Dots:
    """Every n-th deal of each pair, n doubling as there are more."""

    def __init__(self) -> None:
        self.kept: dict[tuple[int, int], pd.DataFrame] = {}
        self.seen: dict[tuple[int, int], tuple[int, int]] = {}

    def add(
        self, rows: Mapping[str, np.ndarray], kept: np.ndarray, prices: Array, good: int, money: int, logarithm: bool
    ) -> None:
        """The deals that are `kept` [N]."""
        pair, places = (good, money), np.flatnonzero(kept)
        before, every = self.seen.get(pair, (0, 1))
        self.seen[pair] = (before + places.size, every)
        places = places[(before + np.arange(places.size)) % every == 0]
        fresh = pd.DataFrame({name: rows[name][places] for name in ("tick", "world", "seat", "partner")})
        fresh["price"] = np.exp(prices[places]) if logarithm else prices[places]
        held = pd.concat([self.kept[pair], fresh]) if pair in self.kept else fresh
        while len(held) > 2 * DOTS:
            held, every = held[::2], 2 * every
        self.kept[pair], self.seen[pair] = held, (before + int(kept.sum()), every)

    def frame(self) -> pd.DataFrame:
        """All of them, with the pair that each is of."""
        if not self.kept:
            return pd.DataFrame({name: [] for name in ("tick", "world", "seat", "partner", "price", "good", "money")})
        pieces = [held.assign(good=good, money=money) for (good, money), held in self.kept.items()]
        return pd.concat(pieces, ignore_index=True)


def reference(run: Run, owner: Run, condition: str, one: Bins, relative: bool) -> tuple[float, str]:
    """The price that theory gives for a pair of goods, NaN where there is none, and what it is in words."""
    if relative:
        return 1.0, "the competitive price of each moment, which the world tells with every deal (Smith 1962)"
    names = goods(run)
    if one.good < len(names) and one.money < len(names):
        grown = [_harvested(owner, condition, names[i]) for i in (one.money, one.good)]
        if all(total > 0 for total in grown):
            return grown[0] / grown[1], (
                f"{names[one.money]}s harvested for each {names[one.good]} harvested: the price at which both are used up"
            )
    return 1.0, "an exchange of one for one; no competitive price of this world is known"


def _harvested(run: Run, condition: str, good: str) -> float:
    """Units of a good harvested by all seats, where the scenario sums them as measure.<good>s; else NaN."""
    return _summed(run, condition, f"measure.{good}s")


@cached("tables/episodes")
def _summed(run: Run, condition: str, column: str) -> float:
    try:
        found = run.grouped("episodes", [], {"condition": condition}, [column])
    except ValueError:  # no such column
        return NAN
    return float(found[f"sum.{column}"].iloc[0]) if len(found) else NAN
