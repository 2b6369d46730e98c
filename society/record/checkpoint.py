"""Checkpoints: weights and state of one update, whole or not there at all.

`checkpoints/<update>/` holds one safetensors file per group of arrays and a sealed manifest with the size and SHA-256
of each. The folder is filled under a temporary name and renamed; LATEST, which names it and its manifest's checksum, is
flipped last. A run is safe against `kill -9` when its rows are flushed first: tables of update u, then checkpoint u,
then LATEST. On resume, `load` gives u and `Recorder.rewind(u)` drops whatever is newer. Nothing here is ever pickled.
"""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from society.record import parts
from society.record.files import (
    JSON_LIMIT,
    TEMPORARY,
    Damaged,
    atomic_write,
    damaged,
    inside,
    read_bytes,
    remove_folder,
    sealed,
    sha256,
    sweep,
    sync_folder,
    unseal,
    write_synced,
)

Arrays = dict[str, np.ndarray]
_FOLDER = re.compile(r"\d{8,12}")
_GROUP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,99}")


class Checkpoint(NamedTuple):
    """What `load` returns; unpacks as (update, groups, state). Arrays are writable copies."""

    update: int
    groups: dict[str, Arrays]
    state: dict[str, Any]


def save(
    run_path: Path | str,
    update: int,
    groups: dict[str, Arrays],
    state: dict[str, Any],
    *,
    keep: Iterable[int] = (),
    last: int = 3,
) -> Path:
    """Write checkpoint `update` durably, flip LATEST to it, delete all but the `last` newest and those named in `keep`.

    Raises FileExistsError if that update has a checkpoint (none is ever overwritten), ValueError for a group name that
    is no file name, an array of objects or a state that JSON lacks, OSError for the disk. A failure leaves the older
    ones as they were.
    """
    root = Path(run_path)
    home = inside(root, "checkpoints")
    folder = home / f"{update:08d}"
    if update < 0:
        raise ValueError(f"update is {update}: a checkpoint has update 0 or later")
    if folder.exists():
        raise FileExistsError(f"{folder} exists already and checkpoints are never overwritten; rewind the run first")
    if not home.is_dir():
        home.mkdir(parents=True)
        sync_folder(root)
    files = {f"{_group_name(name)}.safetensors": save_arrays(_arrays(name, group)) for name, group in groups.items()}
    manifest = sealed(
        "manifest.json",
        {
            "update": update,
            "files": {name: {"size": len(data), "sha256": sha256(data)} for name, data in files.items()},
            "parts": parts.counts(root),  # the rows that this checkpoint vouches for; `rewind` returns to exactly these
            "state": state,
        },
        non_finite="keep",
    )
    temporary = home / f"{TEMPORARY}{os.getpid()}-{folder.name}"
    try:
        temporary.mkdir()
        for name, data in files.items():
            write_synced(temporary / name, data)
        write_synced(temporary / "manifest.json", manifest)
        sync_folder(temporary)
        os.rename(temporary, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync_folder(home)
    _flip(home, update, manifest)
    _prune(home, {*updates(root)[-last:], *keep, update})
    return folder


def load(run_path: Path | str, update: int | None = None, warnings: Callable[[str], None] | None = None) -> Checkpoint:
    """Verify and read a checkpoint: that of `update`, or else the one LATEST names.

    If LATEST or its checkpoint is damaged, the newest checkpoint that verifies is read instead and `warnings` (by
    default: a line on standard error) is told so. Raises `Damaged` if the one asked for, or every one, fails.
    """
    root = Path(run_path)
    if update is not None:
        return _read(root, update)
    warn = warnings or (lambda line: print(f"warning: {line}", file=sys.stderr))
    failed: int | None = None
    try:
        failed = latest(root)
        return _read(root, failed)
    except Damaged as error:
        first = error
    for candidate in reversed(updates(root)):
        if candidate == failed:
            continue
        try:
            found = _read(root, candidate)
        except Damaged:
            continue
        warn(f"{first}; fell back to checkpoint {candidate}")
        return found
    if not updates(root):
        raise damaged(root / "checkpoints", "holds no checkpoint", "start the run again")
    raise first


def updates(run_path: Path | str) -> list[int]:
    """The updates that have a checkpoint folder, oldest first, unverified; [] where there is none."""
    home = inside(Path(run_path), "checkpoints")
    if not home.is_dir():
        return []
    return sorted(int(path.name) for path in home.iterdir() if _FOLDER.fullmatch(path.name) and path.is_dir())


def listing(root: Path, *names: str) -> list[parts.Part]:
    """The parts of a folder, `Damaged` if there are fewer than the checkpoint that LATEST names vouches for."""
    try:  # read before the listing: a run that is being written only ever gains parts
        number = _manifest(root, latest(root))[0]["parts"].get("/".join(names), 0)
    except Damaged:  # a run without a checkpoint, or with a damaged one, still shows its rows
        number = 0
    found = parts.listing(root, *names)
    if len(found) < number:
        raise damaged(root.joinpath(*names), f"has {len(found)} parts, the last checkpoint knows {number}")
    return found


def verify(run_path: Path | str, update: int) -> None:
    """Raise `Damaged` unless checkpoint `update` is whole."""
    _read(Path(run_path), update)


def rewind(run_path: Path | str, update: int) -> dict[str, int] | None:
    """Make `update` the newest checkpoint; return how many parts each folder had then, None if it has no checkpoint.

    `Recorder.rewind` calls this before it deletes any row: as long as a later checkpoint exists, its rows do too.
    """
    root = Path(run_path)
    home = inside(root, "checkpoints")
    if not home.is_dir():
        return None
    sweep(home)
    kept: dict[str, int] | None = None
    if update in updates(root):
        manifest, data = _manifest(root, update)
        kept = manifest["parts"]
        _flip(home, update, data)
    for later in reversed(updates(root)):
        if later > update:
            remove_folder(home / f"{later:08d}")
    try:
        latest(root)
    except Damaged:
        (home / "LATEST").unlink(missing_ok=True)
    return kept


def _group_name(name: str) -> str:
    if not _GROUP.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a group of arrays: use letters, digits, '.', '_' and '-'")
    return name


def _arrays(group: str, arrays: Arrays) -> Arrays:
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
            raise ValueError(f"{group}/{name} is not an array of numbers: a checkpoint holds nothing else")
    return {name: np.asarray(array, order="C") for name, array in arrays.items()}


def _flip(home: Path, update: int, manifest: bytes) -> None:
    # With the manifest's checksum a flipped digit cannot name another checkpoint that happens to exist.
    atomic_write(home / "LATEST", f"{update:08d} {sha256(manifest)}\n".encode())


def latest(run_path: Path | str) -> int:
    """The update that LATEST names, after checking it against that manifest; `Damaged` otherwise."""
    root = Path(run_path)
    path = inside(root, "checkpoints", "LATEST")
    match = re.fullmatch(rb"(\d{8,12}) ([0-9a-f]{64})\n", read_bytes(path, 4096))
    if not match:
        raise damaged(path, "does not name a checkpoint", "delete it, the newest whole checkpoint is used then")
    update = int(match[1])
    _, data = _manifest(root, update)
    if sha256(data) != match[2].decode():
        raise damaged(path, "names another manifest than the one there", "delete it or that checkpoint")
    return update


def _manifest(root: Path, update: int) -> tuple[dict[str, Any], bytes]:
    path = inside(root, "checkpoints", f"{update:08d}", "manifest.json")
    data = read_bytes(path, JSON_LIMIT)
    manifest = unseal(path, data)
    if manifest.get("update") != update:
        raise damaged(path, "belongs to another update", "delete this checkpoint folder")
    if not _whole(manifest):
        raise damaged(path, "is no manifest of a checkpoint", "delete this checkpoint folder")
    return manifest, data


def _whole(manifest: dict[str, Any]) -> bool:
    """Whether a manifest says how many parts there are, and size and checksum of its files; a checksum proves neither."""
    rows, files = manifest.get("parts"), manifest.get("files")
    if not isinstance(rows, dict) or not isinstance(files, dict) or not isinstance(manifest.get("state"), dict):
        return False
    counted = all(isinstance(number, int) for number in rows.values())
    return counted and all(isinstance(facts, dict) and {"size", "sha256"} <= set(facts) for facts in files.values())


def _read(root: Path, update: int) -> Checkpoint:
    manifest, _ = _manifest(root, update)
    groups: dict[str, Arrays] = {}
    for name, facts in manifest["files"].items():
        path = inside(root, "checkpoints", f"{update:08d}", name)
        data = read_bytes(path)
        if len(data) != facts["size"] or sha256(data) != facts["sha256"]:
            raise damaged(path, "checksum does not match its manifest", f"delete folder {update:08d} to use an older one")
        try:
            arrays = load_arrays(data)
        except (SafetensorError, ValueError, KeyError) as error:
            raise damaged(path, f"is not a safetensors file ({error})", "delete this checkpoint folder") from None
        groups[name.removesuffix(".safetensors")] = {key: np.array(array) for key, array in arrays.items()}
    return Checkpoint(update, groups, manifest["state"])


def _prune(home: Path, keep: set[int]) -> None:
    for update in updates(home.parent):
        if update not in keep:
            remove_folder(home / f"{update:08d}")
