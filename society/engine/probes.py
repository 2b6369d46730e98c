"""pi(. | s, do(m)): what listeners would do if a speaker had said something else, for the causal metrics.

A probe replays one tick with one seat's message set to each alternative in turn, everything else the same (pure worlds,
same keys), and asks every other seat for its action probabilities afterwards. It needs networks, so it is written here, as
a table, and analysed elsewhere as arrays.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..config import Config
from ..population.population import Replay
from ..world.interventions import Do
from . import build
from .rollout import Minds, Tick

SPEAKERS = 2  # seats probed as speaker in each recorded world
SAMPLED = 8  # messages tried where there are too many to try all


def probe(config: Config, tick: Tick, minds: Minds, leading: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Columns of `probes` for the recorded worlds at this tick; one block for each speaker, option and head."""
    spec = tick.worlds.scenario.spec
    name = next((n for n, h in spec.heads.items() if h.speech), None)
    count = min(config.evaluation.recorded_worlds, config.evaluation.worlds)
    if name is None or not count:
        return
    said = tick.turn.packed[..., spec.columns[name]]
    for speaker in range(min(SPEAKERS, spec.seats)):
        may = tick.seen.may(spec, name)[:count, speaker]
        if not bool(may.any()):
            continue
        options = _options(said[:, speaker], spec.heads[name].size, spec.heads[name].length)
        fresh = first_of_each(options, said[:, speaker])
        own = torch.stack([said_with_probability(minds, tick, name, speaker, option) for option in options], -1) * fresh
        own = own / own.sum(-1, keepdim=True).clamp(min=1e-30)
        for number, option in enumerate(options):
            split = tick.worlds.scenario.parts.split
            changed = build.scenario(config, intervention=Do(speaker, option), split=split)
            for head, probs, reacts in reactions(minds, tick, changed):
                rows = _rows(leading, spec.seats, count, speaker, number, own[:, number], option, head, probs, minds)
                asked = (may & fresh[:count, number])[:, None]
                keep = (asked & reacts[:count, _others(spec.seats, speaker)]).flatten().cpu().numpy()
                yield {key: value[keep] if isinstance(value, np.ndarray) else value for key, value in rows.items()}


def can_speak(tick: Tick) -> bool:
    """Whether any seat could say something at this tick."""
    spec = tick.worlds.scenario.spec
    return any(bool(tick.seen.may(spec, name).any()) for name, head in spec.heads.items() if head.speech)


def _others(seats: int, speaker: int) -> Tensor:
    return torch.tensor([seat for seat in range(seats) if seat != speaker])


def _options(said: Tensor, symbols: int, length: int) -> list[Tensor]:
    """Every symbol [L] or, for longer messages, what this world's and other worlds' speakers said just now, and silence."""
    if length == 1:
        return [torch.tensor([symbol], device=said.device) for symbol in range(symbols)]
    return [*(said.roll(shift, 0) for shift in range(min(SAMPLED, len(said)))), torch.zeros_like(said[0])]


def first_of_each(options: list[Tensor], said: Tensor) -> Tensor:
    """Which options [W, O] no earlier one repeats; each is [L] or [W, L] like `said`. What many say is one alternative."""
    tried = torch.stack([option.expand_as(said) for option in options], 1)
    same = (tried[:, :, None] == tried[:, None]).all(-1)  # [W, O, O]
    return ~same.tril(-1).any(-1)


def replay(minds: Minds, features: Tensor, mask: Tensor | None, action: Tensor, memory: Tensor) -> Replay:
    """What every seat [W, N, ...] is likely to do in one tick, [P, 1, R, ...]; messages go on from `action`."""
    gather = minds.seating.gather
    forget = torch.zeros(*action.shape[:2], dtype=torch.bool, device=action.device)
    found = minds.population.policy.evaluate(
        minds.population.weights,
        gather(features)[:, None],
        None if mask is None else gather(mask)[:, None],
        gather(action)[:, None],
        gather(memory),
        gather(forget)[:, None],
    )
    # greedy minds are probed as nearly greedy ones: probabilities of 0 say nothing of what else might have been done
    warm = max(minds.temperature, 0.01)
    return dataclasses.replace(found, logits={head: logits / warm for head, logits in found.logits.items()})


def said_with_probability(minds: Minds, tick: Tick, name: str, speaker: int, option: Tensor) -> Tensor:
    """Probability [W] that the speaker's own policy says `option` in this state."""
    spec = tick.worlds.scenario.spec
    action = tick.turn.packed.clone()
    action[:, speaker, spec.columns[name]] = option
    found = replay(minds, tick.seen.features, tick.seen.mask, action, tick.memory)
    logs = found.logits[name].log_softmax(-1)  # [P, 1, R, L, V]
    message = minds.seating.gather(action[..., spec.columns[name]])[:, None]
    logp = logs.gather(-1, message[..., None])[..., 0].sum(-1)[:, 0]
    return minds.seating.scatter(logp)[:, speaker].exp()


def reactions(minds: Minds, tick: Tick, changed: Any) -> Iterator[tuple[str, Tensor, Tensor]]:
    """For every head but speech: action probabilities [W, N, V] after the changed message, and who has a choice [W, N]."""
    spec = changed.spec
    worlds, _, ended = dataclasses.replace(tick.worlds, scenario=changed).step(tick.turn.packed, tick.seen)
    seen = (worlds if ended is None else ended).observe()
    found = replay(minds, seen.features, seen.mask, torch.zeros_like(tick.turn.packed), tick.memory_after)
    for head, shape in spec.heads.items():
        if shape.speech:
            continue
        probs, reacts = minds.seating.scatter(found.logits[head].softmax(-1)[:, 0]), seen.may(spec, head)
        for position in range(shape.length):
            yield (head if shape.length == 1 else f"{head}.{position}"), probs[..., position, :], reacts


def _rows(
    leading: Mapping[str, Any],
    seats: int,
    count: int,
    speaker: int,
    number: int,
    own: Tensor,
    option: Tensor,
    head: str,
    probs: Tensor,
    minds: Minds,
) -> dict[str, Any]:
    """Rows of the listeners, all seats but the speaker, in the first `count` worlds."""
    listeners = _others(seats, speaker)
    silent = (option == 0).all(-1).expand(len(probs))[:count]
    rows = {
        "world": torch.arange(count).repeat_interleave(len(listeners)),
        "listener": listeners.repeat(count),
        "mind": minds.seating.mind[:count].cpu()[:, listeners].flatten(),
        "p_option": own[:count].cpu().repeat_interleave(len(listeners)).double(),
        "silent": silent.cpu().long().repeat_interleave(len(listeners)),
    }
    table = probs[:count].cpu()[:, listeners].flatten(0, 1).double()
    rows |= {f"a{i}": table[:, i] for i in range(table.shape[1])}
    fixed = {"speaker": speaker, "option": number, "head": head}
    return {**leading, **fixed, **{name: column.numpy() for name, column in rows.items()}}
