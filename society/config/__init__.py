"""One frozen config tree <-> TOML. Every error names the field, the value and the remedy.

A run is described by `Config`. Three of its sections have the schema of what they configure: `world` is the
scenario's own `Config`, `population.network` the policy's, and `learner` the learner's with its `name` beside it.
`resolve` builds the tree from defaults < the scenario's preset < overrides; `to_toml` and `from_toml` are exact
inverses.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, field_validator, model_validator

from society import registry

from .graph import Edges, edges
from .schema import FieldDoc, explain, field_at, model_of, suggest, takes, walk
from .text import read
from .toml import plain, tables

# What an evaluation may change in a twin world, and what a population may be grown without.
CONDITIONS = ("normal", "mute", "content", "relabel", "scramble", "tradeless", "peaceful", "strangers")
CONTROLS = ("muted_from_birth", "content_from_birth", "tradeless_from_birth")
LATER_OF_NETWORKS = {"activation": "silu", "critic": "shared"}  # fields younger than published fingerprints
MAX_ROWS = 2**24  # world-ticks held at once: a rollout, or one evaluation

Condition = Literal["normal", "mute", "content", "relabel", "scramble", "tradeless", "peaceful", "strangers"]
Control = Literal["muted_from_birth", "content_from_birth", "tradeless_from_birth"]


class ConfigError(ValueError):
    """A config that cannot be: one line with the dotted field, the value given and the remedy."""


class Frozen(BaseModel):
    """The base of every section, also a scenario's or a learner's own: immutable, no unknown fields, finite floats."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)


class PopulationConfig(Frozen):
    """Who lives there."""

    minds: int = Field(default=1, ge=1, le=4096, description="minds, each with weights of its own")
    policy: str = Field(default="mlp", description="the minds' network, a name from `society list`")
    matchmaker: str = Field(default="everyone", pattern="^[a-z][a-z0-9_]*$", description="who meets whom")
    graph: Edges = Field(
        default=(), description='for the matchmaker "graph": pairs of minds that meet, and in a third place how often'
    )
    network: Any = Field(default=None, description="the policy's own fields")


class TrainingConfig(Frozen):
    """How long and on what the minds learn."""

    worlds: int = Field(default=128, ge=1, le=65_536, description="worlds simulated side by side")
    ticks: int = Field(default=32, ge=1, le=4096, description="ticks of a rollout between two updates")
    agent_steps: int = Field(
        default=2_000_000, ge=0, le=10**13, description="agent-steps in all: ticks x worlds x seats"
    )
    checkpoint_every: int = Field(default=50, ge=1, le=10**6, description="updates between two checkpoints")
    keep: int = Field(default=3, ge=1, le=1000, description="checkpoints kept, the newest")
    threads: Literal["auto"] | Annotated[int, Field(ge=1, le=256)] = Field(
        default=1, description="CPU threads of torch; the same number gives the same rows"
    )
    compile: Literal["auto", "on", "off"] = Field(
        default="auto", description="whether learning is compiled: half a minute at the start, faster from then on"
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="what products are computed in"
    )
    min_disk_mb: int = Field(default=200, ge=0, le=10**6, description="MB of free disk below which a run stops")

    @model_validator(mode="after")
    def _fits(self) -> TrainingConfig:
        return _bounded(self, self.worlds, self.ticks)


class EvaluationConfig(Frozen):
    """What is asked of the trained minds, frozen, in twin worlds."""

    worlds: int = Field(default=64, ge=1, le=65_536, description="worlds of each condition")
    ticks: int = Field(default=400, ge=1, le=100_000, description="ticks of each world")
    recorded_worlds: int = Field(
        default=8, ge=0, le=65_536, description="worlds whose messages and deals are kept (<= worlds)"
    )
    frames_worlds: int = Field(
        default=16, ge=0, le=64, description="worlds whose frames are kept for the viewer (<= worlds; of a twin at most 2)"
    )
    frames_ticks: int = Field(default=300, ge=0, le=10_000, description="ticks of frames kept (<= ticks)")
    conditions: tuple[Condition, ...] = Field(
        default=("normal", "mute", "content"), max_length=32, description="what is changed in the twins (reliance)"
    )
    scripts: bool = Field(default=True, description="also run the scenario's scripted agents, as anchors")
    controls: tuple[Control, ...] = Field(
        default=(), max_length=8, description="populations grown without a thing (worth)"
    )
    temperature: float = Field(default=1.0, ge=0, le=100, description="of sampled actions; 0 is greedy")
    strangers: str = Field(default="", max_length=1000, description="run directory whose minds sit in as strangers")

    @field_validator("controls")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if twice := [name for i, name in enumerate(names) if name in names[:i]]:
            raise ValueError(f"{twice[0]} is named twice")
        return names

    @model_validator(mode="after")
    def _fits(self) -> EvaluationConfig:
        return _bounded(self, self.worlds, self.ticks)


class SocialConfig(Frozen):
    """How much of others a seat feels in its reward while it learns; what is reported stays what was earned."""

    prosocial: float = Field(default=0.0, ge=0, le=1, description="share of the world's mean reward in a seat's own")
    disadvantage: float = Field(default=0.0, ge=0, le=100, description="alpha, the cost of earning less than others")
    advantage: float = Field(default=0.0, ge=0, le=100, description="beta, the cost of earning more than others")
    smoothing: float = Field(
        default=0.0, ge=0, le=1, description="gamma x lambda, by which earnings that are compared outlast a tick"
    )
    influence: float = Field(default=0.0, ge=0, le=100, description="reward for a nat of influence on others' next act")
    counterfactuals: int = Field(default=4, ge=1, le=64, description="other acts tried to tell a seat's influence")

    @property
    def on(self) -> bool:
        """Whether anything but what was earned is felt."""
        return any((self.prosocial, self.disadvantage, self.advantage, self.influence))


class Config(Frozen):
    """A whole run. `resolve` and `from_toml` make it and give the open sections (Any) the schema that belongs there."""

    scenario: str = Field(pattern="^[A-Za-z_][A-Za-z0-9_]*$", max_length=64, description="a name from `society list`")
    preset: str = Field(default="default", max_length=64, description="the scenario's preset that this run began from")
    seed: int = Field(default=0, ge=0, lt=2**31, description="keys all randomness of the run")
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="where tensors live")
    condition: Literal["normal"] | Control = Field(default="normal", description="what the population is grown without")
    world: Any = Field(default=None, description="the scenario's own fields")
    channel: Any = Field(default=None, description="who hears what")
    market: Any = Field(default=None, description="trading")
    contest: Any = Field(default=None, description="competition")
    population: PopulationConfig = Field(default_factory=PopulationConfig)
    learner: Any = Field(default=None, description="the learner's name and its own fields")
    social: SocialConfig = Field(default_factory=SocialConfig)
    training: TrainingConfig = Field(default_factory=TrainingConfig)
    evaluation: EvaluationConfig = Field(default_factory=EvaluationConfig)

    def __reduce__(self) -> tuple[Any, ...]:
        # The class is made per scenario, so a process that unpickles a config has to make it again.
        return from_toml, (to_toml(self),)


def resolve(
    scenario: str, preset: str = "default", overrides: Mapping[str, object] | None = None, quick: bool = False
) -> Config:
    """The config of a run: defaults < the scenario's PRESETS[preset] < overrides; `quick` is the preset "quick".

    Overrides are dotted ("world.size": 20); text is coerced by the schema ("1e6" for an integer, "a,b" for a list),
    other values are taken strictly. "population": 16 is short for "population.minds", "learner": "x" for
    "learner.name", and a mapping sets several fields of a section. Raises `ConfigError`, and `registry.Unknown` or
    `registry.Broken` for the scenario itself.
    """
    if quick and preset not in ("default", "quick"):
        raise ConfigError(f"preset = {preset!r}: quick is a preset of its own; give one of the two")
    preset = "quick" if quick else preset
    presets = {"default": {}, **getattr(registry.get("scenarios", scenario), "PRESETS", {})}
    if preset not in presets:
        raise ConfigError(f"preset = {preset!r}: {scenario} has no such preset; choose {' or '.join(sorted(presets))}")
    base = json.loads(json.dumps(presets[preset], default=plain))
    wanted = _unfold(overrides or {})
    names = (_named(base, wanted, "population.policy"), _named(base, wanted, "learner.name"))
    schema = _schema(scenario, *names)
    for section, name in (("population.policy", names[0]), ("learner.name", names[1])):
        _forget_others(base, schema, section, name)
    for path, value in wanted.items():
        _set(base, path, _coerce(schema, path, value))
    return _validate(schema, {**base, "scenario": scenario, "preset": preset})


def from_toml(text: str) -> Config:
    """The config that `to_toml` wrote, exactly. Raises `ConfigError`; `registry.Unknown` for an unknown scenario."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: TOMLDecodeError, and whole numbers of 5,000 digits
        raise ConfigError(f"not a TOML file: {error}") from None
    if not isinstance(data.get("scenario"), str):
        raise ConfigError('scenario has no value; begin the file with scenario = "NAME"')
    policy, learner = _named(data, {}, "population.policy"), _named(data, {}, "learner.name")
    return _validate(_schema(data["scenario"], policy, learner), data)


def to_toml(config: Config) -> str:
    """The config as TOML text: every field, defaults included; `from_toml` gives the same config back."""
    return "".join(tables(config.model_dump(mode="json"), ()))


def fingerprint(config: Config) -> str:
    """12 hex digits that are equal for runs which may be pooled: alike but for the seed, the device, and what else is grown.

    The precision counts: it changes what is learnt.
    """
    data = {key: value for key, value in config.model_dump(mode="json").items() if key not in ("seed", "device")}
    if config.social == SocialConfig():  # came later: runs without it are the same runs as before
        del data["social"]
    for section in ("channel", "population"):
        if not data[section].get("graph"):  # so did graphs
            data[section].pop("graph", None)
    network = data["population"].get("network") or {}
    for name, usual in LATER_OF_NETWORKS.items():
        if network.get(name) == usual:  # and these, which are what a network was before one could choose
            del network[name]
    if data["training"]["compile"] != "on":  # rows of runs that do not compile are what they were before one could
        del data["training"]["compile"]
    data["evaluation"] = {k: v for k, v in data["evaluation"].items() if k not in ("controls", "strangers")}
    data["evaluation"]["frames_worlds"] = 2  # what is filmed changes no row; 2 was the default when runs were first pooled
    return hashlib.sha256("".join(tables(data, ())).encode()).hexdigest()[:12]


def fields(scenario: str | None = None, policy: str = "mlp", learner: str = "ppo") -> list[FieldDoc]:
    """Every field that can be set, in order; without a scenario, those that all scenarios share."""
    return list(walk(_schema(scenario, policy, learner) if scenario else Config, ""))


# --- the schema of one run


def _schema(scenario: str, policy: str, learner: str) -> type[Config]:
    found = registry.get("scenarios", scenario)
    minds = _choice("policies", "population.policy", policy)
    return _build(found, minds, _choice("learners", "learner.name", learner), learner)


def _choice(kind: str, field: str, name: str) -> Any:
    try:
        return registry.get(kind, name)
    except registry.Unknown as error:
        raise ConfigError(f"{field} = {name!r}: {error}") from None


@functools.lru_cache(maxsize=64)
def _build(scenario: Any, policy: Any, learner: Any, learner_name: str) -> type[Config]:
    def section(model: type[BaseModel]) -> Any:
        return (model, Field(default_factory=model))

    network = getattr(policy, "Config", Frozen)
    population = create_model("PopulationConfig", __base__=PopulationConfig, network=section(network))
    options = getattr(learner, "Config", Frozen)
    named = Field(learner_name, description="how the minds learn, a name from `society list`")
    return create_model(
        "Config",
        __base__=Config,
        world=section(getattr(scenario, "Config", Frozen)),
        channel=section(registry.component("channel")),
        market=section(registry.component("market")),
        contest=section(registry.component("contest")),
        population=section(population),
        learner=section(create_model("LearnerSection", __base__=options, name=(str, named))),
    )


def _validate(schema: type[Config], data: Mapping[str, Any]) -> Config:
    try:
        # JSON is where strict still takes a list for a tuple and a text for an enum, and neither "3" nor 3.0 for 3.
        return schema.model_validate_json(json.dumps(data, default=plain), strict=True)
    except ValidationError as error:
        raise ConfigError(explain(schema, error)) from None


def _bounded(model: Any, worlds: int, ticks: int) -> Any:
    if worlds * ticks > MAX_ROWS:
        raise ValueError(f"worlds x ticks = {worlds * ticks} would not fit in memory; allowed: up to {MAX_ROWS}")
    return model


# --- overrides


def _unfold(overrides: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in overrides.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= _unfold(value, f"{path}.")
        else:
            flat[{"population": "population.minds", "learner": "learner.name"}.get(path, path)] = value
    for fixed in ("scenario", "preset"):
        if fixed in flat:
            raise ConfigError(f"{fixed} = {flat[fixed]!r}: is given on its own, not among the overrides")
    return flat


_USUAL = {"population.policy": "mlp", "learner.name": "ppo"}


def _named(base: Mapping[str, Any], overrides: Mapping[str, object], path: str) -> str:
    section, field = path.split(".")
    below = base.get(section)
    name = overrides.get(path, below.get(field, _USUAL[path]) if isinstance(below, Mapping) else _USUAL[path])
    if not isinstance(name, str):
        raise ConfigError(f"{path} = {name!r}: not a name; see `society list`")
    return name


def _forget_others(base: dict[str, Any], schema: type[Config], path: str, name: str) -> None:
    # The preset's options were meant for its own policy or learner. Another learner keeps those that it knows; another
    # architecture none: what one calls by the same name is not the same thing.
    section, field = path.split(".")
    below = base.get(section, {})
    if not isinstance(below, dict) or below.get(field, _USUAL[path]) == name:
        return
    if section == "population":
        below.pop("network", None)
        return
    known = model_of(schema.model_fields[section].annotation)
    for key in [key for key in below if known is not None and key not in known.model_fields]:
        del below[key]


def _set(data: dict[str, Any], path: str, value: object) -> None:
    *sections, field = path.split(".")
    for section in sections:
        data = data.setdefault(section, {})
    data[field] = value


def _coerce(schema: type[BaseModel], path: str, value: object) -> object:
    """The value for the field at `path`: text is read as the field's type, all else stays. Raises `ConfigError`."""
    info = field_at(schema, path)
    if info is None:
        raise ConfigError(f"unknown field {path} (given {value!r}){suggest(schema, path)}")
    if model_of(info.annotation):
        inside = [doc.path for doc in walk(schema, "") if doc.path.startswith(f"{path}.")]
        raise ConfigError(f"{path} = {value!r}: is a section; set one of {', '.join(inside) or '(it has no fields)'}")
    if hasattr(value, "is_directed"):  # a networkx graph
        try:
            return edges(value)
        except ValueError as error:
            raise ConfigError(f"{path}: {error}") from None
    if not isinstance(value, str):
        return value
    if not value.isprintable() and re.search("[\ud800-\udfff]", value):
        raise ConfigError(f"{path} = {value!r}: is not Unicode; use {takes(info)}")
    return read(info.annotation, value.strip())
