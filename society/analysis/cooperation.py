"""Social outcomes of a group (Perolat et al. 2017), whom it punishes and whether it answers in kind, on plain arrays.

Where a number is undefined it is NaN. The Schelling diagram, which tells whether a world is a dilemma at all, is in
`schelling`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from society.analysis.replicates import real
from society.analysis.statistics import NAN, Array, Interval, Permuted, bootstrap_means, permutation_p


def efficiency(returns: ArrayLike, ticks: int) -> float:
    """Reward of the whole group per tick: sum of returns [N] / ticks. NaN without a seat or a tick."""
    total = real(returns)
    return float(total.sum()) / ticks if total.size and ticks > 0 else NAN


def equality(returns: ArrayLike) -> float:
    """1 - sum_ij |R_i - R_j| / (2 N sum R) over all ordered pairs: 1 is equal, a monopolist gives 1/N.

    NaN when the sum of returns [N] is not positive: then the measure has no meaning.
    """
    r = np.sort(real(returns))
    if r.size == 0 or not r.sum() > 0:
        return NAN
    gaps = 2.0 * float(((2 * np.arange(1, r.size + 1) - r.size - 1) * r).sum())
    return 1.0 - gaps / (2 * r.size * float(r.sum()))


def sustainability(rewards: ArrayLike) -> float:
    """Mean over agents of the mean tick at which rewards [N, T] were positive: late is sustained.

    Agents without a reward are left out; NaN when nobody had one.
    """
    had = real(rewards) > 0
    if had.ndim != 2 or not had.any():
        return NAN
    times, count = (had * np.arange(had.shape[1])).sum(axis=1), had.sum(axis=1)
    return float((times[count > 0] / count[count > 0]).mean())


def peace(out: ArrayLike) -> float:
    """(N T - seat-ticks zapped out) / T: the mean number of seats in play. out [N, T] is true while a seat is out.

    NaN without a seat or a tick.
    """
    zapped = np.asarray(out, dtype=bool)
    return float((~zapped).sum()) / zapped.shape[1] if zapped.ndim == 2 and zapped.size else NAN


# --- sanctions --------------------------------------------------------------------------------------------------------


def sanction_rate(strikes: ArrayLike, seat_ticks: ArrayLike, seed: int) -> Interval:
    """Strikes per seat-tick: sum of strikes [W] over sum of seat_ticks [W], bootstrapped over the W worlds."""
    columns = np.stack([real(strikes).ravel(), real(seat_ticks).ravel()], axis=1)
    return bootstrap_means(columns, _ratio, seed)


def sanction_targeting(strikes: ArrayLike, defected: ArrayLike, seed: int, *, permutations: int = 999) -> Permuted:
    """Share of strikes that hit a defector, against strikers who choose among the others without looking; two-sided.

    strikes [W, N, N] counts how often seat i struck seat j, defected [W, N] is 1 for a defector, 0 for a cooperator, NaN
    for a seat that is neither (strikes by it count, strikes at it do not). The null is the share of defectors among those
    whom each striker could have struck. What exceeds it is tested with the labels of a world dealt anew to its seats: who
    strikes whom and how often stays, so that a crowd with one victim is one choice. n counts worlds with a strike at
    somebody labelled.
    """
    hits, label = targets(strikes, defected)
    counted = np.where(np.isfinite(label), np.nan_to_num(hits), 0.0)
    worlds = int((counted.sum(axis=(1, 2)) > 0).sum())
    if not worlds:
        return Permuted(NAN, reason="nobody who cooperates or defects was struck")
    value, choice = _aimed(counted, label), np.nanmax(label, axis=2, initial=0) > np.nanmin(label, axis=2, initial=1)
    if not (choice & (counted.sum(axis=2) > 0)).any():
        return Permuted(value, n=worlds, reason="no striker had both a cooperator and a defector to choose from")
    rng, of_seats, blind = np.random.default_rng(seed), real(defected), _blindly(counted, label)
    drawn = (targets(strikes, _shuffled(of_seats, rng))[1] for _ in range(permutations))
    excess = np.array([_aimed(counted, one) - _blindly(counted, one) for one in drawn])
    return Permuted(value, blind + excess, permutation_p(value - blind, excess), worlds)


def targets(strikes: ArrayLike, defected: ArrayLike) -> tuple[Array, Array]:
    """Per striker its strikes at each other seat [W, N, N-1] and those seats' labels. ValueError if the shapes do not fit."""
    count, label = real(strikes), real(defected)
    if label.ndim != 2 or count.shape != (*label.shape, label.shape[1]):
        raise ValueError(f"strikes must be [W, N, N] and defected [W, N], got {count.shape} and {label.shape}")
    worlds, seats = label.shape
    other = ~np.eye(seats, dtype=bool)
    shape = (worlds, seats, max(0, seats - 1))
    return count[:, other].reshape(shape), np.broadcast_to(label[:, None], count.shape)[:, other].reshape(shape)


def _shuffled(label: Array, rng: np.random.Generator) -> Array:
    """The labels of each world's seats in another order [W, N], NaN staying where they are."""
    keys = np.where(np.isfinite(label), rng.random(label.shape), np.inf)
    places = np.argsort(np.where(np.isfinite(label), np.arange(label.shape[1]), np.inf), axis=1, kind="stable")
    shuffled = np.empty_like(label)
    np.put_along_axis(shuffled, places, np.take_along_axis(label, np.argsort(keys, axis=1, kind="stable"), axis=1), axis=1)
    return shuffled


def _aimed(counted: Array, label: Array) -> float:
    return float((counted * np.nan_to_num(label)).sum() / counted.sum())


def _blindly(counted: Array, label: Array) -> float:
    """The share that strikers would have who pick among the labelled others without looking."""
    labelled = np.isfinite(label).sum(axis=2)
    share = np.nansum(label, axis=2) / np.maximum(1, labelled)
    return float((counted.sum(axis=2) * share).sum() / counted.sum())


def _ratio(means: Array) -> Array:
    return means[:, 0] / np.where(means[:, 1] > 0, means[:, 1], NAN)


# --- reciprocity ------------------------------------------------------------------------------------------------------


def reciprocity(own: ArrayLike, partner: ArrayLike, worlds: ArrayLike, seed: int, *, permutations: int = 999) -> Permuted:
    """P(cooperate | partner cooperated before) - P(cooperate | partner defected before), mean over worlds; two-sided.

    own, partner [S, T]: 1, 0, or -1 where there was no round; worlds [S]: the world of each series. Tit for tat gives 1,
    a player that does not look gives 0. The difference is of each series, then the mean over those of a world: pooled, one
    who always cooperates beside one who always defects would give -1. In the null each meets the partner of another pair at
    the same rounds, which keeps trends in time and runs of equal moves, and breaks only the answering; where both sides of
    a pair are given they stay a pair. n counts worlds in which partners did both.
    """
    mine, other = real(own), real(partner)
    if mine.ndim != 2 or mine.shape != other.shape or np.shape(worlds) != mine.shape[:1]:
        raise ValueError(f"own and partner must be [S, T], worlds [S], got {mine.shape}, {other.shape}, {np.shape(worlds)}")
    world = np.unique(np.asarray(worlds), return_inverse=True)[1].reshape(-1)
    each = answers(mine, other, world)
    value, n = _mean(each), int(np.isfinite(each).sum())
    if not n and mine.shape[1] < 2:
        return Permuted(NAN, reason="one round a series: no move comes after another")
    if not n:
        return Permuted(NAN, reason="in no world partners both cooperated and defected before a move")
    first, mirrored = _pairs(mine, other, world)
    if len(first) < 2:
        return Permuted(value, n=n, reason="one pair: no other partner to compare with")
    rng = np.random.default_rng(seed)
    a, b, place = mine[first], other[first], np.concatenate([world[first], world[first[mirrored]]])

    def met(order: NDArray[np.int64]) -> float:
        c = b[order]
        return _mean(answers(np.concatenate([a, c[mirrored]]), np.concatenate([c, a[mirrored]]), place))

    drawn = np.array([met(rng.permutation(len(first))) for _ in range(permutations)])
    null = drawn[np.isfinite(drawn)]
    if not null.size:
        return Permuted(value, n=n, reason="partners of other series never both cooperated and defected")
    return Permuted(value, null, permutation_p(value - null.mean(), null - null.mean()), n)


def _pairs(own: Array, partner: Array, world: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The first series of each pair [P], and whether the other side's series is there too [P]."""
    waiting: dict[tuple[int, bytes, bytes], list[int]] = {}
    first: list[int] = []
    mirrored: list[bool] = []
    for i, (w, mine, theirs) in enumerate(zip(world.tolist(), own, partner, strict=True)):
        found = waiting.get((w, theirs.tobytes(), mine.tobytes()))
        if found:
            mirrored[found.pop()] = True
            continue
        waiting.setdefault((w, mine.tobytes(), theirs.tobytes()), []).append(len(first))
        first.append(i)
        mirrored.append(False)
    return np.array(first, dtype=np.int64), np.array(mirrored, dtype=bool)


def answers(own: ArrayLike, partner: ArrayLike, world: ArrayLike) -> Array:
    """Mean over each world 0, 1, ... of the difference of `reciprocity` of its series [S, T]; NaN where no partner did both."""
    now, before, index = real(own), real(partner), real(world)
    if now.ndim != 2 or now.shape != before.shape or index.shape != now.shape[:1] or not (index >= 0).all():
        raise ValueError(f"own and partner are [S, T] and world [S], from 0; got {now.shape}, {before.shape}, {index.shape}")
    now, before, place = now[:, 1:], before[:, :-1], index.astype(np.int64)
    played = (now >= 0) & (before >= 0)

    def rate(condition: NDArray[np.bool_]) -> Array:
        there = played & condition
        total = there.sum(axis=1)
        return np.asarray((there & (now > 0)).sum(axis=1) / np.where(total > 0, total, NAN))

    each = rate(before > 0) - rate(before <= 0)
    known = np.isfinite(each)
    count = np.bincount(place, weights=known)
    return np.asarray(np.bincount(place, weights=np.where(known, each, 0.0)) / np.where(count > 0, count, NAN))


def _mean(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else NAN
