"""The figures of the page Economy: frames in, Altair out."""

import math

import altair as alt
import numpy as np
import pandas as pd

from society.viewer import charts
from society.viewer.data.wealth import Lorenz

LEFT = 62  # pixels for the labels of two figures that share their ticks
CELL = 26  # pixels of a row of the heat map
GROUND = "#F4F1EA"


def prices(
    bins: pd.DataFrame, dots: pd.DataFrame, reference: float, axis: str, logarithm: bool, last: int, height: int
) -> alt.LayerChart:
    """Deals as dots, their mean by bin as a line, one standard deviation as a band, the reference as a dashed line.

    `bins` are `Bins.frame`, `dots` have tick, price, world, seat, partner; `last` ends the axis of ticks.
    """
    x = alt.X("middle:Q", title=None, scale=alt.Scale(domain=[0, last], nice=False), axis=alt.Axis(format="~s", tickCount=8))
    low, high = _range(bins, dots, reference, logarithm)
    scale = alt.Scale(type="log" if logarithm else "linear", domain=[low, high], nice=False)
    ticks = alt.Axis(minExtent=LEFT, maxExtent=LEFT, tickCount=5, format="~g" if logarithm else ".0%")
    y = alt.Y("price:Q", title=axis, scale=scale, axis=ticks)
    form = ".3~g" if logarithm else ".1%"
    there = bins.assign(middle=(bins["tick"] + bins["until"]) / 2).dropna(subset=["price"])
    dots = dots.assign(middle=dots["tick"] + 0.5)
    tips = [alt.Tooltip("price:Q", format=form), *(alt.Tooltip(f"{name}:Q") for name in ("tick", "world", "seat", "partner"))]
    points = alt.Chart(dots).mark_circle(size=14, opacity=0.28, color=charts.LINES[4], clip=True).encode(x=x, y=y, tooltip=tips)
    band = alt.Chart(there).mark_area(opacity=0.2, color=charts.BLUE, clip=True, interpolate="monotone")
    told = [
        alt.Tooltip("tick:Q", title="from tick"),
        alt.Tooltip("until:Q", title="before tick"),
        alt.Tooltip("price:Q", title="mean price", format=form),
        alt.Tooltip("low:Q", title="one deviation below", format=form),
        alt.Tooltip("high:Q", title="one deviation above", format=form),
        alt.Tooltip("deals:Q", format=","),
    ]
    point = alt.OverlayMarkDef(size=26, color=charts.BLUE)
    mean = alt.Chart(there).mark_line(point=point, color=charts.BLUE, strokeWidth=2.4, clip=True, interpolate="monotone")
    layers = [points, band.encode(x=x, y="low:Q", y2="high:Q"), mean.encode(x=x, y=y, tooltip=told)]
    if math.isfinite(reference):
        at = pd.DataFrame({"price": [reference]})
        rule = alt.Chart(at).mark_rule(color=charts.RED, strokeDash=[7, 4], strokeWidth=2)
        layers.append(rule.encode(y="price:Q", tooltip=[alt.Tooltip("price:Q", title="reference", format=form)]))
    return alt.layer(*layers).properties(height=height)  # type: ignore[return-value]


def _range(bins: pd.DataFrame, dots: pd.DataFrame, reference: float, logarithm: bool) -> tuple[float, float]:
    """From the lowest to the highest price but for one in a hundred at either end, with the reference inside."""
    known = dots["price"].to_numpy()
    known = known[np.isfinite(known)]
    ends = [*(np.quantile(known, [0.01, 0.99]) if known.size else []), *bins[["low", "high"]].dropna().to_numpy().ravel()]
    ends += [reference] if math.isfinite(reference) else []
    ends = [float(end) for end in ends if math.isfinite(end) and (end > 0 or not logarithm)] or [1.0]
    low, high = min(ends), max(ends)
    if logarithm:
        room = max((high / low) ** 0.06, 1.06)
        return (low / room, high * room) if high / low > 1.3 else (low / 2, high * 2)
    room = max(0.06 * (high - low), 0.02)
    return low - room, high + room


def volume(bins: pd.DataFrame, unit: str, last: int, height: int) -> alt.Chart:
    """Units of the good that changed hands, a bar for each bin."""
    x = alt.X("tick:Q", title="tick", scale=alt.Scale(domain=[0, last], nice=False), axis=alt.Axis(format="~s", tickCount=8))
    axis = alt.Axis(minExtent=LEFT, maxExtent=LEFT, tickCount=3, format="~s")
    tips = [
        alt.Tooltip("tick:Q", title="from tick"),
        alt.Tooltip("until:Q", title="before tick"),
        alt.Tooltip("units:Q", title=unit, format=","),
        alt.Tooltip("deals:Q", format=","),
    ]
    bars = alt.Chart(bins).mark_rect(color=charts.BLUE, opacity=0.85, stroke=GROUND, strokeWidth=0.5, clip=True)
    y = alt.Y("units:Q", title=unit, axis=axis, scale=alt.Scale(zero=True))
    return bars.encode(x=x, x2="until:Q", y=y, y2=alt.datum(0), tooltip=tips).properties(height=height)


def counts(rows: pd.DataFrame, chosen: str, what: str) -> alt.LayerChart:
    """A bar for each condition, `rows` with condition and rows; the chosen one stands out."""
    labels = alt.Axis(labelLimit=170, ticks=False, domain=False, labelPadding=6, labelOverlap=False, labelFlush=False)
    y = alt.Y("condition:N", sort=None, title=None, axis=labels)
    base = alt.Chart(rows.assign(own=rows["condition"] == chosen))
    most = float(rows["rows"].max())
    x = alt.X("rows:Q", title=what, axis=alt.Axis(tickCount=4, format="~s"), scale=alt.Scale(domain=[0, 1.22 * most], nice=False))
    colour = alt.condition(alt.datum.own, alt.value(charts.BLUE), alt.value(charts.GREY))
    tips = [alt.Tooltip("condition:N"), alt.Tooltip("rows:Q", title=what, format=",")]
    bars = base.mark_bar(height=12, cornerRadius=2).encode(x=x, y=y, color=colour, tooltip=tips)
    text = base.mark_text(align="left", dx=4, fontSize=11, color=charts.GREY).encode(
        x=x, y=y, text=alt.Text("rows:Q", format=",")
    )
    return alt.layer(bars, text).properties(height=19 * len(rows) + 50)  # type: ignore[return-value]


def lorenz(curves: list[Lorenz], chosen: str, what: str) -> alt.LayerChart:
    """Mean Lorenz curves, the chosen condition's thick, beside the line of equality; at most as many as there are colours."""
    names = [f"{one.condition} ({one.gini:.3f})" for one in curves]
    rows = pd.concat([
        pd.DataFrame({"people": one.people, "held": one.held, "who": name, "gini": one.gini, "wide": one.condition == chosen})
        for one, name in zip(curves, names, strict=True)
    ])  # fmt: skip
    share = alt.Axis(format="%", tickCount=5)
    x = alt.X("people:Q", title="share of the seats, poorest first", axis=share, scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("held:Q", title=f"share of {what}", axis=share, scale=alt.Scale(domain=[0, 1]))
    legend = alt.Legend(orient="right", title="condition (Gini)", labelLimit=230, symbolStrokeWidth=3, symbolSize=500)
    colour = alt.Color("who:N", scale=alt.Scale(domain=names, range=[charts.line(i) for i in range(len(names))]), legend=legend)
    dash = alt.StrokeDash(
        "who:N", scale=alt.Scale(domain=names, range=[charts.dash(i) for i in range(len(names))]), legend=legend
    )
    width = alt.condition(alt.datum.wide, alt.value(3.6), alt.value(1.7))
    tips = [
        alt.Tooltip("who:N", title="condition"),
        alt.Tooltip("people:Q", title="poorest", format=".0%"),
        alt.Tooltip("held:Q", title="have", format=".1%"),
    ]
    lines = alt.Chart(rows).mark_line().encode(x=x, y=y, color=colour, strokeDash=dash, strokeWidth=width, tooltip=tips)
    equal = alt.Chart(pd.DataFrame({"people": [0, 1], "held": [0, 1]}))
    return alt.layer(  # type: ignore[return-value]
        equal.mark_line(color=charts.GREY, strokeDash=[5, 4], strokeWidth=1.5).encode(x=x, y=y), lines
    ).properties(height=330)


def labour(shares: pd.DataFrame, order: list[str], goods: list[str], who: str) -> alt.LayerChart:
    """Share of each good among the deals in which somebody gave: a row for each of `order`, `shares` with label, good, share."""
    axis = alt.Axis(labelLimit=160, ticks=False, domain=False, labelPadding=6)
    y = alt.Y("label:N", sort=order, title=who, axis=axis)
    top = alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False, labelLimit=120)
    x = alt.X("good:N", sort=goods, title="gave", axis=top)
    scale = alt.Scale(domain=[0, 1], range=["#F2F6FA", charts.BLUE])
    colour = alt.Color("share:Q", scale=scale, legend=None)
    tips = [
        alt.Tooltip("label:N", title=who),
        alt.Tooltip("good:N", title="gave"),
        alt.Tooltip("share:Q", format=".1%"),
        alt.Tooltip("deals:Q", format=","),
        alt.Tooltip("units:Q", format=","),
    ]
    cells = alt.Chart(shares).mark_rect(stroke=GROUND, strokeWidth=1).encode(x=x, y=y, color=colour, tooltip=tips)
    ink = alt.condition(alt.datum.share > 0.55, alt.value("#FFFFFF"), alt.value("#1B1F24"))
    text = alt.Chart(shares).mark_text(fontSize=11).encode(x=x, y=y, text=alt.Text("share:Q", format=".0%"), color=ink)
    return alt.layer(cells, text).properties(height=CELL * len(order) + 56)  # type: ignore[return-value]
