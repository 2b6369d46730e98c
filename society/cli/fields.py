"""`society fields`: every field of a run, what it takes and its value under a preset, for people and for forms."""

from __future__ import annotations

import dataclasses
import types
import typing
from pathlib import Path
from typing import Annotated, Any

from society import config, registry
from society.config.schema import FieldDoc, choices, field_at, walk

NAMED = {"population.policy": "policies", "learner.name": "learners"}  # texts that are names of a registry
KINDS = {bool: "boolean", int: "integer", float: "number", str: "text"}
BOUNDS = {"ge": "low", "gt": "above", "le": "high", "lt": "below"}


def valued(chosen: config.Config) -> list[FieldDoc]:
    """Every field that can be set on the command line, in order; its default is the value in `chosen`."""
    values = chosen.model_dump(mode="json")
    docs = [doc for doc in walk(type(chosen), "") if doc.path not in ("scenario", "preset")]
    return [dataclasses.replace(doc, default=_at(values, doc.path)) for doc in docs]


def document(chosen: config.Config) -> dict[str, Any]:
    """What `--json` prints: the scenario, its presets, the files that say what the fields are, and the fields.

    A field has path, section ("" for a field of the run itself), kind (boolean, integer, number, text, choice, choices,
    list or value), optional (takes none), choices, the bounds low and high (reached) or above and below (not reached),
    value, takes (in words) and description. What does not apply is null.
    """
    name = chosen.scenario
    presets = getattr(registry.get("scenarios", name), "PRESETS", {})
    sources = [("scenarios", name), ("policies", chosen.population.policy), ("learners", chosen.learner.name)]
    return {
        "scenario": name,
        "preset": chosen.preset,
        "presets": ["default", *sorted(preset for preset in presets if preset != "default")],
        "files": [str(path) for kind, one in sources if (path := _file(kind, one))],
        "fields": [_described(doc, type(chosen)) for doc in valued(chosen)],
    }


def _file(kind: str, name: str) -> Path | None:
    return next((entry.path for entry in registry.entries(kind) if entry.name == name), None)


def _at(values: dict[str, Any], path: str) -> Any:
    found: Any = values
    for part in path.split("."):
        found = found[part]
    return found


def _described(doc: FieldDoc, schema: type[config.Config]) -> dict[str, Any]:
    kind, optional, rules = _taken_apart(doc.annotation)
    rules += field_at(schema, doc.path).metadata
    word, which = _kind(kind)
    if doc.path in NAMED:
        word, which = "choice", list[object](registry.names(NAMED[doc.path]))
    return {
        "path": doc.path,
        "section": doc.path.partition(".")[0] if "." in doc.path else "",
        "kind": word,
        "optional": optional,
        "choices": which or None,
        **{name: _bound(rules, rule) for rule, name in BOUNDS.items()},
        "value": doc.default,
        "takes": doc.takes,
        "description": doc.description,
    }


def _bound(rules: list[Any], name: str) -> Any:
    return next((getattr(rule, name) for rule in rules if hasattr(rule, name)), None)


def _taken_apart(kind: Any) -> tuple[Any, bool, list[Any]]:
    """A type without `Annotated` and without `None`, whether there was a None, and the rules of the annotation."""
    optional, rules = False, []
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        inner = [one for one in typing.get_args(kind) if one is not types.NoneType]
        optional = len(inner) < len(typing.get_args(kind))
        kind = inner[0] if len(inner) == 1 else kind
    if typing.get_origin(kind) is Annotated:
        kind, *found = typing.get_args(kind)
        rules = [rule for one in found for rule in (one, *getattr(one, "metadata", ()))]
    return kind, optional, rules


def _kind(kind: Any) -> tuple[str, list[object]]:
    """The kind in a word, and what can be chosen: of a list, for each element."""
    inner = typing.get_args(kind)
    if found := choices(kind):
        return "choice", found
    if (typing.get_origin(kind) or kind) in (tuple, list, set, frozenset):
        each = choices(inner[0]) if inner else []
        return ("choices", each) if each else ("list", [])
    return KINDS.get(kind, "value"), []

