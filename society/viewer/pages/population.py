"""Learning curves of the run and its controls, and where its time went."""

import html

import pandas as pd
import streamlit as st

from society.record.store import Run
from society.viewer import charts, queries
from society.viewer.pages import parts
from society.viewer.words import plain

POINTS = 600  # of one curve: more than a screen has pixels for it
TOTAL = "total"  # the phase that is the others' sum and more
FIRST = ("reward", "measure.eaten", "entropy.say", "loss.value")


def show(run: Run) -> None:
    """The page; a live run's curves grow as it goes."""
    parts.section(run, _body)


def _body(run: Run) -> None:
    parts.heading(run)
    rows = queries.curves(run)
    if rows.empty:
        parts.no_rows(run, "learning curve")
    else:
        _curves(rows)
    _throughput(queries.throughput(run))


def _curves(rows: pd.DataFrame) -> None:
    names = sorted(rows["name"].unique(), key=lambda name: (name not in FIRST, name))
    populations = list(dict.fromkeys(rows["population"]))
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        first = [name for name in FIRST if name in names] or names[:4]
        chosen = st.multiselect("Curves", names, default=first, key="curve_names")
    with right:
        _legend(populations)
    columns = st.columns(2, gap="large")
    for i, name in enumerate(chosen):
        with columns[i % 2]:
            st.markdown(f"**{plain(name)}**")
            st.altair_chart(charts.curves(thinned(rows[rows["name"] == name]), populations), width="stretch")
    if not chosen:
        st.caption("Choose a curve above.")


def _legend(populations: list[str]) -> None:
    """Which line is whose, once for all figures."""
    if len(populations) < 2:
        return
    styles = ("solid", "dashed", "dotted", "dashed")
    items = [
        f'<span style="white-space:nowrap"><span style="display:inline-block;width:28px;margin-right:7px;'
        f'vertical-align:middle;border-top:3px {styles[i % 4]} {charts.line(i)}"></span>'
        f"{html.escape('this run' if name == 'normal' else name)}</span>"
        for i, name in enumerate(populations)
    ]
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:2px 18px;font-size:14px">{"".join(items)}</div>')


def thinned(rows: pd.DataFrame) -> pd.DataFrame:
    """At most `POINTS` rows of each population, evenly chosen, the last one among them."""
    pieces = []
    for _, one in rows.groupby("population", sort=False):
        step = -(-len(one) // POINTS)
        pieces.append(one.iloc[::-1].iloc[::step].iloc[::-1])
    return pd.concat(pieces)


def _throughput(rows: pd.DataFrame) -> None:
    if rows.empty:
        return
    st.markdown("#### Where the time went")
    left, right = st.columns([1, 2.6], gap="large", vertical_alignment="center")
    with left:
        own = rows[rows["population"] == rows["population"].iloc[0]]
        whole = own[own["phase"] == TOTAL]
        seconds, steps = (own if whole.empty else whole)["seconds"].sum(), own["agent_steps"].max()
        st.metric("agent-steps per second", f"{steps / seconds:,.0f}" if seconds > 0 else "none")
        st.caption(f"{steps:,} agent-steps in {seconds:,.0f} s, of this run itself")
    with right:
        total = (
            rows[rows["phase"] != TOTAL]
            .replace("normal", "this run")
            .groupby(["population", "phase"], sort=False)["seconds"]
            .sum()
            .reset_index()
        )
        st.altair_chart(charts.phases(total), width="stretch")
