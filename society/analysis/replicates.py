"""The shapes in which statistics answer, and what counts as a replicate."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

NAN = math.nan
LARGE = 1e75  # what is larger overflows in a fourth moment, and is taken for missing
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % bounds, the number of replicates behind it, and why something is NaN."""

    value: float
    low: float = NAN
    high: float = NAN
    n: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Permuted:
    """A statistic, its values under permutation `null` [B], the p-value, and how many units were permuted."""

    value: float
    null: Array = field(default_factory=lambda: np.empty(0))
    p: float = NAN
    n: int = 0
    reason: str = ""

    @property
    def null_mean(self) -> float:
        """Mean under the null; NaN when nothing was permuted."""
        return float(self.null.mean()) if self.null.size else NAN


def real(values: ArrayLike) -> Array:
    """Any input as an array of floats, its shape kept; what is infinite or beyond LARGE is NaN.

    ValueError, one line, for what is no array of real numbers.
    """
    try:
        table = np.asarray(values)
        if table.dtype.kind == "c":
            raise TypeError
        found = np.asarray(table, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("needs an array of real numbers in rows of one length; number or pad what is none") from None
    fits = np.abs(np.nan_to_num(found, nan=0.0, posinf=np.inf, neginf=-np.inf)) <= LARGE
    return found if fits.all() else np.where(fits, found, NAN)


def floats(values: ArrayLike) -> Array:
    """A flat float array without what is not finite: a missing replicate is no replicate."""
    flat = real(values).ravel()
    return flat[np.isfinite(flat)]
