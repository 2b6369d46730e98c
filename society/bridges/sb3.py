"""A scenario as a Stable-Baselines3 `VecEnv`: every seat of every world is one sub-environment, so one policy plays them all.

Sub-environment w * N + n is seat n of world w. A step is one batched step of all worlds; numpy arrays are made of whole
tensors, once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

try:
    import gymnasium
    from stable_baselines3.common.monitor import Monitor
    from stable_baselines3.common.vec_env import VecEnv
except ImportError as error:
    raise ImportError(f"this bridge needs stable-baselines3 2.6 or newer: pip install 'society-sim[rl]' ({error})") from None

from ..world.scenario import Spec
from .session import Moment, session, settled
from .spaces import action_space, choices, feature_space

Info = dict[str, Any]
Indices = int | Iterable[int] | None


class SocietyVecEnv(VecEnv):
    """W worlds of N seats as W * N environments for Stable-Baselines3.

    `scenario`, `preset`, `quick`, `seed` and the config's fields (with `__` for the dot: `channel__symbols=5`) are those of
    `society.run`. Observations are float32 [W * N, F], actions packed numbers: Discrete or MultiDiscrete.

    A seat is done when its life or its world ends; the observation returned is then that of the next life or episode, and
    its info holds "terminal_observation" [F], "TimeLimit.truncated" and "episode" with return, length and seconds since the
    start, as `Monitor` writes them, so no `VecMonitor` is needed. All other infos are empty and reused from step to step.
    A seat that is dead or whose turn it is not has reward 0 unless the rules say otherwise, and acts with the no-op, whatever
    is chosen: `action_masks` then allows nothing else. What is left of an episode after a seat died for good ends without
    "episode" and counts as no time limit, so that nothing is bootstrapped from it.
    Raises ConfigError, Unknown, ValueError, each with one line.
    """

    render_mode: str | None = None

    def __init__(
        self,
        scenario: str,
        worlds: int = 64,
        preset: str = "default",
        quick: bool = False,
        seed: int = 0,
        device: torch.device | str = "cpu",
        **fields: Any,
    ):
        self._session = session(settled(scenario, preset, quick, seed, device=str(device), **fields), worlds)
        count = worlds * self.scenario_spec.seats
        super().__init__(count, feature_space(self.scenario_spec), action_space(self.scenario_spec))
        self._seeds = [seed] * count
        self._blank: list[Info] = [{} for _ in range(count)]
        self._start = time.monotonic()
        self._forget()

    @property
    def scenario_spec(self) -> Spec:
        """The world's own description: fields of an observation, heads of an action, roles, seats."""
        return self._session.spec

    def _forget(self) -> None:
        """No seat has done anything yet in its present span."""
        self._return = np.zeros(self.num_envs)
        self._length = np.zeros(self.num_envs, dtype=np.int64)
        self._gone = np.zeros(self.num_envs, dtype=bool)  # its life ended in this episode, and it has not acted since

    def _rows(self, tensor: Tensor) -> np.ndarray:
        """[W, N, …] as [W * N, …], memory of its own where the caller may write into it."""
        return tensor.flatten(0, 1).contiguous().cpu().numpy()

    def reset(self) -> np.ndarray:
        """The first episode of the seed that was set, else the next episode in every world; [W * N, F]."""
        seed = self._seeds[0]
        seen = self._session.again() if seed is None else self._session.begin(seed)
        self._reset_seeds()
        self._reset_options()
        self._forget()
        return self._rows(seen.features)

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions [W * N] or [W * N, K], whole numbers, for `step_wait`. Raises ValueError for others."""
        shape, given = (self._session.count, self.scenario_spec.seats, self.scenario_spec.numbers), np.asarray(actions)
        if given.dtype.kind not in "iub" or given.size != math.prod(shape):
            wanted = [self.num_envs, *shape[2:]] if shape[2] > 1 else [self.num_envs]
            raise ValueError(f"actions are {given.dtype} {list(given.shape)}: give whole numbers {wanted}")
        self._chosen = torch.as_tensor(given, dtype=torch.long, device=self._session.device).reshape(shape)

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Info]]:
        """One tick of all worlds: observations [W * N, F], rewards and dones [W * N], infos."""
        active = self._session.seen.active
        moment = self._session.step(self._chosen)
        reward = self._rows(moment.reward).copy()  # PPO adds the bootstrap to it in place
        done = self._rows(moment.terminated | moment.truncated)
        self._return += reward
        self._length += 1
        self._gone &= False if active is None else ~self._rows(active)
        infos = self._blank.copy()
        if done.any():
            self._tell(infos, done, moment)
        return self._rows(moment.seen.features), reward, done, infos

    def _tell(self, infos: list[Info], done: np.ndarray, moment: Moment) -> None:
        """Fill the infos of those that ended, and begin their next span."""
        ended, seconds = done.nonzero()[0], round(time.monotonic() - self._start, 6)
        gone, last = self._gone[ended], moment.seen if moment.final is None else moment.final
        final, cut = self._rows(last.features)[ended], self._rows(moment.truncated)[ended] & ~gone
        for k, observation, limit, rest in zip(ended.tolist(), final, cut.tolist(), gone.tolist(), strict=True):
            infos[k] = {"terminal_observation": observation, "TimeLimit.truncated": limit}
            if not rest:
                infos[k]["episode"] = {"r": float(self._return[k]), "l": int(self._length[k]), "t": seconds}
        self._return[ended], self._length[ended] = 0.0, 0
        self._gone[ended] = ~self._rows(moment.over[:, None].expand_as(moment.reward))[ended]

    def action_masks(self) -> np.ndarray:
        """Which options are legal now, bool [W * N, M], as sb3-contrib's `MaskablePPO` asks: M options of all numbers."""
        may = choices(self.scenario_spec, self._session.seen)
        if may is None:
            return np.ones((self.num_envs, sum(self.scenario_spec.sizes)), dtype=bool)
        return self._rows(may)

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """The seed of the next reset, one for all: worlds differ by their number. None: a random one."""
        self._seeds = [super().seed(seed)[0]] * self.num_envs
        return self._seeds

    def close(self) -> None:
        """Nothing is held open."""

    def get_attr(self, attr_name: str, indices: Indices = None) -> list[Any]:
        """An attribute, which all share, for each index. Raises AttributeError."""
        return [getattr(self, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Indices = None) -> None:
        """Set an attribute of all. Raises ValueError for some only: the seats of a batch share their attributes."""
        if len(set(self._get_indices(indices))) < self.num_envs:
            raise ValueError(f"{attr_name} of some sub-environments: the seats share one batch, leave `indices` out")
        setattr(self, attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Indices = None, **method_kwargs: Any) -> list[Any]:
        """Call a method that answers for every seat at once (`action_masks`) and give each index its row."""
        if method_name != "action_masks":
            raise AttributeError(f"{method_name}: the one method of a sub-environment is action_masks")
        rows = self.action_masks(*method_args, **method_kwargs)
        return [rows[k] for k in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type[gymnasium.Wrapper], indices: Indices = None) -> list[bool]:
        """True for `Monitor`, whose "episode" every seat reports by itself; no other wrapper is there."""
        return [issubclass(Monitor, wrapper_class) for _ in self._get_indices(indices)]
