"""From a config to the things it describes: scenario, policy, population, learner, matchmaker, all found by name."""

from __future__ import annotations

import platform
from typing import Any, Literal

import torch

from .. import registry
from ..config import Config, ConfigError
from ..population.matchmaking import MATCHMAKERS, Matchmaker, on_edges
from ..population.population import Policy, Population
from ..population.rollout import Learner
from ..world.channel import Channel, Intervention
from ..world.contest import Contest
from ..world.graph import heeds
from ..world.interventions import Content, mute
from ..world.market import Market
from ..world.scenario import Parts, Scenario

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def settle(config: Config) -> Config:
    """Replace every "auto" by what this machine has, before the run begins, so that run.toml says what was done."""
    device = config.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device = 'cuda': torch finds no GPU here; use cpu or auto")
    precision = config.training.precision
    if precision == "auto":
        precision = "bfloat16" if device == "cuda" or _multiplies_bfloat16() else "float32"
    training = config.training.model_copy(update={"precision": precision})
    return config.model_copy(update={"device": device, "training": training})


def _multiplies_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware; emulation is slower than float32."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return False
    known = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in known)


def scenario(
    config: Config,
    *,
    intervention: Intervention | None = None,
    trade: bool = True,
    peace: bool = False,
    split: Literal["train", "all"] = "train",
) -> Scenario:
    """The scenario of a config with its components, one of which a condition may have exchanged.

    A control's own condition (`config.condition`) is applied first: a population that is grown muted is judged muted.
    `split` is "train" for growing and "all" for judging, where tasks that training held out are met too.
    """
    grown = config.condition
    if grown == "muted_from_birth":
        intervention = mute
    elif grown == "content_from_birth" and intervention is None:
        intervention = Content(torch.ones(config.channel.symbols - 1))
    trade = trade and grown != "tradeless_from_birth"
    market = config.market.model_copy(update={"enabled": config.market.enabled and trade})
    contest = config.contest.model_copy(update={"enabled": config.contest.enabled and not peace})
    parts = Parts(
        Channel(config.channel, intervention),
        Market(market, goods=getattr(config.world, "goods", 2)),
        Contest(contest),
        split,
    )
    made: Scenario = registry.get("scenarios", config.scenario)(config.world, parts)
    heeds(made)
    return made.to(torch.device(config.device)) if config.device == "cuda" else made


def policy(config: Config, world: Scenario) -> Policy:
    """The minds' architecture for this world, in the run's precision."""
    kind: Any = registry.get("policies", config.population.policy)
    made: Policy = kind(world.spec, config.population.network, DTYPES[config.training.precision])
    return made


def population(config: Config, world: Scenario) -> Population:
    """Fresh minds, on the run's device."""
    fresh = Population.begin(policy(config, world), config.population.minds, config.seed)
    device = torch.device(config.device)
    return fresh.with_tensors({name: tensor.to(device) for name, tensor in fresh.tensors().items()})


def learner(config: Config) -> Learner:
    """The learner with its own options."""
    kind: Any = registry.get("learners", config.learner.name)
    options = {name: value for name, value in config.learner.model_dump().items() if name != "name"}
    made: Learner = kind(kind.Config(**options))
    return made


def matchmaker(config: Config) -> Matchmaker:
    """Who meets whom."""
    name, graph = config.population.matchmaker, config.population.graph
    if name == "graph":
        return on_edges(graph)
    if name not in MATCHMAKERS:
        raise ConfigError(f"population.matchmaker = {name!r}: choose one of {', '.join([*MATCHMAKERS, 'graph'])}")
    if graph:
        raise ConfigError(f'population.graph: only the matchmaker "graph" asks it; population.matchmaker is {name!r}')
    return MATCHMAKERS[name]
