"""Pieces that several pages share."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from society.record.files import Damaged
from society.record.store import Run
from society.viewer.words import STATES, plain

COLOURS = {"live": "blue", "done": "green", "interrupted": "orange"}
EVERY = 2.0  # seconds between two looks at a live run


def heading(run: Run) -> None:
    """The run's name and what it is, in one line."""
    config, status = run.config, run.status
    state = run.state
    steps = status.get("agent_steps")
    facts = [
        f":{COLOURS.get(state, 'red')}-badge[{state}]",
        f"**{plain(config.get('scenario', ''))}**",
        f"seed {plain(config.get('seed', '?'))}",
        f"{steps:,} agent-steps" if isinstance(steps, int) else "",
        STATES.get(state, "") if state != "done" else "",
    ]
    total = status.get("total")
    if state == "live" and isinstance(steps, int) and isinstance(total, int) and total > 0:
        st.progress(min(max(steps / total, 0.0), 1.0))
    st.markdown(" &nbsp;·&nbsp; ".join(fact for fact in facts if fact))


def section(run: Run, body: Callable[[Run], None]) -> None:
    """Show `body(run)`, again every `EVERY` seconds while the run is live.

    When it is live no more the whole page is drawn once, which ends the refreshing. What a section cannot read it says,
    because an error does not leave a fragment.
    """
    was_live = run.state == "live"

    def shown() -> None:
        try:
            if was_live and run.state != "live":
                st.rerun()
            body(run)
        except Damaged as error:
            damaged(error)

    st.fragment(shown, run_every=EVERY if was_live else None)()


def figure(chart: Any, says: str, rows: pd.DataFrame | None = None, key: str = "") -> None:
    """An Altair chart, what it shows in a sentence for who cannot see it, and its numbers to read and to download.

    `says` is plain text, shown to a screen reader in place of the picture; `rows` are offered below as a table with `key`.
    """
    st.altair_chart(chart, width="stretch", alt=says)
    if rows is not None:
        with st.container(key=f"below_{key}"), st.popover("numbers", icon=":material/table_rows:", type="tertiary"):
            st.caption(plain(says))
            st.dataframe(rows, hide_index=True, key=f"numbers_{key}")


def damaged(error: Damaged) -> None:
    """A file that cannot be trusted, in a line."""
    st.error(f"This run is damaged: {plain(error)}", icon=":material/broken_image:")


def no_rows(run: Run, what: str) -> None:
    """Say that something is not there, and what that means for this run's state."""
    state = run.state
    why = {
        "live": "It appears here by itself when the run writes it: rows at every checkpoint, worlds and report at the end.",
        "done": "This run wrote none.",
        "interrupted": "The run was interrupted before; `society resume` goes on.",
    }.get(state, "The run ended before it was made.")
    st.info(f"No {what} yet. {why}" if state == "live" else f"No {what}. {why}", icon=":material/hourglass_empty:")
