"""How many seats a world may have: one bazaar of 8 to 10,000 seats, random actions, the same room for each seat."""

from __future__ import annotations

import math
from typing import Any

from society.studies._peers.versus import Work, rows

SEATS = (8, 64, 512, 4096, 10_000)
CELLS = 50  # for each seat, as in the bazaar's own 20 x 20 with 8
NOTE = "Ours alone: no peer has this world. mesa's Sugarscape stands beside ours in `society bench sugarscape`."


def bench(quick: bool) -> dict[str, Any]:
    """A row of agent-steps a second for each number of seats; `quick` stops at 512."""
    works = [_work(seats) for seats in (SEATS[:3] if quick else SEATS)]
    return {"name": "seats", "rows": [row for one in works for row in rows(one, rounds=3)], "note": NOTE}


def _work(seats: int) -> Work:
    fields = {"world.seats": seats, "world.size": round(math.sqrt(CELLS * seats))}
    steps = max(4, 4000 // seats) if seats > 64 else 100
    told = {"kind": "play", "scenario": "bazaar", "worlds": 1, "steps": steps, "seed": 0, "fields": fields}
    return Work(f"bazaar, one world, {seats:,} seats", told)
