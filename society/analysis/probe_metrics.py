"""What messages do to those who hear them: read from `probes` of the normal condition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from society.analysis import language
from society.analysis.corpus.frame import numbered
from society.analysis.estimate import Estimate
from society.analysis.language import Integers
from society.analysis.metrics import register
from society.analysis.outcome_metrics import SEED, estimate
from society.analysis.run import NORMAL, AbsentError, Reader, attempt, numbers
from society.analysis.statistics import Array, Interval, bootstrap_mean, bootstrap_spread

NO_NULL = "no null: read beside effect_of_mute"
STATE = ("seed", "world", "tick", "speaker", "listener", "head")


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
