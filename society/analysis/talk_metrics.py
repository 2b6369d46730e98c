"""Who understands whom, dialects, new combinations, and what goes with what is said: `messages` beside other tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd

from society.analysis import language
from society.analysis.corpus.frame import from_table, integers, whole
from society.analysis.corpus.lines import dialects as dialects_of
from society.analysis.corpus.structure import jackknife
from society.analysis.corpus.voices import meetings
from society.analysis.estimate import Estimate
from society.analysis.language.sample import Units, informations
from society.analysis.metrics import register
from society.analysis.outcome_metrics import SEED, estimate
from society.analysis.run import NORMAL, AbsentError, Reader, attempt, numbers, selected
from society.analysis.statistics import Array, Permuted

GAME = ["seed", "world", "episode"]
SPOKEN_TO = ("mute", "content", "relabel", "scramble")


def _games(frame: pd.DataFrame) -> list[str]:
    """The columns that tell one game from another. AbsentError without world and episode."""
    for column in ("world", "episode"):
        if column not in frame.columns:
            raise AbsentError(f"no column {column}")
    return [column for column in GAME if column in frame.columns]


def _whole(frame: pd.DataFrame, column: str) -> np.ndarray:
    """A column of numbers as integers, -1 where there is none."""
    return whole(numbers(frame, column))


def _keyed(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """These columns as whole numbers, whatever a file made of them, so that two tables can be joined."""
    return pd.DataFrame({key: _whole(frame, key) for key in keys}, index=frame.index)


# --- who understands whom ---------------------------------------------------------------------------------------------


@register("cross_play", needs=("episodes",))
def cross_play(reader: Reader) -> Iterator[Estimate]:
    """Accuracy of a mind that speaks with itself less that with others, where both occur; interval over worlds."""
    yield attempt("cross_play.gap", NORMAL, reader.declared.headline.unit, lambda: _cross_play(reader))


def _cross_play(reader: Reader) -> Estimate:
    frame, headline = reader.rows("episodes", NORMAL, ("role", "mind")), reader.declared.headline
    keys = _games(frame)
    speakers = frame[frame["role"] == "speaker"].drop_duplicates(keys, keep=False)
    listeners = selected(frame, headline)
    listeners = listeners[listeners["role"] == "listener"]
    both = listeners.merge(speakers[[*keys, "mind"]], on=keys, suffixes=("", "_of_speaker"))
    if both.empty:
        raise AbsentError("no game with one speaker and a listener")
    found = language.cross_play(
        _whole(both, "mind_of_speaker"),
        _whole(both, "mind"),
        headline.scale * numbers(both, headline.column),
        replicate=pd.factorize(both["world"], use_na_sentinel=False)[0],
        seed=SEED,
    )
    if not np.isfinite(found.gap.value):
        raise AbsentError(found.gap.reason)
    return estimate("cross_play.gap", NORMAL, found.gap, headline.unit, null=0.0)


@register("dialects", needs=("messages", "episodes"))
def dialects(reader: Reader) -> Iterator[Estimate]:
    """Do minds that meet speak more alike? Similarity within less across communities of the contact graph, labels permuted."""
    yield attempt("dialects", NORMAL, "share", lambda: dialects_of(from_table(reader.rows("messages")), contact(reader)))


def contact(reader: Reader) -> nx.Graph:
    """Minds joined by how many games they were in together. AbsentError if `episodes` does not tell."""
    frame = reader.rows("episodes", NORMAL, ("seat", "mind"))
    keys = _games(frame)
    seats = frame[[*keys, "seat", "mind"]].drop_duplicates()
    both = seats.merge(seats, on=keys)
    both = both[both["seat_x"] < both["seat_y"]]
    if both.empty:
        raise AbsentError("no game of two minds")
    return meetings(_whole(both, "mind_x"), _whole(both, "mind_y"))


# --- new combinations -------------------------------------------------------------------------------------------------


@register("generalisation", needs=("messages", "episodes"))
def generalisation(reader: Reader) -> Iterator[Estimate]:
    """Headline on meanings seen in training less that on each split that was not; interval over meanings."""
    headline = reader.declared.headline
    for split in headline.splits:
        name = f"generalisation_gap.{split}"
        yield attempt(name, NORMAL, headline.unit, _generalisation(reader, name, split))


def _generalisation(reader: Reader, name: str, split: str) -> Callable[[], Estimate]:
    def make() -> Estimate:
        train, other = _by_meaning(reader, "train"), _by_meaning(reader, split)
        interval = language.generalisation_gap(train, other, SEED)
        if not np.isfinite(interval.value):
            raise AbsentError(interval.reason)
        return estimate(name, NORMAL, interval, reader.declared.headline.unit, null=0.0)

    return make


def _by_meaning(reader: Reader, split: str) -> pd.Series:
    """Mean headline of each meaning of a split, from the games in which one thing was meant."""
    headline, said = reader.declared.headline, reader.rows("messages")
    keys = _games(said)
    meanings = integers(said, "meaning")
    known = (meanings >= 0).any(axis=1)
    about = _keyed(said, keys)[known].assign(meaning=language.codes(meanings)[known]).drop_duplicates()
    about = about.drop_duplicates(keys, keep=False)
    played = selected(reader.rows("episodes"), headline, split)
    shared = [key for key in keys if key in played.columns]
    score = _keyed(played, shared).assign(score=headline.scale * numbers(played, headline.column))
    both = score.dropna().merge(about, on=shared)
    if both.empty:
        raise AbsentError(f"no game of split {split} in which one thing was meant")
    return both.groupby("meaning")["score"].mean()


# --- what goes with what is said --------------------------------------------------------------------------------------


@register("correlates_of_speech", needs=("messages", "plays"))
def correlates_of_speech(reader: Reader) -> Iterator[Estimate]:
    """Speaker consistency and instantaneous coordination: correlational, told only beside a changed channel."""
    yield attempt("speaker_consistency", NORMAL, "bits", lambda: _correlate(reader, "speaker_consistency", "action"))
    name = "instantaneous_coordination"
    yield attempt(name, NORMAL, "bits", lambda: _correlate(reader, name, "partner_action"))


def _correlate(reader: Reader, name: str, column: str) -> Estimate:
    beside = [condition for condition in SPOKEN_TO if condition in reader.twins()]
    if not beside:
        raise AbsentError("correlational: told only beside an intervention, and the run played none of mute, content")
    plays, said = _paired(reader, column)
    action, worlds = _whole(plays, column), pd.factorize(plays["world"], use_na_sentinel=False)[0]
    lives = plays.groupby([k for k in (*GAME, "seat") if k in plays.columns], sort=False, dropna=False).ngroup().to_numpy()
    test = language.speaker_consistency if column == "action" else language.instantaneous_coordination
    found: Permuted = test(said, action, lives=lives, seed=SEED)
    if found.reason:
        raise AbsentError(f"correlational; {found.reason}")
    interval = jackknife(found.value - found.null_mean, _told(said, action, worlds), int(worlds.max()) + 1)
    line = estimate(name, NORMAL, replace(interval, n=found.n), "bits", null=0.0, p=found.p)
    return replace(line, reason="; ".join(filter(None, (line.reason, f"correlational: read beside effect_of_{beside[0]}"))))


def _paired(reader: Reader, column: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Each seat's message with its next play: its own in the same tick or later, its partner's only later. Rows, messages."""
    said, plays = reader.rows("messages"), reader.rows("plays", NORMAL, (column, "seat", "tick"))
    keys = [*_games(said), "seat"]
    if "tick" not in said.columns or any(key not in plays.columns for key in keys):
        raise AbsentError("messages and plays cannot be joined by world, episode, seat and tick")
    left = _keyed(said, [*keys, "tick"]).assign(place=np.arange(len(said))).sort_values("tick", kind="stable")
    right = _keyed(plays, [*keys, "tick", column]).sort_values("tick", kind="stable")
    both = pd.merge_asof(left, right, on="tick", by=keys, direction="forward", allow_exact_matches=column == "action")
    both = both[both[column].notna()]
    if both.empty:
        raise AbsentError("no play follows a message")
    return both, integers(said, "m")[both["place"].to_numpy()]


def _told(said: np.ndarray, action: np.ndarray, worlds: np.ndarray) -> Callable[[Array], Array]:
    """Plug-in mutual information of message and action when worlds count so often."""
    message, act = language.codes(said), language.codes(action)
    units = Units(np.asarray(worlds, dtype=np.int64), np.ones(len(act)), int(worlds.max()) + 1)
    return lambda draws: informations(message, act, units, draws)
