"""Kottur 2017: the games are those of the scenario, words are words, what a memoryless answerer knows, what is judged."""

import pytest
import torch

from society.studies import _dialogue, kottur2017
from society.studies._dialogue import Pairs, Vocabulary


def test_games_are_all_tasks_on_trained_and_held_out_objects():
    known, new = _dialogue.games(held_out=False), _dialogue.games(held_out=True)
    assert (len(known.thing), len(new.thing)) == (52 * 6, 12 * 6)
    objects = [set(map(tuple, g.thing.tolist())) for g in (known, new)]
    assert len(objects[0]) == 52 and len(objects[1]) == 12 and not objects[0] & objects[1]
    ordered = [(i, j) for i in range(3) for j in range(3) if i != j]
    for game in (known, new):
        values = game.thing.view(-1, 3, 4).argmax(-1)
        tasks = torch.tensor(ordered)[game.task.argmax(-1)]
        assert torch.equal(game.wanted, values.gather(1, tasks))


def some(vocabulary, seeds=(0, 1)):
    known = _dialogue.games(held_out=False)
    return Pairs(seeds, 0, vocabulary, known), known


@pytest.mark.parametrize("greedy", [True, False])
def test_words_are_one_hot_and_sampled_ones_have_a_gradient(greedy):
    pairs, _ = some(Vocabulary(3, 4, False))
    logits = torch.randn(2, 500, 3, requires_grad=True)
    word = pairs._word(logits, greedy)
    assert torch.allclose(word.detach().amax(-1), torch.ones(2, 500)) and torch.allclose(word.sum(-1), torch.ones(2, 500))
    assert word.requires_grad != greedy
    if not greedy:  # by the Gumbel trick a word has the probability that its logit says, whatever the temperature
        shares = pairs._word(torch.tensor([0.0, 1.0, 2.0]).expand(2, 9000, 3), greedy=False).mean((0, 1))
        assert shares.tolist() == pytest.approx(torch.tensor([0.0, 1.0, 2.0]).softmax(0).tolist(), abs=0.015)


def test_a_questioner_that_always_asks_the_same_hears_the_same_twice_from_one_that_forgets():
    """Without memory the second answer to the same question tells nothing new: guesses do not depend on it being asked."""
    seen = {}
    for remembers in (False, True):
        pairs, known = some(Vocabulary(3, 4, remembers))
        for weight in pairs.ask:
            weight.detach().zero_()
        answers = []
        word = pairs._word
        pairs._word = lambda logits, greedy, word=word, answers=answers: answers.append(word(logits, greedy)) or answers[-1]
        pairs.play(known, greedy=True)
        seen[remembers] = torch.equal(answers[1], answers[3])
    assert seen == {False: True, True: False}


def test_pairs_are_apart_and_learn():
    """A pair is the same in any company but for rounding, and a few steps beat chance."""
    company, known = some(Vocabulary(3, 12, True), (4, 9))
    alone, _ = some(Vocabulary(3, 12, True), (9,))
    for pairs in (company, alone):
        _dialogue.train(pairs, _dialogue.optimiser(pairs), known, 3)
    for one, other in zip(company.parameters, alone.parameters, strict=True):
        assert torch.allclose(one[1:], other, atol=1e-4)
    _dialogue.train(alone, _dialogue.optimiser(alone), known, 60)
    both, either = _dialogue.accuracies(alone, known)
    assert float(both) > 2 / 16 and float(either) > 9 / 16


def test_order_and_gap_are_judged_by_seed():
    rows = kottur2017.judged([[0.2, 0.3, 0.5], [0.4, 0.2, 0.6], [0.9, 0.9, 0.7]])
    assert [row["ours"] for row in rows] == pytest.approx([2 / 3, 0.5, 1.0])
    assert [row["holds"] for row in rows] == [False, True, True]


def test_who_has_not_learned_starts_again_and_the_best_training_counts(monkeypatch):
    trained = {0: [0.5, 0.7, 0.6, 0.4, 0.3, 0.2], 1: [0.99]}
    tries = []

    def attempt(seeds, number, *rest):
        tries.append(list(seeds))
        return {seed: (trained[seed][number], trained[seed][number] / 2, 0.0) for seed in seeds}

    monkeypatch.setattr(kottur2017, "_attempt", attempt)
    found = kottur2017.learn([0, 1], Vocabulary(3, 4, False), 1)
    assert tries == [[0, 1], *[[0]] * 5]
    assert found.train == pytest.approx([0.7, 0.99]) and found.both == pytest.approx([0.35, 0.495])


def test_a_pair_counts_as_it_was_when_all_trained_games_were_right(monkeypatch):
    """Seed 8 is right at the second look and goes on to other answers; seed 9 never is and counts as it was last."""
    looks = iter([([0.5, 0.6], [0.1, 0.1]), ([1.0, 0.7], [0.3, 0.2]), ([1.0, 0.8], [0.9, 0.4])])
    now = {}

    def train(*rest):
        now["known"], now["new"] = map(torch.tensor, next(looks))

    monkeypatch.setattr(kottur2017, "train", train)
    monkeypatch.setattr(kottur2017, "accuracies", lambda pairs, given: (now[given], now[given]))
    monkeypatch.setattr(kottur2017, "games", lambda held_out: "new" if held_out else "known")
    monkeypatch.setattr(kottur2017, "Pairs", lambda *rest: None)
    monkeypatch.setattr(kottur2017, "optimiser", lambda *rest: None)
    found = kottur2017._attempt([8, 9], 0, Vocabulary(3, 4, False), 3 * kottur2017.EVERY)
    assert found[8] == pytest.approx((1.0, 0.3, 0.3)) and found[9] == pytest.approx((0.8, 0.4, 0.4))
