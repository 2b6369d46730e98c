"""Intervals, permutation tests and corrections, on plain arrays.

Which replicate is counted decides which function applies: worlds of one trained policy are resampled (bootstrap),
training runs are few and get a t-interval (percentile and BCa bootstraps cover 83 % of a nominal 95 at n = 5). Every
random function takes an explicit integer `seed` and is a pure function of it. Input that allows no answer gives NaN and
a `reason`, never an exception.

One door to `bootstrap`, `permutation`, `student` and the shapes in `replicates`.
"""

from __future__ import annotations

from society.analysis.bootstrap import (
    accelerated,
    bca,
    bca_mean,
    bca_means,
    bootstrap_mean,
    bootstrap_means,
    bootstrap_spread,
    interquartile_mean,
    interquartile_mean_interval,
    paired_difference,
)
from society.analysis.permutation import holm, mantel, permutation_p, permutation_test, sign_flip_test, standard_scores
from society.analysis.replicates import NAN, Array, Interval, Permuted, floats
from society.analysis.student import Equivalence, equivalence, shared_greater, t_interval, t_test, welch_greater

__all__ = [
    "NAN",
    "Array",
    "Equivalence",
    "Interval",
    "Permuted",
    "accelerated",
    "bca",
    "bca_mean",
    "bca_means",
    "bootstrap_mean",
    "bootstrap_means",
    "bootstrap_spread",
    "equivalence",
    "floats",
    "holm",
    "interquartile_mean",
    "interquartile_mean_interval",
    "mantel",
    "paired_difference",
    "permutation_p",
    "permutation_test",
    "shared_greater",
    "sign_flip_test",
    "standard_scores",
    "t_interval",
    "t_test",
    "welch_greater",
]
