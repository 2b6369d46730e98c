"""The figures. Colours are Okabe and Ito's; no colour stands alone: shape, label or place says the same."""

import math
from collections.abc import Sequence

import altair as alt
import pandas as pd

from society.analysis.estimate import Estimate
from society.viewer.words import interval, number, p_value

BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8F98"
LINES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3])
ROW = 25  # pixels


def line(i: int) -> str:
    """The colour of the i-th line of a figure."""
    return LINES[i % len(LINES)]


def dash(i: int) -> list[int]:
    """Its dashes, so that colour does not stand alone."""
    return DASHES[i % len(DASHES)]


def dots(
    lines: Sequence[tuple[str, str, Estimate]], groups: dict[str, str], axis: str, null: str, at: float | None = None
) -> alt.LayerChart:
    """A dot and its 95 % interval for each (label, group, estimate), and the null as a dashed line.

    `groups` gives each group's colour. A filled dot's interval excludes the null; a hollow one's does not, or there is
    none. `null` is what the null is called in the tooltip; `at` is a reference to draw where there is no null.
    """
    rows = pd.DataFrame([_row(label, group, line) for label, group, line in lines])
    legend = alt.Legend(orient="top", symbolType="circle", symbolOpacity=1) if len(groups) > 1 else None
    scale = alt.Scale(domain=list(groups), range=list(groups.values()))
    colour = alt.Color("group:N", title=None, scale=scale, legend=legend)
    labels = alt.Axis(labelLimit=260, ticks=False, domain=False, labelPadding=8, labelOverlap=False, labelFlush=False)
    y = alt.Y("label:N", sort=[label for label, _, _ in lines], title=None, axis=labels)
    x = alt.X("value:Q", title=axis, scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(tickCount=8))
    tips = [
        alt.Tooltip("label:N", title="what"),
        alt.Tooltip("text:N", title="value [95 %]"),
        alt.Tooltip("null:Q", title=null, format=".3g"),
        alt.Tooltip("p:N", title="p"),
        alt.Tooltip("n:Q", title="n"),
    ]
    layers: list[alt.Chart] = []
    nulls = rows["null"].dropna().unique()
    if not len(nulls) and at is not None:
        nulls = pd.Series([at]).unique()
    if len(nulls) == 1:
        one = alt.Chart(pd.DataFrame({"null": nulls})).encode(x="null:Q")
        layers.append(one.mark_rule(strokeDash=[5, 4], strokeWidth=1.5, color=GREY))
    elif len(nulls) > 1:
        layers.append(alt.Chart(rows).mark_tick(thickness=2, size=18, color=GREY).encode(x="null:Q", y=y))
    known = rows.dropna(subset=["low", "high"])
    if len(known):
        rules = alt.Chart(known).mark_rule(strokeWidth=3, opacity=0.75)
        layers.append(rules.encode(y=y, x="low:Q", x2="high:Q", color=colour))
    for filled, some in rows.groupby("clear"):
        points = alt.Chart(some).mark_point(size=110, strokeWidth=2.5, opacity=1, filled=bool(filled))
        layers.append(points.encode(x=x, y=y, color=colour, tooltip=tips))
    # The height that Streamlit keeps to holds the axis and the legend as well.
    chart: alt.LayerChart = alt.layer(*layers).properties(height=ROW * len(rows) + 88 + 30 * (legend is not None))  # type: ignore[assignment]
    return chart


def _row(label: str, group: str, line: Estimate) -> dict[str, object]:
    apart = line.ci_low > line.null or line.ci_high < line.null or math.isnan(line.null)
    return {
        "label": label,
        "group": group,
        "value": line.value,
        "low": line.ci_low,
        "high": line.ci_high,
        "null": line.null,
        "clear": apart and not math.isnan(line.ci_low),
        "text": f"{number(line.value)} {interval(line.ci_low, line.ci_high) or '(no interval)'}",
        "p": p_value(line.p) or "none",
        "n": line.n,
    }


def curves(rows: pd.DataFrame, populations: Sequence[str]) -> alt.Chart:
    """value over agent_steps, one line per population; `rows` are of one name."""
    domain = list(populations)
    return (
        alt.Chart(rows)
        .mark_line(strokeWidth=2.2, interpolate="linear", clip=True)
        .encode(
            x=alt.X("agent_steps:Q", title="agent-steps", axis=alt.Axis(format="~s", tickCount=5), scale=alt.Scale(nice=False)),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False, nice=True)),
            color=alt.Color(
                "population:N",
                title=None,
                scale=alt.Scale(domain=domain, range=[line(i) for i in range(len(domain))]),
                legend=None,
            ),
            strokeDash=alt.StrokeDash(
                "population:N",
                scale=alt.Scale(domain=domain, range=[dash(i) for i in range(len(domain))]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("population:N"),
                alt.Tooltip("agent_steps:Q", title="agent-steps", format=","),
                alt.Tooltip("value:Q", format=".4g"),
            ],
        )
        .properties(height=225)
    )


def phases(rows: pd.DataFrame) -> alt.Chart:
    """Where the time of an update goes: seconds by phase, stacked, one bar per population."""
    return (
        alt.Chart(rows)
        .mark_bar(height=18, cornerRadius=2)
        .encode(
            y=alt.Y(
                "population:N",
                title=None,
                sort=None,
                axis=alt.Axis(labelLimit=200, ticks=False, domain=False, labelOverlap=False, labelFlush=False),
            ),
            x=alt.X("seconds:Q", title="share of the time", stack="normalize", axis=alt.Axis(format="%")),
            color=alt.Color("phase:N", title=None, scale=alt.Scale(range=list(LINES)), legend=alt.Legend(orient="top")),
            tooltip=[alt.Tooltip("phase:N"), alt.Tooltip("seconds:Q", format=".3g")],
        )
        .properties(height=34 * max(1, rows["population"].nunique()) + 86)
    )
