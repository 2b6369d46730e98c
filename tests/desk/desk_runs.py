"""A folder with one tiny run that speaks, and what it takes to ask about it in this process."""

from pathlib import Path
from typing import Any

import torch
from tiny_runs import finished, tiny

from society.desk.worker import Desk
from society.engine.evaluation import FIRST_WORLD
from society.engine.rollout import Clock, Minds, ticks
from society.record import checkpoint
from society.record.store import Run
from society.world.worlds import Worlds

TICKS = 16
BAZAAR = {
    "world__size": 6, "world__seats": 4, "channel__symbols": 3, "evaluation__ticks": TICKS, "evaluation__frames_ticks": 10,
    "evaluation__scripts": False,
}  # fmt: skip
BRIEF = BAZAAR | {"evaluation__conditions": ("normal",)}


def make(root: Path, scenario: str = "bazaar", name: str = "bazaar-20260101-120000-abcdef", **changes: Any) -> Run:
    """A finished tiny run in `root`."""
    return Run(finished(tiny(scenario, 2, **changes), root / name))


def request(run: Run, **asked: Any) -> dict[str, Any]:
    """A request as the viewer writes it."""
    return {"run": run.name, "control": "", "checkpoint": "now", "seed": run.config["seed"], **asked}


def answer(run: Run, **asked: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answer of a desk that was never asked before."""
    return Desk(run.path.parent).answer(request(run, **asked))


def played_again(run: Run, count: int) -> list[Any]:
    """The normal evaluation by the engine's own loop, from the weights on the disk: nothing of the desk is in it."""
    from society.engine import build
    from society.engine.launch import load_config
    from society.keys import Keys
    from society.population.matchmaking import Seating

    config = load_config(run)
    world = build.scenario(config, split="all")
    tensors = {k: torch.from_numpy(a) for k, a in checkpoint.load(run.path)[1]["population"].items()}
    population = build.population(config, world).with_tensors(tensors)
    key = Keys.worldless(config.seed, "evaluation.seating")
    e = config.evaluation
    mind = build.matchmaker(config)(population.minds, world.spec, e.worlds, key)
    actor = Minds(population, Seating.of(mind, population.minds), e.temperature)
    worlds = Worlds.begin(world, config.seed, torch.arange(FIRST_WORLD, FIRST_WORLD + e.worlds))
    with torch.no_grad():
        return list(ticks(worlds, actor, actor.blank(worlds), count, Clock()))
