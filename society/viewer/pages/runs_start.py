"""Start a run: a form of the config's schema, the same words for a shell, and what became of it."""

import math
import shlex
from pathlib import Path
from typing import Any

import streamlit as st

from society.viewer import form, jobs, queries
from society.viewer.address import choose, go
from society.viewer.data import runs as data
from society.viewer.form import Field, Schema, Value
from society.viewer.jobs import Job
from society.viewer.queries import Refused
from society.viewer.words import plain

EVERY = 1.0  # seconds between two looks at a job that is starting
SAFE = 2**53 - 1  # the largest whole number of a browser
NOBODY = "nobody"
SECTIONS = {
    "": "the run itself",
    "world": "world: the scenario's own rules",
    "channel": "channel: who hears what",
    "market": "market: trading",
    "contest": "contest: competition",
    "population": "population: who lives there",
    "learner": "learner: how the minds learn",
    "social": "social: how much of others is felt",
    "training": "training: how long and on what",
    "evaluation": "evaluation: what is asked of the trained minds",
}


def show(root: Path) -> None:
    """The form; what is wrong with it is said beside it and nothing that was typed is lost."""
    try:
        with st.spinner("Reading the scenarios"):
            known = form.scenarios()
        _form(root, known)
    except Refused as refused:
        st.error(plain(refused), icon=":material/error:")
        st.code("society run bazaar --quick", language="bash")


def _form(root: Path, known: dict[str, str]) -> None:
    left, right = st.columns([1.75, 1], gap="large")
    with left:
        if queries.runs(root):
            st.button("All runs", icon=":material/arrow_back:", type="tertiary", key="start_back", on_click=_close)
        which, beside = st.columns([1, 1.6])
        with which:
            default = "bazaar" if "bazaar" in known else ""
            scenario = choose("start", sorted(known), st.selectbox, "Scenario", default=default)
        with st.spinner("Reading the fields"):
            presets = form.schema(scenario).presets
        with beside:
            preset = choose("preset", presets, st.segmented_control, "Preset")
        st.caption(plain(known[scenario]))
        with st.spinner("Reading the fields"):
            base = form.schema(scenario, preset)
        seeds, values = _first(base)
        with st.container(gap="xxsmall"):
            values |= _sections(root, form.under(base, *_named(base)))
        chosen = form.under(base, *(str(values[path]) for path in form.NAMES))
    with right:
        _start(root, chosen, form.arguments(chosen, seeds, values), form.changes(chosen, values))


def _close() -> None:
    for name in ("start", "preset"):
        st.query_params.pop(name, None)


# ------------------------------------------------------------------------------------------------------------ the fields


def _first(base: Schema) -> tuple[str, dict[str, Value]]:
    """What is asked of every run: its seeds, and what else is to be grown beside it."""
    seeds, controls = st.columns([1, 1.6])
    with seeds:
        text = st.text_input(
            "Seeds", "0", key="field_seeds", persist_state="session", max_chars=200, help="One run for each: 0-4, or 0,2,5."
        )
    field = base.field(form.CONTROLS)
    if field is None:
        return text or "", {}
    with controls:
        return text or "", {field.path: _widget(base, field, "Controls, grown beside it without a thing")}


def _named(base: Schema) -> tuple[str, str]:
    """The policy and the learner that are chosen: their fields are shown."""
    policy, learner = (st.session_state.get(base.key(path)) for path in form.NAMES)
    return str(policy or base.policy), str(learner or base.learner)


def _sections(root: Path, chosen: Schema) -> dict[str, Value]:
    """A folded part of the form for each section; gives the values by path."""
    values: dict[str, Value] = {}
    for section, fields in chosen.sections().items():
        changed = sum(_changed(chosen, field) for field in fields)
        label = f"{plain(SECTIONS.get(section, section))}" + (f" · **{changed} changed**" if changed else f" · {len(fields)}")
        with st.expander(label, key=f"section_{section}", type="compact"):
            columns = st.columns(3)
            for i, field in enumerate(fields):
                with columns[i % 3]:
                    own = field.path == form.STRANGERS
                    values[field.path] = _strangers(root, chosen, field) if own else _widget(chosen, field)
    return values


def _changed(chosen: Schema, field: Field) -> bool:
    key = chosen.key(field.path)
    return key in st.session_state and form.shown(st.session_state[key]) not in (form.shown(field.value), NOBODY)


def _widget(chosen: Schema, field: Field, label: str = "") -> Value:
    """The widget of a field, filled with the preset's value; what it gives is what the field takes."""
    common: dict[str, Any] = {"key": chosen.key(field.path), "help": _help(field), "persist_state": "session"}
    label = label or plain(field.name)
    if field.kind == "boolean" and not field.optional:
        return st.toggle(label, bool(field.value), **common)
    if field.kind == "choice" and field.value in field.choices:
        return st.selectbox(label, field.choices, field.choices.index(field.value), **common)
    if field.kind == "choices" and len(set(field.value)) == len(field.value):
        return st.multiselect(label, field.choices, field.value, **common)
    if field.kind in ("integer", "number"):
        return _number(label, field, common)
    text = "" if field.value is None else form.shown(field.value)
    typed = st.text_input(label, text, max_chars=jobs.LIMIT // 2, placeholder="none" if field.optional else "", **common)
    return None if field.optional and not typed else typed or ""


def _number(label: str, field: Field, common: dict[str, Any]) -> Value:
    """A number within its bounds; a bound that may not be reached is the command line's to refuse for a fraction."""
    kind: Any = int if field.kind == "integer" else float
    low = field.low if field.low is not None else field.above
    high = field.high if field.high is not None else field.below
    if kind is int:
        low = low if field.low is not None or low is None else low + 1
        high = high if field.high is not None or high is None else high - 1
        low, high = (None if bound is None else max(-SAFE, min(SAFE, bound)) for bound in (low, high))
    low, high, value = (None if number is None else kind(number) for number in (low, high, field.value))
    common |= {"min_value": low, "max_value": high, "value": value, "placeholder": "none"}
    common |= {"step": 1, "format": "%d"} if kind is int else {"step": _step(value), "format": "%g"}
    return st.number_input(label, **common)


def _step(value: float | None) -> float:
    """A step that moves the first digit of a value."""
    return 10.0 ** math.floor(math.log10(abs(value))) if value else 0.01


def _strangers(root: Path, chosen: Schema, field: Field) -> str:
    """Whose minds sit in: a run of this folder, chosen by name, so that no path is ever typed."""
    names = [run.name for run in queries.runs(root) if data.line(root, run).state == "done"]
    key = chosen.key(field.path)
    if st.session_state.get(key, NOBODY) not in (NOBODY, *names):
        del st.session_state[key]
    name = st.selectbox(field.name, [NOBODY, *names], key=key, help=_help(field), persist_state="session")
    return "" if name == NOBODY else str((root / name).absolute())


def _help(field: Field) -> str:
    return plain(f"{field.description}; {field.takes}" if field.description else field.takes)


# -------------------------------------------------------------------------------------------------------------- the start


def _start(root: Path, chosen: Schema, words: list[str], changed: dict[str, str]) -> None:
    st.markdown("#### What will run")
    out = [] if root == Path("runs") else [f"--out={root}"]
    st.code(f"society {shlex.join([*words, *out])}", language="bash", wrap_lines=True)
    st.caption(
        f"{len(changed)} of {len(chosen.fields)} fields differ from the preset {plain(chosen.preset)}."
        if changed
        else f"Everything as the preset {plain(chosen.preset)} has it: open a section to change a field."
    )
    job = _job(root)
    waiting = job is not None and job.state == "starting"
    st.button(
        "Starting" if waiting else "Start",
        icon=":material/hourglass_top:" if waiting else ":material/play_arrow:",
        type="primary",
        width="stretch",
        disabled=waiting,
        key="start_now",
        on_click=_begin,
        args=(root, st.session_state.setdefault("start_token", jobs.new_token()), words),
    )
    if said := st.session_state.get("start_said"):
        st.error(plain(said), icon=":material/error:")
    st.fragment(_progress, run_every=EVERY if waiting else None)(root, waiting)


def _begin(root: Path, token: str, words: list[str]) -> None:
    """Start, unless what was started last is still on its way: the second half of a double click."""
    job = _job(root)
    if job is not None and job.state == "starting":
        return
    st.session_state["start_said"] = ""
    try:
        jobs.run(root, token, words)
        st.session_state["started"] = token
    except Refused as refused:
        st.session_state["start_said"] = str(refused)
    st.session_state["start_token"] = jobs.new_token()


def _job(root: Path) -> Job | None:
    """The job that this form has started last."""
    token = st.session_state.get("started")
    return next((job for job in jobs.jobs(root) if job.token == token), None) if token else None


def _progress(root: Path, waiting: bool) -> None:
    """How the job that was started here is getting on; drawn again by itself while it is starting."""
    job = _job(root)
    if waiting and (job is None or job.state != "starting"):
        st.rerun()
    if job is None:
        return
    if job.state == "starting":
        st.caption("Its process is loading; the run appears here in a few seconds. It goes on when this page is closed.")
    elif job.state == "failed":
        st.error(plain(job.line), icon=":material/error:")
    else:
        st.success("Begun." if job.runs else "Done.", icon=":material/check:")
        for name in job.runs[:8]:
            watch: Any = {"icon": ":material/visibility:", "key": f"open_{name}", "type": "tertiary"}
            if st.button(plain(name), **watch):
                _close()
                go(run=name, page="World")
                st.rerun()  # this is a fragment, which would draw only itself
