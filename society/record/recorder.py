"""The recorder: rows of the tables, gathered in memory and written as immutable parts.

Order that makes `kill -9` safe, for whoever drives it: (1) `flush(u)` puts the rows of update u on the disk; (2)
`checkpoint.save(u)` follows; (3) that call flips LATEST last. On resume: `checkpoint.load` -> u, then `rewind(u)`. So
the rows of a checkpoint are always there before it, and rows that no checkpoint vouches for are dropped and made again:
each row is there once.
"""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from society.record import checkpoint, parts
from society.record.columns import Buffer, declared_kind
from society.record.files import damaged, inside, sweep, sync_folder
from society.record.tables import LEADING, TABLES

# Bounds on what a small file may unfold to: a row group is what a reader holds at once.
GROUP_ROWS = 2**20
GROUP_BYTES = 2**29
MOST_ROWS = 2**26  # of one part


class Recorder:
    """Writes the tables of one run directory. One recorder at a time: it owns `tables/`."""

    def __init__(self, run_path: Path | str) -> None:
        self.path = Path(run_path)
        self._buffers: dict[str, Buffer] = {}

    def add(self, table: str, columns: Mapping[str, Any]) -> None:
        """Add rows to `table`: arrays or lists [rows], and scalars, which are broadcast (all scalars: one row).

        The columns are copied. Integers and booleans are kept as int64, floats as float64, text dictionary-encoded; a
        column that some rows lack reads -1, NaN or "" there. Raises ValueError for an unknown table, a missing column,
        unequal lengths, and a column that changes its kind.
        """
        if table not in TABLES:
            raise ValueError(f"there is no table {table!r}; the tables are {', '.join(TABLES)}")
        if table not in self._buffers:
            self._buffers[table] = Buffer(table, self._kinds_on_disk(table))
        self._buffers[table].add(columns)

    def flush(self, update: int) -> None:
        """Write what was added since the last flush, one part per table with rows, durably. Raises OSError."""
        for table, buffer in self._buffers.items():
            if not buffer.rows:
                continue
            folder = inside(self.path, "tables", table)
            if not folder.is_dir():
                folder.mkdir(parents=True)
                sync_folder(folder.parent)
                sync_folder(self.path)
            written = parts.listing(self.path, "tables", table)
            if written and written[-1].update > update:
                raise ValueError(f"table {table} has rows of update {written[-1].update}: rewind, then write {update}")
            data = encode(buffer.table(), table, update)
            parts.write(folder, update, len(written), "parquet", data)
            buffer.clear()

    def rewind(self, update: int) -> None:
        """Return the run directory to checkpoint `update`: drop later checkpoints, then later parts, and temporaries.

        With a checkpoint of that update its manifest says which parts belong to it; without one (`rewind(-1)`: start
        afresh) every part of a later update goes. Unflushed rows are forgotten. `Damaged` if rows of the checkpoint are
        gone.
        """
        self._buffers.clear()
        sweep(self.path)
        kept = checkpoint.rewind(self.path, update)
        for names in parts.folders(self.path):
            sweep(self.path.joinpath(*names))
        parts.drop_after(self.path, update, kept)

    def _kinds_on_disk(self, table: str) -> dict[str, str]:
        """The kinds of the columns that earlier parts hold, so that a resumed run keeps to them."""
        kinds: dict[str, str] = {}
        written = parts.listing(self.path, "tables", table)
        for part in {*written[:1], *written[-1:]}:
            schema = decode_schema(part, parts.content(self.path, part), table)
            for field in schema:
                kinds[field.name] = kind_of(field.type) or "i"
        return kinds


def encode(rows: pa.Table, table: str, update: int) -> bytes:
    """`rows` as the bytes of a Parquet file that says which table and update it belongs to. Same rows, same bytes."""
    rows = rows.replace_schema_metadata({"society.table": table, "society.update": str(update)})
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="zstd", compression_level=1, row_group_size=GROUP_ROWS)
    return sink.getvalue()


def decode_schema(part: parts.Part, data: bytes, table: str) -> pa.Schema:
    """The schema of a part's bytes; `Damaged` if they are no Parquet file or belong to another table or update."""
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        schema = file.schema_arrow
        groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise damaged(part.path, f"is not a Parquet file ({error})") from None
    if file.metadata.num_rows > MOST_ROWS or any(g.num_rows > GROUP_ROWS or g.total_byte_size > GROUP_BYTES for g in groups):
        raise damaged(part.path, "unfolds to more than a part may hold")
    facts = schema.metadata or {}
    if facts.get(b"society.table") != table.encode() or facts.get(b"society.update") != str(part.update).encode():
        raise damaged(part.path, "belongs to another table or update", "move it back or delete this run folder")
    for column in (*LEADING, *TABLES[table]):
        if column not in schema.names:
            raise damaged(part.path, f"lacks the column {column} of {table}")
    for field in schema:
        kind = kind_of(field.type)
        if kind is None or declared_kind(field.name) not in (None, kind):
            raise damaged(part.path, f"holds {field.type} in its column {field.name}")
    return schema


def kind_of(held: pa.DataType) -> str | None:
    """What a column of this type holds: "i" whole numbers, "f" numbers, "s" text; None for what no table has."""
    if pa.types.is_dictionary(held):
        return "s" if pa.types.is_string(held.value_type) else None
    return "f" if pa.types.is_floating(held) else "i" if pa.types.is_signed_integer(held) else None
