"""The replay of recorded worlds in the browser: one, two that are twins, or many side by side; and a live run as it learns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from society.record.store import Run
from society.viewer.address import asked_number, choose
from society.viewer.data import world as data
from society.viewer.data.inside import Inside, inside
from society.viewer.data.parting import Parting, parting
from society.viewer.pages import parts, world_lines
from society.viewer.pages.world_player import jump, mount
from society.viewer.words import plain

VIEWS = {"one": "one world", "twin": "twins", "mosaic": "mosaic"}
POLL = 1.0  # seconds between two looks at a question that is being answered


@dataclass(frozen=True)
class View:
    """What is drawn: the worlds by name in the address (a twin's by its condition) and the ticks."""

    kind: str
    shown: dict[str, data.World]
    first: int
    last: int

    @property
    def main(self) -> data.World:
        """The world that the address names; of a mosaic the first."""
        return next(iter(self.shown.values()))


def show(run: Run) -> None:
    """One row of selectors, one line of words, and the player."""
    found, learning = data.recorded(run), data.learning(run)
    _forget_training(list(learning))
    names = [*data.conditions(found), *learning]
    if not names:
        parts.section(run, _wait)
        if run.state == "interrupted":  # as a run is that is about to begin
            st.fragment(lambda: _begun(run), run_every=parts.EVERY)()
        return
    view, condition = None, names[0]
    if len(names) > 1 or found:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            view_at = st.container(width="content")
            condition = _select("condition", names, "Society", 205)
            view = None if condition in learning else _view(found, condition, view_at)
    if view is None:
        parts.section(learning[condition], _live)
    else:
        shown = view
        parts.section(shown.main[0], lambda _: _replayed(run, shown))


def _forget_training(learning: list[str]) -> None:
    """A run that was watched and has ended shows what was recorded: nobody asked for anything that is not here."""
    asked = st.query_params.get("condition", "")
    if asked.split(" ")[0] == data.TRAINING and asked not in learning:
        del st.query_params["condition"]


def _wait(run: Run) -> None:
    """Nothing to replay yet; once there is, draw the page anew."""
    if data.recorded(run) or data.learning(run):
        st.rerun()
    parts.heading(run)
    parts.no_rows(run, "recorded world")


def _begun(run: Run) -> None:
    """Once somebody is at work, draw the page anew, which then follows the run."""
    if run.state != "interrupted":
        st.rerun()


# ---------------------------------------------------------------------------------------------------------- the selectors


def _select(name: str, options: list[str], label: str, width: int, **more: Any) -> str:
    return choose(name, options, st.selectbox, label, label_visibility="collapsed", width=width, **more)


def _view(found: list[data.World], condition: str, view_at: Any) -> View:
    """Let the selectors say what is drawn; the first of them, in `view_at`, stands before that of the condition."""
    worlds = data.worlds(found, condition)
    twins = {name: data.twins(found, one) for name, one in worlds.items()}
    possible = ["one", *["twin"] * any(twins.values()), *["mosaic"] * (len(worlds) > 1)]
    with view_at:
        kind = choose("view", possible, st.segmented_control, "View", format_func=VIEWS.__getitem__, label_visibility="collapsed")
    if kind == "mosaic":
        shown = dict(list(worlds.items())[: data.MOST_BOARDS])
        left_out = len(worlds) - len(shown)
        more = f" {left_out} more were recorded." if left_out else ""
        return _windowed(kind, shown, f"{len(shown)} worlds, alike but for chance. Click one to open it.{more}")
    whose = [name for name in worlds if twins[name]] if kind == "twin" else list(worlds)
    name = _select("world", whose, "World", 130, format_func="world {}".format)
    if kind == "one":
        return _windowed(kind, {name: worlds[name]}, world_lines.condition(condition))
    own, others = worlds[name], twins[name]

    def beside(twin: str) -> str:
        return f"beside {twin}" + ("" if others[twin][0].path == own[0].path else " (another population)")

    twin = _select("twin", list(others), "Twin", 330, format_func=beside)
    return _windowed(kind, {name: own, twin: others[twin]}, "")


def _windowed(kind: str, shown: dict[str, data.World], line: str) -> View:
    """Let a selector choose the window where the worlds are too long for one; then say `line`."""
    begins = data.starts(list(shown.values()), small=kind == "mosaic")
    span = next(iter(shown.values()))[1]
    begin = begins[0]
    if len(begins) > 1:
        here = max((tick for tick in begins if tick <= asked_number("tick")), default=begins[0])
        ticks = [str(tick) for tick in begins]
        begin = int(_select("window", ticks, "From tick", 155, default=str(here), format_func="from tick {}".format))
    if line:
        st.caption(line)
    return View(kind, shown, begin, min(begin + begins.step - 1, span.last))


# ------------------------------------------------------------------------------------------------------------- the player


def _replayed(run: Run, view: View) -> None:
    """The boards of a view, in the player."""
    if st.query_params.get("view", view.kind) != view.kind:
        st.rerun()  # a board of a mosaic was clicked
    boards = data.boards(view.shown, view.first, view.last, small=view.kind == "mosaic")
    if view.kind == "mosaic":
        mount("mosaic", boards)
        return
    seat = _seat(boards[0].replay.seats)
    asked = Inside() if seat < 0 else inside(run.path.parent, *view.main, seat, view.first, view.last)
    lines = [world_lines.cut(boards[0].replay.cut), plain(asked.line)]
    parted = parting(*view.shown.values()) if view.kind == "twin" else Parting()
    if view.kind == "twin":
        _parting(parted, view)
    if any(lines):
        st.caption(" ".join(filter(None, lines)))
    mount(view.kind, boards, parted=parted.tick, follow=asked.follow, kept=seat, asking=asked.pending)
    if asked.pending:
        st.fragment(_poll(run, view, seat), run_every=POLL)()


def _seat(seats: int) -> int:
    """The seat that the address follows, -1 for none."""
    seat = asked_number("seat")
    if "seat" in st.query_params and not 0 <= seat < seats:
        st.warning("The address asks for a seat that is not here: following none.", icon=":material/link_off:")
        del st.query_params["seat"]
        return -1
    return seat


def _parting(found: Parting, view: View) -> None:
    """Where the twins part, in words, and the way there."""

    def go_there() -> None:
        jump(found.tick)
        if not view.first <= found.tick <= view.last:
            st.query_params.pop("window", None)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(world_lines.parting(found), width="content")
        if found.tick < 0:
            return
        label = f"go to tick {found.tick:,}"
        if st.button(label, icon=":material/call_split:", key="jump", on_click=go_there, type="tertiary", width="content"):
            st.rerun()


def _poll(run: Run, view: View, seat: int) -> Callable[[], None]:
    """Look until the answer is there, or nobody asks any more; then draw the page anew."""

    def look() -> None:
        here = asked_number("seat") == seat
        if not here or not inside(run.path.parent, *view.main, seat, view.first, view.last).pending:
            st.rerun()

    return look


def _live(run: Run) -> None:
    """The newest rollout of a run that is learning."""
    if run.path not in [one.path for one in data.learning(run).values()]:
        st.rerun()
    shown = data.live(run)
    if shown is None:
        parts.heading(run)
        parts.no_rows(run, "recorded world")
        return
    total = run.status.get("total")
    of = f" of {total:,}" if isinstance(total, int) else ""
    st.caption(
        f":blue-badge[live] **{plain(data.TRAINING)}**: what world 0 did before update {shown.update:,}, "
        f"after {shown.agent_steps:,}{of} agent-steps; a newer rollout takes its place by itself"
    )
    mount("one", [data.Board("0", f"{data.TRAINING} · world 0", shown.replay)], live=True)
