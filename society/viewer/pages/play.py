"""Take a seat: one seat of a world in a person's hands, trained minds in all others, recorded as a run of its own."""

import math
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from society.record.files import Damaged
from society.record.store import Run
from society.viewer import queries, words
from society.viewer.address import go, refuse
from society.viewer.data import play as data
from society.viewer.data.play import Head, Table
from society.viewer.figures import play as figures
from society.viewer.pages import parts
from society.viewer.words import number, plain

EVERY = 2.0  # seconds between two looks: somebody else may end the session, and a worker may be gone
QUICK = 10  # options of a head that are worth a button each
ARROWS = {"north": "Up", "south": "Down", "east": "Right", "west": "Left"}
ARROWS |= {"up": "Up", "down": "Down", "right": "Right", "left": "Left", "forward": "Up", "back": "Down"}
SEATS = 32  # bars that can be told apart
STRIP = 16  # columns of a field that are drawn; a longer one is a table
MANY = 3  # fields that are laid out in two columns where no window takes the room


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
    twins = [
        name for name in told.get("conditions", []) if isinstance(name, str) and name in words.CONDITIONS and name != "strangers"
    ]
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
        _perceived(table)
    with right:
        _metrics(table)
        if table.message:
            st.warning(plain(table.message), icon=":material/block:")
        _move(root, name, table)
        if 1 < len(table.sums) <= SEATS:
            _scores(table)
    _log(table)


def _metrics(table: Table) -> None:
    others = [value for seat, value in enumerate(table.sums) if seat != table.seat]
    own = table.sums[table.seat] if table.seat < len(table.sums) else 0.0
    first, second, third = st.columns(3)
    first.metric("You earned", number(own), number(table.last) if table.last else None, help="Below it: the last tick's reward.")
    second.metric("Others, mean", number(sum(others) / len(others)) if others else "none")
    third.metric("Tick", f"{table.tick} / {table.length}")


def _perceived(table: Table) -> None:
    """Every field of the observation under its name: windows as grids, short ones as strips, all others as tables."""
    windows = [name for name, (array, _) in table.fields.items() if figures.window_side(array)]
    rest = [name for name in table.fields if name not in windows]
    if len(windows) == 1:
        beside, below = st.columns([1, 1.6])
        with beside:
            _window(table, windows[0])
        places = [below] * len(rest)
    else:
        for column, name in zip(st.columns(max(2, len(windows))), windows, strict=False):
            with column:
                _window(table, name)
        places = [st.container()] * len(rest) if windows or len(rest) < MANY else [*st.columns(2)] * len(rest)
    for place, name in zip(places, rest, strict=False):
        with place:
            _field(table, name)
    if windows:
        st.caption(
            "Windows row by row, as the mind gets them. A torus is seen from its middle; who faces a way sees ahead upwards."
        )
    with st.expander("every number, as the mind gets it"):
        for name, (array, names) in table.fields.items():
            st.caption(plain(name))
            st.dataframe(figures.numbers(array, names), key=f"numbers_{name}")


def _window(table: Table, name: str) -> None:
    array, names = table.fields[name]
    chart, rows = figures.window(array, names)
    st.markdown(f"**{plain(name)}**")
    side = figures.window_side(array)
    st.altair_chart(chart, width="content", alt=f"{name}: a window of {side} by {side} cells with {len(rows)} marks")


def _field(table: Table, name: str) -> None:
    array, names = table.fields[name]
    rows = figures.numbers(array, names)
    st.markdown(f"**{plain(name)}**{' :material/hearing:' if name in table.hearing else ''}")
    if rows.shape[1] <= STRIP and len(rows) <= STRIP // 2:
        st.altair_chart(figures.strip(array, names), width="stretch", alt=f"{name}: {_spoken(rows)}")
    else:
        st.dataframe(rows, hide_index=True, height=150, key=f"field_{name}")


def _spoken(rows: pd.DataFrame) -> str:
    return "; ".join(", ".join(f"{value:.3g}" for value in row) for row in rows.to_numpy().tolist())


def _scores(table: Table) -> None:
    chart, rows = figures.scores(table.sums, table.seat)
    parts.figure(chart, "Reward so far by seat; the dashed line is the mean of the trained minds.", rows, "scores")


# ----------------------------------------------------------------------------------------------------------------- the move


def _move(root: Path, name: str, table: Table) -> None:
    """One widget for every head, legal options only; the first small head has a button, and a key, for each option.

    A press is a callback, which runs before the session is drawn again.
    """
    quick = _quick(table)
    for head in table.heads:
        for at in range(head.length):
            if head is not quick and head.choice:
                _choice(head, table, at)
    if quick is None:
        st.button(
            "Make the move", type="primary", shortcut="Enter", key="play_go", width="stretch", on_click=_made,
            args=(root, name, table, {}),
        )  # fmt: skip
    else:
        st.markdown(f"**{plain(quick.name)}**: choosing it makes the move")
        rows = [st.columns(2) for _ in range(-(-quick.size // 2))]  # row by row, which is the order of the Tab key
        for option in range(quick.size):
            rows[option // 2][option % 2].button(
                plain(_named(quick, option, table)), key=f"play_quick_{option}", shortcut=_shortcut(quick, option),
                disabled=not quick.legal[option], width="stretch", on_click=_made,
                args=(root, name, table, {quick.name: [option]}),
            )  # fmt: skip
    st.button(
        "End the session", icon=":material/logout:", key="play_end", type="tertiary", on_click=_send,
        args=(root, name, table, {"end": True}),
    )  # fmt: skip
    if told := st.session_state.pop("play_told", ""):
        st.warning(plain(told), icon=":material/tab:")


def _quick(table: Table) -> Head | None:
    """The head whose options are buttons: the first small one that has a choice now, a voice only if it alone has one."""
    small = [head for head in table.heads if head.length == 1 and head.size <= QUICK and head.choice]
    silent = [head for head in small if head.name != table.speech]
    alone = small if sum(head.choice for head in table.heads) == 1 else []
    return next(iter([*silent, *alone]), None)


def _made(root: Path, name: str, table: Table, pressed: dict[str, list[int]]) -> None:
    """Make the move that the widgets, and the button that was pressed, say."""
    heads = {
        head.name: pressed.get(head.name) or [_chosen(head, at) if head.choice else 0 for at in range(head.length)]
        for head in table.heads
    }
    _send(root, name, table, {"heads": heads})


def _choice(head: Head, table: Table, at: int) -> None:
    """A number of a head: radio buttons, which the arrow keys move, or a list where there are many."""
    options = [option for option in range(head.size) if head.legal[option]] or [0]
    if st.session_state.get(_key(head, at)) not in options:
        st.session_state[_key(head, at)] = options[0]
    label = plain(head.name) + (f" {at + 1}" if head.length > 1 else "")
    if len(options) <= QUICK:
        st.radio(label, options, format_func=lambda o: plain(_named(head, o, table)), key=_key(head, at), horizontal=True)
    else:
        st.selectbox(label, options, format_func=lambda o: _named(head, o, table), key=_key(head, at))


def _chosen(head: Head, at: int) -> int:
    return int(st.session_state.get(_key(head, at), 0))


def _key(head: Head, at: int) -> str:
    return f"play_{head.name}_{at}"


def _named(head: Head, option: int, table: Table) -> str:
    if head.names:
        return head.names[option]
    if head.name == table.speech:
        return f"symbol {option}" if option else "silence"
    return str(option)


def _shortcut(head: Head, option: int) -> str:
    return ARROWS.get(head.names[option], str(option)) if head.names else str(option)


def _send(root: Path, name: str, table: Table, told: dict[str, Any]) -> None:
    try:
        st.session_state["play_told"] = data.send(root, name, table.move, told)
        data.wait(root, name, table.move)
    except (Damaged, OSError) as error:
        st.session_state["play_told"] = f"The move was not made: {error}"


def _log(table: Table) -> None:
    if not table.log:
        return
    rows = [
        {
            "tick": entry.get("tick"),
            "episode": entry.get("episode"),
            "you did": ", ".join(f"{head} {_did(head, numbers, table)}" for head, numbers in entry["did"].items())
            if entry.get("turn")
            else "(not your turn)",
            "reward": entry.get("reward"),
        }
        for entry in reversed(table.log)
    ]
    with st.expander("what happened so far", expanded=True):
        st.dataframe(pd.DataFrame(rows), hide_index=True, height=min(180, 36 * (len(rows) + 1) + 4), key="play_log")


def _did(name: str, numbers: Any, table: Table) -> str:
    head = next((head for head in table.heads if head.name == name), None)
    if head is None or not isinstance(numbers, list):
        return ""
    return " ".join(_named(head, n, table) if isinstance(n, int) and 0 <= n < head.size else "?" for n in numbers)


def _at_least_one(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000 else 1
