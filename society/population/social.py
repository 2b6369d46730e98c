"""Rewards that look at others: what seats of one world feel about what they and the rest earned, as functions of tensors.

Each takes what the seats earned and gives what a learner may be fed in its place; what is reported and judged stays what was
earned. Every seat of the world counts as another, whether or not it acts at this tick, is frozen or is out of the game: it
earned what it earned.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


def smooth(smoothed: Float[Tensor, "W N"], reward: Float[Tensor, "W N"], keep: float) -> Float[Tensor, "W N"]:
    """Rewards as they are remembered: e <- keep * e + r. `keep` is gamma * lambda of Hughes et al. (2018); 0: r itself."""
    return keep * smoothed + reward


def inequity(smoothed: Float[Tensor, "W N"], disadvantage: float, advantage: float) -> Float[Tensor, "W N"]:
    """What unequal earnings cost each seat (Fehr & Schmidt 1999; smoothed rewards e: Hughes et al. 2018), 0 or more.

    disadvantage / (N - 1) * sum_j max(e_j - e_i, 0) + advantage / (N - 1) * sum_j max(e_i - e_j, 0). It is subtracted
    from the reward: both kinds of inequity hurt. A seat alone in its world has nobody to compare with: 0.
    """
    others = max(smoothed.shape[-1] - 1, 1)
    ahead = smoothed[:, :, None] - smoothed[:, None, :]  # [w, i, j] = e_i - e_j
    behind = (-ahead).clamp(min=0).sum(-1)
    return (disadvantage * behind + advantage * ahead.clamp(min=0).sum(-1)) / others


def prosocial(reward: Float[Tensor, "W N"], weight: float) -> Float[Tensor, "W N"]:
    """(1 - weight) of a seat's own reward and `weight` of its world's mean; the sum over a world's seats is kept.

    0 is a selfish seat, 1 a team that shares everything. The formula is the "team spirit" of OpenAI Five (Berner et al. 2019),
    the idea prosocial learning (Peysakhovich & Lerer 2018), where the others' rewards are weighed and not the world's mean.
    """
    return reward.lerp(reward.mean(-1, keepdim=True).expand_as(reward), weight)
