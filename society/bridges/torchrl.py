"""A scenario as a torchrl environment: W worlds are the batch, tensors stay tensors, seats are agents in groups.

The layout is that of torchrl's own multi-agent environments: `group_map` says which agents form a group, a group's entries
are ("agents", "observation") [W, n, F], ("agents", "action") [W, n] or [W, n, K], ("agents", "reward") [W, n, 1] and so on.
As in `PettingZooEnv`, done, terminated and truncated exist at the root [W, 1] (the world) and in each group [W, n, 1] (the
seat: its life ended, or its world did); a world that masks has an "action_mask", one in which seats die or take turns a
"mask" of those that act.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Bool, Int
from torch import Tensor

try:
    from tensordict import TensorDict, TensorDictBase
    from torchrl.data.tensor_specs import Categorical, Composite, MultiCategorical, TensorSpec, Unbounded
    from torchrl.envs import EnvBase
    from torchrl.envs.utils import MarlGroupMapType, check_marl_grouping
except ImportError as error:
    raise ImportError(f"this bridge needs torchrl 0.11 or newer: pip install 'society-sim[rl]' ({error})") from None

from ..world.scenario import Observation, Spec
from .session import seat_names, session, settled
from .spaces import action_space, choices

Groups = dict[str, list[str]]
ENDINGS = ("done", "terminated", "truncated")


class SocietyEnv(EnvBase):
    """W worlds of a scenario as one batched environment, batch_size [W].

    `scenario`, `preset`, `quick`, `seed` and the config's fields (with `__` for the dot: `channel__symbols=5`) are those of
    `society.run`. `group_map` is one of torchrl's `MarlGroupMapType` or a dictionary {group: agents}; by default agents of
    different roles form a group each, named by the role, and agents of one role the group "agents".

    An ended world begins its next episode by itself, as everywhere in this house: the step that ended it returns what was
    seen last, and the `reset` that torchrl then asks for hands over the episode that has begun. A reset of a world that is
    in the middle of an episode begins the next one. So a rollout has the course of a `Session` with the same actions.
    Raises ConfigError, Unknown, ValueError, each with one line.
    """

    def __init__(
        self,
        scenario: str,
        worlds: int = 64,
        preset: str = "default",
        quick: bool = False,
        seed: int = 0,
        device: torch.device | str = "cpu",
        group_map: MarlGroupMapType | Groups | None = None,
        **fields: Any,
    ):
        config = settled(scenario, preset, quick, seed, device=str(device), **fields)
        self._session = session(config, worlds)
        super().__init__(device=self._session.device, batch_size=[worlds])
        self.group_map: Groups = _grouping(self.scenario_spec, group_map)
        self._seats = {group: self._places(names) for group, names in self.group_map.items()}
        order = [seat for names in self.group_map.values() for seat in self._numbers(names)]
        in_order = order == list(range(len(order)))
        self._order = None if in_order else torch.tensor(order, device=self.device).argsort()
        self._make_specs()
        # worlds whose present episode no reset has handed over yet
        self._begun: Bool[Tensor, "W"] = torch.ones(self.batch_size, dtype=torch.bool, device=self.device)

    @property
    def scenario_spec(self) -> Spec:
        """The world's own description: fields of an observation, heads of an action, roles, seats."""
        return self._session.spec

    def _numbers(self, names: list[str]) -> list[int]:
        seats = {name: seat for seat, name in enumerate(seat_names(self.scenario_spec))}
        return [seats[name] for name in names]

    def _places(self, names: list[str]) -> slice | Int[Tensor, "n"]:
        """Which seats: neighbours are a slice, which costs no copy."""
        seats = self._numbers(names)
        if seats == list(range(seats[0], seats[0] + len(seats))):
            return slice(seats[0], seats[0] + len(seats))
        return torch.tensor(seats, device=self.device)

    def _make_specs(self) -> None:
        actions, observations, rewards, endings = ({} for _ in range(4))
        for group, names in self.group_map.items():
            n = len(names)
            actions[group] = self._composite(n, action=self._action_spec(n))
            observations[group] = self._composite(n, **self._observation_specs(n))
            rewards[group] = self._composite(n, reward=self._unbounded(n, 1))
            endings[group] = self._composite(n, **{name: self._flag(n, 1) for name in ENDINGS})
        self.action_spec = self._composite(**actions)
        self.observation_spec = self._composite(**observations)
        self.reward_spec = self._composite(**rewards)
        self.done_spec = self._composite(**{name: self._flag(1) for name in ENDINGS}, **endings)

    def _composite(self, *shape: int, **specs: TensorSpec) -> Composite:
        return Composite(specs, shape=(*self.batch_size, *shape), device=self.device)

    def _flag(self, *shape: int) -> Categorical:
        return Categorical(2, shape=(*self.batch_size, *shape), dtype=torch.bool, device=self.device)

    def _unbounded(self, *shape: int) -> Unbounded:
        return Unbounded(shape=(*self.batch_size, *shape), dtype=torch.float32, device=self.device)

    def _action_spec(self, n: int) -> TensorSpec:
        space, shape = action_space(self.scenario_spec), (*self.batch_size, n)
        if hasattr(space, "n"):
            return Categorical(int(space.n), shape=shape, dtype=torch.long, device=self.device)
        sizes = space.nvec.tolist()
        return MultiCategorical(sizes, shape=(*shape, len(sizes)), dtype=torch.long, device=self.device)

    def _observation_specs(self, n: int) -> dict[str, TensorSpec]:
        specs: dict[str, TensorSpec] = {"observation": self._unbounded(n, self.scenario_spec.features)}
        may = choices(self.scenario_spec, self._session.seen)
        if may is not None:
            specs["action_mask"] = self._flag(n, may.shape[-1])
        if self._session.seen.active is not None:
            specs["mask"] = self._flag(n)
        return specs

    def _seen(self, seen: Observation) -> dict[str, dict[str, Tensor]]:
        """What is perceived, by group."""
        parts = {"observation": seen.features, "action_mask": choices(self.scenario_spec, seen), "mask": seen.active}
        return {
            group: {name: part[:, seats] for name, part in parts.items() if part is not None}
            for group, seats in self._seats.items()
        }

    def _dict(self, root: dict[str, Tensor], groups: dict[str, dict[str, Tensor]]) -> TensorDict:
        """Entries of the worlds and of the groups as one tensordict."""
        inside = {
            group: TensorDict(entries, batch_size=(*self.batch_size, len(self.group_map[group])), device=self.device)
            for group, entries in groups.items()
        }
        return TensorDict({**root, **inside}, batch_size=self.batch_size, device=self.device)

    def _reset(self, tensordict: TensorDictBase | None = None, **_: Any) -> TensorDict:
        which = None if tensordict is None else tensordict.get("_reset", None)
        if which is None:
            which = torch.ones_like(self._begun)
        if which.dtype != torch.bool or which.numel() != len(self._begun):
            raise ValueError(f"_reset is {which.dtype} {list(which.shape)}: give one bool for each of {len(self._begun)} worlds")
        which = which.reshape(self.batch_size)
        midway = which & ~self._begun
        if bool(midway.any()):
            self._session.again(midway)
        self._begun = self._begun & ~which
        groups = self._seen(self._session.seen)
        for group, names in self.group_map.items():
            groups[group] |= {name: torch.zeros_like(which)[:, None, None].repeat(1, len(names), 1) for name in ENDINGS}
        return self._dict({name: torch.zeros_like(which)[:, None] for name in ENDINGS}, groups)

    def _step(self, tensordict: TensorDictBase) -> TensorDict:
        moment = self._session.step(self._packed(tensordict))
        self._begun = moment.over
        groups = self._seen(moment.seen if moment.final is None else moment.final)
        seat = {
            "reward": moment.reward,
            "done": moment.terminated | moment.truncated,
            "terminated": moment.terminated,
            "truncated": moment.truncated,
        }
        for group, seats in self._seats.items():
            groups[group] |= {name: part[:, seats, None] for name, part in seat.items()}
        of_itself = torch.zeros_like(moment.over) if moment.outcome.done is None else moment.outcome.done
        root = {"done": moment.over, "terminated": of_itself, "truncated": moment.over & ~of_itself}
        return self._dict({name: part[:, None] for name, part in root.items()}, groups)

    def _packed(self, tensordict: TensorDictBase) -> Int[Tensor, "W N K"]:
        """The groups' actions in the order of seats, as the world takes them."""
        parts = [self._given(tensordict.get((group, "action"), None), group) for group in self.group_map]
        packed = parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
        return packed if self._order is None else packed[:, self._order]

    def _given(self, action: Tensor | None, group: str) -> Int[Tensor, "W n K"]:
        """A group's actions. Raises ValueError where they are none."""
        shape = (*self.batch_size, len(self.group_map[group]), self.scenario_spec.numbers)
        if action is None or action.is_floating_point() or action.is_complex() or action.numel() != math.prod(shape):
            had = "missing" if action is None else f"{action.dtype} {list(action.shape)}"
            wanted = list(shape if shape[-1] > 1 else shape[:-1])
            raise ValueError(f"({group!r}, 'action') is {had}: give whole numbers {wanted}, options and no one-hot rows")
        return action.reshape(shape).long()

    def _set_seed(self, seed: int | None) -> None:
        """The first episode of this seed in every world, which the next reset hands over; None keeps the seed."""
        self._session.begin(self._session.worlds.seed if seed is None else seed)
        self._begun = torch.ones_like(self._begun)

    def to(self, device: torch.device | str) -> SocietyEnv:
        """Itself, on the device where it is. Raises ValueError for another: make it there with `device=`."""
        if torch.device(device).type != self._session.device.type:
            raise ValueError(f"worlds stay on {self._session.device}; make SocietyEnv(…, device={str(device)!r})")
        return self


def _grouping(spec: Spec, wanted: MarlGroupMapType | Groups | None) -> Groups:
    """The agents of each group."""
    names = seat_names(spec)
    if isinstance(wanted, MarlGroupMapType):
        wanted = wanted.get_group_map(names)
    elif wanted is None:
        wanted = {}
        for name, role in zip(names, spec.role_names, strict=True):
            wanted.setdefault(role, []).append(name)
        wanted = {"agents": names} if len(wanted) == 1 else wanted
    check_marl_grouping(wanted, names)
    taken = sorted(set(wanted) & {*ENDINGS, "reward", "action", "_reset", "next"})
    if taken:
        raise ValueError(f"group_map: {', '.join(taken)} is an entry of torchrl's own; give the group another name")
    return wanted
