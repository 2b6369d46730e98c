"""Columns in memory: checked, broadcast and copied when they are added, one Arrow table when they are written."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from society.record.tables import LEADING, TABLES

TEXT = frozenset({"condition", "name", "role", "head", "phase"})
FLOAT = frozenset(
    {"return_", "value", "p_option", "seconds", "agent_steps_per_second", "score", "partner_score", "demand", "reward"}
)
PADDING: dict[str, Any] = {"i": -1, "f": np.nan, "s": ""}
_WORDS = {"i": "whole numbers", "f": "floats", "s": "text"}
_ARROW = {"i": pa.int64(), "f": pa.float64(), "s": pa.dictionary(pa.int32(), pa.string())}


def declared_kind(column: str) -> str | None:
    """The kind of a column that `TABLES` names: "s" text, "f" float; None where the first rows decide."""
    return "s" if column in TEXT else "f" if column in FLOAT else None


def _array(table: str, column: str, value: Any) -> np.ndarray:
    array = np.asarray(value)
    if array.ndim > 1:
        raise ValueError(f"column {column} of table {table} has shape {array.shape}: a column has one dimension")
    if array.dtype.kind == "u" and array.size and array.max() > np.iinfo(np.int64).max:
        raise ValueError(f"column {column} of table {table} has a number over 2**63 - 1")
    if array.dtype.kind not in "biufUO":
        raise ValueError(f"column {column} of table {table} is {array.dtype}: columns hold numbers or text")
    return array


class Buffer:
    """The rows of one table that are not on the disk yet."""

    def __init__(self, table: str, kinds: dict[str, str]) -> None:
        self.table_name = table
        self.rows = 0
        self._kinds = dict(kinds)  # column -> "i", "f" or "s"; outlives a flush, so that every part has the same types
        self._chunks: list[tuple[int, dict[str, np.ndarray]]] = []
        self._codes: dict[str, dict[str, int]] = {}  # text column -> word -> code, in order of first use

    def add(self, columns: Mapping[str, Any]) -> None:
        """Check and copy one batch of rows; ValueError leaves the buffer as it was."""
        name = self.table_name
        missing = [column for column in (*LEADING, *TABLES[name]) if column not in columns]
        if missing:
            raise ValueError(f"table {name} needs column {missing[0]}; it has {', '.join((*LEADING, *TABLES[name]))}")
        arrays = {column: _array(name, column, value) for column, value in columns.items()}
        lengths = {array.shape[0]: column for column, array in arrays.items() if array.ndim}
        if len(lengths) > 1:
            unequal = ", ".join(f"{column} has {length}" for length, column in lengths.items())
            raise ValueError(f"columns of table {name} differ in length: {unequal}")
        rows = next(iter(lengths), 1)
        if not rows:
            return
        kinds = {column: self._kind(column, array) for column, array in arrays.items()}
        copies = {column: self._copy(column, array, kinds[column], rows) for column, array in arrays.items()}
        self._chunks.append((rows, copies))
        self._kinds.update(kinds)
        self.rows += rows

    def _kind(self, column: str, array: np.ndarray) -> str:
        given = {"b": "i", "i": "i", "u": "i", "f": "f", "U": "s", "O": "s"}[array.dtype.kind]
        kind = self._kinds.get(column) or declared_kind(column) or given
        if given != kind and (given, kind) != ("i", "f"):
            raise ValueError(
                f"column {column} of table {self.table_name} holds {_WORDS[kind]} and is given {_WORDS[given]}: "
                "use one kind in all rows"
            )
        if array.dtype.kind == "O" and not all(isinstance(item, str) for item in array.ravel()):
            raise ValueError(f"column {column} of table {self.table_name} mixes text with other things")
        return kind

    def _copy(self, column: str, array: np.ndarray, kind: str, rows: int) -> np.ndarray:
        if kind != "s":
            return np.full(rows, array, dtype=np.int64 if kind == "i" else np.float64)
        codes = self._codes.setdefault(column, {})
        if not array.ndim:
            return np.full(rows, codes.setdefault(str(array), len(codes)), dtype=np.int32)
        encoded = pa.array(array, type=pa.string()).dictionary_encode()
        own = np.array([codes.setdefault(word, len(codes)) for word in encoded.dictionary.to_pylist()], dtype=np.int32)
        return own[encoded.indices.to_numpy()]

    def table(self) -> pa.Table:
        """All rows as one Arrow table: leading columns, the table's own, then extra ones in order of first use."""
        order = [*LEADING, *TABLES[self.table_name]]
        order += [column for column in self._kinds if column not in order]
        present = {column for _, chunk in self._chunks for column in chunk}
        return pa.table({column: self._column(column) for column in order if column in present})

    def _column(self, column: str) -> pa.Array:
        kind = self._kinds[column]
        codes = self._codes.get(column, {})
        pieces = []
        for rows, chunk in self._chunks:
            if column in chunk:
                pieces.append(chunk[column])
            elif kind == "s":
                pieces.append(np.full(rows, codes.setdefault("", len(codes)), dtype=np.int32))
            else:
                pieces.append(np.full(rows, PADDING[kind], dtype=np.int64 if kind == "i" else np.float64))
        values = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        if kind == "s":
            return pa.DictionaryArray.from_arrays(pa.array(values), pa.array(list(codes), type=pa.string()))
        return pa.array(values, type=_ARROW[kind])

    def clear(self) -> None:
        """Forget the rows, keep what is known about the columns."""
        self._chunks.clear()
        self._codes.clear()
        self.rows = 0
