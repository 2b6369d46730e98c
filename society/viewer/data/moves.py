"""Moves of matrix games: how often they cooperate, by round, and what they answer to the move before (table `plays`)."""

import numpy as np
import pandas as pd

from society.analysis.schelling import Schelling, schelling_diagram
from society.analysis.statistics import Array, Interval, bootstrap_mean, bootstrap_means
from society.record.store import Run
from society.viewer import queries
from society.viewer.data.counted import counted, first_rows
from society.viewer.kept import cached

MOST = 200_000  # moves of one condition that are looked at one by one: the first worlds' in full
MINDS = 24  # those with the most moves
NEAR = 0.15  # of a probability, the mean over a player's moves, within which it goes by a strategy's name
ROUNDS = 40  # points of a curve over rounds
SEED = 0  # of every bootstrap, as in the report
KEYS = ["seed", "world", "episode", "seat", "partner"]
COLUMNS = (*KEYS, "tick", "mind", "cooperated", "partner_cooperated", "reward")
STATES = ("CC", "CD", "DC", "DD")  # own move, then the partner's, in the round before
# P(cooperate) after CC, CD, DC, DD (Nowak & Sigmund 1993; generous tit for tat with 1/3: Nowak & Sigmund 1992).
NAMED: dict[str, tuple[float, float, float, float]] = {
    "always cooperate": (1, 1, 1, 1),
    "tit for tat": (1, 0, 1, 0),
    "generous tit for tat": (1, 1 / 3, 1, 1 / 3),
    "win-stay, lose-shift": (1, 0, 0, 1),
    "grim": (1, 0, 0, 0),
    "always defect": (0, 0, 0, 0),
    "random": (0.5, 0.5, 0.5, 0.5),
}


def conditions(run: Run) -> dict[str, int]:
    """Condition -> cooperative or defecting moves recorded, of the run and its controls; {} where the game has no such move."""
    found: dict[str, int] = {}
    for one in queries.family(run).values():
        rows = counted(one, "plays", ("condition", "cooperated"))
        for name, count in zip(rows["condition"], rows["count"].where(rows["cooperated"] >= 0, 0), strict=True):
            found[str(name)] = found.get(str(name), 0) + int(count)
    found = {name: count for name, count in found.items() if count}
    first = {name: count for name, count in found.items() if name == "normal"}
    return first | found


def turns(run: Run, condition: str) -> pd.DataFrame:
    """world, mind, round, own, partner, own_before, partner_before, reward of the moves of one condition; -1: none before.

    A row is one seat's move; own and partner are 1 for a cooperative one and 0 for a defection. The worlds are the first
    ones, in full, that hold no more than `MOST` moves together. Raises `Damaged`.
    """
    return _turns(queries.family(run).get(condition, run), condition)


@cached("tables/plays")
def _turns(run: Run, condition: str) -> pd.DataFrame:
    worlds = counted(run, "plays", ("world",), condition=condition)
    whole = [int(world) for world in worlds["world"][worlds["count"].cumsum() <= MOST]]
    few = {"world": whole} if len(whole) < len(worlds) else {}
    rows = first_rows(run, "plays", COLUMNS, MOST, condition=condition, **few)
    rows = rows[(rows["cooperated"] >= 0) & (rows["partner_cooperated"] >= 0)].sort_values("tick", kind="stable")
    own, partner = (rows["cooperated"] > 0).astype(int), (rows["partner_cooperated"] > 0).astype(int)
    series = [rows[key] for key in KEYS]
    return pd.DataFrame(
        {
            "world": rows["world"],
            "mind": rows["mind"],
            "round": rows.groupby(KEYS, sort=False, dropna=False).cumcount(),
            "own": own,
            "partner": partner,
            "own_before": own.groupby(series, sort=False, dropna=False).shift(fill_value=-1),
            "partner_before": partner.groupby(series, sort=False, dropna=False).shift(fill_value=-1),
            "reward": rows["reward"],
        }
    ).reset_index(drop=True)


def by_round(moves: pd.DataFrame) -> pd.DataFrame:
    """round, value, low, high, n: share of cooperative moves with the report's interval over worlds, in bins of rounds."""
    if moves.empty:
        return pd.DataFrame({name: [] for name in ("round", "value", "low", "high", "n")})
    size = -(-(int(moves["round"].max()) + 1) // ROUNDS)
    bins = moves["round"] // size
    each = moves["own"].groupby([bins, moves["world"]]).mean()
    rows = []
    for place in sorted(bins.unique()):
        found = bootstrap_mean(each.loc[place].to_numpy(), SEED, resamples=500)
        rows.append({"round": int(place) * size + 1, "value": found.value, "low": found.low, "high": found.high, "n": found.n})
    return pd.DataFrame(rows)


def reactive(moves: pd.DataFrame) -> pd.DataFrame:
    """mind, state ("C" or "D", the partner's move before), value, low, high, moves, rate: P(cooperate | state) of each mind.

    `rate` is the mind's share of cooperative moves whatever came before: what both would be if it did not look. Mind -1
    stands for all of them. Only minds that had a round before; intervals over worlds.
    """
    return _shares(moves, moves["partner_before"], {"C": 1, "D": 0})


def memory_one(moves: pd.DataFrame) -> pd.DataFrame:
    """The same after each of the four states of the round before: own move, then the partner's."""
    state = moves["own_before"] * 2 + moves["partner_before"]
    return _shares(moves, state.where(moves["own_before"] >= 0, -1), {"CC": 3, "CD": 2, "DC": 1, "DD": 0})


def _shares(moves: pd.DataFrame, state: pd.Series, states: dict[str, int]) -> pd.DataFrame:
    after = moves[state >= 0].assign(state=state[state >= 0])
    most = after["mind"].value_counts().head(MINDS).index
    rows = []
    for mind in [-1, *sorted(most)]:
        own = after if mind == -1 else after[after["mind"] == mind]
        rate = float(own["own"].mean()) if len(own) else np.nan
        sums = own.groupby(["state", "world"])["own"].agg(["sum", "size"])
        for name, code in states.items():
            found, count = _share(sums, code)
            bounds = {"value": found.value, "low": found.low, "high": found.high}
            rows.append({"mind": int(mind), "state": name, **bounds, "moves": count, "rate": rate})
    return pd.DataFrame(rows)


def _share(sums: pd.DataFrame, code: int) -> tuple[Interval, int]:
    """Cooperative moves over moves in one state, over the worlds in which it came up; and how many moves those are."""
    if code not in sums.index.get_level_values(0):
        return Interval(np.nan), 0
    worlds = sums.loc[code].to_numpy(dtype=float)
    return bootstrap_means(worlds, _ratio, SEED, resamples=500), int(worlds[:, 1].sum())


def _ratio(means: Array) -> Array:
    return np.asarray(means[:, 0] / means[:, 1])


def nearest(profile: pd.DataFrame) -> str:
    """The named strategy whose four probabilities lie closest to these rows of `memory_one`, each weighted by its moves.

    Empty where no state ever came up, and where none is `NEAR`. Where a state never came up, strategies that differ there
    alone are both named.
    """
    weight = profile.set_index("state")["moves"].reindex(STATES).fillna(0).to_numpy(dtype=float)
    value = profile.set_index("state")["value"].reindex(STATES).fillna(0).to_numpy(dtype=float)
    if not weight.sum() > 0:
        return ""
    far = {name: float((weight * np.abs(value - np.array(p))).sum()) for name, p in NAMED.items()}
    least = min(far.values())
    if least > NEAR * weight.sum():
        return ""
    return " or ".join(name for name, distance in far.items() if distance <= least + 1e-9 * weight.sum())


def diagram(moves: pd.DataFrame) -> Schelling | None:
    """The Schelling diagram of two players from these moves, as the report makes it; None without moves."""
    if moves.empty:
        return None
    world = pd.factorize(moves["world"])[0]
    return schelling_diagram(moves["reward"].to_numpy(), moves["own"].to_numpy(), moves["partner"].to_numpy(), world, 2, SEED)
