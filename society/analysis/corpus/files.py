"""A corpus from and to JSON lines: one utterance a line, as public corpora of emergent language and XferBench have it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from society.analysis.corpus.data import CELLS, Corpus
from society.analysis.language.arrays import Integers

NUMBERS = ("speaker", "listener", "world", "life")
LARGEST = 1 << 62


def from_jsonl(path: str | os.PathLike[str], *, silence: int | None = None) -> Corpus:
    """Read a JSON-lines corpus: each line an array of integers >= 0, or an object with "message" and, if known, "meaning",
    arrays of integers, and "speaker", "listener", "world", "life", integers. Blank lines are skipped.

    In a meaning null is an attribute that nobody knew. Shorter messages are padded with -1, so padding stays out of the
    file. ValueError, one line, that names file, line number and remedy, for anything else.
    """
    lines: list[dict[str, Any]] = []
    longest, known = 0, None
    for number, line in _lines(Path(path)):
        where = f"{_named(path)}, line {number}"
        row = _row(line, where)
        keys = (len(row.get("meaning", ())), tuple(k for k in NUMBERS if k in row))
        if known is not None and keys != known:
            raise ValueError(f"{where}: other attributes or fields than in the lines above; give every line the same")
        known, longest = keys, max(longest, len(row["message"]))
        lines.append(row)
        if len(lines) * (longest + keys[0]) > CELLS:
            raise ValueError(f"{where}: too large to hold, a message is {longest} symbols long; cut the messages or the file")
    if not lines or known is None:
        raise ValueError(f"{_named(path)}: holds no utterance; write one array of integers a line")
    others = {k: np.array([row[k] for row in lines], dtype=np.int64) for k in known[1]}
    meanings = np.array([row.get("meaning", ()) for row in lines], dtype=np.int64).reshape(len(lines), known[0])
    return Corpus(meanings, padded([row["message"] for row in lines], longest), **others, silence=silence)


def padded(messages: list[list[int]], longest: int) -> Integers:
    """Messages of different lengths as integers [N, longest], -1 behind the shorter ones."""
    table = np.full((len(messages), longest), -1, dtype=np.int64)
    for row, message in zip(table, messages, strict=True):
        row[: len(message)] = message
    return table


def _lines(path: Path) -> Any:
    """Number and text of every line that is not blank."""
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                try:
                    text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError:
                    raise ValueError(f"{_named(path)}, line {number}: not UTF-8 text; save the corpus as JSON lines") from None
                if text.strip():
                    yield number, text
    except OSError as fault:
        raise ValueError(f"{_named(path)}: cannot be read ({_why(fault)}); check the name") from None


def _row(line: str, where: str) -> dict[str, Any]:
    """One line as a dictionary of what it tells, checked."""
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError(f"{where}: not JSON; write an array of integers such as [3, 1, 4]") from None
    if isinstance(given, list):
        given = {"message": given}
    if not isinstance(given, dict) or "message" not in given:
        raise ValueError(f'{where}: neither an array of integers nor an object with "message"; write [3, 1, 4]')
    row: dict[str, Any] = {"message": _integers(given["message"], f"{where}: message", least=0)}
    if "meaning" in given:
        meaning = given["meaning"]
        told = [-1 if value is None else value for value in meaning] if isinstance(meaning, list) else meaning
        row["meaning"] = _integers(told, f"{where}: meaning", least=-1)
    for key in NUMBERS:
        if given.get(key) is not None:
            row[key] = _integers([given[key]], f"{where}: {key}", least=-1)[0]
    return row


def _integers(values: Any, where: str, least: int) -> list[int]:
    if not isinstance(values, list):
        raise ValueError(f"{where} is no array; write an array of integers such as [3, 1, 4]")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value < LARGEST:
            raise ValueError(f"{where} has {_shown(value)}; symbols are integers from {max(least, 0)}, padding is left out")
    return values


def _shown(value: Any) -> str:
    """What stands where an integer should, in few words."""
    if isinstance(value, (list, dict)):
        return "an array or object within it"
    return "a number too large" if type(value) is int and abs(value) >= LARGEST else json.dumps(value)[:40]


def to_jsonl(corpus: Corpus, path: str | os.PathLike[str], *, meanings: bool = False) -> None:
    """Write JSON lines: one array of integers per utterance, padding left out; with `meanings`, objects that tell all.

    The arrays are what the public corpora and XferBench read. An existing file is replaced once the new one is whole.
    ValueError, one line, where it cannot be written, or where a folder, device or pipe has the name.
    """
    try:
        target = Path(path).resolve()  # a link stays one: what it leads to is replaced
        if target.exists() and not target.is_file():  # a rename would put a file in the place of a device
            raise ValueError(f"{_named(path)}: is no regular file; give the name of a file")
        temporary = target.with_name(f".tmp-{os.getpid()}-{os.urandom(4).hex()}")
        try:
            _write(corpus, temporary, meanings)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except (OSError, RuntimeError) as fault:  # RuntimeError: a symbolic link to itself
        raise ValueError(f"{_named(path)}: cannot be written ({_why(fault)}); give another name") from None


def _write(corpus: Corpus, path: Path, meanings: bool) -> None:
    with path.open("w", encoding="utf-8") as file:
        for i, message in enumerate(corpus.messages):
            said = [int(symbol) for symbol in message if symbol >= 0]
            file.write(json.dumps(_told(corpus, i, said) if meanings else said) + "\n")


def _named(path: str | os.PathLike[str]) -> str:
    """A path as one line that cannot steer a terminal."""
    text = os.fspath(path)
    return text if text.isprintable() else ascii(text)


def _why(fault: Exception) -> str:
    return getattr(fault, "strerror", None) or " ".join(str(fault).split())


def _told(corpus: Corpus, i: int, said: list[int]) -> dict[str, Any]:
    row: dict[str, Any] = {"meaning": [int(v) if v >= 0 else None for v in corpus.meanings[i]], "message": said}
    columns = ((key, getattr(corpus, key)) for key in NUMBERS)
    return row | {key: int(column[i]) for key, column in columns if column is not None}
