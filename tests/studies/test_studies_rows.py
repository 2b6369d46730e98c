"""The rows of a reproduction: exact intervals, the rule of each kind, what is missing."""

import pytest
from scipy import stats

from society.studies._rows import TOLD, MissingPackage, bound, near, need, result, row


def test_near_is_judged_by_its_mean_and_tells_students_interval():
    values = [0.9, 1.0, 1.2]
    made = near("x", 1.0, values, 0.05, source="exact")
    low, high = stats.t.interval(0.95, 2, loc=sum(values) / 3, scale=stats.sem(values))
    assert made["ours"] == pytest.approx(31 / 30) and made["holds"] and made["seeds"] == 3
    assert (made["ci_low"], made["ci_high"]) == pytest.approx((low, high))
    assert not near("x", 1.0, values, 0.03, source="exact")["holds"]


@pytest.mark.parametrize(
    ("limits", "holds", "words"),
    [
        ({"least": 0.7}, True, "at least 0.7"),
        ({"most": 0.35}, False, "at most 0.35"),
        ({"least": 0.9, "most": 1.1}, True, "at least 0.9, at most 1.1"),
        ({}, True, TOLD),
    ],
)
def test_bound(limits, holds, words):
    made = bound("x", [0.8, 1.2], source="a paper", **limits)
    assert (made["holds"], made["tolerance"]) == (holds, words)


def test_what_is_no_number_falls_short_and_json_gets_none():
    made = near("x", 1.0, [float("nan")], 0.1, source="exact")
    assert made["ours"] is None and made["ci_low"] is None and not made["holds"]
    assert not bound("x", [], source="exact", least=0)["holds"] and row("x", None, 1.0, True, source="")["published"] is None
    assert not result("s", [made])["holds"] and not result("s", [])["holds"]


def test_a_missing_package_is_one_line_with_the_remedy():
    with pytest.raises(MissingPackage, match=r"^needs the package no_such_thing: pip install 'society-sim\[oracles\]'$"):
        need("no_such_thing")
    assert need("math") is not None
