"""The player on the page: what it is given, and what it tells back, which goes into the address."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from society.viewer.address import asked_number, go
from society.viewer.assets import player_assets
from society.viewer.data.world import Board
from society.viewer.payload import pack


def player() -> Any:
    """The component. Its page, style and script are files of this package, never text from a run."""
    html, css, js = player_assets()
    return st.components.v2.component("society_player", html=html, css=css, js=js)


def mount(
    layout: str,
    boards: Sequence[Board],
    *,
    parted: int = -1,
    follow: dict[str, Any] | None = None,
    kept: int = -1,
    asking: bool = False,
    live: bool = False,
) -> None:
    """Draw `boards`: `layout` one, twin or mosaic; `parted` the tick at which twins part, `kept` the followed seat, or -1.

    `asking`: what the followed seat knows is being asked for; `follow` is the answer.
    """
    # Under another name a mosaic forgets its click when it is left, and the boards keep their zoom among themselves.
    key = "mosaic" if layout == "mosaic" else "player"

    def told(name: str) -> Any:
        return st.session_state[key].get(name)

    def ticked() -> None:
        tick = told("tick")
        if _whole(tick):
            st.query_params["tick"] = str(tick)
            st.session_state["told_tick"] = tick

    def kept_seat() -> None:
        seat = told("kept")
        if _whole(seat) and seat >= 0:
            st.query_params["seat"] = str(seat)
        else:
            st.query_params.pop("seat", None)

    def opened() -> None:
        found = which(told("world"), boards)
        if found is not None:
            go(world=found.where, view="one")

    given = {
        "layout": layout,
        "boards": [
            {"id": one.replay.id, "title": one.title, "facts": one.replay.facts, "blob": one.replay.blob} for one in boards
        ],
        "start": _start(key),
        "parted": parted,
        "follow": follow,
        "live": live,
        "kept": kept,
        "asking": asking,
    }
    player()(
        key=key,
        data=pack(given),
        on_tick_change=ticked,
        on_kept_change=kept_seat,
        on_world_change=opened,
        height="content",
    )


def which(told: Any, boards: Sequence[Board]) -> Board | None:
    """The board that the player speaks of: by its number in the row, or by its id."""
    if _whole(told):
        return boards[told] if 0 <= told < len(boards) else None
    return next((one for one in boards if one.replay.id == told), None)


def _start(key: str) -> float:
    """The tick to begin at, -1 for none: what the address says, as long as it was not the player that put it there.

    So a pause, which the player knows of, changes nothing that it is given, and its frames are not sent again. The player
    jumps where this changes; a second jump to the same tick is given a quarter more, which means the same frame.
    """
    state, asked = st.session_state, asked_number("tick")
    if key not in state:
        state["start_tick"] = asked
    elif asked != state.get("told_tick"):
        state["start_tick"] = asked + 0.25 if asked == state.get("start_tick") else asked
    state["told_tick"] = asked
    return state["start_tick"]


def jump(tick: int) -> None:
    """Have the player go to a tick, wherever it is by now."""
    st.query_params["tick"] = str(tick)
    st.session_state.pop("told_tick", None)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
