"""Which mind gets the better of which, and how much of it no rating can express: read from `contests` and `deals`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from society.analysis.competition import ELO, log_odds, ratings
from society.analysis.estimate import Estimate
from society.analysis.metrics import register
from society.analysis.outcome_metrics import SEED
from society.analysis.run import NORMAL, AbsentError, Reader, attempt, numbers
from society.analysis.statistics import Array, permutation_p

MINDS = 64  # beyond which a matrix of pairs is not worth its rows
DRAWS = 99
Measure = Callable[[Array], float]


@dataclass(frozen=True)
class Games:
    """Counts [W, P, P] of each world: how often the row's mind got the better of the column's, a draw half for either."""

    wins: Array

    @property
    def total(self) -> Array:
        """Over all worlds [P, P]."""
        return np.asarray(self.wins.sum(axis=0), dtype=float)


@register("ratings", needs=("contests", "deals"))
def rated(reader: Reader) -> Iterator[Estimate]:
    """Spread of the minds' ratings and the cyclic share of their payoffs, of strikes and of deals, over worlds.

    A strike is won by who strikes, a deal by the higher score. The null hands all that two minds did to one another in a
    world to either side by one coin, since games of one world are no independent evidence: luck alone spreads ratings, and
    is mostly cyclic.
    """
    for name, games in (("strikes", _strikes), ("deals", _deals)):
        for metric, unit, measure in (
            (f"rating_spread.{name}", "Elo points, sd over minds", _spread),
            (f"cyclic_share.{name}", "of the squared log odds", _cyclic),
        ):
            yield attempt(metric, NORMAL, unit, _estimate(reader, metric, unit, games, measure))


def _spread(wins: Array) -> float:
    found = ratings(log_odds(wins)).rating
    return float(found.std() * ELO) if found.size else float("nan")


def _cyclic(wins: Array) -> float:
    return ratings(log_odds(wins)).cyclic_share


def _estimate(
    reader: Reader, metric: str, unit: str, games: Callable[[Reader], Games], measure: Measure
) -> Callable[[], Estimate]:
    def make() -> Estimate:
        found = games(reader)
        if found.wins.shape[1] < (3 if measure is _cyclic else 2):
            raise AbsentError("fewer than three minds met: no cycle" if measure is _cyclic else "fewer than two minds met")
        value = measure(found.total)
        if not np.isfinite(value):
            raise AbsentError("all games are drawn")
        null = _coins(found.wins, measure)
        low, high, reason = _over_worlds(found.wins, measure)
        p, n = permutation_p(value, null, "greater"), len(found.wins)
        return Estimate(metric, NORMAL, value, low, high, float(np.nanmean(null)), n, unit, reason, p)

    return make


def _coins(wins: Array, measure: Measure) -> Array:
    """The measure where, in each world, the games of two minds are turned round or not by one coin; wins [W, P, P]."""
    rng, upper = np.random.default_rng(SEED), np.triu(np.ones(wins.shape[1:], dtype=bool), 1)
    null = np.empty(DRAWS)
    for i in range(DRAWS):
        turned = (rng.random(wins.shape) < 0.5) & upper
        turned |= turned.transpose(0, 2, 1)
        null[i] = measure(np.where(turned, wins.transpose(0, 2, 1), wins).sum(axis=0))
    return null[np.isfinite(null)] if np.isfinite(null).any() else np.zeros(1)


def _over_worlds(wins: Array, measure: Measure) -> tuple[float, float, str]:
    """Percentile bootstrap: worlds are drawn again, with all that happened in them."""
    if len(wins) < 2:
        return float("nan"), float("nan"), "one world: no interval"
    rng, n = np.random.default_rng(SEED), len(wins)
    drawn = np.array([measure(np.tensordot(rng.multinomial(n, np.full(n, 1 / n)), wins, axes=1)) for _ in range(DRAWS)])
    drawn = drawn[np.isfinite(drawn)]
    if drawn.size < DRAWS // 2:
        return float("nan"), float("nan"), "undefined in most resamples: no interval"
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high), ""


def _strikes(reader: Reader) -> Games:
    frame = reader.rows("contests", NORMAL, ("world",))
    return _games(frame["world"].to_numpy(), numbers(frame, "mind"), numbers(frame, "target_mind"), np.ones(len(frame)))


def _deals(reader: Reader) -> Games:
    frame = reader.rows("deals", NORMAL, ("world",))
    ours, theirs = numbers(frame, "score"), numbers(frame, "partner_score")
    score = np.where(np.isfinite(ours - theirs), (np.sign(ours - theirs) + 1) / 2, np.nan)
    return _games(frame["world"].to_numpy(), numbers(frame, "mind"), numbers(frame, "partner_mind"), score)


def _games(world: NDArray[np.generic], who: Array, whom: Array, score: Array) -> Games:
    """Games between different minds that are known, by world. AbsentError if there are none or too many minds."""
    fine = (who >= 0) & (whom >= 0) & (who != whom) & np.isfinite(score)
    if not fine.any():
        raise AbsentError("no two different minds ever met")
    minds, ends = np.unique(np.concatenate([who[fine], whom[fine]]), return_inverse=True)
    if len(minds) > MINDS:
        raise AbsentError(f"more than {MINDS} minds: too many pairs")
    worlds, place = np.unique(world[fine].astype(str), return_inverse=True)
    first, second = np.split(ends.reshape(-1), 2)
    wins = np.zeros((len(worlds), len(minds), len(minds)))
    np.add.at(wins, (place.reshape(-1), first, second), score[fine])
    np.add.at(wins, (place.reshape(-1), second, first), 1 - score[fine])
    return Games(wins)
