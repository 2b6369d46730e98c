"""Who is who in a world where lives end and begin: seats, and the agents that hold them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Seats = NDArray[np.bool_]  # [N], one for each seat


class Lives:
    """The agents of one world.

    A life ends where the scenario says so (`Outcome.terminated`); its seat is dead until it may act again, which is its next
    life. `opened`: each life in a seat is an agent of its own, named after the seat ("agent_3") and, from the second on,
    after its number too ("agent_3_life_1"); else the seat is the agent, dead or alive.
    """

    def __init__(self, names: Sequence[str], opened: bool):
        self.names, self.opened = tuple(names), opened
        self.seat = {name: seat for seat, name in enumerate(names)}  # of every agent there ever was
        self.begin()

    def begin(self) -> None:
        """A new episode: everybody is in the first life."""
        self.agents = list(self.names)
        self.dead: Seats = np.zeros(len(self.names), dtype=bool)
        self.ended: Seats = self.dead  # at the last tick
        self._births = [0] * len(self.names)
        self._holder: list[str | None] = list(self.names)

    def tick(self, ended: Seats, active: Seats, over: bool) -> list[str]:
        """Take in whose life a tick ended, who is active after it and whether the world is over; returns the born."""
        lay = self.dead | ended
        self.ended, self.dead = ended, lay if over else lay & ~active
        if not self.opened:
            self.agents = [] if over else self.agents
            return []
        born = [self._born(int(seat)) for seat in np.flatnonzero(lay & ~self.dead)]
        for seat in np.flatnonzero(self.dead):
            self._holder[seat] = None
        self.agents = [] if over else [name for name in self._holder if name is not None]
        return born

    def _born(self, seat: int) -> str:
        self._births[seat] += 1
        name = f"{self.names[seat]}_life_{self._births[seat]}"
        self.seat[name], self._holder[seat] = seat, name
        return name
