"""Plays a scripted society: pure numpy, every draw keyed by seed and purpose, so that twins differ in one thing alone.

The interventions are those of an evaluation: `mute`; `content`, each spoken symbol a draw from the symbol marginal of the
normal run; `relabel`, symbols permuted once for each speaker's life; `scramble`, the messages of the next world.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from society.audit.codes import number_of
from society.audit.society import SPEAKERS, Facts, Floats, Ints, Listen, Scene, Society

NORMAL, CONDITIONS = "normal", ("mute", "content", "relabel", "scramble")
WORLDS, TICKS = 32, 24


@dataclass(frozen=True)
class Played:
    """What happened, [T, W] each: who spoke, what it knew, `said` and `heard` (numbers of messages), own action, answer
    and reward; `p_said` [T, W, M] are the speaker's probabilities and `scenes` the T scenes for probes."""

    society: Society
    facts: Facts
    floor: Ints
    meaning: Ints
    said: Ints
    heard: Ints
    own: Ints
    action: Ints
    reward: Floats
    p_said: list[Floats]
    scenes: list[Scene]


def facts_of(society: Society, seed: int) -> Facts:
    """The codes and skills of one replicate; the two twins of a family draw alike."""
    rng = rng_of(society, seed, "facts")
    code = society.code(society, rng)
    decode = np.full((SPEAKERS, len(society.messages)), -1)
    for speaker in range(SPEAKERS):
        for meaning in reversed(range(society.meanings)):
            decode[speaker, code[speaker, meaning]] = meaning
    return Facts(code, _readings(society, decode), np.resize(np.array(society.skills), society.listeners))


def _readings(society: Society, decode: Ints) -> Ints:
    """[listeners, S, M]: one listener knows everybody's code; of several, each knows its partner's and thinks all speak it."""
    if not society.pairs:
        return decode[None]
    return np.repeat(decode[:, None], SPEAKERS, axis=1)


def rng_of(society: Society, seed: int, purpose: str) -> np.random.Generator:
    """The draws of a replicate for one purpose: twins share them, families do not, so that their counts are independent."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode()), zlib.crc32(society.family.encode())])


def play(
    society: Society,
    seed: int,
    condition: str = NORMAL,
    tape: Played | None = None,
    *,
    worlds: int = WORLDS,
    shift: int = 0,
    listen: Listen | None = None,
    facts: Facts | None = None,
) -> Played:
    """One run under one condition; `content` and `scramble` need the normal run as `tape`.

    `shift` seats the listener that many places away from its own partner, `listen` replaces the listener's policy.
    """
    facts = facts_of(society, seed) if facts is None else facts
    draws = _Draws(society, seed, worlds)
    change = _Change(society, condition, seed, worlds, tape)
    ears, u = listen or society.listen, draws.uniform
    said, heard, acted, p_said, scenes = [], [], [], [], []  # type: ignore[var-annotated]
    for t in range(TICKS):
        scene = draws.scene(t, (int(draws.floor[t]) + shift) % society.listeners, heard[:t], acted[:t])
        p = society.speak(society, facts, scene)
        word = _sample(p, u["say"][t])
        sound = change(society.messages[word], t, scene.speaker)
        sound = _noisy(sound, u["noise"][t], u["other"][t], society)
        reached = number_of(society.messages, sound)
        act = _sample(ears(society, facts, scene, reached), u["act"][t])
        for taken, one in ((said, word), (heard, reached), (acted, act), (p_said, p), (scenes, scene)):
            taken.append(one)
    action = np.stack(acted)
    own = _own_actions(society, draws, np.stack(said))
    right = (action == draws.target).astype(float)
    return Played(
        society, facts, draws.floor, draws.meaning, np.stack(said), np.stack(heard), own, action, right, p_said, scenes
    )


def _own_actions(society: Society, draws: _Draws, said: Ints) -> Ints:
    """What the speaker does itself, [T, W]: as it knows, nine times in ten, or as it says."""
    if society.own == "said":
        return np.maximum(said - 1, 0) % society.values
    u = draws.uniform["own"]
    return np.where(u < 0.9, society.attributes_of(draws.meaning)[..., 0], ((u - 0.9) * 10 * society.values).astype(np.int64))


def _sample(p: Floats, u: Floats) -> Ints:
    """Inverse CDF: rows of p [W, options] at u [W]."""
    edges = np.cumsum(p, axis=1)
    return np.minimum((u[:, None] * edges[:, -1:] >= edges).sum(axis=1), p.shape[1] - 1).astype(np.int64)


def _noisy(sound: Ints, u: Floats, other: Floats, society: Society) -> Ints:
    if not society.noise:
        return sound
    replaced = 1 + (other * society.messages.max()).astype(np.int64)
    return np.where((u < society.noise) & (sound > 0), replaced, sound)


class _Draws:
    """Everything that chance decides in a replicate, whatever the condition."""

    def __init__(self, society: Society, seed: int, worlds: int):
        self.society, shape = society, (TICKS, worlds)
        self.uniform: dict[str, Floats] = {
            name: rng_of(society, seed, name).random(shape)
            for name in ("meaning", "say", "act", "own", "query", "public", "coin", "life")
        }
        wide = (*shape, society.messages.shape[1])
        self.uniform |= {name: rng_of(society, seed, name).random(wide) for name in ("noise", "other")}
        self.floor = np.arange(TICKS) // society.hold % SPEAKERS
        u = self.uniform
        self.meaning = society.means(society, u["meaning"], self.floor)
        self.query = np.zeros(shape, dtype=np.int64)
        if not society.fixed_query:
            self.query = (u["query"] * society.attributes).astype(np.int64)
        known = society.attributes_of(np.roll(self.meaning, society.delay, axis=0))
        self.target = np.take_along_axis(known, self.query[..., None], axis=2)[..., 0]

    def scene(self, t: int, listener: int, heard: list[Ints], acted: list[Ints]) -> Scene:
        """The scene of tick t."""
        u, s, v = self.uniform, self.society, self.society.values
        speaker = int(self.floor[t])
        return Scene(
            tick=t,
            ticks=TICKS,
            speaker=speaker,
            listener=listener,
            meaning=self.meaning[t],
            attributes=s.attributes_of(self.meaning[t]),
            query=self.query[t],
            target=self.target[t],
            public=(u["public"][t] * v).astype(np.int64),
            habit=(u["life"][speaker] * v).astype(np.int64),
            coin=u["coin"][t],
            odd=(u["life"][SPEAKERS] < 0.5).astype(np.int64),
            heard=heard,
            acted=acted,
        )


class _Change:
    """The intervention: what was spoken [W, L] -> what is in the air."""

    def __init__(self, society: Society, condition: str, seed: int, worlds: int, tape: Played | None):
        self.society, self.condition, self.tape = society, condition, tape
        symbols = int(society.messages.max())
        self.content, self.marginal = rng_of(society, seed, "content"), np.full(symbols, 1 / symbols)
        if condition == "content" and tape is not None:
            spoken = society.messages[tape.said]
            counts = np.bincount(spoken[spoken > 0], minlength=symbols + 1)[1:]
            self.marginal = counts / max(1, counts.sum())
        order = rng_of(society, seed, "relabel").random((worlds, SPEAKERS, symbols)).argsort(axis=-1) + 1
        self.order = np.concatenate([np.zeros((worlds, SPEAKERS, 1), dtype=np.int64), order], axis=-1)

    def __call__(self, said: Ints, t: int, speaker: int) -> Ints:
        if self.condition == "mute":
            return np.zeros_like(said)
        if self.condition == "content":
            edges = np.cumsum(self.marginal)
            drawn = 1 + np.searchsorted(edges / edges[-1], self.content.random(said.shape), side="right")
            return np.where(said > 0, np.minimum(drawn, len(edges)), 0)
        if self.condition == "relabel":
            return np.take_along_axis(self.order[:, speaker], said, axis=1)
        if self.condition == "scramble" and self.tape is not None:
            return self.society.messages[np.roll(self.tape.said[t], -1)]
        return said
