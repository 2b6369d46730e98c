"""What a PettingZoo environment offers, in our terms: seats, roles, features, options. No world by itself, no torch.

N seats, F features, K action numbers, A options over all of them.
"""

from __future__ import annotations

import ast
import importlib
import math
import os
import re
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

Encoder = Callable[[Any], np.ndarray]  # an observation -> its features [n]
OPTION = re.compile(r"^[A-Za-z_]\w*=")
FOREIGN = (Exception, SystemExit)  # somebody else's code may raise anything; only an interruption is the user's
MOST_FEATURES = 2**20  # of an observation: more is a mistake, and a few worlds of it would fill the memory
LONGEST = 10_000  # ticks of an episode
DISTRIBUTIONS = {"pygame": "pygame-ce"}  # packages that pip knows under another name than import does


class EnvError(ValueError):
    """An environment that cannot be had, or that failed: one line that names it and the remedy."""


@dataclass(frozen=True)
class Origin:
    """Which environment: a module with a `parallel_env`, its options as "name=value", and every how many pixels are seen."""

    env: str
    options: tuple[str, ...] = ()
    stride: int = 1

    def make(self) -> Any:
        """A new environment. Raises `EnvError`.

        One is never closed: in a process that has many, `close` of some shuts down what all of them draw with.
        """
        # without a screen, and without the banner that pygame prints where our JSON goes
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
        maker, given = self._maker(), read_options(self.options)
        try:
            try:
                return maker(**given, render_mode="rgb_array")
            except TypeError as error:
                if "render_mode" not in str(error):
                    raise
                return maker(**given)
        except FOREIGN as error:
            shown = ", ".join(self.options) or "no options"
            raise EnvError(f"world.options: {self.env} cannot be made with {shown}: {one_line(error)}") from error

    def _maker(self) -> Callable[..., Any]:
        if os.getcwd() not in sys.path:
            sys.path.append(os.getcwd())  # a user's own environment, also where society is started by its script
        try:
            with warnings.catch_warnings():
                # PettingZoo would rather be asked through its registry, which knows no environment of other packages
                warnings.simplefilter("ignore", DeprecationWarning)
                maker = getattr(importlib.import_module(self.env), "parallel_env", None)
        except ImportError as error:
            raise EnvError(f"world.env = {self.env!r}: {_missing(self.env, error)}") from error
        except FOREIGN as error:
            raise EnvError(f"world.env = {self.env!r} cannot be imported: {one_line(error)}") from error
        if not callable(maker):
            raise EnvError(f"world.env = {self.env!r} has no parallel_env; name a module that has one, as mpe2.simple_spread_v3")
        made: Callable[..., Any] = maker
        return made


def _missing(env: str, error: ImportError) -> str:
    """What to do about a module that is not there: install its package, or name another."""
    root, lacks = env.partition(".")[0], (error.name or "").partition(".")[0]
    if not lacks or (lacks == root and error.name != root):  # the package is there, and no such module in it
        return f"no such module; name one of those that {root} has ({one_line(error)})"
    return f"needs the package {lacks}: pip install {DISTRIBUTIONS.get(lacks, lacks)}"


def read_options(options: tuple[str, ...]) -> dict[str, Any]:
    """("max_cycles=25", "obs_method=vector") -> {"max_cycles": 25, "obs_method": "vector"}; what is no literal is text."""

    def read(text: str) -> Any:
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text

    pairs = (option.partition("=") for option in options)
    return {name: read(value) for name, _, value in pairs}


def one_line(error: BaseException) -> str:
    """An exception as one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


@dataclass(frozen=True)
class Seat:
    """One agent: its name, role, how its observation becomes features [width], how many options each number has.

    `first` is what a space adds to its options; `masked`: its observations say which options are legal.
    """

    name: str
    role: str
    encode: Encoder
    width: int
    sizes: tuple[int, ...]
    first: tuple[int, ...]
    masked: bool
    discrete: bool


@dataclass(frozen=True)
class Layout:
    """All agents of an environment, in the order of `possible_agents`; how long it says that it lasts (0: it does not)."""

    seats: tuple[Seat, ...]
    cycles: int
    renders: bool

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The roles in the order of their first seats."""
        return tuple(dict.fromkeys(seat.role for seat in self.seats))

    @cached_property
    def seat_roles(self) -> tuple[int, ...]:
        """Each seat's role by number."""
        return tuple(self.roles.index(seat.role) for seat in self.seats)

    @cached_property
    def width(self) -> int:
        """Features of the widest observation, to which the others are padded with 0."""
        return max(seat.width for seat in self.seats)

    @cached_property
    def features(self) -> int:
        """F: an observation and, where there are several roles, which one it is."""
        return self.width + (len(self.roles) if len(self.roles) > 1 else 0)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Options of each action number [K], of whoever has most."""
        longest = max(len(seat.sizes) for seat in self.seats)
        return tuple(max((*seat.sizes, *[1] * longest)[k] for seat in self.seats) for k in range(longest))

    @cached_property
    def masked(self) -> bool:
        """Whether anything is ever illegal: an environment says so, or a seat has fewer options than another."""
        return any(seat.masked or seat.sizes != self.sizes for seat in self.seats)


def describe(origin: Origin, env: Any) -> Layout:
    """The layout of an environment. Raises `EnvError` for spaces that are none of ours."""
    names = tuple(getattr(env, "possible_agents", None) or ())
    if not names:
        raise EnvError(f"world.env = {origin.env!r} names no possible_agents, so its seats are not known")
    if len(set(names)) < len(names):
        raise EnvError(f"world.env = {origin.env!r} names an agent twice in possible_agents: {', '.join(map(str, names))}")
    spaces = {name: (env.observation_space(name), env.action_space(name)) for name in names}
    kinds: dict[str, set[str]] = {}
    for name in names:
        kinds.setdefault(_role(name), set()).add(str(spaces[name]))
    # agents of one name and different spaces are of different roles
    roles = {name: _role(name) if len(kinds[_role(name)]) == 1 else str(name) for name in names}
    seats = tuple(_seat(origin, name, roles[name], *spaces[name]) for name in names)
    bare = getattr(env, "unwrapped", env)
    cycles = read_options(origin.options).get("max_cycles", getattr(bare, "max_cycles", None))
    return Layout(
        seats,
        cycles if isinstance(cycles, int) and cycles > 0 else 0,
        getattr(bare, "render_mode", None) == "rgb_array",
    )


def _role(name: Any) -> str:
    """An agent's name without its number: "archer_0" -> "archer"."""
    return re.sub(r"_?\d+$", "", str(name)) or str(name)


def _seat(origin: Origin, name: Any, role: str, sees: Any, does: Any) -> Seat:
    from gymnasium import spaces

    masked = isinstance(sees, spaces.Dict)
    if masked:
        if set(sees.spaces) != {"observation", "action_mask"}:
            had = ", ".join(sees.spaces)
            raise EnvError(f"{origin.env}: {name} observes a Dict of {had}; only observation with action_mask is understood")
        sees = sees.spaces["observation"]
    encode, width = _encoder(origin, name, sees)
    sizes, first = _options(origin, name, does)
    if masked and len(sizes) > 1:
        raise EnvError(f"{origin.env}: {name} has an action_mask and {does}; only a mask of Discrete actions is understood")
    return Seat(name, role, encode, width, sizes, first, masked, isinstance(does, spaces.Discrete))


def _encoder(origin: Origin, name: Any, space: Any) -> tuple[Encoder, int]:
    from gymnasium import spaces

    shape = (space.n,) if isinstance(space, spaces.Discrete) else getattr(space, "shape", None) or ()
    if math.prod(map(int, shape)) > MOST_FEATURES * origin.stride**2:
        raise EnvError(
            f"{origin.env}: {name} observes {math.prod(map(int, shape))} numbers; {MOST_FEATURES} is the most: "
            "see less of a picture by world.stride, or wrap the environment"
        )
    if isinstance(space, spaces.Discrete):
        return partial(_one_hot, size=int(space.n), start=int(space.start)), int(space.n)
    if isinstance(space, spaces.Box):
        picture = space.dtype == np.uint8
        stride = origin.stride if picture and len(space.shape) > 1 else 1
        encode = partial(_flat, stride=stride, scale=1 / 255 if picture else 1.0)
        return encode, len(encode(np.zeros(space.shape, space.dtype)))
    raise EnvError(
        f"{origin.env}: {name} observes {type(space).__name__}; only Box, Discrete and a Dict of observation and "
        "action_mask are understood: wrap the environment so that it gives one of them"
    )


def _one_hot(value: Any, size: int, start: int) -> np.ndarray:
    hot = np.zeros(size, np.float32)
    hot[int(value) - start] = 1.0
    return hot


def _flat(value: Any, stride: int, scale: float) -> np.ndarray:
    array = np.asarray(value)
    array = array[::stride, ::stride] if stride > 1 else array
    flat = array.reshape(-1).astype(np.float32)
    return flat if scale == 1.0 else flat * np.float32(scale)


def _options(origin: Origin, name: Any, space: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many options each number of an action has, and the first of each."""
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return (int(space.n),), (int(space.start),)
    if isinstance(space, spaces.MultiDiscrete) and len(space.shape) == 1 and len(space.nvec):
        start = getattr(space, "start", np.zeros_like(space.nvec))
        return tuple(int(n) for n in space.nvec), tuple(int(n) for n in start)
    remedy = "many environments have an option for it, such as continuous=False or continuous_actions=False"
    kind = type(space).__name__ if not isinstance(space, spaces.MultiDiscrete) else str(space)
    raise EnvError(f"{origin.env}: {name} acts in {kind}; only Discrete and MultiDiscrete actions are understood: {remedy}")


def legal(seat: Seat, sizes: tuple[int, ...], observation: Any) -> np.ndarray:
    """Which of all options [A] a seat has, its own mask heeded. Whoever has none may take option 0."""
    own = (*seat.sizes, *[1] * (len(sizes) - len(seat.sizes)))
    parts = [np.arange(size) < had for size, had in zip(sizes, own, strict=True)]
    if seat.masked and isinstance(observation, Mapping):
        said = np.asarray(observation["action_mask"]).astype(bool)
        parts[0][: len(said)] &= said
    for part in parts:
        part[0] |= not part.any()
    return np.concatenate(parts)
