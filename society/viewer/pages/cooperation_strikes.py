"""The Cooperation page where players can strike: how often, whom, and when."""

import streamlit as st

from society.record.store import Run
from society.viewer.data import cooperation as data
from society.viewer.data import strikes
from society.viewer.figures import cooperation as figures
from society.viewer.pages import parts
from society.viewer.words import interval, number, p_value, plain

SHOWN = 4  # conditions in one figure


def show(run: Run) -> bool:
    """Strikes, if any landed; whether there were some."""
    found = strikes.conditions(run)
    if not found:
        return False
    st.markdown("#### Strikes: who, whom, when")
    left, right = st.columns(2, gap="large")
    with left:
        if "normal" in found:
            _matrix(run)
        else:
            st.info("In the society as trained nobody was struck.", icon=":material/info:")
    with right:
        rows = strikes.over_ticks(run, figures.few(found, SHOWN))
        if len(rows):
            says = "Strikes over the ticks of an episode, summed over all recorded worlds."
            parts.figure(figures.strikes(rows), says, rows, "strikes")
    for line in data.lines_of(run, "strike_rate"):
        bounds = plain(interval(line.ci_low, line.ci_high) or "no interval")
        st.caption(
            f"{plain(figures.label(line.condition))}: **{number(line.value)}** {bounds} {plain(line.unit[:60])} "
            f"(null, random play: {number(line.null) or 'none'}; {line.n} worlds)."
        )
    for line in data.lines_of(run, "contests.at_defectors"):
        bounds, p = plain(interval(line.ci_low, line.ci_high) or "no interval"), plain(p_value(line.p) or "none")
        st.caption(f"Of strikes **{number(line.value)}** {bounds} hit defectors (blind strikers: {number(line.null)}; p {p}).")
    return True


def _matrix(run: Run) -> None:
    ends, rows = strikes.matrix(run, "normal")
    if rows.empty:
        st.info("No strike has two known ends.", icon=":material/info:")
        return
    says = f"How often each {ends} (down) struck each other (across), in the recorded worlds of the society as trained."
    parts.figure(figures.matrix(rows, ends), says, rows, "strike_matrix")
    why = "One mind holds every seat, so seats are shown." if ends == "seat" else "A mind may sit in several seats."
    st.caption(f"Strikes in all recorded worlds. {why} Up to {strikes.MOST} are shown, those with the most.")
