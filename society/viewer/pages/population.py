"""The population: how it learned, who gets the better of whom, who descends from whom, who is who."""

import math

import pandas as pd
import streamlit as st

from society.record.store import Run
from society.viewer import charts, queries
from society.viewer.data import minds, pairs
from society.viewer.data import population as data
from society.viewer.figures import population as figures
from society.viewer.pages import parts
from society.viewer.words import interval, number, p_value, plain

TOTAL = "total"  # the phase that is the others' sum and more
FIRST = ("reward", "loss.value")
HEADS = "entropy by head"  # all of them in one figure
OFFERED = 12  # curves that a choice begins with at most
BAND = "Band: from the 10 % to the 90 % quantile of the minds at that moment, a spread between minds and no confidence interval."


def show(run: Run) -> None:
    """The page; a live run's curves grow as it goes."""
    parts.section(run, _body)


def _body(run: Run) -> None:
    parts.heading(run)
    names = data.names(run)
    if names:
        _curves(run, names)
    else:
        parts.no_rows(run, "learning curve")
    _meetings(run)
    _lineage(run)
    _who(run)
    _throughput(run)


# ------------------------------------------------------------------------------------------------------- learning curves


def _curves(run: Run, names: list[str]) -> None:
    heads = any(name.startswith(data.ENTROPY) for name in names)
    offered = [*([HEADS] if heads else []), *names]
    told = queries.declared(run)
    own = f"measure.{told.headline.measure}" if told else ""
    first = [name for name in ("reward", HEADS, own, *FIRST[1:]) if name in offered] or offered[:4]
    title, pick = st.columns([1, 3.4], vertical_alignment="center")
    title.markdown("#### Learning curves")
    with pick:
        chosen = st.multiselect(
            "Curves", offered, default=first, key="curve_names", label_visibility="collapsed", max_selections=OFFERED
        )
    columns = st.columns(2, gap="large")
    banded, window = False, data.rollouts_of_an_episode(run)
    for i, name in enumerate(chosen):
        with columns[i % 2]:
            banded |= _curve(run, name, window)
    if not chosen:
        st.caption("Choose a curve above.")
    smooth = f"Reward and measures: mean of the last {window} rollouts, about an episode." if window > 1 else ""
    if chosen and (banded or smooth):
        st.caption(f"{BAND if banded else ''} {smooth}".strip())


def _curve(run: Run, name: str, window: int) -> bool:
    """One figure; whether it has a band."""
    if name == HEADS:
        rows = data.entropies(run)
        st.markdown("**entropy of each action head** (nats; 0 = certain)")
        chart, says = figures.entropies(rows), "Entropy of each action head over training: where it falls, minds become certain."
    else:
        rows = data.curve(run, name, window if name == "reward" or name.startswith("measure.") else 1)
        st.markdown(f"**{plain(name[:60])}**" + (" (mean over minds)" if rows["high"].notna().any() else ""))
        populations = list(dict.fromkeys(rows["population"]))
        chart, says = figures.curve(rows, populations, name), f"{name} over training, of the run and its controls."
    if rows.empty:
        st.caption("No number under this name.")
        return False
    parts.figure(chart, says, rows, f"curve_{name}")
    return bool(rows["high"].notna().any())


# ------------------------------------------------------------------------------------------------- cross-play and ratings


def _meetings(run: Run) -> None:
    found, rated = pairs.cross(run), pairs.rated(run)
    if found is None and rated is None:
        if run.state == "done":
            st.info(
                "Cross-play and ratings need two minds that meet; in this run no two different minds met.", icon=":material/info:"
            )
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("#### Cross-play: who does how well with whom")
        if found is None:
            st.info("No two minds sat in one episode of the society as trained.", icon=":material/info:")
        else:
            _cross(run, found)
    with right:
        st.markdown("#### Ratings")
        if rated is None or rated.rows.empty:
            why = plain(rated.reason) if rated else "nothing was played that one mind wins and another loses"
            st.info(f"No ratings: {why}.", icon=":material/info:")
        else:
            _ratings(run, rated)


def _cross(run: Run, found: pairs.Cross) -> None:
    says = f"Mean {found.what} of each mind (down) with or against each other (across), of the society as trained."
    parts.figure(figures.cross(found.rows, found.what, found.mean), says, found.rows, "cross")
    told = f"Mean {found.what}; blank: never met; the colours' middle is the mean of all pairs, **{number(found.mean)}**."
    if math.isfinite(found.null):
        told += (
            f" Pairs of different minds differ by **{number(found.spread)}** (sd); if it made no difference who meets whom: "
            f"{number(found.null)}" + (f", p {plain(p_value(found.p))}." if p_value(found.p) else ".")
        )
    told += _seated(run)
    if "negotiation" in found.what:
        told += " No deal counts as 0, as does a pool that is worth nothing to a side: the report leaves that side out."
    if found.minds > pairs.SHOWN:
        told += f" The {pairs.SHOWN} of {found.minds} minds with the most games are shown."
    st.caption(told)


def _seated(run: Run) -> str:
    """That minds sat in different roles, if they did: then a comparison of them is one of their roles as well."""
    apart = minds.who(run)["roles"].dropna().nunique() > 1
    return " **Minds sat in different roles**: what tells them apart may be the seat and not the mind." if apart else ""


def _ratings(run: Run, rated: pairs.Rated) -> None:
    says = "Rating of each mind in Elo points with a 95 % interval over worlds; 0 is the average mind."
    parts.figure(figures.ratings(rated.rows), says, rated.rows, "ratings")
    told = f"A game is {rated.what}. Intervals: worlds drawn again."
    if math.isfinite(rated.cyclic_share):
        told += (
            f" **{rated.cyclic_share:.0%}** of the squared log odds is cyclic, which no rating can express; luck alone makes "
            "some, the more the fewer games."
        )
    if rated.unmet:
        told += f" Pairs that never met, {rated.unmet:,} of them, count as even: what is cyclic is not known."
    told += _seated(run)
    st.caption(told)
    for line in queries.estimates(run) or []:
        if line.metric.startswith(("rating_spread.", "cyclic_share.")) and math.isfinite(line.value):
            bounds = plain(interval(line.ci_low, line.ci_high) or "no interval")
            p = f", p {plain(p_value(line.p))}" if p_value(line.p) else ""
            st.caption(
                f"{plain(line.metric)}: **{number(line.value)}** {bounds} {plain(line.unit)}, by luck {number(line.null)}{p}"
            )


# --------------------------------------------------------------------------------------------------------- where from


def _lineage(run: Run) -> None:
    rows = minds.lineage(run)
    if rows.empty:
        return
    st.markdown("#### Descent")
    frozen = int(rows["frozen"].sum())
    told = f"{frozen:,} of {len(rows):,} minds are frozen: they act and learn no more." if frozen else "None is frozen."
    if not (rows["parent"] >= 0).any():
        born = (
            "Every mind was born at the start; none has a parent."
            if (rows["born_update"] == 0).all()
            else "No mind has a parent."
        )
        st.caption(f"{born} {told}")
        return
    shown = minds.tree(rows)
    says = f"Tree of descent of {len(shown)} minds: each at the update of its birth, joined to its parent."
    parts.figure(figures.tree(shown), says, shown, "tree")
    less = f" The largest families, {len(shown)} of {len(rows):,} minds, are shown." if len(shown) < len(rows) else ""
    st.caption(f"A line joins a mind to the one that it was copied from. {told}{less}")


# --------------------------------------------------------------------------------------------------------- who is who


def _who(run: Run) -> None:
    rows = minds.who(run)
    if rows.empty:
        return
    st.markdown("#### Who is who")
    found, rated = pairs.cross(run), pairs.rated(run)
    alike = rows["roles"].nunique() == 1  # one population of one game: else no mind can invade another's place
    ranks = (pairs.alpha(found) if found and alike else None) or {}
    shown = pd.DataFrame(
        {
            "mind": rows["mind"],
            "sat as": rows["roles"],
            "seats played": rows["seats"],
            "mean return": rows["return"],
            "95 % interval": [interval(low, high) for low, high in zip(rows["low"], rows["high"], strict=True)],
            "entropy at end (nats)": rows["entropy"],
            "frozen": rows["frozen"].map({True: "frozen", False: ""}),
            "parent": rows["parent"].where(rows["parent"] >= 0),
            "born at update": rows["born"],
        }
    )
    if rated is not None and len(rated.rows):
        shown.insert(5, "rating (Elo)", rows["mind"].map(rated.rows.set_index("mind")["value"]))
    if ranks:
        shown.insert(5, "alpha-rank", rows["mind"].map(ranks))
    shown = shown.dropna(axis="columns", how="all")
    st.dataframe(
        shown.loc[:, [c for c in shown if c == "mind" or (shown[c] != "").any()]],
        hide_index=True,
        key="who",
        height=min(35 * (len(shown) + 1) + 3, 420),
        column_config={
            "mean return": st.column_config.NumberColumn(format="%.4g"),
            "entropy at end (nats)": st.column_config.NumberColumn(format="%.3f"),
            "rating (Elo)": st.column_config.NumberColumn(format="%.0f"),
            "alpha-rank": st.column_config.NumberColumn(format="%.3f"),
        },
    )
    notes = "Seats and returns are of the society as trained; intervals over worlds, as in the report"
    notes += "." if len(rows) <= minds.WITH_INTERVAL else f", for at most {minds.WITH_INTERVAL} minds."
    if ranks:
        notes += (
            " Alpha-rank: the share of time that evolution would dwell at this mind (Omidshafiei et al. 2019; limit of strong "
            "selection, a worse mind takes over in 1 of 100 cases). Of the mean scores as they are, without an interval: where "
            "two minds differ by luck, luck decides."
        )
    st.caption(notes)


# --------------------------------------------------------------------------------------------------------- throughput


def _throughput(run: Run) -> None:
    rows = data.throughput(run)
    if rows.empty:
        return
    st.markdown("#### Throughput, and where the time went")
    left, middle, right = st.columns([0.8, 1.6, 1.6], gap="large", vertical_alignment="top")
    with left:
        own = rows[rows["population"] == rows["population"].iloc[0]]
        whole = own[own["phase"] == TOTAL]
        seconds, steps = (own if whole.empty else whole)["seconds"].sum(), own["agent_steps"].max()
        st.metric("agent-steps per second", f"{steps / seconds:,.0f}" if seconds > 0 else "none")
        st.caption(f"{steps:,} agent-steps in {seconds:,.0f} s of learning, of this run itself")
    with middle:
        pace = data.speed(run)
        populations = list(dict.fromkeys(pace["population"]))
        pace = pace.assign(low=math.nan, high=math.nan, minds=math.nan)
        parts.figure(figures.curve(pace, populations, "agent-steps per second"), "Speed of learning over the run.", pace, "speed")
    with right:
        total = rows[rows["phase"] != TOTAL].assign(population=rows["population"].map(figures.label))
        if len(total):
            parts.figure(charts.phases(total), "Share of each phase in the time of an update.", total, "phases")
