"""A sweep: many runs from one TOML file, begun where they are not there yet and resumed where they are not done.

    scenario = "bazaar"
    preset = "full"                      # default: "default"
    seeds = "10-17"                      # or [10, 11]; default: 0
    controls = ["content_from_birth"]    # or "all"; default: those of the preset

    [fields]                             # config fields that all runs share
    "training.agent_steps" = 1e7

    [[vary]]                             # lists in one [[vary]] go together ...
    "learner.signalling" = [0.05, 0.0]
    "learner.listening" = [0.005, 0.0]

    [[vary]]                             # ... and several [[vary]] are crossed
    population = [1, 8]

A run belongs to a sweep when its resolved config is one of the sweep's: no list of what is done is kept that could be wrong.
"""

from __future__ import annotations

import fcntl
import itertools
import math
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import CONTROLS, Config, ConfigError, resolve, to_toml
from ..record.files import Damaged
from ..record.runs import run_paths
from ..record.store import Run
from . import launch

KEYS = ("scenario", "preset", "seeds", "controls", "fields", "vary")
MAX_RUNS = 10_000
SHORT = {"population": "population.minds", "learner": "learner.name"}  # as `resolve` reads them


@dataclass(frozen=True)
class Cell:
    """One combination of what varies: its fields, and a settled config for each seed."""

    fields: Mapping[str, Any]
    configs: tuple[Config, ...]


def read(file: Path) -> list[Cell]:
    """The cells of a sweep file, settled for this machine and vetted. Raises ConfigError in one line, OSError."""
    try:
        told = tomllib.loads(file.read_text("utf-8"))
        return _cells(told)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError and ConfigError are ValueErrors
        raise ConfigError(f"{file}: {error}") from None


def _cells(told: Mapping[str, Any]) -> list[Cell]:
    _only(told, KEYS, "")
    scenario = told.get("scenario")
    if not isinstance(scenario, str):
        raise ConfigError('scenario has no value; begin the file with scenario = "NAME"')
    preset = told.get("preset", "default")
    if not isinstance(preset, str):
        raise ConfigError(f"preset = {preset!r}: must be a name")
    shared = _table(told.get("fields", {}), "fields")
    if "controls" in told:
        _once([shared, {"evaluation.controls": None}], "both in [fields] and as controls")
        shared["evaluation.controls"] = list(CONTROLS) if told["controls"] == "all" else told["controls"]
    numbers = _seeds(told.get("seeds", [0]))
    axes = _axes(told.get("vary", []))
    _once([row for rows in axes for row in rows[:1]], "varied twice")
    _once([shared, {name: None for rows in axes for name in rows[0]}], "both shared and varied")
    if math.prod([len(rows) for rows in axes]) * len(numbers) > MAX_RUNS:
        raise ConfigError(f"the sweep has more than {MAX_RUNS} runs; split it")
    cells, known = [], dict[str, str]()
    for rows in itertools.product(*axes):
        fields = {name: value for row in rows for name, value in row.items()}
        configs = [resolve(scenario, preset, {**shared, **fields, "seed": seed}) for seed in numbers]
        settled = launch.vetted(configs, configs[0].evaluation.controls)
        for config in settled:
            text = to_toml(config)
            if text in known:
                raise ConfigError(f"{show(fields)} seed {config.seed} is the same run as {known[text]}; give it once")
            known[text] = f"{show(fields)} seed {config.seed}"
        cells.append(Cell(fields, tuple(settled)))
    return cells


def show(fields: Mapping[str, Any]) -> str:
    """The fields of a cell in words."""
    return ", ".join(f"{name} = {value}" for name, value in fields.items()) or "all runs"


def _only(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(f"unknown key {where}{key}; there is {', '.join(known)} (config fields belong in [fields])")


def _table(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{name} = {value!r}: must be a table of config fields")
    told = list(_dotted(value, ""))
    if any(path == "seed" for path, _ in told):
        raise ConfigError(f"seed in {name}: all runs share the seeds; give them at the top: seeds = [0, 1]")
    _once([{path: one} for path, one in told], f"given twice in {name}")
    return dict(told)


def _dotted(table: Mapping[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    """TOML reads an unquoted `learner.lr = 1` as a table in a table; both spellings mean the field."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _dotted(value, f"{before}{key}.")
        else:
            yield before + key, value


def _seeds(value: Any) -> list[int]:
    if isinstance(value, str):
        first, dash, last = value.partition("-")
        if first.isdecimal() and (last.isdecimal() if dash else True) and len(value) < 20:
            value = list(range(int(first), min(int(last or first), int(first) + MAX_RUNS) + 1))
    fine = isinstance(value, list) and value and all(isinstance(one, int) and not isinstance(one, bool) for one in value)
    if not fine or len(set(value)) < len(value):
        raise ConfigError(f'seeds = {value!r}: must be like "0-7", or a list of different whole numbers')
    return list(value)


def _axes(value: Any) -> list[list[dict[str, Any]]]:
    """What varies: for each table its rows, of which every combination with those of the others is a cell."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ConfigError("vary must be written as [[vary]], a table of fields with a list of values each")
    axes = []
    for number, table in enumerate(value, start=1):
        columns = _table(table, "vary")
        lengths = {name: len(values) if isinstance(values, list) else 0 for name, values in columns.items()}
        if not lengths or len(set(lengths.values())) > 1 or 0 in lengths.values():
            raise ConfigError(f"[[vary]] number {number} = {columns!r}: every field needs a list, all of one length")
        axes.append([dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)])
    return axes


def _once(tables: Sequence[Mapping[str, Any]], where: str) -> None:
    """Raises ConfigError for a field that two of the tables set, under either of its names."""
    seen = set[str]()
    for table in tables:
        names = {SHORT.get(name, name) for name in table}
        if twice := sorted(names & seen):
            raise ConfigError(f"{twice[0]} is {where}; give it once")
        seen |= names


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Hold the folder of a sweep: two at a time would begin each run twice. Raises launch.Busy if another has it, OSError."""
    out.mkdir(parents=True, exist_ok=True)
    folder = os.open(out, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise launch.Busy(f"{out}: another sweep is at work in it; wait for it or stop it") from None
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(folder)


def gather(cells: Sequence[Cell], out: Path, argv: Sequence[str] = ()) -> list[list[Path]]:
    """The run directories of each cell under `out`: those that are there, the others made. Raises Damaged, OSError.

    Of several with one config it is one that is done, else the newest.
    """
    known: dict[str, Path] = {}
    for path in run_paths(out):
        try:
            run_ = Run(path)
            config = launch.load_config(run_)
            text = to_toml(config)
            if _whole(run_, config) and (text not in known or run_.state == "done"):
                known[text] = path
        except (Damaged, ValueError, OSError):  # no run of ours, or of another version: it stays as it is
            continue
    return [
        [
            known.get(to_toml(config)) or launch.begin(config, out, config.evaluation.controls, argv)
            for config in cell.configs
        ]
        for cell in cells
    ]


def _whole(run_: Run, config: Config) -> bool:
    """Whether every control is there that this run was begun with."""
    return set(config.evaluation.controls) <= {*run_.controls, *run_.meta.get("missing", {})}
