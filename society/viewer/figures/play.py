"""Charts of the Play page: what a seat perceives, drawn by its shape, and what everybody earned."""

import math

import altair as alt
import numpy as np
import pandas as pd

from society.viewer.charts import BLUE, GREY, ORANGE

CHANNELS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8A8F98")
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-left", "triangle-right")
SIDE = 230  # pixels of a window
BRIEF = 12  # letters of a name, two of which fit side by side below a window
INKED = 0.45  # above it a cell is dark enough for white letters


def window_side(array: np.ndarray) -> int:
    """The side of the square window that a field [cells, channels] is; 0 for a field that is none."""
    side = math.isqrt(array.shape[0]) if array.ndim == 2 else 0
    return side if side >= 3 and side % 2 == 1 and side * side == array.shape[0] and array.shape[1] <= len(SHAPES) else 0


def window(array: np.ndarray, names: tuple[str, ...]) -> tuple[alt.LayerChart, pd.DataFrame]:
    """A window [cells, channels] as a grid, row by row; what is in a cell is a mark, by channel. And its numbers."""
    side, channels = window_side(array), array.shape[1]
    names = names or tuple(f"{i}" for i in range(channels))
    cells = pd.DataFrame([(x, y) for y in range(side) for x in range(side)], columns=["column", "row"])
    crowd = (array != 0).sum(1)
    there = [
        (cell % side, cell // side, names[i], float(array[cell, i]), *_place(cell % side, cell // side, i, channels, crowd[cell]))
        for cell, i in np.argwhere(array != 0).tolist()
    ]
    rows = pd.DataFrame(there, columns=["column", "row", "what", "value", "x", "y"])
    axis, scale = alt.Axis(labels=False, ticks=False, grid=False, domain=False), alt.Scale(domain=[-0.5, side - 0.5], nice=False)
    upside = alt.Scale(domain=[side - 0.5, -0.5], nice=False)
    ground = alt.Chart(
        cells.assign(x0=cells["column"] - 0.46, x1=cells["column"] + 0.46, y0=cells["row"] - 0.46, y1=cells["row"] + 0.46)
    )
    grid = ground.mark_rect(color=GREY, opacity=0.16, cornerRadius=3).encode(
        x=alt.X("x0:Q", title=None, axis=axis, scale=scale),
        x2="x1:Q",
        y=alt.Y("y0:Q", title=None, axis=axis, scale=upside),
        y2="y1:Q",
    )
    columns = 1 if max(map(len, names)) > BRIEF else 2
    legend = alt.Legend(title=None, orient="bottom", columns=columns, symbolOpacity=1, labelLimit=SIDE // columns - 30)
    domain = list(names)
    marks = (
        alt.Chart(rows)
        .mark_point(filled=True, opacity=1, size=max(40, 1500 // side))
        .encode(
            x=alt.X("x:Q", axis=axis, scale=scale, title=None),
            y=alt.Y("y:Q", axis=axis, scale=upside, title=None),
            color=alt.Color("what:N", scale=alt.Scale(domain=domain, range=list(CHANNELS[:channels])), legend=legend),
            shape=alt.Shape("what:N", scale=alt.Scale(domain=domain, range=list(SHAPES[:channels])), legend=legend),
            tooltip=["what:N", "value:Q", "column:Q", "row:Q"],
        )
    )
    chart: alt.LayerChart = alt.layer(grid, marks).properties(width=SIDE, height=SIDE + 24 * -(-channels // columns) + 6)  # type: ignore[assignment]
    return chart, rows.drop(columns=["x", "y"])


def _place(column: int, row: int, channel: int, channels: int, crowd: int) -> tuple[float, float]:
    """Where a channel's mark lies in its cell, so that several can be there at once; in the middle where it is alone."""
    if crowd == 1:
        return float(column), float(row)
    across = 2 if channels <= 4 else 3
    down = -(-channels // across)
    return column + ((channel % across) + 0.5) / across - 0.5, row + ((channel // across) + 0.5) / down - 0.5


def numbers(array: np.ndarray, names: tuple[str, ...]) -> pd.DataFrame:
    """Any other field as a table: its last axis are the columns, everything before it the rows."""
    flat = array.reshape(-1, array.shape[-1])
    return pd.DataFrame(flat, columns=list(names) or [str(i) for i in range(flat.shape[1])])


def strip(array: np.ndarray, names: tuple[str, ...]) -> alt.LayerChart:
    """A small field as coloured numbers, dark where they are large: its last axis from left to right, the rest downwards."""
    table = numbers(array, names)
    cells = [
        {
            "across": f"{i:03d}{name[:24]}",
            "down": j + 1,
            "what": name,
            "value": float(value),
            "label": f"{value:.2g}" if value else "·",
            "magnitude": min(abs(float(value)), 1.0) if math.isfinite(value) else 1.0,
            "ink": "#FFFFFF" if abs(value) > INKED else GREY,
        }
        for i, name in enumerate(table.columns)
        for j, value in enumerate(table.iloc[:, i])
    ]
    # names may be alike once they are cut: a number that is not shown keeps them apart
    named = alt.Axis(
        orient="top",
        labelAngle=0,
        ticks=False,
        domain=False,
        labelLimit=66,
        labelExpr="slice(datum.label, 3)",
        labelOverlap=False,
        labelFlush=False,
    )
    rows = alt.Axis(ticks=False, domain=False, labelPadding=6) if len(table) > 1 else None
    base = alt.Chart(pd.DataFrame(cells)).encode(
        x=alt.X("across:O", title=None, axis=named), y=alt.Y("down:O", title=None, axis=rows)
    )
    shade = base.mark_rect(cornerRadius=3, color=BLUE).encode(
        opacity=alt.Opacity("magnitude:Q", scale=alt.Scale(domain=[0, 1], range=[0.08, 0.95], clamp=True), legend=None),
        tooltip=["what:N", "value:Q"],
    )
    text = base.mark_text(fontSize=11).encode(text="label:N", color=alt.Color("ink:N", scale=None))
    chart: alt.LayerChart = alt.layer(shade, text).properties(height=26 * len(table) + 46)  # type: ignore[assignment]
    return chart


def scores(sums: tuple[float, ...], seat: int) -> tuple[alt.LayerChart, pd.DataFrame]:
    """What each seat earned so far: the player's bar apart in colour and name, the others' mean as a line."""
    rows = pd.DataFrame({"seat": [str(i) for i in range(len(sums))], "earned": sums})
    rows["who"] = ["you" if i == seat else "trained mind" for i in range(len(sums))]
    others = [value for i, value in enumerate(sums) if i != seat]
    scale = alt.Scale(domain=["you", "trained mind"], range=[ORANGE, BLUE])
    bars = (
        alt.Chart(rows)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("seat:N", sort=None, title="seat", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("earned:Q", title="reward so far"),
            color=alt.Color("who:N", title=None, scale=scale, legend=alt.Legend(orient="top")),
            tooltip=["seat:N", "who:N", alt.Tooltip("earned:Q", format=".4g")],
        )
    )
    mean = alt.Chart(pd.DataFrame({"earned": [float(np.mean(others)) if others else 0.0]}))
    rule = mean.mark_rule(strokeDash=[5, 4], color=GREY, strokeWidth=1.5).encode(y="earned:Q")
    chart: alt.LayerChart = alt.layer(bars, rule).properties(height=190)  # type: ignore[assignment]
    return chart, rows


def earned(rows: pd.DataFrame) -> alt.Chart:
    """Mean return by seat."""
    return (
        alt.Chart(rows)
        .mark_bar(cornerRadius=2, color=BLUE)
        .encode(
            x=alt.X("seat:O", title="seat", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("mean_return:Q", title="mean return of an episode"),
            tooltip=["seat:O", alt.Tooltip("mean_return:Q", format=".4g"), "episodes:Q"],
        )
        .properties(height=230)
    )
