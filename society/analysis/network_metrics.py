"""Is there structure in who trades with, strikes and talks to whom? Read from `trades`, `contests`, `deals` and `messages`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from society.analysis import network
from society.analysis.estimate import NAN, Estimate
from society.analysis.metrics import register
from society.analysis.outcome_metrics import SEED, estimate
from society.analysis.run import NORMAL, AbsentError, Reader, attempt, numbers
from society.analysis.statistics import Array, bootstrap_mean

WORLDS = 8  # of each graph: the nulls of one take a tenth of a second
GRAPHS = 39


@dataclass(frozen=True)
class Graph:
    """A graph of seats: the rows of `table` from `seat` to `other`, counted. A trade has two ends and no direction."""

    table: str
    other: str
    directed: bool


@dataclass(frozen=True)
class Question:
    """A measure, the null that it is held against, and whether direction matters to it."""

    measure: network.Measure
    keep: str = "degrees"
    directed: bool = False


def _modularity(ties: Array) -> float:
    """Weights ignored: the null keeps degrees and not strengths, so weighted hubs would look less modular than chance."""
    return network.modularity(ties > 0)


GRAPHS_OF = {
    "trade": Graph("trades", "partner", directed=False),
    "deal": Graph("deals", "partner", directed=True),
    "strike": Graph("contests", "target", directed=True),
    "talk": Graph("messages", "listener", directed=True),
}
QUESTIONS = {
    "reciprocity": Question(network.reciprocity, directed=True),
    "weighted_reciprocity": Question(network.weighted_reciprocity, directed=True),
    "modularity": Question(_modularity),
    "assortativity": Question(network.assortativity),
    "centralisation": Question(network.centralisation, keep="pairs"),
}
UNITS = {
    "reciprocity": "share of ties",
    "weighted_reciprocity": "share of weight",
    "modularity": "Q",
    "assortativity": "r",
    "centralisation": "1 = star",
}


@register("network", needs=("trades", "contests", "deals", "messages"))
def networks(reader: Reader) -> Iterator[Estimate]:
    """Reciprocity, modularity, assortativity and centralisation of who trades with, strikes or talks to whom, and z-scores.

    One graph of seats a world; value and null are means over worlds, the null over random graphs of the same degrees (of
    the same pairs for centralisation). `.z` is the mean z-score, 0 where nothing but the degrees decides.
    """
    for name, graph in GRAPHS_OF.items():
        asked = {q: question for q, question in QUESTIONS.items() if graph.directed or not question.directed}
        yield from _answers(reader, name, graph, NORMAL, asked)


def _answers(reader: Reader, name: str, graph: Graph, condition: str, asked: dict[str, Question]) -> Iterator[Estimate]:
    """Two lines a question, or one for the whole graph where there is none."""
    try:
        ties = _ties(reader, graph, condition)
    except AbsentError as absent:
        yield Estimate.missing(f"{name}_network", condition, str(absent))
        return
    for question, how in asked.items():
        metric = f"{name}_network.{question}"
        tested = [_tested(a, how, seed) for seed, a in enumerate(ties)]
        yield attempt(metric, condition, UNITS[question], partial(_value, metric, condition, tested, UNITS[question]))
        yield attempt(f"{metric}.z", condition, "sd of the null", partial(_z, f"{metric}.z", condition, tested))


def _ties(reader: Reader, graph: Graph, condition: str) -> list[Array]:
    """One matrix of seats for each of the first worlds that have a row."""
    frame = reader.rows(graph.table, condition)
    if graph.other not in frame.columns:
        raise AbsentError(f"table {graph.table} has no column {graph.other}: whom a row is meant for is not recorded")
    for column in ("world", "seat"):
        if column not in frame.columns:
            raise AbsentError(f"table {graph.table} has no column {column}")
    who, whom, world = numbers(frame, "seat"), numbers(frame, graph.other), frame["world"].to_numpy()
    if graph.table == "deals" and "agreed" in frame.columns:
        kept = numbers(frame, "agreed") == 1
        who, whom, world = who[kept], whom[kept], world[kept]
    ends = np.concatenate([who, whom])
    ends = ends[(ends >= 0) & (ends < 10_000)]
    if not ends.size:
        raise AbsentError(f"table {graph.table} tells of no pair of seats")
    players = int(ends.max()) + 1
    worlds = sorted(set(world.tolist()))[:WORLDS]
    return [network.graph_matrix(who[world == w], whom[world == w], players) for w in worlds]


def _tested(a: Array, how: Question, seed: int) -> network.Tested:
    if not how.directed:
        a = a + a.T
    return network.degree_test(a, how.measure, SEED + seed, graphs=GRAPHS, directed=how.directed, keep=how.keep)


def _value(metric: str, condition: str, tested: list[network.Tested], unit: str) -> Estimate:
    there = [t for t in tested if np.isfinite(t.value)]
    if not there:
        raise AbsentError(_why(tested))
    nulls = [t.null_mean for t in there if t.null.size]
    interval = bootstrap_mean([t.value for t in there], SEED)
    return estimate(metric, condition, interval, unit, null=float(np.mean(nulls)) if nulls else NAN)


def _z(metric: str, condition: str, tested: list[network.Tested]) -> Estimate:
    """Over the worlds that have a z-score."""
    there = [t.z for t in tested if np.isfinite(t.z)]
    if not there:
        raise AbsentError(_why(tested))
    return estimate(metric, condition, bootstrap_mean(there, SEED), "sd of the null", null=0.0)


def _why(tested: list[network.Tested]) -> str:
    return next((t.reason for t in tested if t.reason), "no world has a row")
