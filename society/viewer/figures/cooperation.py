"""Charts of the Cooperation page: the stock, social outcomes, ratios over training, strikes."""

import math
import textwrap
from collections.abc import Iterable, Sequence

import altair as alt
import pandas as pd

from society.analysis.estimate import Estimate
from society.viewer.charts import BLUE, GREEN, GREY, ORANGE, RED
from society.viewer.words import interval, number

GROWN = (BLUE, ORANGE, "#CC79A7", RED, "#56B4E9", GREY)  # twins and controls
SCRIPTS = (GREY, "#56B4E9", RED, "#CC79A7", ORANGE, BLUE)
GROWN_DASHES = ([8, 3], [12, 3, 3, 3], [6, 2], [10, 2, 2, 2], [14, 4], [5, 5])
SCRIPT_DASHES = ([2, 2], [4, 3], [1, 3], [4, 2, 1, 2], [3, 1], [2, 4])
LENGTH = 40  # letters of a title or label from a file
EARLY = {"normal": 0, "peaceful": 1, "strangers": 2, "script:random": 4}


def ordered(conditions: Iterable[str]) -> list[str]:
    """Conditions in the order of every figure: as trained, twins and controls, random play, other scripts."""
    return sorted(set(conditions), key=lambda name: (EARLY.get(name, 5 if name.startswith("script:") else 3), name))


def few(conditions: Iterable[str], most: int) -> list[str]:
    """At most `most` of them in that order, half of them scripts where there are so many."""
    names = ordered(conditions)
    grown, scripts = ([name for name in names if name.startswith("script:") == script] for script in (False, True))
    kept = max(most - len(scripts), most - most // 2)
    return [*grown[:kept], *scripts[: most - len(grown[:kept])]]


def style(conditions: Sequence[str]) -> dict[str, tuple[str, list[int]]]:
    """Condition -> colour and dashes: the society as trained is green and solid, no other is.

    The i-th twin or control, and the i-th script, look the same in every figure that shows those before them as well.
    """
    found = {"normal": (GREEN, [1, 0])}
    for names, colours, dashes in (
        ([name for name in conditions if name != "normal" and not name.startswith("script:")], GROWN, GROWN_DASHES),
        ([name for name in conditions if name.startswith("script:")], SCRIPTS, SCRIPT_DASHES),
    ):
        found |= {name: (colours[i % len(colours)], dashes[i % len(dashes)]) for i, name in enumerate(names)}
    return {name: found[name] for name in conditions}


def label(condition: str) -> str:
    """A condition in a figure, short: `as trained`, `peaceful`, `script greedy`."""
    if condition == "normal":
        return "as trained"
    return condition.replace("script:", "script ").replace("_from_birth", " from birth")[:LENGTH]


def wrapped(title: str, width: int = LENGTH) -> list[str]:
    """A title from a file in lines of at most `width` letters, at most three."""
    return textwrap.wrap(title[:120], width)[:3]


def scales(conditions: Sequence[str]) -> tuple[alt.Scale, alt.Scale, list[str]]:
    """Scales of colours and of dashes over the conditions' labels, and those labels."""
    styles, labels = style(conditions), [label(name) for name in conditions]
    colours = alt.Scale(domain=labels, range=[colour for colour, _ in styles.values()])
    return colours, alt.Scale(domain=labels, range=[dashes for _, dashes in styles.values()]), labels


# ------------------------------------------------------------------------------------------------------------- the stock


def stock(mean: pd.DataFrame, worlds: pd.DataFrame, what: str) -> alt.LayerChart:
    """Units of a resource over an episode: a line for each condition (`mean`), the trained society's worlds faint (`worlds`)."""
    names = ordered(mean["condition"])
    colours, dashes, labels = scales(names)
    x = alt.X("tick:Q", title="tick of the episode", axis=alt.Axis(tickCount=8), scale=alt.Scale(nice=False))
    y = alt.Y("units:Q", title=f"{what[:LENGTH]} in the world (units)", scale=alt.Scale(zero=True))
    legend = alt.Legend(orient="top", labelLimit=200, columns=min(5, len(names)), symbolStrokeWidth=2.5, symbolSize=300)
    lines = (
        alt.Chart(mean.assign(label=mean["condition"].map(label)))
        .mark_line(strokeWidth=2.4)
        .encode(
            x=x,
            y=y,
            color=alt.Color("label:N", title=None, scale=colours, sort=labels, legend=legend),
            strokeDash=alt.StrokeDash("label:N", title=None, scale=dashes, sort=labels, legend=legend),
            tooltip=[
                alt.Tooltip("label:N", title="society"),
                alt.Tooltip("tick:Q"),
                alt.Tooltip("units:Q", title="mean units", format=".3g"),
                alt.Tooltip("worlds:Q", title="recorded worlds"),
            ],
        )
    )
    faint = alt.Chart(worlds).mark_line(strokeWidth=1, opacity=0.3, color=GREEN).encode(x=x, y=y, detail="world:N")
    return alt.layer(faint, lines).properties(height=270)  # type: ignore[return-value]


# ----------------------------------------------------------------------------------------------- estimates by condition


def by_condition(lines: Sequence[Estimate], conditions: Sequence[str], title: str, labels: bool = True) -> alt.LayerChart:
    """A dot and its 95 % interval for each condition that has a line, and the null as a dashed line.

    Rows are `conditions` in their order, also where one has no line, so that figures beside each other have the same rows;
    only one of them needs `labels`.
    """
    colours, _, names = scales(conditions)
    rows = pd.DataFrame([_row(line) for line in lines])
    axis = alt.Axis(
        labelLimit=170, ticks=False, domain=False, labelPadding=8, labelOverlap=False, labelFlush=False, labels=labels
    )
    y = alt.Y("label:N", title=None, sort=names, scale=alt.Scale(domain=names), axis=axis)
    x = alt.X("value:Q", title=wrapped(title), scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(tickCount=4))
    colour = alt.Color("label:N", scale=colours, legend=None)
    layers: list[alt.Chart] = []
    null = rows["null"].dropna()
    if len(null):
        at = alt.Chart(pd.DataFrame({"null": null.unique()[:1]}))
        layers.append(at.mark_rule(strokeDash=[5, 4], strokeWidth=1.5, color=GREY).encode(x="null:Q"))
    known = rows.dropna(subset=["low", "high"])
    if len(known):
        layers.append(alt.Chart(known).mark_rule(strokeWidth=3, opacity=0.75).encode(y=y, x="low:Q", x2="high:Q", color=colour))
    tips = [
        alt.Tooltip("label:N", title="society"),
        alt.Tooltip("text:N", title="value [95 %]"),
        alt.Tooltip("null:Q", title="null", format=".3g"),
        alt.Tooltip("n:Q", title="worlds"),
    ]
    dots = alt.Chart(rows).mark_point(size=80, filled=True, opacity=1)
    layers.append(dots.encode(x=x, y=y, color=colour, tooltip=tips))
    return alt.layer(*layers).properties(height=22 * max(len(names), 3) + 70)  # type: ignore[return-value]


def _row(line: Estimate) -> dict[str, object]:
    return {
        "label": label(line.condition),
        "value": line.value,
        "low": line.ci_low,
        "high": line.ci_high,
        "null": line.null,
        "n": line.n,
        "text": f"{number(line.value)} {interval(line.ci_low, line.ci_high) or '(no interval)'}",
    }


def ratio(rows: pd.DataFrame, populations: Sequence[str], unit: str, null: float, end: Estimate | None) -> alt.LayerChart:
    """A ratio over training, the run and its controls; its null dashed, and its evaluated value at the right edge."""
    colours, dashes, labels = scales(populations)
    x = alt.X("agent_steps:Q", title="agent-steps", axis=alt.Axis(format="~s", tickCount=5))
    y = alt.Y("value:Q", title=wrapped(unit, 24), scale=alt.Scale(zero=False, nice=True))
    top = alt.Legend(orient="top", labelLimit=200, symbolType="stroke", symbolStrokeWidth=2.5, symbolSize=300)
    legend = top if len(labels) > 1 else None
    lines = (
        alt.Chart(rows.assign(label=rows["population"].map(label)))
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=y,
            color=alt.Color("label:N", title=None, scale=colours, legend=legend),
            strokeDash=alt.StrokeDash("label:N", title=None, scale=dashes, legend=legend),
            tooltip=["label:N", alt.Tooltip("agent_steps:Q", format=","), alt.Tooltip("value:Q", format=".4g")],
        )
    )
    layers: list[alt.Chart] = [lines]
    if math.isfinite(null):
        at = alt.Chart(pd.DataFrame({"null": [null]}))
        layers.append(at.mark_rule(strokeDash=[5, 4], strokeWidth=1.5, color=GREY).encode(y="null:Q"))
    if end is not None and len(rows):
        told = pd.DataFrame([_row(end) | {"agent_steps": rows["agent_steps"].max()}])
        here = alt.Chart(told).encode(x=x)
        if math.isfinite(end.ci_low):
            layers.append(here.mark_rule(strokeWidth=3, color=GREEN).encode(y="low:Q", y2="high:Q"))
        point = here.mark_point(filled=True, size=90, color=GREEN, opacity=1)
        layers.append(point.encode(y="value:Q", tooltip=[alt.Tooltip("text:N", title="evaluated [95 %]")]))
    return alt.layer(*layers).properties(height=230)  # type: ignore[return-value]


# -------------------------------------------------------------------------------------------------------------- strikes


def matrix(rows: pd.DataFrame, ends: str) -> alt.LayerChart:
    """Who strikes whom: strikers down, targets across, strikes in the cells. `ends` is what they are: mind or seat."""
    names = [str(one) for one in sorted(rows["striker"].unique())]
    shown = rows.assign(striker=rows["striker"].astype(str), target=rows["target"].astype(str))
    axis = alt.Axis(labelAngle=0, ticks=False, domain=False, labelOverlap=False)
    base = alt.Chart(shown).encode(
        x=alt.X("target:N", title=f"struck: {ends}", sort=names, axis=axis),
        y=alt.Y("striker:N", title=f"strikes: {ends}", sort=names, axis=axis),
        tooltip=[
            alt.Tooltip("striker:N", title=f"striking {ends}"),
            alt.Tooltip("target:N", title=f"struck {ends}"),
            alt.Tooltip("strikes:Q", format=","),
        ],
    )
    most = max(int(shown["strikes"].max()), 1)
    scale = alt.Scale(domain=[0, most], scheme="viridis")
    cells = base.mark_rect(stroke="white", strokeWidth=1).encode(
        color=alt.Color("strikes:Q", title="strikes", scale=scale, legend=alt.Legend(gradientLength=140))
    )
    layers: list[alt.Chart] = [cells]
    if len(names) <= 12:
        ink = alt.condition(f"datum.strikes < {0.6 * most}", alt.value("white"), alt.value("black"))
        layers.append(base.mark_text(fontSize=12).encode(text=alt.Text("strikes:Q", format=","), color=ink))
    return alt.layer(*layers).properties(height=max(180, min(26 * len(names), 480)) + 60)  # type: ignore[return-value]


def strikes(rows: pd.DataFrame) -> alt.Chart:
    """Strikes over the ticks of an episode, a line for each condition."""
    names = ordered(rows["condition"])
    colours, dashes, _ = scales(names)
    legend = alt.Legend(orient="top", labelLimit=200, symbolStrokeWidth=2.5) if len(names) > 1 else None
    return (
        alt.Chart(rows.assign(label=rows["condition"].map(label)))
        .mark_line(strokeWidth=2.2, interpolate="step-after")
        .encode(
            x=alt.X("tick:Q", title="tick of the episode", scale=alt.Scale(nice=False)),
            y=alt.Y("strikes:Q", title=["strikes,", "all recorded worlds"]),
            color=alt.Color("label:N", title=None, scale=colours, legend=legend),
            strokeDash=alt.StrokeDash("label:N", title=None, scale=dashes, legend=legend),
            tooltip=[alt.Tooltip("label:N", title="society"), alt.Tooltip("tick:Q", title="from tick"), "strikes:Q"],
        )
        .properties(height=240)
    )
