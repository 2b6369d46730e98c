"""Language: whether talk matters, what is said for what, who speaks like whom, and what other words would have done."""

from functools import partial

import streamlit as st

from society.record.store import Run
from society.viewer import charts, queries, words
from society.viewer.address import choose
from society.viewer.data import language, language_lines
from society.viewer.data.dialects import voices
from society.viewer.figures import language as figures
from society.viewer.pages import parts
from society.viewer.pages.language_lexicon import dark, lexicon
from society.viewer.pages.language_utterances import utterances
from society.viewer.words import interval, number, plain

TWIN, CONTROL = "twin world", "grown without"


def show(run: Run) -> None:
    """The page; what a run has nothing for is said in a line."""
    queries.estimates(run)  # a report that cannot be trusted is said once, before there are sections to say it
    owners = language.speakers(run)
    growing = not language.lexicon(run).empty
    if not owners and not growing:
        parts.section(run, _wait)
        return
    left, middle, right = st.columns([3.2, 1.1, 0.8], vertical_alignment="center")
    with left:
        parts.section(run, parts.heading)
    condition, mind, owner = "normal", "all", run
    if owners:
        with middle:
            condition = choose("condition", list(owners), st.selectbox, "Condition", label_visibility="collapsed")
        owner = owners[condition]
        said = language.talk(owner)
        minds = ["all", *(str(one) for one in (said.minds(condition) if said else []))]
        with right:
            mind = choose("mind", minds, st.selectbox, "Mind", format_func=_mind, label_visibility="collapsed")
    effect, words_at = st.columns([1, 1.42], gap="large")
    with effect:
        parts.section(run, _effects)
    with words_at:
        parts.section(run, partial(lexicon, owner=owner if owners else None, condition=condition, mind=mind))
    parts.section(run, _metrics)
    if owners:
        parts.section(run, lambda _: _dialects(owner, condition))
        parts.section(run, lambda _: utterances(run, owner, condition, mind))


def _mind(name: str) -> str:
    return "all minds" if name == "all" else f"mind {name}"


def _wait(run: Run) -> None:
    """Nothing is said yet, or nothing ever can be."""
    if language.speakers(run) or not language.lexicon(run).empty:
        st.rerun()
    parts.heading(run)
    if run.state == "done":
        st.info("This world has no channel: nobody could say anything.", icon=":material/volume_off:")
    else:
        parts.no_rows(run, "messages")


# ----------------------------------------------------------------------------------------------------- does talk matter?


def _effects(run: Run) -> None:
    st.markdown("#### Does talk matter?")
    lines, told = queries.estimates(run), queries.declared(run)
    if not lines or told is None:
        parts.no_rows(run, "report")
        return
    found, name = language_lines.effects(lines, told), told.headline.name[:40]
    head = queries.headline(run, lines)
    if head is not None:
        ends = interval(head.ci_low, head.ci_high)
        chance = f", chance {number(head.null)}" if number(head.null) else ""
        st.caption(
            f"{plain(name)} as trained: **{plain(number(head.value) or 'none')}** {plain(ends)}{plain(chance)} "
            f"({plain(told.headline.unit[:40])})"
        )
    says = language_lines.sentence(found, name)
    st.markdown(plain(says))
    known = [line for line in found if number(line.value)]
    if known:
        rows = [(line.condition, _group(line.metric), line) for line in known]
        groups = {TWIN: charts.BLUE, CONTROL: charts.ORANGE}
        there = {group: groups[group] for group in groups if any(group == one for _, one, _ in rows)}
        chart = charts.dots(rows, there, f"difference in {name}", "null", 0.0)
        parts.figure(chart, f"Change of {name} by condition. {says}")
    for line in found:
        if line not in known:
            st.caption(f"{plain(line.condition)}: {plain(line.reason[:200]) or 'no value'}")
    st.caption(
        "Filled: the 95 % interval excludes the null (dashed), each line for itself: how many there are is corrected for on "
        "Report only, for the contrasts declared beforehand. A twin is the same society with its messages changed; "
        "a trusting listener is misled by a shuffle, so its loss overstates what words are worth."
    )


def _group(metric: str) -> str:
    return TWIN if metric.startswith(language_lines.EFFECT) else CONTROL


# --------------------------------------------------------------------------------------------------------------- metrics


def _metrics(run: Run) -> None:
    lines, told = queries.estimates(run), queries.declared(run)
    rows = language_lines.table(lines or [], told)
    if not rows:
        return
    st.markdown("#### Every measure of this language")
    st.caption("Of the society as trained; p of one line each, uncorrected. Every interval is of 95 %.")
    column = st.column_config.TextColumn
    st.dataframe(
        rows,
        hide_index=True,
        key="language_metrics",
        height=min(35 * (len(rows) + 1) + 3, 1100),
        column_config={
            "about": column(width=92),
            "metric": column(width=215),
            "value": column(width=62),
            "95 % interval": column(width=115),
            **{name: column(width=55) for name in ("null", "p", "n")},
            "unit": column(width=95),
            "what it means, and what is missing": column(width=490),
        },
    )


# -------------------------------------------------------------------------------------------------------------- dialects


def _dialects(run: Run, condition: str) -> None:
    st.markdown("#### Who speaks like whom")
    found = voices(run, condition)
    if found.reason:
        st.info(f"No comparison of speakers: {plain(found.reason)}.", icon=":material/info:")
        return
    more = f"; {found.left_out} more minds are left out" if found.left_out else ""
    high = 70 + 34 * min(max(len(found.minds), 3), 9)
    left, right, words_at = st.columns([1.15, 1, 0.9], gap="medium")
    with left:
        st.markdown("**one meaning**")
        parts.figure(figures.similarity(found, False, high, dark=dark()), "Similarity of each pair of minds for one meaning.")
    with right:
        st.markdown("**null: two different meanings**")
        parts.figure(
            figures.similarity(found, True, high, dark=dark()), "Similarity of each pair of minds for different meanings."
        )
    with words_at:
        st.caption(
            f"Likeness (1 less edit distance over length) of two minds' messages, mean of {found.meanings} meanings, from the "
            f"first {found.utterances:,} messages{more}. The diagonal is a mind with itself; like minds stand together."
        )
        for name in ("language_similarity.others", "dialects") if condition == "normal" else ():
            _line(run, name)


def _line(run: Run, name: str) -> None:
    """One estimate of the report in a line."""
    line = next((line for line in queries.estimates(run) or [] if line.metric == name), None)
    if line is None:
        return
    if not number(line.value):
        st.caption(f"**{plain(name)}**: no value, {plain(line.reason[:200])}.")
        return
    p = f", p {words.p_value(line.p)}" if words.p_value(line.p) else ""
    told = f"{number(line.value)} {interval(line.ci_low, line.ci_high)}, null {number(line.null) or 'none'}{p}"
    st.caption(f"**{plain(name)}** (report): {plain(told)}")
