"""The rates that this project set itself, by the whole machine: a process for each core, random actions, observations made.

Peers stand beside us in the other benchmarks; here is only whether we reach what was asked.
"""

from __future__ import annotations

from typing import Any

from society.studies._peers.versus import Work, rows

# scenario, worlds of a process, ticks of a round, what was asked of the machine
TARGETS = (
    ("simple_speaker_listener", 1024, 200, 3e6),
    ("simple_speaker_listener", 16384, 25, 10e6),
    ("simple_reference", 1024, 200, 3e6),
    ("simple_reference", 16384, 25, 10e6),
    ("commons_harvest", 1024, 50, 2e6),
    ("clean_up", 1024, 50, 2e6),
    ("double_auction", 1024, 50, 1e6),
    ("negotiation", 4096, 50, 2e6),
)
# ten traders; and a game of turns, in which only who moves takes a step
TOLD: dict[str, dict[str, Any]] = {
    "double_auction": {"fields": {"world.values": (160, 145, 130, 115, 100), "world.costs": (40, 55, 70, 85, 100)}},
    "negotiation": {"turns": True},
}


def bench(quick: bool) -> dict[str, Any]:
    """A row for each target: agent-steps a second of all processes together, and the ratio to what was asked."""
    rounds = 3 if quick else 7
    return {"name": "targets", "rows": [row for target in TARGETS for row in _rows(*target, rounds=rounds)]}


def _rows(scenario: str, worlds: int, ticks: int, asked: float, rounds: int) -> list[dict[str, Any]]:
    told = {"kind": "play", "crew": True, "scenario": scenario, "worlds": worlds, "steps": ticks, "seed": 0}
    found = rows(Work(f"{scenario}, {worlds:,} worlds a process", told | TOLD.get(scenario, {})), rounds)
    return [row | {"peer": "asked", "peer_value": asked, "ratio": row["ours"] / asked if row["ours"] else None} for row in found]
