"""Losses added to a learner's objective that reward signalling and listening (Lowe et al. 2019; Eccles et al. 2019).

They also reward what language metrics measure, so results are reported with and without them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from society.population.population import Replay
from society.world.scenario import Spec


def signalling(replay: Replay, spec: Spec, keep: Tensor, mask: Tensor | None) -> Tensor:
    """Positive signalling for each mind [P], to be maximised: H(mean pi) - H(pi) / 2 over speech heads, in nats.

    High when a mind's messages differ from state to state and each is fairly certain. `keep` [P, T, R] weighs the steps;
    one at which `mask` [P, T, R, A] (None: all is legal) leaves only silence is no message and does not count.
    """
    total = torch.zeros(keep.shape[0], device=keep.device)
    for name, head in spec.heads.items():
        if not head.speech:
            continue
        may = keep if mask is None else keep & mask[..., spec.options[name]][..., 1:].any(-1)
        weight = may.float()[:, None, None]
        count = may.float().sum((1, 2)).clamp(min=1)
        probs = _probabilities(replay, name)
        mean = (probs * weight).sum((3, 4)) / count[:, None, None]
        spread = -(mean * mean.clamp(min=1e-8).log()).sum((-1, -2))
        within = (replay.entropy[name] * may).sum((1, 2)) / count
        total = total + spread - 0.5 * within
    return total


def listening(replay: Replay, deaf: Replay, spec: Spec, keep: Tensor) -> Tensor:
    """Positive listening for each mind [P], to be maximised: mean L1 distance between the policy and the deaf policy.

    `deaf` is the replay with hearing set to 0. Only the heads in `spec.reacting` count: echoing is not listening.
    """
    total = torch.zeros(keep.shape[0], device=keep.device)
    count = keep.float().sum((1, 2)).clamp(min=1)
    for name in spec.reacting:
        gap = (_probabilities(replay, name) - _probabilities(deaf, name)).abs().sum((1, 2))
        total = total + (gap * keep).sum((1, 2)) / count
    return total


def _probabilities(replay: Replay, head: str) -> Tensor:
    """What a head chooses with which probability, [P, L, V, T, R]: options before rows, as the networks lay them."""
    return replay.logits[head].permute(0, 3, 4, 1, 2).softmax(2)


def deafen(features: Tensor, spec: Spec) -> Tensor:
    """The same observations [..., F] with every field of hearing set to 0."""
    quiet = features.clone()
    for name in spec.hearing:
        quiet[..., spec.slices[name]] = 0
    return quiet
