import numpy as np
import pytest
from scipy import stats

from society.analysis.corpus.structure import GROUPS, jackknife


def mean_of(x):
    return lambda draws: draws @ x / draws.sum(axis=1)


def test_leaving_out_gives_the_standard_error_of_a_mean():
    """Of a mean the jackknife's standard error is sd / sqrt(n) exactly."""
    x = np.random.default_rng(0).normal(size=50)
    found = jackknife(x.mean(), mean_of(x), 50)
    expected = stats.norm.interval(0.95, x.mean(), stats.sem(x))
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-6) and found.n == 50


def test_many_units_are_left_out_in_groups():
    x = np.random.default_rng(1).normal(size=5000)
    found = jackknife(x.mean(), mean_of(x), 5000)
    assert found.n == 5000 > GROUPS
    assert found.high - found.low == pytest.approx(2 * 1.96 * stats.sem(x), rel=0.2)


def test_bounds_are_cut_off_at_what_can_be():
    x = np.array([0.0, 1.0, 1.0, 1.0])
    found = jackknife(0.75, mean_of(x), 4, 0.0, 1.0)
    assert found.high == 1 and 0 < found.low < 0.75
    assert jackknife(0.75, mean_of(x), 1).reason and jackknife(np.nan, mean_of(x), 4).reason == "too few rows"
