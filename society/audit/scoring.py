"""False-positive rate and power: counts of calls over replicates, with exact intervals, and where a metric fails."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from scipy import stats

from society.audit.society import QUESTIONS
from society.audit.verdicts import CAUSAL, LEVEL

POWER = 0.90


@dataclass(frozen=True)
class Share:
    """`calls` out of `n` replicates, with the exact (Clopper & Pearson 1934) 95 % interval; NaN without a replicate."""

    calls: int
    n: int

    @property
    def rate(self) -> float:
        """calls / n."""
        return self.calls / self.n if self.n else math.nan

    @property
    def low(self) -> float:
        """Lower bound."""
        if not self.n:
            return math.nan
        return float(stats.beta.ppf(0.025, self.calls, self.n - self.calls + 1)) if self.calls else 0.0

    @property
    def high(self) -> float:
        """Upper bound."""
        if not self.n:
            return math.nan
        return float(stats.beta.ppf(0.975, self.calls + 1, self.n - self.calls)) if self.calls < self.n else 1.0

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"rate": self.rate, "ci_low": self.low, "ci_high": self.high, "calls": self.calls, "n": self.n}


@dataclass(frozen=True)
class Failure:
    """A society on which a metric is wrong too often: it calls what is not there (`truth` False) or misses what is."""

    society: str
    truth: bool
    share: Share
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"society": self.society, "truth": self.truth, **self.share.as_dict(), "why": self.why}


@dataclass(frozen=True)
class Row:
    """One metric and one question: how often it calls where the truth is no and where it is yes, over all societies."""

    metric: str
    source: str
    question: str
    false_positives: Share
    power: Share
    failures: tuple[Failure, ...] = ()

    @property
    def holds(self) -> bool:
        """5 % or fewer false positives and 90 % or more power; False where either could not be seen."""
        return self.false_positives.rate <= LEVEL and self.power.rate >= POWER

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        shares = {"false_positives": self.false_positives.as_dict(), "power": self.power.as_dict()}
        failures = [failure.as_dict() for failure in self.failures]
        return {"metric": self.metric, "source": self.source, "question": self.question, **shares, "failures": failures}


@dataclass(frozen=True)
class Audit:
    """The outcome: a row for each metric and question, the seeds behind it, and what could not be had (`notes`)."""

    rows: tuple[Row, ...]
    seeds: tuple[int, ...]
    societies: int
    seconds: float
    notes: tuple[str, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether every interventional metric of ours that was audited holds."""
        return all(row.holds for row in self.rows if row.source == CAUSAL)

    def row(self, metric: str, question: str | None = None) -> Row:
        """The row of a metric (and question). KeyError if there is none."""
        for row in self.rows:
            if row.metric == metric and question in (None, row.question):
                return row
        raise KeyError(f"no row {metric!r}; there is {', '.join(sorted({row.metric for row in self.rows}))}")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        plain = {key: value for key, value in asdict(self).items() if key != "rows"}
        return {**plain, "holds": self.holds, "rows": [row.as_dict() for row in self.rows]}

    def render(self) -> str:
        """The table as text."""
        from society.audit.text import render

        return render(self)


Counts = Mapping[tuple[str, bool], tuple[int, int]]


def row(metric: str, source: str, question: str, counts: Counts, why: Mapping[str, str]) -> Row:
    """Sum up `counts`: (society, truth) -> (calls, replicates); `why` explains a society by its name."""
    totals = {truth: [0, 0] for truth in (False, True)}
    failures = []
    for (society, truth), (calls, n) in counts.items():
        totals[truth][0] += calls
        totals[truth][1] += n
        share = Share(calls, n)
        if (share.high < POWER) if truth else (share.low > LEVEL):
            failures.append(Failure(society, truth, share, why.get(society, "")))
    return Row(metric, source, question, Share(*totals[False]), Share(*totals[True]), tuple(failures))


def ordered(rows: Sequence[Row]) -> tuple[Row, ...]:
    """By question, in the order of QUESTIONS; within one as given."""
    places = {question: place for place, question in enumerate(QUESTIONS)}
    return tuple(sorted(rows, key=lambda one: places[one.question]))
