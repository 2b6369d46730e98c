"""The lexicon: symbol by meaning, as it was evaluated and while it was learned."""

import pandas as pd
import streamlit as st

from society.record.store import Run
from society.viewer.address import choose
from society.viewer.data import language
from society.viewer.data.lexicon import POSITIONS, SHOWS, cells, curve, moments, told
from society.viewer.figures import language as figures
from society.viewer.pages import parts
from society.viewer.words import number, plain

EVALUATED, TRAINING = "as evaluated", "over training"
MANY = 2_000_000  # messages of a condition from which on one position is counted at a time
BESIDE = 10  # symbols up to which positions are shown side by side
HIGH = 330  # pixels


def lexicon(run: Run, owner: Run | None, condition: str, mind: str) -> None:
    """Selectors and heat maps; of `owner`'s messages of a condition by a mind (or "all"), or of the run's training."""
    grown = language.lexicon(run)
    sources = [*([EVALUATED] if owner else []), *([TRAINING] if len(grown) else [])]
    if run.state == "live":  # what it learns now is the news
        sources.reverse()
    known = len(grown) > 0 or bool(owner and (said := language.talk(owner)) and said.parts)
    st.markdown(f"#### Lexicon: {'what is said for what' if known else 'who says what'}")
    boxes = st.columns([1.05, 1.35, 1, 1], vertical_alignment="center")
    with boxes[0]:
        source = choose("lexicon", sources, st.selectbox, "Lexicon", label_visibility="collapsed")
    with boxes[1]:
        names = {one: name if known else name.replace("meaning", "mind") for one, name in SHOWS.items()}
        shows = choose("show", list(SHOWS), st.selectbox, "Show", format_func=names.get, label_visibility="collapsed")
    if source == TRAINING:
        _training(run, grown, shows, boxes[2:])
    elif owner is not None:
        _evaluated(owner, condition, mind, shows, boxes[2:])


def _evaluated(run: Run, condition: str, mind: str, shows: str, boxes: list[st.delta_generator.DeltaGenerator]) -> None:
    said = language.talk(run)
    assert said is not None
    part, slot = _part(said.parts, boxes[0])
    many = language.symbols(run, language.uses(run, condition, part, 0))
    first = said.length <= POSITIONS and said.rows(condition) < MANY and many <= BESIDE
    chosen = _position(said.length, first, boxes[len(said.parts) > 1])
    shown = range(said.length)[:POSITIONS] if chosen < 0 else [chosen]
    found = {position: language.uses(run, condition, part, position) for position in shown}
    if mind != "all":
        found = {position: rows[rows["mind"] == int(mind)] for position, rows in found.items()}
    _maps(found, shows, slot, HIGH)
    if part is None:
        st.caption("No meaning of a speaker is recorded in this world: each row is a mind, and the figure says who uses what.")
    bits = [told(rows) for rows in found.values()]
    each = ", ".join(f"{number(one.bits) or 'none'} (shuffled {number(one.null) or 'none'})" for one in bits)
    pooled = mind == "all" and part is not None and len(said.minds(condition)) > 1
    many = int(found[shown[0]]["count"].sum())
    most = number(max((one.most for one in bits), default=float("nan")))
    st.caption(
        f"Bits that a symbol tells of {plain(slot)}{', by position' if len(bits) > 1 else ''}: **{plain(each)}** of "
        f"{plain(most or 'none')} at most; {many:,} messages of {plain(condition)}; symbol 0 is silence. Single utterances were "
        "shuffled: no test. That of the report, mutual_information, shuffles lives."
        + (" Minds are pooled: where each has a code of its own, choose one." if pooled else "")
    )


def _training(run: Run, grown: pd.DataFrame, shows: str, boxes: list[st.delta_generator.DeltaGenerator]) -> None:
    slots = int(grown["part"].max()) + 1
    names = language.slots(run, slots)
    have = sorted(int(one) for one in grown["part"].unique())
    part, slot = _part(tuple(names[i] for i in have), boxes[0])
    grown = grown[grown["part"] == have[part or 0]]
    places = sorted(int(one) for one in grown["position"].unique())
    chosen = _position(max(places) + 1, len(places) <= POSITIONS and grown["symbol"].nunique() <= BESIDE, boxes[len(have) > 1])
    shown = places[:POSITIONS] if chosen < 0 or chosen not in places else [chosen]
    steps = [str(one) for one in moments(grown)]
    now = steps[-1]
    if len(steps) > 1:
        now = choose(
            "moment", steps, st.select_slider, "Moment of the training", default=steps[-1],
            format_func=lambda one: f"{int(one):,} agent-steps", label_visibility="collapsed",
        )  # fmt: skip
    here = grown[grown["agent_steps"] == int(now)]
    _maps({position: here[here["position"] == position] for position in shown}, shows, slot, HIGH - 125)
    rows = _curve(grown[grown["position"].isin(shown)])
    says = f"Bits that a symbol tells of {slot} over the training, by position."
    parts.figure(figures.growth(rows, int(now), 215), says, rows, "growth")
    st.caption(
        "Bits that a symbol tells of the meaning, minds pooled, in one rollout at each moment (64 worlds at most). Orange: the "
        "moment shown. Single utterances were shuffled: the grey line is no test."
    )


def _curve(grown: pd.DataFrame) -> pd.DataFrame:
    kept = st.cache_data(max_entries=32, show_spinner=False)(curve)  # not above: there is no server yet when this is imported
    return kept(grown)  # type: ignore[no-any-return]


def _part(names: tuple[str, ...], box: st.delta_generator.DeltaGenerator) -> tuple[int | None, str]:
    """Which slot of a meaning is shown, and its name; None where there are no meanings."""
    if not names:
        return None, "who speaks (mind)"
    if len(names) == 1:
        return 0, names[0]
    options = [str(i) for i in range(len(names))]
    with box:
        named = {"format_func": lambda i: names[int(i)], "label_visibility": "collapsed"}
        part = int(choose("part", options, st.selectbox, "Meaning", **named))  # type: ignore[arg-type]
    return part, names[part]


def _position(length: int, side_by_side: bool, box: st.delta_generator.DeltaGenerator) -> int:
    """The position of a message that is shown; -1 for all, side by side."""
    if length == 1:
        return 0
    options = [*(["all"] if length <= POSITIONS else []), *(str(i + 1) for i in range(length))]
    with box:
        chosen = choose(
            "position", options, st.selectbox, "Position", default="all" if side_by_side else "1",
            format_func=lambda i: "all positions" if i == "all" else f"position {i}", label_visibility="collapsed",
        )  # fmt: skip
    return -1 if chosen == "all" else int(chosen) - 1


def dark() -> bool:
    """Whether the page's ground is dark."""
    return st.context.theme.type == "dark"


def _maps(found: dict[int, pd.DataFrame], shows: str, slot: str, high: int) -> None:
    """A heat map for each position."""
    for box, (position, rows) in zip(st.columns(len(found)), found.items(), strict=True):
        with box:
            if rows.empty:
                st.info("Nothing was said here whose meaning is known.", icon=":material/info:")
                continue
            one = cells(rows, shows)
            title = f"symbol at position {position + 1}" if len(found) > 1 else "symbol"
            side = slot if position == min(found) else ""
            chart = figures.heat(one, shows, side, title, high, wide=len(found) == 1, dark=dark())
            parts.figure(chart, f"{SHOWS[shows]}: {slot} by {title}.", one.rows, f"lexicon_{position}")
