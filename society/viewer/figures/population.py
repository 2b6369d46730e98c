"""Charts of the Population page: curves with the spread between minds, cross-play, ratings, the tree of descent."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from society.viewer.charts import BLUE, GREEN, GREY, ORANGE, dash, line

LENGTH = 60  # letters of a title from a file


def label(population: str) -> str:
    """A population in a figure: the run itself, or its control by name."""
    return "this run" if population == "normal" else population.replace("_from_birth", " from birth")[:LENGTH]


def curve(rows: pd.DataFrame, populations: Sequence[str], title: str) -> alt.LayerChart:
    """value over agent_steps, a line for each population, and the spread between its minds as a band where there is one."""
    return _lines(rows.assign(label=rows["population"].map(label)), [label(name) for name in populations], title)


def entropies(rows: pd.DataFrame) -> alt.LayerChart:
    """Entropy of each action head of this run, with the spread between minds as a band; 0: the act is certain."""
    own = rows[rows["population"] == "normal"] if (rows["population"] == "normal").any() else rows
    return _lines(own.assign(label=own["head"].str.slice(0, LENGTH)), list(own["head"].str.slice(0, LENGTH).unique()), "nats")


def _lines(shown: pd.DataFrame, domain: list[str], title: str) -> alt.LayerChart:
    colours = alt.Scale(domain=domain, range=[line(i) for i in range(len(domain))])
    dashes = alt.Scale(domain=domain, range=[dash(i) for i in range(len(domain))])
    legend = (
        alt.Legend(
            orient="top", labelLimit=220, symbolType="stroke", symbolOpacity=1, symbolStrokeWidth=2.5, symbolSize=300, offset=4
        )
        if len(domain) > 1
        else None
    )
    base = alt.Chart(shown).encode(
        x=alt.X("agent_steps:Q", title="agent-steps", axis=alt.Axis(format="~s", tickCount=5), scale=alt.Scale(nice=False)),
    )
    scale = alt.Scale(zero=False, nice=True)
    colour = alt.Color("label:N", title=None, scale=colours, legend=legend)
    lines = base.mark_line(strokeWidth=2.2, clip=True).encode(
        y=alt.Y("value:Q", title=title[:LENGTH], scale=scale),
        color=colour,
        strokeDash=alt.StrokeDash("label:N", title=None, scale=dashes, legend=legend),
        tooltip=[
            alt.Tooltip("label:N", title="of"),
            alt.Tooltip("agent_steps:Q", title="agent-steps", format=","),
            alt.Tooltip("value:Q", format=".4g"),
            alt.Tooltip("low:Q", title="10 % of minds below", format=".4g"),
            alt.Tooltip("high:Q", title="10 % of minds above", format=".4g"),
            alt.Tooltip("minds:Q", title="minds"),
        ],
    )
    known = shown.dropna(subset=["low", "high"])
    if known.empty:
        return alt.layer(lines).properties(height=225)  # type: ignore[return-value]
    band = (
        alt.Chart(known)
        .mark_area(opacity=0.16)
        .encode(x="agent_steps:Q", y=alt.Y("low:Q", scale=scale), y2="high:Q", color=colour)
    )
    return alt.layer(band, lines).properties(height=225)  # type: ignore[return-value]


def cross(rows: pd.DataFrame, what: str, mean: float) -> alt.LayerChart:
    """Mean score of the row's mind with or against the column's; the middle of the colours is the mean of all pairs."""
    names = [str(one) for one in sorted(set(rows["mind"]) | set(rows["other"]))]
    shown = rows.assign(mind=rows["mind"].astype(str), other=rows["other"].astype(str))
    axis = alt.Axis(labelAngle=0, ticks=False, domain=False, labelOverlap=False)
    base = alt.Chart(shown).encode(
        x=alt.X("other:N", title="met mind", sort=names, scale=alt.Scale(domain=names), axis=axis),
        y=alt.Y("mind:N", title="scoring mind", sort=names, scale=alt.Scale(domain=names), axis=axis),
        tooltip=[
            alt.Tooltip("mind:N", title="mind"),
            alt.Tooltip("other:N", title="met"),
            alt.Tooltip("value:Q", title=f"mean {what}", format=".4g"),
            alt.Tooltip("n:Q", title="games", format=","),
        ],
    )
    reach = max(float((rows["value"] - mean).abs().max()), 1e-9)
    scale = alt.Scale(domain=[mean - reach, mean, mean + reach], range=[ORANGE, "#F2F2F2", BLUE], interpolate="lab")
    told = sorted({float(rows["value"].min()), mean, float(rows["value"].max())})
    legend = alt.Legend(gradientLength=150, format=".3~g", values=told)
    layers: list[alt.Chart] = [
        base.mark_rect(stroke=GREY, strokeWidth=0.4).encode(color=alt.Color("value:Q", title="score", scale=scale, legend=legend))
    ]
    if len(names) <= 10:
        layers.append(base.mark_text(fontSize=12, color="black").encode(text=alt.Text("value:Q", format=".3~g")))
    return alt.layer(*layers).properties(height=max(150, min(30 * len(names), 460)) + 62)  # type: ignore[return-value]


def ratings(rows: pd.DataFrame) -> alt.LayerChart:
    """Ratings of minds in Elo points with their intervals, best first; 0, dashed, is the average mind."""
    shown = rows.sort_values("value", ascending=False).assign(label="mind " + rows["mind"].astype(str))
    labels = alt.Axis(labelLimit=120, ticks=False, domain=False, labelPadding=8, labelOverlap=False, labelFlush=False)
    y = alt.Y("label:N", title=None, sort=list(shown["label"]), axis=labels)
    x = alt.X("value:Q", title="rating, Elo points from the average mind", scale=alt.Scale(nice=True), axis=alt.Axis(tickCount=7))
    zero = alt.Chart(pd.DataFrame({"null": [0.0]})).mark_rule(strokeDash=[5, 4], strokeWidth=1.5, color=GREY).encode(x="null:Q")
    layers: list[alt.Chart] = [zero]
    known = shown.dropna(subset=["low", "high"])
    if len(known):
        layers.append(alt.Chart(known).mark_rule(strokeWidth=3, opacity=0.75, color=GREEN).encode(y=y, x="low:Q", x2="high:Q"))
    tips = [
        alt.Tooltip("label:N", title="who"),
        alt.Tooltip("value:Q", title="rating", format=".0f"),
        alt.Tooltip("low:Q", title="95 % from", format=".0f"),
        alt.Tooltip("high:Q", title="to", format=".0f"),
        alt.Tooltip("games:Q", format=",.0f"),
    ]
    layers.append(alt.Chart(shown).mark_point(size=100, filled=True, opacity=1, color=GREEN).encode(x=x, y=y, tooltip=tips))
    return alt.layer(*layers).properties(height=24 * len(shown) + 66)  # type: ignore[return-value]


def tree(rows: pd.DataFrame) -> alt.LayerChart:
    """Who descends from whom: time of birth across, a circle for each mind, a hollow square for a frozen one."""
    domain = ["learning", "frozen"]
    shown = rows.assign(state=rows["frozen"].map({True: "frozen", False: "learning"}))
    linked = shown.dropna(subset=["parent_place"])
    hidden = alt.Y("place:Q", axis=None, scale=alt.Scale(reverse=True, nice=False, padding=12))
    x = alt.X(
        "born_update:Q",
        title="born at update",
        axis=alt.Axis(tickCount=12, tickMinStep=1, format="d"),
        scale=alt.Scale(nice=False, padding=12),
    )
    down = (
        alt.Chart(linked)
        .mark_rule(color=GREY, strokeWidth=1.3, opacity=0.8)
        .encode(x=alt.X("parent_born:Q"), y=hidden, y2="parent_place:Q")
    )
    across = (
        alt.Chart(linked)
        .mark_rule(color=GREY, strokeWidth=1.3, opacity=0.8)
        .encode(x="parent_born:Q", x2="born_update:Q", y=hidden)
    )
    colour = alt.Color(
        "state:N", title=None, scale=alt.Scale(domain=domain, range=[GREEN, ORANGE]), legend=alt.Legend(orient="top")
    )
    shape = alt.Shape(
        "state:N", title=None, scale=alt.Scale(domain=domain, range=["circle", "square"]), legend=alt.Legend(orient="top")
    )
    tips = [
        alt.Tooltip("mind:Q", format="d"),
        alt.Tooltip("parent:Q", format="d"),
        alt.Tooltip("born_update:Q", title="born at update", format=","),
        alt.Tooltip("state:N"),
    ]
    base = alt.Chart(shown).encode(x=x, y=hidden)
    dots = base.mark_point(size=70, strokeWidth=2, filled=True, opacity=1).encode(color=colour, shape=shape, tooltip=tips)
    layers: list[alt.Chart] = [down, across, dots]
    if len(shown) <= 60:
        layers.append(base.mark_text(dx=9, dy=-8, fontSize=10, color=GREY, align="left").encode(text="mind:N"))
    return alt.layer(*layers).properties(height=max(160, min(16 * int(rows["place"].max() + 1), 620)) + 80)  # type: ignore[return-value]
