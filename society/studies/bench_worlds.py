"""Particle worlds beside VMAS, JaxMARL and mpe2: agent-steps a second under random actions, observations made each step.

The same agents, landmarks and episodes of 25 steps everywhere. Each side draws its random actions in its own quickest way.
"""

from __future__ import annotations

from typing import Any

from society.studies._peers.versus import Work, rows

SCENARIOS = ("simple_spread", "simple_speaker_listener", "simple_reference")
STEPS = {1: 1000, 32: 1000, 1024: 200, 16384: 50}  # of a round, whole episodes
NOTE = (
    "JaxMARL compiles, and makes a reset of every world in every step, to take where one ended; ours makes resets when a world "
    "ended, and VMAS is reset by us, all worlds at once. Ours draws a goal for each world, VMAS one for all; VMAS's agents have "
    "9 moves (both axes at once), others 5. mpe2 and JaxMARL append the silent agents' zeros to what simple_spread's agents see "
    "(18 numbers; ours and VMAS 14). Ours makes a no-op of illegal actions and reads, once a step, whether a world ended. A peer "
    "that has no batch is played one world at a time."
)


def bench(quick: bool) -> dict[str, Any]:
    """Rows of rates, of first rounds and of memory; `quick` is simple_spread alone, at 1 and 1,024 worlds."""
    rounds = 3 if quick else 5
    return {"name": "worlds", "rows": [row for one in _works(quick) for row in rows(one, rounds)], "note": NOTE}


def _works(quick: bool) -> list[Work]:
    batched: dict[str, dict[str, Any]] = {"vmas": {}, "jaxmarl": {}}
    works = []
    for scenario in SCENARIOS[:1] if quick else SCENARIOS:
        for worlds in (1024,) if quick else (32, 1024, 16384):
            told = _told(scenario, worlds)
            works.append(Work(f"{scenario}, {worlds:,} worlds", told, batched, costs=scenario == SCENARIOS[0]))
        works.append(Work(f"{scenario}, one world", _told(scenario, 1), {"mpe2": {}}))
    spread = _told(SCENARIOS[0], 1024)
    works.append(Work("simple_spread, 1,024 worlds of ours, one of mpe2's", spread, {"mpe2": _told(SCENARIOS[0], 1)}))
    if not quick:
        works.append(Work("simple_spread, 1,024 worlds, one core", spread, batched, cores=1))
    return works


def _told(scenario: str, worlds: int) -> dict[str, Any]:
    return {"kind": "play", "scenario": scenario, "worlds": worlds, "steps": STEPS[worlds], "seed": 0}
