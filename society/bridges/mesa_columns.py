"""The present of one world as named columns, one value for each seat: what live views read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from ..world.scenario import Outcome, Scene, Spec
from ..world.worlds import Worlds

Column = list[Any]


@dataclass(frozen=True)
class Now:
    """One world (W = 1) after a tick: its state, what the tick brought, what the seats did [N, K], what their lives earned.

    `mind` is each seat's mind, -1 where none sits.
    """

    worlds: Worlds
    outcome: Outcome
    did: Int[Tensor, "N K"]
    total: list[float]
    mind: list[int]

    @property
    def spec(self) -> Spec:
        """What a mind must know of the world."""
        return self.worlds.scenario.spec

    @cached_property
    def scene(self) -> Scene | None:
        """What a viewer draws."""
        return self.worlds.scenario.scene(self.worlds.state)


Reader = Callable[[Now], Column]


class Columns(Mapping[str, Column]):
    """The columns by name, each made when it is first asked for."""

    def __init__(self, readers: Mapping[str, Reader], now: Now):
        self.readers, self.now = readers, now
        self.made: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        made = self.made.get(name)
        if made is None:
            made = self.made[name] = self.readers[name](self.now)
        return made

    def __contains__(self, name: object) -> bool:
        return name in self.readers

    def __iter__(self) -> Iterator[str]:
        return iter(self.readers)

    def __len__(self) -> int:
        return len(self.readers)


def readers(now: Now) -> dict[str, Reader]:
    """How each column of this world is read. Where two have one name, the first of this order keeps it:

    ours (mind, role, reward, total_reward, illegal, action, said, stock, wealth, pos and position, kind, colour), the tick's
    measures, the state's fields that begin [W, N], the scene's values with `_` for a space.
    """
    found: dict[str, Reader] = {
        "mind": lambda now: now.mind,
        "role": lambda now: list(now.spec.role_names),
        "reward": lambda now: _listed(now.outcome.reward[0]),
        "total_reward": lambda now: now.total,
        "illegal": _illegal,
        "action": _actions,
    }
    if any(head.speech for head in now.spec.heads.values()):
        found["said"] = _said
    if now.spec.goods:
        found |= {"stock": _stock, "wealth": lambda now: [sum(held.values()) for held in _stock(now)]}
    if now.scene is not None:
        found |= {"pos": _places, "position": _places}
        if now.scene.kinds:
            found |= {"kind": lambda now: _kinds(now, 0), "colour": lambda now: _kinds(now, 1)}
    for name in now.outcome.measures:
        found.setdefault(name, lambda now, name=name: _listed(now.outcome.measures[name][0]))  # type: ignore[misc]
    for path, tensor in _tensors(now.worlds.state):
        if tensor.dim() >= 2 and tensor.shape[1] == now.spec.seats:
            found.setdefault(path.rpartition(".")[2], lambda now, at=attrgetter(path): _listed(at(now.worlds.state)[0]))  # type: ignore[misc]
    for name in now.scene.values if now.scene is not None else ():
        label = name.replace(" ", "_")
        found.setdefault(label, lambda now, name=name: _listed(now.scene.values[name][0]))  # type: ignore[misc]
    return found


def quiet(outcome: Outcome, seats: Tensor) -> Outcome:
    """The outcome as those who were just born in these seats [N] know it: nothing has happened to them yet."""

    def still(tensor: Tensor) -> Tensor:
        return tensor.masked_fill(seats, 0)

    illegal = None if outcome.illegal is None else still(outcome.illegal)
    measures = {name: still(measure) for name, measure in outcome.measures.items()}
    return dataclasses.replace(outcome, reward=still(outcome.reward), illegal=illegal, measures=measures)


def event_rows(outcome: Outcome) -> dict[str, list[dict[str, float]]]:
    """The tick's events in the one world: table -> rows, each with its seat."""
    return {
        table: [
            {"seat": seat, **{name: column[0, seat].item() for name, column in columns.items()}}
            for seat in mask[0].nonzero()[:, 0].tolist()
        ]
        for table, (mask, columns) in outcome.events.items()
    }


def _tensors(state: Any, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    """The tensors of a state by dotted name, also those of states in it."""
    for field in dataclasses.fields(state):
        value = getattr(state, field.name)
        if isinstance(value, Tensor):
            yield prefix + field.name, value
        elif dataclasses.is_dataclass(value):
            yield from _tensors(value, f"{prefix}{field.name}.")


def _listed(tensor: Tensor) -> Column:
    """[N, ...] as N plain values: numbers, tuples, or arrays where there are more axes."""
    if tensor.dim() == 1:
        return tensor.tolist()
    return [tuple(row) for row in tensor.tolist()] if tensor.dim() == 2 else list(tensor.cpu().numpy().copy())


def _illegal(now: Now) -> Column:
    illegal = now.outcome.illegal
    return [False] * now.spec.seats if illegal is None else illegal[0].tolist()


def _actions(now: Now) -> Column:
    parts = {name: _head(now, name) for name in now.spec.heads}
    return [{name: part[seat] for name, part in parts.items()} for seat in range(now.spec.seats)]


def _said(now: Now) -> Column:
    return next(_head(now, name) for name, head in now.spec.heads.items() if head.speech)


def _head(now: Now, name: str) -> Column:
    """What each seat did in a head: a number, or the tuple of a message."""
    numbers = now.did[:, now.spec.columns[name]]
    return _listed(numbers if now.spec.heads[name].length > 1 else numbers[:, 0])


def _stock(now: Now) -> Column:
    stock = now.worlds.scenario.stock(now.worlds.state)
    assert stock is not None  # a world with goods has it
    return [dict(zip(now.spec.goods, held, strict=True)) for held in stock[0].tolist()]


def _places(now: Now) -> Column:
    """(x, y) in cells, whole numbers on a grid; None for who is not there."""
    scene = now.scene
    assert scene is not None
    whole: Callable[[float], float] = round if not scene.sizes else float
    x, y = scene.x[0].double(), scene.y[0].double()
    there = torch.isfinite(x) & torch.isfinite(y)
    pairs = zip(x.tolist(), y.tolist(), there.tolist(), strict=True)
    return [(whole(a), whole(b)) if here else None for a, b, here in pairs]


def _kinds(now: Now, part: int) -> Column:
    """The name (part 0) or the colour (part 1) of each seat's kind."""
    scene = now.scene
    assert scene is not None
    kinds = [0] * now.spec.seats if scene.kind is None else scene.kind[0].tolist()
    return [scene.kinds[kind][part] for kind in kinds]
