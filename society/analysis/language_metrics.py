"""Whether words carry meaning and move listeners: read from `messages` and `probes` of the normal condition."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from society.analysis import language
from society.analysis.estimate import Estimate
from society.analysis.language import Integers
from society.analysis.metrics import register
from society.analysis.outcome_metrics import SEED, estimate
from society.analysis.run import NORMAL, AbsentError, Reader, attempt, numbers
from society.analysis.statistics import Array, Permuted, bootstrap_mean, permutation_p

MEANINGS = 1000  # sampled for topographic similarity, over all minds: pairs grow with the square
MINDS = 8
MANY = 500_000  # rows above which a shuffle is dear enough to make fewer of them
STATE = ("seed", "world", "tick", "speaker", "listener", "head")


def numbered(frame: pd.DataFrame, prefix: str) -> list[str]:
    """Columns prefix0, prefix1, ... in order of number."""
    found = [c for c in frame.columns if re.fullmatch(rf"{prefix}\d+", str(c))]
    return sorted(found, key=lambda c: int(c[len(prefix) :]))


def integers(frame: pd.DataFrame, prefix: str) -> Integers:
    """Those columns as integers [rows, columns], what is missing as -1. AbsentError if there are none."""
    names = numbered(frame, prefix)
    if not names:
        raise AbsentError(f"no column {prefix}0")
    return np.stack([np.nan_to_num(numbers(frame, name), nan=-1.0) for name in names], axis=1).astype(np.int64)


def meant(frame: pd.DataFrame) -> tuple[pd.DataFrame, Integers, Integers]:
    """The rows whose speaker knew something, their meanings [N, K] and messages [N, L]; -1 throughout is no meaning."""
    meanings, messages = integers(frame, "meaning"), integers(frame, "m")
    known = np.flatnonzero((meanings >= 0).any(axis=1))
    if not known.size:
        raise AbsentError("no speaker knew anything")
    return frame.iloc[known], meanings[known], messages[known]


@register("message_entropy", needs=("messages",))
def message_entropy(reader: Reader) -> Iterator[Estimate]:
    """Entropy of whole messages in bits, silence included."""

    def make() -> Estimate:
        messages = integers(reader.rows("messages"), "m")
        return Estimate("message_entropy", NORMAL, language.message_entropy(messages), n=len(messages), unit="bits")

    yield attempt("message_entropy", NORMAL, "bits", make)


@register("mutual_information", needs=("messages",))
def mutual_information(reader: Reader) -> Iterator[Estimate]:
    """What a message tells of its speaker's meaning, in bits: plug-in minus the mean of shuffles over lives."""
    yield attempt("mutual_information", NORMAL, "bits", lambda: _mutual_information(reader))


def _mutual_information(reader: Reader) -> Estimate:
    frame, meanings, messages = meant(reader.rows("messages", NORMAL, ("life",)))
    names = [c for c in ("seed", "world", "seat", "life") if c in frame.columns]
    lives = np.stack([pd.factorize(frame[c])[0] for c in names], axis=1)
    found = language.mutual_information_test(
        meanings, messages, lives=lives, permutations=99 if len(frame) <= MANY else 39, seed=SEED
    )
    if found.reason:
        raise AbsentError(found.reason)
    value = found.value - found.null_mean
    return Estimate("mutual_information", NORMAL, value, null=0.0, n=found.n, unit="bits", p=found.p)


@register("topographic_similarity", needs=("messages",))
def topographic_similarity(reader: Reader) -> Iterator[Estimate]:
    """Do like meanings have like messages? Of each mind's most frequent message per meaning, with a Mantel null."""
    yield attempt("topographic_similarity", NORMAL, "rho", lambda: _topographic_similarity(reader))


def _topographic_similarity(reader: Reader) -> Estimate:
    frame = reader.rows("messages")
    if len(numbered(frame, "meaning")) < 2:
        raise AbsentError("needs meanings of two or more attributes")
    tests = [_similarity_of_mind(part, share) for part, share in _minds(frame)]
    whole = [t for t in tests if not t.reason]
    if not whole:
        raise AbsentError(tests[0].reason)
    value, null = float(np.mean([t.value for t in whole])), np.mean([t.null for t in whole], axis=0)
    p, n = permutation_p(value, null), sum(t.n for t in whole)
    return Estimate("topographic_similarity", NORMAL, value, null=float(null.mean()), n=n, unit="rho", p=p)


def _minds(frame: pd.DataFrame) -> list[tuple[pd.DataFrame, int]]:
    """Rows of up to MINDS minds, each language being its own, with the number of meanings to sample of each."""
    if "mind" not in frame.columns:
        return [(frame, MEANINGS)]
    minds = np.sort(frame["mind"].dropna().unique())
    if not len(minds):
        raise AbsentError("column mind is empty")
    if len(minds) > MINDS:
        minds = np.random.default_rng(SEED).choice(minds, MINDS, replace=False)
    return [(frame[frame["mind"] == mind], MEANINGS // len(minds)) for mind in minds]


def _similarity_of_mind(frame: pd.DataFrame, size: int) -> Permuted:
    """Over distinct meanings, each with its mode: sampling noise around one word is no compositionality."""
    meanings, messages = language.modal_messages(*meant(frame)[1:])
    if len(meanings) > size:
        chosen = np.random.default_rng(SEED).choice(len(meanings), size, replace=False)
        meanings, messages = meanings[chosen], messages[chosen]
    return language.topographic_similarity_test(meanings, messages, seed=SEED)


@register("probes", needs=("probes",))
def probes(reader: Reader) -> Iterator[Estimate]:
    """Causal influence of communication, positive signalling and positive listening, over worlds."""
    yield attempt("cic", NORMAL, "nats", lambda: _cic(reader))
    yield attempt("positive_signalling", NORMAL, "nats", lambda: _positive_signalling(reader))
    yield attempt("positive_listening", NORMAL, "L1", lambda: _positive_listening(reader))


def states(frame: pd.DataFrame, keys: tuple[str, ...] = STATE) -> tuple[pd.DataFrame, Integers, Integers]:
    """One row of keys for each state, and for each row of the frame its state and its place among the options."""
    names = [key for key in keys if key in frame.columns]
    if "world" not in names:
        raise AbsentError("table probes has no column world")
    state = np.asarray(frame.groupby(names, sort=False, observed=True, dropna=False).ngroup(), dtype=np.int64)
    place = np.asarray(frame.groupby(state).cumcount(), dtype=np.int64)
    return frame.loc[place == 0, names], state, place


def spread(values: Array, state: Integers, place: Integers) -> Array:
    """Rows of values [rows, ...] laid out as [states, options, ...], zero where a state has fewer options."""
    shape = (int(state.max()) + 1, int(place.max()) + 1, *values.shape[1:])
    table = np.zeros(shape)
    table[state, place] = np.nan_to_num(values)
    return table


def _laid_out(reader: Reader) -> tuple[pd.DataFrame, Array, Array, Array]:
    """States, p_m [S, M], p_action [S, M, A] and which option is silence [S, M]."""
    frame = reader.rows("probes")
    actions = numbered(frame, "a")
    if not actions:
        raise AbsentError("table probes has no column a0")
    which, state, place = states(frame)
    said = spread(numbers(frame, "p_option"), state, place)
    acts = spread(frame[actions].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float), state, place)
    silent = numbers(frame, "silent") if "silent" in frame.columns else np.zeros(len(frame))
    return which, said, acts, spread(silent, state, place)


def _over_worlds(metric: str, unit: str, which: pd.DataFrame, each: Array, null: float) -> Estimate:
    """Mean over worlds of their states' mean."""
    by_world = pd.Series(each).groupby(which["world"].to_numpy()).mean()
    return estimate(metric, NORMAL, bootstrap_mean(by_world.to_numpy(), SEED), unit, null=null)


def _cic(reader: Reader) -> Estimate:
    which, said, acts, _ = _laid_out(reader)
    if said.shape[1] < 2:
        raise AbsentError("a single option: nothing to compare")
    return _over_worlds("cic", "nats", which, language.cic_by_state(said, acts), 0.0)


def _positive_listening(reader: Reader) -> Estimate:
    which, said, acts, silent = _laid_out(reader)
    heard = np.flatnonzero((silent > 0).any(axis=1))
    if not heard.size:
        raise AbsentError("silence is not among the options")
    quiet = acts[heard, np.argmax(silent[heard] > 0, axis=1)]
    each = language.positive_listening_by_state(said[heard], acts[heard], quiet)
    return _over_worlds("positive_listening", "L1", which.iloc[heard], each, 0.0)


def _positive_signalling(reader: Reader) -> Estimate:
    """Each speaker's state once, however many listeners it was asked for; options in a common order."""
    if reader.run.config.get("channel", {}).get("length", 1) > 1:
        raise AbsentError("messages of several symbols were sampled, so states share no options; see mutual_information")
    frame = reader.rows("probes", NORMAL, ("option",))
    keys = [key for key in STATE if key not in ("listener", "head") and key in frame.columns]
    frame = frame.drop_duplicates([*keys, "option"])
    _, state, _ = states(frame, tuple(keys))
    option = pd.factorize(frame["option"])[0].astype(np.int64)
    if option.max(initial=0) < 1:
        raise AbsentError("a single option: nothing to signal with")
    value = language.positive_signalling(spread(numbers(frame, "p_option"), state, np.maximum(option, 0)))
    if not np.isfinite(value):
        raise AbsentError("fewer than two states")
    return Estimate("positive_signalling", NORMAL, value, null=0.0, n=int(state.max()) + 1, unit="nats")
