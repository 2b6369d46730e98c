"""The signalling loss against a sum written out, and what is no message counts for nothing."""

import torch
from society.agents import losses

from society.population.population import Replay
from society.world.scenario import Head, Spec

SPEC = Spec(seats=1, fields={"x": (1,)}, heads={"move": Head(2), "say": Head(3, speech=True)}, episode=2)


def replay(logits):
    logp = logits.log_softmax(-1)
    entropy = -(logp.exp() * logp).sum((-1, -2))
    return Replay(torch.zeros(logits.shape[:3]), {"say": entropy}, torch.zeros(logits.shape[:3]), {"say": logits})


def test_signalling_is_entropy_of_the_mean_less_half_the_mean_entropy():
    logits = torch.randn(2, 3, 4, 1, 3, generator=torch.Generator().manual_seed(0))
    keep = torch.ones(2, 3, 4, dtype=torch.bool)
    p = logits.softmax(-1).double()[:, :, :, 0].flatten(1, 2)
    mean = p.mean(1)
    expected = -(mean * mean.log()).sum(-1) + 0.5 * (p * p.log()).sum(-1).mean(1)
    torch.testing.assert_close(losses.signalling(replay(logits), SPEC, keep, None).double(), expected, atol=1e-5, rtol=0)


def test_a_step_that_allows_only_silence_is_no_message():
    logits = torch.randn(1, 2, 6, 1, 3, generator=torch.Generator().manual_seed(1))
    keep = torch.ones(1, 2, 6, dtype=torch.bool)
    may = torch.tensor([True, False, True, True, False, True]).expand(1, 2, 6)
    mask = torch.ones(1, 2, 6, 5, dtype=torch.bool)
    mask[..., 3:] = may[..., None]  # options of say but silence
    logits = torch.where(may[..., None, None], logits, torch.tensor([0.0, -1e9, -1e9]))
    with_mask = losses.signalling(replay(logits), SPEC, keep, mask)
    torch.testing.assert_close(with_mask, losses.signalling(replay(logits), SPEC, may, None))
    assert not torch.allclose(with_mask, losses.signalling(replay(logits), SPEC, keep, None))
