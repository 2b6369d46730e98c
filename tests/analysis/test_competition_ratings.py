"""Ratings by games, and alpha-rank, against hand-made cases and OpenSpiel."""

import math

import numpy as np
import pytest

from society.analysis import competition
from society.analysis.alpha_rank import NOISE, alpha_rank, alpha_rank_profiles

ROCK = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], dtype=float)
CYCLE = np.array([[0, 90, 10], [10, 0, 90], [90, 10, 0]])


def test_wins_are_counted_for_both_sides():
    wins = competition.win_counts([0, 1, 0, 9, 1, 0], [1, 0, 1, 0, 1, 1], [1, 0, 0.5, 1, 1, math.nan], 2)
    assert wins.tolist() == [[0, 2.5], [0.5, 0]]


def test_bradley_terry_of_two_is_the_log_odds():
    found = competition.bradley_terry([[0, 75], [25, 0]], prior=0)
    assert found.rating[0] - found.rating[1] == pytest.approx(math.log(3)) and found.rating.sum() == pytest.approx(0)
    assert found.elo[0] - found.elo[1] == pytest.approx(400 * math.log10(3))


def test_bradley_terry_finds_planted_strengths_and_fits_the_totals():
    skill = np.array([1.0, 0.3, -0.4, -0.9])
    chance = 1 / (1 + np.exp(-np.subtract.outer(skill, skill)))
    found = competition.bradley_terry(1000 * chance, prior=0)
    assert found.rating == pytest.approx(skill, abs=1e-6) and found.cyclic_share == pytest.approx(0, abs=1e-9)
    wins = np.random.default_rng(0).integers(1, 30, (4, 4)).astype(float)
    np.fill_diagonal(wins, 0)
    fitted = 1 / (1 + np.exp(-np.subtract.outer(*[competition.bradley_terry(wins, prior=0).rating] * 2)))
    np.fill_diagonal(fitted, 0)
    assert ((wins + wins.T) * fitted).sum(axis=1) == pytest.approx(wins.sum(axis=1))  # the likelihood's own equation


def test_rock_paper_scissors_is_flat_in_every_rating():
    found = competition.bradley_terry(CYCLE)
    assert found.elo == pytest.approx([0, 0, 0], abs=1e-6) and found.cyclic_share == pytest.approx(1)
    rng = np.random.default_rng(0)
    a = rng.integers(3, size=20_000)
    b = (a + rng.integers(1, 3, size=a.size)) % 3
    score = rng.random(a.size) < (0.5 + 0.4 * ROCK[a, b])
    assert np.ptp(competition.elo(a, b, score, 3, k=1)) < 30  # 400 points are odds of ten; a win here is odds of nine


def test_elo_is_zero_sum_and_moves_half_of_k_between_equals():
    assert competition.elo([0], [1], [1], 3, k=20).tolist() == [1510, 1490, 1500]
    rng = np.random.default_rng(1)
    a = rng.integers(2, size=20_000)
    strong = competition.elo(a, 1 - a, rng.random(a.size) < np.where(a == 0, 10 / 11, 1 / 11), 2, k=4)
    assert strong[0] - strong[1] == pytest.approx(400, abs=50) and strong.sum() == pytest.approx(3000)


@pytest.mark.parametrize("wins", [[[0]], [[0, 1, 2]], [[0, -1], [1, 0]], [[0, math.inf], [1, 0]]])
def test_no_rating_without_a_reason(wins):
    found = competition.bradley_terry(wins)
    assert found.reason and math.isnan(found.cyclic_share)
    assert competition.bradley_terry([[0, 5], [0, 0]], prior=0).reason


def test_alpha_rank_by_hand():
    assert alpha_rank(ROCK) == pytest.approx([1 / 3] * 3) and alpha_rank(ROCK, alpha=10) == pytest.approx([1 / 3] * 3)
    assert alpha_rank([[1, 1], [2, 2]]) == pytest.approx([NOISE, 1 - NOISE])  # two states: by detailed balance
    assert alpha_rank([[3, 0], [5, 1]], alpha=5).argmax() == 1 and alpha_rank([[7]]).tolist() == [1]
    weak = alpha_rank([[0, 0.1], [-0.1, 0]], alpha=1, m=10)  # ratio of fixations is e^(u (m - 1))
    assert weak[0] / weak[1] == pytest.approx(math.exp(0.2 * 9))
    assert np.isfinite(alpha_rank(100 * ROCK, alpha=1e4)).all()
    with pytest.raises(ValueError, match="finite square"):
        alpha_rank([[1, 2]])


def test_openspiels_alpha_rank_agrees():
    theirs = pytest.importorskip(
        "open_spiel.python.egt.alpharank", reason="open-spiel is not installed: pip install 'society-sim[oracles]'"
    )
    rng = np.random.default_rng(0)
    for _ in range(4):
        one = rng.normal(size=(4, 4))
        assert alpha_rank(one, alpha=0.8) == pytest.approx(theirs.compute([one], alpha=0.8)[2], abs=1e-8)
        limit = theirs.compute([one], use_inf_alpha=True, inf_alpha_eps=NOISE)[2]
        assert alpha_rank(one) == pytest.approx(limit, abs=1e-8)
        two = [rng.normal(size=(2, 3)), rng.normal(size=(2, 3))]
        for alpha, how in ((0.7, {"alpha": 0.7}), (None, {"use_inf_alpha": True, "inf_alpha_eps": NOISE})):
            ours, law = alpha_rank_profiles(two, alpha=alpha), theirs.compute(two, **how)[2]
            assert np.sort(ours.ravel()) == pytest.approx(np.sort(law), abs=1e-8)
            assert ours.ravel() == pytest.approx(law, abs=1e-8) or ours.T.ravel() == pytest.approx(law, abs=1e-8)
