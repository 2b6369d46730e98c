"""What a scenario declares about how its runs are to be judged: the headline, its anchors and the primary contrasts.

Pure standard library, so that a scenario can produce it and an analysis can read it. The JSON form lies in a run's
`meta.json` under `declared`; every field is checked, and an error is one line that names the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from numbers import Real
from typing import Any, Literal, TypeVar

PER = ("seat_tick", "episode")
PLAIN_COLUMNS = ("return_", "ticks")  # columns of `episodes` that carry no `measure.` prefix
T = TypeVar("T")


def column_of(measure: str) -> str:
    """The column of the `episodes` table that holds `measure`: `return_` and `ticks` are plain, others are prefixed."""
    return measure if measure in PLAIN_COLUMNS or measure.startswith("measure.") else f"measure.{measure}"


@dataclass(frozen=True)
class Headline:
    """The one number a scenario is judged by.

    Per world it is `scale` * sum(measure) / sum(ticks) (`per` = "seat_tick") or `scale` * mean over rows ("episode"),
    over the rows of `episodes` where every column in `rows` has the given value. `splits` maps a split's name to its
    0/1 column: `<name>.<split>` takes the rows where it is 1, `<name>.train` those where every split column is 0.
    """

    name: str
    measure: str
    per: Literal["seat_tick", "episode"]
    unit: str
    scale: float = 1.0
    rows: Mapping[str, float] = field(default_factory=dict)
    splits: Mapping[str, str] = field(default_factory=dict)

    @property
    def column(self) -> str:
        """The column of `episodes` that is summed."""
        return column_of(self.measure)


@dataclass(frozen=True)
class Relative:
    """Two conditions that fix a scale: the headline of `zero` is 0 on it, that of `one` is 1."""

    one: str
    zero: str


@dataclass(frozen=True)
class Measure:
    """A further ratio per world: sum(numerator) / sum(denominator), and the condition (or number) that is its null."""

    numerator: str
    denominator: str
    unit: str = "share"
    null: str | float | None = None


@dataclass(frozen=True)
class Language:
    """What a speaker privately knows: the names of columns meaning0, meaning1, ..."""

    meanings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Declared:
    """All that a scenario declares: `headline` is required, the rest may be absent.

    `chance` is the headline of a player that knows nothing; `primary` names the contrasts that Holm's correction
    covers, all others being exploratory.
    """

    headline: Headline
    relative: Relative | None = None
    chance: float | None = None
    primary: tuple[str, ...] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict)
    language: Language = field(default_factory=Language)

    @classmethod
    def from_json(cls, data: Any) -> Declared:
        """Read the JSON form (a mapping). ValueError, one line, for an unknown, missing or ill-typed field."""
        given = _fields(cls, data, "declared")
        given["headline"] = _headline(given["headline"])
        if given.get("relative") is not None:
            given["relative"] = _strings(Relative, given["relative"], "declared.relative")
        if given.get("chance") is not None:
            given["chance"] = _number(given["chance"], "declared.chance")
        given["primary"] = _names(given.get("primary"), "declared.primary")
        measures = _mapping(given.get("measures") or {}, "declared.measures")
        given["measures"] = {name: _measure(value, f"declared.measures.{name}") for name, value in measures.items()}
        language = _fields(Language, given.get("language") or {}, "declared.language")
        given["language"] = Language(_names(language.get("meanings"), "declared.language.meanings"))
        return cls(**given)

    def to_json(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers that `from_json` reads back to an equal object."""
        plain = asdict(self)
        plain["primary"] = list(self.primary)
        plain["language"] = {"meanings": list(self.language.meanings)}
        return plain


def _headline(data: Any) -> Headline:
    where = "declared.headline"
    given = _fields(Headline, data, where)
    for name in ("name", "measure", "per", "unit"):
        _string(given[name], f"{where}.{name}")
    if given["per"] not in PER:
        raise ValueError(f"{where}.per: {given['per']!r} is not one of {', '.join(PER)}")
    given["scale"] = _number(given.get("scale", 1.0), f"{where}.scale")
    rows = _mapping(given.get("rows") or {}, f"{where}.rows")
    given["rows"] = {name: _number(value, f"{where}.rows.{name}") for name, value in rows.items()}
    splits = _mapping(given.get("splits") or {}, f"{where}.splits")
    if "train" in splits:
        raise ValueError(f"{where}.splits.train: 'train' is what no split holds out, and needs no column")
    given["splits"] = {name: _string(value, f"{where}.splits.{name}") for name, value in splits.items()}
    return Headline(**given)


def _measure(data: Any, where: str) -> Measure:
    given = _fields(Measure, data, where)
    for name in ("numerator", "denominator", "unit"):
        _string(given.get(name, ""), f"{where}.{name}")
    null = given.get("null")
    if null is not None and not isinstance(null, str):
        given["null"] = _number(null, f"{where}.null")
    return Measure(**given)


def _strings(kind: type[T], data: Any, where: str) -> T:
    return kind(**{name: _string(value, f"{where}.{name}") for name, value in _fields(kind, data, where).items()})


def _fields(kind: Any, data: Any, where: str) -> dict[str, Any]:
    """The mapping's items, once its names are known to fit the dataclass."""
    given = dict(_mapping(data, where))
    known = {f.name: f.default is MISSING and f.default_factory is MISSING for f in fields(kind)}
    for name in given:
        if name not in known:
            raise ValueError(f"{where}.{name}: no such field; the fields are {', '.join(known)}")
    for name, required in known.items():
        if required and name not in given:
            raise ValueError(f"{where}.{name}: missing")
    return given


def _mapping(data: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping) or not all(isinstance(name, str) for name in data):
        raise ValueError(f"{where}: expected a table of named fields, got {type(data).__name__}")
    return data


def _string(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{where}: expected a string, got {value!r}")
    return value


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not abs(float(value)) < float("inf"):
        raise ValueError(f"{where}: expected a finite number, got {value!r}")
    return float(value)


def _names(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{where}: expected a list of names, got {value!r}")
    return tuple(_string(name, where) for name in value)
