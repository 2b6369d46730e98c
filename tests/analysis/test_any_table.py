"""Every registered metric on tables of every poor kind: a number that can be judged, or NaN and why; no fault, no warning."""

import math

import numpy as np
import pandas as pd
import pytest
from conftest import DECLARED, FrameRun
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

import society.analysis.report  # noqa: F401  (fills the registry)
from society.analysis.metrics import METRICS
from society.analysis.run import Reader
from society.record.tables import LEADING, TABLES

NUMBERED = {
    "messages": ("m0", "m1", "meaning0", "meaning1"),
    "deals": (*(f"{name}{i}" for name in ("pool", "value", "partner_value", "share") for i in (0, 1)),),
    "offers": ("keep0", "keep1"),
    "probes": ("a0", "a1"),
    "episodes": (*(f"measure.{name}" for name in ("eaten", "visits_own", "visits_all", "rewarded", "rewarded_tick", "out")),),
}
CONDITIONS = ("normal", "normal", "normal", "mute", "content", "script:random", "training")
TEXTS = {"role": ("trader", "listener"), "head": ("move", "say"), "phase": ("total", "act"), "name": ("reward", "loss")}
HARMS = ("none", "none", "gone", "empty", "one", "column", "constant", "nan", "infinite", "huge", "twice", "text", "negative")


def columns(table):
    return (*LEADING, *TABLES[table], *NUMBERED.get(table, ()))


def frame(table, rows, rng):
    """Random rows that keep the table's types: few worlds, seats and symbols, some probabilities and sums."""
    made = {}
    for column in columns(table):
        if column == "condition":
            made[column] = rng.choice(CONDITIONS, rows)
        elif column in TEXTS:
            made[column] = rng.choice(TEXTS[column], rows)
        elif column in ("p_option", "a0", "a1", "score", "partner_score", "demand"):
            made[column] = np.where(rng.random(rows) < 0.1, np.nan, rng.random(rows))
        elif column in ("return_", "reward", "value", "seconds", "agent_steps_per_second") or column.startswith("measure."):
            made[column] = np.round(rng.normal(3, 3, rows), 2)
        else:
            made[column] = rng.integers(-1 if rng.random() < 0.3 else 0, rng.integers(1, 7), rows)
    return pd.DataFrame(made)


def harmed(table, harm, column, rng):
    rows = {"one": 1, "empty": 0}.get(harm, int(rng.integers(2, 40)))
    found = frame(table, rows, rng)
    if harm == "column":
        return found.drop(columns=column)
    if harm == "twice":
        return pd.concat([found, found])
    values = {"constant": 1, "nan": np.nan, "infinite": np.inf, "huge": 1e200, "text": "x", "negative": -3}
    return found.assign(**{column: values[harm]}) if harm in values else found


def judged(metric, run):
    """The metric's lines, once each has been looked at; the function itself is called, so that a fault is seen."""
    lines = list(metric.answer(Reader(run)))
    for line in lines:
        known = [not math.isnan(bound) for bound in (line.ci_low, line.ci_high)]
        assert line.metric and line.condition, line
        assert not any(math.isinf(x) for x in (line.value, line.ci_low, line.ci_high, line.null, line.p)), line
        assert math.isfinite(line.value) or line.reason, line
        assert not math.isnan(line.value) or not any(known), line  # no interval around nothing
        assert all(known) or line.reason or (math.isfinite(line.null) and math.isfinite(line.p)), line
        assert not all(known) or line.ci_low <= line.ci_high, line
        assert math.isnan(line.p) or 0 < line.p <= 1, line
        assert line.n >= 0 and not line.reason.startswith("failed"), line
    assert len({(line.metric, line.condition) for line in lines}) == len(lines), "two lines of one name"
    return lines


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
@settings(max_examples=15, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(data=some.data())
def test_any_metric_on_any_table(metric, data):
    rng = np.random.default_rng(data.draw(some.integers(0, 10**6)))

    def tables(wanted):
        made = {}
        for table in wanted:
            harm = data.draw(some.sampled_from(HARMS))
            column = data.draw(some.sampled_from([c for c in columns(table) if c != "condition"]))
            if harm != "gone":
                made[table] = harmed(table, harm, column, rng)
        return made

    wanted = sorted({*metric.needs, "episodes"})
    control = FrameRun({name: f.assign(condition="muted_from_birth") for name, f in tables(wanted).items()})
    controls = {"muted_from_birth": control} if data.draw(some.booleans()) else {}
    judged(metric, FrameRun(tables(wanted), DECLARED, controls))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_run_without_rows_says_so(metric):
    lines = judged(metric, FrameRun({}))
    assert all(math.isnan(line.value) for line in lines)


def test_the_judge_can_find_fault():
    from society.analysis.estimate import Estimate
    from society.analysis.metrics import Metric

    bare = Estimate("m", "normal", 1.0)
    silent = Estimate("m", "normal", math.nan)
    for wrong in ([bare], [silent], [Estimate.missing("m", "normal", "why")] * 2):
        with pytest.raises(AssertionError):
            judged(Metric("m", (), lambda reader, found=wrong: found), FrameRun({}))
