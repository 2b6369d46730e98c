"""Memory of a world: how much more a process holds at its highest with 16,384 worlds than with 1,024, for each world more.

What a library holds without any world falls out of the difference; what a step needs for a while does not.
"""

from __future__ import annotations

from typing import Any

from society.studies._peers.versus import Played, Row, Work, play, row

FEW, MANY = 1024, 16384
PEERS: dict[str, dict[str, Any]] = {"vmas": {}, "jaxmarl": {}}
UNIT = "KiB a world"


def bench(quick: bool) -> dict[str, Any]:
    """Rows of simple_spread; `quick` plays one round of it, else three."""
    rounds = 1 if quick else 3
    few, many = (play(_work(worlds), rounds) for worlds in (FEW, MANY))
    return {"name": "memory", "rows": [row for peer in PEERS for row in _rows(peer, few, many)]}


def _work(worlds: int) -> Work:
    told = {"kind": "play", "scenario": "simple_spread", "worlds": worlds, "steps": 25, "seed": 0}
    return Work(f"simple_spread, {worlds:,} worlds", told, PEERS)


def _rows(peer: str, few: dict[str, Played], many: dict[str, Played]) -> list[Row]:
    reason = next((side[name].reason for side in (few, many) for name in ("ours", peer) if side[name].reason), "")
    sides = [(few[name], many[name]) for name in ("ours", peer)]
    whole = [[b.peak] if b.answers and not b.reason else [] for _, b in sides]
    each = [[_each(a, b)] if not a.reason and not b.reason else [] for a, b in sides]
    found = [
        row(f"simple_spread, from {FEW:,} to {MANY:,} worlds", UNIT, peer, *each),
        row(f"simple_spread, {MANY:,} worlds, the whole process", "MiB", peer, *whole),
    ]
    return [one | ({"reason": reason} if reason else {}) for one in found]


def _each(few: Played, many: Played) -> float:
    """KiB for each world more; at least a byte, so that a ratio exists."""
    return max(1 / 1024, (many.peak - few.peak) * 1024 / (MANY - FEW))
