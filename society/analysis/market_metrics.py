"""How much is traded and fought over, and how fast the run was: read from `trades`, `contests` and `timing`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from society.analysis.estimate import Estimate
from society.analysis.metrics import register
from society.analysis.outcome_metrics import beside_random
from society.analysis.run import AbsentError, Reader, attempt, numbers


@dataclass(frozen=True)
class Rate:
    """A rate per 100 seat-ticks: rows of `table`, or the sum of their column `amount`."""

    name: str
    table: str
    unit: str
    amount: str | None = None


DEALS = Rate("trade_rate", "trades", "deals per 100 seat-ticks")
STRIKES = Rate("strike_rate", "contests", "strikes per 100 seat-ticks")
TAKEN = Rate("goods_taken", "contests", "units per 100 seat-ticks", "amount")


@register("trade_rate", needs=("episodes", "trades"))
def trade_rate(reader: Reader) -> Iterator[Estimate]:
    """Deals per 100 seat-ticks, over worlds."""
    yield from _rates(reader, DEALS)


@register("strike_rate", needs=("episodes", "contests"))
def strike_rate(reader: Reader) -> Iterator[Estimate]:
    """Strikes that landed per 100 seat-ticks, over worlds."""
    yield from _rates(reader, STRIKES)


@register("goods_taken", needs=("episodes", "contests"))
def goods_taken(reader: Reader) -> Iterator[Estimate]:
    """Units taken by strikes per 100 seat-ticks, over worlds."""
    yield from _rates(reader, TAKEN)


def _rates(reader: Reader, rate: Rate) -> Iterator[Estimate]:
    for condition in reader.grown():
        yield attempt(rate.name, condition, rate.unit, _rate(reader, rate, condition))


def _rate(reader: Reader, rate: Rate, condition: str) -> Callable[[], Estimate]:
    return lambda: beside_random(rate.name, condition, rate.unit, lambda played: _rate_by_world(reader, rate, played))


def _rate_by_world(reader: Reader, rate: Rate, condition: str) -> pd.Series:
    """The rate of each world whose events were recorded; one without an event counts 0."""
    episodes = reader.rows("episodes", condition, ("world",))
    ticks = pd.Series(numbers(episodes, "ticks")).groupby(episodes["world"].to_numpy()).sum()
    # events are kept for the first worlds only, seats' sums for all
    recorded = reader.run.config.get("evaluation", {}).get("recorded_worlds", np.inf)
    if recorded == 0:
        raise AbsentError("no world's events were recorded")
    numbered = pd.to_numeric(pd.Series(ticks.index), errors="coerce").to_numpy(dtype=float)
    ticks = ticks[(ticks > 0) & (numbered < recorded)]
    if ticks.empty:
        raise AbsentError("no seat was ever active")
    if reader.all(rate.table).empty:  # nothing tells a world without this rule from one in which nobody used it
        raise AbsentError(f"table {rate.table} has no row in any condition")
    return (100.0 * _events(reader, rate, condition).reindex(ticks.index).fillna(0.0) / ticks).astype(float)


def _events(reader: Reader, rate: Rate, condition: str) -> pd.Series:
    try:
        frame = reader.rows(rate.table, condition)
    except AbsentError:
        return pd.Series(dtype=float)
    if "world" not in frame.columns:
        raise AbsentError(f"table {rate.table} has no column world")
    each = np.ones(len(frame)) if rate.amount is None else np.nan_to_num(numbers(frame, rate.amount))
    return pd.Series(each).groupby(frame["world"].to_numpy()).sum()


@register("throughput", needs=("timing",))
def throughput(reader: Reader) -> Iterator[Estimate]:
    """Agent-steps a second over the whole of training: total steps over total time."""
    yield attempt("throughput", "training", "agent-steps/s", lambda: _throughput(reader))


def _throughput(reader: Reader) -> Estimate:
    frame = reader.all("timing")
    if frame.empty:
        raise AbsentError("table timing has no row")
    if "phase" not in frame.columns or not (frame["phase"] == "total").any():
        raise AbsentError("table timing has no row of phase total")
    frame = frame[frame["phase"] == "total"]
    speed, seconds = numbers(frame, "agent_steps_per_second"), numbers(frame, "seconds")
    timed = np.isfinite(speed) & np.isfinite(seconds) & (seconds > 0)
    if not timed.any():
        raise AbsentError("no update took any time")
    value = float(np.average(speed[timed], weights=seconds[timed]))
    n = int(timed.sum())
    return Estimate("throughput", "training", value, n=n, unit="agent-steps/s", reason="a reading: no interval")
