"""An agent of a Mesa model as a live view: its attributes are read from the world's tensors when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import mesa

if TYPE_CHECKING:
    from .mesa import SocietyModel

OWN = ("seat", "alive", "total_reward")  # kept in the agent, and as little to be set as what the world keeps


class SocietyAgent(mesa.Agent):
    """One life in one seat of a `SocietyModel`.

    `seat` is its number; every name in `model.columns` (`pos`, `reward`, `role`, `stock`, fields of the world's state, ...)
    is an attribute and reads the present tick. When its life ends it leaves `model.agents`: `alive` is then False,
    `total_reward` what the life earned, and the rest can no longer be read; who is born in the seat is a new agent.

    A subclass with a method `choose` decides for itself when it is given a seat. It may keep attributes of its own; an
    `__init__` of its own takes (model, seat) and hands both on.
    """

    def __init__(self, model: SocietyModel, seat: int):
        super().__init__(model)
        self.__dict__.pop("pos", None)  # Mesa's own place, which nobody keeps up to date here
        self.__dict__.update(seat=seat, alive=True)

    def choose(self, observation: Mapping[str, Any]) -> Mapping[str, int | Sequence[int]]:
        """What to do now: {head: number, or numbers for a message}; heads left out do nothing. To be overridden.

        `observation` has each field of `model.spec.fields` as an array of its shape, and "legal": {head: array of bool [size]}.
        It is asked for only when it is the agent's turn. An option that is not legal becomes the no-op and is counted
        (`illegal`); a head or a number that does not exist is a ValueError.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method choose")

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        if name.startswith("_") or "seat" not in own:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        if not own["alive"]:
            raise AttributeError(f"{self._named()} is dead: {name!r} cannot be read any more; total_reward can")
        columns = own["model"].columns
        if name not in columns:
            raise AttributeError(f"{self._named()} has no {name!r}; it has {', '.join(sorted({*OWN, *columns}))}")
        value = columns[name][own["seat"]]
        return dict(value) if isinstance(value, dict) else value

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if "seat" in own and (name in OWN or name in own["model"].columns):
            raise AttributeError(f"{self._named()}: {name!r} is read from the world and cannot be set; act by choose()")
        super().__setattr__(name, value)

    def remove(self) -> None:
        """Births and deaths are the world's: a living agent cannot be removed. Raises ValueError."""
        if self.alive:
            raise ValueError(f"{self._named()} lives in the world and cannot be removed; leave it out by agents.select(...)")
        super().remove()

    def depart(self, total: float) -> None:
        """The life is over (called by the model)."""
        self.__dict__.update(alive=False, total_reward=total)
        self.remove()

    def _named(self) -> str:
        return f"agent {self.unique_id} ({type(self).__name__}, seat {self.seat})"
