"""Whether words carry meaning and move listeners: read from `messages` and `probes` of the normal condition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from society.analysis import language
from society.analysis.estimate import Estimate
from society.analysis.language import Integers
from society.analysis.metrics import register
from society.analysis.outcome_metrics import SEED, estimate
from society.analysis.run import NORMAL, AbsentError, Reader, attempt, numbers
from society.analysis.statistics import Array, Interval, bootstrap_mean, bootstrap_spread

MEANINGS = 1000  # sampled for topographic similarity, of one mind: pairs grow with the square
MINDS = 8
MANY = 500_000  # rows above which a shuffle is dear enough to make fewer of them
NO_NULL = "no null: read beside effect_of_mute"
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
    """Entropy of whole messages in bits, silence included; interval over worlds."""
    yield attempt("message_entropy", NORMAL, "bits", lambda: _message_entropy(reader))


def _message_entropy(reader: Reader) -> Estimate:
    frame = reader.rows("messages", NORMAL, ("world",))
    message, world = language.codes(integers(frame, "m")), pd.factorize(frame["world"], use_na_sentinel=False)[0]
    kinds = int(message.max()) + 1
    cell, count = np.unique(world * kinds + message, return_counts=True)
    where, what = cell // kinds, np.asarray(cell % kinds, dtype=np.int64)

    def entropy(drawn: Array) -> float:
        return language.entropy(what, count * drawn[where])

    worlds = int(world.max()) + 1
    interval = bootstrap_spread(entropy(np.ones(worlds)), entropy, worlds, SEED)
    return estimate("message_entropy", NORMAL, interval, "bits")


@register("mutual_information", needs=("messages",))
def mutual_information(reader: Reader) -> Iterator[Estimate]:
    """What a message tells of its speaker's meaning, and whether it says anything at all, in bits above a shuffle.

    Plug-in minus the mean of shuffles over lives, which over-corrects strong dependence and so is conservative.
    `.speaking` is what remains when only speaking and silence are told apart: what a change of the words cannot touch.
    """
    yield attempt("mutual_information", NORMAL, "bits", lambda: _mutual_information(reader, "mutual_information"))
    name = "mutual_information.speaking"
    yield attempt(name, NORMAL, "bits", lambda: _mutual_information(reader, name, speaking=True))


def _mutual_information(reader: Reader, metric: str, *, speaking: bool = False) -> Estimate:
    frame, meanings, messages = meant(reader.rows("messages", NORMAL, ("life",)))
    if speaking:
        messages = language.rows(np.any(messages > 0, axis=1))
        if messages.min() == messages.max():
            raise AbsentError("every message says something" if messages.any() else "nothing is ever said")
    names = [c for c in ("seed", "world", "episode", "seat", "life") if c in frame.columns]
    lives = np.stack([pd.factorize(frame[c])[0] for c in names], axis=1)
    found = language.mutual_information_test(
        meanings, messages, lives=lives, permutations=99 if len(frame) <= MANY else 39, seed=SEED
    )
    if found.reason:
        raise AbsentError(found.reason)
    return Estimate(metric, NORMAL, found.value - found.null_mean, null=0.0, n=found.n, unit="bits", p=found.p)


@register("topographic_similarity", needs=("messages",))
def topographic_similarity(reader: Reader) -> Iterator[Estimate]:
    """Do like meanings have like messages? Mean over minds, over meanings they share, with a Mantel null."""
    yield attempt("topographic_similarity", NORMAL, "rho", lambda: _topographic_similarity(reader))


def _topographic_similarity(reader: Reader) -> Estimate:
    frame = reader.rows("messages")
    if len(numbered(frame, "meaning")) < 2:
        raise AbsentError("needs meanings of two or more attributes")
    found = language.shared_similarity_test(*_shared(*meant(frame)), seed=SEED)
    if found.reason:
        raise AbsentError(found.reason)
    null = found.null_mean
    return Estimate("topographic_similarity", NORMAL, found.value, null=null, n=found.n, unit="rho", p=found.p)


def _shared(frame: pd.DataFrame, meanings: Integers, messages: Integers) -> tuple[Integers, list[Integers]]:
    """Up to MEANINGS meanings [U, K] that up to MINDS minds all speak of, and each mind's usual messages [U, L].

    Of each meaning its mode: sampling noise around one word is no compositionality.
    """
    whole, index = np.unique(meanings, axis=0, return_inverse=True)
    index = index.reshape(-1)
    languages = []
    for own in _minds(frame):
        which, said = language.modal_messages(index[own], messages[own])
        languages.append(pd.DataFrame(said, index=which[:, 0]))
    common = np.arange(len(whole))
    for spoken in languages:
        common = np.intersect1d(common, spoken.index)
    size = int(MEANINGS / np.sqrt(len(languages)))
    if len(common) > size:
        common = np.sort(np.random.default_rng(SEED).choice(common, size, replace=False))
    return whole[common], [spoken.loc[common].to_numpy() for spoken in languages]


def _minds(frame: pd.DataFrame) -> list[Integers]:
    """The places of the rows of up to MINDS minds, each language being its own."""
    if "mind" not in frame.columns:
        return [np.arange(len(frame))]
    mind = frame["mind"].to_numpy()
    minds = np.sort(frame["mind"].dropna().unique())
    if not len(minds):
        raise AbsentError("column mind is empty")
    if len(minds) > MINDS:
        minds = np.random.default_rng(SEED).choice(minds, MINDS, replace=False)
    return [np.flatnonzero(mind == one) for one in minds]


@register("probes", needs=("probes",))
def probes(reader: Reader) -> Iterator[Estimate]:
    """Causal influence of communication, positive signalling and positive listening, over worlds.

    All are above 0 for any network that is not exactly indifferent, so that 0 is no null of theirs.
    """
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


def _probed(reader: Reader, columns: tuple[str, ...] = ()) -> pd.DataFrame:
    """The probes, where they show what listeners do: a probe changes what is said and looks one tick ahead, once."""
    channel = reader.run.config.get("channel", {})
    if channel.get("latency", 1) > 1:
        raise AbsentError("channel.latency is above 1: a probe ends before its message is heard")
    if channel.get("noise", 0) > 0:
        raise AbsentError("channel.noise is above 0: what a listener of a probe hears is not what was said")
    return reader.rows("probes", NORMAL, columns)


def _laid_out(reader: Reader) -> tuple[pd.DataFrame, Array, Array, Array]:
    """States, p_m [S, M], p_action [S, M, A] and which option is silence [S, M]."""
    frame = _probed(reader)
    actions = numbered(frame, "a")
    if not actions:
        raise AbsentError("table probes has no column a0")
    which, state, place = states(frame)
    said = spread(numbers(frame, "p_option"), state, place)
    acts = spread(frame[actions].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float), state, place)
    silent = numbers(frame, "silent") if "silent" in frame.columns else np.zeros(len(frame))
    return which, said, acts, spread(silent, state, place)


def _over_worlds(metric: str, unit: str, which: pd.DataFrame, each: Array) -> Estimate:
    """Mean over worlds of their states' mean."""
    by_world = pd.Series(each).groupby(which["world"].to_numpy()).mean()
    return _without_null(metric, bootstrap_mean(by_world.to_numpy(), SEED), unit)


def _without_null(metric: str, interval: Interval, unit: str) -> Estimate:
    line = estimate(metric, NORMAL, interval, unit)
    return replace(line, reason="; ".join(filter(None, (line.reason, NO_NULL))))


def _cic(reader: Reader) -> Estimate:
    which, said, acts, _ = _laid_out(reader)
    if said.shape[1] < 2:
        raise AbsentError("a single option: nothing to compare")
    return _over_worlds("cic", "nats", which, language.cic_by_state(said, acts))


def _positive_listening(reader: Reader) -> Estimate:
    which, said, acts, silent = _laid_out(reader)
    heard = np.flatnonzero((silent > 0).any(axis=1))
    if not heard.size:
        raise AbsentError("silence is not among the options")
    quiet = acts[heard, np.argmax(silent[heard] > 0, axis=1)]
    each = language.positive_listening_by_state(said[heard], acts[heard], quiet)
    return _over_worlds("positive_listening", "L1", which.iloc[heard], each)


def _positive_signalling(reader: Reader) -> Estimate:
    """Each speaker's state once, however many listeners it was asked for; options in a common order."""
    if reader.run.config.get("channel", {}).get("length", 1) > 1:
        raise AbsentError("messages of several symbols were sampled, so states share no options; see mutual_information")
    frame = _probed(reader, ("option", "speaker", "world"))
    keys = [key for key in STATE if key not in ("listener", "head") and key in frame.columns]
    frame = frame.drop_duplicates([*keys, "option"])
    which, state, _ = states(frame, tuple(keys))
    option = pd.factorize(frame["option"])[0].astype(np.int64)
    if option.max(initial=0) < 1:
        raise AbsentError("a single option: nothing to signal with")
    said, mind = spread(numbers(frame, "p_option"), state, np.maximum(option, 0)), _speakers(reader, which)
    world = pd.factorize(which["world"], use_na_sentinel=False)[0]

    def signalled(drawn: Array) -> float:
        return language.positive_signalling(said, mind, drawn[world])

    worlds = int(world.max()) + 1
    value = signalled(np.ones(worlds))
    if not np.isfinite(value):
        raise AbsentError("no mind was probed in two states")
    return _without_null("positive_signalling", bootstrap_spread(value, signalled, worlds, SEED), "nats")


def _speakers(reader: Reader, which: pd.DataFrame) -> Integers:
    """The mind of each state's speaker: a seat keeps its mind, and `mind` in probes is the listener's."""
    frame = reader.rows("episodes", NORMAL, ("world", "seat", "mind"))
    minds = frame.drop_duplicates(["world", "seat"]).set_index(["world", "seat"])["mind"]
    found = minds.reindex(pd.MultiIndex.from_frame(which[["world", "speaker"]])).to_numpy()
    if pd.isna(found).any():
        raise AbsentError("table episodes does not tell the mind of every speaker")
    return np.asarray(pd.factorize(found)[0], dtype=np.int64)
