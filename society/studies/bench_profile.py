"""Where the time of a training run goes: worlds, acting, learning; calls of operators; the ten operators that cost most.

Nobody stands beside: `ours` is all there is. The shares are the engine's own clock over updates after the first. Calls are
those that torch dispatches to a device, views left out: on a GPU most are one kernel, on a processor one loop over a tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode

from society.config import resolve
from society.engine import build
from society.engine.rollout import Clock, Minds
from society.engine.training import Training
from society.studies._peers.versus import NOBODY, Row

SCENARIOS = ("simple_spread", "bazaar")
COSTLIEST = 10
NOTE = "An operator's share is of the time spent in operators during one update, the calls of other operators left out."


def bench(quick: bool, scenario: str = "") -> dict[str, Any]:
    """Rows for one scenario, or the usual ones, in its default preset. Raises `registry.Unknown` for no scenario's name."""
    names = (scenario,) if scenario else SCENARIOS[:1] if quick else SCENARIOS
    return {"name": "profile", "rows": [row for name in names for row in _rows(name, 3 if quick else 10)], "note": NOTE}


def _rows(name: str, updates: int) -> list[Row]:
    run = Training(build.settle(resolve(name)))
    run.update(Clock())  # the first pays for allocations
    clock = Clock()
    for _ in range(updates):
        run.update(clock)
    whole = sum(clock.seconds.values())
    rate = updates * run.steps_per_update / whole
    settings = run.config.training
    setting = f"{name}, {settings.worlds} worlds, {settings.ticks} ticks, {run.config.population.minds} minds"
    rows = [_told(f"{setting}: training", "agent-steps/s", rate)]
    rows += [_told(f"{name}: {phase}", "share of time", spent / whole) for phase, spent in sorted(clock.seconds.items())]
    rows += [_told(f"{name}: {what}", "operator calls", _calls(act)) for what, act in _acts(run).items()]
    return rows + [_told(f"{name}: {op}", "share of operators", share) for op, share in _costliest(lambda: run.update(Clock()))]


def _acts(run: Training) -> dict[str, Callable[[], object]]:
    """One tick of the worlds, one decision of the minds, one update, each to be called once."""
    minds = Minds(run.population, run.seating())
    seen = run.worlds.observe()
    turn = minds.act(run.worlds, seen, run.memory)
    return {
        "a tick of the worlds": lambda: (run.worlds.observe(), run.worlds.step(turn.packed, seen)),
        "a decision of the minds": lambda: minds.act(run.worlds, seen, run.memory),
        "an update, its rollout included": lambda: run.update(Clock()),
    }


class _Counted(TorchDispatchMode):
    """Counts what is dispatched while it is entered."""

    calls = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls += not func.is_view
        return func(*args, **(kwargs or {}))


def _calls(work: Callable[[], object]) -> int:
    """How many operators a piece of work dispatches, views left out."""
    with _Counted() as counted:
        work()
    return counted.calls


def _costliest(work: Callable[[], object]) -> list[tuple[str, float]]:
    """The operators with the most time of their own, and their share of all operators' time."""
    cuda = torch.cuda.is_available()
    with profile(activities=[ProfilerActivity.CPU, *[ProfilerActivity.CUDA] * cuda]) as told:
        work()
    spent = {one.key: float(one.self_device_time_total if cuda else one.self_cpu_time_total) for one in told.key_averages()}
    whole = sum(spent.values()) or 1.0
    return [(op, spent[op] / whole) for op in sorted(spent, key=lambda op: -spent[op])[:COSTLIEST]]


def _told(workload: str, unit: str, value: float) -> Row:
    return {"workload": workload, "unit": unit, "ours": value} | NOBODY
