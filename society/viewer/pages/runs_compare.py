"""Up to four runs side by side: a metric with its intervals, the learning curves, every estimate, and what was configured."""

from pathlib import Path

import pandas as pd
import streamlit as st

from society.analysis.estimate import Estimate
from society.record.files import Damaged
from society.record.store import Run
from society.viewer import queries
from society.viewer.address import choose, refuse
from society.viewer.data import runs as data
from society.viewer.figures import runs as figures
from society.viewer.pages import parts
from society.viewer.pages.parts import COLOURS, figure
from society.viewer.queries import Refused
from society.viewer.words import interval, number, plain

LETTERS = "ABCD"
MOST = len(LETTERS)
BADGES = ("blue", "orange", "green", "violet")  # the nearest that a badge has to the figures' colours


def show(root: Path, asked: str) -> None:
    """The comparison of the runs named in `asked`, parted by commas."""
    st.button("All runs", icon=":material/arrow_back:", type="tertiary", key="compare_back", on_click=_close)
    names = list(dict.fromkeys(asked[:5000].split(",")))
    if not 2 <= len(names) <= MOST:
        refuse(f"The address asks for {len(names)} run{'s' * (len(names) != 1)} to compare: two to four can be.")
        return
    try:
        runs = {letter: queries.open_run(root, name) for letter, name in zip(LETTERS, names, strict=False)}
        damaged = [run for run in runs.values() if run.state == "damaged"]
        if damaged:
            raise Damaged(damaged[0].problem or "")
        _body(runs)
    except Refused as refused:
        refuse(str(refused))
    except Damaged as error:
        parts.damaged(error)


def _close() -> None:
    for name in ("compare", "metric", "measure"):
        st.query_params.pop(name, None)


def _body(runs: dict[str, Run]) -> None:
    _names(runs)
    if problem := data.comparable(runs):
        st.warning(problem, icon=":material/warning:")
    else:
        st.caption("Alike but for the seed: replicates, which `society report RUN...` pools into one table.")
    found = data.estimates(runs)
    left, right = st.columns([1.15, 1], gap="large")
    with left:
        _metric(runs, found)
    with right:
        _curves(runs)
        _fields(runs)
    st.markdown("#### Every estimate")
    _estimates(runs, found)


def _names(runs: dict[str, Run]) -> None:
    for column, (i, (letter, run)) in zip(st.columns(len(runs)), enumerate(runs.items()), strict=True):
        config = run.config
        state = run.state
        column.markdown(
            f":{BADGES[i]}-badge[**{letter}**] {plain(run.name)}  \n{plain(config.get('scenario', ''))} · "
            f"seed {plain(config.get('seed', '?'))} · :{COLOURS.get(state, 'red')}-badge[{state}]"
        )


def _metric(runs: dict[str, Run], found: dict[str, list[Estimate]]) -> None:
    told = [queries.declared(run) for run in runs.values()]
    first = [one.headline.name for one in told if one]
    common = [name for name in dict.fromkeys(line.metric for line in found["A"]) if _shared(found, name)]
    names = sorted(common, key=lambda name: first.index(name) if name in first else len(first))
    if not names:
        st.info("No metric has a value in two of these runs yet.", icon=":material/info:")
        return
    metric = choose("metric", names, st.selectbox, "Metric")
    rows = figures.compared(found, metric)
    unit = next((line.unit for lines in found.values() for line in lines if line.metric == metric and line.unit), "")
    says = f"{metric} of {len(runs)} runs in {rows['condition'].nunique()} conditions, with 95 % intervals."
    figure(figures.dots(rows, list(runs), unit[:80]), says, rows.drop(columns="text"), "compare_metric")


def _shared(found: dict[str, list], metric: str) -> bool:
    return sum(any(line.metric == metric and line.value == line.value for line in lines) for lines in found.values()) > 1


def _curves(runs: dict[str, Run]) -> None:
    names = data.measures(list(runs.values()))
    if not names:
        st.info("These runs have no learning curve in common.", icon=":material/info:")
        return
    name = choose("measure", names, st.selectbox, "Learning curve")
    rows = data.overlaid(runs, name)
    says = f"{name} over training, the mean over minds, one line for each of {len(runs)} runs."
    figure(figures.curves(rows, list(runs), name[:60]), says, rows, "compare_curves")


def _fields(runs: dict[str, Run]) -> None:
    rows = data.differing(runs)
    st.markdown("#### Configured differently")
    if rows.empty:
        st.caption("Nothing: every field is the same.")
    else:
        st.dataframe(rows, hide_index=True, key="compare_fields", height=min(35 * (len(rows) + 1) + 3, 250))


def _estimates(runs: dict[str, Run], found: dict[str, list[Estimate]]) -> None:
    rows = data.side_by_side(found)
    if rows.empty:
        st.info("None of these runs has a report yet.", icon=":material/hourglass_empty:")
        return
    shown = pd.DataFrame({"metric": rows["metric"], "condition": rows["condition"]})
    for letter in runs:
        low_high = zip(rows[f"value {letter}"], rows[f"low {letter}"], rows[f"high {letter}"], strict=True)
        shown[f"{letter} [95 %]"] = [f"{number(value)} {interval(low, high)}".strip() for value, low, high in low_high]
        if letter != "A":
            shown[f"{letter} less A"] = [number(value) for value in rows[f"{letter} - A"]]
    shown["unit"] = rows["unit"]
    st.caption(
        "A difference is one run's value less the other's. Each interval is over worlds of one run and says nothing of "
        "another training run: what replicates is told by several seeds."
    )
    st.dataframe(shown, hide_index=True, key="compare_estimates", height=min(35 * (len(shown) + 1) + 3, 460))
