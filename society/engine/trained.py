"""The minds of a run, taken out of it to live in another world."""

from __future__ import annotations

from pathlib import Path

import torch

from ..config import Config
from ..population.population import Population
from ..record import checkpoint
from ..record.runs import find_run_path
from ..record.store import Run
from ..world.scenario import Scenario
from . import build
from .launch import load_config


def run_config(run: str | Path) -> tuple[Path, Config]:
    """The directory and the config of a run: a path, a name, the beginning of one or "latest" under ./runs.

    Raises ValueError where there is no such run, Damaged.
    """
    path = find_run_path(str(run), Path("runs"))
    return path, load_config(Run(path))


def trained(path: Path, config: Config, world: Scenario) -> Population:
    """The minds of the newest checkpoint, as minds of this world. Raises Damaged; ValueError where they do not fit in it."""
    _, groups, _ = checkpoint.load(path, warnings=lambda line: None)
    device = torch.device(config.device)
    tensors = {name: torch.from_numpy(array).to(device) for name, array in groups["population"].items()}
    policy = build.policy(config, world)
    if tensors["weights"].shape[1] != policy.size:
        raise ValueError(
            f"minds of {path.name}: have {tensors['weights'].shape[1]} weights each, in this world they would have "
            f"{policy.size}; change no field that changes what is seen or done"
        )
    return build.population(config, world).with_tensors(tensors)
