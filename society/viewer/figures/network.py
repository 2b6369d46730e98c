"""A network of who gives to whom, drawn the same way each time; a click on somebody chooses them."""

import math

import altair as alt
import networkx as nx
import numpy as np
import pandas as pd

from society.viewer import charts

NODES, EDGES = 60, 300  # that are drawn, the largest first
CHOSEN = "chosen"  # the selection's name
APART = 0.014  # half of what lies between the two directions of a pair


def drawn(ties: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Places of the players that have ties [P, P], and the ties: nodes who, x, y, gave, got, total; edges giver, receiver, units.

    Laid out by Fruchterman and Reingold's springs from a fixed start; at most NODES and EDGES, those with most units.
    """
    total = ties.sum(axis=0) + ties.sum(axis=1)
    players = np.argsort(-total, kind="stable")[:NODES]
    players = np.sort(players[total[players] > 0])
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(players.tolist())
    pairs = sorted(
        ((float(ties[i, j]), int(i), int(j)) for i in players for j in players if i != j and ties[i, j] > 0),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )[:EDGES]
    for units, i, j in pairs:
        graph.add_edge(i, j, weight=math.sqrt(units + (graph.edges[i, j]["weight"] ** 2 if graph.has_edge(i, j) else 0)))
    start = nx.circular_layout(graph)
    places = nx.spring_layout(graph, pos=start, seed=1, iterations=60) if len(graph) > 2 and pairs else start
    at = np.array([places[i] for i in players.tolist()]).reshape(-1, 2)
    nodes = pd.DataFrame({
        "who": players, "x": at[:, 0], "y": at[:, 1],
        "gave": ties.sum(axis=1)[players], "got": ties.sum(axis=0)[players], "total": total[players],
    })  # fmt: skip
    return nodes, pd.DataFrame(pairs, columns=["units", "giver", "receiver"])


def network(nodes: pd.DataFrame, edges: pd.DataFrame, chosen: int, who: str, unit: str) -> alt.LayerChart:
    """Discs as large as what somebody gave and got, lines as wide as what was given, with the arrow at who got it.

    The ties of `chosen` (-1: nobody) stand out: blue what it gives, orange what it gets.
    """
    lines = _lines(nodes, edges, chosen)
    # an even frame around all discs, so that both axes have the same unit on a square figure
    reach = float(max(nodes[["x", "y"]].abs().max().max(), 0.2)) * 1.18
    x, y = (alt.X, "x"), (alt.Y, "y")
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    ax, ay = (kind(f"{name}:Q", axis=None, scale=scale) for kind, name in (x, y))
    most = float(edges["units"].max()) if len(edges) else 1.0
    width = alt.StrokeWidth("units:Q", scale=alt.Scale(type="sqrt", domain=[0, most], range=[0.4, 7]), legend=None)
    part = {"gives": charts.BLUE, "gets": charts.ORANGE, "other": charts.GREY}
    colour = alt.Color("part:N", scale=alt.Scale(domain=list(part), range=list(part.values())), legend=None)
    faint = alt.condition(alt.datum.part == "other", alt.value(0.35 if chosen < 0 else 0.13), alt.value(0.9))
    tips = [
        alt.Tooltip("giver:Q", title=f"{who} that gives"),
        alt.Tooltip("receiver:Q", title=f"{who} that gets"),
        alt.Tooltip("units:Q", title=unit, format=",.4~g"),
    ]
    rules = alt.Chart(lines).mark_rule(strokeCap="round").encode(
        x=ax, y=ay, x2="x2:Q", y2="y2:Q", strokeWidth=width, color=colour, opacity=faint, tooltip=tips
    )  # fmt: skip
    heads = alt.Chart(lines).mark_point(shape="triangle", filled=True, size=48).encode(
        x=alt.X("hx:Q", axis=None, scale=scale), y=alt.Y("hy:Q", axis=None, scale=scale),
        angle=alt.Angle("turn:Q", scale=None), color=colour, opacity=faint, tooltip=tips,
    )  # fmt: skip
    pick = alt.selection_point(name=CHOSEN, fields=["who"], on="click", empty=False)
    size = alt.Size(
        "total:Q", scale=alt.Scale(type="sqrt", domain=[0, float(nodes["total"].max())], range=[130, 950]), legend=None
    )
    ring = alt.condition(alt.datum.who == chosen, alt.value(4), alt.value(1.2))
    rim = alt.condition(alt.datum.who == chosen, alt.value(charts.ORANGE), alt.value("#FFFFFF"))
    told = [
        alt.Tooltip("who:Q", title=who),
        *(alt.Tooltip(f"{name}:Q", title=f"{name}, {unit}", format=",.4~g") for name in ("gave", "got")),
    ]
    discs = alt.Chart(nodes).mark_circle(color=charts.GREEN, opacity=1, cursor="pointer").encode(
        x=ax, y=ay, size=size, strokeWidth=ring, stroke=rim, tooltip=told
    ).add_params(pick)  # fmt: skip
    text = alt.Chart(nodes).mark_text(color="#FFFFFF", fontSize=11, fontWeight="bold")
    names = text.encode(x=ax, y=ay, text="who:N", tooltip=told)
    chart: alt.LayerChart = alt.layer(rules, heads, discs, names).properties(height=430)  # type: ignore[assignment]
    return chart.configure_view(strokeWidth=0)


def _lines(nodes: pd.DataFrame, edges: pd.DataFrame, chosen: int) -> pd.DataFrame:
    """Both ends of each tie, moved a little to its right so that the two directions of a pair lie side by side."""
    place = nodes.set_index("who")[["x", "y"]]
    start = place.loc[edges["giver"]].to_numpy().reshape(-1, 2)
    end = place.loc[edges["receiver"]].to_numpy().reshape(-1, 2)
    way = end - start
    long = np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    side = APART * np.stack([way[:, 1], -way[:, 0]], axis=1) / long
    start, end = start + side, end + side
    head = start + 0.72 * (end - start)
    part = np.where(edges["giver"] == chosen, "gives", np.where(edges["receiver"] == chosen, "gets", "other"))
    turn = np.degrees(np.arctan2(way[:, 0], way[:, 1]))
    found = edges.assign(
        x=start[:, 0], y=start[:, 1], x2=end[:, 0], y2=end[:, 1], hx=head[:, 0], hy=head[:, 1], turn=turn, part=part
    )
    return found.sort_values("part", key=lambda parts: parts != "other", kind="stable")  # those that stand out on top
