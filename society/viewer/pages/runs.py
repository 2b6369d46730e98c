"""The library of runs: what there is, what it is doing, what came of it; start, stop, resume and compare from here."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from society.record.stop import asked_to_stop
from society.record.store import Run
from society.viewer import jobs, queries
from society.viewer.address import choose, go
from society.viewer.data import runs as data
from society.viewer.pages import runs_compare, runs_start
from society.viewer.queries import Listed, Refused
from society.viewer.words import plain

SHOWN = 200  # more lines than anyone reads; the filters find the rest
LOOKED_AT = 1000  # runs, the newest, that the filters look through
FAST, SLOW = 3.0, 15.0  # seconds between two looks, with and without something that moves
FRESH = 30.0  # seconds for which a run that has begun is announced
MARKS = {"live": "▶", "done": "✓", "failed": "✕", "killed": "✕", "interrupted": "‖", "damaged": "!", "refused": "!"}
ANY_SCENARIO, ANY_STATE = "every scenario", "every state"
RESUMABLE = ("interrupted", "killed", "failed")


def show(root: Path) -> None:
    """The comparison or the form that the address asks for, else the list."""
    if "compare" in st.query_params:
        runs_compare.show(root, st.query_params["compare"])
    elif "start" in st.query_params:
        runs_start.show(root)
    elif queries.runs(root):
        _library(root)
    else:
        nothing(root)
        runs_start.show(root)


def nothing(root: Path) -> None:
    """What to do when there is no run yet."""
    st.info(f"There is no run in {plain(root.resolve())} yet. Make one on the page Runs, or in a shell:", icon=":material/inbox:")
    st.code("society run bazaar --quick", language="bash")


def _library(root: Path) -> None:
    lines = _lines(root)
    found, which, state, new = st.columns([2.6, 1.6, 1.4, 1.2], vertical_alignment="bottom")
    with found:
        text = _text()
    with which:
        names = [ANY_SCENARIO, *sorted({line.scenario for line in lines if line.scenario})]
        scenario = choose("scenario", names, st.selectbox, "Scenario", label_visibility="collapsed")
    with state:
        wanted = choose("state", [ANY_STATE, *MARKS], st.selectbox, "State", label_visibility="collapsed")
    begin = {"start": "bazaar"}
    new.button("Start a run", icon=":material/add:", type="primary", width="stretch", key="runs_new", on_click=go, kwargs=begin)
    every = _every(root, lines)

    def listed() -> None:
        lines = _lines(root)
        if _every(root, lines) != every:
            st.rerun()
        _jobs(root)
        _table(root, [line for line in lines if _wanted(line, text.lower(), scenario, wanted)], len(lines))

    st.fragment(listed, run_every=every)()


def _lines(root: Path) -> list[Listed]:
    return [data.line(root, run) for run in queries.runs(root)[:LOOKED_AT]]


def _every(root: Path, lines: list[Listed]) -> float:
    moves = any(line.state == "live" for line in lines) or any(job.state == "starting" for job in jobs.jobs(root))
    return FAST if moves or st.session_state.get("runs_unread") else SLOW


def _text() -> str:
    """Text that a name, a scenario or a note must hold; it is parameter `q`, and only ever compared."""
    key = "choose_q"
    st.session_state[key] = st.query_params.get("q", "")[:200]

    def changed() -> None:
        if st.session_state[key]:
            go(q=st.session_state[key])
        else:
            st.query_params.pop("q", None)

    look: Any = {"placeholder": "Search", "label_visibility": "collapsed", "icon": ":material/search:"}
    st.text_input("Search", key=key, on_change=changed, **look)
    return st.session_state[key] or ""


def _wanted(line: Listed, text: str, scenario: str, state: str) -> bool:
    fits = text in f"{line.name} {line.scenario} {line.note}".lower()
    return fits and scenario in (ANY_SCENARIO, line.scenario) and state in (ANY_STATE, line.state)


# -------------------------------------------------------------------------------------------------------------- the jobs


def _jobs(root: Path) -> None:
    """What was started here and will not become a run, until it is dismissed."""
    said = st.session_state.pop("runs_said", "")
    if said:
        st.error(plain(said), icon=":material/block:")
    for job in [job for job in jobs.jobs(root) if job.state == "failed"][:4]:
        line, close = st.columns([12, 1], vertical_alignment="center")
        line.error(f"{plain(job.what)}: {plain(job.line)}", icon=":material/error:")
        forget: Any = {"on_click": jobs.dismiss, "args": (root, job.token), "key": f"dismiss_{job.token}"}
        close.button("", icon=":material/close:", help="Dismiss", **forget)


def _news(root: Path) -> str:
    """What was started here and is on its way, or has just begun, in a line."""
    lines = []
    for job in jobs.jobs(root)[:4]:
        if job.state == "starting":
            lines.append(f":material/hourglass_top: Starting: {plain(job.what)}")
        elif job.state == "begun" and job.runs and time.time() - job.begun < FRESH:
            lines.append(f":material/play_arrow: Begun: {', '.join(map(plain, job.runs[:2]))}")
    return "  \n".join(lines[:2])


# ------------------------------------------------------------------------------------------------------------- the table


def _table(root: Path, lines: list[Listed], count: int) -> None:
    if not lines:
        st.info("No run fits these filters.", icon=":material/filter_alt_off:")
        return
    more = len(lines) - SHOWN
    lines = lines[:SHOWN]
    bar = st.container()
    rows = _rows(root, lines)
    # A selection is by place; another list is another table, so that nothing else is selected than what was clicked.
    key = hashlib.sha256("\n".join(line.name for line in lines).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    picked = st.dataframe(
        rows if rows["note"].any() else rows.drop(columns="note"),
        hide_index=True,
        key=f"runs_table_{key}",
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
        row_height=38,
        placeholder="",
        height="content" if len(rows) <= 13 else 545,
        column_config=COLUMNS,
    )
    if more > 0 or count >= LOOKED_AT:
        st.caption(f"{len(lines)} of the newest {count} runs are listed: the filters find the rest.")
    chosen = picked.selection
    if chosen.cells and chosen.cells[0][0] < len(lines):
        go(run=lines[chosen.cells[0][0]].name, page="Report")
        st.rerun()
    with bar:
        _actions(root, [lines[row] for row in chosen.rows if row < len(lines)])


COLUMNS = {
    "run": st.column_config.TextColumn(width=258),
    "state": st.column_config.TextColumn(width=88),
    "scenario": st.column_config.TextColumn(width=110),
    "seed": st.column_config.NumberColumn(width=50),
    "headline [95 %]": st.column_config.TextColumn(width=145),
    "unit": st.column_config.TextColumn(width=150),
    "training": st.column_config.LineChartColumn(width=110, help="The headline's measure (else the reward) over the training."),
    "progress": st.column_config.ProgressColumn(width=95, format="percent", min_value=0, max_value=1),
    "begun": st.column_config.DatetimeColumn(format="D MMM, HH:mm", width=95),
    "note": st.column_config.TextColumn(width="medium"),
}


def _rows(root: Path, lines: list[Listed]) -> pd.DataFrame:
    by_name = {run.name: run for run in queries.runs(root)}
    there = [by_name.get(line.name, Run(root / line.name)) for line in lines]
    curves = data.sparklines(root, there)
    st.session_state["runs_unread"] = any(
        found is None and line.state != "refused" for found, line in zip(curves, lines, strict=True)
    )
    return pd.DataFrame(
        {
            "state": [_state(line, run) for line, run in zip(lines, there, strict=True)],
            "run": [line.name for line in lines],
            "scenario": [line.scenario for line in lines],
            "seed": pd.array([line.seed for line in lines], dtype="Int64"),
            "headline [95 %]": [line.headline for line in lines],
            "unit": [line.unit for line in lines],
            "training": curves,
            "progress": [min(1.0, line.steps / line.total) if line.total > 0 <= line.steps else None for line in lines],
            "begun": [line.created for line in lines],
            "note": [line.note for line in lines],
        }
    )


def _state(line: Listed, run: Run) -> str:
    word = "stopping" if line.state == "live" and asked_to_stop(run.path) else line.state
    return f"{MARKS.get(line.state, '·')} {word}"


def _actions(root: Path, chosen: list[Listed]) -> None:
    """What can be done with the lines that are ticked."""
    # At the left: the tools of a table with ticked lines lie over what stands above its right end.
    compare, stop, resume, hint = st.columns([1.2, 1.2, 1.2, 4.6], vertical_alignment="center")
    starting = {word for job in jobs.jobs(root) if job.state == "starting" for word in job.argv[1:2]}
    names = [line.name for line in chosen if line.state != "refused"]
    live = [line.name for line in chosen if line.state == "live"]
    left = [line.name for line in chosen if line.state in RESUMABLE and str((root / line.name).absolute()) not in starting]
    how = "Click a cell to open the run's report; tick lines at the left edge to compare two to four, stop or resume them."
    hint.caption(_news(root) or (f"**{len(chosen)}** selected" if chosen else how))
    addressable = 2 <= len(names) <= runs_compare.MOST and not any("," in name for name in names)
    wide: Any = {"width": "stretch"}
    if compare.button("Compare", icon=":material/compare_arrows:", key="runs_compare", disabled=not addressable, **wide):
        go(compare=",".join(names))
        st.rerun()  # the list is a fragment, which would draw only itself
    for column, label, action, which in ((stop, "Stop", jobs.stop, live), (resume, "Resume", jobs.resume, left)):
        icon, key = f":material/{label.lower()}:", f"runs_{label.lower()}"
        column.button(label, icon=icon, key=key, disabled=not which, on_click=_each, args=(action, root, which), **wide)


def _each(action: Callable[[Path, str], None], root: Path, names: list[str]) -> None:
    """Do it to each run; what is refused is said above the table."""
    for name in names:
        try:
            action(root, name)
        except Refused as refused:
            st.session_state["runs_said"] = str(refused)
