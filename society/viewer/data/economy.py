"""What the page Economy asks of a run's deals: prices in bins of ticks, volume, and who gave what to whom.

A table of deals may be too long to be held: one pass over it keeps bins, a thinned choice of deals and counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd

from society.analysis.economy import flows, log_prices
from society.analysis.replicates import NAN, Array
from society.record.files import Damaged
from society.record.grouped import batches
from society.record.store import Run
from society.viewer import queries

BINS = 64  # of the ticks, at most
DOTS = 1500  # deals that are drawn one by one, at most twice as many while they are read
SEATS = 10_000  # a seat, a mind or a world from here on is none
KINDS = 64  # of goods that are priced; of more there is no one price to look at
FARTHEST = 2**40  # and so is a tick
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


def societies(run: Run) -> dict[str, Run]:
    """The conditions that have deals, in order of name after normal, and the run (itself or a control) that has them."""
    return owners(run, "trades")


def owners(run: Run, table: str) -> dict[str, Run]:
    """The conditions that have rows of a table: twins and references of the run itself, then its controls."""
    found: dict[str, Run] = {}
    for one in queries.family(run).values():
        for condition in _conditions(str(one.path), queries.identity(one.path, "tables", table), table):
            found.setdefault(condition, one)
    return dict(sorted(found.items(), key=lambda item: (item[0] != "normal", item[1] is not run, item[0])))


def counted(run: Run, table: str) -> pd.DataFrame:
    """condition, rows of a table, in the order of `owners`."""
    found = owners(run, table)
    rows = [_conditions(str(one.path), queries.identity(one.path, "tables", table), table)[name] for name, one in found.items()]
    return pd.DataFrame({"condition": list(found), "rows": rows})


@lru_cache(maxsize=64)
def _conditions(path: str, _: queries.Identity, table: str) -> dict[str, int]:
    rows = Run(path).grouped(table, ["condition"])
    return {str(name): int(count) for name, count in zip(rows["condition"], rows["count"], strict=True) if name != "training"}


def goods(run: Run) -> list[str]:
    """Names of the goods as the run tells them; [] where it does not."""
    told = run.meta.get("goods")
    return [str(good) for good in told[:64]] if isinstance(told, list) else []


def good_name(names: list[str], good: int) -> str:
    """A good's name, or its number where it has none."""
    return names[good] if 0 <= good < len(names) else f"good {good}"


def market(run: Run, condition: str) -> Market:
    """The deals of a condition, read once. Raises `Damaged`."""
    seats, count = run.meta.get("seats"), len(goods(run))
    fits = (seats if isinstance(seats, int) and 0 < seats <= SEATS else SEATS, count or SEATS)
    return _market(str(run.path), queries.identity(run.path, "tables", "trades"), condition, fits)


@lru_cache(maxsize=64)
def _market(path: str, _: queries.Identity, condition: str, fits: tuple[int, int]) -> Market:
    run = Run(path)
    known = KNOWN in run.rows("trades", count=0).columns
    dots = _Dots()
    bins: dict[tuple[int, int], Bins] = {}
    worlds, minds = np.zeros(SEATS, bool), np.zeros(SEATS, bool)
    count = malformed = 0
    first: dict[str, float] | None = None
    for rows in _pieces(run, (*COLUMNS, *([KNOWN] if known else [])), condition):
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


def _pieces(run: Run, columns: tuple[str, ...], condition: str) -> Iterable[pd.DataFrame]:
    """Rows of `trades` piece by piece. `Damaged` where a column is missing or is no number."""
    try:
        for rows in batches(run.path, "trades", columns, {"condition": condition}):
            for name in columns:
                if rows[name].dtype.kind not in "if":
                    raise Damaged(f"{run.path / 'tables' / 'trades'}: column {name} holds no numbers")
            yield rows
    except ValueError as error:
        raise Damaged(f"{run.path / 'tables' / 'trades'}: {error}") from None


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


# ------------------------------------------------------------------------------------------------------------ the reference


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
    return _summed(str(run.path), queries.identity(run.path, "tables", "episodes"), condition, f"measure.{good}s")


@lru_cache(maxsize=64)
def _summed(path: str, _: queries.Identity, condition: str, column: str) -> float:
    try:
        found = Run(path).grouped("episodes", [], {"condition": condition}, [column])
    except ValueError:  # no such column
        return NAN
    return float(found[f"sum.{column}"].iloc[0]) if len(found) else NAN


# ------------------------------------------------------------------------------------------------------------ who gave what


def exchanges(run: Run, condition: str, world: int | None) -> pd.DataFrame:
    """giver, receiver, good, units, deals: of the seats of a world, or of all minds where `world` is None.

    Each deal counts twice, once for either side's gift. Raises `Damaged`.
    """
    return _exchanges(str(run.path), queries.identity(run.path, "tables", "trades"), condition, world)


@lru_cache(maxsize=64)
def _exchanges(path: str, _: queries.Identity, condition: str, world: int | None) -> pd.DataFrame:
    who, whom = ("mind", "partner_mind") if world is None else ("seat", "partner")
    where = {"condition": condition} | ({} if world is None else {"world": world})
    try:
        found = Run(path).grouped("trades", [who, whom, "gave", "got"], where, ["gave_amount", "got_amount"])
    except (ValueError, TypeError) as error:
        raise Damaged(f"{path}/tables/trades: {error}") from None
    columns = ["giver", "receiver", "good", "units", "deals"]
    there = found[[who, whom, "gave", "sum.gave_amount", "count"]].set_axis(columns, axis=1)
    back = found[[whom, who, "got", "sum.got_amount", "count"]].set_axis(columns, axis=1)
    both = pd.concat([there, back])
    both = both[(both["giver"] >= 0) & (both["receiver"] >= 0) & (both["good"] >= 0) & (both["units"] > 0)]
    both = both[(both["giver"] < SEATS) & (both["receiver"] < SEATS)]
    return both.groupby(columns[:3], as_index=False)[["units", "deals"]].sum()


def given_shares(given: pd.DataFrame) -> pd.DataFrame:
    """who, good, deals, units, share: of all deals in which somebody gave, how many gave this good (`exchanges` in)."""
    each = given.groupby(["giver", "good"], as_index=False)[["units", "deals"]].sum()
    each["share"] = each["deals"] / each.groupby("giver")["deals"].transform("sum")
    return each.rename(columns={"giver": "who"})


def ties(given: pd.DataFrame) -> Array:
    """Units that row gave to column, all goods together [P, P] (`exchanges` in)."""
    if given.empty:
        return np.zeros((0, 0))
    players = int(max(given["giver"].max(), given["receiver"].max())) + 1
    return flows(given["giver"], given["receiver"], given["units"], players)


def deals_of(run: Run, condition: str, world: int | None, who: int, most: int = 60) -> pd.DataFrame:
    """The first deals in which a seat of a world (or a mind) took part: world, tick, partner, gave, got and amounts, its side."""
    own, other = ("mind", "partner_mind") if world is None else ("seat", "partner")
    where = {"condition": condition} | ({} if world is None else {"world": world})
    columns = ["world", "tick", own, other, "gave", "gave_amount", "got", "got_amount"]
    turned = {own: other, other: own, "gave": "got", "got": "gave", "gave_amount": "got_amount", "got_amount": "gave_amount"}
    try:
        first = run.rows("trades", columns, where | {own: who}, 0, most)
        second = run.rows("trades", columns, where | {other: who}, 0, most).rename(columns=turned)
    except ValueError as error:
        raise Damaged(f"{run.path / 'tables' / 'trades'}: {error}") from None
    both = pd.concat([first, second.loc[second[other] != who, first.columns]])  # what a mind deals with itself is told once
    both = both.sort_values(["tick", "world"], kind="stable")[:most]
    return both.rename(columns={other: "partner"})[["world", "tick", "partner", "gave", "gave_amount", "got", "got_amount"]]


def strikes(run: Run, condition: str, world: int) -> pd.DataFrame:
    """Strikes that landed between the seats of a world, as `exchanges`: from giver to receiver, `units` and `deals` of them."""
    return _strikes(str(run.path), queries.identity(run.path, "tables", "contests"), condition, world)


@lru_cache(maxsize=64)
def _strikes(path: str, _: queries.Identity, condition: str, world: int) -> pd.DataFrame:
    try:
        found = Run(path).grouped("contests", ["seat", "target"], {"condition": condition, "world": world})
    except (ValueError, TypeError) as error:
        raise Damaged(f"{path}/tables/contests: {error}") from None
    found = found.set_axis(["giver", "receiver", "deals"], axis=1).assign(good=0)
    found["units"] = found["deals"]
    return found[found["giver"].between(0, SEATS - 1) & found["receiver"].between(0, SEATS - 1)]
