"""torchrl: its own environment over VMAS and a network of its own modules; each step is `step_and_maybe_reset`."""

from __future__ import annotations

from typing import Any

from child import Round, serve


def begin(work: dict[str, Any]) -> Round:
    """Play by one network for all agents: 2 x 64 SiLU; an action is sampled; its log-probability and a value are made."""
    import torch
    from tensordict.nn import ProbabilisticTensorDictModule, TensorDictModule, TensorDictSequential
    from torch import nn
    from torchrl.envs.libs.vmas import VmasEnv

    torch.set_num_threads(work["cores"])
    torch.manual_seed(work["seed"])
    torch.set_grad_enabled(False)
    env = VmasEnv(
        work["scenario"],
        num_envs=work["worlds"],
        continuous_actions=False,
        max_steps=25,
        device="cpu",
        seed=work["seed"],
        n_agents=3,
    )
    features = env.observation_spec["agents", "observation"].shape[-1]
    trunk = nn.Sequential(nn.Linear(features, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU())
    heads = nn.ModuleList([nn.Linear(64, 5), nn.Linear(64, 1)])

    class ActorCritic(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.trunk, self.heads = trunk, heads

        def forward(self, seen: Any) -> tuple[Any, Any]:
            x = self.trunk(seen)
            return self.heads[0](x), self.heads[1](x)

    policy = TensorDictSequential(
        TensorDictModule(ActorCritic(), [("agents", "observation")], [("agents", "logits"), ("agents", "state_value")]),
        ProbabilisticTensorDictModule(
            in_keys={"logits": ("agents", "logits")},
            out_keys=[("agents", "action")],
            distribution_class=torch.distributions.Categorical,
            default_interaction_type="random",
            return_log_prob=True,
            log_prob_key=("agents", "sample_log_prob"),
        ),
    )
    now: Any = None

    def play() -> int:
        nonlocal now
        if now is None:
            now = env.reset()
        for _ in range(work["steps"]):
            _, now = env.step_and_maybe_reset(policy(now))
        return int(work["steps"] * work["worlds"] * env.n_agents)

    return play


if __name__ == "__main__":
    serve(begin, ("torchrl", "tensordict", "vmas", "torch"))
