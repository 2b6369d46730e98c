"""The lines of a corpus' description, one function each; the metrics of a run are the same functions of its `messages`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import networkx as nx
import numpy as np

from society.analysis import language
from society.analysis.corpus.data import Corpus
from society.analysis.corpus.structure import MEANINGS, PERMUTATIONS, SEED, chosen, jackknife, shared, spoken, structural
from society.analysis.corpus.voices import contact_graph, two_samples
from society.analysis.estimate import Estimate
from society.analysis.language.arrays import Integers, codes, rows
from society.analysis.language.disentanglement import Structure, bosdis_of, context_independence_of, posdis_of
from society.analysis.language.entropies import ngrams
from society.analysis.language.sample import Sample, Units, entropies, informations, joint, once
from society.analysis.run import NORMAL, AbsentError, attempt
from society.analysis.statistics import NAN, Array, Interval, bootstrap_mean, permutation_p

MANY = 500_000  # rows above which a shuffle is dear enough to make fewer of them
NO_NULL = "no null: it describes, and tests nothing"
Line = Callable[[Corpus], Estimate]


def _estimate(metric: str, unit: str, interval: Interval, reason: str = "", null: float = NAN, p: float = NAN) -> Estimate:
    why = "; ".join(filter(None, (interval.reason, reason)))
    value, low, high = (float(np.round(x, 12)) + 0.0 for x in (interval.value, interval.low, interval.high))  # 4e-17 is 0
    return Estimate(metric, NORMAL, value, low, high, null, interval.n, unit, why, p)


def _over_units(code: Integers, replicate: Integers) -> Interval:
    """Plug-in entropy of codes [N] with its interval over the units [N]."""
    if not len(code):
        raise AbsentError("no message")
    units = Units(replicate, np.ones(len(code)), int(replicate.max()) + 1)
    value = float(entropies(code, units, once(units.replicates))[0])
    return jackknife(value, lambda draws: entropies(code, units, draws), units.replicates, 0.0)


# --- how varied -------------------------------------------------------------------------------------------------------


def message_entropy(c: Corpus) -> Estimate:
    """Entropy of whole messages in bits, silence included; interval over units."""
    return _estimate("message_entropy", "bits", _over_units(codes(c.messages), c.replicate), NO_NULL)


def ngram_entropy(n: int) -> Line:
    """Entropy of the runs of n symbols in bits; interval over units."""

    def line(c: Corpus) -> Estimate:
        row, code = ngrams(c.messages, n)
        if not len(code):
            raise AbsentError(f"no message has {n} symbols" if len(c) else "no message")
        return _estimate(f"ngram_entropy.{n}", "bits", _over_units(code, codes(c.replicate[row])), NO_NULL)

    return line


def abbreviation(c: Corpus) -> Estimate:
    """Spearman correlation of length and frequency over distinct messages; interval and null over those."""
    found = language.abbreviation_test(c.messages, c.silence, seed=SEED, permutations=999 if len(c) <= MANY else 99)
    if found.reason:
        raise AbsentError(found.reason)
    interval = language.abbreviation_interval(c.messages, c.silence, seed=SEED)
    return _estimate("abbreviation", "rho", interval, null=found.null_mean, p=found.p)


# --- what is told -----------------------------------------------------------------------------------------------------


def mutual_information(c: Corpus) -> Estimate:
    """Bits that a message tells of its speaker's meaning, above a shuffle of lives; interval over units."""
    return _information(c, "mutual_information")


def mutual_information_speaking(c: Corpus) -> Estimate:
    """What remains when only speaking and silence are told apart."""
    if c.silence is None:
        raise AbsentError("no symbol of this corpus is silence")
    return _information(c, "mutual_information.speaking", speaking=True)


def _information(c: Corpus, metric: str, *, speaking: bool = False) -> Estimate:
    chosen(c)
    known = c.known
    messages = known.messages
    if speaking:
        messages = rows(np.any((messages >= 0) & (messages != c.silence), axis=1))
        if messages.min() == messages.max():
            raise AbsentError("every message says something" if messages.any() else "nothing is ever said")
    found = language.mutual_information_test(
        known.meanings, messages, lives=known.life, permutations=PERMUTATIONS if len(known) <= MANY else 39, seed=SEED
    )
    if found.reason:
        raise AbsentError(found.reason)
    meaning, word, unit = codes(known.meanings), codes(messages), codes(known.replicate)
    units = Units(unit, np.ones(len(unit)), int(unit.max()) + 1)
    value = found.value - found.null_mean
    interval = jackknife(value, lambda draws: informations(meaning, word, units, draws), units.replicates)
    return _estimate(metric, "bits", replace(interval, n=found.n), null=0.0, p=found.p)


def synonymy(c: Corpus) -> Estimate:
    """H(message | meaning) in bits, mean over speakers; the null shuffles the meanings over lives."""
    if not len(c.known) or np.bincount(codes(c.known.meanings)).max() < 2:
        chosen(c)
        raise AbsentError("no meaning occurs twice, so no synonym could be seen")
    return _conditional(c, "synonymy", _given_meaning, _of_messages)


def homonymy(c: Corpus) -> Estimate:
    """H(meaning | message) in bits, mean over speakers; the null shuffles the meanings over lives."""
    chosen(c)
    if not codes(c.known.meanings).any():
        raise AbsentError("all meanings are the same")
    return _conditional(c, "homonymy", _given_message, _of_meanings)


def _conditional(c: Corpus, metric: str, measure: Structure, alone: Structure) -> Estimate:
    """A conditional entropy is what is `alone` less the information; so is its null, with the information of shuffles."""
    said = spoken(c)
    one = once(said.replicates)
    value = float(said.mean(measure, one)[0])
    interval = jackknife(value, lambda draws: said.mean(measure, draws), said.replicates, 0.0)
    null = np.maximum(0.0, float(said.mean(alone, one)[0]) - _by_chance(c))
    return _estimate(metric, "bits", interval, null=float(null.mean()), p=permutation_p(value, null, "less"))


def _by_chance(c: Corpus) -> Array:
    """Information of message and meaning, mean over speakers, when each one's meanings are shuffled over lives [B].

    It is well above 0 where rows are few, for then a meaning has few words whoever speaks.
    """
    known, draws = c.known, PERMUTATIONS if len(c.known) <= MANY else 39
    told = [
        language.shuffled_information(known.meanings[p], known.messages[p], lives=life, permutations=draws, seed=SEED)
        for p in chosen(c)
        for life in (None if known.life is None else known.life[p],)
    ]
    return np.asarray(np.mean(told, axis=0), dtype=float)


def _of_messages(s: Sample, draws: Array) -> Array:
    return entropies(s.said.whole, s, draws)


def _of_meanings(s: Sample, draws: Array) -> Array:
    return entropies(s.meaning, s, draws)


def _of_both(s: Sample, draws: Array) -> Array:
    return entropies(joint(s.meaning, s.said.whole), s, draws)


def _given_meaning(s: Sample, draws: Array) -> Array:
    return np.maximum(0.0, _of_both(s, draws) - _of_meanings(s, draws))


def _given_message(s: Sample, draws: Array) -> Array:
    return np.maximum(0.0, _of_both(s, draws) - _of_messages(s, draws))


# --- how it is built --------------------------------------------------------------------------------------------------


def topographic_similarity(c: Corpus) -> Estimate:
    """Do like meanings have like messages? Mean over speakers, over meanings they share, with a Mantel null."""
    if c.meanings.shape[1] < 2:
        raise AbsentError("needs meanings of two or more attributes")
    meanings, messages = shared(c)
    found = language.shared_similarity_test(meanings, messages, seed=SEED)
    if found.reason:
        raise AbsentError(found.reason)
    interval = language.shared_similarity_interval(meanings, messages)
    return _estimate("topographic_similarity", "rho", interval, null=found.null_mean, p=found.p)


def _structure(metric: str, measure: Structure, attributes: int) -> Line:
    def line(c: Corpus) -> Estimate:
        chosen(c)
        if c.meanings.shape[1] < attributes:
            raise AbsentError("needs meanings of two or more attributes")
        interval, null, p = structural(c, measure)
        return _estimate(metric, "share", interval, null=null, p=p)

    return line


def tree_reconstruction_error(c: Corpus) -> Estimate:
    """Held-out error of messages as sums of their attributes' vectors, 1 for the mean message; over meanings."""
    chosen(c)
    if c.meanings.shape[1] < 2:
        raise AbsentError("needs meanings of two or more attributes")
    meanings, messages = shared(c)
    found, interval = language.tree_reconstruction(meanings, messages, permutations=PERMUTATIONS, seed=SEED)
    if found.reason:
        raise AbsentError(found.reason)
    return _estimate("tree_reconstruction_error", "share", interval, null=found.null_mean, p=found.p)


# --- many speakers ----------------------------------------------------------------------------------------------------


def self_similarity(c: Corpus) -> Estimate:
    """How alike two utterances of one speaker for one meaning are; the null is two of different meanings."""
    return _similarity(c, "language_similarity.self", own=True)


def mutual_similarity(c: Corpus) -> Estimate:
    """How alike two speakers name one meaning; the null is two of different meanings."""
    return _similarity(c, "language_similarity.others", own=False)


def _similarity(c: Corpus, metric: str, *, own: bool) -> Estimate:
    parts = chosen(c)
    if not own and len(parts) < 2:
        raise AbsentError("a single speaker")
    first, second = two_samples(c.known, parts, twice=own, most=MEANINGS // len(parts))
    pairs = np.eye(len(parts), dtype=bool) if own else ~np.eye(len(parts), dtype=bool)
    each = language.similarities(first, second)[pairs].mean(axis=0)
    interval = bootstrap_mean(each, SEED)
    mixed = np.random.default_rng(SEED).permutation(len(each))  # neighbours in order of appearance may be alike
    first, second, rolls = first[:, mixed], second[:, mixed], range(1, min(10, len(each)))
    null = [language.similarities(first, np.roll(second, k, axis=1))[pairs].mean() for k in rolls]
    return _estimate(metric, "share", interval, null=float(np.mean(null)) if null else np.nan)


def dialects(c: Corpus, contact: nx.Graph | None = None) -> Estimate:
    """Similarity of speakers of one community of the contact graph less that across; null: labels permuted."""
    graph = contact_graph(c) if contact is None else contact
    if c.speaker is None:
        raise AbsentError("no speaker is told")
    parts = c.known.speakers
    if len(parts) < 4:
        raise AbsentError("fewer than four speakers")
    community = dict(zip(graph.nodes, language.contact_groups(graph, SEED).tolist(), strict=True))
    names = [int(c.known.speaker[p[0]]) for p in parts]  # type: ignore[index]
    first, second = two_samples(c.known, parts, twice=False, most=max(3, 4 * MEANINGS // len(parts) ** 2))
    alone = max(community.values(), default=0) + 1
    group = [community.get(name, alone + k) for k, name in enumerate(names)]
    found = language.group_similarity(language.language_similarity(first, second), groups=group, seed=SEED)
    if found.reason:
        raise AbsentError(found.reason)
    low = "no interval: speakers share a history; see p"
    return _estimate("dialects", "share", Interval(found.value, n=found.n, reason=low), null=found.null_mean, p=found.p)


LINES: dict[str, tuple[str, Line]] = {
    "message_entropy": ("bits", message_entropy),
    "ngram_entropy.1": ("bits", ngram_entropy(1)),
    "ngram_entropy.2": ("bits", ngram_entropy(2)),
    "mutual_information": ("bits", mutual_information),
    "mutual_information.speaking": ("bits", mutual_information_speaking),
    "synonymy": ("bits", synonymy),
    "homonymy": ("bits", homonymy),
    "abbreviation": ("rho", abbreviation),
    "topographic_similarity": ("rho", topographic_similarity),
    "posdis": ("share", _structure("posdis", posdis_of, 2)),
    "bosdis": ("share", _structure("bosdis", bosdis_of, 2)),
    "context_independence": ("share", _structure("context_independence", context_independence_of, 1)),
    "tree_reconstruction_error": ("share", tree_reconstruction_error),
    "language_similarity.self": ("share", self_similarity),
    "language_similarity.others": ("share", mutual_similarity),
    "dialects": ("share", dialects),
}


def line(c: Corpus, name: str) -> Estimate:
    """One line of a corpus' description, NaN with a reason where it cannot be told."""
    unit, make = LINES[name]
    return attempt(name, NORMAL, unit, lambda: make(c))
