"""From a config to the things it describes: scenario, policy, population, learner, matchmaker, all found by name."""

from __future__ import annotations

import copy
import os
import platform
import shutil
from typing import Any, Literal, TypeVar

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
from .allocator import keep_freed_memory

T = TypeVar("T")
LONG = 100_000_000  # agent-steps from which `auto` compiles: ten minutes of learning
WIDE = 131_072  # world-ticks of a rollout from which `auto` divides tensors among the cores
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def settle(config: Config, alone: bool = True) -> Config:
    """Replace every "auto" by what this machine has, before the run begins, so that run.toml says what was done.

    `alone` is False where other runs are at work beside this one.
    """
    return _settled(config, alone)[0]


def reasons(config: Config) -> dict[str, str]:
    """Why a settled config has what it has of the things that `auto` chooses: dotted field -> a sentence."""
    free = config.training.model_copy(update=dict.fromkeys(("precision", "threads", "compile"), "auto"))
    asked = config.model_copy(update={"device": "auto", "training": free})
    chosen, why = _settled(asked, alone=config.training.threads != 1)
    values = {"device": (config.device, chosen.device)}
    for name in ("precision", "threads", "compile"):
        values[f"training.{name}"] = (getattr(config.training, name), getattr(chosen.training, name))
    return {name: why[name] if has == would else "as asked" for name, (has, would) in values.items()}


def _settled(config: Config, alone: bool) -> tuple[Config, dict[str, str]]:
    device: str = config.device
    training = config.training
    why = {}
    if device == "auto":
        device, why["device"] = _device()
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device = 'cuda': torch finds no GPU here; use cpu or auto")
    chosen: dict[str, Any] = {}
    if training.precision == "auto":
        chosen["precision"], why["training.precision"] = _precision(device)
    if training.threads == "auto":
        chosen["threads"], why["training.threads"] = _threads(device, training.worlds * training.ticks, alone)
    if training.compile == "auto":
        chosen["compile"], why["training.compile"] = _compile(training.agent_steps)
    elif training.compile == "on" and not _has_compiler():
        raise ConfigError("training.compile = 'on': there is no C++ compiler here; install g++ (a new run may be off)")
    return config.model_copy(update={"device": device, "training": training.model_copy(update=chosen)}), why


def _device() -> tuple[str, str]:
    if torch.cuda.is_available():
        return "cuda", f"torch finds {torch.cuda.get_device_name()}"
    return "cpu", "torch finds no GPU here"


def _precision(device: str) -> tuple[str, str]:
    if device == "cuda":
        return "bfloat16", "a GPU multiplies it faster than float32"
    if _multiplies_bfloat16():
        return "bfloat16", "this processor multiplies it in hardware"
    return "float32", "this processor would only emulate bfloat16, which is slower"


def _threads(device: str, rows: int, alone: bool) -> tuple[int, str]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if device == "cuda" or cores == 1 or not alone or rows < WIDE:
        return 1, "one run a core is faster than threads, and small tensors are not worth dividing"
    return cores, f"the run is alone, and {rows} world-ticks of a rollout are worth dividing among the cores"


def _compile(agent_steps: int) -> tuple[str, str]:
    if agent_steps < LONG:
        return "off", f"under {LONG} agent-steps compiling takes longer than it saves"
    if not _has_compiler():
        return "off", "there is no C++ compiler here"
    return "on", f"the run is longer than {LONG} agent-steps and there is a C++ compiler"


def _has_compiler() -> bool:
    return any(shutil.which(name) for name in (os.environ.get("CXX", ""), "g++", "clang++") if name)


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
    keep_freed_memory()  # whoever makes a world is about to make its tensors over and over
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
    return compiled(config, made)


def compiled(config: Config, made: T) -> T:
    """The same thing with those methods compiled that its class names in `COMPILES`; itself in a run that does not compile.

    They are pure functions of tensors and nearly all of a run's time. Worlds are not compiled: integer draws of 64 bits are
    more than the compiler's indices hold, and what a step saves its guards spend.
    """
    if config.training.compile != "on":
        return made
    quick = copy.copy(made)
    for name in getattr(type(made), "COMPILES", ()):
        setattr(quick, name, torch.compile(getattr(made, name), dynamic=False))
    return quick


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
