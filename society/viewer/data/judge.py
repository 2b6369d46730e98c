"""Pairs of clips to be judged, and what was said of them so far (Christiano et al. 2017, section 2.2).

The next pair follows from the run's seed and the number of labels that it has, so that judging goes on where it was left,
and nobody picks the clips that they like.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from society.analysis.estimate import Estimate
from society.record.frames import Span
from society.record.labels import Clip
from society.viewer.payload import decode, encode


def pair(spans: Sequence[Span], length: int, seed: int, number: int) -> tuple[Clip, Clip] | None:
    """The `number`-th pair of clips of at most `length` ticks; None where there are no two different ones.

    Conditions are drawn alike, whatever number of worlds was filmed of each; then a world, then where the clip begins.
    """
    rng = np.random.default_rng([seed, number])
    first = _clip(spans, length, rng)
    for _ in range(100):
        second = _clip(spans, length, rng)
        if second != first:
            return first, second
    return None


def _clip(spans: Sequence[Span], length: int, rng: np.random.Generator) -> Clip:
    conditions = list(dict.fromkeys(span.condition for span in spans))
    condition = conditions[rng.integers(len(conditions))]
    there = [span for span in spans if span.condition == condition]
    span = there[rng.integers(len(there))]
    latest = max(span.first, span.last - length + 1)
    begin = int(rng.integers(span.first, latest + 1))
    return Clip(span.condition, span.seed, span.world, begin, min(span.last, begin + length - 1))


def from_zero(blob: bytes, first: int) -> bytes:
    """A replay whose ticks are counted from its own beginning, so that two clips run in step."""
    arrays = decode(blob)
    ticks = [name for name in arrays if name == "tick" or name.endswith(".tick")]
    return encode(arrays | {name: arrays[name] - np.int32(first) for name in ticks})


def preferred(labels: pd.DataFrame) -> list[Estimate]:
    """How often clips of each condition were preferred to clips of another one: share, Wilson's 95 % interval, null 1/2.

    Ties, skipped pairs and pairs of one condition say nothing of this and are left out; n counts what is left. The
    interval takes labels for independent.
    """
    apart = labels[(labels["left_condition"] != labels["right_condition"]) & labels["choice"].isin(["left", "right"])]
    won = apart["left_condition"].where(apart["choice"] == "left", apart["right_condition"])
    lost = apart["right_condition"].where(apart["choice"] == "left", apart["left_condition"])
    lines = []
    for condition in sorted({*won, *lost}):
        wins, n = int((won == condition).sum()), int((won == condition).sum() + (lost == condition).sum())
        test = binomtest(wins, n)
        low, high = test.proportion_ci(method="wilson")
        found = Estimate("preferred", condition, wins / n, low, high, 0.5, n, "share of labels", p=test.pvalue)
        lines.append(found)
    return lines
