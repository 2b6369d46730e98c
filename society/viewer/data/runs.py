"""What the page of runs shows: each run in a line with its curve, and up to four of them side by side."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from society.analysis.estimate import Estimate
from society.record.files import Damaged
from society.record.store import Run
from society.viewer import queries
from society.viewer.kept import cached
from society.viewer.queries import Listed

POINTS = 40  # of a sparkline
CURVE = 400  # points of one curve in a comparison
BUDGET = 0.5  # seconds that one draw of the list may spend on curves it has not read yet
Names = tuple[str, ...]


# -------------------------------------------------------------------------------------------------------------- the list


def line(root: Path, run: Run) -> Listed:
    """`queries.listed`, read again only when a file of it has changed, or when time alone may change it: a live run."""
    if queries.refusal(root, run):
        return queries.listed(root, run)
    found = _line(run, root)
    return queries.listed(root, run) if found.state == "live" else found


@cached("meta.json", "run.toml", "status.json", "report.json")
def _line(run: Run, root: Path) -> Listed:
    return queries.listed(root, run)


def sparklines(root: Path, runs: Sequence[Run], budget: float = BUDGET) -> list[list[float] | None]:
    """The curve of each run, see `sparkline`; None for what is not known yet once `budget` seconds are spent.

    Reading again finds what was read before in the cache, so that a long list fills up draw by draw.
    """
    until, found = time.monotonic() + budget, list[list[float] | None]()
    for run in runs:
        known = time.monotonic() < until
        found.append(sparkline(run) if known and not queries.refusal(root, run) else None)
    return found


@cached("meta.json", "tables/metrics")
def sparkline(run: Run) -> list[float]:
    """The headline's measure over training, else the reward, as at most `POINTS` numbers; [] where there is none."""
    told = queries.declared(run) if run.state != "damaged" else None
    for name in (f"measure.{told.headline.measure}", "reward") if told else ("reward",):
        rows = curve(run, name)
        if len(rows):
            return [float(value) for value in thinned(rows, POINTS)["value"]]
    return []


def curve(run: Run, name: str) -> pd.DataFrame:
    """agent_steps, value of one measure of the training, the mean over minds; no rows where it cannot be read."""
    try:
        return _curve(run, name)
    except Damaged:
        return _curves([])


@cached("tables/metrics")
def _curve(run: Run, name: str) -> pd.DataFrame:
    # A row of mind -1 speaks for the whole population; only where there is none are minds averaged.
    for where in ({"name": name, "mind": -1}, {"name": name}):
        found = run.grouped("metrics", ["agent_steps"], where, ["value"])
        if len(found):
            return _curves([(row.agent_steps, row.total / row.count_) for row in _totals(found)])
    return _curves([])


def _totals(found: pd.DataFrame) -> Iterator[Any]:
    return found.rename(columns={"sum.value": "total", "count": "count_"}).itertuples()


def _curves(rows: list[tuple[float, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["agent_steps", "value"], dtype="float64")


def thinned(rows: pd.DataFrame, points: int) -> pd.DataFrame:
    """At most `points` rows, each the mean of a stretch of the old ones in their order; an infinite value is left out."""
    kept = rows[rows["value"].map(math.isfinite)]
    if len(kept) <= points:
        return kept
    stretch = [number * points // len(kept) for number in range(len(kept))]
    return kept.groupby(stretch).mean()


def measures(runs: Sequence[Run]) -> list[str]:
    """Names of the training's measures that every one of the runs has, the headlines' first, then the reward."""
    found = [_measures(run) for run in runs]
    common = [name for name in found[0] if all(name in other for other in found[1:])] if found else []
    told = [queries.declared(run) for run in runs]
    first = [f"measure.{one.headline.measure}" for one in told if one] + ["reward"]
    return sorted(common, key=lambda name: (first.index(name) if name in first else len(first), name))


@cached("tables/metrics")
def _measures(run: Run) -> Names:
    try:
        return tuple(str(name) for name in run.grouped("metrics", ["name"])["name"])
    except Damaged:
        return ()


# -------------------------------------------------------------------------------------------------------- the comparison


def estimates(runs: Mapping[str, Run]) -> dict[str, list[Estimate]]:
    """The lines of each run's report by the run's letter; none for a run whose report is missing or damaged."""
    found = {}
    for letter, run in runs.items():
        try:
            found[letter] = queries.estimates(run) or []
        except Damaged:
            found[letter] = []
    return found


def side_by_side(found: Mapping[str, Sequence[Estimate]]) -> pd.DataFrame:
    """One row for each metric and condition that a run has a value for: metric, condition, unit, and for each letter L
    `value L`, `low L`, `high L` (NaN where missing) and `L - F`, its difference to the first letter F (not for F).

    Rows stand in the order of the first report that has them. A metric that is told twice counts where it stands first.
    """
    letters = list(found)
    columns = {letter: _by_line(lines) for letter, lines in found.items()}
    keys = dict.fromkeys(key for column in columns.values() for key, one in column.items() if math.isfinite(one.value))
    rows = []
    for metric, condition in keys:
        here = {letter: columns[letter].get((metric, condition)) for letter in letters}
        row: dict[str, Any] = {"metric": metric, "condition": condition}
        row["unit"] = next((one.unit for one in here.values() if one and one.unit), "")
        for letter, one in here.items():
            row |= {f"{word} {letter}": value for word, value in zip(("value", "low", "high"), _numbers(one), strict=True)}
            if letter != letters[0]:
                row[f"{letter} - {letters[0]}"] = row[f"value {letter}"] - row[f"value {letters[0]}"]
        rows.append(row)
    return pd.DataFrame(rows)


def _by_line(lines: Sequence[Estimate]) -> dict[tuple[str, str], Estimate]:
    found: dict[tuple[str, str], Estimate] = {}
    for one in lines:
        found.setdefault((one.metric, one.condition), one)
    return found


def _numbers(one: Estimate | None) -> tuple[float, float, float]:
    return (one.value, one.ci_low, one.ci_high) if one else (math.nan, math.nan, math.nan)


def differing(runs: Mapping[str, Run]) -> pd.DataFrame:
    """field and one column for each letter: the fields of the configs that are not the same in all. Raises `Damaged`."""
    flat = {letter: dict(_flat(run.config)) for letter, run in runs.items()}
    paths = dict.fromkeys(path for one in flat.values() for path in one)
    rows = [{"field": path} | {letter: one.get(path, "(not there)") for letter, one in flat.items()} for path in paths]
    return pd.DataFrame([row for row in rows if len({row[letter] for letter in flat}) > 1], columns=["field", *flat])


def _flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)[:400]


def comparable(runs: Mapping[str, Run]) -> str:
    """Why the runs are not to be compared number by number, in a line; empty for runs alike but for their seeds."""
    scenarios = {str(run.config.get("scenario")) for run in runs.values()}
    if len(scenarios) > 1:
        return "These runs are of different scenarios: a metric of the same name may measure another thing."
    marks = {str(run.meta.get("fingerprint")) for run in runs.values()}
    if len(marks) > 1:
        return "These runs were configured differently (see the fields below): a difference may come from any of them."
    seeds = {str(run.config.get("seed")) for run in runs.values()}
    return "" if len(seeds) == len(runs) else "Runs alike with the same seed are the same run again, and no replicates."


def overlaid(runs: Mapping[str, Run], name: str) -> pd.DataFrame:
    """population (the letter), agent_steps, value of one measure of every run, at most `CURVE` points each."""
    pieces = [thinned(curve(run, name), CURVE).assign(population=letter) for letter, run in runs.items()]
    return pd.concat(pieces, ignore_index=True)
