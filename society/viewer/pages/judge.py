"""Which of two clips is better, asked of a person: labels from which a reward can be learnt (Christiano et al. 2017)."""

import uuid

import pandas as pd
import streamlit as st

from society.record.frames import Span
from society.record.labels import Choice, Clip, Label, add_label
from society.record.store import Run
from society.viewer import charts, queries
from society.viewer.address import choose
from society.viewer.data import judge as data
from society.viewer.pages import parts
from society.viewer.pages.world_player import player
from society.viewer.payload import pack
from society.viewer.replay import replay
from society.viewer.words import plain

KEYS: tuple[tuple[Choice, str, str], ...] = (
    ("left", "Left is better", "A"),
    ("right", "Right is better", "L"),
    ("tie", "Equally good", "T"),
    ("skip", "Cannot say", "S"),
)
LENGTHS = ("25", "50", "100")  # ticks
ALL = "everything filmed"


def show(run: Run) -> None:
    """The page."""
    found = queries.spans(run)
    if not found:
        parts.heading(run)
        parts.no_rows(run, "filmed world to judge")
        return
    labels = queries.labels(run)
    asked_at, among_at, length_at, count_at = st.columns([4, 2.2, 1.2, 1.6], vertical_alignment="center")
    asked_at.markdown("**In which clip does the society do better?** You are not told what you see.")
    conditions = list(dict.fromkeys(span.condition for _, span in found))
    with among_at:
        among = choose("among", [ALL, *conditions], st.selectbox, "Clips of", label_visibility="collapsed")
    with length_at:
        length = choose(
            "clip", LENGTHS, st.selectbox, "Ticks", default="50", format_func="{} ticks".format, label_visibility="collapsed"
        )
    count_at.caption(f"{len(labels):,} labels in this run")
    spans = [(owner, span) for owner, span in found if among in (ALL, span.condition)]
    pair = data.pair([span for _, span in spans], int(length), _seed(run), len(labels))
    if pair is None:
        st.info("There are no two different clips here: choose shorter ones, or more conditions.", icon=":material/info:")
    else:
        _ask(run, pair)
        _clips(spans, pair)
    _said(labels)


def _seed(run: Run) -> int:
    seed = run.config.get("seed")
    return seed if isinstance(seed, int) and seed >= 0 else 0


def _clips(spans: list[tuple[Run, Span]], pair: tuple[Clip, Clip]) -> None:
    """The two, side by side and in step, named by their side only."""
    boards = []
    for side, clip in zip(("left", "right"), pair, strict=True):
        owner, span = next((o, s) for o, s in spans if (s.condition, s.seed, s.world) == clip[:3])
        shown = replay(owner, span, clip.first, clip.last)
        boards.append({"id": shown.id, "title": side, "facts": shown.facts, "blob": data.from_zero(shown.blob, clip.first)})
    nothing = {"start": -1, "parted": -1, "follow": None, "live": False, "kept": -1, "asking": False}
    # As a mosaic, in which nothing is told of a seat and no difference is marked.
    player()(key="judge_player", data=pack({"layout": "mosaic", "boards": boards, **nothing}), height="content")


def _ask(run: Run, pair: tuple[Clip, Clip]) -> None:
    """Four answers. A pair has an identity from the moment it is shown, so that a second click says nothing new."""
    shown = (run.name, pair)
    if st.session_state.get("judged") != shown:
        st.session_state["judged"], st.session_state["judged_as"] = shown, uuid.uuid4().hex
    identity = st.session_state["judged_as"]
    for place, (choice, words, key) in zip(st.columns(len(KEYS)), KEYS, strict=True):
        place.button(
            words,
            key=f"{choice}_{identity}",
            shortcut=key,
            width="stretch",
            type="primary" if choice in ("left", "right") else "secondary",
            on_click=_label,
            args=(run, Label(identity, choice, *pair)),
        )


def _label(run: Run, label: Label) -> None:
    try:
        add_label(run.path, label)
    except OSError as error:
        st.error(f"The label could not be written: {plain(error.strerror or error)}", icon=":material/block:")


def _said(labels: pd.DataFrame) -> None:
    """What the labels say so far; folded, because who judges should not know it."""
    if labels.empty:
        return
    with st.expander(f"What {len(labels):,} labels say (look when you have finished)"):
        counts = labels["choice"].value_counts()
        st.caption(", ".join(f"{choice} {counts.get(choice, 0)}" for choice, _, _ in KEYS))
        lines = data.preferred(labels)
        if not lines:
            st.caption("No clips of two different conditions were compared yet.")
            return
        st.caption(
            "Against clips of the other conditions together; ties and skipped pairs are left out. Wilson's intervals take labels "
            "for independent, though clips may share a world and a judge: read them as the least uncertainty."
        )
        rows = [(line.condition, "", line) for line in lines]
        parts.figure(
            charts.dots(rows, {"": charts.BLUE}, "share of labels that prefer it", "chance"),
            "How often clips of each condition were preferred to clips of another one, with 95 % intervals; chance is one half.",
            pd.DataFrame([line.as_dict() for line in lines]),
            "preferred",
        )
