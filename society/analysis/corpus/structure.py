"""Lines about each speaker's own language: the mean over speakers, with an interval over the corpus' units and a null.

Pooling speakers would take two dialects for synonyms and a population of codes for none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from society.analysis import language
from society.analysis.corpus.data import Corpus
from society.analysis.language.arrays import Integers, codes
from society.analysis.language.sample import Sample, columns, once, sample
from society.analysis.run import AbsentError
from society.analysis.statistics import Array, Interval, permutation_p

SEED = 0  # of everything drawn here, so that a description is a pure function of its corpus
GROUPS = 200
PERMUTATIONS = 99
MEANINGS = 1000  # sampled for measures of pairs of meanings: pairs grow with the square
SPEAKERS = 8
Measure = Callable[[Sample, Array], Array]


def chosen(c: Corpus) -> list[Integers]:
    """The places, among the known utterances, of up to SPEAKERS speakers. AbsentError if nobody knew anything."""
    if not len(c.known):
        raise AbsentError("no speaker knew anything" if c.meanings.shape[1] else "no meanings are told")
    speakers = c.known.speakers
    if not speakers:
        raise AbsentError("no message tells its speaker")
    if len(speakers) > SPEAKERS:
        drawn = np.random.default_rng(SEED).choice(len(speakers), SPEAKERS, replace=False)
        speakers = [speakers[i] for i in np.sort(drawn)]
    return speakers


@dataclass(frozen=True)
class Spoken:
    """The samples of several speakers, whose units are drawn together."""

    samples: list[Sample]
    whole: Integers  # [U, K] the attributes of all distinct meanings, as codes

    @property
    def replicates(self) -> int:
        """Number of units."""
        return self.samples[0].replicates

    def mean(self, measure: Measure, draws: Array) -> Array:
        """Mean over the speakers for whom there is an answer, in each resample: [B]; NaN where there is none."""
        found = np.stack([measure(one, draws) for one in self.samples])
        known = np.isfinite(found)
        n = known.sum(axis=0)
        total = np.where(known, found, 0.0).sum(axis=0)
        return np.divide(total, n, out=np.full(len(draws), np.nan), where=n > 0)

    def relabelled(self, order: Integers) -> Spoken:
        """All that is said of one meaning given to another, alike for all speakers: structure goes, words per meaning stay."""
        names = self.whole[order]
        return replace(self, samples=[replace(s, attributes=names[s.meaning]) for s in self.samples])


def spoken(c: Corpus) -> Spoken:
    """What the chosen speakers of a corpus say, equal utterances of a unit counted once."""
    parts, known = chosen(c), c.known
    unit, meaning, attributes = codes(known.replicate), codes(known.meanings), columns(known.meanings)
    total = int(unit.max()) + 1
    first = np.unique(meaning, return_index=True)[1]
    samples = [sample(known.meanings[p], known.messages[p], unit[p]) for p in parts]
    named = [
        replace(s, replicates=total, meaning=meaning[p][s.first], attributes=attributes[p][s.first])
        for s, p in zip(samples, parts, strict=True)
    ]
    return Spoken(named, attributes[first])


def jackknife(value: float, measure: Callable[[Array], Array], n: int, low: float = -np.inf, high: float = np.inf) -> Interval:
    """A value with its jackknife interval over n units (value +- 1.96 standard errors), cut off at what it can be.

    Each unit is left out in turn, or each of GROUPS parts of them drawn at random (Quenouille 1956; Tukey 1958). `measure`
    maps how often each unit counts, [B, n], to values [B]. A bootstrap repeats units, which is a bias that differs from
    resample to resample for entropies of sparse tables; leaving out keeps the sizes equal.
    """
    if not np.isfinite(value):
        return Interval(value, n=n, reason="too few rows")
    if n < 2:
        return Interval(value, n=n, reason="one replicate: no interval")
    parts = min(n, GROUPS)
    part = np.arange(n) if n == parts else np.random.default_rng(SEED).permutation(n) % parts
    found = measure((part[None, :] != np.arange(parts)[:, None]).astype(float))
    if not np.isfinite(found).all():
        return Interval(value, n=n, reason="without one of the units there is no answer")
    half = 1.959964 * float(np.sqrt((parts - 1) / parts * ((found - found.mean()) ** 2).sum()))
    return Interval(value, max(low, value - half), min(high, value + half), n)


def structural(c: Corpus, measure: Measure) -> tuple[Interval, float, float]:
    """A measure of structure in 0..1: value and interval, and the mean and p (greater) of its null of relabelled meanings."""
    said = spoken(c)
    value = float(said.mean(measure, once(said.replicates))[0])
    if not np.isfinite(value):
        raise AbsentError(why_not(c))
    interval = jackknife(value, lambda draws: said.mean(measure, draws), said.replicates, 0.0, 1.0)
    rng, n = np.random.default_rng(SEED), len(said.whole)
    one = once(said.replicates)
    orders = (rng.permutation(n) for _ in range(PERMUTATIONS))
    null = np.array([said.relabelled(order).mean(measure, one)[0] for order in orders])
    null = null[np.isfinite(null)]
    return interval, float(null.mean()) if len(null) else np.nan, permutation_p(value, null, "greater")


def why_not(c: Corpus) -> str:
    """Why the parts of a language cannot be compared."""
    known = c.known
    if len(np.unique(codes(known.meanings))) < 2:
        return "all meanings are the same"
    if len(np.unique(codes(known.messages))) < 2:
        return "all messages are the same"
    return "needs meanings of two or more attributes" if known.meanings.shape[1] < 2 else "no speaker varies its messages"


def shared(c: Corpus) -> tuple[Integers, list[Integers]]:
    """Up to MEANINGS meanings [U, K] that the chosen speakers all speak of, and each one's usual messages [U, L].

    Of each meaning its mode: sampling noise around one word is no compositionality.
    """
    whole = np.unique(c.known.meanings, axis=0)
    place = {tuple(row): k for k, row in enumerate(whole.tolist())}
    languages: list[dict[int, Integers]] = []
    for part in chosen(c):
        meant, said = language.modal_messages(c.known.meanings[part], c.known.messages[part])
        languages.append({place[tuple(row)]: message for row, message in zip(meant.tolist(), said, strict=True)})
    common = np.array(sorted(set.intersection(*(set(one) for one in languages))), dtype=np.int64)
    size = int(MEANINGS / np.sqrt(len(languages)))
    if len(common) > size:
        common = np.sort(np.random.default_rng(SEED).choice(common, size, replace=False))
    width = c.messages.shape[1]
    usual = [np.array([one[k] for k in common], dtype=np.int64).reshape(len(common), width) for one in languages]
    return whole[common], usual
