"""Games in normal form: equilibria of zero-sum ones, NashConv of any, and the replicator dynamic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linprog

from society.analysis.replicates import real
from society.analysis.statistics import Array


def zero_sum_equilibrium(payoff: ArrayLike) -> tuple[Array, Array, float]:
    """Both players' maximin strategies [A], [B] and the value of payoff [A, B] to the row player, who maximises.

    By linear programming, so exact up to rounding; where there are several equilibria, one of them.
    ValueError if the payoff is no finite matrix.
    """
    a = real(payoff)
    if a.ndim != 2 or not a.size or not np.isfinite(a).all():
        raise ValueError(f"payoff must be a finite matrix [A, B], got shape {a.shape}")
    row, value = _maximin(a)
    column, _ = _maximin(-a.T)
    return row, column, value


def _maximin(a: Array) -> tuple[Array, float]:
    """The mixture of rows with the best worst case: maximise v such that (x a)_j >= v."""
    rows, columns = a.shape
    found = linprog(
        np.append(np.zeros(rows), -1.0),
        A_ub=np.column_stack([-a.T, np.ones(columns)]),
        b_ub=np.zeros(columns),
        A_eq=np.append(np.ones(rows), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * rows + [(None, None)],
        method="highs",
    )
    solution = np.asarray(found.x, dtype=float)
    x = np.clip(solution[:-1], 0, None)
    return x / x.sum(), float(solution[-1])


def nash_conv(payoffs: Sequence[ArrayLike], strategies: Sequence[ArrayLike]) -> float:
    """Sum over players of what a best response would gain each: 0 exactly at a Nash equilibrium (Lanctot et al. 2017).

    payoffs: for each of n players an array [A1, ..., An]; strategies: for each player probabilities [Ai]. Any n, any sum.
    """
    x = [real(s) for s in strategies]
    return float(sum(np.max(v) - x[i] @ v for i, v in enumerate(_deviations(payoffs, x))))


def _deviations(payoffs: Sequence[ArrayLike], x: list[Array]) -> list[Array]:
    """What each action [Ai] of each player earns against the others' strategies."""
    found = []
    for i, payoff in enumerate(payoffs):
        table = np.moveaxis(real(payoff), i, 0)
        for other in reversed([s for j, s in enumerate(x) if j != i]):
            table = table @ other
        found.append(table)
    return found


def replicator(payoff: ArrayLike, start: ArrayLike, *, time: float, step: float = 0.01) -> Array:
    """Shares of strategies [T, A] under dx_i = x_i ((A x)_i - x A x) dt (Taylor & Jonker 1978), Runge-Kutta of order 4.

    payoff [A, A] of a symmetric game, row's to row; start [A] shares.
    """
    a = real(payoff)

    def drift(x: Array) -> Array:
        fitness: Array = a @ x
        return np.asarray(x * (fitness - x @ fitness), dtype=float)

    x = real(start)
    path = [x]
    for _ in range(round(time / step)):
        k1 = drift(x)
        k2 = drift(x + step / 2 * k1)
        k3 = drift(x + step / 2 * k2)
        k4 = drift(x + step * k3)
        x = np.clip(x + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4), 0, None)
        x = x / x.sum()
        path.append(x)
    return np.stack(path)
