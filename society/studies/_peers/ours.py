"""Our side: `python -m society.studies._peers.ours`.

`play`: random actions in every seat, observations made each tick. `act`: minds decide by the engine's own loop.
`train`: see train_ours. With `crew` the same is done in a process for each core.
"""

from __future__ import annotations

from typing import Any

from society.studies._peers.child import Round, serve


def begin(work: dict[str, Any]) -> Round:
    """The round that the work asks for."""
    if work.pop("crew", False):
        from society.studies._peers import crew

        return crew.begin([work] * work["cores"])
    import torch

    torch.set_num_threads(work["cores"])
    torch.manual_seed(work.get("seed", 0))
    from society.config import resolve
    from society.engine import build

    wanted = {"seed": work.get("seed", 0), "device": "cpu", **work.get("fields", {})}
    config = build.settle(resolve(work["scenario"], work.get("preset", "default"), wanted))
    if work["kind"] == "train":
        from society.studies._peers import train_ours

        return train_ours.begin(config, work)
    return _acting(config, work) if work["kind"] == "act" else _playing(config, work)


def _playing(config: Any, work: dict[str, Any]) -> Round:
    import torch
    from torch import Tensor

    from society.bridges.session import session

    running = session(config, work["worlds"])
    spec, worlds = running.spec, work["worlds"]

    def anything() -> Tensor:
        """A random option for every number of every seat's action; the world makes the no-op of what is illegal."""
        if len(set(spec.sizes)) == 1:
            return torch.randint(spec.sizes[0], (worlds, spec.seats, spec.numbers))
        return torch.stack([torch.randint(size, (worlds, spec.seats)) for size in spec.sizes], dim=-1)

    def play() -> int:
        moves = torch.zeros((), dtype=torch.long)
        for _ in range(work["steps"]):
            if work.get("turns"):
                assert running.seen.active is not None  # a game of turns: only who moves takes a step
                moves += running.seen.active.sum()
            _tick(running, anything())
        return int(moves) if work.get("turns") else work["steps"] * worlds * spec.seats

    return play


def _tick(running: Any, action: Any) -> None:
    """One tick of the worlds, and what is then perceived."""
    running.worlds, _, _ = running.worlds.step(action, running.seen)
    running.seen = running.worlds.observe()


def _acting(config: Any, work: dict[str, Any]) -> Round:
    import torch

    from society.engine import build
    from society.engine.rollout import Clock, Minds, ticks
    from society.keys import Keys
    from society.population.matchmaking import Seating
    from society.world.worlds import Worlds

    scenario = build.scenario(config)
    population = build.population(config, scenario)
    key = Keys.worldless(config.seed, "seating", 0)
    minds = config.population.minds
    seating = Seating.of(build.matchmaker(config)(minds, scenario.spec, work["worlds"], key), minds)
    actor = Minds(population, seating)
    now = Worlds.begin(scenario, config.seed, torch.arange(work["worlds"]))
    memory = actor.blank(now)

    def play() -> int:
        nonlocal now, memory
        for tick in ticks(now, actor, memory, work["steps"], Clock()):
            now, memory = tick.after, tick.memory_after
        return int(work["steps"] * work["worlds"] * scenario.spec.seats)

    return play


if __name__ == "__main__":
    serve(begin, ("torch",))
