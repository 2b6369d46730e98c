"""Meanings and messages as integer arrays, rows as numbers, and their entropy."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from society.analysis.statistics import NAN, Array

Integers = NDArray[np.int64]
CELLS = 1 << 22  # a table of counts up to this size is dense; a larger one is counted by sorting
HUGE = 2.0**62  # above it a float or an unsigned integer does not fit


def rows(values: ArrayLike) -> Integers:
    """Any [N] or [N, K] input as integers [N, K]; NaN becomes -1. ValueError, one line, for what is no whole number."""
    try:
        table = np.asarray(values)
    except ValueError:  # rows of different lengths
        raise ValueError("meanings and messages are arrays of integers; pad shorter rows with -1") from None
    if not table.ndim:
        raise ValueError("meanings and messages are arrays of integers; give one row an utterance")
    table = table.reshape(len(table), -1) if table.size else np.empty((len(table), 0))
    if table.dtype.kind in "bi":
        return table.astype(np.int64)
    try:
        if table.dtype.kind == "c":
            raise TypeError
        real = table.astype(float)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(
            "meanings and messages are arrays of integers; number the strings first, as corpus.from_frame does"
        ) from None
    real = np.where(np.isnan(real), -1.0, real)
    if real.size and (np.abs(real).max() > HUGE or (real != np.floor(real)).any()):
        raise ValueError("meanings and messages are arrays of integers; round or bin what is not whole")
    return real.astype(np.int64)


def words(messages: ArrayLike) -> Integers:
    """Messages [N, L] with every negative symbol, which is padding, as -1."""
    return np.maximum(rows(messages), -1)


def codes(values: ArrayLike) -> Integers:
    """Number the distinct rows of values [N] or [N, K]: 0, 1, ... in order of appearance, [N]."""
    table = rows(values)
    code = np.zeros(len(table), dtype=np.int64)
    for column in table.T:
        found = pd.factorize(column)[0].astype(np.int64)
        code = pd.factorize(code * (found.max(initial=0) + 1) + found)[0].astype(np.int64)
    return code


def same_number(meanings: Integers, messages: Integers) -> None:
    """ValueError if there are not as many meanings [N, K] as messages [N, L]."""
    if len(meanings) != len(messages):
        raise ValueError(f"meanings and messages differ in number: {len(meanings)} and {len(messages)}")


def entropy(code: Integers, weights: Array | None = None) -> float:
    """Plug-in entropy in bits of codes [N] >= 0, each counting for its weight; NaN for none (Shannon 1948)."""
    if code.size == 0:
        return NAN
    if int(code.max()) < CELLS:
        counts = np.bincount(code, weights)
    else:
        _, code = np.unique(code, return_inverse=True)
        counts = np.bincount(code, weights)
    share = counts[counts > 0] / counts.sum()
    return max(0.0, float(-(share * np.log2(share)).sum()))
