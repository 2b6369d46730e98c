"""Social outcomes, cooperation, reciprocity, the kind of game, and whom strikes hit: `episodes`, `plays`, `contests`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

from society.analysis import cooperation as group
from society.analysis.estimate import NAN, Estimate
from society.analysis.metrics import register
from society.analysis.outcome_metrics import SEED, estimate, with_reason
from society.analysis.run import NORMAL, AbsentError, Reader, attempt, numbers
from society.analysis.schelling import Schelling, schelling_diagram
from society.analysis.statistics import Array, bootstrap_mean, bootstrap_means
from society.analysis.world_lines import Line, mean_by_world, world_lines

PERMUTATIONS = 199  # of series that may be thousands
LONGEST = 1000  # rounds of a series that count
SOCIAL = (
    Line("social.efficiency", "reward of the group per tick", "no seat was ever active"),
    Line("social.equality", "1 = equal, 1/N = one has all", "returns never sum to more than 0"),
    Line("social.sustainability", "mean tick of a reward", "needs measures rewarded and rewarded_tick of a scenario"),
    Line("social.peace", "seats in play", "needs the measure out of a scenario"),
)
COOPERATION = (Line("plays.cooperation", "share of moves", "the game has no cooperative move", contrast=True),)
NO_PAYOFF_NULL = "no null: a payoff, read beside the others of the diagram"


# --- social outcomes --------------------------------------------------------------------------------------------------


@register("social_outcomes", needs=("episodes",))
def social_outcomes(reader: Reader) -> Iterator[Estimate]:
    """Efficiency, equality, sustainability and peace of Perolat et al. (2017), mean over a world's episodes, over worlds."""
    yield from world_lines(reader, "episodes", SOCIAL, _social)


def _social(reader: Reader, condition: str) -> pd.DataFrame:
    frame = reader.rows("episodes", condition, ("world",))
    data = pd.DataFrame({"world": frame["world"].to_numpy(), "got": numbers(frame, "return_"), "ticks": numbers(frame, "ticks")})
    data["episode"] = frame["episode"].to_numpy() if "episode" in frame.columns else 0
    for name in ("rewarded", "rewarded_tick", "out"):
        column = f"measure.{name}"
        data[name] = pd.to_numeric(frame[column], errors="coerce").to_numpy(float) if column in frame.columns else NAN
    data["mean_tick"] = data["rewarded_tick"] / data["rewarded"].where(data["rewarded"] > 0)
    data["present"] = data["ticks"] + data["out"].fillna(0)
    whole = data.groupby(["world", "episode"], observed=True)
    horizon = whole["present"].max()
    horizon = horizon.where(horizon > 0)
    peace = whole["ticks"].size() - whole["out"].sum(min_count=1) / horizon
    outcome = pd.DataFrame(
        {
            "social.efficiency": whole["got"].sum(min_count=1) / horizon,
            "social.equality": whole["got"].agg(lambda r: group.equality(r.dropna())),
            "social.sustainability": whole["mean_tick"].mean(),
            "social.peace": peace,
        }
    )
    return outcome.groupby(level="world").mean()


# --- moves in matrix games --------------------------------------------------------------------------------------------


def _plays(reader: Reader, condition: str) -> pd.DataFrame:
    """The rows of `plays` in which both sides cooperated or defected. AbsentError if there is none."""
    frame = reader.rows("plays", condition, ("world",))
    own, partner = numbers(frame, "cooperated"), numbers(frame, "partner_cooperated")
    kept = frame.loc[(own >= 0) & (partner >= 0)]
    if kept.empty:
        raise AbsentError("the game has no cooperative move")
    return kept


@register("cooperation", needs=("plays", "episodes"))
def cooperation(reader: Reader) -> Iterator[Estimate]:
    """Share of moves that cooperate, over worlds."""
    yield from world_lines(reader, "plays", COOPERATION, _cooperated)


def _cooperated(reader: Reader, condition: str) -> pd.DataFrame:
    frame = _plays(reader, condition)
    return mean_by_world(frame, {"plays.cooperation": (numbers(frame, "cooperated") > 0).astype(float)})


@register("reciprocity", needs=("plays", "episodes"))
def reciprocity(reader: Reader) -> Iterator[Estimate]:
    """P(cooperate | partner cooperated before) - P(. | defected), over worlds, against partners of other pairs."""
    unit = "difference of shares"
    if reader.all("plays").empty:
        yield Estimate.missing("plays.reciprocity", NORMAL, "table plays has no row in any condition", unit=unit)
        return
    for condition in reader.grown():
        yield attempt("plays.reciprocity", condition, unit, partial(_reciprocity, reader, condition, unit))


def _reciprocity(reader: Reader, condition: str, unit: str) -> Estimate:
    own, partner, worlds = series(_plays(reader, condition))
    found = group.reciprocity(own, partner, worlds, SEED, permutations=PERMUTATIONS)
    if not np.isfinite(found.value):
        raise AbsentError(found.reason)
    interval = bootstrap_mean(group.answers(own, partner, np.unique(worlds, return_inverse=True)[1].reshape(-1)), SEED)
    interval = with_reason(interval, found.reason)
    return estimate("plays.reciprocity", condition, interval, unit, null=found.null_mean, p=found.p)


def series(frame: pd.DataFrame) -> tuple[Array, Array, Array]:
    """Moves of each seat against one partner in one episode, in order of tick: own, partner [S, T], -1 padded; world [S]."""
    keys = [c for c in ("world", "episode", "seat", "partner") if c in frame.columns]
    if "tick" in frame.columns:
        frame = frame.iloc[np.argsort(numbers(frame, "tick"), kind="stable")]
    groups = frame.groupby(keys, sort=False, dropna=False)
    which, when = groups.ngroup().to_numpy(), groups.cumcount().to_numpy()
    kept = when < LONGEST
    which, when, world = which[kept], when[kept], pd.factorize(frame["world"])[0][kept]
    own = np.full((int(which.max()) + 1, int(when.max()) + 1), -1.0)
    partner, worlds = own.copy(), np.zeros(len(own))
    own[which, when] = numbers(frame, "cooperated")[kept] > 0
    partner[which, when] = numbers(frame, "partner_cooperated")[kept] > 0
    worlds[which] = world
    return own, partner, worlds


@register("schelling", needs=("plays",))
def schelling(reader: Reader) -> Iterator[Estimate]:
    """The Schelling diagram of two players from their rewards, and whether it is a dilemma; over worlds."""
    try:
        found = _diagram(reader)
    except AbsentError as absent:
        yield Estimate.missing("schelling.dilemma", NORMAL, str(absent), unit="1 = dilemma, 0 = none")
        return
    told = {"dilemma": 1.0, "none": 0.0}.get(found.verdict, NAN)
    why = "a verdict: no interval, no null" if found.verdict != "undecided" else f"undecided: {found.reason}"
    n = max(interval.n for interval in (*found.cooperate, *found.defect))
    yield Estimate("schelling.dilemma", NORMAL, told, n=n, unit="1 = dilemma, 0 = none", reason=why)
    for name, cells in (("cooperator", found.cooperate), ("defector", found.defect)):
        for x, interval in enumerate(cells):
            reason = NO_PAYOFF_NULL if interval.n else f"no {name} met {x} other cooperators"
            line = with_reason(interval, reason) if interval.n else interval
            yield estimate(f"schelling.{name}.{x}", NORMAL, line, "reward of a round")


def _diagram(reader: Reader) -> Schelling:
    frame = _plays(reader, NORMAL)
    own, others = numbers(frame, "cooperated") > 0, numbers(frame, "partner_cooperated") > 0
    return schelling_diagram(numbers(frame, "reward"), own, others, pd.factorize(frame["world"])[0], 2, SEED)


# --- sanctions --------------------------------------------------------------------------------------------------------


@register("sanctions", needs=("contests", "plays"))
def sanctions(reader: Reader) -> Iterator[Estimate]:
    """Share of strikes that hit defectors (who cooperate in less than half of their moves), against blind strikers."""
    name, unit = "contests.at_defectors", "share of strikes"
    for table in ("contests", "plays"):
        if reader.all(table).empty:
            yield Estimate.missing(name, NORMAL, f"table {table} has no row in any condition", unit=unit)
            return
    for condition in reader.grown():
        yield attempt(name, condition, unit, partial(_targeting, reader, condition, name, unit))


def _targeting(reader: Reader, condition: str, name: str, unit: str) -> Estimate:
    strikes, defected = _struck(reader, condition)
    found = group.sanction_targeting(strikes, defected, SEED, permutations=PERMUTATIONS)
    if not np.isfinite(found.value):
        raise AbsentError(found.reason)
    hits, label = group.targets(strikes, defected)
    known = np.where(np.isfinite(label), hits, 0.0)
    each = np.stack([(known * np.nan_to_num(label)).sum(axis=(1, 2)), known.sum(axis=(1, 2))], axis=1)
    interval = bootstrap_means(each, lambda m: m[:, 0] / np.where(m[:, 1] > 0, m[:, 1], NAN), SEED)
    return estimate(name, condition, with_reason(interval, found.reason), unit, null=found.null_mean, p=found.p)


def _struck(reader: Reader, condition: str) -> tuple[Array, Array]:
    """Strikes [W, N, N] and who defects [W, N], of the worlds that both tables have."""
    plays, hits = _plays(reader, condition), reader.rows("contests", condition, ("world",))
    moves = pd.DataFrame({"world": numbers(plays, "world"), "seat": numbers(plays, "seat")})
    moves["cooperated"] = numbers(plays, "cooperated")
    blows = pd.DataFrame({"world": numbers(hits, "world"), "seat": numbers(hits, "seat"), "target": numbers(hits, "target")})
    moves, blows = moves.dropna(), blows.dropna()
    worlds = np.intersect1d(moves["world"], blows["world"])
    if not worlds.size:
        raise AbsentError("no world has both plays and contests")
    moves, blows = moves[moves["world"].isin(worlds)], blows[blows["world"].isin(worlds)]
    seats = np.unique(np.concatenate([moves["seat"], blows["seat"], blows["target"]]))
    defected = np.full((worlds.size, seats.size), NAN)
    share = moves.groupby(["world", "seat"])["cooperated"].mean()
    rows = np.searchsorted(worlds, share.index.get_level_values("world"))
    defected[rows, np.searchsorted(seats, share.index.get_level_values("seat"))] = share.to_numpy() < 0.5
    strikes = np.zeros((worlds.size, seats.size, seats.size))
    index = [np.searchsorted(seats, blows[column]) for column in ("seat", "target")]
    np.add.at(strikes, (np.searchsorted(worlds, blows["world"]), *index), 1.0)
    return strikes, defected
