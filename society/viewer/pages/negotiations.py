"""Games as conversations, the plane of utilities, and how demands fall over the turns."""

import math
from typing import Any

import pandas as pd
import streamlit as st

from society.analysis.estimate import Estimate
from society.record.store import Run
from society.viewer import charts, queries, words
from society.viewer.address import choose, forget
from society.viewer.data import negotiations as data
from society.viewer.data.bargain import discounted, plane, reached
from society.viewer.data.economy import owners
from society.viewer.figures import negotiations as figures
from society.viewer.pages import parts, told
from society.viewer.pages.transcript import transcript
from society.viewer.words import number, plain

PAGE = 200  # games in one list
ENDED = ("deals", "no deal", "all games")
ORDER = ("as played", "longest first")
SHARES = (
    ("deals.agreement_rate", "games that end in a deal"),
    ("deals.surplus_efficiency", "joint utility, of the most"),
    ("deals.pareto_share", "games whose end is efficient"),
    ("deals.first_score", "score of the first mover"),
    ("deals.second_score", "score of the second mover"),
    ("deals.jain", "equality of a deal's scores (Jain)"),
)
MORE = (
    ("deals.rounds", "turns to a deal"),
    ("deals.first_advantage", "first mover's advantage"),
    ("deals.nash_distance", "distance to the Nash solution (no deal: from 0, 0)"),
    ("deals.kalai_distance", "distance to Kalai-Smorodinsky (no deal: from 0, 0)"),
)
RECORDED = ("trades", "contests", "plays", "messages", "offers", "episodes")


def show(run: Run) -> None:
    """The page; a live run's games appear as they are written."""
    parts.section(run, _body)


def _body(run: Run) -> None:
    found, lines = owners(run, "deals"), queries.estimates(run) or []
    if not found:
        parts.heading(run)
        parts.no_rows(run, "negotiations")
        others = ", ".join(name for name in run.tables() if name in RECORDED)
        if others:
            st.caption(f"Nobody negotiates in this world, or nobody has yet. What its scenario does record: {others}.")
        return
    head, chooser, world_at = st.columns([3.6, 1.6, 1.2], vertical_alignment="center")
    with head:
        parts.heading(run)
    with chooser:
        condition = choose("condition", list(found), st.selectbox, "Society", label_visibility="collapsed")
    owner = found[condition]
    worlds = [str(world) for world in data.worlds(owner, condition)]
    forget("world", condition)
    with world_at:
        name = "world {}".format
        world = choose("world", worlds, st.selectbox, "World", label_visibility="collapsed", format_func=name)
    _one(owner, condition, int(world))
    _all(run, owner, condition, lines)


def _one(owner: Run, condition: str, world: int) -> None:
    """One game: what was said on the left, where it lies among all divisions on the right."""
    left, right = st.columns([1, 1.05], gap="medium")
    with left:
        episode = _episode(owner, condition, world)
    if episode is None:
        with left:
            st.caption("No game of this world ended so: choose another filter or world.")
        return
    game = data.game(owner, condition, world, episode)
    if game is None:
        return
    with left:
        transcript(game)
    with right:
        drawn = plane(game)
        if drawn.why:
            st.info(f"No plane of utilities: {plain(drawn.why)}.", icon=":material/info:")
        if len(drawn.divisions) or len(drawn.offers):
            ended = f"deal at {number(game.scores[0])}, {number(game.scores[1])}" if game.agreed else "no deal"
            says = (
                f"Game {episode} of world {world}: {drawn.count} divisions, {len(drawn.offers)} demands that can be met, {ended}."
            )
            parts.figure(figures.plane(drawn, reached(game)), says, drawn.divisions, "plane")
            st.caption(
                "Each dot is a division of this pool; a score is utility over the most that a side could get alone. The line "
                "joins the efficient ones (Pareto). Numbered: the demands, turn by turn: blue the first mover's, red the other's."
                + (
                    " The deal lies below the division that was agreed: what is agreed late is worth less."
                    if discounted(game)
                    else ""
                )
            )


def _episode(owner: Run, condition: str, world: int) -> int | None:
    """Which game, from a list that can be filtered, sorted and paged."""
    games = data.games(owner, condition, world)
    ended_at, order_at, game_at = st.columns([1, 1.15, 2], gap="small")
    with ended_at:
        ended = choose("ended", ENDED, st.selectbox, "Games that ended with", label_visibility="collapsed")
    with order_at:
        order = choose("order", ORDER, st.selectbox, "Order", label_visibility="collapsed")
    kept = games if ended == ENDED[2] else games[(games["agreed"] == 1) == (ended == ENDED[0])]
    kept = kept.drop_duplicates("episode")
    if order == ORDER[1]:
        kept = kept.sort_values("rounds", ascending=False, kind="stable")
    if kept.empty:
        return None
    forget("episode", condition, world, ended)
    forget("part", condition, world, ended, order)
    listed = [str(int(episode)) for episode in kept["episode"]]
    names = {
        str(int(row["episode"])): f"game {int(row['episode'])}: {_ended(row)} in {int(row['rounds'])} rounds"
        for row in kept.to_dict("records")
    }
    if len(listed) > PAGE:
        asked = st.query_params.get("episode")
        at = str(listed.index(asked) // PAGE + 1) if asked in listed else "1"
        pages = [str(i + 1) for i in range(-(-len(listed) // PAGE))]
        with st.container(width=190):
            part = choose(
                "part", pages, st.selectbox, "Part", default=at, label_visibility="collapsed", format_func="part {}".format
            )
        listed = listed[(int(part) - 1) * PAGE : int(part) * PAGE]
        if st.query_params.get("episode") not in listed:  # it is of another part
            st.query_params.pop("episode", None)
    with game_at:
        return int(choose("episode", listed, st.selectbox, "Game", label_visibility="collapsed", format_func=names.get))


def _ended(row: dict[Any, Any]) -> str:
    return f"deal {number(row['score'])} / {number(row['partner_score'])}" if row["agreed"] == 1 else "no deal"


def _all(run: Run, owner: Run, condition: str, lines: list[Estimate]) -> None:
    """All games of the condition: where deals lie, how demands move, and what the report says of it."""
    by_name = {line.metric: line for line in lines if line.condition == condition and math.isfinite(line.value)}
    st.markdown(f"#### All games of {plain(condition)}")
    left, right = st.columns(2, gap="large")
    with left:
        _density(owner, condition, by_name)
    with right:
        _concession(owner, condition, lines)
    left, right = st.columns(2, gap="large")
    with left:
        shown = [(says, says, by_name[metric]) for metric, says in SHARES if metric in by_name]
        if shown:
            st.markdown("**How games end**")
            rows = [(says, "", line) for says, _, line in shown]
            st.altair_chart(charts.dots(rows, {"": charts.GREEN}, "share or score", "random play"), width="stretch")
            st.caption("Dots with 95 % intervals over worlds; grey ticks are random play in the same worlds.")
    with right:
        _conditions(run, lines, condition)
        told.table(run, condition, MORE, "random play")


def _density(owner: Run, condition: str, by_name: dict[str, Estimate]) -> None:
    found = data.density(owner, condition)
    st.markdown("**Where deals lie**")
    mean = ", ".join(f"{score:.2f}" for score in found.means)
    says = f"Scores of {found.deals:,} deals of {found.games:,} games of {condition}; mean of the deals {mean}."
    chart = figures.density(found.cells, by_name.get("deals.first_score"), by_name.get("deals.second_score"))
    parts.figure(chart, says, found.cells, "density")
    mean = " Cross: the mean of all games with its 95 % interval, no deal counted as 0; ring: random play." if by_name else ""
    mean += " A pool worth nothing to a side puts a deal at 0 here and is left out of that side's mean." if by_name else ""
    st.caption(f"{found.deals:,} of {found.games:,} games ended in a deal. On the dashed line both do equally well.{mean}")


def _concession(owner: Run, condition: str, lines: list[Estimate]) -> None:
    st.markdown("**How demands move**")
    rows = figures.by_turn(lines, condition, data.lasting(owner, condition)) if "offers" in owner.tables() else pd.DataFrame()
    if rows.empty:
        st.caption("The report has no demands of this condition by turn (it estimates them for trained populations).")
        return
    says = "Mean demand by turn: " + ", ".join(f"turn {row['turn']} {row['value']:.2f}" for row in rows.to_dict("records")) + "."
    parts.figure(figures.concession(rows), says, rows, "concession")
    st.caption(
        "Mean demand with its 95 % interval over worlds, by who moves; grey ticks are random play. Above the dashed line a "
        "demand is for more than there is. Later turns are of the games that lasted: a curve may move because others have left."
    )


def _conditions(run: Run, lines: list[Estimate], condition: str) -> None:
    """The headline in every condition."""
    head = queries.declared(run)
    if head is None:
        return
    shown = [line for line in lines if line.metric == head.headline.name and math.isfinite(line.value)]
    if len(shown) < 2:
        return
    st.markdown(f"**{plain(head.headline.name)} in every condition**")
    rows = [(line.condition, "chosen" if line.condition == condition else "other", line) for line in shown]
    groups = {
        name: colour for name, colour in (("chosen", charts.GREEN), ("other", charts.GREY)) if any(g == name for _, g, _ in rows)
    }
    st.altair_chart(charts.dots(rows, groups, head.headline.unit[:80], "chance", None), width="stretch")
    st.caption(words.condition(condition) or "")
