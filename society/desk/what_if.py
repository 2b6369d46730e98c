"""What if it had said something else: the listeners' action probabilities under do(message), beside those as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..engine import build
from ..engine.probes import reactions, said_with_probability
from ..engine.rollout import Minds, Tick
from ..record.letters import Arrays
from ..world.interventions import Do
from .questions import Unanswerable, WhatIf, speech
from .recorded import compare
from .replays import Replay


def what_if(replay: Replay, asked: WhatIf) -> tuple[dict[str, Any], Arrays]:
    """Facts and arrays as the package's first lines list them. Unanswerable where the speaker could not speak."""
    course = replay.course("normal")
    found = list(course.ticks(asked.tick, asked.tick))
    tick, minds, w = found[0][1], course.minds, asked.world
    spec = replay.spec
    name = speech(spec)
    assert name is not None  # the question was checked
    if not bool(tick.seen.may(spec, name)[w, asked.speaker]):
        raise Unanswerable(f"seat {asked.speaker} of world {w} cannot speak at tick {asked.tick}: choose another moment")
    said = tick.turn.packed[w, asked.speaker, spec.columns[name]]
    message = torch.tensor(asked.message, device=said.device)
    with torch.no_grad():
        before, reacts = _reactions(replay, minds, tick, asked, said)
        after, _ = _reactions(replay, minds, tick, asked, message)
        chances = [said_with_probability(minds, tick, name, asked.speaker, option)[w] for option in (said, message)]
    facts = {
        "said": said.tolist(),
        "p_said": float(chances[0]),
        "p_message": float(chances[1]),
        "listeners": [seat for seat in range(spec.seats) if seat != asked.speaker],
        "heads": [[head, table.shape[1]] for head, table in before.items()],
        "reacts": reacts,
    }
    arrays = {f"before.{head}": table for head, table in before.items()}
    arrays |= {f"after.{head}": table for head, table in after.items()}
    return facts | compare(replay.run, "normal", replay.config.seed, w, found), arrays


def _reactions(
    replay: Replay, minds: Minds, tick: Tick, asked: WhatIf, message: Tensor
) -> tuple[dict[str, np.ndarray], dict[str, list[bool]]]:
    """Probabilities [listeners, options] by head after this message, and who of them has a choice in that head."""
    split = tick.worlds.scenario.parts.split
    changed = build.scenario(replay.config, intervention=Do(asked.speaker, message), split=split)
    others = [seat for seat in range(replay.spec.seats) if seat != asked.speaker]
    found = {head: (probs, may) for head, probs, may in reactions(minds, tick, changed)}
    tables = {head: probs[asked.world, others].float().cpu().numpy() for head, (probs, _) in found.items()}
    return tables, {head: may[asked.world, others].tolist() for head, (_, may) in found.items()}
