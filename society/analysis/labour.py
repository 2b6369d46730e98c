"""Division of labour: how far individuals and tasks determine one another (Gorelick, Bertram, Killeen & Fewell 2004)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from society.analysis.replicates import real
from society.analysis.statistics import NAN, Array, Permuted, permutation_p


@dataclass(frozen=True)
class Labour:
    """The indices of one matrix; each is 0 (labour is not divided) to 1, and NaN where its divisor is 0.

    `individuals` = I / H(tasks): 1 when every individual keeps to one task. `tasks` = I / H(individuals): 1 when every task
    is done by one individual. `symmetric` = I / sqrt(H(tasks) H(individuals)). Authors differ in which of the two they
    name first, so cite the divisor.
    """

    individuals: float
    tasks: float
    symmetric: float
    information: float


def division_of_labour(counts: ArrayLike) -> Labour:
    """Indices of counts [N individuals, K tasks] of acts: mutual entropy I, in bits, over marginal entropies.

    Counts are divided by their sum, so an individual that works more weighs more. The plug-in I is biased upwards: with
    few acts a head it is well above 0 for individuals who are all alike, so see `division_of_labour_test`.
    ValueError if `counts` is not a matrix.
    """
    table = real(counts)
    if table.ndim != 2:
        raise ValueError(f"counts must be [individuals, tasks], got shape {table.shape}")
    if not np.isfinite(table).all() or (table < 0).any() or not table.sum() > 0:
        return Labour(NAN, NAN, NAN, NAN)
    p = table / table.sum()
    by_individual, by_task = _entropy(p.sum(axis=1)), _entropy(p.sum(axis=0))
    information = max(0.0, by_individual + by_task - _entropy(p.ravel()))
    return Labour(
        _over(information, by_task),
        _over(information, by_individual),
        _over(information, float(np.sqrt(by_task * by_individual))),
        information,
    )


def _entropy(p: Array) -> float:
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum()) + 0.0


def _over(top: float, bottom: float) -> float:
    return min(1.0, top / bottom) if bottom > 1e-12 else NAN


def division_of_labour_test(
    counts: ArrayLike, seed: int, *, index: str = "individuals", permutations: int = 199
) -> Permuted:
    """One index of `division_of_labour` against shuffles that keep what each individual and each task adds up to.

    counts [N, K] whole numbers. `value` - `null_mean` is the index corrected for bias. Acts count as independent: where an
    individual repeats a task in runs, count runs and not acts, or the test is too sure of itself.
    """
    table = real(counts)
    value = float(getattr(division_of_labour(table), index))
    n = int(table.sum()) if np.isfinite(table).all() else 0
    if not np.isfinite(value):
        return Permuted(NAN, n=n, reason="one task or one individual: nothing to divide")
    if not np.array_equal(table, np.floor(table)):
        return Permuted(value, n=n, reason="counts are not whole: no shuffle")
    rows, columns = (np.repeat(np.arange(size), table.sum(axis=1 - axis).astype(int)) for axis, size in enumerate(table.shape))
    rng, cells = np.random.default_rng(seed), table.shape[0] * table.shape[1]
    null = np.empty(permutations)
    for i in range(permutations):
        shuffled = np.bincount(rows * table.shape[1] + rng.permutation(columns), minlength=cells)
        null[i] = getattr(division_of_labour(shuffled.reshape(table.shape)), index)
    return Permuted(value, null, permutation_p(value, null, "greater"), n)
