"""Text from a command line as a value of a field's type."""

from __future__ import annotations

import contextlib
import json
import re
import types
import typing
from typing import Annotated, Any, Literal

_TRUTH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def read(kind: Any, text: str) -> object:
    """Text as a value of a type; text that does not fit stays as it is, for the validation to complain about."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    value: object = text
    if origin is Annotated:
        value = read(inner[0], text)
    elif origin in (typing.Union, types.UnionType):
        if types.NoneType in inner and text.lower() in ("none", ""):
            return None
        readings = [read(one, text) for one in inner if one is not types.NoneType]
        value = next((one for one in readings if not isinstance(one, str)), text)
    elif origin is Literal:
        value = next((one for one in inner if str(one).lower() == text.lower()), text)
    elif (origin or kind) in (tuple, list, set, frozenset):
        if text.startswith("["):  # a list of lists needs its brackets
            with contextlib.suppress(ValueError):
                return json.loads(text)
        parts = [part.strip() for part in text.strip("[]()").split(",") if part.strip()]
        fixed = origin is tuple and Ellipsis not in inner
        each = inner if fixed else (inner[0] if inner else str,) * len(parts)
        value = [read(one, part) for one, part in zip(each, parts, strict=False)] + parts[len(each) :]
    elif kind is bool:
        value = _TRUTH.get(text.lower(), text)
    elif kind is int:
        value = _int(text)
    elif kind is float:
        value = _float(text)
    return value


def _int(text: str) -> int | str:
    if re.fullmatch(r"[+-]?\d[\d_]{0,99}", text, re.ASCII):
        try:
            return int(text)
        except ValueError:  # 1__0
            return text
    number = _float(text)
    return int(number) if isinstance(number, float) and number.is_integer() and abs(number) < 2**53 else text


def _float(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
