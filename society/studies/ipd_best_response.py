"""Best responses in the iterated prisoner's dilemma: exact by value iteration through the world's rules, learned by PPO.

R 3, S 0, T 5, P 1, discount .96, average payoff (1 - d) sum d^t r. Minds learn inside `matrix_game`, whose column player is a
script; ten minds with weights of their own are grown side by side against the same script, and each is a seed. What they
learned is judged without luck: their sampled policy is solved exactly on the states that the world's own `step` reaches.
Episodes are cut off, with a bootstrapped return, after four rounds: against grim everything after the first betrayal is lost,
and of longer episodes nearly all is that (cut after 10 or 50 rounds, none of ten minds found cooperation; 3.0 became 1.16).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from society.analysis.statistics import Array, t_interval
from society.config import resolve
from society.engine import build
from society.engine.training import Training
from society.keys import Keys
from society.population.population import Population
from society.world.scenario import Scenario, State

from ._pairs import finish
from ._rows import result, row

DISCOUNT = 0.96
EXACT = {"tit_for_tat": 3.0, "always_defect": 1.0, "always_cooperate": 5.0, "grim": 3.0}
STEPS, ROUNDS = 400_000, 4
SEEDS, ENOUGH, NEEDED = 10, 0.95, 0.9  # share of the exact value, in this share of the seeds


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """For each script the exact value, and how many of the minds reach 95 % of it."""
    chosen, rows = seeds or ([0] if quick else [0, 1, 2]), []
    for opponent, exact in EXACT.items():
        start = time.perf_counter()
        config = _config(opponent, chosen[0])
        rules = explore(build.scenario(config))
        best = best_value(rules)
        close = abs(best - exact) <= 1e-6
        rows.append(row(f"{opponent}: exact best response", exact, best, close, tolerance=1e-6, source="closed form"))
        values = np.concatenate([learned(_config(opponent, s), rules) for s in chosen])
        enough, interval = float(np.mean(values >= ENOUGH * exact)), t_interval(values)
        rows.append(
            row(
                f"{opponent}: learned by PPO, mean value", exact, interval.value, enough >= NEEDED,
                ci=(interval.low, interval.high), tolerance=f"{ENOUGH:.0%} of it in {NEEDED:.0%} of the minds",
                seeds=len(values), seconds=time.perf_counter() - start, source="exact",
                note=f"{round(enough * len(values))} of {len(values)} minds; lowest {values.min():.3f}",
            )
        )  # fmt: skip
    return result("ipd_best_response", rows, f"the seeds of a learned row are minds, {SEEDS} to a stack, each with own weights")


def _config(opponent: str, seed: int) -> Any:
    wanted = {
        "world.opponent": opponent, "population.minds": SEEDS, "population.matchmaker": "everyone", "seed": seed,
        "world.rounds": ROUNDS, "learner.gamma": DISCOUNT, "learner.lr": 3e-3, "learner.entropy": 0.05,
        "training.agent_steps": STEPS,
    }  # fmt: skip
    return build.settle(resolve("matrix_game", "iterated", wanted))


@dataclass(frozen=True)
class Rules:
    """S states of a deterministic world with one seat, the first being the start; A moves.

    features [S, F]; after [S, A] the next state's number; reward [S, A].
    """

    features: torch.Tensor
    after: NDArray[np.int64]
    reward: Array


def explore(game: Scenario) -> Rules:
    """All states that the world's own `step` reaches from its start, told apart by what the players remember."""
    key = Keys.at(0, *(torch.zeros(1, dtype=torch.long),) * 3)
    known: list[State] = [game.reset(key)]
    names = {_memory(known[0]): 0}
    after, reward = [], []
    for here in known:  # grows while it is walked
        nexts, paid = [], []
        for move in range(game.spec.heads["move"].size):
            there, outcome = game.step(here, {"move": torch.full((1, 1), move)}, key)
            if _memory(there) not in names:
                names[_memory(there)] = len(known)
                known.append(there)
            nexts.append(names[_memory(there)])
            paid.append(float(outcome.reward[0, 0]))
        after.append(nexts)
        reward.append(paid)
    features = torch.cat([game.observe(s).features[:, 0] for s in known])
    return Rules(features, np.array(after, dtype=np.int64), np.array(reward))


def _memory(s: State) -> tuple[int, ...]:
    """What decides the future: the last moves, and who was betrayed."""
    return tuple(torch.cat([s.last[0], s.betrayed[0].long()]).tolist())


def best_value(rules: Rules) -> float:
    """Average payoff of the best policy from the start, by value iteration to 1e-9."""
    value = np.zeros(len(rules.after))
    while True:
        better = (rules.reward + DISCOUNT * value[rules.after]).max(axis=1)
        if np.abs(better - value).max() < 1e-9:
            return float((1 - DISCOUNT) * better[0])
        value = better


def policy_value(rules: Rules, policy: Array) -> float:
    """Average payoff from the start of a policy [S, A] of probabilities, by solving its linear equations."""
    count = len(policy)
    moves = np.zeros((count, count))
    np.add.at(moves, (np.arange(count)[:, None], rules.after), policy)
    value = np.linalg.solve(np.eye(count) - DISCOUNT * moves, (policy * rules.reward).sum(axis=1))
    return float((1 - DISCOUNT) * value[0])


def learned(config: Any, rules: Rules) -> Array:
    """The exact value [P] of what each mind of a trained stack does."""
    population = finish(Training(config)).population
    return np.array([policy_value(rules, policy) for policy in policies(population, rules)])


def policies(population: Population, rules: Rules) -> Array:
    """What each mind does in each state: probabilities [P, S, A]."""
    states, minds = len(rules.features), population.minds
    features = rules.features.expand(minds, 1, states, -1)
    action = torch.zeros(minds, 1, states, 1, dtype=torch.long)
    never = torch.zeros(minds, 1, states, dtype=torch.bool)
    with torch.no_grad():
        replay = population.policy.evaluate(population.weights, features, None, action, torch.zeros(minds, states, 0), never)
    probabilities: Array = replay.logits["move"][:, 0, :, 0].double().softmax(-1).numpy()
    return probabilities
