"""Languages whose truth is known by construction, and the exact values that the measures take on them."""

import math

import numpy as np
import pytest
from scipy import stats

from society.analysis import golden
from society.analysis import language as la


def test_the_compositional_language_is_one_symbol_a_value():
    meanings, messages = golden.compositional(3, 5, seed=4)
    assert len({tuple(m) for m in messages}) == len({tuple(a) for a in meanings}) == 125
    assert la.topographic_similarity(meanings, messages, "hamming") == pytest.approx(1.0, abs=1e-9)
    assert la.posdis(meanings, messages) == pytest.approx(1.0, abs=1e-9)
    assert la.bosdis(meanings, messages) == pytest.approx(0.0, abs=1e-9)
    assert la.tree_reconstruction_error(meanings, messages) == pytest.approx(0.0, abs=1e-12)
    assert la.homonymy(meanings, messages) == 0.0 and math.isnan(la.synonymy(meanings, messages))


def test_holistic_languages_are_bijections_without_structure():
    found = []
    for seed in range(20):
        meanings, messages = golden.holistic(3, 5, 3, seed)
        assert len({tuple(m) for m in messages}) == 125
        found.append((la.topographic_similarity(meanings, messages), la.tree_reconstruction_error(meanings, messages)))
    topsim, error = np.mean(found, axis=0)
    assert abs(topsim) < 0.02 and error > 1  # fitting noise is worse than guessing the mean
    assert not np.array_equal(golden.holistic(3, 5, 3, 0)[1], golden.holistic(3, 5, 3, 1)[1])
    with pytest.raises(ValueError, match="25 messages of 5 symbols are too few for 125 meanings"):
        golden.holistic(3, 5, 2, 0)


def test_a_constant_language_has_no_structure_to_measure():
    meanings, messages = golden.constant(2, 3, 4)
    assert la.message_entropy(messages) == 0.0
    for measure in (la.topographic_similarity, la.posdis, la.bosdis, la.context_independence, la.tree_reconstruction_error):
        assert math.isnan(measure(meanings, messages))
    assert la.homonymy(meanings, messages) == pytest.approx(math.log2(9))


@pytest.mark.parametrize("synonyms", [2, 4])
def test_synonyms_are_bits_of_the_message_given_the_meaning(synonyms):
    meanings, messages = golden.synonymous(2, 3, synonyms, seed=1)
    assert la.synonymy(meanings, messages) == pytest.approx(math.log2(synonyms))
    assert la.messages_per_meaning(meanings, messages) == synonyms
    assert la.homonymy(meanings, messages) == pytest.approx(0.0, abs=1e-12)


def test_homonyms_are_bits_of_the_meaning_given_the_message():
    meanings, messages = golden.homonymous(2, 4, seed=1)
    assert la.homonymy(meanings, messages) == pytest.approx(2.0)
    twice = np.vstack([meanings, meanings]), np.vstack([messages, messages])
    assert la.synonymy(*twice) == pytest.approx(0.0, abs=1e-12)


def test_order_without_meaning_is_bosdis_and_context_independence():
    meanings, messages = golden.unordered(2, 4, 40, seed=2)
    assert la.bosdis(meanings, messages) == pytest.approx(1.0, abs=1e-9)
    assert la.context_independence(meanings, messages) == pytest.approx(1.0)
    assert la.posdis(meanings, messages) < 0.15


def test_babble_tells_nothing():
    meanings, messages = golden.babble(2, 5, 2, 4, seed=0)
    many = np.tile(meanings, (40, 1)), np.vstack([golden.babble(2, 5, 2, 4, seed=s)[1] for s in range(40)])
    assert la.mutual_information(*many) == pytest.approx(0.0, abs=0.05)
    assert la.topographic_similarity_test(meanings, messages).p > 0.05


def test_abbreviation_is_a_rank_correlation_over_distinct_messages():
    _, messages = golden.abbreviated(6, 60)
    assert la.abbreviation(messages) == pytest.approx(-1.0)
    assert la.abbreviation_test(messages).p == pytest.approx(3 / 1000, abs=3e-3)  # 2 of 720 orders are as extreme
    rng = np.random.default_rng(0)
    words = rng.integers(0, 3, (300, 3))
    words[rng.random(words.shape) < 0.4] = -1
    words = np.array([[*row[row >= 0], *row[row < 0]] for row in words])
    kinds, counts = np.unique(words, axis=0, return_counts=True)
    expected = stats.spearmanr((kinds >= 0).sum(axis=1), counts).statistic
    assert la.abbreviation(words) == pytest.approx(expected, abs=1e-12)
    assert la.abbreviation(np.where(words == -1, 9, words), silence=9) == pytest.approx(expected, abs=1e-12)
    assert la.abbreviation_test(np.ones((9, 2))).reason == "fewer than three distinct messages"


def test_ngrams_stay_within_a_message():
    words = np.array([[0, 1, -1], [0, 1, 2], [2, -1, -1]])
    assert la.ngram_entropy(words, 1) == pytest.approx(stats.entropy([2, 2, 2], base=2))
    assert la.ngram_entropy(words, 2) == pytest.approx(stats.entropy([2, 1], base=2))
    assert la.ngram_entropy(words, 3) == 0.0 and math.isnan(la.ngram_entropy(words, 4))
    with pytest.raises(ValueError, match="n = 0"):
        la.ngram_entropy(words, 0)


def test_tree_reconstruction_is_the_held_out_error_of_a_least_squares_fit():
    """The same error from a design matrix, one fold at a time, with numpy's own least squares."""
    rng = np.random.default_rng(5)
    meanings = golden.all_meanings(2, 4)
    messages = rng.integers(0, 3, (16, 2))
    hot = np.hstack([messages[:, [j]] == np.arange(3) for j in range(2)]).astype(float)
    design = np.hstack([meanings[:, [k]] == np.arange(4) for k in range(2)]).astype(float)
    part = np.random.default_rng(0).permutation(16) % 10
    error = mean = 0.0
    for fold in range(10):
        train, test = part != fold, part == fold
        weights = np.linalg.lstsq(design[train], hot[train], rcond=None)[0]
        error += ((hot[test] - design[test] @ weights) ** 2).sum()
        mean += ((hot[test] - hot[train].mean(axis=0)) ** 2).sum()
    assert la.tree_reconstruction_error(meanings, messages) == pytest.approx(error / mean, rel=1e-9)


def test_tree_reconstruction_asks_for_nothing_that_could_not_be_known():
    """Every meaning has a value that no other has: nothing can be composed of what the others taught."""
    lonely = np.stack([np.arange(6), np.zeros(6)], axis=1)
    found = la.tree_reconstruction_test(lonely, [lonely])
    assert math.isnan(found.value) and found.reason == "no meaning is made of values that occur in others"


def test_ordinal_meanings_have_euclidean_distances():
    amounts = np.arange(6)[:, None]
    thermometer = np.tril(np.ones((6, 6), dtype=int), -1)[:, :5]  # n is said as n ones
    assert la.topographic_similarity(amounts, thermometer, "hamming", "euclidean") == pytest.approx(1.0)
    assert math.isnan(la.topographic_similarity(amounts, thermometer, "hamming"))  # all differ alike in their one attribute
    assert la.ordinal_distances([[0, 0], [3, 4]])[0, 1] == 5.0
    with pytest.raises(ValueError, match="'cosine' is not one of hamming, euclidean"):
        la.topographic_similarity(amounts, thermometer, "edit", "cosine")


def test_the_interval_of_topographic_similarity_leaves_each_meaning_out():
    meanings, messages = golden.all_meanings(2, 3), golden.babble(2, 3, 3, 3, seed=6)[1]
    each = np.array([la.topographic_similarity(np.delete(meanings, i, 0), np.delete(messages, i, 0)) for i in range(9)])
    half = 1.959964 * math.sqrt(8 / 9 * ((each - each.mean()) ** 2).sum())
    found = la.shared_similarity_interval(meanings, [messages])
    assert found.value == pytest.approx(la.topographic_similarity(meanings, messages), abs=1e-9)
    assert (found.low, found.high) == pytest.approx((max(-1, found.value - half), min(1, found.value + half)), abs=1e-9)


def test_repeats_of_a_thousand_types_are_weighed_exactly():
    """The null of tokens that repeat: one permutation of types, then every token laid out."""
    rng = np.random.default_rng(1)
    meanings, messages, counts = golden.all_meanings(2, 4), golden.babble(2, 4, 3, 3, seed=3)[1], rng.integers(1, 4, 16)
    found = la.topographic_similarity_test(
        np.repeat(meanings, counts, axis=0), np.repeat(messages, counts, axis=0), permutations=1, seed=8
    )
    order = np.random.default_rng(8).permutation(16)
    again = la.topographic_similarity(np.repeat(meanings, counts, axis=0), np.repeat(messages[order], counts, axis=0))
    assert found.null[0] == pytest.approx(again, abs=1e-9)
