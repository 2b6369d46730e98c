"""An environment with everything in it that a world of ours must cope with, as the text of a module."""

import sys

ENV = "parallel_env_toy_env"

TEXT = '''
import random
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete, Text
from pettingzoo import ParallelEnv


class Toy(ParallelEnv):
    """looker_0 sees a number of 5 to 8 and has a mask; mover_1 dies at once and comes back at tick 3."""

    metadata = {"render_modes": ["rgb_array"], "name": "toy"}

    def __init__(self, length=6, acts="", sees="", fails=None, moody=False, render_mode=None):
        self.possible_agents = ["looker_0", "mover_0", "mover_1"]
        self.max_cycles, self.fails, self.moody, self.render_mode = length, fails, moody, render_mode
        mover = {"": Box(0, 9, (2,), np.float32), "Dict": Dict({"a": Discrete(2)}), "Text": Text(3)}[sees]
        looker = Dict({"observation": Discrete(4, start=5), "action_mask": Box(0, 1, (3,), np.int8)})
        self.sees = {"looker": looker, "mover": mover}
        move = Box(0, 1, (2,)) if acts else MultiDiscrete([3, 2])
        self.acts = {"looker": Discrete(3, start=10), "mover": move}

    def observation_space(self, agent):
        return self.sees[agent[:-2]]

    def action_space(self, agent):
        return self.acts[agent[:-2]]

    def reset(self, seed=None, options=None):
        self.agents, self.tick, self.drawn = list(self.possible_agents), 0, np.random.default_rng(seed)
        self.trail = 0
        return self.seen(), {}

    def seen(self):
        looker = {"observation": 5 + self.tick % 4, "action_mask": np.array([1, 0, 1], np.int8)}
        move = [self.drawn.random(), self.trail + (random.random() if self.moody else 0)]
        found = {agent: np.array(move, np.float32) for agent in self.agents if agent != "looker_0"}
        return found | ({"looker_0": looker} if "looker_0" in self.agents else {})

    def step(self, actions):
        if self.fails is not None and self.tick + 1 >= self.fails:
            raise ZeroDivisionError("at\\ntwo")
        assert set(actions) == set(self.agents)
        self.tick += 1
        rewards = {a: float(v if a == "looker_0" else 10 * v[0] + v[1]) for a, v in actions.items()}
        self.trail += sum(rewards.values())
        over = self.tick >= self.max_cycles
        dead = {agent: agent == "mover_1" and self.tick == 1 for agent in self.agents}
        cut = {agent: over and not dead[agent] for agent in self.agents}
        shown = self.seen()
        self.agents = [] if over else [a for a in self.agents if not dead[a]] + ["mover_1"] * (self.tick == 3)
        shown |= {a: s for a, s in self.seen().items() if a not in shown}
        return shown, rewards, dead, cut, {agent: {} for agent in shown}

    def render(self):
        return np.full((20, 30, 3), 10 * self.tick, np.uint8)


def parallel_env(**options):
    return Toy(**options)
'''


def written(folder, monkeypatch):
    """Write the module where Python finds it; its name."""
    (folder / f"{ENV}.py").write_text(TEXT)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, ENV, raising=False)
    return ENV
