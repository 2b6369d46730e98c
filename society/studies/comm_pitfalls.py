"""Speaker consistency without communication (Lowe et al. 2019): words that go with the speaker's act and move nobody.

Pairs of minds play 2 x 2 games whose payoffs are drawn anew and seen by both, and may speak before they move. Both act on
the payoffs, and so does what they say: I(own message; own action) lies far above its shuffled null. Yet nothing changes when
the words are shuffled or muted, or when the pairs are grown mute, and the causal influence is next to nothing. A game in
which talk does break a tie, by the same instruments, shows that they find communication where there is some.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

from society.analysis import language
from society.analysis.statistics import Array, Interval, bootstrap_mean, t_interval
from society.config import Config, resolve
from society.engine import build
from society.world.interventions import Content, mute

from ._rows import result, row
from ._talkers import Played, grow, play

LOWE = "Lowe et al. 2019: the direction"
MARGIN = 0.025  # payoffs have standard deviation 1; 5 % of the .49 that learning gains over random play
QUIET = 0.02  # nats
COMMUNICATES, DOES_NOT = 0.002, 0.087  # bits, in an independent implementation of such games: told, not aimed at
SYMBOLS, WORLDS, ROUNDS = 5, 2048, 4
STEPS = 125_000  # agent-steps of a pair


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """Rows over independent pairs, all grown side by side in one stack, and two of a population that communicates."""
    start, pairs, seeds = time.perf_counter(), 8 if quick else 16, seeds or [0]
    found: dict[str, list[float]] = {"consistency": [], "p": [], "content": [], "mute": [], "worth": [], "influence": []}
    for seed in seeds:
        for name, values in idle_talk(seed, pairs).items():
            found[name] += values
    above = t_interval(found["consistency"])
    significant = float(np.mean(np.array(found["p"]) <= 0.05))
    words = "above its shuffled null (interval above 0)"
    rows = [
        row(
            "payoffs drawn: speaker consistency above its null, bits", None, above.value, above.low > 0,
            ci=(above.low, above.high), tolerance=words, seeds=above.n, source=LOWE,
            note=f"p <= .05 in {significant:.0%} of {len(found['p'])} minds; {DOES_NOT:g} in an independent run",
        ),
        _nothing("payoffs drawn: reward that shuffled content adds", found["content"], MARGIN),
        _nothing("payoffs drawn: reward that silence adds", found["mute"], MARGIN),
        _nothing("payoffs drawn: reward above pairs grown mute", found["worth"], MARGIN),
        _nothing("payoffs drawn: causal influence of communication, nats", found["influence"], QUIET),
        *_talk_that_counts(seeds[0]),
    ]  # fmt: skip
    rows[0]["seconds"] = time.perf_counter() - start
    return result("comm_pitfalls", rows, "replicates are pairs of one stack, each with weights, partners and worlds of its own")


def idle_talk(seed: int, pairs: int) -> dict[str, list[float]]:
    """What is measured of pairs that see all there is to know: by mind consistency and p, by pair all the rest."""
    config = _config(seed, STEPS * pairs, {"world.game": "drawn", "population.matchmaker": "teams", "population": 2 * pairs})
    grown, dumb = grow(config), config.model_copy(update={"condition": "muted_from_birth"})
    normal = play(config, grown, WORLDS, ROUNDS)
    shuffled = play(config, grown, WORLDS, ROUNDS, _shuffle(normal))
    silent = play(config, grown, WORLDS, ROUNDS, mute)
    control = play(dumb, grow(dumb), WORLDS, ROUNDS)
    tests = [_consistency(normal, mind, seed) for mind in range(2 * pairs)]
    return {
        "consistency": [value for value, _ in tests],
        "p": [p for _, p in tests],
        "content": _by_pair(normal, shuffled.paid - normal.paid),
        "mute": _by_pair(normal, silent.paid - normal.paid),
        "worth": _by_pair(normal, normal.paid - control.paid),
        "influence": _by_pair(normal, normal.influence),
    }


def _config(seed: int, steps: int, changes: dict[str, Any]) -> Config:
    wanted = {"channel.symbols": SYMBOLS, "training.worlds": 512, "learner.minibatch": 4096, "seed": seed}
    return build.settle(resolve("matrix_game", "talk", wanted | {"training.agent_steps": steps} | changes))


def _shuffle(normal: Played) -> Content:
    """Every spoken symbol replaced by a draw from those of the normal run."""
    counts = np.bincount(normal.said.ravel().astype(int), minlength=SYMBOLS)[1:]
    return Content(torch.from_numpy(counts.astype(float)))


def _consistency(played: Played, mind: int, seed: int) -> tuple[float, float]:
    """I(own message; own action) of a mind above its shuffled null in bits, and p."""
    mine = np.broadcast_to(played.mind == mind, played.said.shape)
    found = language.speaker_consistency(played.said[mine], played.move[mine], seed=seed)
    return found.value - found.null_mean, found.p


def _by_pair(played: Played, values: Array) -> list[float]:
    """Means over rounds, seats and worlds of each pair of `teams`."""
    pair, each = played.mind[:, 0].astype(int) // 2, values.mean(axis=(0, 2))
    return list(np.bincount(pair, each) / np.bincount(pair))


def _nothing(label: str, values: list[float], margin: float) -> dict[str, Any]:
    """A row that holds when the 95 % interval lies within +- margin: two one-sided tests, at .025 each."""
    interval = t_interval(values)
    holds = max(-interval.low, interval.high) <= margin
    tolerance = f"interval within ±{margin:g}"
    bounds = (interval.low, interval.high)
    return row(label, None, interval.value, holds, ci=bounds, tolerance=tolerance, seeds=interval.n, source="Lowe et al. 2019")


def _talk_that_counts(seed: int) -> list[dict[str, Any]]:
    """The same instruments where symmetric minds must move apart, which talk alone can arrange (Farrell 1987)."""
    config = _config(seed, 200_000, {"world.game": "anti_coordination"})
    grown = grow(config)
    normal = play(config, grown, WORLDS, ROUNDS)
    shuffled = play(config, grown, WORLDS, ROUNDS, _shuffle(normal))
    effect = bootstrap_mean((shuffled.paid - normal.paid).mean(axis=(0, 2)), seed)
    heeded = bootstrap_mean(normal.influence.mean(axis=(0, 2)), seed)
    kept = [_consistency(normal, mind, seed)[0] for mind in range(grown.minds)]
    note = f"speaker consistency is {np.mean(kept):.3f} bits above its null here ({COMMUNICATES:g} in an independent run)"
    source = "Farrell 1987, cheap talk and entry; interval over worlds of one population"
    lost = Interval(-effect.value, -effect.high, -effect.low)
    return [
        _some("a tie to break: reward that shuffled content takes", lost, 0.2, source, note),
        _some("a tie to break: causal influence of communication, nats", heeded, 5 * QUIET, source, ""),
    ]


def _some(label: str, interval: Interval, least: float, source: str, note: str) -> dict[str, Any]:
    bounds = (interval.low, interval.high)
    holds, tolerance = interval.low >= least, f"interval above {least:g}"
    return row(label, None, interval.value, holds, ci=bounds, tolerance=tolerance, seeds=1, source=source, note=note)
