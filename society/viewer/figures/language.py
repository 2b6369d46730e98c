"""The figures of the Language page: lexicon, its growth, dialects, and what listeners would have done."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from society.viewer.charts import BLUE, GREY, ORANGE, dash, line
from society.viewer.data.dialects import Voices
from society.viewer.data.lexicon import SHOWS, Cells

# Of Okabe and Ito's blue and vermilion; nothing is see-through, so that both themes have their own ground.
FAINT, FULL = "rgba(0,114,178,0.05)", "rgba(0,114,178,1)"
AGAINST, NEITHER = "rgba(213,94,0,1)", "rgba(213,94,0,0.05)"
INK, LIGHT = "#27303F", "#FFFFFF"  # text in cells
GAP = " "  # an empty column between silence and the symbols
FEW = 170  # cells that have room for their numbers


def heat(cells: Cells, show: str, meaning: str, title: str, height: int, *, wide: bool, dark: bool) -> alt.LayerChart:
    """Symbol by meaning; silence stands apart. `wide`: one chart across the column, with a legend and room for numbers."""
    names = [*cells.symbols[:1], GAP, *cells.symbols[1:]] if cells.symbols[:1] == ["silence"] else cells.symbols
    rows = cells.rows.assign(text=[_text(value, show) for value in cells.rows["value"]])
    most = float(np.nanmax(np.abs(rows["value"].to_numpy(dtype=float)), initial=0.0)) or 1.0
    top = 1.0 if show in ("saying", "meaning") else most
    quiet = "'silence'" if wide else "'0'"  # a narrow chart has no room for the word
    axis = alt.Axis(
        labelAngle=0 if len(names) <= 14 else -60, labelOverlap=False, ticks=False, domain=False, labelLimit=90,
        labelExpr=f"datum.value == 'silence' ? {quiet} : datum.value",
    )  # fmt: skip
    x = alt.X("symbol:N", sort=names, scale=alt.Scale(domain=names, paddingInner=0.04), title=title, axis=axis)
    side = alt.Axis(labelOverlap=False, ticks=False, domain=False, labelLimit=120)
    y = alt.Y("meaning:N", sort=cells.meanings, scale=alt.Scale(paddingInner=0.04), title=meaning[:80] or None, axis=side)
    tips = [
        alt.Tooltip("meaning:N", title=meaning[:80] or "meaning"),
        alt.Tooltip("symbol:N"),
        alt.Tooltip("text:N", title=SHOWS[show][:40]),
        alt.Tooltip("count:Q", title="utterances", format=","),
    ]
    base = alt.Chart(rows).encode(x=x, y=y, tooltip=tips)
    legend = alt.Legend(title=_unit(show), gradientLength=120, gradientThickness=10, tickCount=3) if wide else None
    layers = [base.mark_rect(cornerRadius=2).encode(color=alt.Color("value:Q", scale=_scale(show, top), legend=legend))]
    if len(rows) <= (FEW if wide else FEW // 3):
        layers.append(base.mark_text(fontSize=11).encode(text="text:N", color=_ink(top, dark)))
    return _layered(layers, height)


def _ink(top: float, dark: bool) -> Any:
    """Text on cells: light on full cells, and on every cell where the page's ground is dark."""
    if dark:
        return alt.value(LIGHT)
    return alt.condition(f"abs(datum.value) > {0.6 * top}", alt.value(LIGHT), alt.value(INK))


def _layered(layers: list[alt.Chart], height: int) -> alt.LayerChart:
    chart: alt.LayerChart = alt.layer(*layers).properties(height=height)  # type: ignore[assignment]
    return chart


def _scale(show: str, top: float) -> alt.Scale:
    if show == "pmi":
        ends = [-top, -1e-9 * top, 1e-9 * top, top]  # two halves, so that no third colour lies between
        return alt.Scale(domain=ends, range=[AGAINST, NEITHER, FAINT, FULL], interpolate="rgb", clamp=True)
    return alt.Scale(domain=[0, top], range=[FAINT, FULL], clamp=True)


def _unit(show: str) -> str:
    return {"pmi": "bits", "count": "utterances"}.get(show, "share")


def _text(value: float, show: str) -> str:
    if not np.isfinite(value):
        return "–"  # noqa: RUF001 (never said: minus infinity)
    if show == "count":
        return f"{value:,.0f}" if value < 1e4 else f"{value:.1e}"
    text = f"{value:.2f}".replace("0.", ".", 1) if abs(value) < 0.995 else f"{value:.1f}"
    return text.replace("-", "\u2212")


def growth(rows: pd.DataFrame, now: int, height: int) -> alt.LayerChart:
    """Bits that each position tells over a training (agent_steps, position, bits, null, most); `now` is the moment shown."""
    names = sorted(rows["position"].unique())
    scale = alt.Scale(domain=names, range=[line(i) for i in range(len(names))])
    dashes = alt.Scale(domain=names, range=[dash(i) for i in range(len(names))])
    legend = alt.Legend(orient="top", title=None, symbolType="stroke", symbolSize=300) if len(names) > 1 else None
    x = alt.X("agent_steps:Q", title="agent-steps", axis=alt.Axis(format="~s", tickCount=6), scale=alt.Scale(nice=False))
    tips = [
        alt.Tooltip("position:N"),
        alt.Tooltip("agent_steps:Q", title="agent-steps", format=","),
        alt.Tooltip("bits:Q", format=".3f"),
        alt.Tooltip("null:Q", title="utterances shuffled", format=".3f"),
        alt.Tooltip("most:Q", title="entropy of the meaning", format=".3f"),
    ]
    base = alt.Chart(rows).encode(x=x)
    said = base.mark_line(strokeWidth=2.2, point=alt.OverlayMarkDef(size=22, filled=True)).encode(
        y=alt.Y("bits:Q", title="bits told", axis=alt.Axis(tickCount=4), scale=alt.Scale(zero=True)),
        color=alt.Color("position:N", scale=scale, legend=legend),
        strokeDash=alt.StrokeDash("position:N", scale=dashes, legend=legend),
        tooltip=tips,
    )
    null = base.mark_line(strokeWidth=1.5, strokeDash=[5, 4], color=GREY).encode(y="null:Q", detail="position:N")
    most = base.mark_line(strokeWidth=1.5, strokeDash=[2, 3], color=GREY).encode(y="most:Q", detail="position:N")
    # The lines of reference are named where they begin; that of the first position stands for all.
    first = rows[(rows["agent_steps"] == rows["agent_steps"].min()) & (rows["position"] == names[0])]
    named = [
        alt.Chart(first.assign(says=says)).mark_text(align="left", dx=4, dy=dy, color=GREY, fontSize=11)
        .encode(x="agent_steps:Q", y=f"{column}:Q", text="says:N")
        for column, says, dy in (("most", "all there is to tell: entropy of the meaning", 9), ("null", "utterances shuffled", -7))
    ]  # fmt: skip
    here = alt.Chart(pd.DataFrame({"agent_steps": [now]})).mark_rule(color=ORANGE, strokeWidth=2).encode(x="agent_steps:Q")
    return _layered([null, most, *named, said, here], height)


def similarity(voices: Voices, null: bool, height: int, *, dark: bool) -> alt.LayerChart:
    """Mind by mind: how alike their words are for one meaning, or (`null`) for two different ones."""
    names = [f"mind {mind}" for mind in voices.minds]
    table = voices.null if null else voices.alike
    rows = pd.DataFrame(
        [(names[i], names[j], table[i, j], _text(table[i, j], "saying")) for i in range(len(names)) for j in range(len(names))],
        columns=["one", "other", "value", "text"],
    )
    axis = alt.Axis(labelOverlap=False, ticks=False, domain=False, labelLimit=80)
    across = alt.Axis(labelOverlap=False, ticks=False, domain=False, labelAngle=0 if len(names) <= 6 else -60)
    tips = [alt.Tooltip("one:N"), alt.Tooltip("other:N"), alt.Tooltip("value:Q", title="similarity", format=".3f")]
    base = alt.Chart(rows.dropna(subset="value")).encode(
        x=alt.X("one:N", sort=names, scale=alt.Scale(domain=names), title=None, axis=across),
        y=alt.Y("other:N", sort=names, scale=alt.Scale(domain=names), title=None, axis=axis),
        tooltip=tips,
    )
    legend = None if null else alt.Legend(title="similarity", gradientLength=120, gradientThickness=10, tickCount=3)
    colour = alt.Color("value:Q", scale=_scale("saying", 1.0), legend=legend)
    layers = [base.mark_rect(cornerRadius=2).encode(color=colour)]
    if len(names) <= 10:
        layers.append(base.mark_text(fontSize=11).encode(text="text:N", color=_ink(1.0, dark)))
    return _layered(layers, height)


def reactions(rows: pd.DataFrame, title: str) -> alt.Chart:
    """Paired bars (listener, option, message, p) of one listener: each action's probability under either message."""
    names = list(dict.fromkeys(rows["message"]))
    scale = alt.Scale(domain=names, range=[GREY, BLUE])
    return (
        alt.Chart(rows)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("option:O", title=title[:60], axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            xOffset=alt.XOffset("message:N", sort=names),
            y=alt.Y("p:Q", title="probability", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=3)),
            color=alt.Color("message:N", scale=scale, legend=alt.Legend(orient="top", title=None, labelLimit=160)),
            tooltip=[alt.Tooltip("message:N"), alt.Tooltip("option:O"), alt.Tooltip("p:Q", format=".4f")],
        )
        .properties(height=250)
    )
