"""What may be asked of the desk: untrusted JSON made into questions, every number of it within its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..config import Config
from ..world.scenario import Spec

MOST_TICKS = 1024  # of one question about a seat
TWINS = ("normal", "mute", "content", "relabel", "scramble", "tradeless", "peaceful")


class Unanswerable(ValueError):  # noqa: N818 (it says what is wrong with the question)
    """A question that has no answer; one line that names what was asked, its value and what would do."""


@dataclass(frozen=True)
class Inside:
    """What did `seat` of `world` perceive, expect and intend from tick `first` to `last`, both included?"""

    condition: str
    world: int
    seat: int
    first: int
    last: int


@dataclass(frozen=True)
class WhatIf:
    """What would the others do if `speaker` had said `message` at `tick`?"""

    world: int
    tick: int
    speaker: int
    message: tuple[int, ...]


def question(request: Mapping[str, Any], config: Config, spec: Spec) -> Inside | WhatIf:
    """The question that a request asks of a run with this config. Raises Unanswerable."""
    e = config.evaluation
    kind = request.get("kind")
    if kind not in ("inside", "what_if"):
        raise Unanswerable(f"kind = {_shown(kind)}: ask for inside or what_if")
    seed = whole(request, "seed", 0, 2**63 - 1)
    if seed != config.seed:
        raise Unanswerable(f"seed = {seed}: this run has seed {config.seed}")
    world = whole(request, "world", 0, e.worlds - 1)
    if kind == "inside":
        first = whole(request, "first", 0, e.ticks - 1)
        last = whole(request, "last", first, e.ticks - 1)
        if last - first >= MOST_TICKS:
            raise Unanswerable(f"first = {first}, last = {last}: ask for at most {MOST_TICKS} ticks at once")
        return Inside(_condition(request, config), world, whole(request, "seat", 0, spec.seats - 1), first, last)
    if _condition(request, config) != "normal":
        raise Unanswerable(f"condition = {_shown(request.get('condition'))}: messages are exchanged in normal worlds only")
    tick, speaker = whole(request, "tick", 0, e.ticks - 1), whole(request, "speaker", 0, spec.seats - 1)
    return WhatIf(world, tick, speaker, _message(request, spec))


def speech(spec: Spec) -> str | None:
    """The head that speaks, if the world has a channel."""
    return next((name for name, head in spec.heads.items() if head.speech), None)


def whole(request: Mapping[str, Any], name: str, least: int, most: int) -> int:
    """An integer of the request within its bounds."""
    value = request.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Unanswerable(f"{name} = {_shown(value)}: an integer from {least} to {most} is needed")
    return value


def _condition(request: Mapping[str, Any], config: Config) -> str:
    """The condition; that of a control is its own and no other."""
    asked = request.get("condition")
    there = TWINS if config.condition == "normal" else (config.condition,)
    if not isinstance(asked, str) or asked not in there:
        raise Unanswerable(f"condition = {_shown(asked)}: it can be played again for {', '.join(there)}")
    return asked


def _message(request: Mapping[str, Any], spec: Spec) -> tuple[int, ...]:
    name, said = speech(spec), request.get("message")
    if name is None:
        raise Unanswerable("this world has no channel: nothing is said in it")
    head = spec.heads[name]
    good = isinstance(said, list) and len(said) == head.length
    if not good or not all(type(symbol) is int and 0 <= symbol < head.size for symbol in said or ()):
        raise Unanswerable(f"message = {_shown(said)}: {head.length} symbols from 0 to {head.size - 1} are needed")
    return tuple(said or ())


def _shown(value: object) -> str:
    """Any value in a few characters of one line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else f"{text[:37]}..."
