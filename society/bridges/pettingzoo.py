"""Every scenario as a PettingZoo environment: one world, and a dictionary entry for each of its agents.

`parallel_env` makes a ParallelEnv, `env` an AECEnv by the library's own conversion. Importing this module registers both for
every scenario, those in ./scenarios too, as "society/NAME-v0" (Terry et al. 2021; https://pettingzoo.farama.org).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils import _pytree as pytree

from .. import registry

try:
    import gymnasium
    from gymnasium import spaces
    from pettingzoo import AECEnv, ParallelEnv, aec_registry, parallel_registry, register
    from pettingzoo.utils.conversions import parallel_to_aec
except ImportError as error:
    raise ImportError(f"this bridge needs pettingzoo 1.27 or newer: pip install 'society-sim[bridges]' ({error})") from None

from ..world.scenario import Observation, Scene
from . import pettingzoo_picture as picture
from .pettingzoo_lives import Lives
from .pettingzoo_views import Views
from .session import Session, seat_names, session, settled
from .spaces import action_space

Infos = dict[str, dict[str, Any]]
Step = tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], Infos]


class SocietyEnv(ParallelEnv[str, Any, Any]):
    """One world of a scenario, its seats the agents. Made by `parallel_env`.

    **Observations** (see `Views`). Where a seat can be masked or out of turn, as the dead are: Dict {"observation": Box [F],
    "action_mask"}, the form of PettingZoo's own games with illegal moves, which its tests and learners know. Elsewhere a
    bare Box [F], which every learner takes as it is. `fields` finds the named fields again. An illegal action is the no-op.

    **Lives** (see `Lives`). `lifecycle="fixed"`: all seats are in `agents` until the world ends; the dead have the no-op alone
    and reward 0. "open": a death terminates the agent, whose last observation is 0, and the next life in the seat is a
    new agent of a name not used before in the episode. Who will live cannot be listed, so that `possible_agents` is
    undefined, as PettingZoo has it. infos: "alive", "active" (it is this agent's turn) and "life_ended" (at this tick:
    no return flows past it, even where the seat plays on).

    **Chance.** `reset(seed=s)` starts the first episode of seed s and `reset()` the next one of the same seed; draws are keyed,
    so that the same seed and the same actions give the same course, here and in a run.
    """

    def __init__(self, name: str, game: Session, opened: bool, render_mode: str | None):
        self.session, self.render_mode = game, render_mode
        self.worlds = game.worlds  # as shown: after the last tick not yet those of the next episode
        self._used = False  # whether the session's episode has been handed out
        self._lives = Lives(seat_names(game.spec), opened)
        self._views = Views(game.spec, game.seen.mask is not None or game.seen.active is not None)
        self._sees = [self._views.space() for _ in self._lives.names]  # one each: they are seeded apart
        self._acts = [action_space(game.spec) for _ in self._lives.names]
        self.agents: list[str] = []
        if not opened:
            self.possible_agents = list(self._lives.names)
        modes = ["human", "ansi"] + ["rgb_array"] * (self._scene() is not None)
        if render_mode not in (None, *modes):
            raise ValueError(f"render_mode={render_mode!r}: {name} has {', '.join(modes)}")
        self.metadata = {"name": f"{name}_v0", "render_modes": modes, "render_fps": 10, "is_parallelizable": True}
        self.state_space = spaces.Box(-np.inf, np.inf, self.state().shape, np.float32)

    # ---------------------------------------------------------------- PettingZoo's methods

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """What an agent sees, the same object for all lives in a seat. Raises `ValueError` for a name that never was."""
        return self._sees[self._seat(agent)]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """What an agent may do, the same object for all lives in a seat. Raises `ValueError` for a name that never was."""
        return self._acts[self._seat(agent)]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict[str, Any], Infos]:
        """The first episode of `seed`, or without one the next episode of the seed in use; `options` are not read."""
        if seed is not None:
            self.session.begin(seed)
        elif self._used:
            self.session.again()
        self._used = True
        self._lives.begin()
        self.agents, self.worlds = self._lives.agents, self.session.worlds
        self._rewards = dict.fromkeys(self.agents, 0.0)
        self._print()
        return self._told(self.session.seen, self.agents)

    def step(self, actions: dict[str, Any]) -> Step:
        """One tick: observations, rewards, terminations, truncations, infos of those who acted and of the newly born.

        Raises `ValueError` if one of `agents` has no action or an unfit one. Without agents nothing happens.
        """
        acted, lives = self.agents, self._lives
        if not acted:
            return {}, {}, {}, {}, {}
        moment = self.session.step(self._packed(actions))
        over, lay = bool(moment.over), lives.dead
        seen = moment.seen if moment.final is None else moment.final
        self.worlds, self._used = moment.ended or self.session.worlds, not over
        born = lives.tick(self._each(moment.outcome.terminated, False), self._each(seen.active, True), over)
        self.agents = lives.agents
        gone = lives.ended | over if lives.opened else np.full_like(lay, over)
        terminated = gone & (self._each(moment.terminated, False) | lay)

        def by_agent(of_seats: NDArray[Any], of_born: Any) -> dict[str, Any]:
            values = of_seats.tolist()
            return {agent: values[lives.seat[agent]] for agent in acted} | dict.fromkeys(born, of_born)

        self._rewards = by_agent(np.where(lay, 0.0, self._each(moment.reward, 0.0)), 0.0)
        self._print()
        lost = {agent for agent in acted if lives.opened and lives.ended[lives.seat[agent]]}
        observations, infos = self._told(seen, [*acted, *born], lost)
        cut = by_agent(gone & ~terminated, False)
        return observations, self._rewards.copy(), by_agent(terminated, False), cut, infos

    def state(self) -> NDArray[np.float32]:
        """All that there is in the world as float32 [S], tensor after tensor of its state; integers over 2**24 are rounded."""
        leaves = pytree.tree_leaves(self.worlds.state)
        return np.concatenate([leaf.cpu().numpy().ravel().astype(np.float32) for leaf in leaves])

    def render(self) -> NDArray[np.uint8] | str | None:
        """"rgb_array": the scene [height, width, 3]; "ansi": a line for each agent; "human" prints those lines at each tick."""
        if self.render_mode is None:
            gymnasium.logger.warn("render() shows nothing without a render_mode, which parallel_env takes")
        scene = self._scene() if self.render_mode == "rgb_array" else None
        if scene is not None:
            return picture.pixels(scene)
        return self._lines() if self.render_mode == "ansi" else None

    def close(self) -> None:
        """Nothing is held open."""

    # ---------------------------------------------------------------- beyond PettingZoo

    def fields(self, observation: Any) -> dict[str, NDArray[np.float32]]:
        """The named fields of an agent's observation, each in its own shape (`Spec.fields`)."""
        return self._views.fields(observation)

    # ---------------------------------------------------------------- inside

    def _seat(self, agent: str) -> int:
        if agent not in self._lives.seat:
            raise ValueError(f"no agent {agent!r}; there is {', '.join(self.agents or self._lives.names)}")
        return self._lives.seat[agent]

    def _each(self, values: Tensor | None, fill: Any) -> NDArray[Any]:
        """A tensor [1, N] as an array [N]; None stands for `fill` everywhere."""
        if values is None:
            return np.full(len(self._lives.names), fill)
        found: NDArray[Any] = values[0].cpu().numpy()
        return found

    def _packed(self, actions: dict[str, Any]) -> Tensor:
        """The agents' actions as the world takes them, [1, N, K]; the no-op where nobody is."""
        if not isinstance(actions, Mapping):
            raise ValueError(f"actions = {actions!r}: step takes a dictionary with an action for each of env.agents")
        numbers = self.session.spec.numbers
        packed = np.zeros((1, len(self._lives.names), numbers), dtype=np.int64)
        for agent in self.agents:
            try:
                packed[0, self._lives.seat[agent]] = np.reshape(np.asarray(actions[agent]), numbers).astype(
                    np.int64, casting="same_kind"
                )
            except KeyError:
                raise ValueError(f"no action for {agent!r}: step takes one for each of env.agents") from None
            except (TypeError, ValueError):
                raise ValueError(f"action {actions[agent]!r} of {agent!r} is none of {self.action_space(agent)}") from None
        return torch.from_numpy(packed).to(self.session.device)

    def _told(self, seen: Observation, agents: list[str], lost: Collection[str] = ()) -> tuple[dict[str, Any], Infos]:
        """Observations and infos of agents; a lost one sees nothing, and not what the next life in its seat sees."""
        lives, rows = self._lives, self._views.rows(seen)
        active = self._each(seen.active, True).tolist()
        observations: dict[str, Any] = {}
        infos: Infos = {}
        for agent in agents:
            seat, here = lives.seat[agent], agent not in lost
            observations[agent] = rows[seat] if here else self._views.blank()
            ended = bool(lives.ended[seat])
            infos[agent] = {"alive": here and not lives.dead[seat], "active": here and active[seat], "life_ended": ended}
        return observations, infos

    def _scene(self) -> Scene | None:
        return self.session.scenario.scene(self.worlds.state)

    def _lines(self) -> str:
        """The world in words: its name, episode and tick, and a line for each agent."""
        scene = self._scene()
        told = [""] * len(self._lives.names) if scene is None else picture.words(scene)
        head = f"{self.metadata['name']}, episode {int(self.worlds.episode)}, tick {int(self.worlds.tick)}"
        rows = [f"{agent}: reward {reward:.4g}{told[self._seat(agent)]}" for agent, reward in self._rewards.items()]
        return "\n".join([head, *rows])

    def _print(self) -> None:
        if self.render_mode == "human":
            print(self._lines())


def parallel_env(
    scenario: str,
    *,
    preset: str = "default",
    quick: bool = False,
    seed: int = 0,
    render_mode: str | None = None,
    lifecycle: Literal["fixed", "open"] = "fixed",
    **fields: Any,
) -> SocietyEnv:
    """One world of a scenario as a ParallelEnv; see `SocietyEnv` for spaces, lives and seeds.

    `fields` are those of the config, with `__` for the dot (`world__seats=4`); it runs on the CPU unless told otherwise, as one
    world is too little for a GPU. Raises `ConfigError` or `Unknown` for a wrong name or value, `ValueError` for the
    other arguments, each in one line.
    """
    if lifecycle not in ("fixed", "open"):
        raise ValueError(f"lifecycle={lifecycle!r}: take 'fixed' or 'open'")
    config = settled(scenario, preset, quick, seed, **{"device": "cpu", **fields})
    return SocietyEnv(scenario, session(config), lifecycle == "open", render_mode)


def env(scenario: str, **options: Any) -> AECEnv[str, Any, Any]:
    """The same as an AECEnv, by PettingZoo's own conversion; `options` are those of `parallel_env`."""
    made: AECEnv[str, Any, Any] = parallel_to_aec(parallel_env(scenario, **options))
    return made


def register_all() -> list[str]:
    """Enter every scenario in PettingZoo's registries as "society/NAME-v0"; returns the names.

    Called when this module is imported; call it again for files that came into ./scenarios later.
    """
    ids = {f"society/{name}-v0": name for name in registry.names("scenarios")}
    for made, name in ids.items():
        if made not in parallel_registry:
            register("parallel", made, f"{__name__}:parallel_env", kwargs={"scenario": name})
        if made not in aec_registry:
            register("aec", made, f"{__name__}:env", kwargs={"scenario": name})
    return list(ids)


register_all()
