"""The Cooperation page of a matrix game: is it a dilemma, how much is cooperated, who answers what."""

import math

import pandas as pd
import streamlit as st

from society.analysis.schelling import Schelling
from society.record.store import Run
from society.viewer.address import choose
from society.viewer.data import cooperation as data
from society.viewer.data import moves
from society.viewer.figures import cooperation as figures
from society.viewer.figures import moves as drawn
from society.viewer.pages import parts
from society.viewer.words import interval, number, p_value, plain

VERDICTS = {
    "dilemma": "This is a **social dilemma**",
    "none": "This is **no social dilemma**",
    "undecided": "Whether this is a social dilemma is **undecided**",
}
FEAR = "fear (defecting beats cooperating against a defector)"
GREED = "greed (defecting beats cooperating against a cooperator)"
MOST = 12  # conditions to choose from
COMPARED = 5  # conditions in one figure


def show(run: Run, conditions: list[str]) -> None:
    """All of it, for a run whose moves cooperate or defect under `conditions`."""
    conditions = figures.ordered(conditions)
    condition = conditions[0]
    if len(conditions) > 1:
        condition = choose(
            "condition",
            conditions[:MOST],
            st.segmented_control,
            "Society",
            format_func=figures.label,
            label_visibility="collapsed",
        )
    found = moves.turns(run, condition)
    if found.empty:
        parts.no_rows(run, "moves under this condition")
        return
    left, right = st.columns(2, gap="large")
    with left:
        _schelling(found, condition)
    with right:
        _reciprocity(run, found, condition)
    left, right = st.columns([1, 1.15], gap="large")
    with left:
        _rounds(run, conditions, condition)
    with right:
        _profiles(found)


def _schelling(found: pd.DataFrame, condition: str) -> None:
    st.markdown("#### Schelling diagram")
    diagram = moves.diagram(found)
    assert diagram is not None  # there are moves
    rows = drawn.schelling_rows(diagram)
    says = "Payoff of a round of cooperators and defectors, by how many others cooperate, with 95 % intervals over worlds."
    parts.figure(drawn.schelling(rows, 2), says, rows, "schelling")
    st.caption(_verdict(diagram))


def _verdict(found: Schelling) -> str:
    """The verdict in a sentence: fear and greed, or why none is given."""
    told = VERDICTS[found.verdict]
    if found.reason:
        told += f": {plain(found.reason)}"
    drives = [text for text, there in ((FEAR, found.fear), (GREED, found.greed)) if there]
    told += f"; shown at .05: {' and '.join(drives)}." if drives else "; neither fear nor greed is shown at .05."
    return told + " Trained players choose when to cooperate: only scripted seats, assigned at random, are a clean design."


def _reciprocity(run: Run, found: pd.DataFrame, condition: str) -> None:
    st.markdown("#### Do they answer in kind?")
    rows = moves.reactive(found)
    both = rows.groupby("mind")["moves"].min()
    if not (both > 0).any():
        if not (found["partner_before"] >= 0).any():
            st.info("One round an episode: no move comes after another.", icon=":material/info:")
        else:
            st.info("No mind met both a partner that had cooperated and one that had defected.", icon=":material/info:")
        return
    says = "Each mind's probability of cooperating after its partner defected (across) and cooperated (upwards)."
    parts.figure(drawn.reciprocity(rows, moves.NAMED), says, rows, "reciprocity")
    line = next((one for one in data.lines_of(run, "plays.reciprocity") if one.condition == condition), None)
    told = ""
    if line:
        bounds, p = plain(interval(line.ci_low, line.ci_high) or "no interval"), p_value(line.p)
        told = f" Reciprocity in the report: **{number(line.value)}** {bounds}, null {number(line.null)}"
        told += f", p {plain(p)}." if p else "."
    st.caption("Dots are minds (numbered), the diamond all of them; on the dashed line nobody looks." + told)


def _rounds(run: Run, conditions: list[str], chosen: str) -> None:
    st.markdown("#### Cooperation over an episode")
    others = [name for name in figures.ordered(conditions) if not name.startswith("script:") or name == "script:random"]
    shown = list(dict.fromkeys([chosen, *others]))[:COMPARED]
    rows = pd.concat([moves.by_round(moves.turns(run, name)).assign(condition=name) for name in shown], ignore_index=True)
    if rows["round"].nunique() > 1:
        says = "Share of cooperative moves by round, with 95 % intervals over worlds; random play is the reference."
        parts.figure(drawn.rounds(rows), says, rows, "rounds")
    lines = [line for line in data.lines_of(run, "plays.cooperation") if line.condition in conditions]
    for line in lines:
        bounds = plain(interval(line.ci_low, line.ci_high) or "no interval")
        st.caption(
            f"{plain(figures.label(line.condition))}: **{number(line.value)}** {bounds} of all moves cooperate "
            f"(null, random play: {number(line.null) or 'none'}; {line.n} worlds)."
        )


def _profiles(found: pd.DataFrame) -> None:
    st.markdown("#### Memory-one strategies")
    rows = moves.memory_one(found)
    if not (rows["moves"] > 0).any():
        st.info("One round an episode: there is nothing to remember.", icon=":material/info:")
        return
    own, order = [], []
    for mind, profile in rows.groupby("mind"):
        near = moves.nearest(profile)
        name = ("all minds" if mind == -1 else f"mind {mind}") + (f" \u2248 {near}" if near else "")
        order.append(name)
        own.append(profile[["state", "value", "moves"]].assign(label=name))
    references = [
        {"label": name, "state": state, "value": value, "moves": math.nan}
        for name, four in moves.NAMED.items()
        for state, value in zip(moves.STATES, four, strict=True)
    ]
    shown = pd.concat([*own, pd.DataFrame(references)], ignore_index=True)
    says = "P(cooperate) after each outcome of the round before, of each mind, and of named strategies below for reference."
    parts.figure(drawn.profiles(shown, [*order, *moves.NAMED]), says, rows, "profiles")
    st.caption(
        f"\u2248 names the closest strategy within {moves.NEAR:g}, states weighted by how often they came up; never: a state "
        "that did not. All minds "
        f"pools unlike ones. At most {moves.MINDS} minds are shown. The named strategies below are references, not players."
    )
