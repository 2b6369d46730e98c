"""What a message tells of its meaning, in bits: mutual information with its bias taken off by shuffles."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from society.analysis.language.arrays import Integers, codes, entropy, rows, words
from society.analysis.statistics import NAN, Array, Permuted, permutation_p

FEW = 20  # lives of like length that are shuffled among themselves


def _information(x: Integers, y: Integers, weights: Array | None = None) -> float:
    joint = x * (int(y.max(initial=0)) + 1) + y
    return max(0.0, entropy(x, weights) + entropy(y, weights) - entropy(joint, weights))


def mutual_information(
    x: ArrayLike, y: ArrayLike, *, lives: ArrayLike | None = None, permutations: int = 99, seed: int = 0
) -> float:
    """Mutual information in bits of x [N] or [N, K] and y [N] or [N, L]: plug-in minus the mean of shuffles.

    The plug-in estimate alone is badly biased (3.3 bits for independent 100 x 100 variables and 1,000 rows). With
    `lives` [N], whole lives are shuffled; see `mutual_information_test`. NaN without rows or if x or y is constant.
    """
    found = mutual_information_test(x, y, lives=lives, permutations=permutations, seed=seed)
    return found.value - found.null_mean


def mutual_information_test(
    x: ArrayLike, y: ArrayLike, *, lives: ArrayLike | None = None, permutations: int = 99, seed: int = 0
) -> Permuted:
    """Plug-in mutual information in bits, with its values under shuffles of x over lives; n counts lives.

    Rows of one life are no independent evidence, so each life is given the x of another: where x is one for life, repeated
    or cut to its length, else in order from a random start, among lives of like length and each row once (repeats would make
    the shuffles poorer than the data). Without `lives` every row is a life. One-sided p. Value minus the null's mean is
    conservative: under strong dependence a shuffle is more biased than the estimate, so that too much is taken off.
    """
    a, b, life = _checked(x, y, lives)
    n = int(life.max(initial=-1)) + 1
    if len(a) == 0 or a.max() == 0 or b.max() == 0:
        which = "no row" if len(a) == 0 else "the meaning is constant" if a.max() == 0 else "the message is constant"
        return Permuted(NAN, n=n, reason=which)
    if len(a) in (a.max() + 1, b.max() + 1):
        which = "meaning" if len(a) == a.max() + 1 else "message"
        return Permuted(NAN, n=n, reason=f"no {which} occurs twice, and so every pairing tells as much")
    life, a, b, weights = _by_life(life, a, b)
    value = _information(a, b, weights)
    null = _information_null(life, a, b, weights, permutations=permutations, seed=seed)
    return Permuted(value, null, permutation_p(value, null, "greater"), n)


def shuffled_information(
    x: ArrayLike, y: ArrayLike, *, lives: ArrayLike | None = None, permutations: int = 99, seed: int = 0
) -> Array:
    """The null of `mutual_information_test` alone, in bits [permutations], also where no test is possible."""
    a, b, life = _checked(x, y, lives)
    if not len(a):
        return np.zeros(permutations)
    return _information_null(*_by_life(life, a, b), permutations=permutations, seed=seed)


def _checked(x: ArrayLike, y: ArrayLike, lives: ArrayLike | None) -> tuple[Integers, Integers, Integers]:
    """Codes of x, y and lives [N] each; ValueError if they differ in number."""
    a, b = codes(x), codes(y)
    if len(a) != len(b):
        raise ValueError(f"x and y differ in number: {len(a)} and {len(b)}")
    if lives is not None and len(rows(lives)) != len(a):
        raise ValueError(f"lives and x differ in number: {len(rows(lives))} and {len(a)}")
    return a, b, np.arange(len(a)) if lives is None else codes(lives)


def _by_life(life: Integers, a: Integers, b: Integers) -> tuple[Integers, Integers, Integers, Array | None]:
    """Rows sorted by life; where each life has one a, its equal rows are counted once with a weight, for speed."""
    order = np.argsort(life, kind="stable")
    life, a, b = life[order], a[order], b[order]
    if np.any((a[1:] != a[:-1]) & (life[1:] == life[:-1])):
        return life, a, b, None
    width = int(b.max()) + 1
    cell, first, count = np.unique(life * width + b, return_index=True, return_counts=True)
    return cell // width, a[first], cell % width, count.astype(float)


def _information_null(life: Integers, a: Integers, b: Integers, weights: Array | None, *, permutations: int, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    length = np.bincount(life)
    start = np.cumsum(length) - length
    place = np.arange(len(life)) - start[life]
    null = np.empty(permutations)
    if weights is None:
        taker = np.argsort(length, kind="stable")
        bins, heard = _alike(length[taker]), b[_rows_of(taker, start, length)]
        for i in range(permutations):
            donor = taker[np.argsort(bins + rng.random(len(bins)))]
            shift = rng.integers(length.max(), size=len(length))
            null[i] = _information(a[_rows_of(donor, start, length, shift)], heard)
        return null
    for i in range(permutations):
        donor, shift = rng.permutation(len(length)), rng.integers(length.max(), size=len(length))
        donors = donor[life]
        null[i] = _information(a[start[donors] + (place + shift[life]) % length[donors]], b, weights)
    return null


def _alike(lengths: Integers) -> Integers:
    """Lives sorted by length in bins of FEW or more [n], equal lengths together: within one, each may take another's place."""
    bins, first = np.zeros(len(lengths), dtype=np.int64), 0
    for k in range(1, len(lengths)):
        if lengths[k] > lengths[k - 1] and k - first >= FEW and len(lengths) - k >= FEW:
            first = k
        bins[k] = first
    return bins


def _rows_of(lives: Integers, start: Integers, length: Integers, shift: Integers | None = None) -> Integers:
    """The rows of these lives one after another, each in order from its `shift` and round."""
    many = length[lives]
    place = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
    turned = place if shift is None else (place + np.repeat(shift[lives], many)) % np.repeat(many, many)
    return np.asarray(np.repeat(start[lives], many) + turned, dtype=np.int64)


def speaker_consistency(messages: ArrayLike, actions: ArrayLike, *, lives: ArrayLike | None = None, seed: int = 0) -> Permuted:
    """Speaker consistency as mutual information (Lowe et al. 2019): I(own message; own action) in bits.

    Jaques et al. (2019), who named it, scale conditional entropies to 0..1 instead: another number.

    messages [N, L] or [N], actions [N] of the same seat: plug-in mutual information with its shuffles; what counts is the
    value minus the null's mean. Correlational: agents that do not communicate at all can have it, when what they say and
    what they do hang on the same thing. Show it only beside an intervention on the channel.
    """
    return mutual_information_test(actions, words(messages), lives=lives, seed=seed)


def instantaneous_coordination(
    messages: ArrayLike, partner_actions: ArrayLike, *, lives: ArrayLike | None = None, seed: int = 0
) -> Permuted:
    """Instantaneous coordination (Jaques et al. 2019): I(my message; my partner's next action) in bits.

    messages [N, L] or [N], partner_actions [N]: as `speaker_consistency`, and as correlational.
    """
    return mutual_information_test(partner_actions, words(messages), lives=lives, seed=seed)
