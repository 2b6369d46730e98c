"""What counts as a call: how the answer of a metric, of whatever kind, becomes yes or no at .05."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from society.analysis.estimate import Estimate
from society.analysis.statistics import Interval, Permuted
from society.audit.replicate import Replicate
from society.audit.society import QUESTIONS

LEVEL = 0.05
ROUNDING = 1e-9  # an entropy of equal distributions comes out as 1e-16, which is no effect
Answer = Estimate | Permuted | Interval | float | bool
Function = Callable[[Replicate], Answer]
OURS, CAUSAL, POPULAR = "ours", "ours, interventional", "popular practice"


@dataclass(frozen=True)
class Audited:
    """A metric under audit: its function, whose it is (`source`), and the questions that it claims to answer."""

    function: Function
    source: str = "given"
    questions: tuple[str, ...] = tuple(QUESTIONS)

    def __post_init__(self) -> None:
        for question in self.questions:
            if question not in QUESTIONS:
                raise ValueError(f"question {question!r}: there is {', '.join(QUESTIONS)}")


def calls(answer: Answer) -> bool:
    """Whether an answer claims an effect: by its p-value below .05 if it has one, else by an interval that excludes its null
    (0 where it states none). A number is a p-value, a bool is the claim itself. NaN claims nothing.
    """
    if isinstance(answer, bool):
        return answer
    if isinstance(answer, Permuted):
        return answer.p < LEVEL
    if isinstance(answer, Interval):
        return _excludes(answer.low, answer.high, 0.0)
    if isinstance(answer, Estimate):
        if math.isfinite(answer.p):
            return answer.p < LEVEL
        return _excludes(answer.ci_low, answer.ci_high, answer.null if math.isfinite(answer.null) else 0.0)
    return float(answer) < LEVEL


def _excludes(low: float, high: float, null: float) -> bool:
    return low > null + ROUNDING or high < null - ROUNDING
