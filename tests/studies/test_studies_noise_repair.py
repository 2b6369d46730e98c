"""Noise and repair: what gets lost, what feedback may tell, chance, and that a pair learns."""

import pytest
import torch

from society.studies import noise_repair as study


def test_every_target_meets_every_other_candidate():
    target, other = study.games()
    assert target.shape == (240, 8) and not (target == other).all(1).any()
    assert len({tuple(row) for row in torch.cat([target, other], 1).tolist()}) == 240
    assert bool((target.view(240, 2, 4).sum(-1) == 1).all())


def watched(noise, feedback, seen):
    """A pair whose networks write down what they are shown."""
    pairs = study.Pairs([3, 4], noise, feedback)
    look = pairs._word

    def word(layers, given, purpose, greedy):
        seen.append((purpose, torch.cat(given, -1).detach()))
        return look(layers, given, purpose, greedy)

    pairs._word = word
    return pairs


@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
def test_words_are_lost_as_often_as_said(noise):
    seen = []
    watched(noise, True, seen).play(greedy=False)
    last = next(x for purpose, x in seen if purpose == "reply.9")
    heard = last[..., 16 + 10 : 16 + 10 + 20].view(2, 240, 10, 2).sum(-1)
    assert float((heard == 0).float().mean()) == pytest.approx(noise, abs=0.03)
    assert set(heard.unique().round().tolist()) <= {0.0, 1.0}


def test_the_speaker_learns_of_the_other_candidate_by_feedback_alone():
    for feedback in (False, True):
        seen = []
        pairs = watched(0.5, feedback, seen)
        pairs.play(greedy=True)
        said = {purpose: x for purpose, x in seen if purpose.startswith("say")}
        replies = said["say.9"][..., 8 + 10 + 20 :]
        assert bool(replies.any()) == feedback and len(seen) == (20 if feedback else 10)
        same_target = said["say.9"].view(2, 16, 15, -1)  # 15 other candidates for each target
        assert bool((same_target == same_target[:, :, :1]).all()) == (not feedback)


def test_all_lost_is_chance_and_a_clear_channel_is_learned():
    deaf, clear = study.Pairs([0, 1], 1.0, False), study.Pairs([0, 1], 0.0, False)
    assert study.accuracy(deaf, 10) == pytest.approx([0.5, 0.5], abs=0.05)
    study.train(clear, 60)
    assert min(study.accuracy(clear, 3)) > 0.65


def test_a_gain_that_is_none_falls_short(monkeypatch):
    monkeypatch.setattr(study, "timed", lambda seeds, noise, feedback, steps: ([study.WITHOUT[noise] - 0.01 * feedback] * 2, 1.0))
    rows = {row["label"]: row["holds"] for row in study.run(quick=True, seeds=[0, 1])["rows"]}
    assert rows["noise 0.5, without feedback"] and not rows["noise 0.5: gain by feedback"]
