"""Runs side by side: a metric in every condition, and the learning curves over each other. Colour and letter say the same."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from society.analysis.estimate import Estimate
from society.viewer import charts
from society.viewer.words import interval, number

TALLEST = 430  # pixels of the figure's frame, so that the whole is on one screen


def compared(found: Mapping[str, Sequence[Estimate]], metric: str) -> pd.DataFrame:
    """run (letter), condition, value, low, high, null, text: the metric's lines that have a value, as trained first."""
    rows = [
        {
            "run": letter,
            "condition": _told(one.condition),
            "value": one.value,
            "low": one.ci_low,
            "high": one.ci_high,
            "null": one.null,
            "text": f"{number(one.value)} {interval(one.ci_low, one.ci_high) or '(no interval)'}",
        }
        for letter, lines in found.items()
        for one in sorted(lines, key=lambda line: line.condition != "normal")
        if one.metric == metric and math.isfinite(one.value)
    ]
    return pd.DataFrame(rows, columns=["run", "condition", "value", "low", "high", "null", "text"])


def _told(condition: str) -> str:
    return f"{condition.removeprefix('script:')} (scripted)" if condition.startswith("script:") else condition


def dots(rows: pd.DataFrame, letters: Sequence[str], axis: str) -> alt.LayerChart:
    """A dot with its interval for each run in each condition; `rows` as `compared` makes them, `axis` with the unit.

    A null that is the same for all is a dashed line.
    """
    conditions = list(dict.fromkeys(rows["condition"]))
    colours = alt.Scale(domain=list(letters), range=[charts.line(i) for i in range(len(letters))])
    y = alt.Y(
        "condition:N",
        sort=conditions,
        title=None,
        axis=alt.Axis(labelLimit=190, ticks=False, domain=False, labelPadding=24, labelOverlap=False, grid=True, bandPosition=0),
    )
    offset = alt.YOffset("run:N", sort=list(letters), scale=alt.Scale(paddingOuter=0.35))
    colour = alt.Color("run:N", scale=colours, legend=None)
    x = alt.X("value:Q", title=axis, scale=alt.Scale(zero=False, nice=False, padding=14), axis=alt.Axis(tickCount=6))
    tips = [alt.Tooltip("run:N"), alt.Tooltip("condition:N"), alt.Tooltip("text:N", title="value [95 %]")]
    base = alt.Chart(rows).encode(y=y, yOffset=offset, color=colour, tooltip=tips)
    known = base.transform_filter("isValid(datum.low) && isValid(datum.high)")
    layers: list[alt.Chart] = [known.mark_rule(strokeWidth=3, opacity=0.75).encode(x="low:Q", x2="high:Q")]
    nulls = rows["null"].dropna().unique()
    if len(nulls) == 1:
        null = alt.Chart(pd.DataFrame({"null": nulls})).mark_rule(strokeDash=[5, 4], strokeWidth=1.5, color=charts.GREY)
        layers.insert(0, null.encode(x="null:Q"))
    layers.append(base.mark_point(size=75, filled=True, opacity=1).encode(x=x))
    layers.append(base.mark_text(align="right", dx=-6, fontWeight="bold", fontSize=11).encode(text="run:N", x=alt.value(0)))
    frame = min(TALLEST, (18 * len(letters) + 14) * len(conditions))
    chart: alt.LayerChart = alt.layer(*layers).properties(height=max(frame, 60) + 60)  # type: ignore[assignment]
    return chart


def curves(rows: pd.DataFrame, letters: Sequence[str], name: str) -> alt.LayerChart:
    """`charts.curves` of the runs, each with its letter at its end; `rows`: population (letter), agent_steps, value."""
    lines = charts.curves(rows, letters).encode(y=alt.Y("value:Q", title=name, scale=alt.Scale(zero=False, nice=True)))
    layers: list[Any] = [lines]
    ends: list[float] = []
    for i, letter in enumerate(letters):
        end = rows[rows["population"] == letter].nlargest(1, "agent_steps")
        beside = sum(ends.count(steps) for steps in end["agent_steps"])  # letters that stand at this place already
        ends += list(end["agent_steps"])
        mark: Any = alt.Chart(end).mark_text(align="left", dx=5 + 11 * beside, fontWeight="bold", color=charts.line(i))
        layers.append(mark.encode(x="agent_steps:Q", y="value:Q", text="population:N"))
    chart: alt.LayerChart = alt.layer(*layers).properties(height=270)  # type: ignore[assignment]
    return chart
