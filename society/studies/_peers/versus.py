"""Sides take turns at the same work, round by round, and what they did becomes rows with ratios."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from .environments import NoPeer
from .side import Answer, Side, command

Row = dict[str, Any]
NOBODY: Row = {"peer": "none: it is told", "peer_value": None, "ratio": None, "ratio_min": None, "ratio_max": None}
RATE, SECONDS, MEMORY = "agent-steps/s", "s", "MiB"


@dataclass(frozen=True)
class Work:
    """A row's work: its name, what both sides are told, and what a peer is told instead where it cannot do the same.

    `cores` are those that each side may use; `label` says what differs. `costs`: rows of the first round and of memory too.
    """

    label: str
    told: Mapping[str, Any]
    peers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    cores: int = 2
    costs: bool = False


@dataclass
class Played:
    """What a side did: its first round's seconds and the answers of the others, or why it could not."""

    first_seconds: float = 0.0
    answers: list[Answer] = field(default_factory=list)
    reason: str = ""
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def rates(self) -> list[float]:
        """Agent-steps a second, round by round."""
        return [answer["agent_steps"] / answer["seconds"] for answer in self.answers]

    @property
    def peak(self) -> float:
        """The most memory held, MiB."""
        return max(answer["peak_rss_mb"] for answer in self.answers)


def rows(work: Work, rounds: int) -> list[Row]:
    """Ours beside every peer of this work: `rounds` turns of each, in the order ours, peer, peer, ours, ..."""
    played = play(work, rounds)
    ours = played.pop("ours")
    return [row for peer, theirs in (played or {"": Played()}).items() for row in _beside(work, ours, peer, theirs)]


def play(work: Work, rounds: int) -> dict[str, Played]:
    """Start the sides one after another, let them take turns, end them. It takes a while: what is on is said first."""
    print(f"  {work.label}: ours, {', '.join(work.peers) or 'alone'}", file=sys.stderr, flush=True)
    played = {name: Played() for name in ("ours", *work.peers)}
    with ExitStack() as stack:
        sides = {}
        for name, side in played.items():
            told = {**work.told, **work.peers.get(name, {}), "cores": work.cores}
            try:
                sides[name] = stack.enter_context(Side(name, command(name), told))
                side.first_seconds, side.versions = sides[name].first_seconds, sides[name].versions
            except NoPeer as reason:
                side.reason = str(reason)
        for _ in range(rounds):
            for name in list(sides):
                try:
                    played[name].answers.append(sides[name].go())
                except NoPeer as reason:
                    played[name].reason = str(reason)
                    del sides[name]
    return played


def _beside(work: Work, ours: Played, peer: str, theirs: Played) -> list[Row]:
    found = [row(work.label, RATE, peer, ours.rates if not ours.reason else [], theirs.rates if not theirs.reason else [])]
    if work.costs and not ours.reason and not theirs.reason:
        found += [
            row(f"{work.label}: the first round, compiled", SECONDS, peer, [ours.first_seconds], [theirs.first_seconds]),
            row(f"{work.label}: peak memory of the process", MEMORY, peer, [ours.peak], [theirs.peak]),
        ]
    reason = ours.reason or theirs.reason
    versions = {**ours.versions, **theirs.versions}
    return [one | ({"reason": reason} if reason else {}) | ({"versions": versions} if versions else {}) for one in found]


def row(workload: str, unit: str, peer: str, ours: Sequence[float], theirs: Sequence[float]) -> Row:
    """Medians, and the ratios ours / theirs of each round: median, least, greatest. A side without rounds has no number."""
    told: Row = {"workload": workload, "unit": unit, "ours": statistics.median(ours) if ours else None}
    if not peer:
        return told | NOBODY
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)] if ours and theirs else []
    return told | {
        "peer": peer,
        "peer_value": statistics.median(theirs) if theirs else None,
        "ratio": statistics.median(ratios) if ratios else None,
        "ratio_min": min(ratios, default=None),
        "ratio_max": max(ratios, default=None),
    }
