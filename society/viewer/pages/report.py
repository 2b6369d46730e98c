"""The report: the headline, the primary contrasts, reliance against worth, and every other estimate."""

import math
from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from society.analysis.declared import Declared
from society.analysis.estimate import Estimate
from society.record.files import JSON_LIMIT, inside, read_bytes
from society.record.store import Run
from society.viewer import charts, queries, words
from society.viewer.data import exports
from society.viewer.pages import parts
from society.viewer.words import interval, number, p_value, plain

TWIN, CONTROL, SCRIPT, OWN = "twin world", "grown without it", "scripted agents", "as trained"
GROUPS = {OWN: charts.GREEN, TWIN: charts.BLUE, CONTROL: charts.ORANGE, SCRIPT: charts.GREY}
EFFECT, WORTH = "effect_of_", "worth_over_"


def show(run: Run) -> None:
    """The page; of a live run it waits for the report."""
    parts.section(run, _body)


def _body(run: Run) -> None:
    parts.heading(run)
    lines = queries.estimates(run)
    if not lines:
        parts.no_rows(run, "report")
        return
    told = queries.declared(run)
    _headline(run, lines, told)
    _primary([line for line in lines if line.primary])
    _reliance_and_worth(lines, told)
    st.markdown("#### Everything that was measured")
    st.caption("Exploratory unless primary: the p-values of these lines are not corrected for how many there are.")
    _table([line for line in lines if not line.primary], "all")
    _take(run, lines)


def _take(run: Run, lines: list[Estimate]) -> None:
    """The files of this run, and the command that makes it again. A chart's own menu gives its picture and its numbers."""
    st.markdown("#### Take it along, make it again")
    st.code(exports.again(run), language="bash")
    typed = exports.typed(run)
    if typed:
        st.caption(f"It was started by: {plain(typed)}")
    versions = run.meta.get("versions")
    known = [f"{name} {version}" for name, version in versions.items()] if isinstance(versions, dict) else []
    st.caption(plain(", ".join([*known, f"commit {run.meta.get('git') or 'unknown'}"])))
    with st.container(horizontal=True):
        _download("report as CSV", exports.estimates_csv(lines), f"{run.name}-report.csv")
        _download("run.toml", partial(_file, run, "run.toml"), "run.toml")
        _download("report.json", partial(_file, run, "report.json"), f"{run.name}-report.json")
        for name, count in exports.counts(run).items():
            label = f"{name} ({count:,} rows)" if count <= exports.MOST else f"{name} (first {exports.MOST:,} of {count:,} rows)"
            _download(label, partial(exports.table_csv, str(run.path), name), f"{run.name}-{name}.csv")


def _file(run: Run, name: str) -> bytes:
    return read_bytes(inside(run.path, name), JSON_LIMIT)  # again, because it may be a link by the time of the click


def _download(label: str, data: bytes | Callable[[], bytes], name: str) -> None:
    st.download_button(label, data, name, on_click="ignore", icon=":material/download:", key=f"take_{name}", type="tertiary")


def _headline(run: Run, lines: list[Estimate], told: Declared | None) -> None:
    """The one number, and the same number in every condition: the figure to look at first."""
    head = queries.headline(run, lines)
    if told is None or head is None:
        return
    left, right = st.columns([1, 2.6], gap="large")
    with left:
        st.metric(f"{plain(told.headline.name)}, as trained", number(head.value) or "none")
        st.caption(
            f"{plain(told.headline.unit)}; 95 % interval {interval(head.ci_low, head.ci_high) or 'none'} over {head.n} worlds"
        )
        relative = next((line for line in lines if line.metric == f"relative.{told.headline.name}"), None)
        if told.relative and relative and math.isfinite(relative.value):
            zero, one = (plain(name.rpartition(":")[2]) for name in (told.relative.zero, told.relative.one))
            st.metric(
                f"on the scale from {zero} to {one}",
                number(relative.value),
                help="0 is as good as the first reference agent, 1 as good as the second, in the same worlds.",
            )
            st.caption(f"95 % interval {interval(relative.ci_low, relative.ci_high) or 'none'}")
    with right:
        shown = [line for line in lines if line.metric == told.headline.name and math.isfinite(line.value)]
        rows = [(line.condition.rpartition(":")[2], _group(line.condition), line) for line in shown]
        groups = {name: colour for name, colour in GROUPS.items() if any(name == group for _, group, _ in rows)}
        st.altair_chart(charts.dots(rows, groups, plain_axis(told.headline.unit), "chance", head.value), width="stretch")
        known = any(math.isfinite(line.null) for line in shown)
        st.caption(
            "Dashed: chance; filled where the 95 % interval excludes it."
            if known
            else "Dashed: the society as trained, to compare with; no chance level is declared. For differences see below."
        )


def plain_axis(text: str) -> str:
    """A title in a figure: plain text there, so only its length is held."""
    return text[:80]


def _group(condition: str) -> str:
    if condition == "normal":
        return OWN
    if condition.startswith("script:"):
        return SCRIPT
    return CONTROL if condition.endswith("_from_birth") else TWIN


def _primary(lines: list[Estimate]) -> None:
    """The contrasts that the scenario declared beforehand, those without a value as well."""
    if not lines:
        return
    st.markdown("#### Primary contrasts")
    st.caption(f"Declared in the scenario before the run; p-values Holm-adjusted over {len(lines)}.")
    _table(lines, "primary")


def _reliance_and_worth(lines: list[Estimate], told: Declared | None) -> None:
    name = told.headline.name if told else ""
    effects = [line for line in lines if line.metric == f"{EFFECT}{line.condition}.{name}"]
    worths = [line for line in lines if line.metric == f"{WORTH}{line.condition}.{name}"]
    if not effects and not worths:
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("#### Reliance: take it away")
        st.caption(
            "The same trained society in the same worlds with one thing changed. Left of the line: it does worse "
            "without, so it **relies** on the thing. That does not yet make the thing worth having: a listener that "
            "trusts speech is misled by a shuffle."
        )
        _contrast(effects, EFFECT, charts.BLUE, told, "twin world")
    with right:
        st.markdown("#### Worth: grow up without it")
        st.caption(
            "A second society trained for as long without the thing. Right of the line: growing up with it is **worth** "
            "that much. The replicate is a training run, so one run gives a value and no interval: pool seeds with "
            "`society report RUN...`."
        )
        _contrast(worths, WORTH, charts.ORANGE, told, "control")


def _contrast(lines: list[Estimate], prefix: str, colour: str, told: Declared | None, what: str) -> None:
    known = [line for line in lines if math.isfinite(line.value)]
    if known:
        rows = [(line.condition, prefix, line) for line in known]
        axis = f"difference in {told.headline.name if told else 'the headline'}"
        st.altair_chart(charts.dots(rows, {prefix: colour}, plain_axis(axis), "null"), width="stretch")
    else:
        st.info(f"This run has no {what} with a value.", icon=":material/info:")
    for line in lines:
        if line not in known:
            st.caption(f"{plain(line.condition)}: {plain(line.reason) or 'no value'}")


def _table(lines: list[Estimate], key: str) -> None:
    rows = pd.DataFrame(
        {
            "metric": [line.metric for line in lines],
            "condition": [line.condition for line in lines],
            "value": [number(line.value) or "none" for line in lines],
            "95 % interval": [interval(line.ci_low, line.ci_high) for line in lines],
            "null": [number(line.null) for line in lines],
            "p": [p_value(line.p) for line in lines],
            "n": [str(line.n) if line.n else "" for line in lines],
            "unit": [line.unit for line in lines],
            "why missing": [line.reason for line in lines],
            "what the condition is": [words.condition(line.condition) for line in lines],
        }
    )
    column = st.column_config.TextColumn
    st.dataframe(
        rows,
        hide_index=True,
        key=f"estimates_{key}",
        height=min(35 * (len(rows) + 1) + 3, 560),
        column_config={
            **{name: column(width=65) for name in ("null", "p", "n")},
            "metric": column(width=270),
            "value": column(width="small"),
            "95 % interval": column(width=125),
        },
    )
