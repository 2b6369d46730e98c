"""What a scripted society is: policies of speaker and listener, and the questions whose answers it plants.

Shapes: W worlds, T ticks, S speakers, K attributes of V values, M messages of L symbols (message 0 is silence), A actions.
Every world has S speakers who take turns, and one listener (or one for each speaker); a tick is one message and one answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
SPEAKERS = 4

QUESTIONS: dict[str, str] = {
    "signalling": "does what is said, silence included, depend on what the speaker privately knew?",
    "listening": "do listeners' actions depend causally on the message, by its content or its presence?",
    "communication": "do speakers signal and listeners listen?",
    "channel": "does reward rely on there being messages?",
    "content": "does reward rely on what is said?",
    "own_world": "does reward rely on messages being this world's own?",
    "presence": "does reward rely on the presence of messages alone, not on what they say?",
    "worth": "is communication worth something over a population grown without it?",
    "compositional": "do parts of messages speak of parts of meanings?",
    "private": "does each speaker have a code of its own?",
}
USED = ("signalling", "listening", "communication", "channel", "content", "own_world", "worth")


@dataclass(frozen=True)
class Scene:
    """One tick of all worlds, before the speaker speaks.

    `target` [W] is the right answer, `attributes` [W, K] what the speaker knows and `meaning` [W] its number. `public` [W]
    is seen by all, `habit` [W] is the speaker's for its life, `coin` [W] in 0..1 the listener's own, `odd` [W] marks half of
    the worlds. `heard` and `acted` hold the ticks before this one, oldest first.
    """

    tick: int
    ticks: int
    speaker: int
    listener: int
    meaning: Ints
    attributes: Ints
    query: Ints
    target: Ints
    public: Ints
    habit: Ints
    coin: Floats
    odd: Ints
    heard: list[Ints]
    acted: list[Ints]


@dataclass(frozen=True)
class Facts:
    """What one replicate fixes: the speakers' codes [S, meanings] and, for each listener, what it takes messages of a
    speaker for, [listeners, S, M] (-1 for nothing); the `skill` of listeners [listeners] in 0..1."""

    code: Ints
    decode: Ints
    skill: Floats


Speak = Callable[["Society", Facts, Scene], Floats]  # -> p(m | s) [W, M]
Listen = Callable[["Society", Facts, Scene, Ints], Floats]  # (heard [W]) -> pi(a | o, m) [W, A]
Meanings = Callable[["Society", Floats, Ints], Ints]  # (uniforms [T, W], speaker on the floor [T]) -> numbers [T, W]
Draw = Callable[["Society", np.random.Generator], Ints]  # -> codes [S, meanings]


@dataclass(frozen=True)
class Society:
    """One scripted society. `truth` maps a question to its answer; a question that is not in it is not asked here.

    `messages` [M, L] lists what can be said, row 0 being silence (zeros). `silent` is how the listener of a population grown
    without a channel acts; None is the same listener that hears nothing. `hold` is the number of ticks that a speaker keeps
    the floor, `delay` by how many ticks the answer comes late, `noise` the chance that a symbol is replaced on its way.
    `pairs` gives every speaker a listener of its own, who knows its partner's code alone; `alias` [M] names the message that
    means the same as each. The speaker's `own` action is what is `known` (its first attribute, nine times in ten) or `said`.
    """

    name: str
    family: str
    planted: bool
    about: str
    truth: Mapping[str, bool]
    messages: Ints
    speak: Speak
    listen: Listen
    code: Draw
    means: Meanings
    silent: Listen | None = None
    attributes: int = 1
    values: int = 4
    fixed_query: bool = False
    hold: int = 1
    delay: int = 0
    noise: float = 0.0
    pairs: bool = False
    own: str = "known"
    alias: Ints | None = None
    skills: tuple[float, ...] = field(default=(1.0,))

    @property
    def meanings(self) -> int:
        """How many different things a speaker may know."""
        return int(self.values**self.attributes)

    @property
    def listeners(self) -> int:
        """Listeners in a world."""
        return SPEAKERS if self.pairs else 1

    def attributes_of(self, meaning: Ints) -> Ints:
        """The attributes [..., K] of numbers [...]; the last attribute varies fastest."""
        places = self.values ** np.arange(self.attributes)[::-1]
        return np.asarray(np.asarray(meaning)[..., None] // places % self.values, dtype=np.int64)


def answers(**given: bool) -> dict[str, bool]:
    """Truth of a society that communicates in all respects, but for what is `given`."""
    return {**dict.fromkeys(USED, True), "presence": False, **given}


def nothing(**given: bool) -> dict[str, bool]:
    """Truth of a society in which nothing is communicated, but for what is `given`."""
    return {**dict.fromkeys(USED, False), "presence": False, **given}


def mixed(choice: Ints, options: int, sure: Any, first: int = 0) -> Floats:
    """Probabilities [W, options]: `choice` [W] with probability `sure`, else any option from `first` on; -1 is no choice."""
    p = np.zeros((len(choice), options))
    p[:, first:] = 1.0 / (options - first)
    certain = np.broadcast_to(np.asarray(sure, dtype=float), choice.shape) * (choice >= 0)
    p *= (1.0 - certain)[:, None]
    p[np.arange(len(choice)), np.maximum(choice, 0)] += certain
    return p
