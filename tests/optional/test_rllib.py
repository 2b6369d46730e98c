"""RLlib trains on our worlds through its own wrapper of PettingZoo environments. Skipped where ray is not installed.

How to run it: docs/bridges/pettingzoo.md. Not among what `make test` installs, because ray brings a cluster's weight with it.
"""

from importlib.util import find_spec

import numpy as np
import pytest

pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed; see docs/bridges/pettingzoo.md"),
    pytest.mark.filterwarnings("ignore"),  # ray's and its own parts' deprecations; ours are errors in every other test
]

@pytest.fixture
def ray():
    import ray

    ray.init(num_cpus=1, include_dashboard=False, configure_logging=False, log_to_driver=False)
    yield ray
    ray.shutdown()


def returns(world, iterations, steps):
    """PPO by RLlib, one policy for all seats: mean return (of all seats together) and length of episodes, by iteration."""
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.connectors.env_to_module import FlattenObservations
    from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
    from ray.tune.registry import register_env

    from society.bridges.pettingzoo import parallel_env

    register_env(world, lambda _: ParallelPettingZooEnv(parallel_env(world, quick=True)))
    config = (
        PPOConfig()
        .environment(world)
        # RLlib's own networks take no Dict: the mask becomes a part of what is seen
        .env_runners(num_env_runners=0, env_to_module_connector=lambda env, spaces, device: FlattenObservations(multi_agent=True))
        .training(train_batch_size=steps, minibatch_size=100, num_epochs=8, lr=3e-3, gamma=0.9)
        .multi_agent(policies={"shared"}, policy_mapping_fn=lambda agent, episode, **_: "shared")
        .debugging(seed=0)
    )
    algorithm = config.build_algo()
    try:
        told = [algorithm.train()["env_runners"] for _ in range(iterations)]
    finally:
        algorithm.stop()
    found = [one["episode_return_mean"] for one in told]
    print(f"{world}: mean return of an episode {np.round(found, 2).tolist()}")
    return found, {one["episode_len_mean"] for one in told}


def test_it_learns_to_defect_in_the_prisoners_dilemma(ray):
    """Both together get 6 by cooperating, 4.5 at random, and 2 in the one equilibrium."""
    found, lengths = returns("matrix_game", iterations=8, steps=400)
    assert found[0] > 3.5 and found[-1] < 2.5 and lengths == {1}


def test_it_plays_whole_episodes_of_a_particle_world(ray):
    found, lengths = returns("simple_spread", iterations=2, steps=400)
    assert np.isfinite(found).all() and lengths == {25}
