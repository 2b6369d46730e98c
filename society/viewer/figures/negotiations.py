"""The figures of the page Negotiations: frames in, Altair out."""

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from society.analysis.estimate import Estimate
from society.viewer import charts
from society.viewer.data.bargain import Plane
from society.viewer.data.negotiations import CELLS

STAR = "M0,-1L.23,-.31L.95,-.31L.36,.12L.59,.81L0,.38L-.59,.81L-.36,.12L-.95,-.31L-.23,-.31Z"
DIVISION, EFFICIENT, NASH, KALAI, DEAL = "a division", "efficient", "Nash", "Kalai-Smorodinsky", "the deal"
MARKS = {
    DIVISION: ("circle", charts.GREY, 22),
    EFFICIENT: ("circle", charts.LINES[4], 60),
    NASH: ("diamond", charts.GREEN, 480),
    KALAI: ("square", charts.LINES[3], 300),
    DEAL: (STAR, charts.ORANGE, 700),
}
SIDES = {"first": charts.BLUE, "second": charts.RED}
Axis = Any  # alt.X or alt.Y
FIRST, SECOND = "score of the first mover", "score of the second mover"


def plane(game: Plane, deal: tuple[float, float]) -> alt.LayerChart:
    """All divisions of one game in scores, the Pareto front, both solutions, the demands on the way and the deal (NaN: none)."""
    x, y = _axis(alt.X, "first", FIRST), _axis(alt.Y, "second", SECOND)
    kinds = list(MARKS)
    rows = _marks(game.divisions, deal)
    rows["size"] = [MARKS[kind][2] for kind in rows["kind"]]
    legend = alt.Legend(orient="top", title=None, columns=5, symbolSize=90, symbolStrokeWidth=0, labelLimit=150)
    points = (
        alt.Chart(rows)
        .mark_point(filled=True, opacity=1)
        .encode(
            x=x,
            y=y,
            shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=[MARKS[kind][0] for kind in kinds]), legend=legend),
            color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[MARKS[kind][1] for kind in kinds]), legend=legend),
            size=alt.Size("size:Q", scale=None),
            tooltip=[
                alt.Tooltip("kind:N", title="what"),
                alt.Tooltip("keeps:N", title="first mover keeps"),
                alt.Tooltip("first:Q", title=FIRST, format=".3f"),
                alt.Tooltip("second:Q", title=SECOND, format=".3f"),
            ],
        )
    )
    front = game.divisions[game.divisions["pareto"].astype(bool)].sort_values("first", kind="stable")
    line = alt.Chart(front).mark_line(color=charts.LINES[4], strokeWidth=1.6).encode(x=x, y=y)
    layers: list[alt.Chart] = [line, points]
    if len(game.offers):
        layers += _way(game.offers, x, y)
    return alt.layer(*layers).properties(height=500)  # type: ignore[return-value]


def _marks(divisions: pd.DataFrame, deal: tuple[float, float]) -> pd.DataFrame:
    """first, second, keeps, kind of everything that is marked, the most telling last."""
    columns = ["first", "second", "keeps"]
    pieces = [divisions[columns].assign(kind=DIVISION)]
    for kind, column in ((EFFICIENT, "pareto"), (KALAI, "kalai"), (NASH, "nash")):
        pieces.append(divisions.loc[divisions[column].astype(bool), columns].assign(kind=kind))
    if all(math.isfinite(score) for score in deal):
        pieces.append(pd.DataFrame({"first": [deal[0]], "second": [deal[1]], "keeps": ["as agreed"], "kind": [DEAL]}))
    return pd.concat([piece for piece in pieces if len(piece)] or pieces, ignore_index=True)


def _way(offers: pd.DataFrame, x: Axis, y: Axis) -> list[alt.Chart]:
    """The demands in order, joined by a line, numbered by turn and coloured by who made them."""
    # values and no scale, since the colours of the other marks are one
    colour = alt.condition(alt.datum.by == "first", alt.value(SIDES["first"]), alt.value(SIDES["second"]))
    tips = [
        alt.Tooltip("turn:Q"),
        alt.Tooltip("by:N", title="demanded by the"),
        alt.Tooltip("keeps:N", title="keeps"),
        alt.Tooltip("first:Q", title=FIRST, format=".3f"),
        alt.Tooltip("second:Q", title=SECOND, format=".3f"),
    ]
    path = alt.Chart(offers).mark_line(color=charts.GREY, strokeDash=[4, 3], strokeWidth=1.4)
    # turns that demand the same lie on one another: the first of them is numbered
    rings = alt.Chart(offers).mark_circle(size=210, opacity=1)
    names = alt.Chart(offers.drop_duplicates(["first", "second"])).mark_text(color="#FFFFFF", fontSize=11, fontWeight="bold")
    return [
        path.encode(x=x, y=y, order="turn:Q"),
        rings.encode(x=x, y=y, color=colour, tooltip=tips),
        names.encode(x=x, y=y, text="turn:Q", tooltip=tips),
    ]


def _axis(kind: type, field: str, title: str) -> Axis:
    scale = alt.Scale(domain=[-0.03, 1.05], nice=False)
    axis = alt.Axis(values=[0, 0.2, 0.4, 0.6, 0.8, 1], format=".1f")
    found: Axis = kind(f"{field}:Q", title=f"{title} (1 = all it could get)", scale=scale, axis=axis)
    return found


def density(cells: pd.DataFrame, first: Estimate | None, second: Estimate | None) -> alt.LayerChart:
    """Deals by both scores as a heat map; the report's mean of all games with its intervals, and random play's."""
    x, y = _axis(alt.X, "x", FIRST), _axis(alt.Y, "y", SECOND)
    wide = 1 / CELLS
    cells = cells.assign(x2=cells["x"] + wide, y2=cells["y"] + wide)
    most = max(int(cells["deals"].max()), 2) if len(cells) else 2
    scale = alt.Scale(type="log", domain=[1, most], range=["#D6E6F2", "#00456E"])
    colour = alt.Color("deals:Q", scale=scale, legend=alt.Legend(title="deals", orient="right", tickCount=4))
    tips = [
        alt.Tooltip("x:Q", title=f"{FIRST} from", format=".2f"),
        alt.Tooltip("y:Q", title=f"{SECOND} from", format=".2f"),
        alt.Tooltip("deals:Q", format=","),
    ]
    layers: list[alt.Chart] = [alt.Chart(cells).mark_rect().encode(x=x, x2="x2:Q", y=y, y2="y2:Q", color=colour, tooltip=tips)]
    even = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]})).mark_line(color=charts.GREY, strokeDash=[5, 4], strokeWidth=1)
    layers.append(even.encode(x=x, y=y))
    if first and second and math.isfinite(first.value) and math.isfinite(second.value):
        layers += _means(first, second, x, y)
    return alt.layer(*layers).properties(height=360)  # type: ignore[return-value]


def _means(first: Estimate, second: Estimate, x: Axis, y: Axis) -> list[alt.Chart]:
    row = {
        "x": first.value, "y": second.value, "left": first.ci_low, "right": first.ci_high, "low": second.ci_low,
        "high": second.ci_high, "what": "mean of all games, no deal counted as 0",
    }  # fmt: skip
    mean = alt.Chart(pd.DataFrame([row]))
    tips = [alt.Tooltip("what:N"), alt.Tooltip("x:Q", title=FIRST, format=".3f"), alt.Tooltip("y:Q", title=SECOND, format=".3f")]
    found = [
        mean.mark_rule(color=charts.ORANGE, strokeWidth=3).encode(x=alt.X("left:Q"), x2="right:Q", y=y),
        mean.mark_rule(color=charts.ORANGE, strokeWidth=3).encode(x=x, y=alt.Y("low:Q"), y2="high:Q"),
        mean.mark_point(shape="cross", filled=True, size=170, color=charts.ORANGE, opacity=1).encode(x=x, y=y, tooltip=tips),
    ]
    if math.isfinite(first.null) and math.isfinite(second.null):
        random = alt.Chart(pd.DataFrame([{"x": first.null, "y": second.null, "what": "random play"}]))
        ring = random.mark_point(shape="circle", filled=False, size=150, strokeWidth=2.5, color=charts.ORANGE, opacity=1)
        found.append(ring.encode(x=x, y=y, tooltip=tips))
    return found


def concession(rows: pd.DataFrame) -> alt.LayerChart:
    """Mean demand by turn with its interval, by who moves; random play as hollow marks. `rows` as of `by_turn`.

    Demands beyond what there is (above 1) are drawn on a scale that shortens them.
    """
    beyond = float(rows[["value", "high"]].max().max()) > 1.6
    y_scale = alt.Scale(type="symlog", constant=1, zero=True) if beyond else alt.Scale(zero=True)
    ticks = alt.Axis(values=[0, 0.5, 1, 2, 4, 8, 16], format="~g") if beyond else alt.Axis(tickCount=6)
    x = alt.X("turn:O", title="turn", axis=alt.Axis(labelAngle=0))
    y = alt.Y("value:Q", title="demand, share of one's own maximum", scale=y_scale, axis=ticks)
    sides = list(SIDES)
    legend = alt.Legend(orient="top", title="mover", symbolSize=110)
    colour = alt.Color("by:N", scale=alt.Scale(domain=sides, range=list(SIDES.values())), legend=legend)
    shape = alt.Shape("by:N", scale=alt.Scale(domain=sides, range=["circle", "square"]), legend=legend)
    tips = [
        alt.Tooltip("turn:O"),
        alt.Tooltip("by:N", title="mover"),
        alt.Tooltip("value:Q", title="mean demand", format=".3f"),
        alt.Tooltip("low:Q", title="95 % from", format=".3f"),
        alt.Tooltip("high:Q", title="to", format=".3f"),
        alt.Tooltip("null:Q", title="random play", format=".3f"),
        alt.Tooltip("games:Q", title="demands", format=","),
    ]
    base = alt.Chart(rows)
    layers = [
        alt.Chart(pd.DataFrame({"value": [1]})).mark_rule(color=charts.GREY, strokeDash=[5, 4]).encode(y=y),
        base.mark_rule(strokeWidth=3, opacity=0.7).encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=colour),
        base.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour),
        base.mark_tick(orient="horizontal", thickness=2, width=22, color=charts.GREY).encode(x=x, y=alt.Y("null:Q")),
        base.mark_point(filled=True, size=95, opacity=1).encode(x=x, y=y, color=colour, shape=shape, tooltip=tips),
    ]
    return alt.layer(*layers).properties(height=330)  # type: ignore[return-value]


def by_turn(lines: Sequence[Estimate], condition: str, lasting: pd.DataFrame) -> pd.DataFrame:
    """The report's demands as rows for `concession`: the first mover has the even turns."""
    demands = lasting.set_index("turn")["demands"] if len(lasting) else pd.Series(dtype=float)
    found = []
    for line in lines:
        name, _, turn = line.metric.rpartition(".turn")
        if name == "offers.demand" and line.condition == condition and turn.isdigit() and math.isfinite(line.value):
            number = int(turn)
            found.append({
                "turn": number + 1, "by": "second" if number % 2 else "first", "value": line.value, "low": line.ci_low,
                "high": line.ci_high, "null": line.null, "games": int(demands.get(number, 0)),
            })  # fmt: skip
    columns = ["turn", "by", "value", "low", "high", "null", "games"]
    return pd.DataFrame(found, columns=columns).sort_values("turn", kind="stable")
