"""Message tables, codes and meanings: what can be said, which word stands for what, and what there is to say."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import numpy as np

from society.audit.society import SPEAKERS, Draw, Floats, Ints, Society


def words(symbols: int) -> Ints:
    """Silence and `symbols` one-symbol messages: [1 + symbols, 1]."""
    return np.arange(symbols + 1, dtype=np.int64)[:, None]


def strings(symbols: int, length: int) -> Ints:
    """Silence and every string of `length` symbols: [1 + symbols ** length, length]."""
    spoken = np.array(list(product(range(1, symbols + 1), repeat=length)), dtype=np.int64)
    return np.vstack([np.zeros((1, length), dtype=np.int64), spoken])


def shorter(symbols: int, length: int) -> Ints:
    """Silence and every string of 1 to `length` symbols, filled up with zeros."""
    found = [np.zeros((1, length), dtype=np.int64)]
    for n in range(1, length + 1):
        found.append(np.pad(strings(symbols, n)[1:], ((0, 0), (0, length - n))))
    return np.vstack(found)


def number_of(messages: Ints, said: Ints) -> Ints:
    """The place in `messages` [M, L] of each row of said [..., L]; -1 for what is not there."""
    base = int(max(messages.max(), said.max(initial=0))) + 1
    places = base ** np.arange(messages.shape[1])
    table = np.full(base ** messages.shape[1], -1)
    table[messages @ places] = np.arange(len(messages))
    return np.asarray(table[said @ places], dtype=np.int64)


# --- codes: [S, meanings] -> places in the table of messages -------------------------------------------------------------


def _each(private: bool, one: Draw) -> Draw:
    """One code for all speakers, or one for each."""

    def draw(society: Society, rng: np.random.Generator) -> Ints:
        drawn = [one(society, rng) for _ in range(SPEAKERS if private else 1)]
        return np.vstack(drawn * (1 if private else SPEAKERS))

    return draw


def holistic(private: bool = False, words: int = 1) -> Draw:
    """A random word for every meaning, no two alike, out of the first of `words` parts of the table."""

    def one(society: Society, rng: np.random.Generator) -> Ints:
        return 1 + rng.permutation((len(society.messages) - 1) // words)[None, : society.meanings]

    return _each(private, one)


def compositional(private: bool = False) -> Draw:
    """A symbol for each value, a position for each attribute; which is drawn."""

    def one(society: Society, rng: np.random.Generator) -> Ints:
        known = society.attributes_of(np.arange(society.meanings))
        symbols = np.stack([rng.permutation(society.values) for _ in range(society.attributes)])
        said = 1 + np.stack([symbols[k][known[:, k]] for k in range(society.attributes)], axis=1)
        return number_of(society.messages, said[:, rng.permutation(society.attributes)])[None]

    return _each(private, one)


def shortened(society: Society, rng: np.random.Generator) -> Ints:
    """Compositional, the last attribute's first value being told by leaving the last symbol out."""
    known = society.attributes_of(np.arange(society.meanings))
    said = 1 + known
    said[:, -1] = known[:, -1]
    return np.vstack([number_of(society.messages, said)] * SPEAKERS)


def abbreviated(society: Society, rng: np.random.Generator) -> Ints:
    """Random words, the shorter the more frequent the meaning is (see `zipf`: meaning r has rank r in `ranks`)."""
    order = np.argsort(ranks(society), kind="stable")
    lengths = (society.messages[1:] > 0).sum(axis=1)
    by_length = 1 + np.lexsort((rng.random(len(lengths)), lengths))
    code = np.empty(society.meanings, dtype=np.int64)
    code[order] = by_length[: society.meanings]
    return np.vstack([code] * SPEAKERS)


def first_attribute_code(society: Society, rng: np.random.Generator) -> Ints:
    """One word for each value of the first attribute."""
    return np.vstack([1 + society.attributes_of(np.arange(society.meanings))[:, 0]] * SPEAKERS)


def one_bit(society: Society, rng: np.random.Generator) -> Ints:
    """Two messages: whether the first attribute has its first value."""
    pair = 1 + rng.permutation(len(society.messages) - 1)[:2]
    return np.vstack([pair[(society.attributes_of(np.arange(society.meanings))[:, 0] > 0).astype(int)]] * SPEAKERS)


def bag(together: bool) -> Draw:
    """Pairs of symbols whose order means nothing: one for each value (`together` False: a random pair for a meaning).

    The first `values` symbols belong to the first attribute, the others to the second.
    """

    def draw(society: Society, rng: np.random.Generator) -> Ints:
        known = society.attributes_of(np.arange(society.meanings))
        if together:
            known = known[rng.permutation(len(known))]
        said = np.stack([1 + known[:, 0], 1 + society.values + known[:, 1]], axis=1)
        return np.vstack([number_of(society.messages, said)] * SPEAKERS)

    return draw


def merged(society: Society, rng: np.random.Generator) -> Ints:
    """Two meanings for every word."""
    return np.vstack([1 + rng.permutation(society.meanings) // 2] * SPEAKERS)


def either(first: Iterable[int], second: Iterable[int]) -> Ints:
    """Silence and every pair of a symbol of `first` and one of `second`, in both orders: [1 + 2 * pairs, 2]."""
    pairs = np.array(list(product(first, second)), dtype=np.int64)
    return np.vstack([np.zeros((1, 2), dtype=np.int64), pairs, pairs[:, ::-1]])


def first_half(messages: int, words: int) -> Ints:
    """For each message of a table in `words` equal parts (after silence) its counterpart in the first: [messages]."""
    part = (messages - 1) // words
    return np.concatenate([[0], 1 + np.arange(messages - 1) % part])


# --- meanings: (uniforms [T, W], speaker of each tick [T]) -> [T, W] ----------------------------------------------------


def uniform(society: Society, u: Floats, floor: Ints) -> Ints:
    """Each tick something else, all alike."""
    return np.asarray(u * society.meanings, dtype=np.int64)


def for_life(society: Society, u: Floats, floor: Ints) -> Ints:
    """What a speaker knows stays for its life."""
    return uniform(society, u[floor], floor)


def per_turn(society: Society, u: Floats, floor: Ints) -> Ints:
    """What a speaker knows stays while it has the floor."""
    return uniform(society, u[np.arange(len(u)) // society.hold * society.hold], floor)


def everywhere(society: Society, u: Floats, floor: Ints) -> Ints:
    """The same in every world."""
    return uniform(society, np.repeat(u[:, :1], u.shape[1], axis=1), floor)


def skewed(society: Society, u: Floats, floor: Ints) -> Ints:
    """Meaning 0 seven times in ten."""
    return np.where(u < 0.7, 0, 1 + ((u - 0.7) / 0.3 * (society.meanings - 1)).astype(np.int64))


def trending(society: Society, u: Floats, floor: Ints) -> Ints:
    """Goes with the time of day, four times in five."""
    now = (np.arange(len(u)) * society.meanings // len(u))[:, None]
    return np.where(u < 0.8, now, uniform(society, (u - 0.8) / 0.2, floor))


def favoured(society: Society, u: Floats, floor: Ints) -> Ints:
    """Each speaker mostly knows one thing of its own."""
    return np.where(u < 0.7, floor[:, None], uniform(society, (u - 0.7) / 0.3, floor))


def ranks(society: Society) -> Ints:
    """The rank of each meaning's frequency, without regard to its attributes (a fixed draw)."""
    return np.random.default_rng(7).permutation(society.meanings)


def zipf(society: Society, u: Floats, floor: Ints) -> Ints:
    """Frequencies that fall as 1 / rank."""
    share = 1.0 / (1 + ranks(society))
    edges = np.cumsum(share / share.sum())
    return np.minimum(np.searchsorted(edges, u), society.meanings - 1).astype(np.int64)


