"""Does a language carry meaning, and how: measures on plain arrays.

`meanings` [N, K] are integers, K attributes of what the speaker knew; `messages` [N, L] are integers, -1 padding.
Degenerate input (no row, one item, a constant language, one attribute where two are compared) gives NaN.
The `..._test` functions return a `Permuted`, with the permutation null and, for NaN, the reason.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from society.analysis.statistics import NAN, Array, Permuted, permutation_p

Integers = NDArray[np.int64]
CELLS = 1 << 22  # a table of counts up to this size is dense; a larger one is counted by sorting


def rows(values: ArrayLike) -> Integers:
    """Any [N] or [N, K] input as integers [N, K]."""
    table = np.asarray(values)
    table = table.reshape(len(table), -1) if table.size else np.empty((0, 0))
    return table.astype(np.int64)


def codes(values: ArrayLike) -> Integers:
    """Number the distinct rows of values [N] or [N, K]: 0, 1, ... in order of appearance, [N]."""
    table = rows(values)
    code = np.zeros(len(table), dtype=np.int64)
    for column in table.T:
        found = pd.factorize(column)[0].astype(np.int64)
        code = pd.factorize(code * (found.max(initial=0) + 1) + found)[0].astype(np.int64)
    return code


def entropy(code: Integers, weights: Array | None = None) -> float:
    """Plug-in entropy in bits of codes [N], each counting for its weight."""
    if code.size == 0:
        return NAN
    if int(code.max()) < CELLS:
        counts = np.bincount(code, weights)
    else:
        _, code = np.unique(code, return_inverse=True)
        counts = np.bincount(code, weights)
    share = counts[counts > 0] / counts.sum()
    return max(0.0, float(-(share * np.log2(share)).sum()))


def message_entropy(messages: ArrayLike) -> float:
    """Plug-in entropy in bits of whole messages [N, L]; 0 for a constant language, NaN for none."""
    return entropy(codes(messages))


# --- topographic similarity -------------------------------------------------------------------------------------------


def hamming_distances(values: ArrayLike) -> Array:
    """Share of differing columns between all rows of values [N, K]: [N, N]."""
    table = rows(values)
    total = np.zeros((len(table), len(table)), dtype=np.int64)
    for column in table.T:
        total += column[:, None] != column[None, :]
    return total / max(1, table.shape[1])


def edit_distances(messages: ArrayLike, *, normalised: bool = True) -> Array:
    """Levenshtein distances between all messages [N, L], divided by the longer length by default: [N, N].

    Anything negative is padding and takes no part. Two empty messages are at distance 0.
    """
    table = rows(messages)
    padded = table < 0
    table = np.take_along_axis(table, np.argsort(padded, axis=1, kind="stable"), axis=1)
    lengths = (~padded).sum(axis=1)
    small = codes(table.ravel()).reshape(table.shape).astype(np.int32)
    step = max(1, CELLS // max(1, len(table) * (table.shape[1] + 1)))
    starts = range(0, len(table), step)
    blocks = [_edit_block(small[i : i + step], lengths[i : i + step], small, lengths) for i in starts]
    distance = np.concatenate(blocks) if blocks else np.empty((0, 0))
    return distance / np.maximum(1, np.maximum.outer(lengths, lengths)) if normalised else distance


def _edit_block(a: NDArray[np.int32], a_len: Integers, b: NDArray[np.int32], b_len: Integers) -> Array:
    """Wagner-Fischer for all pairs of a [A, L] and b [N, L] at once; a pair's answer is read off at its own lengths."""
    width, shape = b.shape[1], (len(a), len(b))
    kind = np.int8 if width < 120 else np.int32
    row = np.empty((width + 1, *shape), dtype=kind)
    row[:] = np.arange(width + 1, dtype=kind)[:, None, None]
    answer = np.zeros(shape, dtype=kind)
    ends = np.broadcast_to(b_len[None, None, :], (1, *shape))
    for r in range(width + 1):
        if r:
            row = _edit_row(row, a[:, r - 1, None], b, r)
        here = a_len == r
        if here.any():
            answer[here] = np.take_along_axis(row[:, here], ends[:, here], axis=0)[0]
    return answer.astype(float)


def _edit_row(above: NDArray[np.int8], symbol: NDArray[np.int32], b: NDArray[np.int32], r: int) -> NDArray[np.int8]:
    """The next row of the table from the one above: delete, insert or substitute."""
    row = np.empty_like(above)
    row[0] = r
    for c in range(1, len(row)):
        swap = above[c - 1] + (symbol != b[None, :, c - 1])
        np.minimum(swap, np.minimum(above[c], row[c - 1]) + above.dtype.type(1), out=row[c], casting="unsafe")
    return row


def message_distances(messages: ArrayLike, message_distance: str = "edit") -> Array:
    """Distances between all messages [N, N]: "edit" (normalised by length) or "hamming" (position by position)."""
    if message_distance == "edit":
        return edit_distances(messages)
    if message_distance == "hamming":
        return hamming_distances(messages)
    raise ValueError(f"message_distance: {message_distance!r} is not one of edit, hamming")


def topographic_similarity(meanings: ArrayLike, messages: ArrayLike, message_distance: str = "edit") -> float:
    """Spearman correlation of Hamming meaning distance and message distance over all pairs (Brighton & Kirby 2006).

    meanings [N, K], messages [N, L]; message_distance "edit" (normalised by length) or "hamming". NaN when all meanings
    or all messages are equally far apart. Time and memory grow with the square of the distinct rows.
    """
    return topographic_similarity_test(meanings, messages, message_distance, permutations=0).value


def topographic_similarity_test(
    meanings: ArrayLike, messages: ArrayLike, message_distance: str = "edit", *, permutations: int = 999, seed: int = 0
) -> Permuted:
    """Topographic similarity with a Mantel null [permutations], two-sided; n counts types.

    Rows with the same meaning and message are tokens of one type, and it is types whose messages are permuted:
    permuting tokens calls nearly every language with repeats significant.
    """
    a, m = rows(meanings), rows(messages)
    if len(a) != len(m):
        raise ValueError(f"meanings and messages differ in number: {len(a)} and {len(m)}")
    if len(a) < 2:
        return Permuted(NAN, n=len(a), reason="fewer than two messages")
    types, first, counts = np.unique(codes(np.hstack([a, m])), return_index=True, return_counts=True)
    near, far = hamming_distances(a[first]), message_distances(m[first], message_distance)
    if not near.any() or not far.any():
        which = "meanings" if not near.any() else "messages"
        return Permuted(NAN, n=len(types), reason=f"all {which} are the same")
    return _mantel_of_types(_levels(near), _levels(far), counts.astype(float), permutations, seed)


def _levels(distances: Array) -> Integers:
    """Distances [U, U] as ranks of their distinct values: 0 is distance zero, which the diagonal has."""
    return np.unique(np.round(distances, 9), return_inverse=True)[1].reshape(distances.shape).astype(np.int64)


def _mantel_of_types(near: Integers, far: Integers, counts: Array, permutations: int, seed: int) -> Permuted:
    rng, upper = np.random.default_rng(seed), np.triu_indices(len(counts), 1)
    weights = np.multiply.outer(counts, counts)[upper]
    width = int(far.max()) + 1
    base, same = near[upper] * width, float((counts * (counts - 1) / 2).sum())

    def table(levels: Integers) -> Array:
        cells = np.bincount(base + levels[upper], weights, minlength=(int(near.max()) + 1) * width)
        pairs = cells.reshape(-1, width).astype(float)
        pairs[0, 0] += same  # two tokens of one type
        return pairs

    observed = table(far)
    value = _spearman(observed)
    if not math.isfinite(value):
        return Permuted(NAN, n=len(counts), reason="all pairs are equally far apart")
    orders = (rng.permutation(len(counts)) for _ in range(permutations))
    if same == 0:  # no repeats: the ranks stay what they are, and one product is the whole correlation
        left, right = _scores(observed.sum(axis=1))[near], _scores(observed.sum(axis=0))[far]
        null = np.array([_product(left, right, order) for order in orders])
    else:
        null = np.array([_spearman(table(far[order][:, order])) for order in orders])
    return Permuted(value, null, permutation_p(value, null), len(counts))


def _product(left: NDArray[np.float32], right: NDArray[np.float32], order: Integers) -> float:
    """Sum over pairs i < j; the diagonal is level 0 on both sides whatever the order, and is taken out."""
    diagonal = float(left[0, 0]) * float(right[0, 0]) * len(order)
    return (float(np.vdot(left, right[order].take(order, axis=1))) - diagonal) / 2


def _midranks(marginal: Array) -> Array:
    """Average rank of each level, given how many pairs have it."""
    return np.asarray(np.cumsum(marginal) - (marginal - 1) / 2, dtype=float)


def _scores(marginal: Array) -> NDArray[np.float32]:
    """Centred average ranks of the levels, scaled so that their squares over all pairs sum to 1."""
    rank = _midranks(marginal) - (marginal.sum() + 1) / 2
    return (rank / math.sqrt(float(marginal @ rank**2))).astype(np.float32)


def _spearman(table: Array) -> float:
    """Spearman's rho from a table of pair counts [levels, levels]; ties share their average rank."""
    x, y = table.sum(axis=1), table.sum(axis=0)
    centre = (table.sum() + 1) / 2
    dx, dy = _midranks(x) - centre, _midranks(y) - centre
    spread = math.sqrt(float(x @ dx**2) * float(y @ dy**2))
    return float(dx @ table @ dy) / spread if spread > 0 else NAN


def modal_messages(meanings: ArrayLike, messages: ArrayLike) -> tuple[Integers, Integers]:
    """Each distinct meaning [U, K] with the message [U, L] it most often gets; of equally frequent ones, the first.

    A speaker that samples has many words for a meaning; between those alone, like meanings have like messages.
    """
    a, m = rows(meanings), rows(messages)
    if not len(a):
        return a, m
    pair, meaning = codes(np.hstack([a, m])), codes(a)
    _, first, counts = np.unique(pair, return_index=True, return_counts=True)
    ranked = first[np.lexsort((first, -counts, meaning[first]))]
    best = ranked[np.unique(meaning[ranked], return_index=True)[1]]
    return a[best], m[best]


def shared_similarity_test(
    meanings: ArrayLike, messages: Sequence[ArrayLike], *, permutations: int = 999, seed: int = 0
) -> Permuted:
    """Topographic similarity of several minds' messages, each [U, L], for the same distinct meanings [U, K].

    The mean over minds with edit distance, those with a constant language left out. Minds that grew up together share
    a language, so one order a draw permutes the meanings of all minds at once; n counts meanings. Two-sided.
    """
    a = rows(meanings)
    if len(a) < 3:
        return Permuted(NAN, n=len(a), reason="fewer than three meanings that every mind speaks of")
    upper = np.triu_indices(len(a), 1)
    near = _levels(hamming_distances(a))
    far = [_levels(edit_distances(m)) for m in messages]
    if near[upper].min() == near[upper].max():
        return Permuted(NAN, n=len(a), reason="all pairs of meanings are equally far apart")
    varied = [levels for levels in far if levels[upper].min() < levels[upper].max()]
    if not varied:
        same = all(not levels.any() for levels in far)
        why = "all messages are the same" if same else "all pairs of messages are equally far apart"
        return Permuted(NAN, n=len(a), reason=why)
    left = _pair_scores(near, upper)
    right = np.mean([_pair_scores(levels, upper) for levels in varied], axis=0)
    rng, still = np.random.default_rng(seed), np.arange(len(a))
    value = _product(left, right, still)
    null = np.array([_product(left, right, rng.permutation(len(a))) for _ in range(permutations)])
    return Permuted(value, null, permutation_p(value, null), len(a))


def _pair_scores(levels: Integers, upper: tuple[Integers, ...]) -> NDArray[np.float32]:
    return _scores(np.bincount(levels[upper], minlength=int(levels.max()) + 1).astype(float))[levels]


# --- compositionality -------------------------------------------------------------------------------------------------


def posdis(meanings: ArrayLike, messages: ArrayLike) -> float:
    """Positional disentanglement (Chaabouni et al. 2020): does each position speak of one attribute?

    Mean over positions j that vary of (I(m_j; a_1st) - I(m_j; a_2nd)) / H(m_j), padding left out. meanings [N, K],
    messages [N, L]. NaN for fewer than two attributes or a constant language. Read it beside `message_entropy`: a
    language of one bit can score .99. An end-of-message symbol is the caller's to replace by -1.
    """
    a, m = rows(meanings), rows(messages)
    return _mean_gap(a, [(column[column >= 0], column >= 0) for column in m.T])


def bosdis(meanings: ArrayLike, messages: ArrayLike) -> float:
    """Bag-of-symbols disentanglement (Chaabouni et al. 2020): `posdis` with a symbol's count in place of a position."""
    a, m = rows(meanings), rows(messages)
    everywhere = np.ones(len(m), dtype=bool)
    return _mean_gap(a, [((m == symbol).sum(axis=1), everywhere) for symbol in np.unique(m[m >= 0])])


def _mean_gap(meanings: Integers, variables: list[tuple[Integers, NDArray[np.bool_]]]) -> float:
    """Mean over variables (values, rows they are on) of the gap between the two best-known attributes."""
    if meanings.shape[1] < 2:
        return NAN
    gaps = [_gap(values, meanings[kept]) for values, kept in variables if np.unique(values).size > 1]
    return float(np.mean(gaps)) if gaps else NAN


def _gap(values: Integers, meanings: Integers) -> float:
    code = codes(values)
    informed = sorted(_information(code, codes(column)) for column in meanings.T)
    return (informed[-1] - informed[-2]) / entropy(code)


def context_independence(meanings: ArrayLike, messages: ArrayLike) -> float:
    """Context independence (Bogin et al. 2018): (1/|C|) sum_c p(v_c | c) p(c | v_c) with v_c = argmax_v p(c | v).

    A concept c is one value of one attribute. Probabilities are of co-occurrence: p(v | c) is the share of messages
    about c that contain v, p(c | v) the share of messages with v that are about c. Ties go to the larger p(v | c).
    1 when every concept has a symbol of its own; NaN for a constant language or a single meaning.
    """
    a, m = rows(meanings), rows(messages)
    if len(a) == 0 or np.unique(codes(a)).size < 2 or np.unique(codes(m)).size < 2:
        return NAN
    concept = np.hstack([column[:, None] == np.unique(column) for column in a.T]).astype(float)
    symbol = np.stack([(m == v).any(axis=1) for v in np.unique(m[m >= 0])], axis=1).astype(float)
    both = concept.T @ symbol
    given_concept, given_symbol = both / concept.sum(axis=0)[:, None], both / symbol.sum(axis=0)
    best = np.argmax(given_symbol + 1e-9 * given_concept, axis=1)
    each = np.arange(len(best))
    return float((given_concept[each, best] * given_symbol[each, best]).mean())


# --- information ------------------------------------------------------------------------------------------------------


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

    Rows of one life are no independent evidence, so each life is given the x of another, in order from a random start
    and repeated or cut to its length. Without `lives` every row is a life. One-sided p. Value minus the null's mean is
    conservative: under strong dependence a shuffle is more biased than the estimate, so that too much is taken off.
    """
    a, b = codes(x), codes(y)
    if len(a) != len(b):
        raise ValueError(f"x and y differ in number: {len(a)} and {len(b)}")
    life = np.arange(len(a)) if lives is None else codes(lives)
    n = int(life.max(initial=-1)) + 1
    if len(a) == 0 or a.max() == 0 or b.max() == 0:
        which = "no row" if len(a) == 0 else "the meaning is constant" if a.max() == 0 else "the message is constant"
        return Permuted(NAN, n=n, reason=which)
    life, a, b, weights = _by_life(life, a, b)
    value, null = (
        _information(a, b, weights),
        _information_null(life, a, b, weights, permutations=permutations, seed=seed),
    )
    return Permuted(value, null, permutation_p(value, null, "greater"), n)


def _by_life(life: Integers, a: Integers, b: Integers) -> tuple[Integers, Integers, Integers, Array | None]:
    """Rows sorted by life; where each life has one a, its equal rows are counted once with a weight, for speed."""
    order = np.argsort(life, kind="stable")
    life, a, b = life[order], a[order], b[order]
    if np.any((a[1:] != a[:-1]) & (life[1:] == life[:-1])):
        return life, a, b, None
    width = int(b.max()) + 1
    cell, first, count = np.unique(life * width + b, return_index=True, return_counts=True)
    return cell // width, a[first], cell % width, count.astype(float)


def _information_null(
    life: Integers, a: Integers, b: Integers, weights: Array | None, *, permutations: int, seed: int
) -> Array:
    rng = np.random.default_rng(seed)
    length = np.bincount(life)
    start = np.cumsum(length) - length
    place = np.arange(len(life)) - start[life]
    null = np.empty(permutations)
    for i in range(permutations):
        donor, shift = rng.permutation(len(length)), rng.integers(length.max(), size=len(length))
        donors = donor[life]
        null[i] = _information(a[start[donors] + (place + shift[life]) % length[donors]], b, weights)
    return null


# --- intervention -----------------------------------------------------------------------------------------------------


def _distributions(p: ArrayLike) -> Array:
    """Rows that sum to 1 along the last axis; a row without mass stays zero."""
    share = np.nan_to_num(np.asarray(p, dtype=float))
    total = share.sum(axis=-1, keepdims=True)
    return np.divide(share, total, out=np.zeros_like(share), where=total > 0)


def cic_by_state(p_m: ArrayLike, p_action: ArrayLike) -> Array:
    """Causal influence of communication of each state [S], in nats (Lowe et al. 2019).

    sum_m p(m|s) KL(pi(.|s, do(m)) || sum_m' p(m'|s) pi(.|s, do(m'))). p_m [S, M]: the speaker's probabilities, 0
    padding; p_action [S, M, A]: the listener's. 0 for a deaf listener, ln M for one that copies a uniform message.
    Weighted by p(m|s), so that a perfectly certain speaker scores 0, however much its listener would heed other words.
    """
    said, acts = _distributions(p_m), _distributions(p_action)
    mean = np.einsum("sm,sma->sa", said, acts)[:, None, :]
    ratio = np.divide(acts, mean, out=np.ones_like(acts), where=(acts > 0) & (mean > 0))
    return np.maximum(0.0, np.einsum("sm,sma->s", said, acts * np.log(ratio)))


def cic(p_m: ArrayLike, p_action: ArrayLike) -> float:
    """Mean over states of `cic_by_state`, in nats; NaN without a state."""
    each = cic_by_state(p_m, p_action)
    return float(each.mean()) if each.size else NAN


def positive_signalling(p_m: ArrayLike, minds: ArrayLike | None = None, weights: ArrayLike | None = None) -> float:
    """Positive signalling (Eccles et al. 2019): I(m; state) = H(mean_s p(m|s)) - mean_s H(p(m|s)) in nats, p_m [S, M].

    Of each mind on its own, then the mean over `minds` [S]: who speaks is not what is seen. A state counts `weights`
    [S] times. Exact for these states, so that no shuffle is needed: 0 when speakers ignore the state. A mind of fewer
    than two states is left out; NaN if all are.
    """
    p = _distributions(p_m)
    if len(p) < 2:
        return NAN
    mind = np.zeros(len(p), dtype=np.int64) if minds is None else codes(minds)
    weight = np.ones(len(p)) if weights is None else np.asarray(weights, dtype=float)
    several = np.bincount(mind) > 1
    total = np.bincount(mind, weight)
    kept = np.flatnonzero(several & (total > 0))
    if not kept.size:
        return NAN
    mean = np.zeros((len(total), p.shape[1]))
    np.add.at(mean, mind, weight[:, None] * p)
    uncertain = np.bincount(mind, weight * _nats(p))
    each = _nats(mean[kept] / total[kept, None]) - uncertain[kept] / total[kept]
    return max(0.0, float(each.mean()))


def _nats(p: Array) -> Array:
    return -np.sum(p * np.log(np.where(p > 0, p, 1.0)), axis=-1)


def positive_listening_by_state(p_m: ArrayLike, p_action: ArrayLike, p_action_silent: ArrayLike) -> Array:
    """Positive listening of each state [S]: sum_m p(m|s) || pi(.|s, m) - pi(.|s, silence) ||_1, in 0..2.

    p_m [S, M], p_action [S, M, A], p_action_silent [S, A] (Lowe et al. 2019; Eccles et al. 2019).
    """
    distance = np.abs(_distributions(p_action) - _distributions(p_action_silent)[:, None, :]).sum(axis=-1)
    return np.asarray((_distributions(p_m) * distance).sum(axis=-1))


def positive_listening(p_m: ArrayLike, p_action: ArrayLike, p_action_silent: ArrayLike) -> float:
    """Mean over states of `positive_listening_by_state`; NaN without a state."""
    each = positive_listening_by_state(p_m, p_action, p_action_silent)
    return float(each.mean()) if each.size else NAN
