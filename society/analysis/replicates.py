"""The shapes in which statistics answer, and what counts as a replicate."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

NAN = math.nan
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


def floats(values: ArrayLike) -> Array:
    """A flat float array without what is not finite: a missing replicate is no replicate."""
    flat = np.asarray(values, dtype=float).ravel()
    return flat[np.isfinite(flat)]
