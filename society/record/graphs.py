"""Graphs of a run, from its tables: who gave to whom, who was in whose hearing, who descends from whom.

Tables are asked for sums by group, so the memory that is taken grows with the nodes and not with the rows. A node is a mind,
by its number in the tables (-1: a script), or a seat of a world, (world, seat). Weights are plain numbers, as networkx's
writers want them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import networkx as nx

    from society.record.store import Run

PLACE = ["condition", "seed", "world"]  # seats of one and the same world
ENDS = ["one", "other"]


def where(condition: str | None, seed: int | None, world: int | None) -> dict[str, Any]:
    """The rows that are meant; None: all."""
    return {name: value for name, value in zip(PLACE, (condition, seed, world), strict=True) if value is not None}


def trade(run: Run, kept: dict[str, Any], by: str) -> nx.DiGraph:
    """Giver -> receiver, `weight` units of all goods, `deals` how often; those who never traded are no nodes."""
    own, partner = {"mind": ("mind", "partner_mind"), "seat": ("seat", "partner")}[_known(by)]
    flows = []
    for giver, receiver, amount in ((own, partner, "gave_amount"), (partner, own, "got_amount")):
        flow = run.grouped("trades", (*_place(by), giver, receiver, amount), kept)
        flows.append(flow.set_axis([*_place(by), *ENDS, "amount", "deals"], axis=1))
    found = pd.concat(flows)
    found = found[found["amount"] > 0]
    found["weight"] = found["amount"] * found["deals"]
    return _graph(found, by, ["weight", "deals"])


def talk(run: Run, kept: dict[str, Any], by: str) -> nx.DiGraph:
    """Speaker -> who was in hearing, `weight` messages; every seat of the worlds whose messages were kept is a node."""
    own = _known(by)
    channel = run.config.get("channel", {})
    if channel.get("reach"):
        raise ValueError(f"channel.reach is {channel['reach']}: the tables do not say who stood within it, so not who heard")
    seats = [*PLACE, "seat", "mind"]
    spoken, sits = _spoken(run, kept, seats), run.grouped("episodes", seats, kept)
    if spoken.empty or sits.empty:
        return _graph(spoken[:0], by, [])
    sits = sits.merge(spoken[PLACE].drop_duplicates(), on=PLACE)
    spoken = spoken[spoken["weight"] > 0]
    if edges := channel.get("graph"):
        links = pd.DataFrame([edge[:2] for edge in edges], columns=["seat", "to"])
        there = sits[[*PLACE, "seat", "mind"]].set_axis([*PLACE, "to", "mind_to"], axis=1)
        found = spoken.merge(links, on="seat").merge(there, on=[*PLACE, "to"])
        found = found.assign(one=found[own], other=found["mind_to" if by == "mind" else "to"])
    else:
        said = spoken.groupby([*PLACE, own])["weight"].sum().reset_index().rename(columns={own: "one"})
        there = sits.groupby([*PLACE, own]).size().reset_index(name="seats").rename(columns={own: "other"})
        found = said.merge(there, on=PLACE)
        # nobody hears themselves: each seat's words reach one seat fewer of its own mind
        found["weight"] *= found["seats"] - (found["one"] == found["other"])
    graph = _graph(found[found["weight"] > 0], by, ["weight"])
    graph.add_nodes_from(_nodes(sits[[*_place(by), own]], by))
    return graph


def lineage(run: Run, kept: dict[str, Any]) -> nx.DiGraph:
    """Parent -> child; nodes are minds with `born`, the update, and `frozen`."""
    import networkx as nx

    rows = run.grouped("lineage", ("mind", "parent", "born_update", "frozen"), kept).to_dict("records")
    graph: nx.DiGraph = nx.DiGraph()
    graph.add_nodes_from((row["mind"], {"born": row["born_update"], "frozen": bool(row["frozen"])}) for row in rows)
    graph.add_edges_from((row["parent"], row["mind"]) for row in rows if row["parent"] >= 0)
    return graph


def _spoken(run: Run, kept: dict[str, Any], seats: list[str]) -> pd.DataFrame:
    """Messages that are not silence, by seat."""
    words = [name for name in run.rows("messages", count=0).columns if re.fullmatch(r"m\d+", name)]
    found = run.grouped("messages", seats, kept).rename(columns={"count": "weight"})
    if words:  # a table without any is one that was never written
        silent = run.grouped("messages", seats, kept | {word: [0, -1] for word in words})
        if not silent.empty:
            found = found.merge(silent, on=seats, how="left")
            found["weight"] -= found.pop("count").fillna(0).astype("int64")
    return found


def _known(by: str) -> str:
    if by not in ("mind", "seat"):
        raise ValueError(f"by is {by!r}: a graph is by mind or by seat")
    return by


def _place(by: str) -> list[str]:
    return ["world"] if by == "seat" else []


def _nodes(rows: pd.DataFrame, by: str) -> list[Any]:
    """One node a row: of the columns world and seat a pair, of the column mind its number."""
    found = rows.drop_duplicates().to_numpy(dtype="int64").tolist()
    return [tuple(row) for row in found] if by == "seat" else [row[0] for row in found]


def _graph(rows: pd.DataFrame, by: str, weights: list[str]) -> nx.DiGraph:
    """Rows with the columns one, other, these weights (and, by seat, world), summed by pair."""
    import networkx as nx

    graph: nx.DiGraph = nx.DiGraph()
    if rows.empty:
        return graph
    sums = rows.groupby([*_place(by), *ENDS])[weights].sum().reset_index()
    for row in sums.to_dict("records"):
        one, other = ((row["world"], row[end]) if by == "seat" else row[end] for end in ENDS)
        graph.add_edge(one, other, **{name: row[name] for name in weights})
    return graph
