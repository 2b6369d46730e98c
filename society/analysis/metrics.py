"""The registry of metrics: a metric reads tables and answers with estimates.

The built-in ones live in the files `*_metrics.py` beside this one, all of which `report` imports; `register` adds another,
for a built-in file or for a package that offers its own. A metric is a question and answers with one line or several, whose
names say what was looked at and then what was found: `deals.jain`, `trade_network.modularity`, `effect_of_mute.reward`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from society.analysis.estimate import Estimate
from society.analysis.run import Reader

Answer = Callable[[Reader], Iterable[Estimate]]


@dataclass(frozen=True)
class Metric:
    """A named question: the tables it `needs`, a line of `summary`, and the function that answers."""

    name: str
    needs: tuple[str, ...]
    answer: Answer
    summary: str = ""

    def __call__(self, reader: Reader) -> list[Estimate]:
        """Its estimates. A fault in a metric costs that metric only: it becomes NaN, with the error as the reason."""
        try:
            return list(self.answer(reader))
        except Exception as fault:
            return [Estimate.missing(self.name, "normal", f"failed: {type(fault).__name__}: {fault}".splitlines()[0])]


METRICS: list[Metric] = []


def register(name: str, needs: tuple[str, ...]) -> Callable[[Answer], Answer]:
    """Decorator that adds a function (Reader -> estimates) to `METRICS`; its docstring's first line is the summary."""

    def add(answer: Answer) -> Answer:
        if any(metric.name == name for metric in METRICS):
            raise ValueError(f"metric {name!r} is registered already")
        METRICS.append(Metric(name, needs, answer, (answer.__doc__ or "").strip().partition("\n")[0]))
        return answer

    return add
