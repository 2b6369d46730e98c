"""The list of runs: what there is, what it is doing, what came of it."""

from pathlib import Path

import pandas as pd
import streamlit as st

from society.viewer import queries
from society.viewer.address import go
from society.viewer.words import plain

SHOWN = 200  # more lines than anyone reads; the selector above finds the rest by name
FAST, SLOW = 3.0, 15.0  # seconds between two looks, with and without a live run
MARKS = {"live": "▶", "done": "✓", "failed": "✕", "killed": "✕", "interrupted": "‖", "damaged": "!", "refused": "!"}


def show(root: Path) -> None:
    """The table; a click on a line opens its report."""
    live = any(run.state == "live" for run in queries.runs(root)[:SHOWN] if not queries.refusal(root, run))
    st.fragment(_table, run_every=FAST if live else SLOW)(root)


def nothing(root: Path) -> None:
    """What to do when there is no run yet."""
    st.info(f"There is no run in {plain(root.resolve())} yet. Make one:", icon=":material/inbox:")
    st.code("society run bazaar --quick", language="bash")


def _table(root: Path) -> None:
    found = queries.runs(root)
    if not found:
        nothing(root)
        return
    lines = [queries.listed(root, run) for run in found[:SHOWN]]
    rows = pd.DataFrame(
        {
            "state": [f"{MARKS.get(line.state, '·')} {line.state}" for line in lines],
            "run": [line.name for line in lines],
            "scenario": [line.scenario for line in lines],
            "seed": pd.array([line.seed for line in lines], dtype="Int64"),
            "headline [95 %]": [line.headline for line in lines],
            "unit": [line.unit for line in lines],
            "progress": [min(1.0, line.steps / line.total) if line.total > 0 <= line.steps else None for line in lines],
            "agent-steps": pd.array([line.steps if line.steps >= 0 else None for line in lines], dtype="Int64"),
            "begun": [line.created for line in lines],
            "note": [line.note for line in lines],
        }
    )
    if not rows["note"].any():
        rows = rows.drop(columns="note")
    picked = st.dataframe(
        rows,
        hide_index=True,
        key="runs_table",
        on_select="rerun",
        selection_mode="single-row",
        row_height=38,
        placeholder="",
        height="content" if len(rows) <= 15 else 620,
        column_config={
            "run": st.column_config.TextColumn(width=235),
            "state": st.column_config.TextColumn(width="small"),
            "progress": st.column_config.ProgressColumn(width=120, format="percent", min_value=0, max_value=1),
            "agent-steps": st.column_config.NumberColumn(format="compact", width="small"),
            "unit": st.column_config.TextColumn(width=180),
            "begun": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
            "seed": st.column_config.NumberColumn(width="small"),
            "note": st.column_config.TextColumn(width="large"),
        },
    )
    st.caption("Click the left edge of a line to open its report." + _more(len(found)))
    chosen = picked.selection.rows if hasattr(picked, "selection") else []
    if chosen and chosen[0] < len(lines):
        go(run=lines[chosen[0]].name, page="Report")
        st.rerun()


def _more(count: int) -> str:
    return f" The newest {SHOWN} of {count} are listed." if count > SHOWN else ""
