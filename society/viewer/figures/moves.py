"""Charts of the Cooperation page for matrix games: the Schelling diagram, reciprocity, memory-one strategies, rounds."""

import math
from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from society.analysis.schelling import Schelling
from society.viewer.charts import BLUE, GREEN, GREY, ORANGE
from society.viewer.figures.cooperation import label, ordered, scales
from society.viewer.words import interval, number


def schelling_rows(found: Schelling) -> pd.DataFrame:
    """kind, others, value, low, high, n of the diagram's cells that were visited."""
    rows = [
        {"kind": kind, "others": x, "value": one.value, "low": one.low, "high": one.high, "n": one.n}
        for kind, cells in (("cooperator", found.cooperate), ("defector", found.defect))
        for x, one in enumerate(cells)
        if one.n
    ]
    return pd.DataFrame(rows, columns=["kind", "others", "value", "low", "high", "n"])


def schelling(rows: pd.DataFrame, players: int) -> alt.LayerChart:
    """Payoff of cooperators (circles) and defectors (squares) against the number of other cooperators, with intervals."""
    domain = ["cooperator", "defector"]
    legend = alt.Legend(orient="top", symbolOpacity=1, symbolStrokeWidth=1.5)
    colour = alt.Color("kind:N", title=None, scale=alt.Scale(domain=domain, range=[BLUE, ORANGE]), legend=legend)
    shape = alt.Shape("kind:N", title=None, scale=alt.Scale(domain=domain, range=["circle", "square"]), legend=legend)
    ticks = alt.Axis(values=list(range(players)), format="d")
    scale = alt.Scale(domain=[-0.15, players - 0.85], nice=False)
    x = alt.X("others:Q", title="other players who cooperate", axis=ticks, scale=scale)
    y = alt.Y("value:Q", title="payoff of a round", scale=alt.Scale(zero=True, nice=True))
    base = alt.Chart(rows).encode(x=x, color=colour)
    tips = [
        alt.Tooltip("kind:N", title="who"),
        alt.Tooltip("others:Q", title="other cooperators"),
        alt.Tooltip("value:Q", title="payoff", format=".3g"),
        alt.Tooltip("low:Q", title="95 % from", format=".3g"),
        alt.Tooltip("high:Q", title="to", format=".3g"),
        alt.Tooltip("n:Q", title="worlds"),
    ]
    kinds = zip(domain, ([1, 0], [6, 3]), strict=True)
    lines = [base.transform_filter(alt.datum.kind == k).mark_line(strokeWidth=2.4, strokeDash=d).encode(y=y) for k, d in kinds]
    rules = base.mark_rule(strokeWidth=3, opacity=0.7).encode(y="low:Q", y2="high:Q")
    points = base.mark_point(size=120, filled=True, opacity=1).encode(y=y, shape=shape, tooltip=tips)
    return alt.layer(*lines, rules, points).properties(height=290)  # type: ignore[return-value]


def reciprocity(rows: pd.DataFrame, named: Mapping[str, tuple[float, float, float, float]]) -> alt.LayerChart:
    """Each mind in the unit square: P(cooperate | partner defected) across, P(cooperate | partner cooperated) upwards.

    `rows` as of `moves.reactive`. On the dashed diagonal a player does not look. Named strategies that look at the
    partner's move alone (p_CC = p_DC) are crosses.
    """
    wide = _square(rows)
    references = [(name, p[1], p[0]) for name, p in named.items() if p[0] == p[2] and p[1] == p[3]]
    points = pd.DataFrame(references, columns=["name", "x", "y"])
    axis = alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".2~f")
    scale = alt.Scale(domain=[-0.06, 1.06], nice=False)
    x = alt.X("x:Q", title="P(cooperate | partner defected)", axis=axis, scale=scale)
    y = alt.Y("y:Q", title="P(cooperate | partner cooperated)", axis=axis, scale=scale)
    diagonal = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]})).mark_line(strokeDash=[5, 4], color=GREY, strokeWidth=1.5)
    base = alt.Chart(wide)
    tips = [
        alt.Tooltip("mind:N"),
        alt.Tooltip("after_c:N", title="after partner's C [95 %]"),
        alt.Tooltip("after_d:N", title="after partner's D [95 %]"),
        alt.Tooltip("moves:Q", title="moves"),
    ]
    colour = alt.Color("who:N", title=None, legend=None, scale=alt.Scale(domain=["mind", "all"], range=[BLUE, GREEN]))
    shape = alt.Shape("who:N", legend=None, scale=alt.Scale(domain=["mind", "all"], range=["circle", "diamond"]))
    across = base.mark_rule(strokeWidth=1.6, opacity=0.6).encode(y=y, x="x_low:Q", x2="x_high:Q", color=colour)
    upwards = base.mark_rule(strokeWidth=1.6, opacity=0.6).encode(x=x, y="y_low:Q", y2="y_high:Q", color=colour)
    dots = base.mark_point(size=110, filled=True, opacity=1).encode(x=x, y=y, color=colour, shape=shape, tooltip=tips)
    text = base.mark_text(dx=11, dy=-9, fontSize=11, color=GREY).encode(x=x, y=y, text="mind:N")
    marks = alt.Chart(points).encode(x=x, y=y, tooltip=[alt.Tooltip("name:N", title="strategy")])
    crosses = marks.mark_point(shape="cross", size=70, color=GREY, filled=True, opacity=0.9)
    inwards = alt.expr("datum.x > 0.8 ? 'right' : 'left'")
    names = marks.mark_text(dy=13, fontSize=11, color=GREY, align=inwards).encode(text="name:N")
    layers = [diagonal.encode(x="x:Q", y="y:Q"), crosses, names, across, upwards, dots, text]
    return alt.layer(*layers).properties(height=340)  # type: ignore[return-value]


def _square(rows: pd.DataFrame) -> pd.DataFrame:
    """A row for each mind that met both moves of a partner."""
    found = []
    for mind, own in rows.groupby("mind"):
        c, d = (own[own["state"] == state].iloc[0] for state in ("C", "D"))
        if c["moves"] and d["moves"]:
            found.append(
                {
                    "mind": "all" if mind == -1 else str(mind),
                    "who": "all" if mind == -1 else "mind",
                    "x": d["value"], "x_low": d["low"], "x_high": d["high"],
                    "y": c["value"], "y_low": c["low"], "y_high": c["high"],
                    "after_c": f"{number(c['value'])} {interval(c['low'], c['high'])}",
                    "after_d": f"{number(d['value'])} {interval(d['low'], d['high'])}",
                    "moves": int(c["moves"] + d["moves"]),
                }
            )  # fmt: skip
    columns = ["mind", "who", "x", "x_low", "x_high", "y", "y_low", "y_high", "after_c", "after_d", "moves"]
    return pd.DataFrame(found, columns=columns)


def profiles(rows: pd.DataFrame, order: Sequence[str]) -> alt.LayerChart:
    """The four probabilities of memory-one strategies as a heat map: label, state, value, moves; blank: never came up."""
    known = [math.isfinite(value) for value in rows["value"]]
    shown = rows.assign(
        text=[f"{value:.2f}" if there else "never" for value, there in zip(rows["value"], known, strict=True)],
        ink=[
            GREY if not there else "white" if value < 0.6 else "black" for value, there in zip(rows["value"], known, strict=True)
        ],
    )
    labels = alt.Axis(labelLimit=330, ticks=False, domain=False, labelPadding=8, labelOverlap=False, labelFlush=False)
    base = alt.Chart(shown).encode(
        x=alt.X(
            "state:N",
            title="round before: own move, partner's move",
            sort=["CC", "CD", "DC", "DD"],
            axis=alt.Axis(labelAngle=0, orient="top", ticks=False, domain=False),
        ),
        y=alt.Y("label:N", title=None, sort=list(order), axis=labels),
        tooltip=[
            alt.Tooltip("label:N", title="who"),
            alt.Tooltip("state:N", title="round before"),
            alt.Tooltip("text:N", title="P(cooperate)"),
            alt.Tooltip("moves:Q", title="moves"),
        ],
    )
    scale = alt.Scale(domain=[0, 1], scheme="viridis")
    legend = alt.Legend(title="P(cooperate)", orient="right", gradientLength=140)
    cells = base.transform_filter("isValid(datum.value)").mark_rect(stroke="white", strokeWidth=1.5)
    cells = cells.encode(color=alt.Color("value:Q", scale=scale, legend=legend))
    text = base.mark_text(fontSize=12).encode(text="text:N", color=alt.Color("ink:N", scale=None))
    chart = alt.layer(cells, text).resolve_scale(color="independent")
    return chart.properties(height=24 * len(order) + 70)  # type: ignore[return-value]


def rounds(rows: pd.DataFrame) -> alt.LayerChart:
    """Share of cooperative moves over the rounds of an episode, with its interval as a band, a line for each condition."""
    names = ordered(rows["condition"])
    colours, dashes, _ = scales(names)
    shown = rows.assign(label=rows["condition"].map(label))
    top = alt.Legend(orient="top", labelLimit=200, symbolType="stroke", symbolStrokeWidth=2.5, symbolSize=300, symbolOpacity=1)
    legend = top if len(names) > 1 else None
    base = alt.Chart(shown).encode(
        x=alt.X("round:Q", title="round of the episode", axis=alt.Axis(tickMinStep=1, format="d"), scale=alt.Scale(nice=False)),
        color=alt.Color("label:N", title=None, scale=colours, legend=legend),
    )
    y = alt.Y("value:Q", title=["share of", "cooperative moves"], scale=alt.Scale(domain=[0, 1]))
    tips = [
        alt.Tooltip("label:N", title="society"),
        alt.Tooltip("round:Q", title="from round"),
        alt.Tooltip("value:Q", format=".3f"),
        alt.Tooltip("low:Q", title="95 % from", format=".3f"),
        alt.Tooltip("high:Q", title="to", format=".3f"),
        alt.Tooltip("n:Q", title="worlds"),
    ]
    band = base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q", scale=alt.Scale(domain=[0, 1])), y2="high:Q")
    dash = alt.StrokeDash("label:N", title=None, scale=dashes, legend=legend)
    return alt.layer(band, base.mark_line(strokeWidth=2.2).encode(y=y, strokeDash=dash, tooltip=tips)).properties(height=230)  # type: ignore[return-value]
