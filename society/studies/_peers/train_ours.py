"""Our side of training: whole updates by the engine's own loop, one seed, or several laid one to a core, as by `--seeds`."""

from __future__ import annotations

from typing import Any

from society.studies._peers import crew
from society.studies._peers.child import Round


def begin(config: Any, work: dict[str, Any]) -> Round:
    """A round trains every seed from its beginning, for `updates` updates; the first makes one, which is when it compiles.

    It tells each update's return of an episode and seat.
    """
    seeds = work["seeds"]
    return crew.begin([{**work, "seeds": [seed]} for seed in seeds]) if len(seeds) > 1 else _one(config, work)


def _one(config: Any, work: dict[str, Any]) -> Round:
    from society.engine.rollout import Clock
    from society.engine.training import Training

    fresh = config.model_copy(update={"seed": work["seeds"][0]})
    compiled: Training | None = None

    def play() -> tuple[int, dict[str, Any]]:
        nonlocal compiled
        run = Training(fresh)
        updates = work["updates"] if compiled else 1
        if compiled:
            run.learner, run.acting = compiled.learner, compiled.acting
        compiled, curve = run, []
        for _ in range(updates):
            got, _ = run.update(Clock())
            curve.append(float(got.earned.mean()) * run.scenario.spec.episode)
        return updates * run.steps_per_update, {"curves": [curve]}

    return play
