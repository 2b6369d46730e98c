"""VMAS: its own vectorised step, all worlds reset together at the end of an episode.

Random actions are drawn as ours are, which is quicker than its own `get_random_actions`.
"""

from __future__ import annotations

from typing import Any

from child import Round, serve

EPISODE = 25
AGENTS = {"simple_spread": {"n_agents": 3}}  # VMAS's own number is 5; the others have no choice


def begin(work: dict[str, Any]) -> Round:
    """Random play of one scenario."""
    import torch
    import vmas

    torch.set_num_threads(work["cores"])
    torch.set_grad_enabled(False)
    scenario, worlds = work["scenario"], work["worlds"]
    env = vmas.make_env(
        scenario, worlds, device="cpu", continuous_actions=False, seed=work["seed"], max_steps=EPISODE, **AGENTS.get(scenario, {})
    )
    sizes = [space.n for space in env.action_space]

    def play() -> int:
        for step in range(work["steps"]):
            if step % EPISODE == 0:
                env.reset()
            env.step([torch.randint(size, (worlds, 1)) for size in sizes])
        return int(work["steps"] * worlds * len(env.agents))

    return play


if __name__ == "__main__":
    serve(begin, ("vmas", "torch"))
