"""Of the page Economy: who has how much."""

import pandas as pd
import streamlit as st

from society.record.store import Run
from society.viewer import queries
from society.viewer.address import choose
from society.viewer.charts import LINES
from society.viewer.data import wealth
from society.viewer.data.wealth import HELD, Lorenz
from society.viewer.figures import economy as figures
from society.viewer.pages import parts, told
from society.viewer.words import plain

MIDDLE = ("script:random", "tradeless")  # shown before other conditions


def who_has(run: Run, condition: str) -> None:
    """Lorenz curves of one kind of having, and the Gini coefficients."""
    kinds = wealth.kinds(run)
    title, chooser = st.columns([1.6, 2.4], vertical_alignment="center")
    title.markdown("#### Who has how much")
    with chooser:
        kind = choose(
            "income", kinds, st.segmented_control, "Of", label_visibility="collapsed", format_func=lambda name: name[:40]
        )
    curves = _some(wealth.curves(run, kind), condition)
    if not curves:
        why = "negative, or nobody has anything" if "episodes" in run.tables() else "no episode has ended yet"
        st.caption(f"No shares of {plain(kind)}: {why}, so a Lorenz curve is not defined.")
        return
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        rows = pd.DataFrame({
            "condition": [one.condition for one in curves], "Gini coefficient": [one.gini for one in curves],
            "worlds": [one.worlds for one in curves], "worlds left out": [one.left_out for one in curves],
            "seats a world": [one.seats for one in curves],
        })  # fmt: skip
        told_all = ", ".join(f"{one.condition} {one.gini:.3f}" for one in curves)
        says = f"Lorenz curves of {kind} over the seats of a world; Gini coefficients: {told_all}."
        parts.figure(figures.lorenz(curves, condition, kind[:40]), says, rows, "lorenz")
    with right:
        worlds, out = max(one.worlds for one in curves), max(one.left_out for one in curves)
        st.caption(
            f"Mean over {worlds} worlds of the curve over a world's seats; the dashed diagonal is equality. Twice the area "
            "between them is the Gini coefficient, here the mean of the worlds'."
            + (f" **Up to {out} worlds of a condition are left out**, with somebody below 0 or nobody above." if out else "")
            + (" Held: units of all goods in the last frame, of the few worlds that have frames." if kind == HELD else "")
        )
        head = queries.declared(run)
        if head is not None and kind == head.headline.name:
            asked = ((f"gini.{head.headline.name}", "Gini coefficient"), ("social.equality", "equality of rewards (1 = equal)"))
            told.table(run, condition, asked, "random play")
        else:
            st.caption("The report has no interval for these: read them as a description.")


def _some(curves: list[Lorenz], condition: str) -> list[Lorenz]:
    """The chosen condition first, then normal, random play and the tradeless, then the others: as many as have colours."""
    first = [condition, "normal", *MIDDLE]
    ranked = sorted(curves, key=lambda one: first.index(one.condition) if one.condition in first else len(first))
    return ranked[: len(LINES)]
