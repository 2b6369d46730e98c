"""Is there structure in who trades with, strikes and talks to whom? Read from `trades`, `contests`, `deals` and `messages`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

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
    """A graph of seats: the rows of `table` from `seat` to `other`, counted. A deal has two ends and no direction."""

    table: str
    other: str
    directed: bool


@dataclass(frozen=True)
class Question:
    """A measure, the null that it is held against, and whether direction matters to it."""

    measure: network.Measure
    keep: str = "degrees"
    directed: bool = False


GRAPHS_OF = {
    "trade": Graph("trades", "partner", directed=False),
    "deal": Graph("deals", "partner", directed=True),
    "strike": Graph("contests", "target", directed=True),
    "talk": Graph("messages", "listener", directed=True),
}
QUESTIONS = {
    "reciprocity": Question(network.reciprocity, directed=True),
    "weighted_reciprocity": Question(network.weighted_reciprocity, directed=True),
    "modularity": Question(network.modularity),
    "assortativity": Question(network.assortativity),
    "centralisation": Question(network.centralisation, keep="pairs"),
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
    try:
        ties, missing = _ties(reader, graph, condition), ""
    except AbsentError as absent:
        ties, missing = [], str(absent)
    for question, how in asked.items():
        metric = f"{name}_network.{question}"
        tested = [_tested(a, how, seed) for seed, a in enumerate(ties)]
        yield attempt(metric, condition, "0..1", _value(metric, condition, tested, missing))
        yield attempt(f"{metric}.z", condition, "sd of the null", _z(f"{metric}.z", condition, tested, missing))


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


def _value(metric: str, condition: str, tested: list[network.Tested], missing: str) -> Callable[[], Estimate]:
    def make() -> Estimate:
        there = _needed(tested, missing)
        nulls = [t.null_mean for t in there if t.null.size]
        interval = bootstrap_mean([t.value for t in there], SEED)
        return estimate(metric, condition, interval, "0..1", null=float(np.mean(nulls)) if nulls else NAN)

    return make


def _z(metric: str, condition: str, tested: list[network.Tested], missing: str) -> Callable[[], Estimate]:
    def make() -> Estimate:
        there = [t for t in _needed(tested, missing) if np.isfinite(t.z)]
        if not there:
            raise AbsentError(next(t.reason for t in tested if t.reason))
        return estimate(metric, condition, bootstrap_mean([t.z for t in there], SEED), "sd of the null", null=0.0)

    return make


def _needed(tested: list[network.Tested], missing: str) -> list[network.Tested]:
    """The worlds in which the measure is defined. AbsentError, with the first world's reason, if there is none."""
    if missing:
        raise AbsentError(missing)
    there = [t for t in tested if np.isfinite(t.value)]
    if not there:
        raise AbsentError(next((t.reason for t in tested if t.reason), "no world has a row"))
    return there
