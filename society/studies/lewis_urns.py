"""Lewis's game played from urns: how often learning ends in partial pooling instead of a signalling system.

Two players with Roth-Erev urns (initial weight 1, one more for each success) and N equally likely states, N signals. With
N = 2 they learn to signal with probability 1 (Argiento et al. 2009); with more, some runs end with two states that share a
signal, at an expected success below .8 where a signalling system nears 1. All runs are played side by side, one play at a
time, with the same choice from an urn as `policy=table`. Between 10^5 and 10^6 plays one run in seventy still crosses .8, so
`quick` does not stop at 10^5: it goes on in blocks of one play in 500 of those before, with weights held within a block. The
full study plays the million one by one and holds the blocks against that, from the same urns.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
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
BLOCK = 0.002  # plays of a block, as a share of those before it
CHUNK = 250  # plays whose uniforms are drawn at a time
SOURCE = "Roth-Erev urns played 10^6 times, an independent simulation"


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """Share of runs that end below .8 after a million plays; `quick` plays the last nine tenths in blocks."""
    start, seeds = time.perf_counter(), seeds or [0]
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    urns = begin(STATES, runs=1000 if quick else 800)
    one_by_one(urns, EARLY, generators)
    leapt = urns.copy()
    by_blocks(leapt, EARLY, PLAYS, np.random.default_rng(seeds))
    blocks = expected_success(leapt) < SUCCESS
    if not quick:
        one_by_one(urns, PLAYS - EARLY, generators)
    below = blocks if quick else expected_success(urns) < SUCCESS
    rows = []
    for which, n in enumerate(STATES):
        label = f"N = {n}: share of runs with expected success below .8"
        seconds = time.perf_counter() - start
        rows.append(near(label, SHARE[n], below[which].astype(float), TOLERANCE[n], source=SOURCE, seconds=seconds))
        if not quick:
            gap = float(blocks[which].mean() - below[which].mean())
            label = f"N = {n}: the share in blocks, above that one by one"
            more: dict[str, Any] = {"tolerance": 0.01, "seeds": below.shape[1], "source": "from the same urns after 10^5 plays"}
            rows.append(row(label, 0.0, gap, abs(gap) <= 0.01, **more))
    return result("lewis_urns", rows, "replicates are runs; the interval is over runs")


@dataclass(frozen=True)
class Urns:
    """R runs, V signals and answers at most: weights [V, R * V] by option and urn, changed in place.

    A game of fewer states is played in tables of V: what it lacks weighs 0 and so is never chosen.
    """

    sender: Tensor
    receiver: Tensor
    states: Tensor  # [R]

    @property
    def wide(self) -> int:
        """V."""
        return len(self.sender)

    def copy(self) -> Urns:
        """The same urns, to be played on apart."""
        return Urns(self.sender.clone(), self.receiver.clone(), self.states)


def begin(states: tuple[int, ...], runs: int) -> Urns:
    """Fresh urns of so many runs of each number of states, those of the first number first."""
    number = torch.tensor(states).repeat_interleave(runs)
    weights = (torch.arange(max(states))[:, None] < number.repeat_interleave(max(states))).float()
    return Urns(weights, weights.clone(), number)


def one_by_one(urns: Urns, plays: int, generators: list[torch.Generator]) -> None:
    """So many plays in every run, in place; every generator draws for its share of the runs."""
    runs = len(urns.states)
    first = torch.arange(runs) * urns.wide
    with torch.inference_mode():
        for done in range(0, plays, CHUNK):
            count = min(CHUNK, plays - done)
            draw = torch.cat([torch.rand(count, 3, -(-runs // len(generators)), generator=g) for g in generators], dim=-1)
            nature = first + (draw[:, 0, :runs] * urns.states).long()
            for urn, u, v in zip(nature, draw[:, 1, :runs], draw[:, 2, :runs], strict=True):
                one_play(urns, first, urn, u, v)


def one_play(urns: Urns, first: Tensor, urn: Tensor, u: Tensor, v: Tensor) -> None:
    """One game in every run: the state's urn [R] gives a signal, the signal's urn an answer, a success adds 1 to both.

    first [R] is each run's first urn, u and v [R] are uniforms.
    """
    size = urns.sender.shape[1]
    signal = choose(urns.sender.index_select(1, urn).T, u)
    heard = first + signal
    answer = choose(urns.receiver.index_select(1, heard).T, v)
    won = (first + answer == urn).float()
    urns.sender.view(-1).index_add_(0, signal * size + urn, won)
    urns.receiver.view(-1).index_add_(0, answer * size + heard, won)


def by_blocks(urns: Urns, done: int, plays: int, rng: np.random.Generator) -> None:
    """Play on from `done` to `plays` in blocks within which the weights are held, in place: successes are multinomial."""
    states, wide = urns.states.numpy(), urns.wide
    likely = (np.arange(wide) < states[:, None]) / states[:, None]  # [R, state]
    while done < plays:
        count = min(max(1, int(done * BLOCK)), plays - done)
        won = success(urns).clip(0, 1)  # [R, state, signal]
        lost = (1 - won.sum(-1, keepdims=True)).clip(0, 1)
        odds = np.concatenate([won, lost], axis=-1)
        odds /= odds.sum(-1, keepdims=True)
        paid = rng.multinomial(rng.multinomial(count, likely), odds)[..., :-1]
        added = torch.from_numpy(paid.astype(np.float32))
        urns.sender.add_(added.permute(2, 0, 1).reshape(wide, -1))
        urns.receiver.add_(added.permute(1, 0, 2).reshape(wide, -1))
        done += count


def success(urns: Urns) -> np.ndarray:
    """Probability [R, state, signal] that, in this state, this signal is sent and answered right."""
    p = (urns.sender.double() / urns.sender.sum(0).clamp(min=1)).view(urns.wide, -1, urns.wide)  # [signal, run, state]
    q = (urns.receiver.double() / urns.receiver.sum(0).clamp(min=1)).view(urns.wide, -1, urns.wide)  # [answer, run, signal]
    found: np.ndarray = (p.permute(1, 2, 0) * q.permute(1, 0, 2)).numpy()
    return found


def expected_success(urns: Urns) -> np.ndarray:
    """Probability [numbers of states, runs of each] that the next play succeeds."""
    each = success(urns).sum((1, 2)) / urns.states.numpy()
    return each.reshape(len(urns.states.unique()), -1)
