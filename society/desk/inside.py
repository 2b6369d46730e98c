"""Inside a mind: what a seat perceived, what return it expected, and how likely each of its options was."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..engine.probes import replay as likely
from ..engine.rollout import Minds, Tick
from ..population.matchmaking import Seating
from ..record.letters import Arrays
from ..world.scenario import Scenario
from ..world.worlds import legalise
from .questions import Inside, speech
from .recorded import compare
from .replays import Replay


def inside(replay: Replay, asked: Inside) -> tuple[dict[str, Any], Arrays]:
    """Facts and arrays as the package's first lines list them."""
    spec, w, s = replay.spec, asked.world, asked.seat
    course = replay.course(asked.condition)
    found = list(course.ticks(asked.first, asked.last))
    rows = [_row(tick, course.minds, w, s) for _, tick in found]
    column = {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
    arrays: Arrays = {"tick": np.array([t for t, _ in found], np.int32), "active": column["active"].numpy().astype(np.uint8)}
    arrays |= {name: _numbers(column[name]) for name in ("value", "reward")}
    arrays |= {f"field.{name}": _numbers(column["features"][:, where]) for name, where in spec.slices.items()}
    arrays |= {f"did.{name}": column["did"][:, where].numpy().astype(np.int32) for name, where in spec.columns.items()}
    mind = int(course.minds.seating.mind[w, s])
    arrays |= {f"head.{name}": probs for name, probs in _options(course.minds, mind, column).items()}
    same = compare(replay.run, asked.condition, replay.config.seed, w, found)
    return described(replay.evaluation.plain) | {"mind": mind} | same, arrays


def described(world: Scenario) -> dict[str, Any]:
    """The names and sizes of what a seat perceives and may do, as plain JSON."""
    spec = world.spec
    return {
        "fields": [[name, where.stop - where.start] for name, where in spec.slices.items()],
        "shapes": [[name, list(shape)] for name, shape in spec.fields.items()],
        "hearing": list(spec.hearing),
        "heads": [[name, head.size, head.length] for name, head in spec.heads.items()],
        "speech": speech(spec) or "",
        "labels": {key: list(names) for key, names in world.labels.items()},
    }


def _row(tick: Tick, minds: Minds, w: int, s: int) -> dict[str, Tensor]:
    """What one tick was for one seat."""
    seen, turn = tick.seen, tick.turn
    assert turn.decision is not None  # minds acted
    did, _ = legalise(turn.packed, seen, tick.worlds.scenario.spec)
    row = {
        "features": seen.features[w, s],
        "memory": tick.memory[w, s],
        "action": turn.packed[w, s],
        "did": did[w, s],
        "value": minds.seating.scatter(turn.decision.value)[w, s],
        "reward": tick.outcome.reward[w, s],
        "active": torch.tensor(True) if seen.active is None else seen.active[w, s],
    }
    if seen.mask is not None:
        row["mask"] = seen.mask[w, s]
    return {name: value.detach().cpu() for name, value in row.items()}


def _options(minds: Minds, mind: int, column: dict[str, Tensor]) -> dict[str, np.ndarray]:
    """Probabilities [T, positions, options] of each head: one mind, whose ticks are rows of one batch."""
    device = minds.population.weights.device
    at = {name: column[name][:, None].to(device) for name in ("features", "action", "memory")}
    mask = column["mask"][:, None].to(device) if "mask" in column else None
    alone = minds.population.take(torch.tensor([mind], device=device))
    seating = Seating.of(torch.zeros(len(at["action"]), 1, dtype=torch.long, device=device), 1)
    with torch.no_grad():
        found = likely(Minds(alone, seating, minds.temperature), at["features"], mask, at["action"], at["memory"])
    return {name: _numbers(logits[0, 0].float().softmax(-1)) for name, logits in found.logits.items()}


def _numbers(tensor: Tensor) -> np.ndarray:
    return tensor.float().cpu().numpy()
