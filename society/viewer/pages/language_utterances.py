"""What was said, row by row with its context; a row is picked for "what if it had said ..." and leads to the world."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from society.record.store import Run
from society.viewer.address import asked_number, choose, go
from society.viewer.data import language, world
from society.viewer.data.language import Talk
from society.viewer.pages.language_what_if import what_if
from society.viewer.words import plain

ROWS = 50  # of a page
ANY = "all"
CONTEXT = ("tick", "world", "episode", "seat", "mind")


def utterances(run: Run, owner: Run, condition: str, mind: str) -> None:
    """The table, and below it the question about the row that is picked."""
    said = language.talk(owner)
    if said is None:
        return
    st.markdown("#### What was said")
    where: dict[str, Any] = {"condition": condition} | ({} if mind == "all" else {"mind": int(mind)})
    where |= _filters(owner, condition, said)
    total, first = language.many(owner, where), _first()
    first = min(first, max(0, (total - 1) // ROWS * ROWS))
    rows = language.page(owner, where, first, ROWS)
    if rows.empty:
        st.info("No message of this choice.", icon=":material/info:")
    else:
        _table(rows, said, condition, owner)
        _pager(first, len(rows), total)
    if condition == "normal" and owner is run:
        what_if(run, said)
    else:
        st.caption("What if it had said something else? That is asked of the society as trained: choose condition normal.")


def _filters(run: Run, condition: str, said: Talk) -> dict[str, Any]:
    """What the two selectors above the table keep; a choice that the table does not have is none."""
    world_at, says_at, _ = st.columns([1, 1.6, 2.4])
    found: dict[str, Any] = {}
    worlds = language.worlds(run, condition)
    with world_at:
        names = {ANY: "all worlds"}
        options = [ANY, *(str(world) for world in worlds)]
        world = choose("of_world", options, st.selectbox, "of world", format_func=lambda one: names.get(one, f"world {one}"))
    if world != ANY:
        found["world"] = int(world)
    many = language.symbols(run, language.uses(run, condition, 0 if said.parts else None, 0))
    says = {ANY: "anything"}
    for position in range(min(said.length, 16)):
        for symbol in range(many):
            what = "silence" if symbol == language.SILENCE else f"symbol {symbol}"
            says[f"{position + 1}.{symbol}"] = what if said.length == 1 else f"{what} at position {position + 1}"
    with says_at:
        chosen = choose("says", list(says), st.selectbox, "that says", format_func=says.get)
    if chosen != ANY:
        place, said_there = chosen.split(".")
        found[f"m{int(place) - 1}"] = int(said_there)
    return found


def _first() -> int:
    """The first row that the address asks for."""
    return max(0, asked_number("from")) // ROWS * ROWS


def _pager(first: int, shown: int, total: int) -> None:
    back, on, text = st.columns([0.5, 0.5, 5], vertical_alignment="center")
    if back.button("earlier", disabled=first == 0, key="utterances_back", width="stretch"):
        go(**{"from": str(max(0, first - ROWS))})
        st.rerun()
    if on.button("later", disabled=first + shown >= total, key="utterances_on", width="stretch"):
        go(**{"from": str(first + ROWS)})
        st.rerun()
    text.caption(f"messages {first + 1:,} to {first + shown:,} of {total:,}; a dot is silence. Tick a row to ask about it.")


def _table(rows: pd.DataFrame, said: Talk, condition: str, run: Run) -> None:
    """The rows; the one that is ticked becomes the moment of the address."""
    shown = rows[[column for column in CONTEXT if column in rows.columns]].copy()
    shown["message"] = [
        language.spoken(row) for row in rows[[f"m{i}" for i in range(said.length)]].to_numpy(dtype=object).tolist()
    ]
    for i, name in enumerate(said.parts):
        shown[name if name not in shown.columns else f"{name} (meaning)"] = rows[f"meaning{i}"]
    event = st.dataframe(shown, hide_index=True, height=285, key="utterances", on_select="rerun", selection_mode="single-row")
    picked = event["selection"]["rows"]
    if not picked or picked[0] >= len(rows):
        return
    row = rows.iloc[picked[0]]
    moment = {name: str(row[column]) for name, column in (("world", "world"), ("tick", "tick"), ("seat", "seat"))}
    words = shown["message"].iloc[picked[0]]
    text = f"seat {moment['seat']} (mind {row['mind']}) of world {moment['world']} at tick {moment['tick']}: {words}"
    at, button = st.columns([3, 1], vertical_alignment="center")
    at.markdown(f":material/format_quote: {plain(text)}")
    if st.session_state.get("utterance") != moment:  # a row that was just ticked, not one that an older run of the page saw
        st.session_state["utterance"] = moment
        _go(moment)
    numbers = pd.to_numeric(row[["world", "tick", "seed"]], errors="coerce")  # what is no number was filmed nowhere
    place = world.moment(world.recorded(run), condition, *numbers)
    if place is None:
        button.caption("this was not filmed")
    elif button.button("Open in World", icon=":material/play_circle:", key="utterance_world", width="stretch"):
        _go({**moment, **place})
        st.rerun(scope="app")


def _go(moment: Mapping[str, str]) -> None:
    if any(st.query_params.get(name) != value for name, value in moment.items()):
        st.query_params.pop("instead", None)
    go(**moment)
