"""Whether words carry meaning, and how: the lines of a corpus' description for `messages` of the normal condition.

What messages do to listeners is in `probe_metrics`, who understands whom and the like in `talk_metrics`.
"""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from society.analysis import probe_metrics, talk_metrics  # noqa: F401  (they register themselves)
from society.analysis.corpus import Corpus, from_table
from society.analysis.corpus.lines import LINES
from society.analysis.estimate import Estimate
from society.analysis.metrics import register
from society.analysis.run import NORMAL, Reader, attempt

_CORPORA: WeakKeyDictionary[Reader, Corpus] = WeakKeyDictionary()


def corpus_of(reader: Reader) -> Corpus:
    """The messages of the normal condition as a corpus, read once. AbsentError if there are none."""
    if reader not in _CORPORA:
        _CORPORA[reader] = from_table(reader.rows("messages"))
    return _CORPORA[reader]


def _lines(reader: Reader, *names: str) -> Iterator[Estimate]:
    for name in names:
        unit, line = LINES[name]
        yield attempt(name, NORMAL, unit, lambda line=line: line(corpus_of(reader)))  # type: ignore[misc]


@register("message_entropy", needs=("messages",))
def message_entropy(reader: Reader) -> Iterator[Estimate]:
    """Entropy of whole messages in bits, silence included; interval over worlds."""
    yield from _lines(reader, "message_entropy")


@register("ngram_entropy", needs=("messages",))
def ngram_entropy(reader: Reader) -> Iterator[Estimate]:
    """Entropy of symbols and of pairs of neighbouring symbols in bits; interval over worlds."""
    yield from _lines(reader, "ngram_entropy.1", "ngram_entropy.2")


@register("mutual_information", needs=("messages",))
def mutual_information(reader: Reader) -> Iterator[Estimate]:
    """What a message tells of its speaker's meaning, and whether it says anything at all, in bits above a shuffle.

    Plug-in minus the mean of shuffles over lives, which over-corrects strong dependence and so is conservative; interval
    over worlds. `.speaking` is what remains when only speaking and silence are told apart: what a change of the words
    cannot touch.
    """
    yield from _lines(reader, "mutual_information", "mutual_information.speaking")


@register("synonymy", needs=("messages",))
def synonymy(reader: Reader) -> Iterator[Estimate]:
    """H(message | meaning), words for one meaning, and homonymy H(meaning | message), in bits; mean over minds."""
    yield from _lines(reader, "synonymy", "homonymy")


@register("abbreviation", needs=("messages",))
def abbreviation(reader: Reader) -> Iterator[Estimate]:
    """Zipf's law of abbreviation: Spearman correlation of length (without silence) and frequency of messages."""
    yield from _lines(reader, "abbreviation")


@register("topographic_similarity", needs=("messages",))
def topographic_similarity(reader: Reader) -> Iterator[Estimate]:
    """Do like meanings have like messages? Mean over minds, over meanings they share, with a Mantel null."""
    yield from _lines(reader, "topographic_similarity")


@register("compositionality", needs=("messages",))
def compositionality(reader: Reader) -> Iterator[Estimate]:
    """posdis, bosdis, context independence and held-out tree reconstruction error; mean over minds, meanings relabelled."""
    yield from _lines(reader, "posdis", "bosdis", "context_independence", "tree_reconstruction_error")


@register("language_similarity", needs=("messages",))
def language_similarity(reader: Reader) -> Iterator[Estimate]:
    """How alike a mind's utterances for one meaning are, and how alike two minds'; the null is other meanings."""
    yield from _lines(reader, "language_similarity.self", "language_similarity.others")
