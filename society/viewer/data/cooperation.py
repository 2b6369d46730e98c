"""What the Cooperation page asks of a run: the stock over an episode, the four social outcomes, effects of twins."""

import math
import re

import numpy as np
import pandas as pd

from society.analysis.cooperation_metrics import social_outcomes
from society.analysis.estimate import Estimate
from society.analysis.run import Reader
from society.record.frames import Span
from society.record.store import Run
from society.viewer import queries
from society.viewer.data.counted import counted
from society.viewer.kept import cached

RESOURCE = re.compile(r"^(apple|dirt|good |sugar|spice|fruit|food|grass|fish|tree)", re.IGNORECASE)
LEVEL = re.compile(r"^(.{1,60}), (\d{1,2}) of \d{1,2}$")  # "sugar, 3 of 4": three units in one cell
WORLDS = 16  # of one condition, drawn as faint lines
BUDGET = 48 * 2**20  # bytes of cells that are counted for one figure
MOST_EPISODES = 20_000  # rows for which the outcomes of twins and scripts are worked out here
SOCIAL = ("social.efficiency", "social.equality", "social.sustainability", "social.peace")
STOCK = ["condition", "world", "tick", "what", "units"]


# ------------------------------------------------------------------------------------------------------------- the stock


def stock(run: Run) -> pd.DataFrame:
    """condition, world, tick, what, units: cells of each resource in the recorded worlds, tick by tick. Raises `Damaged`.

    Resources are entries of the scene's legend by their name; `sugar, 3 of 4` counts three units. No rows without any.
    """
    return _stock(run, tuple(_legend(run)))


@cached("frames", controls=True)
def _stock(run: Run, legend: tuple[str, ...]) -> pd.DataFrame:
    what, found = _resources(legend), queries.spans(run)
    pieces = [pd.DataFrame({name: [] for name in STOCK})]
    conditions = list(dict.fromkeys(span.condition for _, span in found))
    for condition in conditions if what else ():
        there = [(owner, span) for owner, span in found if span.condition == condition]
        owner, span = there[0]
        cells = owner.frames(condition, span.world, span.first, span.first, seed=span.seed).cells
        if cells is None or not cells.nbytes:
            continue
        ticks = max(2, BUDGET // len(conditions) // cells.nbytes)  # what of this condition is read in all
        worlds = max(1, min(WORLDS, ticks // max(span.frames, 1)))
        pieces += [_counts(one, span, min(span.last, span.first + ticks - 1), what) for one, span in there[:worlds]]
    pieces = [piece for piece in pieces if len(piece)] or pieces[:1]
    return pd.concat(pieces, ignore_index=True)[STOCK]


def _counts(owner: Run, span: Span, last: int, what: dict[str, dict[int, int]]) -> pd.DataFrame:
    """Units of each resource in one world's frames."""
    frames = owner.frames(span.condition, span.world, span.first, last, seed=span.seed)
    if frames.cells is None:
        return pd.DataFrame({name: [] for name in STOCK})
    tables = []
    for name, codes in what.items():
        worth = np.zeros(256, dtype=np.int64)
        worth[list(codes)] = list(codes.values())
        units = np.array([np.bincount(grid.ravel(), minlength=256) @ worth for grid in frames.cells], dtype=np.int64)
        tables.append(pd.DataFrame({"tick": frames.tick, "what": name, "units": units}))
    return pd.concat(tables).assign(condition=span.condition, world=span.world)


def _legend(run: Run) -> list[str]:
    """Names of the scene's cells, by code."""
    scene = run.meta.get("scene")
    entries = scene.get("legend") if isinstance(scene, dict) else None
    if not isinstance(entries, list):
        return []
    return [str(one[0])[:80] if isinstance(one, list) and one else "" for one in entries[:256]]


def _resources(legend: tuple[str, ...]) -> dict[str, dict[int, int]]:
    """Resource -> code of a cell -> units in it."""
    found: dict[str, dict[int, int]] = {}
    for code, name in enumerate(legend):
        if RESOURCE.match(name):
            level = LEVEL.match(name)
            found.setdefault(level[1] if level else name, {})[code] = int(level[2]) if level else 1
    return found


def mean_stock(rows: pd.DataFrame) -> pd.DataFrame:
    """condition, tick, units, worlds: the mean over the worlds that were recorded at that tick; `rows` are of one resource."""
    whole = rows.groupby(["condition", "tick"], sort=False)["units"]
    return whole.agg(units="mean", worlds="size").reset_index()


# ------------------------------------------------------------------------------------------------------- social outcomes


class _Everyone(Reader):
    """A reader to whom every condition counts as grown, so that a line is made for twins and scripts as well."""

    def grown(self) -> list[str]:
        return self.conditions()


def social(run: Run) -> list[Estimate]:
    """Efficiency, equality, sustainability, peace (Perolat et al. 2017) with a value, of every condition.

    The report's own lines where it has them; those of twins and scripts are made by the report's own formula here, unless
    the episodes are too many. Raises `Damaged`.
    """
    told = [line for line in queries.estimates(run) or [] if line.metric in SOCIAL]
    known = {(line.metric, line.condition) for line in told}
    more = [line for line in _outcomes(run) if (line.metric, line.condition) not in known]
    return [line for line in (*told, *more) if math.isfinite(line.value)]


def worked_out(run: Run) -> bool:
    """Whether the episodes are few enough for the outcomes of twins and scripts, which the report leaves out."""
    return bool(counted(run, "episodes", ())["count"].sum() <= MOST_EPISODES)


def _outcomes(run: Run) -> list[Estimate]:
    return _made(run) if worked_out(run) else []


@cached("tables/episodes", controls=True)
def _made(run: Run) -> list[Estimate]:
    try:
        return list(social_outcomes(_Everyone(run)))
    except (ValueError, TypeError, KeyError, ArithmeticError):  # a declaration or a table that no report could be made of
        return []


# ------------------------------------------------------------------------------------------------------- what a twin does


def lines_of(run: Run, metric: str) -> list[Estimate]:
    """The report's lines of one metric that have a value, in the report's order."""
    return [line for line in queries.estimates(run) or [] if line.metric == metric and math.isfinite(line.value)]


def effects(run: Run, condition: str) -> list[Estimate]:
    """What the twin `condition` changes, as the report has it: `effect_of_<condition>.*`, shares left out."""
    prefix = f"effect_of_{condition}."
    found = [line for line in queries.estimates(run) or [] if line.metric.startswith(prefix)]
    return [line for line in found if not line.metric.endswith(".share")]


def declared_ratios(run: Run) -> dict[str, tuple[str, str, str]]:
    """name -> (numerator, denominator, unit) of the ratios that the scenario declared: columns `measure.*` of `metrics`."""
    told = queries.declared(run)
    found = told.measures.items() if told else ()
    return {name[:60]: (_column(one.numerator), _column(one.denominator), one.unit[:80]) for name, one in found}


def _column(measure: str) -> str:
    return measure if measure.startswith("measure.") else f"measure.{measure}"


def over_training(run: Run, top: str, bottom: str, window: int = 1) -> pd.DataFrame:
    """population, agent_steps, value: the ratio of two measures of the last `window` rollouts, of the run and its controls.

    Where a rollout is a part of an episode, a window of an episode keeps its early and late ticks from taking turns.
    """
    pieces = []
    for label, one in queries.family(run).items():
        found = counted(one, "metrics", ("name", "agent_steps"), ("value",), name=[top, bottom], mind=-1)
        if found.empty:
            continue
        wide = found.pivot_table(index="agent_steps", columns="name", values="sum.value")
        if top in wide and bottom in wide:
            sums = wide[[top, bottom]].fillna(0).rolling(window, min_periods=1).sum()
            value = (sums[top] / sums[bottom].where(sums[bottom] > 0)).replace([np.inf, -np.inf], np.nan).dropna()
            pieces.append(pd.DataFrame({"agent_steps": value.index, "value": value.to_numpy(), "population": label}))
    columns = ["population", "agent_steps", "value"]
    return pd.concat(pieces, ignore_index=True)[columns] if pieces else pd.DataFrame({name: [] for name in columns})
