"""A corpus from a pandas frame, or from the table `messages` of a run."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from society.analysis.corpus.data import CELLS, Corpus
from society.analysis.language.arrays import HUGE, Integers
from society.analysis.run import AbsentError, numbers

EXACT = 2.0**53  # above it two whole numbers may be one float
LIFE = ("seed", "world", "episode", "seat", "life")


def numbered(frame: pd.DataFrame, prefix: str) -> list[str]:
    """Columns prefix0, prefix1, ... in order of number."""
    found = [str(c) for c in frame.columns if re.fullmatch(rf"{prefix}\d+", str(c))]
    return sorted(found, key=lambda c: int(c[len(prefix) :]))


def integers(frame: pd.DataFrame, prefix: str) -> Integers:
    """Those columns as integers [rows, columns], what is missing as -1. AbsentError if there are none."""
    names = numbered(frame, prefix)
    if not names:
        raise AbsentError(f"no column {prefix}0")
    return np.stack([whole(numbers(frame, name)) for name in names], axis=1)


def whole(values: np.ndarray) -> Integers:
    """Floats as integers, what is missing or too large to be one as -1."""
    fits = np.abs(np.nan_to_num(values, nan=HUGE)) < HUGE
    return np.where(fits, values, -1.0).astype(np.int64)


def from_table(frame: pd.DataFrame) -> Corpus:
    """The table `messages` of a run: m0.. and meaning0.., speakers by `mind`, silence 0, worlds, lives.

    AbsentError, a ValueError, where there is no message column or a column that is needed holds nothing.
    """
    messages = integers(frame, "m")
    meanings = integers(frame, "meaning") if numbered(frame, "meaning") else np.empty((len(frame), 0), dtype=np.int64)
    life: Integers | None = None
    try:
        if "life" in frame.columns:
            lives = frame.groupby([c for c in LIFE if c in frame.columns], sort=False, dropna=False)
            life = np.asarray(lives.ngroup(), dtype=np.int64)
        world = pd.factorize(frame["world"], use_na_sentinel=False)[0] if "world" in frame.columns else None
    except (TypeError, ValueError):  # lists within a column, or two columns of one name
        raise AbsentError(f"{', '.join(LIFE)}: give each one column of numbers or strings") from None
    mind = whole(numbers(frame, "mind")) if "mind" in frame.columns else None
    return Corpus(meanings, messages, mind, world=world, life=life, silence=0)


def from_frame(
    frame: pd.DataFrame,
    meanings: Sequence[str],
    messages: Sequence[str],
    *,
    speaker: str | None = None,
    listener: str | None = None,
    world: str | None = None,
    life: str | None = None,
    silence: int | None = None,
) -> Corpus:
    """A corpus from the columns of a pandas frame, one row an utterance.

    `meanings` names K columns, one an attribute; `messages` L columns, one a position. Whole numbers from 0 stay what they
    are, and so does -1, which is unknown (in `messages` any negative one is padding); everything else (strings, booleans,
    categories, columns with numbers below -1 or from 2^53 on) is numbered, all positions of a message with one vocabulary;
    what is missing is -1. A single message column may hold lists of symbols. The others name
    the columns of speakers, listeners, worlds (over which intervals are made; without it, meanings) and lives; `silence` is
    the symbol that means that nothing is said. ValueError, one line, for a column that is not there or cannot be read.
    """
    named = [*meanings, *messages, *(c for c in (speaker, listener, world, life) if c is not None)]
    for column in named:
        if column not in frame.columns:
            raise ValueError(f"no column {column!r} in the frame; it has {', '.join(map(repr, frame.columns[:12]))}")
        if isinstance(frame[column], pd.DataFrame):
            raise ValueError(f"the frame has several columns named {column!r}; rename all but one")
    if not len(messages):
        raise ValueError("messages: name at least one column")
    said = _spread(frame[messages[0]]) if len(messages) == 1 else [frame[c] for c in messages]
    if len(frame) * (len(meanings) + len(said)) > CELLS:
        raise ValueError(f"{len(frame)} rows of {len(said)} symbols are more than fit into memory; take a sample of the rows")
    meant = [_numbered([frame[c]])[0] for c in meanings]
    words = [np.maximum(column, -1) for column in _numbered(said, padding=True)]
    others = {
        key: None if name is None else _numbered([frame[name]])[0]
        for key, name in (("speaker", speaker), ("listener", listener), ("world", world), ("life", life))
    }
    if speaker is not None and listener is not None:  # one and the same number for a mind in either role
        others["speaker"], others["listener"] = _numbered([frame[speaker], frame[listener]])
    return Corpus(_stacked(meant, len(frame)), _stacked(words, len(frame)), **others, silence=silence)


def _stacked(columns: Sequence[Integers], n: int) -> Integers:
    return np.stack(columns, axis=1) if len(columns) else np.empty((n, 0), dtype=np.int64)


def _spread(column: pd.Series) -> list[pd.Series]:
    """A column of lists as one column a position; any other column as it is."""
    cells = column.tolist()
    if not any(isinstance(cell, (list, tuple, np.ndarray)) for cell in cells):
        return [column]
    lists = [list(np.atleast_1d(cell)) if isinstance(cell, np.ndarray) else cell for cell in cells]
    lists = [list(cell) if isinstance(cell, (list, tuple)) else [] for cell in lists]
    longest = max(map(len, lists))
    if len(lists) * longest > CELLS:
        raise ValueError(f"a message of {longest} symbols: {len(lists)} rows of that length do not fit into memory; cut it")
    return [pd.Series([one[k] if k < len(one) else None for one in lists], dtype=object) for k in range(longest)]


def _numbered(columns: Sequence[pd.Series], padding: bool = False) -> list[Integers]:
    """Whole numbers as they are, or else the place of each value among the sorted ones of all the columns; missing -1."""
    if all(_iswhole(one, padding) for one in columns):
        return [whole(pd.to_numeric(one).to_numpy(dtype=float, na_value=np.nan)) for one in columns]
    every = pd.concat([one.astype(object) for one in columns], ignore_index=True).dropna()
    try:
        names = pd.Index(sorted(every.map(str).unique()))
    except (TypeError, ValueError):
        raise ValueError(f"column {columns[0].name!r} holds what is neither a number nor a string") from None
    texts = [one.astype(object).map(str, na_action="ignore") for one in columns]
    return [
        np.where(one.isna(), -1, names.get_indexer(text.to_numpy())).astype(np.int64)
        for one, text in zip(columns, texts, strict=True)
    ]


def _iswhole(column: pd.Series, padding: bool) -> bool:
    """Is every value that is there a whole number that a float holds, no boolean, and below -1 only as padding?"""
    if pd.api.types.is_bool_dtype(column):
        return False
    try:
        found = pd.to_numeric(column)
        if found.dtype.kind == "c":
            return False
        real = found.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError, OverflowError):
        return False
    if any(isinstance(cell, (str, bool, np.bool_)) for cell in column.tolist()):
        return False
    real = real[~np.isnan(real)]
    fits = np.isfinite(real) & (np.abs(real) < EXACT) & (real == np.floor(real))
    return bool(fits.all() and (padding or (real >= -1).all()))
