"""Worlds and the minds that act in them: simple_spread and a network of 2 x 64 units, beside torchrl and JaxMARL.

Every side samples an action and makes its log-probability and a value, which is what a policy gradient collects. And what
independence costs: 16 and 128 minds with weights of their own beside one shared network, at equal rows.
"""

from __future__ import annotations

from typing import Any

from society.studies._peers.side import SHARED
from society.studies._peers.versus import Work, rows

WORLDS, STEPS = 1024, 100
NETWORK = {"population.network.hidden": (64, 64), "population.policy": "mlp", "training.precision": "float32"}
NOTE = (
    "All networks have one trunk for policy and value, SiLU, one for all agents, in float32. torchrl plays VMAS, among "
    "5 of its 9 moves. Ours samples from keyed uniforms, the others from their generators; nothing is stored by any side."
)


def bench(quick: bool) -> dict[str, Any]:
    """Rows of rates at 1,024 worlds; `quick` leaves the one-core row and 16 minds out."""
    rounds = 3 if quick else 5
    told = _told(1)
    peers: dict[str, dict[str, Any]] = {"torchrl": {}, "jaxmarl": {}}
    works = [Work("simple_spread, 1,024 worlds, 2x64 acting", told, peers, costs=True)]
    if not quick:
        works.append(Work("simple_spread, 1,024 worlds, 2x64 acting, one core", told, peers, cores=1))
    for minds in (128,) if quick else (16, 128):
        works.append(Work(f"simple_spread, 1,024 worlds, {minds} minds acting", _told(minds), {SHARED: told}))
    return {"name": "acting", "rows": [row for one in works for row in rows(one, rounds)], "note": NOTE}


def _told(minds: int) -> dict[str, Any]:
    fields = {**NETWORK, "population.minds": minds, "population.matchmaker": "everyone"}
    return {"kind": "act", "scenario": "simple_spread", "worlds": WORLDS, "steps": STEPS, "seed": 0, "fields": fields}
