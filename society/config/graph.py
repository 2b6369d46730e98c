"""Graphs as plain data: directed edges (a, b) or (a, b, weight) over numbered nodes, in order and each once.

So written, a graph is a field like any other: it lies in run.toml, is compared, swept and resumed. Text and networkx graphs
are read into the same form; an edge that has no direction is two, one each way.
"""

from __future__ import annotations

import operator
import re
from typing import Annotated, Any

from pydantic import BeforeValidator

Edge = tuple[int, int] | tuple[int, int, float]
MOST_EDGES = 2**20
HEAVIEST = 1e6
_FORM = 'edges as in "0-1,1-2" (both ways; "0-1:2.5" with a weight) or "[[0, 1], [1, 2]]" (one way each)'


def edges(graph: Any, weight: str | None = "weight") -> tuple[Edge, ...]:
    """The edges of a networkx graph as a config keeps them; nodes are whole numbers from 0: seats, or minds.

    Edges with the attribute `weight` get a third number; None leaves weights out. An undirected graph gives both ways.
    Raises ValueError, in one line with the remedy, for other nodes, parallel edges, self-loops and weights that are no
    numbers above 0.
    """
    if graph.is_multigraph():
        raise ValueError("a graph with parallel edges: join them first, nx.Graph(graph) or nx.DiGraph(graph)")
    for node in graph.nodes:
        if not _is_number(node):
            raise ValueError(f"node {node!r} is no number from 0: use nx.convert_node_labels_to_integers(graph)")
    found: list[object] = []
    for a, b, data in graph.edges(data=True):
        more = () if weight is None or data.get(weight) is None else (data[weight],)
        ends = operator.index(a), operator.index(b)
        found += [(*ends, *more)] if graph.is_directed() else [(*ends, *more), (*ends[::-1], *more)]
    return checked(found)


def checked(value: Any) -> Any:
    """Edges, in any of the forms that a config may be given, as sorted tuples. Raises ValueError in one line.

    A value that is no list at all is handed back for the schema to complain about.
    """
    if not isinstance(value, list | tuple):
        return value
    if len(value) > MOST_EDGES:
        raise ValueError(f"{len(value)} edges; a graph has at most {MOST_EDGES}")
    read = [edge for one in value for edge in _read(one)]
    found = {edge[:2]: edge for edge in read}
    for edge in read:
        if found[edge[:2]] != edge:
            raise ValueError(f"the edge from {edge[0]} to {edge[1]} has two weights; give it one")
    return tuple(found[ends] for ends in sorted(found))


def unweighted(value: Any) -> Any:
    """As `checked`. Raises ValueError where an edge has a weight."""
    value = checked(value)
    weighted = [edge for edge in value if len(edge) > 2] if isinstance(value, tuple) else []
    if weighted:
        raise ValueError(
            f"the edge {list(weighted[0])} has a weight, and who hears hears all; leave weights out "
            "(of a networkx graph: society.bridges.networkx.edges(graph, weight=None))"
        )
    return value


def _read(one: Any) -> list[Edge]:
    """One element: an edge [a, b] or [a, b, weight], or a text that stands for an edge each way."""
    if isinstance(one, list | tuple) and len(one) == 1:  # the command line's list of lists
        one = one[0]
    if isinstance(one, str):
        match = re.fullmatch(r"(\d{1,9})-(\d{1,9})(?::([0-9.eE+-]{1,30}))?", one, re.ASCII)
        if match is None:
            raise ValueError(f"{one[:40]!r} is no edge; give {_FORM}")
        a, b, weight = int(match[1]), int(match[2]), match[3]
        more = () if weight is None else (_weight(weight),)
        return [_edge(a, b, *more), _edge(b, a, *more)]
    if not isinstance(one, list | tuple) or len(one) not in (2, 3) or not all(map(_is_number, one[:2])):
        raise ValueError(f"{repr(one)[:40]} is no edge; give {_FORM}")
    return [_edge(operator.index(one[0]), operator.index(one[1]), *map(_weight, one[2:]))]


def _edge(a: int, b: int, *weight: float) -> Edge:
    if a == b:
        raise ValueError(
            f"the edge from {a} to itself: nobody meets or hears themselves; leave it out "
            "(of a networkx graph: graph.remove_edges_from(list(nx.selfloop_edges(graph))))"
        )
    return (a, b, *weight)  # type: ignore[return-value]


def _weight(weight: Any) -> float:
    try:
        number = float(weight)
    except (TypeError, ValueError, OverflowError):
        number = -1.0
    if isinstance(weight, bool) or not 0 < number <= HEAVIEST:
        raise ValueError(f"weight {repr(weight)[:40]} is no number above 0 and up to {HEAVIEST:.0f}")
    return number


def _is_number(node: Any) -> bool:
    """A whole number from 0, numpy's too."""
    return not isinstance(node, bool) and hasattr(node, "__index__") and 0 <= operator.index(node) < 2**31


Edges = Annotated[tuple[Edge, ...], BeforeValidator(checked)]
PlainEdges = Annotated[tuple[tuple[int, int], ...], BeforeValidator(unweighted)]
