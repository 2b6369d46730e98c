"""The particle worlds beside the package mpe2: the same start, the same actions, the same states, observations and rewards.

mpe2 begins an episode and 25 random actions of every agent are drawn; our world is set to the same start in double precision
and given the same actions. What is compared is every body's position and velocity, every agent's observation in mpe2's own
order, and every reward, at every tick. In single precision, in which the worlds are used, the error is told and not judged:
where bodies collide it grows, and on the edge of a disc it can turn a touch into a miss.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from society.config import resolve
from society.engine import build
from society.keys import Keys
from society.studies._rows import TOLD, need, result, row
from society.world.scenario import replace

NAME = "mpe2_equivalence"
SOURCE = "mpe2 1.1.1, run beside"
WORLDS: Mapping[str, str] = {
    "simple_spread": "simple_spread_v3",
    "simple_speaker_listener": "simple_speaker_listener_v4",
    "simple_reference": "simple_reference_v3",
    "simple_tag": "simple_tag_v3",
    "simple_adversary": "simple_adversary_v3",
    "simple_world_comm": "simple_world_comm_v3",
}
EPISODES, TICKS, TOLERANCE = 100, 25, 1e-4
MISSING = 1e9  # the error of what is no number


@dataclass
class Episodes:
    """W episodes of mpe2 in double precision, T ticks: moves and words [T, W, N] (a word is mpe2's number, -1 where an agent
    cannot speak), goals [W, Q], and what came of it: pos [T + 1, W, E, 2], vel [T + 1, W, N, 2], one observation
    [T + 1, W, k] for each agent, reward [T, W, N].
    """

    move: Tensor
    word: Tensor
    goal: Tensor
    pos: Tensor
    vel: Tensor
    seen: list[Tensor]
    reward: Tensor


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """Largest errors over 100 episodes a seed, in double and in single precision."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    need("mpe2")
    seeds = seeds or list(range(1 if quick else 5))
    rows: list[dict[str, Any]] = []
    for name, module in WORLDS.items():
        start = perf_counter()
        found = [compare(name, play(module, EPISODES, seed)) for seed in seeds]
        seconds = perf_counter() - start
        for kind in ("states", "observations", "rewards"):
            worst = max(exact[kind] for exact, _ in found)  # of all seeds: a mean would hide one bad episode
            label = f"{name}: largest error of {kind}, float64"
            more: dict[str, Any] = {"source": SOURCE, "tolerance": TOLERANCE, "seeds": seeds, "seconds": seconds}
            rows.append(row(label, 0.0, worst, worst <= TOLERANCE, **more))
        rough = max(max(single.values()) for _, single in found)
        label = f"{name}: largest error of all, float32"
        rows.append(row(label, None, rough, True, source=SOURCE, tolerance=TOLD, seeds=seeds, seconds=seconds))
    return result(NAME, rows, f"{EPISODES} episodes of {TICKS} ticks a seed; random actions of every agent")


def play(module: str, episodes: int, seed: int, **options: Any) -> Episodes:
    """Random episodes of an mpe2 world with these `options`; every number is drawn from `seed`."""
    env = importlib.import_module(f"mpe2.{module}").raw_env(max_cycles=TICKS, **options)
    draw, courses = np.random.default_rng([seed, 25]), []
    for episode in range(episodes):
        env.reset(seed=1000 * seed + episode)
        move = draw.integers(0, 5, (TICKS, len(env.world.agents)))
        word = draw.integers(0, max(env.world.dim_c, 1), move.shape)
        word[:, [agent.silent for agent in env.world.agents]] = -1
        courses.append((move, word, _goals(env), list(_course(env, move, word))))
    env.close()
    moments = [[course[3][t] for course in courses] for t in range(TICKS + 1)]
    return Episodes(
        move=_stack([course[0] for course in courses]).transpose(0, 1),
        word=_stack([course[1] for course in courses]).transpose(0, 1),
        goal=_stack([course[2] for course in courses]).long(),
        pos=torch.stack([_stack([m[0] for m in now]) for now in moments]),
        vel=torch.stack([_stack([m[1] for m in now]) for now in moments]),
        seen=[torch.stack([_stack([m[2][n] for m in now]) for now in moments]) for n in range(len(moments[0][0][2]))],
        reward=torch.stack([_stack([m[3] for m in now]) for now in moments[1:]]),
    )


def _stack(arrays: Sequence[np.ndarray]) -> Tensor:
    return torch.tensor(np.stack(arrays))


def _goals(env: Any) -> np.ndarray:
    """The goal landmarks of an mpe2 world as ours number them: what a speaker knows, or what all good agents do."""
    marks = [id(mark) for mark in env.world.landmarks]
    told = [getattr(agent, "_goal_b", None) or getattr(agent, "_goal_a", None) for agent in env.world.agents]
    found = [marks.index(id(goal)) for goal in told if id(goal) in marks]
    same = all(getattr(agent, "_goal_b", None) is None for agent in env.world.agents)  # one goal, which all are given
    return np.array(found[:1] if same else found)


def _course(env: Any, move: np.ndarray, word: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, list[np.ndarray], Any]]:
    """Positions, velocities, observations and rewards at the start and after every tick."""
    world, agents = env.world, env.world.agents

    def now() -> tuple[np.ndarray, np.ndarray, list[np.ndarray], Any]:
        pos = np.array([body.state.p_pos for body in world.entities])
        vel = np.array([agent.state.p_vel for agent in agents])
        seen = [env.scenario.observation(agent, world) for agent in agents]
        return pos, vel, seen, np.array([env.rewards[agent.name] for agent in agents])

    yield now()
    for moves, words in zip(move, word, strict=True):
        for agent, step, say in zip(agents, moves, words, strict=True):
            env.step(max(say, 0) * (5 if agent.movable else 1) + (step if agent.movable else 0))
        yield now()


def compare(name: str, theirs: Episodes, **options: Any) -> tuple[dict[str, float], dict[str, float]]:
    """Largest errors of our world with these `options` on those episodes, by kind, in double and in single precision."""
    config = build.settle(resolve(name, overrides={"world": options} if options else {}))
    double, single = (_errors(build.scenario(config), theirs, dtype) for dtype in (torch.float64, torch.float32))
    return double, single


def _errors(ours: Any, theirs: Episodes, dtype: torch.dtype) -> dict[str, float]:
    worlds = torch.arange(theirs.pos.shape[1])
    key = Keys.at(0, worlds, torch.zeros_like(worlds), torch.zeros_like(worlds))
    begun = replace(ours.reset(key), pos=theirs.pos[0], vel=theirs.vel[0], goal=theirs.goal)
    state = pytree.tree_map(lambda x: x.to(dtype) if x.is_floating_point() else x, begun)
    worst = {"states": 0.0, "observations": 0.0, "rewards": 0.0}

    def note(kind: str, mine: Tensor, other: Tensor) -> None:
        assert mine.dtype == dtype and mine.shape == other.shape
        error = (mine.double() - other).abs().nan_to_num(nan=MISSING).max()  # max() of Python passes over a NaN
        worst[kind] = max(worst[kind], float(error))

    for t in range(TICKS + 1):
        note("states", state.pos, theirs.pos[t])
        note("states", state.vel, theirs.vel[t])
        features = ours.observe(state).features
        for seat, seen in enumerate(theirs.seen):
            note("observations", ours.as_mpe2(features, seat), seen[t])
        if t < TICKS:
            state, outcome = ours.step(state, _action(ours, theirs.move[t], theirs.word[t]), key)
            note("rewards", outcome.reward, theirs.reward[t])
    return worst


def _action(ours: Any, move: Tensor, word: Tensor) -> dict[str, Tensor]:
    """mpe2's actions as ours: a word k is symbol k + 1, and who cannot move or speak does nothing."""
    action = {"move": move * ours.able["move"], "say": word + 1}
    return {name: action[name] for name in ours.spec.heads}
