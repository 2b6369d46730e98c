import math
from itertools import product

import networkx as nx
import numpy as np
import pytest
from scipy import stats

from society.analysis import language as la

RNG = np.random.default_rng(11)
CUBE = np.array(list(product(range(5), repeat=3)))
COMPOSITIONAL = np.stack([(CUBE[:, 1] + 2) % 5, 4 - CUBE[:, 2], np.array([3, 0, 4, 1, 2])[CUBE[:, 0]]], axis=1)


def edit_oracle(a, b):
    """Levenshtein distance as a shortest path through the grid of prefixes."""
    grid = nx.DiGraph()
    grid.add_node((0, 0))
    for i, j in product(range(len(a) + 1), range(len(b) + 1)):
        if i < len(a):
            grid.add_edge((i, j), (i + 1, j), weight=1)
        if j < len(b):
            grid.add_edge((i, j), (i, j + 1), weight=1)
        if i < len(a) and j < len(b):
            grid.add_edge((i, j), (i + 1, j + 1), weight=int(a[i] != b[j]))
    return nx.shortest_path_length(grid, (0, 0), (len(a), len(b)), weight="weight")


def test_the_compositional_language():
    assert la.topographic_similarity(CUBE, COMPOSITIONAL, "hamming") == pytest.approx(1.0, abs=1e-9)
    assert la.posdis(CUBE, COMPOSITIONAL) == pytest.approx(1.0, abs=1e-9)
    assert la.bosdis(CUBE, COMPOSITIONAL) == pytest.approx(0.0, abs=1e-9)


def test_holistic_languages_score_as_chance():
    languages = [RNG.permutation(CUBE) for _ in range(40)]
    assert abs(np.mean([la.topographic_similarity(CUBE, m, "hamming") for m in languages])) < 0.01
    assert np.mean([la.posdis(CUBE, m) for m in languages]) == pytest.approx(0.014, abs=0.005)
    assert np.mean([la.bosdis(CUBE, m) for m in languages]) == pytest.approx(0.018, abs=0.005)


def test_a_bag_of_symbols_is_disentangled_by_count_and_not_by_place():
    grid = np.array([(i, j) for i in range(4) for j in range(4)])
    two = np.array([RNG.permutation([i, 4 + j]) for i, j in grid for _ in range(50)])  # in either order
    meanings = np.repeat(grid, 50, axis=0)
    assert la.bosdis(meanings, two) == pytest.approx(1.0, abs=1e-9)
    assert la.posdis(meanings, two) < 0.1


def test_positional_disentanglement_by_hand():
    meanings = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    copy_and_sum = np.array([[0, 0], [0, 1], [1, 1], [1, 0]])  # the first attribute; the exclusive or, which tells none
    assert la.posdis(meanings, copy_and_sum) == pytest.approx(0.5)


def test_symbols_are_counted_and_padding_is_not():
    grid = np.array([(i, j) for i in range(3) for j in range(3)])
    counted = np.array([[0] * (i + 1) + [1] * (j + 1) + [-1] * (4 - i - j) for i, j in grid])
    assert la.bosdis(grid, counted) == pytest.approx(1.0, abs=1e-9)
    meanings, padded = [[0, 0], [0, 1], [1, 0], [1, 1]], [[0, 5], [0, 6], [1, -1], [1, -1]]
    assert la.posdis(meanings, padded) == pytest.approx(
        1.0
    )  # where it is said, the second symbol is the second attribute


def test_edit_distance_is_the_shortest_path():
    words = [list(RNG.integers(0, 3, RNG.integers(0, 6))) for _ in range(14)]
    padded = np.array([word + [-1] * (5 - len(word)) for word in words])
    expected = [[edit_oracle(a, b) for b in words] for a in words]
    assert (la.edit_distances(padded, normalised=False) == expected).all()
    longest = [[max(len(a), len(b), 1) for b in words] for a in words]
    assert la.edit_distances(padded) == pytest.approx(np.array(expected) / longest)


def test_edit_distance_of_known_words():
    words = np.array([[ord(c) for c in word.ljust(8)] for word in ("kitten", "sitting", "saturday", "sunday")])
    words[words == ord(" ")] = -1
    distance = la.edit_distances(words, normalised=False)
    assert distance[0, 1] == 3 and distance[2, 3] == 3


@pytest.mark.parametrize("kind", ["edit", "hamming"])
def test_topographic_similarity_is_the_rank_correlation_of_pairs(kind):
    meanings, messages = RNG.integers(0, 2, (40, 3)), RNG.integers(0, 2, (40, 2))  # many ties and repeats
    upper = np.triu_indices(40, 1)
    far = [[np.mean(a != b) if kind == "hamming" else edit_oracle(a, b) / 2 for b in messages] for a in messages]
    near = (meanings[:, None] != meanings[None]).mean(axis=2)
    expected = stats.spearmanr(near[upper], np.array(far)[upper]).statistic
    assert la.topographic_similarity(meanings, messages, kind) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("copies", [1, 2])
def test_the_null_permutes_types(copies):
    meanings, messages = CUBE[:30], RNG.permutation(CUBE)[:30]
    order = np.random.default_rng(3).permutation(30)
    null = la.topographic_similarity_test(
        np.repeat(meanings, copies, axis=0), np.repeat(messages, copies, axis=0), permutations=1, seed=3
    ).null
    again = la.topographic_similarity(np.repeat(meanings, copies, axis=0), np.repeat(messages[order], copies, axis=0))
    assert null[0] == pytest.approx(again, abs=1e-6)


def test_repeats_are_no_evidence():
    """Random languages of 6 types with 12 tokens each: one in twenty may look compositional, not nearly all."""
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        which = np.repeat(np.arange(6), 12)
        meanings, messages = rng.integers(0, 4, (6, 2))[which], rng.integers(0, 4, (6, 3))[which]
        found.append(la.topographic_similarity_test(meanings, messages, permutations=99, seed=seed).p)
    assert np.mean(np.array(found) < 0.05) < 0.15
    assert la.topographic_similarity_test(CUBE, COMPOSITIONAL, permutations=99).p == 0.01


def test_modal_messages():
    meanings, messages = la.modal_messages([[0], [1], [0], [0], [1]], [[5], [8], [7], [7], [9]])
    assert meanings.tolist() == [[0], [1]] and messages.tolist() == [[7], [8]]


def test_message_entropy_agrees_with_scipy():
    messages = RNG.integers(0, 3, (200, 2))
    counts = np.unique(messages, axis=0, return_counts=True)[1]
    assert la.message_entropy(messages) == pytest.approx(stats.entropy(counts, base=2))
    assert la.message_entropy([[1, 1], [1, 1]]) == 0.0


def test_mutual_information_agrees_with_scipy():
    x, y = RNG.integers(0, 3, 300), RNG.integers(0, 4, 300)
    y = np.where(RNG.random(300) < 0.5, x, y)
    table = np.histogram2d(x, y, bins=(3, 4))[0]
    parts = [stats.entropy(table.sum(axis=1), base=2), stats.entropy(table.sum(axis=0), base=2)]
    expected = sum(parts) - stats.entropy(table.ravel(), base=2)
    found = la.mutual_information_test(x, y)
    assert found.value == pytest.approx(expected, abs=1e-12) and found.p == 0.01
    assert la.mutual_information(x, y) == pytest.approx(expected - found.null.mean())


def test_the_bias_of_mutual_information_is_taken_out():
    x, y = RNG.integers(0, 100, 1000), RNG.integers(0, 100, 1000)
    assert la.mutual_information_test(x, y).value == pytest.approx(3.28, abs=0.15)
    assert la.mutual_information(x, y) == pytest.approx(0.0, abs=0.06)


def test_a_life_that_says_one_thing_is_one_piece_of_evidence():
    """Each of 20 lives repeats an arbitrary word 100 times: by tokens that looks like meaning, by lives it does not."""
    lives = np.repeat(np.arange(20), 100)
    by_life, by_token = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        meaning, word = rng.integers(0, 2, 20)[lives], rng.integers(0, 3, 20)[lives]
        by_life.append(la.mutual_information_test(meaning, word, lives=lives, seed=seed).p)
        by_token.append(la.mutual_information_test(meaning, word, seed=seed, permutations=19).p)
    assert np.mean(np.array(by_life) <= 0.05) < 0.2 and np.mean(np.array(by_token) <= 0.05) > 0.8


def test_lives_whose_meaning_changes_are_shuffled_in_order():
    lives, meaning = np.repeat(np.arange(30), 8), RNG.integers(0, 2, 240)
    found = la.mutual_information_test(meaning, meaning, lives=lives)
    assert found.value == pytest.approx(stats.entropy(np.bincount(meaning), base=2)) and found.p == 0.01
    assert found.null.mean() < 0.05 and found.n == 30
    alike = np.tile(RNG.permutation(np.arange(8)), 30)  # every life goes through the same meanings in the same order
    assert la.mutual_information_test(alike, alike, lives=lives).null.max() < 2.9


def test_lives_change_the_null_and_not_the_value():
    lives = np.repeat(np.arange(25), RNG.integers(1, 9, 25))
    meaning, word = RNG.integers(0, 2, 25)[lives], RNG.integers(0, 3, len(lives))
    tokens = la.mutual_information_test(meaning, word)
    assert la.mutual_information_test(meaning, word, lives=lives).value == pytest.approx(tokens.value, abs=1e-12)


def test_context_independence():
    own = CUBE + np.array([0, 5, 10])  # a symbol for every value of every attribute
    assert la.context_independence(CUBE, own) == pytest.approx(1.0)
    assert la.context_independence([[0], [1], [1]], [[7], [7], [8]]) == pytest.approx((0.5 + 0.5) / 2)


def test_cic_of_the_deaf_and_of_the_copier():
    said = np.full((3, 4), 0.25)
    deaf = np.broadcast_to(RNG.dirichlet(np.ones(6), 3)[:, None], (3, 4, 6))
    copier = np.broadcast_to(np.eye(4, 6), (3, 4, 6))
    assert la.cic(said, deaf) == pytest.approx(0.0, abs=1e-12)
    assert la.cic(said, copier) == pytest.approx(math.log(4), abs=1e-12)


def test_cic_is_the_mean_divergence_from_the_mixture():
    said, acts = RNG.dirichlet(np.ones(3), 5), RNG.dirichlet(np.ones(4), (5, 3))
    mixture = np.einsum("sm,sma->sa", said, acts)
    each = [sum(said[s, m] * stats.entropy(acts[s, m], mixture[s]) for m in range(3)) for s in range(5)]
    assert la.cic(said, acts) == pytest.approx(np.mean(each))


def test_positive_signalling_and_listening():
    assert la.positive_signalling(np.eye(4)) == pytest.approx(math.log(4))
    assert la.positive_signalling(np.tile([0.2, 0.8], (5, 1))) == pytest.approx(0.0, abs=1e-12)
    acts = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    assert la.positive_listening([[0.25, 0.75]], acts, acts[:, 0]) == pytest.approx(0.75 * 2)


@pytest.mark.parametrize(
    "meanings, messages",
    [
        (CUBE, np.ones_like(CUBE)),  # a constant language
        (CUBE[:1], CUBE[:1]),  # one item
        (np.empty((0, 3)), np.empty((0, 3))),
        (np.zeros((5, 2)), RNG.integers(0, 3, (5, 2))),  # one meaning
        (np.empty((0,)), np.empty((0,))),
    ],
)
def test_degenerate_languages_give_nan(meanings, messages):
    measures = (la.topographic_similarity, la.posdis, la.bosdis, la.context_independence, la.mutual_information)
    for measure in measures:
        value = measure(meanings, messages)
        assert math.isnan(value) or (measure in (la.posdis, la.bosdis) and value == 0.0 and len(meanings) == 5)
    assert la.topographic_similarity_test(meanings, messages).reason
    assert la.mutual_information_test(meanings, messages).reason


def test_one_attribute_is_not_enough_to_compare():
    one = CUBE[:5, 2:]
    assert math.isnan(la.posdis(one, one)) and math.isnan(la.bosdis(one, one))
    assert math.isnan(la.topographic_similarity(one, one))


def test_nothing_probed_gives_nan():
    none = np.empty((0, 2))
    assert math.isnan(la.cic(none, np.empty((0, 2, 3)))) and math.isnan(la.positive_signalling(none))
    assert math.isnan(la.positive_listening(none, np.empty((0, 2, 3)), np.empty((0, 3))))


def test_a_wrong_distance_is_named():
    with pytest.raises(ValueError, match="'cosine' is not one of edit, hamming"):
        la.topographic_similarity(CUBE, CUBE, "cosine")
