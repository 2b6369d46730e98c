"""Small two-player zero-sum games solved exactly: a game tree, its value, best responses, NashConv, and CFR.

A strategy is a dict: information set -> probabilities [A] of its actions, of both players together (their information sets
differ). Every value is to player 0; player 1 gets minus that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike

from society.analysis.replicates import real
from society.analysis.statistics import Array

CHANCE = -1
Odds = Sequence[float] | Array
Strategy = Mapping[str, Odds]


@dataclass(frozen=True)
class Node:
    """A point of the tree. Leaf: no `children`, `payoff` to player 0. Chance: `player` = -1 and `chance` probabilities.

    Else `player` 0 or 1 chooses among `children` and cannot tell apart the nodes of one `info`.
    """

    children: tuple[Node, ...] = ()
    player: int = CHANCE
    info: str = ""
    chance: tuple[float, ...] = ()
    payoff: float = 0.0


def kuhn() -> Node:
    """Kuhn poker (1950): three cards, an ante of 1, one bet of 1; actions pass and bet. Info sets are card + history."""
    deals = tuple(permutations("JQK", 2))
    return Node(tuple(_betting(cards, "") for cards in deals), chance=(1 / len(deals),) * len(deals))


def _betting(cards: tuple[str, str], history: str) -> Node:
    if history in ("pp", "bp", "pbp", "bb", "pbb"):
        return Node(payoff=_winnings(cards, history))
    player = len(history) % 2
    children = tuple(_betting(cards, history + action) for action in "pb")
    return Node(children, player, cards[player] + history)


def _winnings(cards: tuple[str, str], history: str) -> float:
    if history == "bp":
        return 1.0
    if history == "pbp":
        return -1.0
    stake = 2.0 if history.endswith("bb") else 1.0
    return stake if "JQK".index(cards[0]) > "JQK".index(cards[1]) else -stake


def matrix_tree(payoff: ArrayLike) -> Node:
    """A one-shot game as a tree: row player 0 moves, then column player 1 without having seen it. payoff [A, B]."""
    table = real(payoff)
    if table.ndim != 2:
        raise ValueError(f"payoff has shape {table.shape}; give [A, B], what the row player gets")
    rows = [tuple(Node(payoff=float(v)) for v in row) for row in table]
    return Node(tuple(Node(leaves, 1, "column") for leaves in rows), 0, "row")


def information_sets(root: Node) -> dict[str, tuple[int, int]]:
    """Information set -> (player, number of actions). ValueError where nodes of one set disagree."""
    found: dict[str, tuple[int, int]] = {}
    for node in _walk(root):
        if node.children and node.player != CHANCE:
            what = (node.player, len(node.children))
            if found.setdefault(node.info, what) != what:
                raise ValueError(f"information set {node.info!r} has different players or actions: give it one name a set")
    return found


def _walk(node: Node) -> list[Node]:
    return [node] + [below for child in node.children for below in _walk(child)]


def uniform(root: Node) -> dict[str, Array]:
    """The strategy that draws every action alike."""
    return {info: np.full(actions, 1 / actions) for info, (_, actions) in information_sets(root).items()}


def mixed(second: Mapping[str, float]) -> dict[str, Array]:
    """The strategy of a game of two actions everywhere, from the probability of the second in each information set."""
    return {info: np.array([1 - p, p]) for info, p in second.items()}


def value(root: Node, strategy: Strategy) -> float:
    """Expected payoff to player 0 when both follow `strategy`. ValueError names an information set that it lacks."""
    if not root.children:
        return root.payoff
    odds = _odds(root, strategy)
    return float(sum(p * value(child, strategy) for p, child in zip(odds, root.children, strict=True)))


def _odds(node: Node, strategy: Strategy) -> Odds:
    if node.player == CHANCE:
        return node.chance
    if node.info not in strategy:
        raise ValueError(f"the strategy lacks information set {node.info!r}: give its probabilities")
    return strategy[node.info]


def best_response_value(root: Node, strategy: Strategy, player: int) -> float:
    """The most that `player` can expect, in his own payoff, against `strategy` of the other. Needs perfect recall."""
    sign = 1.0 if player == 0 else -1.0
    nodes: dict[str, list[tuple[Node, float]]] = {}
    _reach(root, strategy, player, 1.0, nodes)
    choice: dict[str, int] = {}

    def worth(node: Node) -> float:
        if not node.children:
            return sign * node.payoff
        if node.player == player:
            return worth(node.children[choose(node.info)])
        odds = _odds(node, strategy)
        return float(sum(p * worth(child) for p, child in zip(odds, node.children, strict=True)))

    def choose(info: str) -> int:
        if info not in choice:
            here = nodes[info]
            totals = [sum(p * worth(node.children[a]) for node, p in here) for a in range(len(here[0][0].children))]
            choice[info] = int(np.argmax(totals))
        return choice[info]

    return worth(root)


def _reach(node: Node, strategy: Strategy, player: int, p: float, found: dict[str, list[tuple[Node, float]]]) -> None:
    """Nodes of each of the player's information sets, with the odds that the others and chance let it come to them."""
    if not node.children:
        return
    own = node.player == player
    if own:
        found.setdefault(node.info, []).append((node, p))
    odds = np.ones(len(node.children)) if own else np.asarray(_odds(node, strategy), dtype=float)
    for child, q in zip(node.children, odds, strict=True):
        _reach(child, strategy, player, p * float(q), found)


def nash_conv(root: Node, strategy: Strategy) -> float:
    """What both could gain together by a best response: 0 exactly at an equilibrium (Lanctot et al. 2017)."""
    return best_response_value(root, strategy, 0) + best_response_value(root, strategy, 1)


def exploitability(root: Node, strategy: Strategy) -> float:
    """NashConv / 2: what one loses on average to a best response in a two-player zero-sum game."""
    return nash_conv(root, strategy) / 2
