"""The metrics under audit, on societies where exact values or plain answers are known."""

import math

import numpy as np
import pytest
from scipy import stats

from society.analysis.estimate import Estimate
from society.analysis.statistics import Interval, Permuted
from society.audit import Audited, Replicate, Share, audit, builtin, calls, popular, societies
from society.audit.reasons import REASONS, _fits, reason
from society.audit.scoring import row

BY_NAME = {one.name: one for one in societies()}
PAIR = [BY_NAME["honest"], BY_NAME["honest/without"]]


def test_a_metric_that_always_says_yes_and_one_that_never_does():
    found = audit(metrics={"yes": lambda data: True, "no": lambda data: 1.0}, seeds=[0, 1], societies=PAIR)
    for one in found.rows:
        calls_all = 1.0 if one.metric == "yes" else 0.0
        for share in (one.false_positives, one.power):
            assert share.n == 0 or share.rate == calls_all
    assert found.row("yes", "signalling").false_positives == Share(2, 2)
    assert found.row("no", "signalling").power == Share(0, 2)
    assert found.holds  # no interventional metric of ours was asked


def test_a_metric_is_asked_what_it_claims():
    right = Audited(lambda data: bool(data.society.truth["worth"]), "mine", ("worth",))
    found = audit(metrics={"right": right}, seeds=[0], societies=PAIR)
    assert [(one.question, one.source) for one in found.rows] == [("worth", "mine")]
    assert found.rows[0].holds and not found.rows[0].failures


def test_a_metric_sees_arrays_of_one_length():
    def check(data):
        n = len(data.messages)
        arrays = (data.meanings, data.speakers, data.listeners, data.worlds, data.ticks, data.own_actions, data.actions)
        assert n == 768 and all(len(one) == n for one in (*arrays, data.rewards))
        return 1.0

    audit(metrics={"check": check}, seeds=[0], societies=[BY_NAME["dialects"]])


@pytest.mark.parametrize(
    ("answer", "claims"),
    [
        (0.04, True), (0.05, False), (math.nan, False), (True, True), (False, False),
        (Estimate("m", "normal", 1.0, 0.2, 2.0), True), (Estimate("m", "normal", 1.0, -0.2, 2.0), False),
        (Estimate("m", "normal", 1.0, 0.2, 2.0, null=0.3), False), (Estimate("m", "normal", 1.0, 0.2, 2.0, p=0.2), False),
        (Estimate.missing("m", "normal", "nothing"), False), (Estimate("m", "normal", 2e-16, 1e-16, 3e-16), False),
        (Permuted(1.0, p=0.01), True), (Permuted(math.nan), False),
        (Interval(-1.0, -2.0, -0.5), True), (Interval(math.nan), False),
    ],
)  # fmt: skip
def test_what_counts_as_a_call(answer, claims):
    assert calls(answer) is claims


@pytest.mark.parametrize(("hits", "n"), [(0, 20), (3, 20), (20, 20), (1, 400)])
def test_shares_have_exact_intervals(hits, n):
    exact = stats.binomtest(hits, n).proportion_ci(method="exact")
    assert (Share(hits, n).low, Share(hits, n).high) == pytest.approx((exact.low, exact.high))


def test_a_row_fails_where_it_calls_too_much_and_where_it_misses():
    counts = {("a", False): (10, 10), ("b", False): (0, 90), ("c", True): (2, 10), ("d", True): (90, 90)}
    found = row("m", "ours, interventional", "content", counts, {"a": "since"})
    assert [(f.society, f.why) for f in found.failures] == [("a", "since"), ("c", "")]
    assert found.false_positives == Share(10, 100) and found.power == Share(92, 100) and not found.holds
    assert row("m", "ours", "content", {("a", False): (5, 100), ("c", True): (9, 10)}, {}).holds
    assert not row("m", "ours", "content", {("c", True): (10, 10)}, {}).holds  # no society without: nothing was shown
    assert not row("m", "ours", "content", {("a", False): (1, 10), ("c", True): (8, 10)}, {}).failures  # may be luck


def test_the_reference_influence_calls_ln_m_what_is_nothing():
    deaf = Replicate(BY_NAME["self_talk/without"], 0)  # any of four words, uniformly, to a listener that guesses
    options = deaf.probed[0].shape[1]  # silence is an option, though never taken
    assert popular.published_influence(deaf).value == pytest.approx(math.log(options))
    both = chosen("causal influence (CIC)", "CIC of the reference implementation")
    found = audit(metrics=both, seeds=[0], societies=[deaf.society])
    assert found.row("causal influence (CIC)").false_positives == Share(0, 1)
    assert found.row("CIC of the reference implementation").false_positives == Share(1, 1)


def chosen(*names):
    return {name: builtin()[0][name] for name in names}


def test_ours_stand_where_popular_practice_falls():
    trap = [BY_NAME["few_types/without"], BY_NAME["visible_state/without"], BY_NAME["pseudo_replication/without"]]
    ours = ("topographic similarity", "mutual information", "effect of content", "causal influence (CIC)")
    naive = ("topographic similarity, p over pairs", "topographic similarity, tokens permuted",
             "chi-square of message and next action", "chi-square of meaning and message")  # fmt: skip
    found = audit(metrics=chosen(*ours, *naive), seeds=[0, 1, 2], societies=trap)
    assert all(found.row(name).false_positives.calls <= 1 for name in ours)  # one in twenty is what .05 means
    assert all(found.row(name).false_positives.calls >= 3 for name in naive)


def test_families_draw_apart_and_twins_alike():
    one, twin, other = (Replicate(BY_NAME[name], 0).meanings for name in ("honest", "honest/without", "deaf_listener"))
    assert np.array_equal(one, twin) and not np.array_equal(one, other)


def test_our_causal_metrics_tell_the_first_pair_apart():
    ours = {name: one for name, one in builtin()[0].items() if one.source == "ours, interventional"}
    found = audit(metrics=ours, seeds=[0], societies=[*PAIR, BY_NAME["beacon"], BY_NAME["deaf_listener/without"]])
    assert found.holds and len(found.rows) == 8


def test_plug_in_information_by_hand():
    x = np.array([0, 0, 1, 1])
    assert popular.plug_in_information(x, x) == pytest.approx(1.0)
    assert popular.plug_in_information(x, np.array([0, 1, 0, 1])) == pytest.approx(0.0)


def test_what_cannot_be_audited_is_told_in_a_line():
    with pytest.raises(ValueError, match=r"metric 'bad' on honest: ZeroDivisionError"):
        audit(metrics={"bad": lambda data: 1 / 0}, seeds=[0], societies=PAIR)
    with pytest.raises(ValueError, match="needs a metric and a seed"):
        audit(metrics={}, seeds=[0])
    with pytest.raises(ValueError, match="question 'truth'"):
        Audited(lambda data: 1.0, questions=("truth",))


def test_another_package_stands_beside_ours():
    pytest.importorskip("emlangkit", reason="emlangkit is not installed; it is an optional column of the audit")
    name = "compute_topographic_similarity, its p"
    assert audit(metrics=chosen(name), seeds=[0], societies=[BY_NAME["few_types"]]).row(name).power == Share(1, 1)


def test_every_reason_is_of_a_metric_and_a_society_that_there_are():
    theirs = ["compute_mutual_information above 0.1", "compute_topographic_similarity, its p", "compute_posdis above 0.2"]
    metrics = [*builtin()[0], *theirs]
    for named, truth, where, why in REASONS:
        assert any(_fits(metric, named) for metric in metrics), named
        assert any(_fits(society.name, where) for society in societies()), where
        assert why and truth in (True, False)
    assert "mean where the sum" in reason("CIC of the reference implementation", "listening", "deaf_listener/without", False)
    assert reason("effect of mute", "channel", "honest", True) == ""


def test_cross_play_seats_every_speaker_with_its_own_partner_on_the_diagonal():
    """A partner is right .9 x .9 of the time and more, a stranger who knows another language a third of it."""
    found = builtin()[0]["cross-play gap"].function(Replicate(BY_NAME["dialects"], 0))
    assert found.low > 0.81 - 1 / 3 and found.n == 32
