"""The replay of a recorded world, in the browser."""

from functools import cache
from importlib.resources import files
from typing import Any

import streamlit as st

from society.record.frames import Span
from society.record.store import Run
from society.viewer import queries, words
from society.viewer.address import choose
from society.viewer.pages import parts
from society.viewer.replay import replay, window
from society.viewer.words import plain


def show(run: Run) -> None:
    """The selectors, and below them the player."""
    found = queries.spans(run)
    if not found:
        parts.heading(run)
        parts.no_rows(run, "recorded world")
        if run.state == "live":
            st.caption("Worlds are recorded at the end, when the trained society is judged.")
            st.fragment(_wait, run_every=parts.EVERY)(run)
        return
    condition_at, world_at, window_at, words_at = st.columns([1.3, 0.8, 1.1, 3.4], vertical_alignment="center")
    with condition_at:
        condition = choose(
            "condition",
            list(dict.fromkeys(span.condition for _, span in found)),
            st.selectbox,
            "Society",
            label_visibility="collapsed",
        )
    worlds = {_world(span): (one, span) for one, span in found if span.condition == condition}
    with world_at:
        owner, span = worlds[
            choose("world", list(worlds), st.selectbox, "World", format_func="world {}".format, label_visibility="collapsed")
        ]
    size = window(owner, span)
    begins = [str(tick) for tick in range(span.first, span.last + 1, size)]
    begin = begins[0]
    if len(begins) > 1:
        with window_at:
            begin = choose(
                "window", begins, st.selectbox, "From tick", format_func="from tick {}".format, label_visibility="collapsed"
            )
    words_at.caption(f"**{plain(condition)}**: {plain(words.condition(condition)) or 'a condition of this run'}")
    st.fragment(_player)(owner, span, int(begin), min(int(begin) + size - 1, span.last))


def _world(span: Span) -> str:
    """A world's name in the address: its number, after its seed where several seeds were recorded."""
    return str(span.world)


def _wait(run: Run) -> None:
    """Draw the page anew once there is something to replay."""
    if queries.spans(run) or run.state != "live":
        st.rerun()


def _player(run: Run, span: Span, first: int, last: int) -> None:
    shown = replay(run, span, first, last)
    asked = st.query_params.get("tick", "")
    start = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else first

    def paused() -> None:
        tick = st.session_state["player"].get("tick")
        if isinstance(tick, int) and not isinstance(tick, bool):
            st.query_params["tick"] = str(tick)

    player()(
        key="player",
        data={"id": shown.id, "blob": shown.blob, "facts": shown.facts, "start": start},
        on_tick_change=paused,
        height="content",
    )


def player() -> Any:
    """The component. Its page, style and script are files of this package, never text from a run."""
    html, css, js = _assets()
    return st.components.v2.component("society_player", html=html, css=css, js=js)


@cache
def _assets() -> tuple[str, str, str]:
    folder = files("society.viewer") / "player"
    html, css, js = ((folder / name).read_text("utf-8") for name in ("player.html", "player.css", "player.js"))
    return html, css, js
