"""Does a deal move what it says? Recorded deals held against the recorded holdings of both sides.

A deal is one row with both of its sides, so no good can appear in it; what can be wrong is that the row and the world
disagree. A frame shows a world before its tick, so the change from a frame to the next is what a seat's deals say and a
rest: what it gathered and used up. Of that rest the record says nothing for a single tick, but seats that dealt with
nobody show how far it goes. A deal counts as conserved where the rest of both sides lies within that range in every good.
Deaths, strikes and the ends of episodes change holdings too: deals beside them are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from society.analysis.replicates import Array
from society.record.frames import NOTHING, Frames
from society.record.store import Run
from society.viewer.data.counted import pieces
from society.viewer.kept import cached

MOST = 200_000  # deals that are held against frames
FEWEST = 100  # seat-ticks without a deal that tell how far the rest goes
COLUMNS = ("world", "tick", "seat", "partner", "gave", "gave_amount", "got", "got_amount")
BUNDLED = {"sugarscape": "a row of this world sums all that a seat exchanged in a tick, with one of its partners named"}
COUNTER = "value.dealt"  # units dealt so far, where a world shows that in place of holdings


@dataclass(frozen=True)
class Violation:
    """A deal and a seat for whom it does not add up."""

    world: int
    tick: int
    seat: int
    partner: int
    says: str


@dataclass(frozen=True)
class Conserved:
    """`checked` deals were held against frames, `exact` of them are matched to the unit by both sides; `violations` are
    the first that are not within the range. `law` says what was tested and how, `why` what could not be tested."""

    checked: int
    exact: int
    broken: int
    violations: tuple[Violation, ...]
    law: str
    why: str


def holdings(frames: Frames, goods: list[str]) -> np.ndarray | None:
    """Units held [T, N, G] as float, NaN where there is nothing; None where the frames do not show them of every good."""
    fields = []
    for good in goods:
        names = (f"value.holds {good}", f"value.{good}s")
        found = next((frames.seats[name] for name in names if name in frames.seats), None)
        if found is None:
            return None
        fields.append(np.where(found == NOTHING, np.nan, found.astype(float)))
    return np.stack(fields, axis=-1) if fields else None


def conserved(run: Run, condition: str, goods: list[str]) -> Conserved:
    """The deals of the worlds that have frames, checked. Raises `Damaged`."""
    return _conserved(run, condition, tuple(goods))


@cached("meta.json", "frames", "tables/trades", "tables/contests", "tables/episodes")
def _conserved(run: Run, condition: str, goods: tuple[str, ...]) -> Conserved:
    spans = [span for span in run.frame_index() if span.condition == condition]
    scenario = str(run.config.get("scenario", ""))
    if scenario in BUNDLED:
        return Conserved(0, 0, 0, (), "", BUNDLED[scenario])
    if not spans:
        return Conserved(0, 0, 0, (), "", "no world of this condition has frames to hold its deals against")
    last = {span.world: span.last for span in spans if span.seed == spans[0].seed}
    deals = _rows(run, "trades", COLUMNS, condition, last)
    strikes = _rows(run, "contests", ("world", "tick", "seat", "target"), condition, last)
    ends = _rows(run, "episodes", ("world", "tick"), condition, last)
    found: list[Conserved] = []
    for span in spans:
        if span.seed != spans[0].seed:
            continue
        frames = run.frames(condition, span.world, span.first, span.last, seed=span.seed)
        here = [rows[rows["world"] == span.world] for rows in (deals, strikes, ends)]
        found.append(_world(span.world, frames, list(goods), *here))
    return _together(found)


def _rows(run: Run, table: str, columns: tuple[str, ...], condition: str, last: Mapping[int, int]) -> pd.DataFrame:
    """Rows of the framed worlds and ticks, MOST at most."""
    found, count = [], 0
    for rows in pieces(run, table, columns, condition=condition, world=list(last)):
        found.append(rows[rows["tick"] <= max(last.values())][: MOST - count])
        count += len(found[-1])
        if count >= MOST:
            break
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame({name: [] for name in columns})


def _together(found: list[Conserved]) -> Conserved:
    """The worlds of a condition as one."""
    tested = [one for one in found if one.law]
    if not tested:
        return Conserved(0, 0, 0, (), "", found[0].why if found else "")
    return Conserved(
        sum(one.checked for one in tested),
        sum(one.exact for one in tested),
        sum(one.broken for one in tested),
        tuple(violation for one in tested for violation in one.violations)[:20],
        tested[0].law,
        "",
    )


def _world(
    world: int, frames: Frames, goods: list[str], deals: pd.DataFrame, strikes: pd.DataFrame, ends: pd.DataFrame
) -> Conserved:
    """One world's deals against its frames."""
    held = holdings(frames, goods)
    if held is None and COUNTER in frames.seats:
        return _counted(world, frames, deals)
    if held is None:
        return Conserved(0, 0, 0, (), "", "the frames of this world do not show what a seat holds")
    ticks, seats = frames.tick[:-1], held.shape[1]
    change = np.diff(held, axis=0)
    known = np.isfinite(change).all(axis=2) & (np.diff(frames.tick) == 1)[:, None]
    if "value.age" in frames.seats:  # younger than before: another life
        known &= np.diff(frames.seats["value.age"].astype(int), axis=0) >= 0
    known &= ~np.isin(ticks, ends["tick"])[:, None]
    for column in ("seat", "target"):
        row, seat, fine = _places(ticks, strikes, strikes[column], seats)
        known[row[fine], seat[fine]] = False
    row, seat, partner, net, dealt, fine = _net(ticks, seats, held.shape[2], deals)
    idle = known & (dealt == 0)
    if idle.sum() < FEWEST:
        return Conserved(0, 0, 0, (), "", "too few ticks without a deal to tell what a seat gathers and uses up")
    least, most = change[idle].min(axis=0), change[idle].max(axis=0)
    rest = change - net
    inside = ((rest >= least) & (rest <= most)).all(axis=2)
    tested = fine & (_at(known, row, seat) & _at(known, row, partner))
    good = _at(inside, row, seat) & _at(inside, row, partner)
    to_the_unit = (rest == 0).all(axis=2)
    exact = _at(to_the_unit, row, seat) & _at(to_the_unit, row, partner)
    wrong = np.flatnonzero(tested & ~good)
    says = [
        _says(deals.iloc[i], held, change, row[i], seat[i] if not inside[row[i], seat[i]] else partner[i], goods)
        for i in wrong[:5]
    ]
    told = [_violation(world, deals.iloc[i], text) for i, text in zip(wrong[:5], says, strict=True)]
    reach = "; ".join(f"{name} {low:+.0f} to {high:+.0f}" for name, low, high in zip(goods, least, most, strict=True))
    return Conserved(
        int(tested.sum()), int((tested & exact).sum()), len(wrong), tuple(told),
        f"what both sides hold changes by what the deal says, but for what a seat gathers or uses up in a tick ({reach})", "",
    )  # fmt: skip


def _places(ticks: Array, rows: pd.DataFrame, who: pd.Series, seats: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row of the frame and seat of each row [M], and whether both are there."""
    tick, seat = rows["tick"].to_numpy(), who.to_numpy()
    row = np.searchsorted(ticks, tick).clip(0, max(len(ticks) - 1, 0)).astype(int)
    fine = (seat >= 0) & (seat < seats) & (len(ticks) > 0)
    if len(ticks):
        fine &= ticks[row] == tick
    return row, np.where(fine, seat, 0).astype(int), fine.astype(bool)


def _net(
    ticks: Array, seats: int, kinds: int, deals: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of each deal [M] its frame, both seats and whether they and the goods are there; net units [T, N, G] and deals [T, N]."""
    row, seat, fine = _places(ticks, deals, deals["seat"], seats)
    _, partner, there = _places(ticks, deals, deals["partner"], seats)
    fine &= there & deals["gave"].between(0, kinds - 1).to_numpy() & deals["got"].between(0, kinds - 1).to_numpy()
    net, dealt = np.zeros((len(ticks), seats, kinds)), np.zeros((len(ticks), seats), int)
    for good, amount, sign in (("gave", "gave_amount", 1), ("got", "got_amount", -1)):
        which, units = deals[good].to_numpy()[fine].astype(int), sign * deals[amount].to_numpy()[fine].astype(float)
        np.add.at(net, (row[fine], seat[fine], which), -units)
        np.add.at(net, (row[fine], partner[fine], which), units)
    for who in (seat, partner):
        np.add.at(dealt, (row[fine], who[fine]), 1)
    return row, seat, partner, net, dealt, fine


def _at(table: np.ndarray, row: np.ndarray, seat: np.ndarray) -> np.ndarray:
    return table[row, seat] if len(table) else np.zeros(len(row), bool)


def _says(deal: pd.Series, held: np.ndarray, change: np.ndarray, row: int, seat: int, goods: list[str]) -> str:
    """What a seat held before and after a deal that does not fit."""
    own = seat == int(deal["seat"])
    gave, got = ("gave", "got") if own else ("got", "gave")
    moved = [f"{deal[f'{name}_amount']:g} {goods[int(deal[name])]}" for name in (gave, got)]
    had = ", ".join(f"{units:g} {name}" for units, name in zip(held[row, seat], goods, strict=True))
    after = ", ".join(f"{units:g} {name}" for units, name in zip(held[row, seat] + change[row, seat], goods, strict=True))
    return f"seat {seat} gave {moved[0]} for {moved[1]}; it held {had} before the tick and {after} after it"


def _violation(world: int, deal: pd.Series, says: str) -> Violation:
    return Violation(world, int(deal["tick"]), int(deal["seat"]), int(deal["partner"]), says)


def _counted(world: int, frames: Frames, deals: pd.DataFrame) -> Conserved:
    """A world that counts the units each seat has dealt: the count rises by its deals, of one unit each, and by nothing else.

    Where a period ends the counts begin anew, which shows as nobody having any: those ticks are left out.
    """
    counter = frames.seats[COUNTER].astype(int)
    ticks, seats = frames.tick[:-1], counter.shape[1]
    rise = np.diff(counter, axis=0)
    known = (counter[1:] > 0).any(axis=1) & (np.diff(frames.tick) == 1)
    row, seat, partner, _, dealt, fine = _net(ticks, seats, 2, deals)
    tested = fine & known[row] if len(known) else np.zeros(len(deals), bool)
    good = _at(rise == dealt, row, seat) & _at(rise == dealt, row, partner)
    wrong = np.flatnonzero(tested & ~good)
    silent = np.argwhere((rise != dealt) & (dealt == 0) & known[:, None])
    told = [
        _violation(world, deals.iloc[i], f"the units that seats {seat[i]} and {partner[i]} have dealt rise by "
                   f"{rise[row[i], seat[i]]} and {rise[row[i], partner[i]]}, their deals are {dealt[row[i], seat[i]]} and "
                   f"{dealt[row[i], partner[i]]}")
        for i in wrong[:5]
    ]  # fmt: skip
    told += [
        Violation(world, int(ticks[t]), int(s), -1, f"seat {s} has dealt a unit, and there is no such deal")
        for t, s in silent[:5]
    ]
    law = "a deal moves one unit: what either side has dealt so far rises by its deals, and without a deal by nothing"
    exact = int((tested & good).sum())
    return Conserved(int(tested.sum()), exact, len(wrong) + len(silent), tuple(told), law, "")
