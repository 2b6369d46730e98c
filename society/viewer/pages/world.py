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
        parts.section(run, _wait)
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
    there = [(one, span) for one, span in found if span.condition == condition]
    seeds = {span.seed for _, span in there}
    worlds = {_world(span, seeds): (one, span) for one, span in there}
    with world_at:
        owner, span = worlds[
            choose("world", list(worlds), st.selectbox, "World", format_func="world {}".format, label_visibility="collapsed")
        ]
    size = window(owner, span)
    begins = [str(tick) for tick in range(span.first, span.last + 1, size)]
    begin = begins[0]
    if len(begins) > 1:
        with window_at:
            here = max((tick for tick in begins if int(tick) <= _asked_tick()), key=int, default=begin)
            begin = choose(
                "window",
                begins,
                st.selectbox,
                "From tick",
                default=here,
                format_func="from tick {}".format,
                label_visibility="collapsed",
            )
    words_at.caption(f"**{plain(condition)}**: {plain(words.condition(condition)) or 'a condition of this run'}")
    last = min(int(begin) + size - 1, span.last)
    parts.section(owner, lambda one: _player(one, span, int(begin), last))


def _world(span: Span, seeds: set[int]) -> str:
    """A world's name in the address: its number, and its seed where several seeds were recorded."""
    return str(span.world) if len(seeds) == 1 else f"{span.world} of seed {span.seed}"


def _asked_tick() -> int:
    """The tick that the address names, -1 where it names none."""
    asked = st.query_params.get("tick", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else -1


def _wait(run: Run) -> None:
    """Nothing to replay yet; once there is, draw the page anew."""
    if queries.spans(run):
        st.rerun()
    parts.heading(run)
    parts.no_rows(run, "recorded world")


def _player(run: Run, span: Span, first: int, last: int) -> None:
    shown = replay(run, span, first, last)

    def paused() -> None:
        tick = st.session_state["player"].get("tick")
        if isinstance(tick, int) and not isinstance(tick, bool):
            st.query_params["tick"] = str(tick)

    player()(
        key="player",
        data={"id": shown.id, "blob": shown.blob, "facts": shown.facts, "start": _asked_tick()},
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
