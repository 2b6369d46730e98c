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
from society.record.columns import Buffer
from society.record.files import damaged, inside, sweep, sync_folder
from society.record.tables import TABLES


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
                text, floats = pa.types.is_dictionary(field.type), pa.types.is_floating(field.type)
                kinds[field.name] = "s" if text else "f" if floats else "i"
        return kinds


def encode(rows: pa.Table, table: str, update: int) -> bytes:
    """`rows` as the bytes of a Parquet file that says which table and update it belongs to. Same rows, same bytes."""
    rows = rows.replace_schema_metadata({"society.table": table, "society.update": str(update)})
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="zstd", compression_level=1)
    return sink.getvalue()


def decode_schema(part: parts.Part, data: bytes, table: str) -> pa.Schema:
    """The schema of a part's bytes; `Damaged` if they are no Parquet file or belong to another table or update."""
    try:
        schema = pq.read_schema(pa.BufferReader(data))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise damaged(part.path, f"is not a Parquet file ({error})") from None
    facts = schema.metadata or {}
    if facts.get(b"society.table") != table.encode() or facts.get(b"society.update") != str(part.update).encode():
        raise damaged(part.path, "belongs to another table or update", "move it back or delete this run folder")
    return schema
