"""Languages whose truth is known by construction: golden ones, for tests, studies and audits.

Every generator returns (meanings [N, K], messages [N, L]), integers, messages padded with -1, one row for each of the
`values ** attributes` meanings in lexicographic order unless it says otherwise, and is a pure function of its arguments.
Which score which language gets is told in docs/language.md.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Language = tuple[Integers, Integers]


def all_meanings(attributes: int, values: int) -> Integers:
    """Every combination of `values` values of each attribute, in lexicographic order: [values ** attributes, attributes]."""
    return np.array(list(product(range(values), repeat=attributes)), dtype=np.int64).reshape(-1, attributes)


def compositional(attributes: int, values: int, seed: int) -> Language:
    """One symbol per attribute value, one position per attribute; which position and which symbol is drawn.

    Topographic similarity (Hamming, Hamming) 1, posdis 1, bosdis 0 for all but trivially small grids, all exactly.
    """
    rng, meanings = np.random.default_rng(seed), all_meanings(attributes, values)
    words = np.stack([rng.permutation(values) for _ in range(attributes)])
    spoken = np.stack([words[k][meanings[:, k]] for k in range(attributes)], axis=1)
    return meanings, spoken[:, rng.permutation(attributes)]


def holistic(attributes: int, values: int, length: int, seed: int) -> Language:
    """A random one-to-one language: distinct messages of `length` symbols out of `values`, drawn at random.

    With length = attributes it is a random bijection. ValueError if there are fewer messages than meanings.
    """
    meanings, space = all_meanings(attributes, values), values**length
    if space < len(meanings):
        raise ValueError(f"length {length}: {space} messages of {values} symbols are too few for {len(meanings)} meanings")
    drawn = np.random.default_rng(seed).choice(space, len(meanings), replace=False)
    places = values ** np.arange(length)[::-1]
    return meanings, np.asarray(drawn[:, None] // places % values, dtype=np.int64)


def constant(attributes: int, values: int, length: int, symbol: int = 1) -> Language:
    """The same message of `length` times `symbol` whatever is meant."""
    meanings = all_meanings(attributes, values)
    return meanings, np.full((len(meanings), length), symbol, dtype=np.int64)


def babble(attributes: int, values: int, length: int, vocabulary: int, seed: int) -> Language:
    """Every symbol of every message drawn alone, without regard to the meaning; homonyms occur."""
    meanings = all_meanings(attributes, values)
    return meanings, np.random.default_rng(seed).integers(vocabulary, size=(len(meanings), length))


def synonymous(attributes: int, values: int, synonyms: int, seed: int) -> Language:
    """The compositional language with `synonyms` words for each value of the first attribute, all of them in use.

    Each meaning has `synonyms` rows, one per word: H(message | meaning) is log2(synonyms) bits, H(meaning | message) 0.
    """
    meanings, spoken = compositional(attributes, values, seed)
    place = first_position(meanings, spoken)
    meanings, spoken = np.repeat(meanings, synonyms, axis=0), np.repeat(spoken, synonyms, axis=0)
    spoken[:, place] += values * np.tile(np.arange(synonyms), len(spoken) // synonyms)
    return meanings, spoken


def homonymous(attributes: int, values: int, seed: int) -> Language:
    """The compositional language with one word for all values of the first attribute.

    H(meaning | message) is log2(values) bits, H(message | meaning) 0.
    """
    meanings, spoken = compositional(attributes, values, seed)
    spoken[:, first_position(meanings, spoken)] = 0
    return meanings, spoken


def first_position(meanings: Integers, messages: Integers) -> int:
    """The position of a compositional language that speaks of its first attribute."""
    varied = meanings[:, 1:].max(axis=1, initial=0) == 0  # only the first attribute varies among these
    return int(np.argmax(messages[varied].max(axis=0) - messages[varied].min(axis=0)))


def unordered(attributes: int, values: int, tokens: int, seed: int) -> Language:
    """A bag of symbols: one symbol per attribute value, each value its own, uttered in any order; `tokens` rows a meaning.

    bosdis 1 exactly, posdis near 0, context independence 1.
    """
    rng = np.random.default_rng(seed)
    meanings = np.repeat(all_meanings(attributes, values), tokens, axis=0)
    return meanings, rng.permuted(meanings + values * np.arange(attributes), axis=1)


def abbreviated(meanings: int, tokens: int) -> Language:
    """A language that obeys Zipf's law of abbreviation: meaning i is said `tokens` // (i + 1) times, with i + 1 symbols.

    meanings [N, 1]; spearman(length, frequency) is -1 where no two frequencies are equal (`tokens` >= meanings ** 2 is enough).
    """
    which = np.repeat(np.arange(meanings), np.maximum(1, tokens // (np.arange(meanings) + 1)))
    return which[:, None], np.where(np.arange(meanings)[None, :] <= which[:, None], which[:, None] + 1, -1)


def clustered(attributes: int, values: int, length: int, vocabulary: int, types: int, tokens: int, seed: int) -> Language:
    """`types` random meanings with a random message each, every one repeated `tokens` times: [types * tokens, ...].

    Without any structure, yet a test that counts tokens or pairs of them as independent finds some (the naive p-value trap).
    """
    rng, which = np.random.default_rng(seed), np.repeat(np.arange(types), tokens)
    return rng.integers(values, size=(types, attributes))[which], rng.integers(vocabulary, size=(types, length))[which]
