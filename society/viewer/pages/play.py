"""Take a seat: one seat of a world in a person's hands, trained minds in all others, recorded as a run of its own."""

import math
from pathlib import Path
from typing import Any

import streamlit as st

from society.record.files import Damaged
from society.record.store import Run
from society.viewer import queries, words
from society.viewer.address import go, refuse
from society.viewer.data import play as data
from society.viewer.data.play import Table
from society.viewer.figures import play as figures
from society.viewer.pages import parts, play_seat
from society.viewer.words import number, plain

EVERY = 2.0  # seconds between two looks: somebody else may end the session, and a worker may be gone
SEATS = 32  # bars that can be told apart


def show(run: Run) -> None:
    """The session that the address names, else the form that begins one."""
    played = run.meta.get("played")
    if isinstance(played, dict):
        _was_played(run, played)
        return
    asked = st.query_params.get("session")
    if asked is None:
        _form(run)
        return
    try:
        table = data.look(run.path.parent, asked)
    except (Damaged, OSError):
        table = None
    if table is None:
        st.query_params.pop("session", None)
        refuse("There is no session of that name in this folder.")
        _form(run)
        return
    st.fragment(lambda: _session(run, asked), run_every=EVERY)()


# ------------------------------------------------------------------------------------------------------------ before it


def _form(run: Run) -> None:
    parts.heading(run)
    found = data.earned(run)
    filmed = sorted({span.world for _, span in queries.spans(run) if span.condition == "normal"})
    if not run.checkpoints():
        parts.no_rows(run, "trained minds to play with")
        return
    evaluation = run.config.get("evaluation")
    told: dict[str, Any] = evaluation if isinstance(evaluation, dict) else {}
    seats, worlds = _at_least_one(run.meta.get("seats")), _at_least_one(told.get("worlds"))
    for name in data.going(run.path.parent, run):
        if st.button("Go on with the session that is being played", key=f"going_{name}", icon=":material/resume:"):
            _go_to(name)
    st.markdown(
        "Take a seat among the trained minds. You are shown exactly what a mind in that seat is given, and nothing else; "
        "what you play is recorded as a run of its own."
    )
    conditions = told.get("conditions")
    twins = [name for name in words.CONDITIONS if name != "strangers" and isinstance(conditions, list) and name in conditions]
    with st.form("begin_play", border=True):
        first, second, third, fourth = st.columns([2, 1, 1, 1], vertical_alignment="bottom")
        condition = first.selectbox("Society", list(dict.fromkeys(["normal", *twins])), key="play_condition")
        seat = second.number_input("Seat", 0, seats - 1, 0, key="play_seat")
        world = third.number_input("World", 0, worlds - 1, 0, key="play_world")
        episodes = fourth.number_input("Episodes at most", 1, 100, 5, key="play_episodes", help="Played one after another.")
        if st.form_submit_button("Take the seat", type="primary", icon=":material/event_seat:"):
            try:
                _go_to(data.begin(run.path.parent, run, condition, int(world), int(seat), int(episodes)))
            except (Damaged, OSError) as error:
                refuse(f"The session cannot begin: {error}")
    seen = f" Worlds {filmed[0]} to {filmed[-1]} were filmed: afterwards, see what the minds did in yours." if filmed else ""
    st.caption(f"**normal**: {plain(words.condition('normal'))}. The worlds are those in which the minds were evaluated.{seen}")
    if 1 < len(found) <= SEATS:
        st.markdown("**What trained minds earn in these seats**")
        parts.figure(
            figures.earned(found), "Mean return of an episode by seat, over all worlds of the evaluation.", found, "earned"
        )


def _go_to(name: str) -> None:
    st.query_params["session"] = name
    st.rerun()


def _was_played(run: Run, played: dict[str, Any]) -> None:
    parts.heading(run)
    seat, world, condition, of = (plain(played.get(name, "?")) for name in ("seat", "world", "condition", "of"))
    st.info(
        f"Somebody played seat {seat} of world {world} ({condition}) here, among the minds of {of}.",
        icon=":material/event_seat:",
    )
    _links(run.name, str(played.get("of", "")), run.path.parent)


def _links(name: str, of: str, root: Path) -> None:
    """Where to go from a session: its own run's pages, and a new session with the same minds."""
    names = {one.name for one in queries.runs(root)}
    first, second, third, _ = st.columns([1, 1, 1.4, 3])
    if name in names and first.button("Its world", icon=":material/grid_on:", key="played_world"):
        _leave(run=name, page="World")
    if name in names and second.button("Its report", icon=":material/description:", key="played_report"):
        _leave(run=name, page="Report")
    if of in names and third.button("Play again", icon=":material/replay:", key="played_again"):
        _leave(run=of, page="Play")


def _leave(**where: str) -> None:
    st.query_params.pop("session", None)
    go(**where)
    st.rerun()


# ------------------------------------------------------------------------------------------------------------- while it is


def _session(run: Run, name: str) -> None:
    root = run.path.parent
    try:
        table = data.look(root, name)
        if table is None:
            refuse("This session's folder is gone; what was played is in its run.")
        elif table.state == "starting":
            st.info("The minds are being seated. This takes some seconds.", icon=":material/hourglass_empty:")
        elif table.state == "yours":
            _table(root, name, table)
        else:
            _over(run, table)
    except (Damaged, OSError) as error:
        refuse(f"This session cannot be read: {error}")


def _over(run: Run, table: Table) -> None:
    root = run.path.parent
    if table.state == "failed":
        refuse(f"The session failed: {table.message}")
    elif table.state == "gone":
        refuse(f"This session is over: {table.message}. Rows that were written by then are in its run.")
    else:
        how = plain(table.message) or f"played to the end, {table.tick} ticks"
        st.success(f"The session is over: {how}.", icon=":material/flag:")
        _metrics(table)
        try:
            theirs = data.trained_return(run, table)
        except Damaged:
            theirs = math.nan
        if math.isfinite(theirs):
            st.markdown(f"The trained mind of this seat earned **{number(theirs)}** in the same world.")
        if 1 < len(table.sums) <= SEATS:
            _scores(table)
    _links(table.run, table.of or run.name, root)


def _table(root: Path, name: str, table: Table) -> None:
    """What is perceived on the left, the move on the right."""
    left, right = st.columns([2.1, 1], gap="large")
    with left:
        role = f", {plain(table.role)}" if table.role not in ("", "agent") else ""
        where = f"world {table.world} &nbsp;·&nbsp; {plain(table.condition)} &nbsp;·&nbsp; {plain(table.of)}"
        st.markdown(f":orange-badge[your turn] &nbsp; **You are seat {table.seat}{role}** &nbsp;·&nbsp; {where}")
        play_seat.perceived(table)
    with right:
        _metrics(table)
        if table.message:
            st.warning(plain(table.message), icon=":material/block:")
        play_seat.move(root, name, table)
        if 1 < len(table.sums) <= SEATS:
            _scores(table)
    play_seat.log(table)


def _metrics(table: Table) -> None:
    others = [value for seat, value in enumerate(table.sums) if seat != table.seat]
    own = table.sums[table.seat] if table.seat < len(table.sums) else 0.0
    first, second, third = st.columns(3)
    first.metric("You earned", number(own), number(table.last) if table.last else None, help="Below it: the last tick's reward.")
    second.metric("Others, mean", number(sum(others) / len(others)) if others else "none")
    third.metric("Tick", f"{table.tick} / {table.length}")


def _scores(table: Table) -> None:
    chart, rows = figures.scores(table.sums, table.seat)
    parts.figure(chart, "Reward so far by seat; the dashed line is the mean of the trained minds.", rows, "scores")


def _at_least_one(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000 else 1
