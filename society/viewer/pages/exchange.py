"""Of the page Economy: who does what, and who gives to whom."""

from typing import Any

import pandas as pd
import streamlit as st

from society.record.store import Run
from society.viewer.address import choose, forget, go, link
from society.viewer.data import economy as data
from society.viewer.data.market import Market
from society.viewer.data.world import moment, recorded
from society.viewer.figures import economy as figures
from society.viewer.figures import network as drawing
from society.viewer.pages import parts, told
from society.viewer.words import plain

ROWS = 14  # of the heat map: the seats that dealt most
MINDS = "all worlds, by mind"
LABOUR = (
    ("division_of_labour", "seats keep to one good"),
    ("division_of_labour.per_good", "goods keep to one seat"),
    ("specialisation", "visits to one's own good"),
)
NETWORK = tuple(
    (f"{{}}_network.{name}", says)
    for name, says in (
        ("reciprocity", "reciprocity"),
        ("weighted_reciprocity", "weighted reciprocity"),
        ("modularity", "modularity"),
        ("modularity.z", "modularity, z-score"),
        ("assortativity", "assortativity"),
        ("assortativity.z", "assortativity, z-score"),
        ("centralisation", "centralisation"),
        ("centralisation.z", "centralisation, z-score"),
    )
)


def who_deals(run: Run, owner: Run, condition: str, market: Market) -> None:
    """The heat map and the network of one world's seats, or of the minds."""
    title, chooser = st.columns([1.6, 2.4], vertical_alignment="center")
    title.markdown("#### Who gives what, to whom")
    options = [str(world) for world in market.worlds] + ([MINDS] if market.minds > 1 else [])
    if not options:
        st.caption("No deal tells its world.")
        return
    forget("world", condition)
    with chooser:
        place = choose("world", options, st.selectbox, "World", label_visibility="collapsed", format_func=_place)
    world = None if place == MINDS else int(place)
    who = "mind" if world is None else "seat"
    given = data.exchanges(owner, condition, world)
    if given.empty:
        st.caption("Nothing was given here.")
        return
    left, right = st.columns([1, 1.5], gap="large")
    with left:
        _labour(run, condition, given, who)
    with right:
        _network(run, owner, condition, world, given, who)


def _place(name: str) -> str:
    return name if name == MINDS else f"seats of world {name}"


def _labour(run: Run, condition: str, given: pd.DataFrame, who: str) -> None:
    names = data.goods(run)
    shares = data.given_shares(given)
    most = shares.groupby("who")["deals"].sum().sort_values(ascending=False, kind="stable").index[:ROWS]
    shares = shares[shares["who"].isin(most)].copy()
    shares["label"] = [f"{who} {number}" for number in shares["who"]]
    shares["good"] = [data.good_name(names, int(good))[:24] for good in shares["good"]]
    goods = list(dict.fromkeys(sorted(shares["good"])))
    first = shares[shares["good"] == goods[0]].groupby("label")["share"].sum()  # a file may give two goods one name
    order = sorted(shares["label"].unique(), key=lambda label: (-float(first.get(label, 0.0)), label))
    says = f"Share of each good among the deals in which each {who} gave; {len(order)} of {given['giver'].nunique()} shown."
    parts.figure(figures.labour(shares, order, goods, who), says, shares[["who", "good", "deals", "units", "share"]], "labour")
    st.caption(f"Of all deals in which a {who} gave, the share in which it gave this good. Rows that differ divide their labour.")
    st.caption(
        "The report, of the seats of each world, mean over worlds. Null: goods shuffled among givers; of visits, random play."
    )
    told.table(run, condition, LABOUR)


def _network(run: Run, owner: Run, condition: str, world: int | None, given: pd.DataFrame, who: str) -> None:
    ties = data.ties(given)
    nodes, edges = drawing.drawn(ties)
    chosen = _chosen(nodes, who, condition, world)
    says = f"Network of {len(nodes)} {who}s and {len(edges)} ties: discs as large as what they gave and got."
    _clickable(drawing.network(nodes, edges, chosen, who, "units"), says)
    hidden = (ties.sum(axis=0) + ties.sum(axis=1) > 0).sum() - len(nodes)
    st.caption(
        "A line is what one gave another, all goods together; discs are as large as what passed through them."
        + (f" {hidden:,} with fewer units are not drawn." if hidden else "")
        + (" Blue: gives. Orange: gets." if chosen >= 0 else " Click a disc for its partners and deals.")
    )
    if chosen >= 0:
        _partners(owner, condition, world, chosen, who, given, data.goods(run))
    st.caption("The report, of the seats of each world, mean over worlds. Null: random networks of the same degrees.")
    told.table(run, condition, [(name.format("trade"), says) for name, says in NETWORK], "same degrees")


def _chosen(nodes: pd.DataFrame, who: str, *place: object) -> int:
    """Who is looked at, in this place: as the address says, by click or from the list; -1 nobody."""
    forget("seat", *place)
    options = ["", *(str(number) for number in nodes["who"])]
    label = f"Deals of a {who}"
    picked = choose(
        "seat", options, st.selectbox, label, label_visibility="collapsed",
        format_func=lambda name: f"{who} {name}" if name else f"choose a {who}, here or in the network",
    )  # fmt: skip
    return int(picked) if picked else -1


def _clickable(chart: Any, says: str) -> None:
    """The network; a click on a disc goes to the address."""

    def clicked() -> None:
        picked = st.session_state["network"]["selection"].get(drawing.CHOSEN) or []
        value = picked[0].get("who") if picked and isinstance(picked[0], dict) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            go(seat=str(int(value)))

    st.altair_chart(chart, width="stretch", alt=says, key="network", on_select=clicked, selection_mode=[drawing.CHOSEN])


def _partners(
    owner: Run, condition: str, world: int | None, chosen: int, who: str, given: pd.DataFrame, names: list[str]
) -> None:
    """The partners of somebody with what passed, and its deals with a link to each one's moment."""
    gave = given[given["giver"] == chosen].groupby("receiver")[["units"]].sum().rename(columns={"units": "gave to"})
    got = given[given["receiver"] == chosen].groupby("giver")[["units"]].sum().rename(columns={"units": "got from"})
    partners = gave.join(got, how="outer").fillna(0).reset_index(names="partner")
    partners = partners.sort_values("gave to", ascending=False, kind="stable")
    deals = data.deals_of(owner, condition, world, chosen)
    deals["deal"] = [_deal(row, names) for row in deals.to_dict("records")]
    deals["see it"] = _links(owner, condition, deals)
    first, second = st.columns([1, 1.7])
    first.dataframe(partners[:60], hide_index=True, height=212, key="partners")
    second.dataframe(
        deals[["world", "tick", "partner", "deal", "see it"]], hide_index=True, height=212, key="deals",
        column_config={"see it": st.column_config.LinkColumn(display_text="World", width="small")},
    )  # fmt: skip


def _deal(row: dict[Any, Any], names: list[str]) -> str:
    gave, got = (f"{row[f'{side}_amount']:g} {data.good_name(names, int(row[side]))}" for side in ("gave", "got"))
    return f"gave {gave} for {got}"


def _links(owner: Run, condition: str, deals: pd.DataFrame) -> list[str | None]:
    """The address of each deal's moment in World, where that world has frames."""
    found = recorded(owner)
    places = [moment(found, condition, *one) for one in zip(deals["world"], deals["tick"], strict=True)]
    return [link(place) if place else None for place in places]


def who_strikes(run: Run) -> None:
    """The network of strikes of one world, where there are no deals."""
    st.markdown("#### Who strikes whom")
    found = data.owners(run, "contests")
    condition = next(iter(found), "")
    given = data.strikes(found[condition], condition, 0) if condition else pd.DataFrame()
    if given.empty:
        st.caption("No strike landed in world 0.")
        return
    nodes, edges = drawing.drawn(data.ties(given))
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        chart = drawing.network(nodes, edges, -1, "seat", "strikes")
        says = f"Strikes that landed between the seats of world 0 in condition {condition}."
        parts.figure(chart, says, given[["giver", "receiver", "units"]], "strikes")
    with right:
        st.caption(f"World 0 of {plain(condition)}: lines as wide as the strikes that landed, the arrow at who was struck.")
        told.table(run, condition, [(name.format("strike"), says) for name, says in NETWORK], "same degrees")
