"""A corpus from an `Interaction` of EGG (facebookresearch/EGG) in memory, by its attributes; no torch is imported."""

from __future__ import annotations

from typing import Any

import numpy as np

from society.analysis.corpus.data import Corpus
from society.analysis.language.arrays import Integers, rows


def from_egg(interaction: Any, values: int | None = None) -> Corpus:
    """What senders saw and said: `sender_input` [N, ...] as meanings, `message` as messages.

    message: integers [N, L] or [N], or one-hot or relaxed symbols [N, L, V] or, as floats, [N, V], of which the largest
    counts. `message_length`, where it is there, cuts. In a message of several symbols EGG's 0 is the end of it: 0 and all
    behind it become padding. `values`: the input is one-hot blocks of so many values, one an attribute; without it, each
    number of the input is an attribute. Its files are pickles and are not read. ValueError, one line, for anything else.
    """
    said = _array(interaction, "message")
    if said is None:
        raise ValueError("the interaction has no message; log it with LoggingStrategy(store_message=True)")
    messages = _symbols(said)
    length = _array(interaction, "message_length")
    if messages.shape[1] > 1:
        messages = _cut(messages, None if length is None else length.reshape(-1))
    seen = _array(interaction, "sender_input")
    if seen is None:
        return Corpus(np.empty((len(messages), 0), dtype=np.int64), messages)
    if len(seen) != len(messages):
        raise ValueError(f"sender_input and message differ in number: {len(seen)} and {len(messages)}")
    width = int(np.prod(seen.shape[1:]))
    return Corpus(_meanings(seen.reshape(len(seen), width), values), messages)


def _array(interaction: Any, name: str) -> np.ndarray | None:
    """An attribute, torch tensor or array, as numpy; None where it is not there."""
    value = getattr(interaction, name, None)
    for convert in ("detach", "cpu", "numpy"):
        if hasattr(value, convert):
            value = getattr(value, convert)()
    if value is None:
        return None
    try:
        table = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: rows of different lengths; pad them to one length") from None
    if not table.ndim:
        raise ValueError(f"{name} is no array but {str(value)[:40]!r}; give one row an utterance")
    return table


def _symbols(said: np.ndarray) -> Integers:
    """Messages [N, L] from integers or from one-hot or relaxed symbols."""
    if said.ndim == 3 and said.shape[2]:
        return np.asarray(said.argmax(axis=2), dtype=np.int64)
    if said.ndim == 2 and said.dtype.kind == "f" and said.shape[1] > 1 and _one_symbol(said):
        return np.asarray(said.argmax(axis=1)[:, None], dtype=np.int64)
    if said.ndim not in (1, 2):
        raise ValueError(f"message has shape {said.shape}; [N], [N, L] or [N, L, V] can be read")
    return rows(said)


def _one_symbol(said: np.ndarray) -> bool:
    """Is each row a distribution over symbols?"""
    return bool((said >= 0).all() and np.allclose(said.sum(axis=1), 1.0, atol=1e-3))


def _cut(messages: Integers, length: np.ndarray | None) -> Integers:
    """Everything from the first 0 on, and everything beyond `length` [N], as padding."""
    over = np.cumsum(messages == 0, axis=1) > 0
    if length is not None and len(length) == len(messages):
        over |= np.arange(messages.shape[1])[None, :] >= rows(length)
    return np.where(over, -1, messages)


def _meanings(seen: np.ndarray, values: int | None) -> Integers:
    if values is None:
        return rows(seen)
    if not isinstance(values, int) or values < 1 or seen.shape[1] % values:
        raise ValueError(f"values = {values!r}: an input of {seen.shape[1]} numbers is no row of blocks of that size")
    return np.asarray(seen.reshape(len(seen), seen.shape[1] // values, values).argmax(axis=2), dtype=np.int64)
