"""JaxMARL: a round is one compiled `lax.scan` of vectorised steps, which reset themselves.

What is perceived is carried on and the rewards are summed, so that the compiler cannot leave either out.
"""

from __future__ import annotations

from typing import Any

import train_jaxmarl
from child import Round, serve

NAMES = {
    "simple_spread": "MPE_simple_spread_v3",
    "simple_reference": "MPE_simple_reference_v3",
    "simple_speaker_listener": "MPE_simple_speaker_listener_v4",
}


def begin(work: dict[str, Any]) -> Round:
    """Random play, or play by a network, of one scenario; or training by JaxMARL's own baseline."""
    if work["kind"] == "train":
        return train_jaxmarl.begin(work)
    import jax
    import jax.numpy as jnp

    env, worlds = world(work["scenario"]), work["worlds"]
    decide, summed = _network(env, worlds) if work["kind"] == "act" else _anything(env, worlds)

    def tick(carry: Any, _: None) -> tuple[Any, None]:
        state, seen, earned, key = carry
        key, draw, step = jax.random.split(key, 3)
        actions, more = decide(seen, draw)
        seen, state, reward, _, _ = jax.vmap(env.step)(jax.random.split(step, worlds), state, actions)
        return (state, seen, earned + more + sum(reward.values()), key), None

    @jax.jit
    def run(carry: Any) -> Any:
        return jax.lax.scan(tick, carry, None, length=work["steps"])[0]

    carry: Any = None

    def play() -> int:
        nonlocal carry
        if carry is None:
            key = jax.random.key(work["seed"])
            seen, state = jax.jit(jax.vmap(env.reset))(jax.random.split(key, worlds))
            carry = (state, seen, jnp.zeros(worlds) + summed, key)
        carry = jax.block_until_ready(run(carry))
        return int(work["steps"] * worlds * env.num_agents)

    return play


def world(scenario: str) -> Any:
    """Its environment, with episodes of 25 steps."""
    import jaxmarl

    return jaxmarl.make(NAMES[scenario], **train_jaxmarl.EPISODE)


def _anything(env: Any, worlds: int) -> Any:
    """Every option of every agent alike."""
    import jax

    def decide(seen: Any, key: Any) -> tuple[dict[str, Any], float]:
        keys = jax.random.split(key, env.num_agents)
        sizes = [env.action_space(agent).n for agent in env.agents]
        draws = [jax.random.randint(k, (worlds,), 0, size) for k, size in zip(keys, sizes, strict=True)]
        return dict(zip(env.agents, draws, strict=True)), 0.0

    return decide, 0.0


def _network(env: Any, worlds: int) -> Any:
    """One network for all agents, 2 x 64 SiLU: an action is sampled; its log-probability and a value are made too."""
    import flax.linen as nn
    import jax
    import jax.numpy as jnp

    agents, options = env.agents, env.action_space(env.agents[0]).n

    class ActorCritic(nn.Module):
        @nn.compact
        def __call__(self, x: Any) -> Any:
            for _ in range(2):
                x = nn.silu(nn.Dense(64)(x))
            return nn.Dense(options)(x), nn.Dense(1)(x)[..., 0]

    network = ActorCritic()
    weights = network.init(jax.random.key(0), jnp.zeros((1, env.observation_space(agents[0]).shape[0])))

    def decide(seen: Any, key: Any) -> tuple[dict[str, Any], Any]:
        logits, value = network.apply(weights, jnp.stack([seen[agent] for agent in agents]))
        action = jax.random.categorical(key, logits)
        logp = jnp.take_along_axis(jax.nn.log_softmax(logits), action[..., None], axis=-1)[..., 0]
        return {agent: action[i] for i, agent in enumerate(agents)}, (logp + value).sum(0)

    return decide, 0.0


if __name__ == "__main__":
    serve(begin, ("jaxmarl", "jax", "flax"))
