import math

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import pdist, squareform

from society.analysis import statistics as st

RNG = np.random.default_rng(7)
SAMPLE = RNG.exponential(size=60)


def test_bootstrap_mean_agrees_with_scipy():
    ours = st.bootstrap_mean(SAMPLE, seed=1, resamples=20_000)
    theirs = stats.bootstrap((SAMPLE,), np.mean, method="percentile", n_resamples=20_000, rng=2).confidence_interval
    assert ours.value == pytest.approx(SAMPLE.mean(), abs=1e-12) and ours.n == 60
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_a_bootstrap_is_a_function_of_its_seed():
    assert st.bootstrap_mean(SAMPLE, seed=3) == st.bootstrap_mean(SAMPLE, seed=3) != st.bootstrap_mean(SAMPLE, seed=4)


def test_paired_difference_keeps_pairs():
    b = RNG.normal(size=50) * 100
    found = st.paired_difference(b + 2.0, b, seed=0)
    assert found.value == pytest.approx(2.0) and found.high - found.low < 1e-9


def test_the_spread_of_resamples_is_that_of_the_mean():
    found = st.bootstrap_spread(SAMPLE.mean(), lambda drawn: float(drawn @ SAMPLE) / 60, 60, seed=0)
    half = 1.96 * SAMPLE.std() / math.sqrt(60)
    assert found.high - SAMPLE.mean() == pytest.approx(half, rel=0.1) and found.n == 60
    assert found.low == pytest.approx(2 * SAMPLE.mean() - found.high)


def test_a_ratio_whose_denominator_may_vanish_has_no_interval():
    found = st.bootstrap_means([[1.0, 0.0], [1.0, 1.0]], lambda m: m[:, 0] / m[:, 1], seed=0)
    assert found.value == 2.0 and math.isnan(found.low) and "denominator" in found.reason


def test_t_interval_and_test_agree_with_scipy():
    x = SAMPLE[:8]
    theirs = stats.ttest_1samp(x, 0.5)
    bounds = theirs.confidence_interval()
    ours = st.t_interval(x)
    assert (ours.low, ours.high) == pytest.approx((bounds.low, bounds.high), rel=1e-12)
    assert st.t_test(x, 0.5) == pytest.approx(theirs.pvalue, rel=1e-9)


def test_one_run_has_a_value_and_no_interval():
    found = st.t_interval([4.0, math.nan])
    assert found.value == 4.0 and math.isnan(found.low) and found.reason.startswith("one training run")


def test_permutation_p_counts_the_observed_arrangement():
    assert st.permutation_p(3.0, [1.0, 2.0, 3.0]) == 0.5
    assert st.permutation_p(3.0, [-3.0, 0.0, 0.0], "greater") == 0.25
    assert st.permutation_p(3.0, [-3.0, 0.0, 0.0], "less") == 1.0
    assert st.permutation_p(9.0, np.zeros(999)) == 0.001


def test_permutation_test_agrees_with_the_exact_one():
    a, b = SAMPLE[:6], SAMPLE[6:12] + 0.8
    exact = stats.permutation_test((a, b), lambda x, y, axis: x.mean(axis) - y.mean(axis), n_resamples=np.inf)
    ours = st.permutation_test(a, b, seed=0, permutations=5000)
    assert ours.value == pytest.approx(exact.statistic) and ours.p == pytest.approx(exact.pvalue, abs=0.02)


def test_sign_flips_of_three_equal_signs():
    assert st.sign_flip_test([1.0, 2.0, 3.0], seed=0, permutations=4000).p == pytest.approx(2 / 8, abs=0.03)


def test_mantel_is_the_correlation_of_pairs():
    x, y = pdist(RNG.normal(size=(12, 2))), pdist(RNG.normal(size=(12, 2)))
    for method, oracle in (("spearman", stats.spearmanr), ("pearson", stats.pearsonr)):
        found = st.mantel(squareform(x), squareform(y), seed=0, permutations=99, method=method)
        assert found.value == pytest.approx(oracle(x, y).statistic, abs=1e-12)
    assert st.mantel(squareform(x), squareform(x), seed=0, permutations=99).p == 0.01


def test_mantel_null_is_what_relabelling_gives():
    x, y = squareform(pdist(RNG.normal(size=(8, 2)))), squareform(pdist(RNG.normal(size=(8, 2))))
    order = np.random.default_rng(5).permutation(8)
    upper = np.triu_indices(8, 1)
    null = st.mantel(x, y, seed=5, permutations=1).null
    assert null[0] == pytest.approx(stats.spearmanr(x[upper], y[order][:, order][upper]).statistic, abs=1e-12)


def test_holm_steps_down_and_a_missing_test_counts():
    assert st.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert st.holm([0.01, math.nan]) == pytest.approx([0.02, math.nan], nan_ok=True)
    assert st.holm([]).size == 0


@pytest.mark.parametrize(
    "found",
    [
        st.bootstrap_mean([], seed=0),
        st.bootstrap_mean([math.nan], seed=0),
        st.t_interval([]),
        st.paired_difference([1.0], [1.0, 2.0], seed=0),
        st.permutation_test([], [1.0], seed=0),
        st.sign_flip_test([], seed=0),
        st.mantel(np.zeros((4, 4)), np.ones((4, 4)), seed=0),
        st.mantel(np.zeros((2, 2)), np.zeros((2, 2)), seed=0),
        st.mantel(np.zeros((2, 3)), np.zeros((2, 3)), seed=0),
    ],
)
def test_degenerate_input_gives_nan_and_says_why(found):
    assert math.isnan(found.value) and found.reason


def test_shared_replicates_are_pairs_where_all_are_and_welchs_where_none_is():
    rng = np.random.default_rng(5)
    a, b = rng.normal(0.3, 1, 9), rng.normal(0, 2, 9)
    nothing = np.full(9, np.nan)
    apart = st.shared_greater(np.concatenate([a, nothing]), np.concatenate([nothing, b]))
    assert apart == pytest.approx(stats.ttest_ind(a, b, equal_var=False, alternative="greater").pvalue)
    assert st.shared_greater(a, b) == pytest.approx(stats.ttest_rel(a, b, alternative="greater").pvalue)
    assert st.shared_greater(a, b, reverse=True) == pytest.approx(stats.ttest_rel(a, b, alternative="less").pvalue)
    assert np.isnan(st.shared_greater(a, nothing)) and st.shared_greater([2, 2], [1, 1]) == 0


def test_what_one_side_gains_and_the_other_loses_is_not_counted_twice():
    """Half of the worlds are in both means, with opposite luck: at most some 5 % of equal means are called greater."""
    rng = np.random.default_rng(6)
    luck = rng.normal(0, 1, (400, 20))
    called = [st.shared_greater(one + 0.1 * rng.normal(size=20), -one + 0.1 * rng.normal(size=20)) <= 0.05 for one in luck]
    assert sum(called) <= 400 * 0.075
    assert sum(st.welch_greater(one, -one) <= 0.05 for one in luck) > 400 * 0.085
