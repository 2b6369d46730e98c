"""Strangers: minds of another run beside one's own, to see whether a convention is shared or private."""

from __future__ import annotations

from pathlib import Path

import torch

from ..config import Config
from ..population.population import Population
from ..record import checkpoint
from ..record.files import Damaged
from ..world.scenario import Scenario


def adopt(config: Config, population: Population, world: Scenario) -> tuple[Population | None, str]:
    """Own minds in rows 0..P-1, the other run's newest in P..2P-1; or None and the reason why that cannot be."""
    path = Path(config.evaluation.strangers)
    try:
        _, groups, _ = checkpoint.load(path)
    except (Damaged, OSError) as error:
        return None, f"strangers cannot be loaded: {error}"
    theirs = {name: torch.from_numpy(array) for name, array in groups["population"].items()}
    if theirs["weights"].shape[1] != population.weights.shape[1]:
        return None, f"{path.name}: its minds have another shape than this run's"
    guests = theirs["weights"][torch.arange(population.minds) % len(theirs["weights"])]
    rows = torch.arange(population.minds).repeat(2)
    both = population.take(rows)
    weights = torch.cat([population.weights, guests.to(population.weights)])
    return both.with_tensors(both.tensors() | {"weights": weights}), ""
