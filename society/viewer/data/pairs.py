"""Who does how well with whom: cross-play scores of pairs of minds, and ratings from the games between them."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from society.analysis.alpha_rank import alpha_rank
from society.analysis.competition import ELO, log_odds, ratings
from society.analysis.competition_metrics import MINDS
from society.analysis.statistics import NAN, Array, permutation_p
from society.record.store import Run
from society.viewer.data.counted import counted, first_rows
from society.viewer.kept import cached

SHOWN = 40  # rows of a matrix that can be read
MOST = 100_000  # episodes' or deals' rows that are looked at one by one
SEATS = 16  # of an episode, beyond which its pairs are too many
DRAWS = 199
ELEMENTS = 20_000_000  # of a table worlds x minds x minds
SEED = 0
NORMAL = "normal"
DEALT = "a negotiation, won by the higher score and drawn without a deal"
PAIR = ["world", "mind", "other"]
EPISODE = ("seed", "world", "episode", "seat", "mind", "return_")


@dataclass(frozen=True)
class Cross:
    """Mean score of mind `mind` with or against `other`: `rows` mind, other, value, n (games), blank where none.

    `what` is the score in words. `mean` is that of all pairs; `spread` the standard deviation over pairs of different
    minds, `null` its mean where it makes no difference who meets whom (scores of a pair in a world are dealt anew to the
    pairs: luck alone spreads means), and `p` its p-value; NaN where pairs are too few. `minds` is how many met.
    """

    what: str
    rows: pd.DataFrame
    mean: float
    spread: float = NAN
    null: float = NAN
    p: float = NAN
    minds: int = 0


@dataclass(frozen=True)
class Rated:
    """Ratings in Elo points, mean 0, with percentile intervals over worlds: `rows` mind, value, low, high, games.

    `unmet` pairs of minds never met, and count as even: then the share that is cyclic is not known.
    """

    what: str
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    cyclic_share: float = NAN
    reason: str = ""
    unmet: int = 0


@cached("tables/plays", "tables/deals", "tables/episodes")
def cross(run: Run) -> Cross | None:
    """The cross-play of the society as trained, from moves, else deals, else the seats of an episode; None for one mind."""
    for what, make in (("payoff of a round", _plays), ("score of a negotiation", _deals), ("return of an episode", _episodes)):
        found = make(run)
        found = found[(found["mind"] >= 0) & (found["other"] >= 0) & np.isfinite(found["sum"]) & (found["n"] > 0)]
        if pd.concat([found["mind"], found["other"]]).nunique() > 1:
            return _crossed(what, found)
    return None


def _crossed(what: str, found: pd.DataFrame) -> Cross:
    games = found.groupby("mind")["n"].sum().nlargest(SHOWN).index
    own = found[found["mind"].isin(games) & found["other"].isin(games)]
    sums = own.groupby(["mind", "other"])[["sum", "n"]].sum()
    rows = (sums["sum"] / sums["n"]).rename("value").to_frame().assign(n=sums["n"]).reset_index()
    rows = rows.astype({"mind": int, "other": int, "n": int})
    spread, null = _spread(own.assign(value=own["sum"] / own["n"]))
    p = permutation_p(spread, null, "greater") if null.size else NAN
    mean, level = float(rows["value"].mean()), float(null.mean()) if null.size else NAN
    return Cross(what, rows, mean, spread, level, p, found["mind"].nunique())


def _spread(own: pd.DataFrame) -> tuple[float, Array]:
    """Standard deviation over pairs of different minds of their mean over worlds, and the same with pairs dealt anew.

    What a pair scored in one world, both its sides together, is one block; blocks are exchanged between pairs. No null
    where no pair met in two worlds.
    """
    sides_of = own[[*PAIR, "value"]]
    both = sides_of.merge(sides_of.set_axis(["world", "other", "mind", "back"], axis=1), on=PAIR)
    both = both[both["mind"] < both["other"]]
    pair = pd.factorize(pd.MultiIndex.from_frame(both[["mind", "other"]]))[0]
    sides, count = both[["value", "back"]].to_numpy(dtype=float), np.bincount(pair) if len(pair) else np.zeros(0)
    if len(count) < 2:
        return NAN, np.empty(0)

    def spread(values: Array) -> float:
        return float(np.std([np.bincount(pair, values[:, side]) / count for side in (0, 1)]))

    if len(pair) == len(count):
        return spread(sides), np.empty(0)
    rng = np.random.default_rng(SEED)
    drawn = [spread(rng.permuted(rng.permutation(sides), axis=1)) for _ in range(DRAWS)]
    return spread(sides), np.array(drawn)


def _plays(run: Run) -> pd.DataFrame:
    rows = counted(run, "plays", ("world", "mind", "partner_mind"), ("reward",), condition=NORMAL)
    return rows.set_axis([*PAIR, "n", "sum"], axis=1)


def _deals(run: Run) -> pd.DataFrame:
    rows = counted(run, "deals", ("world", "mind", "partner_mind"), ("score", "partner_score"), condition=NORMAL)
    columns = rows.columns.tolist()
    own = rows[columns[:5]].set_axis([*PAIR, "n", "sum"], axis=1)
    theirs = rows[["world", "partner_mind", "mind", "count", "sum.partner_score"]].set_axis([*PAIR, "n", "sum"], axis=1)
    return pd.concat([own, theirs]).groupby(PAIR, as_index=False).sum()


def _episodes(run: Run) -> pd.DataFrame:
    both = _together(run)
    sums = both.groupby(PAIR, as_index=False).agg(n=("value", "size"), sum=("value", "sum"))
    return sums[[*PAIR, "n", "sum"]]


def _together(run: Run) -> pd.DataFrame:
    """world, mind, other, value, other_value, seats: every ordered pair of seats of an episode, of the first `MOST` rows."""
    rows = first_rows(run, "episodes", EPISODE, MOST, condition=NORMAL)
    columns = [*PAIR, "value", "other_value", "seats"]
    if rows["mind"].nunique() < 2:
        return pd.DataFrame({name: pd.Series(dtype=float) for name in columns})
    keys = ["seed", "world", "episode"]
    rows = rows.assign(seats=rows.groupby(keys)["seat"].transform("size"))
    rows = rows[(rows["seats"] > 1) & (rows["seats"] <= SEATS)]
    both = rows.merge(rows, on=keys, suffixes=("", "_other"))
    both = both[both["seat"] != both["seat_other"]]
    names = {"mind_other": "other", "return_": "value", "return__other": "other_value"}
    return both.rename(columns=names)[columns]


def alpha(found: Cross) -> dict[int, float] | None:
    """Alpha-rank shares by mind (Omidshafiei et al. 2019, strong selection); None where a pair never met or all are one."""
    wide = found.rows.pivot_table(index="mind", columns="other", values="value")
    if len(wide) < 2 or list(wide.index) != list(wide.columns):
        return None
    payoff = wide.to_numpy().copy()
    np.fill_diagonal(payoff, 0.0)  # what a mind does with itself decides no invasion
    if not np.isfinite(payoff).all() or np.allclose(payoff, payoff.T):
        return None
    return dict(zip(wide.index.astype(int).tolist(), alpha_rank(payoff).tolist(), strict=True))


# -------------------------------------------------------------------------------------------------------------- ratings


@cached("tables/contests", "tables/deals", "tables/episodes")
def rated(run: Run) -> Rated | None:
    """Ratings of the minds of the society as trained, from strikes, deals, or episodes of two seats; None without games."""
    for what, make in (("a strike, won by who strikes", _struck), (DEALT, _dealt),
                       ("an episode of two seats, won by the higher return", _duels)):  # fmt: skip
        games = make(run)
        games = games[(games["mind"] >= 0) & (games["other"] >= 0) & (games["mind"] != games["other"]) & (games["n"] > 0)]
        if len(games):
            return _ratings(what, games)
    return None


def _struck(run: Run) -> pd.DataFrame:
    rows = counted(run, "contests", ("world", "mind", "target_mind"), condition=NORMAL)
    return rows.set_axis([*PAIR, "n"], axis=1)


def _dealt(run: Run) -> pd.DataFrame:
    columns = ("world", "mind", "partner_mind", "score", "partner_score")
    rows = first_rows(run, "deals", columns, MOST, condition=NORMAL)
    own = rows.set_axis([*PAIR, "value", "other_value"], axis=1)
    theirs = rows.set_axis(["world", "other", "mind", "other_value", "value"], axis=1)
    return _wins(pd.concat([own, theirs], ignore_index=True))


def _duels(run: Run) -> pd.DataFrame:
    both = _together(run)
    return _wins(both[both["seats"] == 2])


def _wins(rows: pd.DataFrame) -> pd.DataFrame:
    """world, mind, other, n: how often the mind had more than the other, a draw half; a row for either side."""
    value = (np.sign(rows["value"].to_numpy(dtype=float) - rows["other_value"].to_numpy(dtype=float)) + 1) / 2
    return rows.assign(n=value)[[*PAIR, "n"]].dropna().groupby(PAIR, as_index=False).sum()


def _ratings(what: str, games: pd.DataFrame) -> Rated:
    minds = np.unique(np.concatenate([games["mind"], games["other"]]).astype(np.int64))
    if len(minds) > MINDS:
        return Rated(what, reason=f"more than {MINDS} minds met: too many pairs for ratings")
    _, place = np.unique(games["world"], return_inverse=True)
    keep = place < max(1, ELEMENTS // len(minds) ** 2)
    wins = np.zeros((int(place[keep].max()) + 1, len(minds), len(minds)))
    at = [np.searchsorted(minds, games[name][keep]) for name in ("mind", "other")]
    np.add.at(wins, (place[keep], *at), games["n"][keep])
    found = ratings(log_odds(wins.sum(axis=0)))
    if not np.isfinite(found.cyclic_share):
        return Rated(what, reason=found.reason)
    rng, n = np.random.default_rng(SEED), len(wins)
    drawn = np.array([_elo(wins, rng.multinomial(n, np.full(n, 1 / n))) for _ in range(DRAWS)]) if n > 1 else None
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0) if drawn is not None else np.full((2, len(minds)), np.nan)
    played = wins.sum(axis=0)
    rows = pd.DataFrame({"mind": minds, "value": found.elo, "low": low, "high": high, "games": played.sum(0) + played.sum(1)})
    unmet = int((np.triu(played + played.T == 0, 1)).sum())
    return Rated(what, rows, found.cyclic_share if len(minds) > 2 and not unmet else NAN, unmet=unmet)


def _elo(wins: Array, weights: np.ndarray) -> Array:
    """Ratings where each world counts as often as it was drawn."""
    return np.asarray(ratings(log_odds(np.tensordot(weights.astype(float), wins, axes=1))).rating * ELO)
