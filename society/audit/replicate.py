"""What a metric under audit is given: one replicate of one society as plain arrays and as the tables of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from society.analysis import report  # noqa: F401  (every registered metric)
from society.analysis.estimate import Estimate
from society.analysis.metrics import METRICS
from society.analysis.run import Reader
from society.audit.simulate import CONDITIONS, NORMAL, TICKS, WORLDS, Played, facts_of, play, rng_of
from society.audit.society import SPEAKERS, Floats, Ints, Listen, Society

PROBED = (3, 8, 13, 18, 23)  # ticks: every speaker, both ticks of a turn
PROBED_WORLDS = 16
RUNS, RUN_WORLDS = 8, 16  # training runs behind one figure of worth, and their worlds
LUCK = 0.04  # sd of a training run's skill, normal and control alike
MUTED = "muted_from_birth"
DECLARED = {
    "headline": {"name": "reward", "measure": "return_", "per": "seat_tick", "unit": "right answers a tick"},
    "primary": [],
}


@dataclass(frozen=True)
class TapedRun:
    """A run whose tables lie in memory, by name and condition."""

    tables: Mapping[str, Mapping[str, pd.DataFrame]]
    meta: Mapping[str, Any]
    config: Mapping[str, Any]
    controls: Mapping[str, TapedRun] = field(default_factory=dict)
    path: Path = Path("audit")

    def table(self, name: str, columns: list[str] | None = None, where: dict[str, Any] | None = None) -> pd.DataFrame:
        """The rows whose columns equal `where`; a frame without a row where there is none."""
        wanted = dict(where or {})
        held = self.tables.get(name, {})
        asked = wanted.pop("condition", None)
        frames = [frame for condition, frame in held.items() if asked in (None, condition)]
        frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"condition": []})
        for column, value in wanted.items():
            frame = frame[frame[column] == value]
        return frame if columns is None else frame[columns]


@dataclass(frozen=True)
class Replicate:
    """One replicate of a society, N messages in all.

    Arrays, one row a message: `meanings` [N, K], `messages` [N, L] (0 is silence), `speakers`, `listeners`, `worlds`, `ticks`
    [N], `own_actions` (the speaker's) and `actions` (the listener's) [N], `rewards` [N] in 0..1. `run` has the tables.
    """

    society: Society
    seed: int

    @cached_property
    def normal(self) -> Played:
        """The run without an intervention."""
        return play(self.society, self.seed)

    @cached_property
    def meanings(self) -> Ints:
        """What the speaker knew, [N, K]."""
        return self.society.attributes_of(self.normal.meaning.ravel())

    @cached_property
    def messages(self) -> Ints:
        """What was said, [N, L], 0 silence."""
        return self.society.messages[self.normal.said.ravel()]

    @cached_property
    def speakers(self) -> Ints:
        """Who spoke, [N]."""
        return np.repeat(self.normal.floor, WORLDS)

    @cached_property
    def listeners(self) -> Ints:
        """Who listened, [N]: its seat."""
        return SPEAKERS + (self.speakers % self.society.listeners)

    @cached_property
    def worlds(self) -> Ints:
        """The world, [N]."""
        return np.tile(np.arange(WORLDS), TICKS)

    @cached_property
    def ticks(self) -> Ints:
        """The tick, [N]."""
        return np.repeat(np.arange(TICKS), WORLDS)

    @cached_property
    def own_actions(self) -> Ints:
        """What the speaker did, [N]."""
        return self.normal.own.ravel()

    @cached_property
    def actions(self) -> Ints:
        """What the listener did after it, [N]."""
        return self.normal.action.ravel()

    @cached_property
    def rewards(self) -> Floats:
        """1 where the answer was right, [N]."""
        return self.normal.reward.ravel()

    @cached_property
    def probed(self) -> tuple[Floats, Floats]:
        """p(m | s) [states, M] and pi(a | o, do(m)) [states, M, A], worlds within ticks."""
        said, acts = zip(*(_probe(self.normal, t) for t in PROBED), strict=True)
        return np.concatenate(said), np.concatenate(acts)

    @cached_property
    def run(self) -> TapedRun:
        """The tables `messages`, `episodes` (every frozen condition), `probes` and `plays`."""
        twins = {c: play(self.society, self.seed, c, tape=self.normal) for c in CONDITIONS}
        episodes = {c: _episodes(played, c, self.seed) for c, played in {NORMAL: self.normal, **twins}.items()}
        tables = {
            "episodes": episodes,
            "messages": {NORMAL: self._messages()},
            "plays": {NORMAL: self._plays()},
            "probes": {NORMAL: self._probes()},
        }
        return TapedRun(tables, {"declared": DECLARED}, _config(self.society, self.seed))

    def estimates(self, metric: str) -> list[Estimate]:
        """The lines of a registered run metric. ValueError if none is registered under this name."""
        if metric not in self._lines:
            found = [one for one in METRICS if one.name == metric]
            if not found:
                raise ValueError(f"no metric {metric!r} is registered; there is {', '.join(m.name for m in METRICS)}")
            self._lines[metric] = found[0](self._reader)
        return self._lines[metric]

    @cached_property
    def _reader(self) -> Reader:
        return Reader(self.run)

    @cached_property
    def _lines(self) -> dict[str, list[Estimate]]:
        return {}

    def grown(self) -> list[TapedRun]:
        """RUNS training runs, each with a population grown without a channel as its control; only `episodes`."""
        return [self._grown(self.seed * 1000 + run) for run in range(RUNS)]

    def _grown(self, seed: int) -> TapedRun:
        society, luck = self.society, rng_of(self.society, seed, "luck").normal(0.0, LUCK, 2)
        normal = play(society, seed, worlds=RUN_WORLDS, listen=_lucky(society.listen, luck[0]))
        silent = _lucky(society.silent or society.listen, luck[1])
        control = play(society, seed + 500_000_000, "mute", worlds=RUN_WORLDS, listen=silent)
        meta, config = {"declared": DECLARED}, _config(society, seed)
        grown = TapedRun({"episodes": {MUTED: _episodes(control, MUTED, seed)}}, meta, config)
        return TapedRun({"episodes": {NORMAL: _episodes(normal, NORMAL, seed)}}, meta, config, {MUTED: grown})

    def crossed(self) -> list[Played]:
        """Every speaker with every listener: one play for each way of seating the listeners, in worlds of its own."""
        facts = facts_of(self.society, self.seed)
        return [play(self.society, self.seed + 1_000_000 * (1 + k), shift=k, facts=facts) for k in range(SPEAKERS)]

    def _leading(self) -> dict[str, Any]:
        return {"condition": NORMAL, "seed": self.seed, "world": self.worlds, "tick": self.ticks, "episode": 0}

    def _messages(self) -> pd.DataFrame:
        frame = {**self._leading(), "seat": self.speakers, "mind": self.speakers, "life": 0}
        return pd.DataFrame({**frame, **_columns("m", self.messages), **_columns("meaning", self.meanings)})

    def _plays(self) -> pd.DataFrame:
        seats = {"seat": self.speakers, "mind": self.speakers, "partner": self.listeners, "partner_mind": self.listeners}
        acts = {"action": self.own_actions, "partner_action": self.actions, "reward": self.rewards}
        return pd.DataFrame({**self._leading(), **seats, **acts, "cooperated": -1, "partner_cooperated": -1})

    def _probes(self) -> pd.DataFrame:
        said, acts = self.probed
        options, per = said.shape[1], PROBED_WORLDS * said.shape[1]
        tick, option = np.repeat(PROBED, per), np.tile(np.arange(options), len(said))
        speaker = self.normal.floor[tick]
        listener = SPEAKERS + speaker % self.society.listeners
        frame = {"condition": NORMAL, "seed": self.seed, "tick": tick, "head": "answer", "speaker": speaker}
        frame |= {"world": np.tile(np.repeat(np.arange(PROBED_WORLDS), options), len(PROBED)), "listener": listener}
        frame |= {"mind": listener, "option": option, "p_option": said.ravel(), "silent": (option == 0).astype(int)}
        return pd.DataFrame({**frame, **_columns("a", acts.reshape(len(tick), -1))})


def _probe(played: Played, t: int) -> tuple[Floats, Floats]:
    """p(m | s) [worlds, M] and pi(a | o, do(m)) [worlds, M, A] at tick t."""
    society, scene = played.society, played.scenes[t]
    every = range(len(society.messages))
    acts = [society.listen(society, played.facts, scene, np.full(WORLDS, m))[:PROBED_WORLDS] for m in every]
    return played.p_said[t][:PROBED_WORLDS], np.stack(acts, axis=1)


def _columns(prefix: str, table: Any) -> dict[str, Any]:
    return {f"{prefix}{i}": column for i, column in enumerate(table.T)}


def _config(society: Society, seed: int) -> dict[str, Any]:
    length = society.messages.shape[1]
    return {"seed": seed, "channel": {"length": length, "noise": society.noise, "latency": 1}}


def _episodes(played: Played, condition: str, seed: int) -> pd.DataFrame:
    """One row a speaker: reward and ticks while it had the floor; the listener's are the same rewards."""
    worlds = played.reward.shape[1]
    took = played.floor[None, :] == np.arange(SPEAKERS)[:, None]
    earned = (took.astype(float) @ played.reward).T.ravel()
    seat = np.tile(np.arange(SPEAKERS), worlds)
    frame = {"condition": condition, "seed": seed, "world": np.repeat(np.arange(worlds), SPEAKERS), "tick": TICKS}
    frame |= {"episode": 0, "seat": seat, "mind": seat, "role": "speaker", "return_": earned}
    return pd.DataFrame({**frame, "ticks": took.sum(axis=1)[seat]})


def _lucky(listen: Listen, luck: float) -> Listen:
    """A listener that training made a little worse or better: |luck| of its answers are guesses."""

    def with_luck(society: Society, facts: Any, scene: Any, heard: Ints) -> Floats:
        p = listen(society, facts, scene, heard)
        return (1 - abs(luck)) * p + abs(luck) / p.shape[1]

    return with_luck

