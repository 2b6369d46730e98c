"""Who meets whom: which mind sits in which seat of which world.

A matchmaker is a function (minds, spec, worlds, key) -> mind of each seat [W, N]. `Seating` turns that into rows grouped by
mind and padded to one length, so that grouping is a gather and acting one batched product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ..config.graph import Edge
from ..keys import Keys
from ..world.scenario import Spec

Matchmaker = Callable[[int, Spec, int, Keys], Tensor]


@dataclass(frozen=True)
class Seating:
    """mind [W, N] of each seat; rows [P, R] seats (w * N + n) by mind; valid [P, R] False where padded.

    `plain` is True for one mind, whose rows are all seats in order: gather and scatter are then views.
    """

    mind: Int[Tensor, "W N"]
    rows: Int[Tensor, "P R"]
    valid: Bool[Tensor, "P R"]
    plain: bool
    full: bool

    @classmethod
    def of(cls, mind: Int[Tensor, "W N"], minds: int) -> Seating:
        """Group the seats by mind; minds without a seat get padded rows only."""
        flat = mind.flatten()
        if minds == 1:
            rows = torch.arange(flat.numel(), device=flat.device)[None]
            return cls(mind, rows, torch.ones_like(rows, dtype=torch.bool), True, True)
        count = torch.bincount(flat, minlength=minds)
        length = max(int(count.max()), 1)
        order = torch.argsort(flat, stable=True)
        first = count.cumsum(0) - count
        place = torch.arange(length, device=flat.device)
        valid = place < count[:, None]
        rows = order[torch.where(valid, first[:, None] + place, 0)]
        return cls(mind, rows, valid, False, bool(valid.all()))

    def gather(self, x: Tensor) -> Tensor:
        """[W, N, ...] by seat to [P, R, ...] by mind."""
        flat = x.flatten(0, 1)
        return flat[None] if self.plain else flat[self.rows]

    def scatter(self, x: Tensor) -> Tensor:
        """[P, R, ...] by mind to [W, N, ...] by seat; padded rows are dropped."""
        shape = (*self.mind.shape, *x.shape[2:])
        if self.plain:
            return x[0].view(shape)
        out = torch.empty(self.mind.numel(), *x.shape[2:], dtype=x.dtype, device=x.device)
        if self.full:
            out[self.rows.flatten()] = x.flatten(0, 1)
        else:
            keep = self.valid.flatten()
            out[self.rows.flatten()[keep]] = x.flatten(0, 1)[keep]
        return out.view(shape)


def everyone(minds: int, spec: Spec, worlds: int, key: Keys) -> Tensor:
    """All minds meet: seat n of world w has mind (n + w) mod P, always the same."""
    return (torch.arange(worlds)[:, None] + torch.arange(spec.seats)) % minds


def teams(minds: int, spec: Spec, worlds: int, key: Keys) -> Tensor:
    """Fixed teams: the P / N teams take turns over the worlds; seat n of a team is always the same mind.

    The minds of team k are k * N .. k * N + N - 1, so pairs trained apart are `teams` with two seats.
    """
    if minds % spec.seats:
        raise ValueError(f"population.minds = {minds}: teams need a multiple of the {spec.seats} seats")
    team = torch.arange(worlds) % (minds // spec.seats)
    return team[:, None] * spec.seats + torch.arange(spec.seats)


def pairs(minds: int, spec: Spec, worlds: int, key: Keys) -> Tensor:
    """Minds keep a role and partners are drawn anew: role k's minds are the k-th share of the population.

    Each seat's minds are used equally often (to within one), in keyed order, so an update sees every mind.
    """
    roles = max(spec.seat_roles, default=0) + 1
    if minds % roles:
        raise ValueError(f"population.minds = {minds}: pairs need a multiple of the {roles} roles")
    share = minds // roles
    seats = []
    for seat, role in enumerate(spec.seat_roles or (0,) * spec.seats):
        order = key.permutation(f"pairs.{seat}", worlds)[0]
        seats.append(role * share + order % share)
    return torch.stack(seats, dim=1)


def mixed(minds: int, spec: Spec, worlds: int, key: Keys) -> Tensor:
    """Every mind takes every role: seats are dealt from keyed shuffles of the whole population."""
    decks = -(-worlds * spec.seats // minds)
    order = key.permutation("mixed", decks * minds)[0][: worlds * spec.seats]
    return (order % minds).view(worlds, spec.seats)


def on_graph(graph: nx.Graph) -> Matchmaker:
    """Pairs drawn from the edges of a networkx graph whose nodes are the minds 0..P-1; for worlds of two seats.

    An edge's `weight` (default 1) is its share of the worlds. In an undirected graph the two ends take turns at the roles.
    """
    edges = [(int(a), int(b), float(d.get("weight", 1.0))) for a, b, d in graph.edges(data=True)]
    if not edges:
        raise ValueError("population.matchmaker: its graph has no edges, so nobody meets; give two minds or more")

    def match(minds: int, spec: Spec, worlds: int, key: Keys) -> Tensor:
        if spec.seats != 2:
            raise ValueError(f"population.matchmaker: one on a graph, but the world has {spec.seats} seats; it needs 2")
        if max(max(a, b) for a, b, _ in edges) >= minds:
            raise ValueError(f"population.graph: a mind is numbered {minds} or more; minds are 0..{minds - 1}")
        ends = torch.tensor([(a, b) for a, b, _ in edges])
        edge_cdf = torch.tensor([w for *_, w in edges]).cumsum(0)
        draw = key.uniform("graph.edge", worlds)[0] * edge_cdf[-1]
        pair = ends[torch.bucketize(draw, edge_cdf, right=True).clamp(max=len(edges) - 1)]
        if graph.is_directed():
            return pair
        turn = key.bernoulli("graph.turn", 0.5, worlds)[0]
        return torch.where(turn[:, None], pair.flip(1), pair)

    return match


def on_edges(edges: Sequence[Edge]) -> Matchmaker:
    """Pairs drawn from edges (a, b) or (a, b, weight) as `population.graph` has them: mind a in seat 0, b in seat 1.

    An edge's weight (default 1) is its share of the worlds. Raises ValueError where there is none; the matchmaker raises it
    for a mind that is not there and for worlds of other than two seats.
    """
    if not edges:
        raise ValueError('population.graph: has no edges, so nobody meets; give some, as in "0-1,1-2"')
    graph: nx.DiGraph = nx.DiGraph()
    graph.add_weighted_edges_from((edge[0], edge[1], *(edge[2:] or (1.0,))) for edge in edges)
    return on_graph(graph)


MATCHMAKERS: Mapping[str, Matchmaker] = {
    "everyone": everyone,
    "teams": teams,
    "pairs": pairs,
    "mixed": mixed,
    "ring": lambda minds, spec, worlds, key: on_graph(nx.cycle_graph(minds))(minds, spec, worlds, key),
    "small_world": lambda minds, spec, worlds, key: on_graph(
        nx.watts_strogatz_graph(minds, min(4, minds - 1), 0.1, seed=0)
    )(minds, spec, worlds, key),
}
