"""PPO's entropy bonus: it falls geometrically, and in units of reward where advantages are not standardised."""

from dataclasses import replace

import pytest
import torch
from society.agents.ppo import PPO, PPOConfig

from society.keys import Keys

KEY = Keys.worldless(0, "test")
PLAIN = PPOConfig(minibatch=4 * 10, epochs=1, entropy=0.2, entropy_speech=0.1)


def changed(config, **changes):
    return PPO(config.model_copy(update=changes))


def test_a_bonus_halfway_is_the_geometric_mean_of_start_and_end(population, rollout):
    minds = population(2)
    seen = rollout(minds, ticks=4, rows=20)
    falling = changed(PLAIN, entropy_end=0.01).learn(minds, seen, KEY, 0.5)[0].weights
    wanted = changed(PLAIN, entropy=0.02, entropy_speech=0.01).learn(minds, seen, KEY, 0.5)[0].weights
    torch.testing.assert_close(falling, wanted)
    assert not torch.equal(falling, changed(PLAIN).learn(minds, seen, KEY, 0.5)[0].weights)


@pytest.mark.parametrize(("standardise", "ratio"), [(True, 1.0), (False, 10.0)])
def test_rewards_ten_times_as_large_count_ten_times_only_unstandardised(population, rollout, standardise, ratio):
    minds = population(2)
    seen = rollout(minds, ticks=4, rows=20)
    large = {name: 10 * getattr(seen, name) for name in ("reward", "value", "bootstrap", "last_value")}
    learner = changed(PLAIN, standardise=standardise, entropy=0.0, entropy_speech=0.0, value_weight=0.0, minibatch=2 * 4 * 20)
    norms = [learner.learn(minds, given, KEY, 0.0)[1].numbers["grad_norm"] for given in (seen, replace(seen, **large))]
    torch.testing.assert_close(norms[1], ratio * norms[0], rtol=1e-3, atol=1e-6)
