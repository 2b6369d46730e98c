"""What several speakers say of the meanings that they share, drawn twice; and who speaks to whom."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np

from society.analysis.corpus.data import Corpus
from society.analysis.language.arrays import Integers, codes
from society.analysis.run import AbsentError

SEED = 0


def two_samples(c: Corpus, speakers: Sequence[Integers], *, twice: bool, most: int) -> tuple[Integers, Integers]:
    """Two utterances of each speaker for each of up to `most` meanings that all speak of: [P, U, L] each.

    The two are different utterances of it where `twice`, else one and the same may be drawn. AbsentError if no meaning is
    shared so.
    """
    rng, meaning = np.random.default_rng(SEED), codes(c.meanings)
    kinds, need = int(meaning.max(initial=-1)) + 1, 2 if twice else 1
    often = np.stack([np.bincount(meaning[places], minlength=kinds) for places in speakers])
    common = np.flatnonzero((often >= need).all(axis=0))
    if not len(common):
        said = "twice by every speaker" if twice else "by every speaker"
        raise AbsentError(f"no meaning is said {said}")
    if len(common) > most:
        common = np.sort(rng.choice(common, max(1, most), replace=False))
    drawn = [_two(rng, meaning, places, common) for places in speakers]
    return c.messages[np.stack([a for a, _ in drawn])], c.messages[np.stack([b for _, b in drawn])]


def _two(rng: np.random.Generator, meaning: Integers, places: Integers, common: Integers) -> tuple[Integers, Integers]:
    """Two places for each of the common meanings, different ones where there are two."""
    mixed = rng.permutation(places)
    mixed = mixed[np.argsort(meaning[mixed], kind="stable")]
    start = np.searchsorted(meaning[mixed], common, side="left")
    end = np.searchsorted(meaning[mixed], common, side="right")
    return mixed[start], mixed[np.minimum(start + 1, end - 1)]


def contact_graph(c: Corpus) -> nx.Graph:
    """Speakers and listeners, joined by how often one spoke to the other. AbsentError if no listener is told."""
    if c.speaker is None or c.listener is None:
        raise AbsentError("no listener is told, so there is no contact graph")
    return meetings(c.speaker, c.listener)


def meetings(first: Integers, second: Integers) -> nx.Graph:
    """A graph of minds joined by how often the two of a row [N], [N] met; unknown ones (-1) are left out."""
    graph: nx.Graph = nx.Graph()
    both = (first >= 0) & (second >= 0)
    pairs, count = np.unique(np.sort(np.stack([first[both], second[both]], axis=1), axis=1), axis=0, return_counts=True)
    graph.add_nodes_from(int(mind) for mind in np.unique(pairs))
    graph.add_weighted_edges_from((int(a), int(b), float(n)) for (a, b), n in zip(pairs, count, strict=True) if a != b)
    return graph
