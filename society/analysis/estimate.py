"""The one shape in which analysis answers: a value with its interval, its null and its n, or NaN with a reason."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

NAN = math.nan


@dataclass(frozen=True)
class Estimate:
    """One line of a report.

    `value` is in `unit`; `ci_low`, `ci_high` bound the 95 % interval; `null` is what the value would be without the
    effect (the mean of a permutation null, a chance level, or 0 for a difference); `n` counts independent replicates
    (worlds, types or training runs, never ticks). A value that cannot be computed is NaN and `reason` says why in a few
    words; where only the interval is missing, `reason` says that instead.
    """

    metric: str
    condition: str
    value: float
    ci_low: float = NAN
    ci_high: float = NAN
    null: float = NAN
    n: int = 0
    unit: str = ""
    reason: str = ""
    p: float = NAN
    primary: bool = False

    @classmethod
    def missing(cls, metric: str, condition: str, reason: str, *, unit: str = "", n: int = 0) -> Estimate:
        """An estimate that could not be made: NaN, and why."""
        return cls(metric, condition, NAN, unit=unit, n=n, reason=reason)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, NaN as None."""
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(self).items()}
