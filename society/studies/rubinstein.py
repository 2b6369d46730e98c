"""Alternating offers (Rubinstein 1982; Ståhl 1972): the first mover's share by planning and by learning.

The formula is x_T = 1 - d x_(T-1), x_1 = 1, at d = .8. Planning is backward induction through the rules of the scenario
`bargaining`, which knows nothing of the formula; on a pie whose units hold the formula's shares it must meet it exactly.
Learning is one pair of minds a seed, each mind with weights of its own; the share is what the first mover is paid on average
(discounted, nothing without agreement), of frozen minds that sample their actions.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch

from society.config import resolve
from society.engine import build
from society.engine.rollout import Clock, Scripted, ticks
from society.world.worlds import Worlds

from ._pairs import judge, own_pairs, rates, train_pairs
from ._rows import near, result, row

DISCOUNT = 0.8
PIE = 625  # units of the planned game: 5^4, in which x_1 .. x_5 at d = 4/5 are whole
HORIZONS = range(1, 6)
EXACT = 1e-6  # payoffs are float32
LEARNT = (2, 3)
TOLERANCE = 0.05  # of a learnt share
LEARNT_PIE = 50  # units of the learnt game: x_2 = .2 and x_3 = .84 are whole
WORLDS, MINIBATCH = 128, 512  # of one pair
STEPS, LONGER = 900_000, 2  # agent-steps of a pair in quick; times as many in full
SOURCE = "exact: x_T = 1 - d x_(T-1), x_1 = 1 (Rubinstein 1982; Ståhl 1972)"
TRIED = (
    "PPO with exploring starts (games of training begin in any round alike, judged ones in the first) and an entropy bonus that "
    "is a temperature in units of the pie and falls geometrically from .1 to .0025. Without exploring starts late rounds are "
    "hardly met and T = 3 ended at .72-.80; with a bonus relative to the spread of advantages at .60-.72"
)


def run(quick: bool, seeds: list[int] | None = None) -> dict[str, Any]:
    """Planning for T = 1..5, then learning for T = 2 and 3 with one pair a seed (3, or 8 and twice as long in full)."""
    seeds = list(range(3 if quick else 8)) if seeds is None else seeds
    rows = [_planned(rounds) for rounds in HORIZONS]
    for rounds in LEARNT:
        start = time.perf_counter()
        found = learnt(rounds, seeds, STEPS * (1 if quick else LONGER))
        seconds = time.perf_counter() - start
        label = f"learnt, T = {rounds}: first mover's share"
        rows.append(near(label, formula(rounds), found, TOLERANCE, source=SOURCE, seconds=seconds))
    return result("rubinstein", rows, TRIED)


def formula(rounds: int, discount: float = DISCOUNT) -> float:
    """x_T: the subgame-perfect share of whoever demands with `rounds` rounds left, of a pie that can be cut anywhere."""
    return 1.0 if rounds == 1 else 1 - discount * formula(rounds - 1, discount)


def planned(rounds: int) -> float:
    """What the first mover gets when both sides play the plan, in the scenario."""
    fields = {"world.pie": PIE, "world.rounds": rounds, "world.discount": DISCOUNT}
    scenario = build.scenario(build.settle(resolve("bargaining", overrides=fields)), split="all")
    worlds = Worlds.begin(scenario, 0, torch.arange(1))
    actor = Scripted(scenario.scripts["subgame_perfect"])
    return sum(float(tick.outcome.reward[0, 0]) for tick in ticks(worlds, actor, actor.blank(worlds), 2, Clock()))


def _planned(rounds: int) -> dict[str, Any]:
    start = time.perf_counter()
    share, exact = planned(rounds), formula(rounds)
    holds = abs(share - exact) <= EXACT
    label = f"planned, T = {rounds}: first mover's share"
    seconds = time.perf_counter() - start
    return row(label, exact, share, holds, source=SOURCE, tolerance=EXACT, seconds=seconds)


def learnt(rounds: int, seeds: Sequence[int], agent_steps: int, worlds: int = 64) -> list[float]:
    """Mean payoff of the first mover of each seed's pair, frozen, over some thousand games."""
    fields = {"world.pie": LEARNT_PIE, "world.rounds": rounds, "world.discount": DISCOUNT}
    trained = train_pairs("bargaining", seeds, fields, worlds=WORLDS, minibatch=MINIBATCH, agent_steps=agent_steps)
    seen = judge(trained, own_pairs(len(seeds), worlds), 60)
    paid, games = seen["first"][..., 0], seen["first_games"][..., 0]
    return rates(paid, games, len(seeds))
