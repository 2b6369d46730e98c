"""Files that are whole or absent: atomic writing, sealed documents, and reading that never trusts what it finds.

Every file of a run directory is written to a temporary name in its own folder, flushed to the disk and renamed, so a
process that is killed leaves either the old file or the new one. Every file carries a checksum, in itself, in its name
or in a document beside it, so a truncated, altered or exchanged file is found when it is read and never loaded.
"""

import hashlib
import json
import math
import os
import re
import shutil
import stat
import tomllib
from pathlib import Path
from typing import Any, Literal

import numpy as np

JSON_LIMIT = 64 * 2**20
TOML_LIMIT = 2**20
TEMPORARY = ".tmp-"  # what a killed writer may leave behind: hidden from every reader, swept by `sweep`

_HALF = re.compile("[\ud800-\udfff]")

NonFinite = Literal["refuse", "null", "keep"]


class Damaged(Exception):  # noqa: N818 (it says what happened to the file)
    """A file of a run directory cannot be trusted. The message is one line: the file, what is wrong, the remedy."""


def damaged(path: Path | str, problem: str, remedy: str = "restore it or delete this run folder") -> Damaged:
    """The one-line error for `path`; line breaks inside any part are flattened."""
    line = " ".join(f"{path}: {problem}; {remedy}".split())
    return Damaged(line.encode("utf-8", "backslashreplace").decode())  # a file's name may be no text


def sha256(data: bytes) -> str:
    """The checksum used throughout: SHA-256 in 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


# ---------------------------------------------------------------------------------------------------------------- writ


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable: a rename is on the disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_synced(path: Path, data: bytes) -> None:
    """Write a file that nobody reads yet (a temporary, or a file in a temporary folder) and force it to the disk."""
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def atomic_write(path: Path, data: bytes) -> None:
    """Put `data` at `path` so that no reader and no crash ever sees half of it. Raises OSError (disk full, ...)."""
    path = Path(path)
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{os.urandom(4).hex()}-{path.name}")
    try:
        write_synced(temporary, data)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def remove_folder(folder: Path) -> None:
    """Delete a folder as one event: it disappears by a rename, and only then file by file."""
    doomed = folder.with_name(f"{TEMPORARY}{os.getpid()}-{os.urandom(4).hex()}-{folder.name}")
    os.rename(folder, doomed)
    sync_folder(folder.parent)
    shutil.rmtree(doomed)


def sweep(folder: Path) -> None:
    """Delete the temporaries that a killed writer left in `folder`, not below it. Only the run's owner calls this."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(TEMPORARY):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


# ---------------------------------------------------------------------------------------------------------------- read


def inside(root: Path, *names: str) -> Path:
    """`root/names...`; `Damaged` where a name is no plain file name or a symbolic link leads out of `root`."""
    path = Path(root)
    for name in names:
        if not name or name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
            raise damaged(root, f"{name!r} is not a plain file name", "use a name without path separators")
        path = path / name
    try:
        resolved, home = path.resolve(), Path(root).resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: a symbolic link to itself
        raise damaged(path, f"cannot be resolved ({error})") from None
    if not resolved.is_relative_to(home):
        raise damaged(path, "is a symbolic link that leads out of the run folder", "replace it by the file itself")
    return path


def read_bytes(path: Path, limit: int | None = None) -> bytes:
    """The whole file; `Damaged` if it is missing, unreadable, over `limit` bytes, or no regular file (a pipe hangs)."""
    try:
        facts = os.stat(path)
        if not stat.S_ISREG(facts.st_mode):
            raise damaged(path, "is not a regular file")
        if limit is not None and facts.st_size > limit:
            raise damaged(path, f"has {facts.st_size} bytes, more than the {limit} that such a file may have")
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise damaged(path, "is missing") from None
    except MemoryError:  # a file with holes may claim any size
        raise damaged(path, "is larger than the memory") from None
    except OSError as error:
        raise damaged(path, f"cannot be read ({error.strerror})") from None


# -------------------------------------------------------------------------------------------------------- sealed docum


def _plain(value: Any, where: str, non_finite: NonFinite) -> Any:
    """`value` in JSON's own types; NumPy scalars and arrays become numbers and lists. ValueError names the field."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        return {_plain(str(key), where, "keep"): _plain(item, f"{where}.{key}", non_finite) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{index}]", non_finite) for index, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value) and non_finite != "keep":
        if non_finite == "refuse":
            raise ValueError(f"{where} is {value}: JSON has no such number; write null and a reason instead")
        return None
    if isinstance(value, str):  # a name of a file may hold bytes that are no text
        return value.encode("utf-8", "backslashreplace").decode()
    if value is None or isinstance(value, bool | int | float):
        if unfit(value):
            raise ValueError(f"{where} {unfit(value)}")
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise ValueError(f"{where} is a {type(value).__name__}: a document holds numbers, text, lists and dicts only")


def unfit(value: Any) -> str:
    """Why parsed JSON or TOML cannot be trusted with whoever reads it: a number beyond 64 bits, which no column and no
    division can hold, or half a Unicode character, which cannot be sent or written. Empty for a value without any.

    Raises RecursionError.
    """
    if isinstance(value, str):
        return "" if value.isascii() or not _HALF.search(value) else "holds text that is no Unicode"
    if isinstance(value, int):
        return "" if -(2**63) <= value < 2**63 else "holds a whole number of more than 64 bits"
    within = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next(filter(None, map(unfit, within)), "")


def _canonical(document: dict[str, Any], name: str) -> bytes:
    """What the seal covers: the file's name too, so that a status cannot stand where the report was."""
    rest = {key: value for key, value in document.items() if key != "sha256"}
    return json.dumps([name, rest], sort_keys=True, separators=(",", ":")).encode()


def _rendered(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1) + "\n").encode()


def sealed(name: str, document: dict[str, Any], non_finite: NonFinite = "refuse") -> bytes:
    """The bytes of `document` with its `sha256` field added, as `write_json` puts them into a file called `name`."""
    plain = _plain(document, "document", non_finite)
    plain.pop("sha256", None)
    plain["sha256"] = sha256(_canonical(plain, name))
    return _rendered(plain)


def write_json(path: Path, document: dict[str, Any], non_finite: NonFinite = "refuse") -> None:
    """Write `document` atomically with a checksum over the rest of it.

    `non_finite` says what NaN and infinities become: ValueError (`refuse`), null (`null`, for what other programs
    read), or Python's own tokens (`keep`, for what only `read_json` reads). Raises ValueError for types JSON lacks,
    OSError for the disk.
    """
    atomic_write(Path(path), sealed(Path(path).name, document, non_finite))


def read_json(path: Path, limit: int = JSON_LIMIT) -> dict[str, Any]:
    """The document at `path` without its `sha256` field, after verifying it; `Damaged` for anything else."""
    return unseal(path, read_bytes(path, limit))


def unseal(path: Path, data: bytes) -> dict[str, Any]:
    """Parse and verify the bytes of a sealed document; `path` only names it in the error."""
    if not data:
        raise damaged(path, "is empty")
    try:
        document = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise damaged(path, "is not UTF-8 text") from None
    except RecursionError:
        raise damaged(path, "is nested too deeply") from None
    except ValueError as error:
        raise damaged(path, f"is not JSON ({error})") from None
    if not isinstance(document, dict) or not isinstance(document.get("sha256"), str):
        raise damaged(path, "carries no checksum")
    # The bytes are compared too: 1e5 and 1E5 are one number but two files, and only one of them was written here.
    try:
        whole = document["sha256"] == sha256(_canonical(document, Path(path).name)) and _rendered(document) == data
        wrong = unfit(document)
    except (RecursionError, ValueError):
        whole, wrong = False, ""
    if not whole:
        raise damaged(path, "checksum does not match")
    if wrong:
        raise damaged(path, wrong)
    del document["sha256"]
    return document


def write_text_sealed(path: Path, text: str) -> str:
    """Write `text` (run.toml) atomically and return its SHA-256, which belongs in meta.json as `run_toml_sha256`."""
    data = text.encode("utf-8")
    if len(data) > TOML_LIMIT:
        raise ValueError(f"{Path(path).name} would have {len(data)} bytes; the limit is {TOML_LIMIT}")
    atomic_write(Path(path), data)
    return sha256(data)


def read_toml_sealed(path: Path, checksum: object) -> dict[str, Any]:
    """Parse the TOML file at `path` if its SHA-256 is `checksum`; `Damaged` otherwise."""
    data = read_bytes(path, TOML_LIMIT)
    if sha256(data) != checksum:
        raise damaged(path, "checksum does not match the one in meta.json")
    try:
        document = tomllib.loads(data.decode("utf-8"))
        wrong = unfit(document)
    except UnicodeDecodeError:
        raise damaged(path, "is not UTF-8 text") from None
    except RecursionError:
        raise damaged(path, "is nested too deeply") from None
    except ValueError as error:
        raise damaged(path, f"is not TOML ({error})") from None
    if wrong:
        raise damaged(path, wrong)
    return document
