"""Who speaks like whom: the matrix of similarities behind a report's `language_similarity`, and its null."""

from dataclasses import dataclass, field

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from society.analysis import language
from society.analysis.corpus.data import Corpus
from society.analysis.corpus.frame import from_table
from society.analysis.corpus.structure import MEANINGS, SPEAKERS
from society.analysis.corpus.voices import two_samples
from society.analysis.run import AbsentError
from society.record.store import Run
from society.viewer.data.language import BLOCK, page
from society.viewer.kept import cached

UTTERANCES = BLOCK  # the first so many are compared
MINDS = 16  # and so many minds, the first by number
ROLLS = 9  # pairings of different meanings in the null, as in the report


@dataclass(frozen=True, eq=False)
class Voices:
    """`minds` [P] in an order that puts like beside like; `alike` and `null` [P, P]: the mean similarity, 0..1, of their
    words for one meaning and for two different ones; `meanings` compared, of `utterances`. `reason` where there is none."""

    minds: tuple[int, ...] = ()
    alike: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    null: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    meanings: int = 0
    utterances: int = 0
    left_out: int = 0
    reason: str = ""


@cached("tables/messages")
def voices(run: Run, condition: str) -> Voices:
    """The similarities of all pairs of minds of a condition; the diagonal is a mind with itself. Raises `Damaged`."""
    frame = page(run, {"condition": condition}, 0, UTTERANCES)
    try:
        known = from_table(frame).known
        speakers = known.speakers
        if known.speaker is None or len(speakers) < 2:
            raise AbsentError("a single speaker" if speakers else "no speaker knew anything that is recorded")
        if known.messages.shape[1] * len(speakers[:MINDS]) ** 2 > 100_000:
            raise AbsentError("messages are too long to compare")
        kept = speakers[:MINDS]
        one, other = two_samples(known, kept, twice=False, most=max(3, MEANINGS // len(kept)))
        alike, null = language.language_similarity(one, other), _null(one, other)
        np.fill_diagonal(alike, np.nan)
        np.fill_diagonal(null, np.nan)
        _fill_own(known, kept, alike, null)
    except (AbsentError, ValueError) as absent:
        return Voices(reason=str(absent))
    order = _like_beside_like(alike)
    minds = tuple(int(known.speaker[kept[i][0]]) for i in order)
    pick = np.ix_(order, order)
    return Voices(minds, alike[pick], null[pick], one.shape[1], len(frame), len(speakers) - len(kept))


def _fill_own(known: Corpus, kept: list[np.ndarray], alike: np.ndarray, null: np.ndarray) -> None:
    """The diagonals: a mind with itself, from two utterances of it, where every mind names some meaning twice."""
    try:
        one, other = two_samples(known, kept, twice=True, most=max(3, MEANINGS // len(kept)))
    except AbsentError:
        return
    for i in range(len(kept)):
        own, again = one[i : i + 1], other[i : i + 1]
        alike[i, i], null[i, i] = language.language_similarity(own, again).item(), _null(own, again).item()


def _null(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The same with words for different meanings: the second sample turned by one meaning and more, as the report does."""
    mixed = np.random.default_rng(0).permutation(one.shape[1])
    many = ROLLS if len(one) <= SPEAKERS else 2  # pairs grow with the square
    rolls = range(1, min(many + 1, one.shape[1]))
    found = [language.language_similarity(one[:, mixed], np.roll(other[:, mixed], k, axis=1)) for k in rolls]
    return np.asarray(np.mean(found, axis=0), dtype=float) if found else np.full((len(one), len(one)), np.nan)


def _like_beside_like(alike: np.ndarray) -> np.ndarray:
    """An order of the minds, by average linkage of their distances."""
    apart = 1.0 - np.nan_to_num(alike)
    np.fill_diagonal(apart, 0.0)
    if len(apart) < 3:
        return np.arange(len(apart))
    return np.asarray(leaves_list(linkage(squareform(np.maximum(apart, 0.0), checks=False), "average")))
