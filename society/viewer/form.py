"""The form that starts a run: its fields, as `society fields` tells them, and the words that its values become.

The schema of a scenario can only be had by importing it, and with it torch; so another process is asked, and what it says
is kept for as long as the files that it read are the same.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from society.viewer.jobs import COMMAND, SAID
from society.viewer.kept import Identity, identity
from society.viewer.queries import Refused

SECONDS = 120.0  # to wait for an answer on a busy machine
CONTROLS, STRANGERS = "evaluation.controls", "evaluation.strangers"
NAMES = ("population.policy", "learner.name")  # what brings fields of its own
TOP = ("seed", CONTROLS)  # asked for above the sections

Value = Any  # bool, int, float, str, list or None, as JSON has them


@dataclass(frozen=True)
class Field:
    """One field: `kind` is boolean, integer, number, text, choice, choices, list or value; bounds are None where free.

    `low` and `high` may be reached, `above` and `below` may not. `value` is what the preset says.
    """

    path: str
    section: str
    kind: str
    value: Value
    optional: bool = False
    choices: tuple[Value, ...] = ()
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    takes: str = ""
    description: str = ""

    @property
    def name(self) -> str:
        """The path without its section."""
        return self.path.removeprefix(f"{self.section}.")


@dataclass(frozen=True)
class Schema:
    """The fields of a scenario under a preset, with a policy and a learner, in order."""

    scenario: str
    preset: str
    presets: tuple[str, ...]
    policy: str
    learner: str
    fields: tuple[Field, ...]

    def sections(self) -> dict[str, list[Field]]:
        """The fields by section, in order; "" holds those of the run itself. Without those asked for above them."""
        found: dict[str, list[Field]] = {}
        for field in self.fields:
            if field.path not in TOP:
                found.setdefault(field.section, []).append(field)
        return found

    def key(self, path: str) -> str:
        """A name for what is typed into a field: another scenario, preset, policy or learner has another field."""
        own = {"population.network.": self.policy, "learner.": self.learner}
        owner = next((name for start, name in own.items() if path.startswith(start) and path not in NAMES), "")
        return f"field_{self.scenario}_{self.preset}_{owner}_{path}"

    def field(self, path: str) -> Field | None:
        """The field of that path."""
        return next((field for field in self.fields if field.path == path), None)


# ------------------------------------------------------------------------------------------------------------ the schema

_catalogues: dict[Identity, dict[str, str]] = {}
_schemas: dict[tuple[str, ...], tuple[Identity, Schema]] = {}


def scenarios() -> dict[str, str]:
    """Every scenario that can be run, and what it is in a line. Raises `Refused`."""
    known = identity(Path.cwd() / "scenarios")
    if known not in _catalogues:
        told = _asked("list")["scenarios"]
        _catalogues.clear()
        _catalogues[known] = {str(one["name"]): str(one["summary"]) for one in told if not one.get("error")}
    return _catalogues[known]


def schema(scenario: str, preset: str = "default", policy: str = "", learner: str = "") -> Schema:
    """The fields of a scenario under a preset; with another policy or learner, theirs. Raises `Refused` in one line."""
    key = (scenario, preset, policy, learner)
    if key not in _schemas or _schemas[key][0] != _identity([name for name, _, _ in _schemas[key][0]]):
        named = zip(NAMES, (policy, learner), strict=True)
        told = _asked("fields", scenario, f"--preset={preset}", *(f"--{path}={name}" for path, name in named if name))
        if len(_schemas) >= 256:
            _schemas.clear()
        fields = {one["path"]: _field(one) for one in told["fields"]}
        minds, how = (str(fields[path].value) for path in NAMES)
        found = Schema(scenario, preset, tuple(told["presets"]), minds, how, tuple(fields.values()))
        _schemas[key] = (_identity(told["files"]), found)
    return _schemas[key][1]


def under(base: Schema, policy: str, learner: str) -> Schema:
    """`base` with the fields of another policy and learner; which they are still counts as a change. Raises `Refused`."""
    if (policy, learner) == (base.policy, base.learner):
        return base
    usual = dict(zip(NAMES, (base.policy, base.learner), strict=True))
    other = schema(base.scenario, base.preset, policy, learner)
    fields = tuple(replace(one, value=usual[one.path]) if one.path in usual else one for one in other.fields)
    return replace(other, fields=fields)


def _identity(files: Sequence[str]) -> Identity:
    return tuple((name, size, time) for name in files for _, size, time in identity(Path(name))[:1])


def _field(told: Mapping[str, Any]) -> Field:
    return Field(**{**{name: told[name] for name in Field.__dataclass_fields__}, "choices": tuple(told["choices"] or ())})


def _asked(*words: str) -> dict[str, Any]:
    """The JSON document of a command; `Refused` with its line where it has none."""
    try:
        said = subprocess.run(
            [*COMMAND, *words, "--json"], capture_output=True, text=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
        )
        if said.returncode == 0:
            return dict(json.loads(said.stdout))
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise Refused(f"The fields cannot be had: {' '.join(str(error).split())}.") from None
    lines = [line.removeprefix(SAID) for line in said.stderr.splitlines() if line.startswith(SAID)]
    raise Refused(lines[-1] if lines else "The fields cannot be had: the command line said nothing.")


# ------------------------------------------------------------------------------------------------------------- the words


def shown(value: Value) -> str:
    """A value as one would write it on a command line; a field reads it back as the same value."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        simple = all(isinstance(one, int | float) and not isinstance(one, bool) for one in value)
        return ",".join(map(shown, value)) if simple else json.dumps(list(value))
    return "none" if value is None else repr(value) if isinstance(value, float) else str(value).strip()


def changes(chosen: Schema, values: Mapping[str, Value]) -> dict[str, str]:
    """The fields whose value is not the preset's, as text. `values` are by path; a list may be given as it was typed."""
    found = {}
    for field in chosen.fields:
        if field.path in values and field.path != "seed":
            text = shown(values[field.path])
            if text != shown(field.value):
                found[field.path] = text
    return found


def arguments(chosen: Schema, seeds: str, values: Mapping[str, Value]) -> list[str]:
    """The words after `society`: only what is not the preset's is among them.

    Each value stands behind an equals sign in the word that names its field, so that one which begins with a dash is
    still a value.
    """
    words = ["run", chosen.scenario]
    if chosen.preset != "default":
        words.append(f"--preset={chosen.preset}")
    words.append(f"--seeds={seeds.strip() or '0'}")
    return words + [f"--{path}={text}" for path, text in changes(chosen, values).items()]
