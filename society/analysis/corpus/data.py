"""A corpus: utterances with what was meant, who spoke and where, as integer arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from society.analysis.language.arrays import Integers, codes

CELLS = 200_000_000  # numbers that a corpus may hold, N * (K + L): 1.6 GB


@dataclass(frozen=True, eq=False)
class Corpus:
    """N utterances: meanings [N, K] (-1 unknown), messages [N, L] (-1 padding), and of each, where it is told, its speaker,
    listener, world and life [N]. `silence` is the symbol that means that nothing is said, if there is one.

    `world` tells which utterances belong together, and is what intervals are made over; `life` which ones are no evidence
    independent of one another, and is what the null of mutual information shuffles.
    """

    meanings: Integers
    messages: Integers
    speaker: Integers | None = None
    listener: Integers | None = None
    world: Integers | None = None
    life: Integers | None = None
    silence: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            column = getattr(self, field.name)
            if isinstance(column, np.ndarray) and len(column) != len(self.messages):
                raise ValueError(f"{field.name}: {len(column)} rows where there are {len(self.messages)} messages")
        if self.silence is not None and not (isinstance(self.silence, int | np.integer) and self.silence >= 0):
            raise ValueError(f"silence = {self.silence!r}: give the number, from 0, that the symbol has in `messages`")

    def __len__(self) -> int:
        """Number of utterances."""
        return len(self.messages)

    def rows(self, kept: Integers) -> Corpus:
        """The utterances at these places [M]."""
        told = (self.speaker, self.listener, self.world, self.life)
        speaker, listener, world, life = (None if part is None else part[kept] for part in told)
        return Corpus(self.meanings[kept], self.messages[kept], speaker, listener, world, life, self.silence)

    @cached_property
    def known(self) -> Corpus:
        """The utterances whose speaker knew something."""
        if not self.meanings.shape[1]:
            return self.rows(np.empty(0, dtype=np.int64))
        known = (self.meanings >= 0).any(axis=1)
        return self if known.all() else self.rows(np.flatnonzero(known))

    @cached_property
    def unit(self) -> str:
        """What intervals resample: worlds where they are told, else meanings, else messages."""
        if self.world is not None:
            return "worlds"
        return "meanings" if len(self.known) == len(self) and len(self) else "messages"

    @cached_property
    def replicate(self) -> Integers:
        """The number of each utterance's unit [N], from 0."""
        if self.world is not None:
            return codes(self.world)
        return codes(self.meanings) if self.unit == "meanings" else np.arange(len(self))

    @cached_property
    def speakers(self) -> list[Integers]:
        """The places of each speaker's utterances, in order of the speakers' numbers; all of them without a speaker."""
        if self.speaker is None:
            return [np.arange(len(self))]
        return [np.flatnonzero(self.speaker == one) for one in np.unique(self.speaker[self.speaker >= 0])]
