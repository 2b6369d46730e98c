"""The contract that every world keeps: Scenario, Spec, Observation, Outcome, Scene.

One naming rule for dimensions: W worlds, N seats of a world, F features, A action options over all heads, K action numbers,
G goods, L symbols of a message, V symbols of the vocabulary, S features of hearing. State is data: a frozen dataclass of
tensors with W first. `step` is a pure function of (state, action, keys); a scenario object holds configuration and nothing
that remembers.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any, ClassVar, Literal, TypeVar, dataclass_transform

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.utils import _pytree as pytree

from ..config import Frozen
from ..keys import Keys
from .channel import Channel
from .contest import Contest
from .market import Market

State = Any
Action = dict[str, Tensor]
S = TypeVar("S")


@dataclass_transform(frozen_default=True)
def state(cls: type[S]) -> type[S]:
    """Make a class a state: a frozen dataclass of tensors [W, ...] that torch knows as a pytree."""
    frozen = dataclass(frozen=True)(cls)
    pytree.register_dataclass(frozen)
    return frozen


def replace(state: S, **changes: Tensor) -> S:
    """A copy of a state with some tensors exchanged."""
    return dataclasses.replace(state, **changes)  # type: ignore[type-var]


def select(mask: Bool[Tensor, "W"], yes: S, no: S) -> S:
    """World by world: `yes` where the mask is True, else `no`. Both are pytrees of tensors [W, ...]."""
    return pytree.tree_map(lambda a, b: torch.where(mask.view(-1, *[1] * (a.dim() - 1)), a, b), yes, no)


@dataclass(frozen=True)
class Head:
    """One choice of a seat: `length` numbers in [0, size). Option 0 is the no-op (stay, silence, no offer).

    A `speech` head is a message: its symbols are spoken one after another and 0 is silence. A `contest` head strikes or
    zaps: a world with one has a peaceful twin.
    """

    size: int
    length: int = 1
    speech: bool = False
    contest: bool = False


@dataclass(frozen=True)
class Spec:
    """What a mind must know of a world: fields of its observation, heads of its action, seats, roles, times.

    Features of all fields are packed into one tensor [W, N, F] in the order of `fields`; `slices` finds a field again.
    Action numbers of all heads are packed into [W, N, K] likewise. `hearing` names the fields that carry what others said:
    losses that remove hearing set them to 0; `reacting` names the heads in which listening should show.
    `episode` is the number of ticks after which a world ends,
    `ends_early` says whether it may end before. `fields` are the union over roles: absent ones are 0. `routes`: who hears
    whom is asked of the channel, listener by listener, so a world of more than two seats can be given `channel.graph`.
    """

    seats: int
    fields: Mapping[str, tuple[int, ...]]
    heads: Mapping[str, Head]
    episode: int
    roles: tuple[str, ...] = ("agent",)
    seat_roles: tuple[int, ...] = ()
    hearing: tuple[str, ...] = ()
    reacting: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()
    ends_early: bool = False
    routes: bool = False

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where each field lies in the packed features."""
        return _slices({name: prod(shape) for name, shape in self.fields.items()})

    @cached_property
    def columns(self) -> dict[str, slice]:
        """Where each head lies in the packed action [.., K]."""
        return _slices({name: head.length for name, head in self.heads.items()})

    @cached_property
    def options(self) -> dict[str, slice]:
        """Where each head's options lie in an action mask [.., A]; the positions of a message share them."""
        return _slices({name: head.size for name, head in self.heads.items()})

    @cached_property
    def role_names(self) -> tuple[str, ...]:
        """The role of each seat [N], by name."""
        return tuple(self.roles[role] for role in self.seat_roles or (0,) * self.seats)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many options each of the K action numbers has; the positions of a message have as many each."""
        return tuple(head.size for head in self.heads.values() for _ in range(head.length))

    @property
    def features(self) -> int:
        """F, the length of a seat's packed observation."""
        return sum(prod(shape) for shape in self.fields.values())

    @property
    def numbers(self) -> int:
        """K, the numbers of a seat's packed action."""
        return sum(head.length for head in self.heads.values())

    def pack(self, action: Action) -> Int[Tensor, "W N K"]:
        """Heads to one tensor; a head of length 1 is [W, N], a longer one [W, N, length]."""
        lead = next(iter(action.values())).shape[:2]
        return torch.cat([action[name].reshape(*lead, -1) for name in self.heads], dim=-1)

    def unpack(self, packed: Int[Tensor, "W N K"]) -> Action:
        """The inverse of `pack`."""
        parts = {name: packed[..., where] for name, where in self.columns.items()}
        return {name: part if self.heads[name].length > 1 else part[..., 0] for name, part in parts.items()}


def _slices(sizes: Mapping[str, int]) -> dict[str, slice]:
    found, start = {}, 0
    for name, size in sizes.items():
        found[name] = slice(start, start + size)
        start += size
    return found


@dataclass(frozen=True)
class Observation:
    """What seats perceive: packed features, legal options (None: all) and whose turn it is (None: everyone's).

    A seat that is not active acts with the no-op of every head and enters no loss at this tick.
    """

    features: Float[Tensor, "W N F"]
    mask: Bool[Tensor, "W N A"] | None = None
    active: Bool[Tensor, "W N"] | None = None


    def may(self, spec: Spec, head: str) -> Bool[Tensor, "W N"]:
        """Which seats have a choice in this head: it is their turn and another option than the no-op is legal."""
        may = torch.ones(self.features.shape[:2], dtype=torch.bool, device=self.features.device)
        if self.mask is not None:
            may = self.mask[..., spec.options[head]][..., 1:].any(-1)
        return may if self.active is None else may & self.active


@dataclass(frozen=True)
class Outcome:
    """What a tick brought. None stands for all False or all 0, so that a world pays only for what it has.

    reward [W, N]; terminated [W, N]: this seat's life ended (no return flows past it); done [W]: the world ended;
    truncated [W]: the world was cut off (return is bootstrapped); forget [W, N]: clear this seat's memory;
    created, destroyed [W, N, G] integers of goods; illegal [W, N]: a forced option that was replaced by the no-op;
    measures: sums that analysis asks for, each [W, N]; events: a table of `society.record.tables` (trades, contests) ->
    (which seats have a row [W, N], columns [W, N]).
    """

    reward: Float[Tensor, "W N"]
    terminated: Bool[Tensor, "W N"] | None = None
    done: Bool[Tensor, "W"] | None = None
    truncated: Bool[Tensor, "W"] | None = None
    forget: Bool[Tensor, "W N"] | None = None
    created: Int[Tensor, "W N G"] | None = None
    destroyed: Int[Tensor, "W N G"] | None = None
    illegal: Bool[Tensor, "W N"] | None = None
    measures: Mapping[str, Tensor] = field(default_factory=dict)
    events: Mapping[str, tuple[Tensor, Mapping[str, Tensor]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """What a viewer draws: a coloured grid (or none) and a sprite for each seat.

    cells [W, H, Wd] uint8 index `legend`, whose entries are (name, hex colour); x, y [W, N] are in cells, whose centres are
    whole numbers, and NaN where a seat is not there; `said` [W, N] is the first symbol spoken (0 silence); `values` are
    integers that a viewer prints beside a seat, each [W, N]. `wraps`: the world is a torus. `sizes`: diameters in cells,
    one for each of `kinds`; with them, cells are pixels of a picture and not places of a grid.
    """

    height: int
    width: int
    x: Tensor
    y: Tensor
    cells: Tensor | None = None
    legend: tuple[tuple[str, str], ...] = ()
    kind: Tensor | None = None
    kinds: tuple[tuple[str, str], ...] = ()
    said: Tensor | None = None
    values: Mapping[str, Tensor] = field(default_factory=dict)
    wraps: bool = True
    sizes: tuple[float, ...] = ()


@dataclass(frozen=True)
class Script:
    """A reference agent: (state, observation, key) -> action for every seat. `privileged` ones read the hidden state."""

    act: Callable[[State, Observation, Keys], Action]
    summary: str
    privileged: bool = False


@dataclass(frozen=True)
class Parts:
    """The components that a scenario is given. A condition exchanges one of them and touches nothing else.

    `split` says which of its tasks are drawn, in a scenario that holds some out: "train" never draws those held out.
    """

    channel: Channel
    market: Market
    contest: Contest
    split: Literal["train", "all"] = "train"


class Scenario(ABC):
    """A world as pure functions. A file in `scenarios/` ends with `scenario = ThatClass`.

    `Config` is its own frozen schema; `PRESETS` are partial configurations by name ("default" and "quick" are expected);
    `declared` says, as plain JSON, what analysis must know: the headline measure, the
    anchors, the primary contrasts (see `society.analysis.declared`).
    """

    Config: ClassVar[type[Frozen]] = Frozen
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {"default": {}}
    spec: Spec
    declared: Mapping[str, Any]

    def __init__(self, config: Any, parts: Parts):
        self.config = config
        self.parts = parts

    @abstractmethod
    def reset(self, key: Keys) -> State:
        """The state [W, ...] in which an episode begins."""

    @abstractmethod
    def step(self, state: State, action: Action, key: Keys) -> tuple[State, Outcome]:
        """One tick for all worlds. Pure: the same arguments give the same result."""

    @abstractmethod
    def observe(self, state: State) -> Observation:
        """What every seat perceives in this state."""

    def scene(self, state: State) -> Scene | None:
        """What a viewer draws of this state; None if there is nothing to draw."""
        return None

    def stock(self, state: State) -> Int[Tensor, "W N G"] | None:
        """Goods held by each seat, for the conservation check; None in a world without goods."""
        return None

    def meanings(self, state: State) -> Mapping[str, Tensor]:
        """What a speaker alone knows, each [W, N] integers: the meanings that analysis sets against messages."""
        return {}

    def life(self, state: State) -> Int[Tensor, "W N"] | None:
        """A number for each seat's present life, unique in its world; None where lives are episodes."""
        return None

    @property
    def offers(self) -> Int[Tensor, "O 4"] | None:
        """What each option of the head `offer` means (give, want, units given, units wanted); None without such a head."""
        return None

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """Names, for people who play: of a head's options (`head.move`), of the last axis of a field (`field.ripe`)."""
        if self.offers is None:
            return {}
        goods = self.spec.goods
        named = (f"{a} {goods[give]} for {b} {goods[want]}" for give, want, a, b in self.offers.tolist()[1:])
        return {"head.offer": ("no offer", *named)}

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Reference agents by name."""
        return {}

    def to(self, device: torch.device) -> Scenario:
        """Move constant tables to a device, in place; a scenario without tables is on every device."""
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(self, name, value.to(device))
        return self
