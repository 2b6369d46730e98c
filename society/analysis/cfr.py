"""Counterfactual regret minimisation for a small two-player zero-sum tree (Zinkevich et al. 2007)."""

from __future__ import annotations

import numpy as np

from society.analysis.games import CHANCE, Node, information_sets
from society.analysis.statistics import Array


def solve(root: Node, iterations: int) -> dict[str, Array]:
    """The average strategy after `iterations` rounds of regret matching, which tends to an equilibrium.

    The players take turns (alternating updates) and later rounds weigh more (linear averaging), both of which only speed
    it up. Deterministic.
    """
    sets = information_sets(root)
    regret = {info: np.zeros(actions) for info, (_, actions) in sets.items()}
    total = {info: np.zeros(actions) for info, (_, actions) in sets.items()}
    for t in range(1, iterations + 1):
        for player in (0, 1):
            current = {info: _matching(r) for info, r in regret.items()}
            _descend(root, player, (1.0, 1.0), current, regret, total, float(t))
    return {info: _normalised(weights) for info, weights in total.items()}


def _matching(regret: Array) -> Array:
    return _normalised(np.maximum(regret, 0.0))


def _normalised(weights: Array) -> Array:
    sum_ = weights.sum()
    return weights / sum_ if sum_ > 0 else np.full(weights.size, 1 / weights.size)


def _descend(
    node: Node,
    player: int,
    reach: tuple[float, float],
    current: dict[str, Array],
    regret: dict[str, Array],
    total: dict[str, Array],
    weight: float,
) -> float:
    """Expected payoff to `player` below the node. `reach`: the odds of his own choices, and of all the others' and chance."""
    if not node.children:
        return node.payoff if player == 0 else -node.payoff
    own, others = reach
    odds = np.asarray(node.chance) if node.player == CHANCE else current[node.info]
    if node.player != player:
        below = [
            _descend(child, player, (own, others * p), current, regret, total, weight)
            for child, p in zip(node.children, odds, strict=True)
        ]
        return float(np.dot(odds, below))
    values = np.array(
        [
            _descend(child, player, (own * p, others), current, regret, total, weight)
            for child, p in zip(node.children, odds, strict=True)
        ]
    )
    mean = float(np.dot(odds, values))
    regret[node.info] += others * (values - mean)
    total[node.info] += weight * own * odds
    return mean
