"""Cooperation: how the commons fares, whether it is a dilemma, who answers in kind, who strikes, what strangers change."""

import math

import pandas as pd
import streamlit as st

from society.analysis.estimate import Estimate
from society.record.store import Run
from society.viewer import queries, words
from society.viewer.address import choose
from society.viewer.data import cooperation as data
from society.viewer.data import moves, population
from society.viewer.figures import cooperation as figures
from society.viewer.pages import cooperation_moves, cooperation_strikes, parts
from society.viewer.words import interval, number, p_value, plain

SUSTAINED, PEACE = "social.sustainability", "social.peace"
OUTCOMES = {
    "social.efficiency": "efficiency (reward of all per tick)",
    "social.equality": "equality (1 = equal)",
    SUSTAINED: "sustainability (mean tick of a reward)",
    PEACE: "peace (seats in play)",
}
SHOWN = 6  # societies in one figure of lines
COMMANDS = {"commons_harvest": "society reproduce commons_dilemma", "clean_up": "society reproduce clean_up_dilemma"}


def show(run: Run) -> None:
    """The page; a live run's figures come as it writes them."""
    parts.section(run, _body)


def _body(run: Run) -> None:
    parts.heading(run)
    rows, played = data.stock(run), moves.conditions(run)
    if played:
        cooperation_moves.show(run, list(played))
    if len(rows):
        _stock(run, rows)
    outcomes = _outcomes(run)
    training = _training(run)
    struck = cooperation_strikes.show(run)
    twins = _twins(run)
    if not (played or len(rows) or outcomes or training or struck or twins):
        parts.no_rows(run, "cooperation")
    _absent(run, played, rows)


# ------------------------------------------------------------------------------------------------------------- the stock


def _stock(run: Run, rows: pd.DataFrame) -> None:
    left, right = st.columns([1.75, 1], gap="large")
    with left:
        kinds = list(dict.fromkeys(rows["what"]))
        title, pick = st.columns([3, 1], vertical_alignment="center")
        title.markdown("#### How the commons fares over an episode")
        what = kinds[0]
        if len(kinds) > 1:
            with pick:
                what = choose("resource", kinds, st.selectbox, "Resource", label_visibility="collapsed")
        own = rows[rows["what"] == what]
        every = own["condition"].nunique()
        own = own[own["condition"].isin(figures.few(own["condition"], SHOWN))]
        mean = data.mean_stock(own)
        worlds = own[own["condition"] == "normal"]
        says = f"Units of {what} in the world, tick by tick: mean over the recorded worlds of each society. " + _ends(mean)
        parts.figure(figures.stock(mean, worlds, what), says, mean, "stock")
        less = f" {SHOWN} of {every} societies are shown." if every > SHOWN else ""
        st.caption(
            f"Mean over recorded worlds; faint: the {worlds['world'].nunique()} worlds of the society as trained. What nobody "
            f"harvests stands high as well: read it beside the {plain(_earned(run))}.{less}"
        )
    with right:
        _headline(run)


def _earned(run: Run) -> str:
    told = queries.declared(run)
    return told.headline.name[:40] if told else "returns"


def _ends(mean: pd.DataFrame) -> str:
    last = mean.sort_values("tick").groupby("condition", sort=False)["units"].last()
    told = (f"{figures.label(str(name))} {number(float(units)) or 'none'}" for name, units in last.items())
    return "At the end: " + ", ".join(told) + "."


def _headline(run: Run) -> None:
    """The scenario's headline in every condition, as the report has it."""
    told = queries.declared(run)
    lines = data.lines_of(run, told.headline.name) if told else []
    if told is None or not lines:
        parts.no_rows(run, "report of what the societies earned")
        return
    st.markdown(f"#### {plain(told.headline.name[:40])}")
    conditions = figures.few((line.condition for line in lines), 12)
    lines = [line for line in lines if line.condition in conditions]
    chart = figures.by_condition(lines, conditions, told.headline.unit)
    parts.figure(chart, f"{told.headline.name} in every society, with 95 % intervals.", _numbers(lines), "headline")
    place = next(iter(data.lines_of(run, f"relative.{told.headline.name}")), None)
    if place and told.relative:
        zero, one = (plain(name.rpartition(":")[2][:30]) for name in (told.relative.zero, told.relative.one))
        bounds = interval(place.ci_low, place.ci_high)
        st.caption(f"From {zero} = 0 to {one} = 1 the trained society stands at **{number(place.value)}** {plain(bounds)}.")


def _numbers(lines: list[Estimate]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "metric": [line.metric for line in lines],
            "condition": [line.condition for line in lines],
            "value": [line.value for line in lines],
            "95 % interval": [interval(line.ci_low, line.ci_high) for line in lines],
            "null": [number(line.null) for line in lines],
            "n": [line.n for line in lines],
            "unit": [line.unit for line in lines],
        }
    )


# -------------------------------------------------------------------------------------------------------- four outcomes


def _outcomes(run: Run) -> bool:
    lines = data.social(run)
    names = [name for name in OUTCOMES if any(line.metric == name for line in lines)]
    if not names:
        return False
    st.markdown("#### Social outcomes, by society")
    found = {line.condition for line in lines}
    conditions = figures.few(found, 12)
    for i, (column, name) in enumerate(zip(st.columns([1.45, *[1] * (len(names) - 1)]), names, strict=True)):
        with column:
            own = [line for line in lines if line.metric == name and line.condition in conditions]
            chart = figures.by_condition(own, conditions, OUTCOMES[name], labels=i == 0)
            parts.figure(chart, f"{OUTCOMES[name]}, with 95 % intervals over worlds.", _numbers(own), name)
    st.caption(
        f"{'The' if len(names) == 4 else 'Of the'} four outcomes of Perolat et al. 2017: mean and 95 % interval over worlds; "
        "the dashed line is the null, random agents in every seat."
        + ("" if SUSTAINED not in names else " Late rewards are sustained ones.")
        + ("" if PEACE not in names else " Peace is the mean number of seats that are not struck out.")
        + ("" if data.worked_out(run) else " Twins and scripts are left out: their episodes are too many to work out here.")
    )
    return True


# -------------------------------------------------------------------------------------------------------- over training


def _training(run: Run) -> bool:
    """The scenario's declared ratios over training, at most four of them."""
    shown, window = [], population.rollouts_of_an_episode(run)
    for name, (top, bottom, unit) in data.declared_ratios(run).items():
        rows = data.over_training(run, top, bottom, window)
        if len(rows):
            shown.append((name, unit, rows))
    if not shown:
        return False
    st.markdown("#### Over training")
    columns = st.columns(2, gap="large")
    for i, (name, unit, rows) in enumerate(shown[:4]):
        with columns[i % 2]:
            end = next((line for line in data.lines_of(run, name) if line.condition == "normal"), None)
            null = end.null if end else math.nan
            st.markdown(f"**{plain(name)}**")
            chart = figures.ratio(rows, figures.ordered(rows["population"]), unit, null, end)
            parts.figure(chart, f"{name} ({unit}) over training.", rows, f"training_{name}")
    over = f"the last {window} rollouts (one episode)" if window > 1 else "each rollout"
    st.caption(f"Lines: {over} while learning. Dot: the evaluated society with its 95 % interval. Dashed: the null.")
    return True


# -------------------------------------------------------------------------------------------------- strangers and peace


def _twins(run: Run) -> bool:
    """What strangers and a peace without strikes change, as the report has it."""
    told = queries.declared(run)
    shown = {name: data.effects(run, name) for name in ("strangers", "peaceful")}
    known = {name: [line for line in lines if math.isfinite(line.value)] for name, lines in shown.items()}
    there = [name for name, lines in known.items() if lines]
    if not there:
        return False
    st.markdown("#### Strangers and peace: what a twin world changes")
    columns = st.columns(2, gap="large")
    for i, name in enumerate(there):
        with columns[i]:
            st.markdown(f"**{name}**: {plain(words.condition(name).removeprefix('twin world: '))}")
            headline = told.headline.name if told else ""
            lines = [line for line in data.lines_of(run, headline) if line.condition in ("normal", name)]
            if lines:
                chart = figures.by_condition(lines, ["normal", name], lines[0].unit)
                parts.figure(chart, f"{headline} as trained and with {name}.", _numbers(lines), f"twin_{name}")
            for line in known[name]:
                _effect(line, name)
    return True


def _effect(line: Estimate, name: str) -> None:
    p = f", p {p_value(line.p)}" if p_value(line.p) else ""
    metric = plain(line.metric.removeprefix(f"effect_of_{name}.")[:60])
    bounds = plain(interval(line.ci_low, line.ci_high) or "no interval")
    st.caption(f"Effect on {metric}: **{number(line.value)}** {bounds} {plain(line.unit[:60])} (null 0{p}, {line.n} worlds)")


# --------------------------------------------------------------------------------------------------------- what is not


def _absent(run: Run, played: dict[str, int], rows: pd.DataFrame) -> None:
    """What this page can show and this run does not have, and what would make it."""
    scenario = run.config.get("scenario")
    scenario = scenario if isinstance(scenario, str) and scenario.isidentifier() else "SCENARIO"
    lines = []
    if not played:
        made = COMMANDS.get(scenario)
        told = ", whose moves neither cooperate nor defect." if "plays" in run.tables() else ", which has no matrix game."
        how = f"; `{made}` makes it, with scripted seats." if made else told
        lines.append(f"Schelling diagram: not made by this run{how}")
    if not len(rows):
        there = "no recorded world draws a resource that can be used up" if queries.spans(run) else "no world is recorded yet"
        lines.append(f"Stock: {there}.")
    if not any(math.isfinite(line.value) for line in data.effects(run, "strangers")):
        lines.append(
            f"Strangers: no mind of another run sat in. `society run {scenario} --evaluation.strangers RUN "
            '--evaluation.conditions \'["normal", "strangers"]\'` seats one.'
        )
    with st.expander("Not in this run", icon=":material/info:", expanded=not played and not len(rows)):
        st.markdown("\n".join(f"- {line}" for line in lines) or "- Everything that this page can show is there.")
