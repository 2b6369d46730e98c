"""Prices against their reference, who has how much, who does what, who gives to whom, and whether deals add up."""

import pandas as pd
import streamlit as st

from society.record.store import Run
from society.viewer import words
from society.viewer.address import choose, go
from society.viewer.data import economy as data
from society.viewer.data import market as prices
from society.viewer.data.conservation import Conserved, conserved
from society.viewer.data.market import Bins, Market
from society.viewer.data.world import moment, recorded
from society.viewer.figures import economy as figures
from society.viewer.pages import parts, told
from society.viewer.pages.exchange import who_deals, who_strikes
from society.viewer.pages.inequality import who_has
from society.viewer.words import plain

MOST = 12  # conditions that are compared
RECORDED = ("contests", "deals", "offers", "plays", "messages", "episodes")
MARKET = (
    ("trade_rate", "deals per 100 seat-ticks"),
    ("smith_alpha", "Smith's alpha, % of the competitive price"),
    ("price_bias", "price bias, % of the competitive price"),
    ("price_dispersion.early", "sd of log price, first half"),
    ("price_dispersion.late", "sd of log price, second half"),
)


def show(run: Run) -> None:
    """The page; a live run's deals appear as they are written."""
    parts.section(run, _body)


def _body(run: Run) -> None:
    found = data.societies(run)
    if not found:
        parts.heading(run)
        parts.no_rows(run, "deals")
        others = ", ".join(name for name in run.tables() if name in RECORDED)
        if others:
            st.caption(f"Nothing is exchanged in this world, or nothing was yet. What its scenario does record: {others}.")
        if "episodes" in run.tables():
            who_has(run, "normal")
        if "contests" in run.tables():
            who_strikes(run)
        return
    head, chooser, pair_at, badge = st.columns([3.1, 1.5, 1.5, 1.7], vertical_alignment="center")
    with head:
        parts.heading(run)
    with chooser:
        condition = choose("condition", list(found), st.selectbox, "Society", label_visibility="collapsed")
    owner = found[condition]
    market = prices.market(owner, condition)
    with pair_at:
        one = _pair(run, market)
    with badge:
        _badge(owner, conserved(owner, condition, data.goods(run)), market, condition)
    if one:
        _market(run, owner, condition, market, one)
    else:
        st.info("No deal of this condition has a price: none is between two goods at a known tick.", icon=":material/info:")
    who_has(run, condition)
    who_deals(run, owner, condition, market)


def _pair(run: Run, market: Market) -> Bins | None:
    """The pair of goods whose price is shown."""
    names = data.goods(run)
    priced = [one for one in market.bins.values() if one.sums[0].any()]
    options = {f"{data.good_name(names, one.good)} in {data.good_name(names, one.money)}": one for one in priced}
    if not options:
        return None
    if len(options) == 1:
        return next(iter(options.values()))
    return options[choose("pair", list(options), st.selectbox, "Price of", label_visibility="collapsed")]


def _market(run: Run, owner: Run, condition: str, market: Market, one: Bins) -> None:
    """The headline figure: prices over time against the reference, volume below, the report beside."""
    names = data.goods(run)
    good, money = data.good_name(names, one.good)[:24], data.good_name(names, one.money)[:24]
    logarithm = not market.relative
    bins = one.frame(logarithm)
    dots = market.dots[(market.dots["good"] == one.good) & (market.dots["money"] == one.money)]
    value, is_what = prices.reference(run, owner, condition, one, market.relative)
    last = int(bins["until"].max())
    left, right = st.columns([2, 1], gap="medium")
    with left:
        axis = f"price of a {good}, share of the competitive" if market.relative else f"{money} for one {good}"
        says = (
            f"Price of {good} in {money} over {last} ticks in condition {condition}: {int(bins['deals'].sum())} deals, "
            f"reference {value:.3g}."
        )
        # where the price never moves it takes little room, and the volume is what there is to see
        moves = bool((bins["high"] > bins["low"] * 1.001).any() or bins["price"].nunique() > 1)
        high, low = (310, 165) if moves else (170, 305)
        st.altair_chart(figures.prices(bins, dots, value, axis, logarithm, last, high), width="stretch", alt=says)
        parts.figure(figures.volume(bins, f"units of {good}", last, low), f"Units of {good} dealt by tick.", bins, "prices")
    with right:
        _volumes(run, condition)
        st.caption(_reading(dots, one, logarithm, plain(is_what)))
        told.table(run, condition, MARKET)
        auction = "; of alpha and bias: traders of zero intelligence (Gode & Sunder 1993)" if market.relative else ""
        st.caption(f"Null of the deals: random play{auction}.")


def _volumes(run: Run, condition: str) -> None:
    """How many deals each condition has, the twins and references of the same worlds beside one another."""
    rows = data.rows_of(run, "trades")
    rows = rows[(rows["condition"] == condition) | (rows.index < MOST)]
    says = "Deals recorded: " + ", ".join(f"{row['condition']} {row['rows']:,}" for row in rows.to_dict("records")) + "."
    st.altair_chart(figures.counts(rows, condition, "deals recorded"), width="stretch", alt=says)
    st.caption(f"**{plain(condition)}**: {plain(words.condition(condition)) or 'a condition of this run'}.")


def _reading(dots: pd.DataFrame, one: Bins, logarithm: bool, is_what: str) -> str:
    mean = "geometric mean" if logarithm else "mean"
    wide = "one tick" if one.width == 1 else f"{one.width} ticks"
    fixed = len(dots) > 1 and dots["price"].nunique() == 1
    return ("Every deal is on the same terms, so the price cannot move: look at the volume. " if fixed else "") + (
        f"Dots: single deals{'' if len(dots) == int(one.sums[0].sum()) else f', {len(dots):,} of them'}. Line: their {mean} "
        f"in bins of {wide}; band: one standard deviation of the deals, no interval. Dashed: {is_what}."
    )


def _badge(owner: Run, found: Conserved, market: Market, condition: str) -> None:
    """Whether what deals say is what happened, in a badge; a click tells what was tested."""
    broken = found.broken or market.malformed
    if broken:
        label, icon, colour = f"{found.broken + market.malformed:,} deals do not add up", ":material/error:", "red"
    elif found.law:
        label, icon, colour = f"conserved in {found.checked:,} of {found.checked:,} deals", ":material/verified:", "green"
    else:
        label, icon, colour = f"{market.count:,} deals well formed", ":material/rule:", "gray"
    with st.popover(f":{colour}[{label}]", icon=icon, width="stretch"):
        wrong = f", {market.malformed:,} are not" if market.malformed else ""
        st.markdown(
            f"**Form.** {market.count - market.malformed:,} of {market.count:,} deals are between two seats, in two goods, "
            f"all of them there, with amounts above 0{wrong}."
        )
        if market.first is not None:
            row = market.first
            st.markdown("First that is not: " + plain(", ".join(f"{name} {value:g}" for name, value in row.items())))
        if not found.law:
            st.markdown(f"**Conservation** could not be tested: {plain(found.why)}.")
            return
        st.markdown(
            f"**Conservation.** In {found.checked - min(found.broken, found.checked):,} of {found.checked:,} deals of worlds "
            f"with frames {plain(found.law)}. In {found.exact:,} the change is the deal to the unit. Deals beside a death, a "
            "strike or the end of an episode, and of the last frame, are not tested."
        )
        for i, one in enumerate(found.violations[:3]):
            st.markdown(f"World {one.world}, tick {one.tick}: {plain(one.says)}.")
            if place := moment(recorded(owner), condition, one.world, one.tick):
                st.button("See it in World", key=f"violation_{i}", icon=":material/play_circle:", on_click=go, kwargs=place)
