"""Frozen minds that talk and move in a matrix game: what they said, did and got, and what their words would change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from society.analysis import language
from society.analysis.statistics import Array
from society.config import Config
from society.engine import build
from society.engine.rollout import Minds
from society.engine.training import Training
from society.keys import Keys
from society.population.matchmaking import Seating
from society.population.population import Population
from society.world.channel import Intervention
from society.world.scenario import Observation, Spec
from society.world.worlds import Worlds

from ._pairs import JUDGED, finish


@dataclass(frozen=True)
class Played:
    """T rounds of W worlds: mind [W, 2]; said, move, paid, influence [T, W, 2], the last in nats."""

    mind: Array
    said: Array
    move: Array
    paid: Array
    influence: Array


def grow(config: Config) -> Population:
    """The population of a config, trained to its end."""
    return finish(Training(config)).population


def play(config: Config, population: Population, worlds: int, rounds: int, change: Intervention | None = None) -> Played:
    """Rounds of frozen minds in the same fresh worlds, with one thing done to their words."""
    game = build.scenario(config, intervention=change)
    seats = build.matchmaker(config)(population.minds, game.spec, worlds, Keys.worldless(config.seed, "talkers"))
    minds = Minds(population, Seating.of(seats, population.minds))
    now = Worlds.begin(game, config.seed, torch.arange(JUDGED, JUDGED + worlds))
    found: dict[str, list[Tensor]] = {"said": [], "move": [], "paid": [], "influence": []}
    with torch.no_grad():
        for _ in range(rounds):
            seen = now.observe()
            p_say = probabilities(minds, game.spec, seen, "say")
            packed = minds.act(now, seen, minds.blank(now)).packed
            found["said"].append(game.spec.unpack(packed)["say"])
            now, _, _ = now.step(packed, seen)
            seen = now.observe()
            found["influence"].append(influence(minds, game.spec, p_say, seen))
            packed = minds.act(now, seen, minds.blank(now)).packed
            found["move"].append(game.spec.unpack(packed)["move"])
            now, outcome, _ = now.step(packed, seen)
            found["paid"].append(outcome.reward.double())
    return Played(seats.numpy(), **{name: torch.stack(each).numpy() for name, each in found.items()})


def probabilities(minds: Minds, spec: Spec, seen: Observation, head: str) -> Tensor:
    """Each seat's probabilities [W, N, V] of the options of a head of one number; for minds without memory."""
    gather, population = minds.seating.gather, minds.population
    rows = gather(seen.features)[:, None]
    lead = rows.shape[:3]
    action, never = torch.zeros(*lead, spec.numbers, dtype=torch.long), torch.zeros(lead, dtype=torch.bool)
    mask = None if seen.mask is None else gather(seen.mask)[:, None]
    replay = population.policy.evaluate(population.weights, rows, mask, action, torch.zeros(lead[0], lead[2], 0), never)
    return minds.seating.scatter(replay.logits[head][:, 0, :, 0].softmax(-1))


def influence(minds: Minds, spec: Spec, p_say: Tensor, seen: Observation) -> Tensor:
    """Causal influence of communication [W, 2] on each seat: its moves under do(each symbol) of its partner's [W, 2, V]."""
    symbols, reactions = p_say.shape[-1], []
    for symbol in range(symbols):
        told = seen.features.clone()
        told[..., spec.slices["heard"]] = one_hot(torch.tensor(symbol), symbols)[1:].float()
        reactions.append(probabilities(minds, spec, Observation(told, seen.mask), "move"))
    p_m = p_say.flip(1).double().flatten(0, 1).numpy()
    each = language.cic_by_state(p_m, torch.stack(reactions, dim=2).double().flatten(0, 1).numpy())
    return torch.from_numpy(np.asarray(each)).view(-1, 2)
