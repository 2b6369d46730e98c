import math

import numpy as np
import pytest
from scipy import stats

from society.analysis import statistics as st

SKEWED = np.random.default_rng(3).exponential(size=25) ** 2


@pytest.mark.parametrize("statistic", [np.mean, np.median, np.var])
def test_bca_is_scipys_on_the_same_resamples(statistic):
    theirs = stats.bootstrap((SKEWED,), statistic, method="BCa", n_resamples=999, rng=1)
    left_out = np.array([statistic(np.delete(SKEWED, i)) for i in range(SKEWED.size)])
    ours = st.accelerated(float(statistic(SKEWED)), theirs.bootstrap_distribution, left_out)
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval), rel=1e-12) and ours.n == 25


@pytest.mark.parametrize("statistic", [np.mean, np.var])
def test_bca_by_our_own_resamples_is_near_scipys(statistic):
    theirs = stats.bootstrap((SKEWED,), statistic, method="BCa", n_resamples=20_000, rng=1).confidence_interval
    ours = st.bca(SKEWED, lambda rows: statistic(rows, axis=1), seed=0, resamples=20_000)
    assert ours.value == pytest.approx(statistic(SKEWED))
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=0.03)


def test_bca_of_a_ratio_of_means_is_scipys():
    pairs = np.stack([SKEWED, np.random.default_rng(4).uniform(1, 2, 25)], axis=1)
    theirs = stats.bootstrap(
        (pairs[:, 0], pairs[:, 1]), lambda a, b, axis=-1: a.mean(axis) / b.mean(axis),
        method="BCa", paired=True, vectorized=True, n_resamples=20_000, rng=1,
    ).confidence_interval  # fmt: skip
    ours = st.bca_means(pairs, lambda m: m[:, 0] / m[:, 1], seed=0, resamples=20_000)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=0.03)


def test_both_ways_to_the_jackknife_agree():
    assert st.bca_mean(SKEWED, seed=2) == st.bca(SKEWED, lambda rows: rows.mean(axis=1), seed=2)


def test_bca_leans_to_the_long_tail():
    plain, leaning = st.bootstrap_mean(SKEWED, seed=0), st.bca_mean(SKEWED, seed=0)
    assert leaning.low > plain.low and leaning.high > plain.high


def test_a_thousand_worlds_and_the_unit_do_not_matter():
    many = np.random.default_rng(0).exponential(size=3000)
    small, large = st.bca_mean(many * 1e-12, seed=0, resamples=500), st.bca_mean(many * 1e9, seed=0, resamples=500)
    assert small.high * 1e21 == pytest.approx(large.high) and small.low < small.value < small.high


def test_the_interquartile_mean_is_scipys_trimmed_mean():
    for size in (1, 3, 4, 7, 25):
        assert st.interquartile_mean(SKEWED[:size]) == pytest.approx(stats.trim_mean(SKEWED[:size], 0.25))
    assert st.interquartile_mean([9, 2, 3, -100]) == 2.5 and math.isnan(st.interquartile_mean([math.nan]))


def test_the_interquartile_interval_draws_runs_within_tasks():
    """Tasks that differ and runs that do not: a bootstrap that mixed tasks would have width."""
    scores = np.tile([0.0, 1.0, 2.0, 3.0], (5, 1))
    assert st.interquartile_mean_interval(scores, seed=0) == st.Interval(1.5, 1.5, 1.5, 5)


def test_the_interquartile_interval_agrees_with_a_bootstrap_by_hand():
    scores, rng = np.random.default_rng(1).normal(size=(6, 3)), np.random.default_rng(2)
    each = [stats.trim_mean(np.concatenate([rng.choice(scores[:, t], 6) for t in range(3)]), 0.25) for _ in range(1500)]
    found = st.interquartile_mean_interval(scores, seed=0, resamples=4000)
    assert found.value == pytest.approx(stats.trim_mean(scores, 0.25, axis=None)) and found.n == 6
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(each, [0.025, 0.975])), abs=0.05)


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("margin", [0.2, 0.6])
def test_equivalence_is_two_of_scipys_one_sided_tests(paired, margin):
    rng = np.random.default_rng(6)
    a, b = rng.normal(1.0, 0.3, 9), rng.normal(1.1, 0.5, 9 if paired else 14)
    test = (
        stats.ttest_rel if paired else lambda x, y, alternative: stats.ttest_ind(x, y, equal_var=False, alternative=alternative)
    )
    theirs = max(test(a + margin, b, alternative="greater").pvalue, test(a - margin, b, alternative="less").pvalue)
    found = st.equivalence(a, b, margin, paired=paired)
    assert found.p == pytest.approx(theirs, rel=1e-9) and found.equivalent == (theirs < 0.05)
    assert found.equivalent == (-margin < found.low and found.high < margin) and found.value == pytest.approx(a.mean() - b.mean())


def test_one_sided_welch_is_scipys_and_exact_values_decide_by_sign():
    a, b = SKEWED[:9], SKEWED[9:] + 0.4
    theirs = stats.ttest_ind(a, b, equal_var=False, alternative="greater").pvalue
    assert st.welch_greater(a, b) == pytest.approx(theirs, rel=1e-9)
    assert st.welch_greater(a, b, reverse=True) == pytest.approx(1 - theirs, rel=1e-9)
    flat = [([3.0, 3.0], [1.0, 1.0]), ([1.0, 1.0], [1.0, 1.0])]
    assert [(st.welch_greater(x, y), st.welch_greater(x, y, reverse=True)) for x, y in flat] == [(0, 1), (1, 0)]
    assert math.isnan(st.welch_greater([1.0], [2.0, 3.0]))


def test_equivalence_is_shown_not_assumed():
    close = np.random.default_rng(0).normal(0, 0.1, 12)
    assert st.equivalence(close, close[::-1] + 0.01, 0.3).equivalent
    assert not st.equivalence(close[:2], close[2:4] + 0.3, 0.3).equivalent  # too few and too far
    assert not st.equivalence(close, close + 1.0, 0.3, paired=False).equivalent


@pytest.mark.parametrize("margin", [0.0, -1.0, math.nan])
def test_a_margin_must_be_stated(margin):
    with pytest.raises(ValueError, match="margin"):
        st.equivalence([1.0, 2.0], [1.0, 2.0], margin)


@pytest.mark.parametrize(
    "found",
    [
        st.bca_mean([], seed=0),
        st.bca_mean([2.0], seed=0),
        st.bca_mean([2.0, 2.0, 2.0], seed=0),
        st.bca([math.nan, 1.0, 2.0], lambda rows: rows.mean(axis=1) * math.nan, seed=0),
        st.bca_means([[1.0, 0.0], [1.0, 1.0], [2.0, 0.0]], lambda m: m[:, 0] / m[:, 1], seed=0),
        st.interquartile_mean_interval(np.empty((0, 3)), seed=0),
        st.interquartile_mean_interval([[1.0, math.nan], [1.0, 2.0]], seed=0),
        st.interquartile_mean_interval([[1.0, 2.0]], seed=0),
        st.equivalence([], [1.0, 2.0], 1.0),
        st.equivalence([1.0], [1.0], 1.0, paired=True),
        st.equivalence([1.0, 1.0], [1.0, 1.0], 1.0),
    ],
)
def test_what_has_no_interval_says_why(found):
    assert math.isnan(found.low) and math.isnan(found.high) and found.reason
