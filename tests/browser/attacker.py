"""Run directories made by someone who knows the format and means harm. Every seal and digest that can be right is right.

Each is a copy of a trained run with one kind of malice, so that a page comes as far as it can before it meets it.
"""

import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from society.record import parts
from society.record.files import write_json, write_text_sealed
from society.record.recorder import encode
from society.record.store import Run
from society.record.tables import LEADING, TABLES

SCRIPT = "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 2'>"
LINK = "![x](http://example.com/x.png) [click](javascript:window.pwned=3) $\\href{http://example.com}{x}$ :material/warning:"
EVIL = f"{SCRIPT}{LINK}\0\u202e\n\n# heading"
TEXT = ("condition", "name", "role", "head", "phase", "part", "meaning")


def copy(path: Path, model: Run) -> Path:
    """The model's folder at `path`, without the checkpoints, which vouch for the old rows."""
    shutil.copytree(model.path, path)
    shutil.rmtree(path / "checkpoints")
    return path


def changed_meta(path: Path, **changes: object) -> None:
    """Fields of meta.json replaced, and sealed again."""
    write_json(path / "meta.json", Run(path).meta | changes)


def replace_table(path: Path, name: str, data: bytes, update: int) -> None:
    """The only part of a table, with the digest that its bytes have."""
    shutil.rmtree(path / "tables" / name, ignore_errors=True)
    (path / "tables" / name).mkdir(parents=True)
    parts.write(path / "tables" / name, update, 0, "parquet", data)


def names(path: Path, model: Run) -> Path:
    """Markup, scripts and addresses wherever a file holds text."""
    copy(path, model)
    toml = (path / "run.toml").read_text(encoding="utf-8").replace('"bazaar"', json.dumps(EVIL.replace("\0", "")))
    scene = model.meta["scene"] | {"legend": [[EVIL, EVIL]] * 3, "kinds": [[EVIL, f"red;background:url(http://x){EVIL}"]] * 2}
    declared = json.loads(json.dumps(model.meta["declared"]).replace("meals per seat", json.dumps(EVIL)[1:-1]))
    changed_meta(
        path, run_toml_sha256=write_text_sealed(path / "run.toml", toml), scene=scene, declared=declared, meanings=[EVIL],
        goods=[EVIL, EVIL], argv=[EVIL], created=EVIL,
    )  # fmt: skip
    lines = (model.saved_report or {})["estimates"]
    write_json(path / "report.json", {"estimates": [line | {"unit": EVIL, "reason": EVIL} for line in lines]})
    write_json(path / "status.json", model.status | {"message": EVIL})
    for name in model.tables():
        rows = model.table(name)
        for column in TEXT:
            if column in rows and column != "condition" and rows[column].dtype.kind not in "if":
                rows[column] = rows[column].where(rows.index % 3 != 0, EVIL)
        rows["condition"] = rows["condition"].where(rows.index % 5 != 0, EVIL)
        rows[f"measure.{EVIL}"] = 1.0
        replace_table(path, name, encode(_table(rows), name, 9), 9)
    return path


def numbers(path: Path, model: Run) -> Path:
    """Numbers that no simulation writes: huge, negative, infinite, none."""
    copy(path, model)
    wild_ints = [2**63 - 1, -(2**63), -1, 10**6, 0]
    wild_floats = [np.inf, -np.inf, np.nan, 1e308, -0.0]
    for name in model.tables():
        rows = model.table(name)
        for column in rows.columns:
            kind = rows[column].dtype.kind
            if kind in "if":
                choices = wild_ints if kind == "i" else wild_floats
                wild = np.resize(np.array(choices, rows[column].dtype), len(rows))
                rows[column] = np.where(np.arange(len(rows)) % 4 == 0, wild, rows[column])
        replace_table(path, name, encode(_table(rows), name, 9), 9)
    changed_meta(
        path, scene={"height": -1, "width": 10**9, "legend": 7, "kinds": {}}, goods=3, meanings={"a": []}, seats=-1, declared=[]
    )
    lines = (model.saved_report or {})["estimates"]
    spoilt = [line | {"value": [1e308, None, -1e308, "9", True][i % 5], "ci_low": 1e308, "n": -1} for i, line in enumerate(lines)]
    write_json(path / "report.json", {"estimates": [*spoilt, 7, None, {"metric": 3}]})
    write_json(path / "status.json", model.status | {"agent_steps": -(2**63), "total": 1e308, "update": "many"})
    return path


def columns(path: Path, model: Run) -> Path:
    """Tables of other columns and other types than theirs, with the right marks; a report and a scene of other shapes."""
    copy(path, model)
    for name in TABLES:
        fields = {column: pa.array([1.5, 2.5]) for column in (*LEADING[1:], *TABLES[name][1:])}
        if name in ("messages", "probes"):
            fields["tick"] = pa.array([["nested"], []])
        fields["condition"] = pa.array(["normal", "normal"]).dictionary_encode() if name != "trades" else pa.array([True, False])
        rows = pa.table(fields)
        facts = {"society.table": name, "society.update": "9"}
        sink = io.BytesIO()
        pq.write_table(rows.replace_schema_metadata(facts), sink)
        replace_table(path, name, sink.getvalue(), 9)
    write_json(path / "report.json", {"estimates": {"not": "a list"}})
    changed_meta(path, scene=[1, 2], declared="x", meanings=7)
    return path


def bombs(path: Path, model: Run) -> Path:
    """A few hundred kilobytes that unfold to gigabytes: Parquet columns of one value, frames of nothing."""
    copy(path, model)
    for name in ("messages", "trades", "metrics", "probes"):
        replace_table(path, name, _parquet_bomb(name), 9)
    frames = path / "frames"
    shutil.rmtree(frames)
    frames.mkdir()
    parts.write(frames, 9, 0, "arrow", _frames_bomb())
    return path


def sizes(path: Path, model: Run) -> Path:
    """Files that claim a terabyte, a document nested a hundred thousand deep, a header as long as the file."""
    copy(path, model)
    (path / "report.json").write_text("[" * 100_000 + "]" * 100_000, encoding="utf-8")
    for name in ("messages", "episodes"):
        (part,) = (path / "tables" / name).glob("part-*")
        os.truncate(part, 2**40)
    for name, update in (("trades", 9), ("metrics", 9)):
        replace_table(path, name, b"PAR1" + b"\0" * 64 + (2**31 - 1).to_bytes(4, "little") + b"PAR1", update)
    frames = path / "frames"
    shutil.rmtree(frames)
    frames.mkdir()
    parts.write(frames, 9, 0, "arrow", b"ARROW1\0\0" + b"\0" * 64 + (2**31 - 1).to_bytes(4, "little") + b"ARROW1")
    return path


def deep(path: Path, model: Run) -> Path:
    """A sealed config that is nested as deep as TOML allows, and names of a megabyte."""
    copy(path, model)
    toml = 'scenario = "' + "x" * 900_000 + '"\nseed = 1\nworld = ' + "[" * 200 + "]" * 200 + "\n"
    changed_meta(path, run_toml_sha256=write_text_sealed(path / "run.toml", toml), argv=["y" * 10**6], meanings=["z" * 10**6])
    return path


def links(path: Path, model: Run) -> Path:
    """Files and folders that are somewhere else, a link to itself, a pipe, a device."""
    copy(path, model)
    shutil.rmtree(path / "frames")
    (path / "frames").symlink_to("/proc")
    shutil.rmtree(path / "tables" / "messages")
    (path / "tables" / "messages").symlink_to(model.path / "tables" / "messages")
    shutil.rmtree(path / "tables" / "trades")
    (path / "tables" / "trades").symlink_to(path / "tables" / "trades")
    (path / "report.json").unlink()
    os.mkfifo(path / "report.json")
    (path / "controls").mkdir()
    (path / "controls" / "muted_from_birth").symlink_to("/")
    return path


def linked(path: Path, model: Run) -> Path:
    """A run that is a link out of the folder."""
    outside = path.parent.parent / "outside"
    shutil.copytree(model.path, outside)
    path.symlink_to(outside)
    return path


def linked_status(path: Path, model: Run) -> Path:
    """A status that is a device without an end."""
    copy(path, model)
    (path / "status.json").unlink()
    (path / "status.json").symlink_to("/dev/zero")
    return path


def _table(rows: pd.DataFrame) -> pa.Table:
    """As the recorder writes it: text as a dictionary."""
    arrays = {name: pa.array(column.tolist() if column.dtype.kind not in "if" else column) for name, column in rows.items()}
    return pa.table(
        {name: array.dictionary_encode() if pa.types.is_string(array.type) else array for name, array in arrays.items()}
    )


def _parquet_bomb(name: str) -> bytes:
    """Thirty million rows of the table, 240 MB for each column once unfolded."""
    count = 30_000_000
    number = pa.array(np.zeros(count, np.int64))
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array(["normal"]))
    plain = (*LEADING, *TABLES[name], *(("m0", "meaning0") if name == "messages" else ()))
    table = pa.table({column: text if column in TEXT else number for column in plain})
    facts = {"society.table": name, "society.update": "9"}
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(facts), sink, compression="zstd", row_group_size=count)
    return sink.getvalue()


def _frames_bomb() -> bytes:
    """Eight thousand frames of 256 x 256 empty cells in one batch: half a gigabyte."""
    count, side, seats = 8_000, 256, 2
    facts = {
        "update": 9,
        "index": [["normal", 0, 0, 0, count - 1, count]],
        "cells": [side, side],
        "seats": seats,
        "fields": ["x", "y"],
    }
    place = pa.list_(pa.uint16())
    schema = pa.schema(
        [("condition", pa.string()), ("seed", pa.int64()), ("world", pa.int64()), ("tick", pa.int64()), ("cells", pa.binary()),
         ("seat.x", place), ("seat.y", place)],
        metadata={"society.frames": json.dumps(facts)},
    )  # fmt: skip
    cells = pa.Array.from_buffers(
        pa.binary(), count,
        [None, *map(pa.py_buffer, (np.arange(count + 1, dtype=np.int32) * side**2, np.zeros(count * side**2, np.uint8)))],
    )  # fmt: skip
    ends = pa.array(np.arange(count + 1, dtype=np.int32) * seats)
    places = pa.ListArray.from_arrays(ends, pa.array(np.zeros(count * seats, np.uint16)))
    zeros = pa.array(np.zeros(count, np.int64))
    batch = pa.record_batch(
        [pa.array(["normal"] * count), zeros, zeros, pa.array(np.arange(count)), cells, places, places], schema=schema
    )
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def _of(make: Callable[[Path, Run], Path]) -> Callable[[Path, Run], Run]:
    return lambda path, model: Run(make(path, model))


ATTACKS = {
    f"attack_{make.__name__}": _of(make) for make in (names, numbers, columns, bombs, sizes, deep, links, linked, linked_status)
}
