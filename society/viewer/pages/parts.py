"""Pieces that several pages share."""

import streamlit as st

from society.record.store import Run
from society.viewer import queries
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
    st.markdown(" &nbsp;·&nbsp; ".join(fact for fact in facts if fact))


def refresh(run: Run) -> float | None:
    """How often a page about this run looks again: never for one that is not live."""
    return EVERY if run.state == "live" else None


def settle(run: Run, was_live: bool) -> None:
    """In a fragment: when the run is live no more, draw the whole page once, which ends the refreshing."""
    if was_live and run.state != "live":
        st.rerun()


def no_rows(run: Run, what: str) -> None:
    """Say that something is not there, and what that means for this run's state."""
    state = run.state
    why = {
        "live": "It appears here as soon as the run writes it.",
        "done": "This run wrote none.",
        "interrupted": "The run was interrupted before; `society resume` goes on.",
    }.get(state, "The run ended before it was made.")
    st.info(f"No {what} yet. {why}" if state == "live" else f"No {what}. {why}", icon=":material/hourglass_empty:")


def unit(run: Run) -> str:
    """The unit of the headline, or nothing."""
    told = queries.declared(run)
    return told.headline.unit if told else ""
