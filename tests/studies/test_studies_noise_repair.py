"""Noise and repair: what gets lost, what feedback may tell, chance, the exact ceilings, and that pairs learn."""

import numpy as np
import pytest
import torch

from society.studies import _repair
from society.studies import noise_repair as study


def test_every_target_meets_every_other_candidate():
    ordered, once = _repair.games(True), _repair.games(False)
    assert ordered.shape == (240, 2) and once.shape == (120, 2)
    assert len({tuple(couple) for couple in ordered.tolist()}) == 240 and not (ordered[:, 0] == ordered[:, 1]).any()
    assert len({frozenset(couple) for couple in once.tolist()}) == 120
    assert len({tuple(row) for row in _repair.meanings().view(16, 2, 4).argmax(-1).tolist()}) == 16


def watched(monkeypatch, pairs):
    """The logits of every word and answer of one greedy play, in order."""
    seen, bit = [], _repair.bit
    with monkeypatch.context() as patch, torch.no_grad():
        patch.setattr(_repair, "bit", lambda logits, uniform: seen.append(logits) or bit(logits, uniform))
        pairs.play(greedy=True)
    return seen


def test_the_speaker_learns_of_the_other_candidate_by_feedback_alone(monkeypatch):
    for feedback in (False, True):
        seen = watched(monkeypatch, _repair.Pairs([3, 4], [0.0, 0.5], feedback))
        assert len(seen) == (19 if feedback else 10)  # ten words, and an answer to each but the last
        first, last = (x.view(4, 16, 15) for x in (seen[0], seen[-1]))  # 15 other candidates for each target
        assert bool((first == first[:, :, :1]).all())
        assert bool((last == last[:, :, :1]).all()) == (not feedback)


def test_the_answer_is_the_same_whichever_candidate_is_the_target(monkeypatch):
    """With all words lost an answer can depend on the couple alone, so it cannot give the target away."""
    answers = torch.stack(watched(monkeypatch, _repair.Pairs([5], [1.0], True))[1::2])[..., 0]  # [9, 1, 240]
    place = {tuple(couple): i for i, couple in enumerate(_repair.games(True).tolist())}
    mirrored = [place[b, a] for a, b in place]
    assert torch.equal(answers, answers[..., mirrored])
    assert answers.std() > 0.01


def test_a_clear_word_counts_and_a_lost_one_does_not(monkeypatch):
    """A scorer that gives +1 for each word heard with weights -1 and 1 shows how many of the ten got through."""
    pairs = _repair.Pairs([1], [0.0, 0.3, 0.9, 1.0], False)
    worth = torch.zeros(4, 16, 1)
    target, other = _repair.games(True)[7].tolist()
    worth[:, target], worth[:, other] = 0.5, -0.5
    monkeypatch.setattr(_repair, "answer", lambda mind, state, turn: worth if mind is pairs.scorer else torch.ones(4, 16, 1))
    with torch.no_grad():
        heard = torch.stack([pairs.play(greedy=True)[:, 7] for _ in range(400)])
    assert heard.mean(0).tolist() == pytest.approx([10, 7, 1, 0], abs=0.3)
    assert bool((heard[:, 0] == 10).all()) and bool((heard[:, 3] == 0).all())
    assert bool((heard[:, :-1] >= heard[:, 1:]).all())  # one draw for all levels


def test_all_lost_is_chance_and_a_clear_channel_is_learned():
    for feedback in (False, True):
        deaf = _repair.Pairs([0, 1], [1.0], feedback)
        assert _repair.accuracy(deaf, 2) == [[0.5, 0.5]]
    clear = _repair.Pairs([0, 1], [0.0], False)
    _repair.train(clear, 60)
    assert min(_repair.accuracy(clear, 3)[0]) > 0.75


def test_a_seed_learns_the_same_in_whatever_company():
    alone, together = _repair.Pairs([7], [0.5], True), _repair.Pairs([8, 7], [0.3, 0.5], True)
    for pairs in (alone, together):
        pairs.play(greedy=False).sigmoid().mean(1).sum().backward()
    for a, b in zip(alone.parameters, together.parameters, strict=True):
        assert torch.allclose(a.grad[0], b.grad[3], atol=1e-6) and bool(a.grad[0].any())


def test_no_explicit_code_exceeds_the_ceiling():
    """Random linear codes without feedback; with feedback, asking for the first of four bits that differs."""
    rng = np.random.default_rng(0)
    bits = np.array([[n >> i & 1 for i in range(4)] for n in range(16)])
    differ = ~np.eye(16, dtype=bool)
    for noise in (0.0, 0.3, 0.5, 0.7, 0.9, 1.0):
        best = 0.0
        for _ in range(200):
            code = bits @ rng.integers(0, 2, (4, 10)) % 2
            distance = (code[:, None] != code[None]).sum(-1)[differ]
            best = max(best, 1 - 0.5 * float(np.mean(noise**distance)))
        assert best <= study.ceiling(noise, False) + 1e-12
        assert best > study.ceiling(noise, False) - 0.01
        asked = 1 - 0.5 * (8 * noise**10 + 4 * noise**9 + 3 * noise**8) / 15
        assert asked <= study.ceiling(noise, True) + 1e-12 and asked > study.ceiling(noise, True) - 0.001


def test_a_gain_that_is_none_falls_short(monkeypatch):
    def told(seeds, levels, feedback, steps):
        return [[study.WITHOUT[noise] - 0.01 * feedback] * 2 for noise in levels], 1.0

    monkeypatch.setattr(study, "timed", told)
    rows = {row["label"]: row["holds"] for row in study.run(quick=True, seeds=[0, 1])["rows"]}
    assert rows["noise 0.5, without feedback"] and not rows["noise 0.5: gain by feedback"]
