"""mpe2: one world of Python objects, stepped through PettingZoo's parallel interface."""

from __future__ import annotations

import importlib
from typing import Any

from child import Round, serve

NAMES = {
    "simple_spread": "simple_spread_v3",
    "simple_reference": "simple_reference_v3",
    "simple_speaker_listener": "simple_speaker_listener_v4",
}


def begin(work: dict[str, Any]) -> Round:
    """Random play of one scenario, one world."""
    import numpy as np

    env = importlib.import_module(f"mpe2.{NAMES[work['scenario']]}").parallel_env(max_cycles=25)
    env.reset(seed=work["seed"])
    agents = env.possible_agents
    sizes = [env.action_space(agent).n for agent in agents]
    random = np.random.default_rng(work["seed"])

    def play() -> int:
        actions = random.integers(0, sizes, (work["steps"], len(agents))).tolist()
        for chosen in actions:
            env.step(dict(zip(agents, chosen, strict=True)))
            if not env.agents:
                env.reset()
        return int(work["steps"] * len(agents))

    return play


if __name__ == "__main__":
    serve(begin, ("mpe2", "pettingzoo", "numpy"))
