"""Lines of the report beside a figure, as a small table: what, value with its interval, null."""

import math
from collections.abc import Sequence

import streamlit as st

from society.analysis.estimate import Estimate
from society.record.store import Run
from society.viewer import queries
from society.viewer.words import interval, number, plain


def table(run: Run, condition: str, asked: Sequence[tuple[str, str]], null: str = "null") -> None:
    """The (metric, words) that the report has a value for in this condition, else in `normal`, which is then said.

    `null` heads the column of nulls. Without a report, or without any of them, it says so in a line.
    """
    lines = queries.estimates(run)
    if not lines:
        st.caption("The report is not made yet: its estimates appear here with their intervals.")
        return
    by_name = {(line.metric, line.condition): line for line in lines}
    for where in dict.fromkeys((condition, "normal")):
        found = [(says, by_name[metric, where]) for metric, says in asked if (metric, where) in by_name]
        known = [(says, line) for says, line in found if math.isfinite(line.value)]
        if known:
            if where != condition:
                st.caption(f"The report estimates these for {plain(where)} only:")
            rows = [_row(says, line) for says, line in known]
            st.markdown("\n".join([f"| | :small[value \\[95 %\\]] | :small[{null}] |", "|:---|---:|---:|", *rows]))
            return
    missing = [by_name[metric, "normal"] for metric, _ in asked if (metric, "normal") in by_name]
    reason = next((line.reason for line in missing if line.reason), "this world was not asked")
    st.caption(f"The report has no estimate here: {plain(reason)}.")


def _row(says: str, line: Estimate) -> str:
    gap = plain(interval(line.ci_low, line.ci_high)).replace(" ", "\u00a0")
    return f"| :small[{says}] | :small[**{number(line.value)}** {gap}] | :small[{number(line.null) or 'none'}] |"
