"""A population of tabular policies that learns Kuhn poker from sampled games by policy gradient, everyone against everyone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from society.analysis.games import information_sets, kuhn

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
HISTORIES = ("", "p", "b", "pb")  # those after which somebody is to move; the fourth is player 0's again
SETS = [card + history for history in HISTORIES for card in "JQK"]


def learn(
    seed: int, updates: int, *, minds: int = 8, games: int = 512, rate: float = 0.5, entropy: float = 0.02
) -> dict[str, Array]:
    """The policy averaged over minds and updates, each weighted by how often the mind's own play comes to the set.

    REINFORCE on softmax logits [P, 12, 2] with the mean return of an information set as its baseline and an entropy bonus;
    the rate and the bonus fall to 0 with the square root of time, which self-play needs in order not to go round in
    circles. Nothing but the games' returns is used: no tree, no counterfactual value.
    """
    assert set(SETS) == set(information_sets(kuhn()))
    rng, logits = np.random.default_rng(seed), np.zeros((minds, len(SETS), 2))
    baseline, total = np.zeros(len(SETS)), np.zeros((len(SETS), 2))
    for t in range(updates):
        policy = _softmax(logits)
        step = 1 / np.sqrt(1 + t / 50)
        mind, info, action, payoff = _play(policy, games, rng)
        np.add.at(baseline, info, 0.02 / games * 12 * (payoff - baseline[info]))
        score = np.eye(2)[action] - policy[mind, info]
        gradient = np.zeros_like(logits)
        np.add.at(gradient, (mind, info), score * (payoff - baseline[info])[:, None])
        log = np.log(np.maximum(policy, 1e-12))
        bonus = -policy * (log - (policy * log).sum(axis=-1, keepdims=True))
        logits += rate * step * (gradient * minds * len(SETS) / (2 * games) + entropy * step * bonus)
        logits = np.clip(logits - logits.mean(axis=-1, keepdims=True), -8, 8)
        total += (_own_reach(policy)[..., None] * policy).sum(axis=0)
    return {name: total[i] / total[i].sum() for i, name in enumerate(SETS)}


def _softmax(logits: Array) -> Array:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def _own_reach(policy: Array) -> Array:
    """The odds [P, 12] that a mind's own earlier choices lead to a set: only player 0's second move has one."""
    reach = np.ones(policy.shape[:2])
    reach[:, 9:] = policy[:, :3, 0]
    return reach


def _play(policy: Array, games: int, rng: np.random.Generator) -> tuple[Integers, Integers, Integers, Array]:
    """Games between random pairs of minds: every decision's mind, set, action and its mover's payoff, all [decisions]."""
    seats = rng.integers(len(policy), size=(games, 2))
    cards = np.argsort(rng.random((games, 3)), axis=1)[:, :2]

    def act(player: int, history: int) -> tuple[Integers, Integers]:
        info = 3 * history + cards[:, player]
        return info, (rng.random(games) < policy[seats[:, player], info, 1]).astype(np.int64)

    first, opening = act(0, 0)
    info = np.stack([first, 3 * (1 + opening) + cards[:, 1], 9 + cards[:, 0]])
    reply = (rng.random(games) < policy[seats[:, 1], info[1], 1]).astype(np.int64)
    _, last = act(0, 3)
    third = (opening == 0) & (reply == 1)
    called = np.where(opening == 1, reply == 1, third & (last == 1))
    folded = np.where(opening == 1, np.where(reply == 0, 1, 0), np.where(third & (last == 0), -1, 0))
    payoff = np.where(folded != 0, folded, np.where(cards[:, 0] > cards[:, 1], 1, -1) * np.where(called, 2, 1)).astype(float)
    made = np.stack([np.ones(games, dtype=bool), np.ones(games, dtype=bool), third])
    mind = np.stack([seats[:, 0], seats[:, 1], seats[:, 0]])
    action, own = np.stack([opening, reply, last]), np.stack([payoff, -payoff, payoff])
    return mind[made], info[made], action[made], own[made]
