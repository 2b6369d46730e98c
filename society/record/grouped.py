"""Questions to a table that is too long to be held: counts and sums by group, and a page of rows.

Both read one row group of one verified part at a time, and of it only the columns that are asked for, so that the memory
they take does not grow with the table. A row group whose statistics exclude `where` is not read.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from society.record.columns import PADDING
from society.record.files import damaged
from society.record.tables_io import TYPES, Opened, Where, open_table


def grouped(root: Path, table: str, by: Sequence[str], where: Where | None = None, sums: Sequence[str] = ()) -> pd.DataFrame:
    """How many rows there are for each combination of the columns `by`, ordered by them: `by`, `count`, and `sum.<column>`.

    `where` as in `read_table`; `by` may be empty (one row in all, none where nothing was written). A sum is float64 and
    leaves NaN out. Raises ValueError for an unknown table or column and `Damaged` for a part that cannot be trusted.
    """
    opened = open_table(root, table, (*by, *sums), where)
    if not (by or where or sums) and opened.sources:  # the files themselves know how many rows they have
        known = [pq.ParquetFile(pa.BufferReader(data)).metadata.num_rows for _, data, _ in opened.sources]
        return pd.DataFrame({"count": [sum(known)]})
    ones = [("count", "sum"), *((f"sum.{column}", "sum") for column in sums)]
    totals: list[pa.Table] = []
    for found in _batches(opened, [*dict.fromkeys((*by, *sums))]):
        if not found.num_rows:
            continue
        wide = found.select(list(by)).append_column("count", pa.repeat(pa.scalar(1, pa.int64()), found.num_rows))
        for column in sums:
            wide = wide.append_column(f"sum.{column}", _numbers(found[column]))
        totals.append(_summed(wide, by, ones))
        if len(totals) == 64:  # as many as are worth joining at once
            totals = [_summed(pa.concat_tables(totals), by, ones)]
    names = [*by, *(name for name, _ in ones)]
    if not totals:
        return pd.DataFrame({name: pd.Series([], dtype="int64" if name == "count" else "float64") for name in names})
    frame = _summed(pa.concat_tables(totals), by, ones).to_pandas()
    return frame.sort_values(list(by), kind="stable", ignore_index=True) if by else frame


def rows(
    root: Path, table: str, columns: Sequence[str] | None = None, where: Where | None = None, first: int = 0, count: int = 100
) -> pd.DataFrame:
    """Rows `first` to `first + count` of those that `where` keeps, in order of writing, columns as in `read_table`.

    Reading ends with the last of them. ValueError and `Damaged` as in `grouped`.
    """
    opened = open_table(root, table, tuple(columns or ()), where)
    wanted = list(columns) if columns is not None else list(opened.kinds)
    pieces: list[pa.Table] = []
    skip, left = max(first, 0), max(count, 0)
    for found in _batches(opened, wanted):
        piece = found.slice(min(skip, found.num_rows), left)
        skip = max(0, skip - found.num_rows)
        if piece.num_rows:
            pieces.append(piece)
            left -= piece.num_rows
        if not left:
            break
    if not pieces:
        return pa.table({name: pa.array([], TYPES[opened.kinds[name]]) for name in wanted}).to_pandas()
    return pa.concat_tables(pieces).to_pandas()


def batches(root: Path, table: str, columns: Sequence[str], where: Where | None = None) -> Iterator[pd.DataFrame]:
    """The rows that `where` keeps, a row group at a time in order of writing, with these columns, at least one.

    For what no sum by group can tell. ValueError and `Damaged` as in `grouped`, at the first piece.
    """
    opened = open_table(root, table, tuple(columns), where)
    for found in _batches(opened, [*dict.fromkeys(columns)]):
        yield found.to_pandas()


def _summed(table: pa.Table, by: Sequence[str], ones: list[tuple[str, str]]) -> pa.Table:
    """Sums of the columns `ones` by group, under their own names."""
    found = table.group_by(list(by), use_threads=False).aggregate(ones)  # type: ignore[arg-type]
    return found.select([*by, *(f"{name}_{how}" for name, how in ones)]).rename_columns([*by, *(name for name, _ in ones)])


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """As float64 without NaN, which a sum would spread."""
    numbers = column.cast(pa.float64())
    return pc.if_else(pc.is_nan(numbers), pa.scalar(0.0), numbers)


def _batches(opened: Opened, wanted: list[str]) -> Iterator[pa.Table]:
    """The wanted columns of the rows that are kept, row group by row group."""
    for part, data, schema in opened.sources:
        absent = [column for column in opened.where if column not in schema.names]
        if any(PADDING[opened.kinds[column]] not in opened.where[column] for column in absent):
            continue
        here = {column: values for column, values in opened.where.items() if column in schema.names}
        present = [column for column in dict.fromkeys((*wanted, *here)) if column in schema.names]
        try:
            file = pq.ParquetFile(pa.BufferReader(data))
            for number in range(file.num_row_groups):
                if _excluded(file.metadata.row_group(number), here):
                    continue
                rows = file.metadata.row_group(number).num_rows
                found = file.read_row_group(number, columns=present)
                arrays = {name: found[name].cast(TYPES[opened.kinds[name]]) for name in present}
                for name in wanted:
                    if name not in arrays:
                        kind = opened.kinds[name]
                        arrays[name] = pa.chunked_array([pa.repeat(pa.scalar(PADDING[kind], TYPES[kind]), rows)])
                kept = pa.table(arrays) if arrays else pa.table({"": pa.nulls(rows)})
                for column, values in here.items():
                    kept = kept.filter(pc.is_in(kept[column], value_set=pa.array(values, TYPES[opened.kinds[column]])))
                yield kept.select(wanted) if wanted else kept
        except (pa.ArrowException, OSError) as error:
            raise damaged(part.path, f"cannot be decoded ({error})") from None


def _excluded(group: Any, where: dict[str, list[Any]]) -> bool:
    """Whether no row of a row group can be kept, by the least and greatest value of its columns."""
    for number in range(group.num_columns):
        column = group.column(number)
        values = where.get(column.path_in_schema)
        facts = column.statistics
        if values is None or facts is None or not facts.has_min_max:
            continue
        if not any(facts.min <= value <= facts.max for value in values):
            return True
    return False
