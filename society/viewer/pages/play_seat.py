"""A seat at the table: what it perceives, drawn by its shape, and the form of its move, made from the world's spec."""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from society.record.files import Damaged
from society.viewer.data import play as data
from society.viewer.data.play import Head, Table
from society.viewer.figures import play as figures
from society.viewer.words import plain

QUICK = 10  # options of a head that are worth a button each
ARROWS = {"north": "Up", "south": "Down", "east": "Right", "west": "Left"}
ARROWS |= {"up": "Up", "down": "Down", "right": "Right", "left": "Left", "forward": "Up", "back": "Down"}
STRIP = 16  # columns of a field that are drawn; a longer one is a table
MANY = 3  # fields that are laid out in two columns where no window takes the room


def perceived(table: Table) -> None:
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


# ----------------------------------------------------------------------------------------------------------------- the move


def move(root: Path, name: str, table: Table) -> None:
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


def log(table: Table) -> None:
    """What happened so far, the newest first."""
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
