"""What the fields of a schema are and take, in words, for errors, `--help` and forms."""

from __future__ import annotations

import difflib
import enum
import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ValidationError


@dataclass(frozen=True)
class FieldDoc:
    """One settable field, for `--help` and for forms: dotted path, what it takes in words, default (None: required)."""

    path: str
    takes: str
    default: Any
    description: str
    annotation: Any


def explain(schema: type[BaseModel], error: ValidationError) -> str:
    """The first problem of a validation in one line: the field, what was given, what it takes."""
    problems = error.errors(include_url=False)
    first = min(problems, key=lambda problem: problem["type"] != "extra_forbidden")  # a misspelt name explains the rest
    where = [str(part) for part in first["loc"]]
    path = _field(schema, first["loc"])
    info = field_at(schema, path)
    path = "config" if info is None else path
    fields = {_field(schema, problem["loc"]) for problem in problems}  # one of several kinds has a problem with each of them
    given, more = show(first["input"]), f" (and {len(fields) - 1} more)" if len(fields) > 1 else ""
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        wrong = ".".join(where)
        return f"unknown field {wrong} (given {given}){suggest(schema, wrong)}{more}"
    if first["type"] == "missing" and path == ".".join(where):
        return f"{path} has no value; set it to {takes(info)}{more}"
    if first["type"] in ("value_error", "assertion_error", "json_invalid"):
        return f"{path} = {given}: {message}{more}"
    if first["type"].startswith(("string_", "too_")) and first["type"] != "string_type":
        return f"{path} = {given}: {message[0].lower()}{message[1:]}{more}"
    return f"{path} = {given}: must be {takes(info)}{more}"


def _field(schema: type[BaseModel], loc: Sequence[object]) -> str:
    """Where a problem is: of a wrong element of a list the list, the innermost part of the path that is a field."""
    where = [str(part) for part in loc]
    ends = (".".join(where[:end]) for end in range(len(where), 0, -1))
    return next((end for end in ends if field_at(schema, end) is not None), ".".join(where))


def show(value: object) -> str:
    """A given value as it is quoted in an error, cut to 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def suggest(schema: type[BaseModel], path: str) -> str:
    """The fields nearest to one that does not exist, or all of its section."""
    known = [doc.path for doc in walk(schema, "")]
    section, _, last = path.rpartition(".")
    alike = [one for one in known if one.rpartition(".")[2] == last]
    beside = {one.rpartition(".")[2]: one for one in known if one.rpartition(".")[0] == section}
    alike += [beside[one] for one in difflib.get_close_matches(last, list(beside), n=2)]
    alike += difflib.get_close_matches(path, known, n=2, cutoff=0.6)
    if alike:
        return f"; did you mean {' or '.join(list(dict.fromkeys(alike))[:2])}?"
    inside = list(beside.values()) or list(schema.model_fields)
    return f"; there is {', '.join(inside)}"


def takes(info: Any) -> str:
    """What a field takes, in words: "a whole number from 1 to 4096"."""
    if info is None:
        return "another value"
    return _kind(info.annotation) + _bounds(info.metadata)


def _bounds(rules: Iterable[Any]) -> str:
    """The limits of a number in words: " from 1 to 4096"."""
    low = high = ""
    for rule in rules:
        low = f" from {rule.ge}" if hasattr(rule, "ge") else f" above {rule.gt}" if hasattr(rule, "gt") else low
        high = f" to {rule.le}" if hasattr(rule, "le") else f" below {rule.lt}" if hasattr(rule, "lt") else high
    if low and not high:
        low = low.replace(" from ", " of at least ")
    if high and not low:
        high = high.replace(" to ", " of at most ")
    return low + high


def _kind(kind: Any) -> str:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        rules = [rule for one in inner[1:] for rule in getattr(one, "metadata", [one])]
        return _kind(inner[0]) + _bounds(rules)
    if found := choices(kind):
        return f"one of {', '.join(map(str, found))}"
    if origin in (typing.Union, types.UnionType):
        return " or ".join("none" if one is types.NoneType else _kind(one) for one in inner)
    if (origin or kind) in (tuple, list, set, frozenset):
        return f"a list, each {_kind(inner[0])}" if inner else "a list"
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
    return words.get(kind, "a table" if model_of(kind) else "a value")


def choices(kind: Any) -> list[object]:
    """What a Literal, an enum or a union of such can be; [] for any other type."""
    if typing.get_origin(kind) is Literal:
        return list(typing.get_args(kind))
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        inner = [choices(one) for one in typing.get_args(kind)]
        return [value for one in inner for value in one] if all(inner) else []
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return [member.value for member in kind]
    return []


def model_of(kind: Any) -> type[BaseModel] | None:
    """The type, if it is a section."""
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def field_at(schema: type[BaseModel], path: str) -> Any:
    """pydantic's description of the field at a dotted path; None if there is none."""
    info = None
    model: type[BaseModel] | None = schema
    for part in path.split("."):
        info = model.model_fields.get(part) if model else None
        if info is None:
            return None
        model = model_of(info.annotation)
    return info


def walk(schema: type[BaseModel], prefix: str) -> Iterator[FieldDoc]:
    """Every settable field, in order."""
    for name, info in schema.model_fields.items():
        inner = model_of(info.annotation)
        if inner:
            yield from walk(inner, f"{prefix}{name}.")
        elif info.annotation is not Any:
            default = None if info.is_required() else info.get_default(call_default_factory=True)
            yield FieldDoc(f"{prefix}{name}", takes(info), default, info.description or "", info.annotation)
