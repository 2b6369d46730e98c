"""Lewis's game played from urns: how often learning ends in partial pooling instead of a signalling system.

Two players with Roth-Erev urns (initial weight 1, one more for each success) and N equally likely states, N signals. With
N = 2 they learn to signal with probability 1 (Argiento et al. 2009); with more, some runs end with two states that share a
signal, at an expected success below .8 where a signalling system nears 1. All runs are played side by side, one play at a
time, with the same choice from an urn as `policy=table`.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from torch import Tensor

from society.agents.table import choose

from ._rows import near, result, row

STATES = (3, 4)
SHARE = {3: 0.114, 4: 0.244}  # of runs below SUCCESS after a million plays
TOLERANCE = {3: 0.03, 4: 0.04}
SUCCESS = 0.8
EARLY, PLAYS = 100_000, 1_000_000
MOVED = 0.01
CHUNK = 250  # plays drawn at a time
SOURCE = "Roth-Erev urns played 10^6 times by an independent simulation"


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """Share of runs that end below .8; `quick` stops after 10^5 plays, where the full study shows the share to be the same."""
    start = time.perf_counter()
    seeds = seeds or [0]
    marks = (EARLY,) if quick else (EARLY, PLAYS)
    below = play(marks, runs=1200 if quick else 800, seeds=seeds) < SUCCESS
    rows = []
    for which, n in enumerate(STATES):
        last = below[-1, which].astype(float)
        label = f"N = {n}: share of runs with expected success below .8 after {marks[-1]:,} plays"
        rows.append(near(label, SHARE[n], last, TOLERANCE[n], source=SOURCE, seconds=time.perf_counter() - start))
        if not quick:
            moved = abs(float(last.mean() - below[0, which].mean()))
            label = f"N = {n}: the share moves from {EARLY:,} to {PLAYS:,} plays by"
            tolerance = f"at most {MOVED:g}"
            rows.append(row(label, None, moved, moved <= MOVED, tolerance=tolerance, seeds=len(last), source="the same runs"))
    return result("lewis_urns", rows, "replicates are runs; the interval is over runs")


def play(marks: tuple[int, ...], runs: int, seeds: list[int]) -> np.ndarray:
    """Expected success [marks, len(STATES), runs] after so many plays; `runs` are shared out over the seeds.

    Games of fewer states are played in the tables of the largest, where what they lack weighs 0 and so is never chosen.
    """
    wide, share = max(STATES), -(-runs // len(seeds))
    states = torch.tensor(STATES).repeat_interleave(runs)  # [R] of each run
    weights = (torch.arange(wide)[:, None] < states.repeat_interleave(wide)).float()  # [option, run * urn]
    sender, receiver = weights.clone(), weights.clone()
    first = torch.arange(len(states)) * wide
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    found, done = [], 0
    with torch.inference_mode():
        while done < marks[-1]:
            draws = [torch.rand(CHUNK, 3, len(STATES), share, generator=g) for g in generators]
            draw = torch.cat(draws, dim=-1)[..., :runs].flatten(2)
            nature = first + (draw[:, 0] * states).long()
            for urn, u, v in zip(nature, draw[:, 1], draw[:, 2], strict=True):
                one_play(sender, receiver, first, urn, u, v)
            done += CHUNK
            if done in marks:
                found.append(expected_success(sender, receiver, states).view(len(STATES), runs).numpy())
    return np.stack(found)


def one_play(sender: Tensor, receiver: Tensor, first: Tensor, urn: Tensor, u: Tensor, v: Tensor) -> None:
    """One game in every run, in place: the state's urn [R] gives a signal, the signal's urn an answer, success one more.

    sender, receiver [V, R * V] weights by option and urn; first [R] each run's first urn; u, v [R] uniforms.
    """
    signal = choose(sender.index_select(1, urn).T, u)
    heard = first + signal
    answer = choose(receiver.index_select(1, heard).T, v)
    won = (first + answer == urn).float()
    size = sender.shape[1]
    sender.view(-1).index_add_(0, signal * size + urn, won)
    receiver.view(-1).index_add_(0, answer * size + heard, won)


def expected_success(sender: Tensor, receiver: Tensor, states: Tensor) -> Tensor:
    """Probability [R] that the next play of each run succeeds: the mean over states of sum_m p(m | state) q(state | m)."""
    wide = sender.shape[0]
    p = (sender / sender.sum(0).clamp(min=1)).view(wide, -1, wide)  # [signal, run, state]
    q = (receiver / receiver.sum(0).clamp(min=1)).view(wide, -1, wide)  # [answer, run, signal]
    return torch.einsum("mrs,srm->r", p, q) / states
