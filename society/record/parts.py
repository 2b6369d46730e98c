"""Parts: the immutable files of a table or of the frames.

A part is named `part-<update>-<number>-<digest>.<ext>`: the update it was written at, its running number within its
folder and the first 16 hex digits of the SHA-256 of its bytes. The digest finds a truncated, altered or exchanged file,
the running number finds one that is gone and gives the order of rows, and the update says which parts a resumed run has
to drop.
"""

import re
import time
from pathlib import Path
from typing import NamedTuple

from society.record.files import atomic_write, damaged, inside, read_bytes, sha256, sync_folder

_NAME = re.compile(r"part-(\d{8,12})-(\d{6,9})-([0-9a-f]{16})\.(parquet|arrow)")
LIMIT = 2 * 2**30  # bytes of a part: far more than its writer could hold, far less than a file with holes can claim
_SETTLED_NS = 2 * 10**9
# (path, size, mtime_ns, ctime_ns) of the parts whose digest was checked in this process
_verified: set[tuple[str, int, int, int]] = set()


class Part(NamedTuple):
    """One part on the disk."""

    update: int
    number: int
    digest: str
    path: Path


def parse(path: Path) -> Part | None:
    """The part that `path` names, or None where it is no part's name."""
    match = _NAME.fullmatch(path.name)
    return Part(int(match[1]), int(match[2]), match[3], path) if match else None


def listing(root: Path, *names: str) -> list[Part]:
    """The parts of folder `root/names...` in order of writing, [] if there is no such folder.

    `Damaged` where a file has another name than a part's (hidden files aside) or where the running numbers have a gap.
    """
    folder = inside(root, *names)
    try:
        paths = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise damaged(folder, f"cannot be listed ({error.strerror})") from None
    parts = []
    for path in paths:
        part = parse(path)
        if part is None:
            raise damaged(path, "is not a part that was written here", "rename it back or remove it")
        parts.append(part)
    parts.sort(key=lambda part: part.number)
    for expected, part in enumerate(parts):
        if part.number != expected:
            raise damaged(folder, f"part {expected} is missing or doubled")
        if expected and part.update < parts[expected - 1].update:
            raise damaged(part.path, "comes from an earlier update than the part before it")
    return parts


def write(folder: Path, update: int, number: int, extension: str, data: bytes) -> Part:
    """Write one part atomically and durably. Raises OSError, and ValueError for a negative update."""
    if update < 0:
        raise ValueError(f"update is {update}: a part is written at update 0 or later")
    digest = sha256(data)[:16]
    path = folder / f"part-{update:08d}-{number:06d}-{digest}.{extension}"
    atomic_write(path, data)
    return Part(update, number, digest, path)


def content(root: Path, part: Part) -> bytes:
    """The bytes of `part` after checking them against the digest in its name; `Damaged` otherwise."""
    inside(root, *part.path.relative_to(root).parts)
    try:
        facts = part.path.stat()
    except OSError as error:
        raise damaged(part.path, f"cannot be read ({error.strerror})") from None
    key = (str(part.path), facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
    data = read_bytes(part.path, LIMIT)
    if key in _verified and facts.st_size == len(data):
        return data
    if not data:
        raise damaged(part.path, "is empty")
    if sha256(data)[:16] != part.digest:
        raise damaged(part.path, "checksum does not match the one in its name")
    # A clock ticks in milliseconds: only a file that has been at rest for a while is known by its times.
    if time.time_ns() - max(facts.st_mtime_ns, facts.st_ctime_ns) > _SETTLED_NS:
        _verified.add(key)
    return data


def folders(root: Path) -> list[tuple[str, ...]]:
    """The part folders of a run directory that exist: ("tables", name) for each table, and ("frames",)."""
    tables = inside(root, "tables")
    names = sorted(path.name for path in tables.iterdir() if not path.name.startswith(".")) if tables.is_dir() else []
    found: list[tuple[str, ...]] = [("tables", name) for name in names]
    return [*found, ("frames",)] if inside(root, "frames").is_dir() else found


def counts(root: Path) -> dict[str, int]:
    """How many parts each folder of a run directory has, e.g. {"tables/messages": 3, "frames": 1}."""
    return {"/".join(names): len(listing(root, *names)) for names in folders(root)}


def drop_after(root: Path, update: int, kept: dict[str, int] | None) -> None:
    """Delete the parts written after `update` and, with `kept`, those beyond the number it names for their folder.

    Newest first, so that a crash in between leaves no gap. `Damaged` if fewer parts than `kept` are there.
    """
    for names in folders(root):
        parts = listing(root, *names)
        name = "/".join(names)
        limit = len(parts) if kept is None else kept.get(name, 0)
        for part in reversed(parts):
            if part.update > update or part.number >= limit:
                part.path.unlink()
        sync_folder(root.joinpath(*names))
    for name, number in (kept or {}).items():
        if len(listing(root, *name.split("/"))) < number:
            raise damaged(root / name, f"has fewer than the {number} parts of checkpoint {update}")
