"""Who decides in the seats of a Mesa model: trained minds, scripts of the scenario, classes that its user wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from ..config import Config
from ..engine import build
from ..engine.rollout import Actor, Minds, Mixed, Scripted
from ..keys import Keys
from ..population.matchmaking import Seating
from ..population.population import Population
from ..world.scenario import Action, Observation, Scenario, Script, Spec
from ..world.worlds import Worlds
from .mesa_agents import SocietyAgent

Sitter = str | type[SocietyAgent]  # a script's name, or who has a `choose`


def placed(spec: Spec, scripts: Mapping[str, Script], seats: Mapping[int | str, Sitter]) -> dict[int, Sitter]:
    """Who sits in which seat; a seat's own number goes before its role. Raises ValueError."""
    found: dict[int, Sitter] = {}
    for place, sitter in sorted(seats.items(), key=lambda item: isinstance(item[0], int)):
        chosen = [place] if isinstance(place, int) else [seat for seat, role in enumerate(spec.role_names) if role == place]
        if not chosen or not all(0 <= seat < spec.seats for seat in chosen):
            raise ValueError(f"seats: {place!r} is no seat; use 0 to {spec.seats - 1} or a role: {', '.join(spec.roles)}")
        if isinstance(sitter, str):
            script(scripts, sitter)
        elif not _chooses(sitter):
            raise ValueError(f"seats[{place!r}] = {sitter!r}: give a script's name, or a subclass of SocietyAgent with choose()")
        found |= {seat: sitter for seat in chosen}
    return found


def script(scripts: Mapping[str, Script], name: str) -> Script:
    """A script by name. Raises ValueError."""
    if name not in scripts:
        raise ValueError(f"{name!r} is no script of this scenario; choose {', '.join(scripts)}")
    return scripts[name]


def _chooses(sitter: object) -> bool:
    return isinstance(sitter, type) and issubclass(sitter, SocietyAgent) and sitter.choose is not SocietyAgent.choose


def seated(population: Population, config: Config, world: Scenario) -> Minds:
    """The minds as they sit in the first world of an evaluation of this config."""
    e, key = config.evaluation, Keys.worldless(config.seed, "evaluation.seating")
    mind = build.matchmaker(config)(population.minds, world.spec, e.worlds, key)[:1]
    device = torch.device(config.device)
    own = population.with_tensors({name: tensor.to(device) for name, tensor in population.tensors().items()})
    return Minds(own, Seating.of(mind.to(device), own.minds), e.temperature)


def fitting(minds: Minds, worlds: Worlds) -> Minds:
    """The minds, after they were asked once. Raises ValueError where they cannot perceive or act in this world."""
    spec = worlds.scenario.spec
    try:
        turn = minds.act(worlds, worlds.observe(), minds.blank(worlds))
    except RuntimeError:
        turn = None
    if turn is None or turn.packed.shape != (1, spec.seats, spec.numbers):
        raise ValueError(
            f"minds: they do not fit a world with {spec.features} numbers to see and {spec.numbers} to choose; "
            "make them by society.engine.build.population for this config"
        )
    return minds


def actor(rest: Actor, placed: Mapping[int, Sitter], choose: Script, worlds: Worlds) -> Actor:
    """All who decide as one: `rest`, over whom go the scripts of some seats and `choose` in the seats of classes."""
    scripts, seats = worlds.scenario.scripts, range(worlds.scenario.spec.seats)
    names = [sitter if isinstance(sitter := placed.get(seat, ""), str) else None for seat in seats]
    acting = rest
    for name in dict.fromkeys(names):
        if name != "":
            mask = torch.tensor([own == name for own in names], device=worlds.world.device)
            acting = Mixed(mask, Scripted(choose if name is None else scripts[name]), acting)
    return acting


def choices(spec: Spec, choosers: Callable[[], Mapping[int, SocietyAgent]]) -> Script:
    """The script of those who choose for themselves; all other seats do nothing in it."""

    def act(state: Any, seen: Observation, key: Keys) -> Action:
        packed = torch.zeros(1, spec.seats, spec.numbers, dtype=torch.long, device=seen.features.device)
        for seat, agent in choosers().items():
            if seen.active is None or bool(seen.active[0, seat]):
                told = agent.choose(perceived(spec, seen, seat))
                packed[0, seat] = torch.tensor(numbers(spec, agent, told), device=packed.device)
        return spec.unpack(packed)

    return Script(act, "classes of a Mesa user")


def perceived(spec: Spec, seen: Observation, seat: int) -> dict[str, Any]:
    """What `SocietyAgent.choose` is given: each field as float32 of its shape, "legal": {head: bool [size]}. Copies."""
    row = seen.features[0, seat].float().cpu().clone().numpy()
    told: dict[str, Any] = {name: row[where].reshape(spec.fields[name]) for name, where in spec.slices.items()}
    mask = None if seen.mask is None else seen.mask[0, seat].cpu().clone().numpy()
    told["legal"] = {
        name: np.ones(spec.heads[name].size, dtype=bool) if mask is None else mask[where] for name, where in spec.options.items()
    }
    return told


def numbers(spec: Spec, agent: SocietyAgent, told: object) -> list[int]:
    """What was chosen, as the packed numbers [K]. Raises ValueError: agent, head, value, remedy."""
    who = f"agent {agent.unique_id} ({type(agent).__name__}, seat {agent.seat})"
    if not isinstance(told, Mapping):
        raise ValueError(f"{who}: choose() gave {told!r}; return a dictionary of the heads {', '.join(spec.heads)}")
    for name in told:
        if name not in spec.heads:
            raise ValueError(f"{who}: head {name!r} = {told[name]!r} does not exist; choose from {', '.join(spec.heads)}")
    packed: list[int] = []
    for name, head in spec.heads.items():
        value = told.get(name, [0] * head.length)
        try:
            part = np.atleast_1d(np.asarray(value))
        except ValueError:  # a list of lists of several lengths
            part = np.empty(0)
        if part.shape != (head.length,) or part.dtype.kind not in "iu" or not ((part >= 0) & (part < head.size)).all():
            wanted = "a whole number" if head.length == 1 else f"{head.length} whole numbers"
            raise ValueError(f"{who}: head {name!r} = {value!r} cannot be; give {wanted} from 0 to {head.size - 1}")
        packed += part.tolist()
    return packed
