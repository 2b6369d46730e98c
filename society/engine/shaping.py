"""What seats feel in place of what they earned, put together from a config: a shaping for `rollout.collect`."""

from __future__ import annotations

from torch import Tensor

from ..config import SocialConfig
from ..population import social
from ..world.scenario import Spec
from .influence import Influence
from .rollout import Minds, Shaping, Tick


def shaping(config: SocialConfig, minds: Minds, spec: Spec) -> Shaping | None:
    """The social rewards of a run; None where only what was earned is felt.

    Every term is taken of what was earned, so their order says nothing: the mixed reward, less what inequity costs, plus
    what influence is worth. Smoothed rewards begin anew with a seat's life and with its world's episode.
    """
    if not config.on:
        return None
    influence = Influence(minds, spec, config.counterfactuals) if config.influence else None

    def felt(tick: Tick, smoothed: Tensor) -> tuple[Tensor, Tensor]:
        earned = tick.outcome.reward
        smoothed = social.smooth(smoothed, earned, config.smoothing)
        reward = social.prosocial(earned, config.prosocial)
        if config.disadvantage or config.advantage:
            reward = reward - social.inequity(smoothed, config.disadvantage, config.advantage)
        if influence is not None:
            reward = reward + config.influence * influence(tick)
        return reward, smoothed.masked_fill(tick.forget, 0.0)

    return felt
