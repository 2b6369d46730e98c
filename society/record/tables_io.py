"""Reading a table: its verified parts, put together in the order they were written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from society.record import checkpoint, parts
from society.record.columns import PADDING, declared_kind
from society.record.files import damaged
from society.record.recorder import decode_schema, kind_of
from society.record.tables import LEADING, TABLES

Where = Mapping[str, Any]
Source = tuple[parts.Part, bytes, pa.Schema]
TYPES = {"s": pa.string(), "f": pa.float64(), "i": pa.int64()}
_EMPTY = {"s": "str", "f": "float64", "i": "int64"}


class Opened(NamedTuple):
    """A table's verified parts, what each column holds ("s", "f" or "i"), and the values that each column of `where` may have."""

    sources: list[Source]
    kinds: dict[str, str]
    where: dict[str, list[Any]]


def read_table(root: Path, table: str, columns: Sequence[str] | None = None, where: Where | None = None) -> pd.DataFrame:
    """The rows of `table` in order of writing: int64, float64 and str columns, index 0, 1, ...

    `columns` picks and orders columns; `where` keeps rows whose column equals a value or is in a list of values,
    applied while reading. A table that was never written is empty with the columns of `TABLES`. Raises ValueError for
    an unknown table or column and `Damaged` for a part that cannot be trusted.
    """
    opened = open_table(root, table, tuple(columns or ()), where)
    kinds = opened.kinds
    wanted = list(columns) if columns is not None else list(kinds)
    pieces = [_piece(source, wanted, kinds, opened.where) for source in opened.sources]
    if not pieces:
        return pd.DataFrame({column: pd.Series([], dtype=_EMPTY[kinds[column]]) for column in wanted})
    return pa.concat_tables(pieces).to_pandas()


def open_table(root: Path, table: str, columns: Sequence[str], where: Where | None) -> Opened:
    """The parts of a table, verified, and a question about it, checked: `columns` and those of `where` are there.

    Raises as `read_table` does.
    """
    if table not in TABLES:
        raise ValueError(f"there is no table {table!r}; the tables are {', '.join(TABLES)}")
    sources: list[Source] = []
    for part in checkpoint.listing(root, "tables", table):
        data = parts.content(root, part)
        sources.append((part, data, decode_schema(part, data, table)))
    kinds: dict[str, str] = {}
    for _, _, schema in sources:
        for field in schema:
            kind = kind_of(field.type) or "i"
            kinds[field.name] = "f" if {kind, kinds.get(field.name)} == {"i", "f"} else kind
    kinds = kinds or {column: declared_kind(column) or "i" for column in (*LEADING, *TABLES[table])}
    for column in (*columns, *(where or ())):
        if column not in kinds:
            raise ValueError(f"table {table} has no column {column!r}; it has {', '.join(kinds)}")
    return Opened(sources, kinds, {column: _values(column, kinds[column], value) for column, value in (where or {}).items()})


def _values(column: str, kind: str, value: Any) -> list[Any]:
    """The plain values that a column of `kind` may have; ValueError where text is compared with a number."""
    many = isinstance(value, list | tuple | set | frozenset | range | np.ndarray | pd.Series)
    values = [item.item() if isinstance(item, np.generic) else item for item in (value if many else [value])]
    for item in values:
        if isinstance(item, str) != (kind == "s") or not isinstance(item, str | int | float):
            raise ValueError(f"column {column} cannot equal {item!r}: it holds {'text' if kind == 's' else 'numbers'}")
    if kind == "i":  # a whole-number column equals 2.0 as well as 2, and never 2.5
        return [int(item) for item in values if item == item // 1 and abs(item) < 2**63]
    return values


def _piece(source: Source, wanted: list[str], kinds: dict[str, str], where: dict[str, list[Any]]) -> pa.Table:
    """One part's wanted columns and rows, with padding for the columns that it lacks."""
    part, data, schema = source
    filters = []
    nothing = False
    for column, values in where.items():
        if column in schema.names:
            filters.append((column, "in", values))
        nothing |= not values or (column not in schema.names and PADDING[kinds[column]] not in values)
    present = [column for column in wanted if column in schema.names]
    try:
        if nothing:
            found = schema.empty_table()
        else:
            found = pq.read_table(pa.BufferReader(data), columns=present or [LEADING[0]], filters=filters or None)
    except (pa.ArrowException, OSError) as error:
        raise damaged(part.path, f"cannot be decoded ({error})") from None
    arrays = {}
    for column in wanted:
        kind = TYPES[kinds[column]]
        if column in schema.names:
            arrays[column] = found[column].cast(kind)
        else:
            arrays[column] = pa.chunked_array([pa.repeat(pa.scalar(PADDING[kinds[column]], kind), found.num_rows)])
    return pa.table(arrays)
