"""Our side of training: whole updates by the engine's own loop, one seed, or several with a process and a core for each.

Several seeds are laid one to a core, as `society run --seeds` does; the round ends when the last of them has ended.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from society.studies._peers.child import Round


def begin(config: Any, work: dict[str, Any]) -> Round:
    """A round trains every seed from its beginning, for `updates` updates; the first makes one, which is when it compiles.

    It tells each update's return of an episode and seat.
    """
    return _several(work) if len(work["seeds"]) > 1 else _one(config, work)


def _one(config: Any, work: dict[str, Any]) -> Round:
    import torch

    from society.engine.rollout import Clock
    from society.engine.training import Training

    fresh = config.model_copy(update={"seed": work["seeds"][0]})
    torch.set_num_threads(work["cores"])
    compiled: Training | None = None

    def play() -> tuple[int, dict[str, Any]]:
        nonlocal compiled
        run = Training(fresh)
        torch.set_num_threads(work["cores"])
        updates = work["updates"] if compiled else 1
        if compiled:
            run.learner, run.acting = compiled.learner, compiled.acting
        compiled, curve = run, []
        for _ in range(updates):
            got, _ = run.update(Clock())
            curve.append(float(got.earned.mean()) * run.scenario.spec.episode)
        return updates * run.steps_per_update, {"curves": [curve]}

    return play


def _several(work: dict[str, Any]) -> Round:
    from society.studies._peers.side import Side, command

    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(work["cores"]))
    alone = {**work, "cores": 1}
    lanes = [
        [Side("ours", command("ours"), {**alone, "seeds": [seed], "core": core}) for seed in work["seeds"][place :: len(cores)]]
        for place, core in enumerate(cores)
    ]
    begun = False

    def take_turns(lane: list[Side]) -> list[dict[str, Any]]:
        return [side.go() if begun else {"agent_steps": bool(side.__enter__()), "peak_rss_mb": 0, "curves": []} for side in lane]

    def play() -> tuple[int, dict[str, Any]]:
        nonlocal begun
        with ThreadPoolExecutor(len(lanes)) as pool:
            told = [answer for answers in pool.map(take_turns, lanes) for answer in answers]
        begun = True
        curves = [curve for one in told for curve in one["curves"]]
        peak = sum(one["peak_rss_mb"] for one in told)
        return sum(one["agent_steps"] for one in told), {"curves": curves, "peak_rss_mb": peak}

    return play
