"""How far apart meanings are, and how far apart messages."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from society.analysis.language.arrays import CELLS, Integers, codes, rows, words
from society.analysis.statistics import Array


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
    table, lengths = _packed(words(messages))
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


def ordinal_distances(values: ArrayLike) -> Array:
    """Euclidean distances between all rows of values [N, K], for attributes whose values are amounts: [N, N]."""
    table = rows(values).astype(float)
    square = np.zeros((len(table), len(table)))
    for column in table.T:
        square += (column[:, None] - column[None, :]) ** 2
    return np.sqrt(square)


def meaning_distances(meanings: ArrayLike, meaning_distance: str = "hamming") -> Array:
    """Distances between all meanings [N, N]: "hamming" (share of attributes that differ) or "euclidean" (ordinal values)."""
    if meaning_distance == "hamming":
        return hamming_distances(meanings)
    if meaning_distance == "euclidean":
        return ordinal_distances(meanings)
    raise ValueError(f"meaning_distance: {meaning_distance!r} is not one of hamming, euclidean")


def message_distances(messages: ArrayLike, message_distance: str = "edit") -> Array:
    """Distances between all messages [N, N]: "edit" (normalised by length) or "hamming" (by position, padding included)."""
    if message_distance == "edit":
        return edit_distances(messages)
    if message_distance == "hamming":
        return hamming_distances(words(messages))
    raise ValueError(f"message_distance: {message_distance!r} is not one of edit, hamming")


def edit_distances_of_pairs(a: ArrayLike, b: ArrayLike) -> Array:
    """Levenshtein distance of each message of a [N, L] to the one beside it in b [N, M], over the longer length: [N]."""
    left, right = words(a), words(b)
    if len(left) != len(right):
        raise ValueError(f"pairs need two equal numbers of messages, got {len(left)} and {len(right)}")
    x, x_len = _packed(left)
    y, y_len = _packed(right)
    row = np.broadcast_to(np.arange(y.shape[1] + 1), (len(y), y.shape[1] + 1)).copy()
    answer = np.where(x_len == 0, y_len, 0)
    for r in range(1, x.shape[1] + 1):
        above, row = row, np.empty_like(row)
        row[:, 0] = r
        for c in range(1, row.shape[1]):
            swap = above[:, c - 1] + (x[:, r - 1] != y[:, c - 1])
            row[:, c] = np.minimum(swap, np.minimum(above[:, c], row[:, c - 1]) + 1)
        answer = np.where(x_len == r, np.take_along_axis(row, y_len[:, None], axis=1)[:, 0], answer)
    return answer / np.maximum(1, np.maximum(x_len, y_len))


def _packed(messages: Integers) -> tuple[Integers, Integers]:
    """Messages with their padding moved to the end, and their lengths."""
    padded = messages < 0
    return np.take_along_axis(messages, np.argsort(padded, axis=1, kind="stable"), axis=1), (~padded).sum(axis=1)
