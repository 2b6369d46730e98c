"""Networkx graphs in and out: a graph as the config keeps it, and back.

`channel.graph` says who hears whom, `population.graph` which minds meet; `society.run` and `society.bridges.session.settled`
take a networkx graph for either as it is. What comes out of a run is `Run.trade_graph`, `talk_graph`, `lineage_graph`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import networkx as nx

from ..config.graph import Edge, checked, edges

__all__ = ["Edge", "edges", "graph"]


def graph(pairs: Iterable[Sequence[float] | str], nodes: int = 0) -> nx.DiGraph:
    """The directed graph of pairs as a config or a run.toml has them; `nodes` 0, 1, ... are there even without an edge.

    `edges(graph(pairs))` are the pairs again. Raises ValueError in one line for what is no edge.
    """
    made: nx.DiGraph = nx.DiGraph()
    made.add_nodes_from(range(nodes))
    for a, b, *weight in checked(list(pairs)):
        made.add_edge(a, b, **({"weight": weight[0]} if weight else {}))
    return made
