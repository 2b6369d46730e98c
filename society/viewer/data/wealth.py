"""Who has how much: Lorenz curves of income and of what is held at the end, by condition.

Within a world seats are unequal or not; worlds are replicates. So a curve is the mean of the worlds' Lorenz curves, and
twice the area between it and the diagonal is the mean of their Gini coefficients, which is what the report estimates.
"""

from dataclasses import dataclass

import numpy as np

from society.analysis.economy import gini, lorenz
from society.analysis.replicates import NAN
from society.record.store import Run
from society.viewer import queries
from society.viewer.data.conservation import holdings
from society.viewer.data.economy import goods, owners
from society.viewer.kept import cached

STEPS = 101  # points of a curve
REWARD, HELD = "reward", "holdings at the end"


@dataclass(frozen=True)
class Lorenz:
    """Of one condition the mean curve, people -> held [STEPS], the mean Gini coefficient, and worlds and seats behind it.

    `left_out` worlds have no shares, since somebody has less than nothing or nobody anything.
    """

    condition: str
    people: np.ndarray
    held: np.ndarray
    gini: float
    worlds: int
    seats: int
    left_out: int


def kinds(run: Run) -> list[str]:
    """What can be looked at: the headline's measure where one is declared, the reward, and holdings where frames show them."""
    told = queries.declared(run)
    held = [HELD] if any(_framed(one) for one in queries.family(run).values()) else []
    return ([told.headline.name] if told else []) + [REWARD] + held


def curves(run: Run, kind: str) -> list[Lorenz]:
    """One for each condition for which shares are defined: nothing below zero, and a sum above it. Raises `Damaged`."""
    found = []
    told = queries.declared(run)
    for condition, one in owners(run, "episodes").items():
        if kind == HELD:
            values = _held(one, condition, tuple(goods(run)))
        else:
            head = told.headline if told else None
            if head is not None and kind == head.name:
                per_tick = head.per == "seat_tick"
                values = _incomes(one, condition, head.column, per_tick, tuple(head.rows.items()))
            else:
                values = _incomes(one, condition, "return_", False, ())
        curve = _curve(condition, values)
        if curve:
            found.append(curve)
    return found


def _curve(condition: str, values: list[np.ndarray]) -> Lorenz | None:
    """The mean over worlds of one seat or more each; None where no world has shares."""
    several = [one for one in values if len(one) > 1]
    pairs = [(one, curve) for one in several if (curve := lorenz(one))[0].size]
    if not pairs:
        return None
    people = np.linspace(0, 1, STEPS)
    held = np.mean([np.interp(people, *curve) for _, curve in pairs], axis=0)
    mean = float(np.mean([gini(one) for one, _ in pairs]))
    return Lorenz(condition, people, held, mean, len(pairs), max(len(one) for one, _ in pairs), len(several) - len(pairs))


@cached("tables/episodes")
def _incomes(run: Run, condition: str, column: str, per_tick: bool, rows: tuple[tuple[str, float], ...]) -> list[np.ndarray]:
    """Of each world the seats' income: the sum of a column of these rows per tick, or its mean over episodes."""
    try:
        found = run.grouped("episodes", ["world", "seat"], {"condition": condition, **dict(rows)}, [column, "ticks"])
    except ValueError:  # the run has no such column
        return []
    below = found["sum.ticks"] if per_tick else found["count"]
    with np.errstate(divide="ignore", invalid="ignore"):
        income = (found[f"sum.{column}"] / below).where(below > 0, NAN)
    return [one[np.isfinite(one)].to_numpy() for _, one in income.groupby(found["world"])]


def _framed(run: Run) -> bool:
    """Whether the frames show what a seat holds."""
    return _shown(run, tuple(goods(run)))


@cached("frames")
def _shown(run: Run, named: tuple[str, ...]) -> bool:
    span = next(iter(run.frame_index()), None)
    return span is not None and holdings(run.frames(span.condition, span.world, span.first, span.first), list(named)) is not None


@cached("frames")
def _held(run: Run, condition: str, named: tuple[str, ...]) -> list[np.ndarray]:
    """Of each world with frames the units, of all goods together, that each seat holds in the last frame."""
    found = []
    for span in run.frame_index():
        if span.condition == condition:
            held = holdings(run.frames(condition, span.world, span.last, span.last, seed=span.seed), list(named))
            if held is not None and len(held):
                units = held[-1].sum(axis=-1)
                found.append(units[np.isfinite(units)])
    return found
