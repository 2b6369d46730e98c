"""Our side with a process for each core: how this project uses a machine, several runs beside one another.

Works are laid one to a core, the rest behind them; a round ends when the last of them has ended.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from society.studies._peers.child import Round, peak_mib


def begin(works: list[dict[str, Any]]) -> Round:
    """A round of all works, each in a process of its own; the first round starts them and plays theirs.

    It tells the agent-steps of all, the memory of all processes together, and their curves, if they tell any.
    """
    from society.studies._peers.side import Side, command

    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(works[0]["cores"]))
    lanes = [
        [Side("ours", command("ours"), {**work, "cores": 1, "core": core}) for work in works[place :: len(cores)]]
        for place, core in enumerate(cores)
    ]
    begun = False

    def take_turns(lane: list[Side]) -> list[dict[str, Any]]:
        return [side.go() if begun else {"agent_steps": bool(side.__enter__()), "peak_rss_mb": 0} for side in lane]

    def play() -> tuple[int, dict[str, Any]]:
        nonlocal begun
        with ThreadPoolExecutor(len(lanes)) as pool:
            told = [answer for answers in pool.map(take_turns, lanes) for answer in answers]
        begun = True
        curves = [curve for one in told for curve in one.get("curves", ())]
        peak = peak_mib() + sum(one["peak_rss_mb"] for one in told)  # and this process, which holds torch too
        return sum(one["agent_steps"] for one in told), {"curves": curves, "peak_rss_mb": peak}

    return play
