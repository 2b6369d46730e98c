"""Causal influence of a seat on the others' next decision, exactly: the same tick with another action of that seat.

Jaques et al. (2019), Social influence as intrinsic motivation, where the others are modelled; here worlds are pure functions
and the others' policies are at hand, so the worlds themselves are asked. With M = 1 + `counterfactuals`, a tick costs M * N
more world steps, observations and evaluations of the policy, and M - 1 more decisions.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.utils import _pytree as pytree

from ..population.matchmaking import Seating
from ..world.scenario import Observation, Spec
from .probes import first_of_each, replay
from .rollout import Minds, Tick

LEAST = 1e-30  # a share below which no logarithm is taken


class Influence:
    """Influence of every seat at a tick, in nats, 0 or more. The alternatives of a seat are drawn from its own policy.

    What was done and the alternatives, each once, are weighed by the seat's own probabilities: drawn often enough they are
    all its options, and the value is exact. For each listener and head it is at most -ln p(what was done).
    """

    def __init__(self, minds: Minds, spec: Spec, counterfactuals: int):
        self.minds, self.spec, self.count = minds, spec, counterfactuals + 1
        self.crowd = replace(minds, seating=Seating.of(self._again(minds.seating.mind), minds.population.minds))

    def __call__(self, tick: Tick) -> Float[Tensor, "W N"]:
        """sum over the others j of KL(pi_j after what was done || pi_j averaged over the alternatives).

        Speech is no reaction, so heads of speech do not count. Listeners are those who have a decision in the next tick; one
        who perceives the same after every alternative adds exactly 0, and so does a tick with which the world ends.
        """
        action, odds = self._alternatives(tick)
        here, view, memory = tick.worlds, tick.seen, self._again(tick.memory_after)
        state = pytree.tree_map(self._again, here.state)
        world, episode, moment = map(self._again, (here.world, here.episode, here.tick))
        worlds = replace(here, state=state, world=world, episode=episode, tick=moment)
        mask, active = (None if x is None else self._again(x) for x in (view.mask, view.active))
        seen = Observation(self._again(view.features), mask, active)
        given = []
        for seat in range(action.shape[2]):
            packed = self._again(tick.turn.packed)
            packed[:, seat] = action[:, :, seat].flatten(0, 1)
            after, _, ended = worlds.step(packed, seen)
            told = self._told((after if ended is None else ended).observe(), memory, odds[:, :, seat])
            told[:, seat] = 0.0
            given.append(told.sum(-1))
        return torch.stack(given, dim=1).masked_fill(tick.over[:, None], 0.0)

    def _again(self, x: Tensor) -> Tensor:
        """[W, ...] M times over, [M * W, ...]."""
        return x.repeat(self.count, *[1] * (x.dim() - 1))

    def _each(self, x: Tensor) -> Tensor:
        """[M * W, ...] by alternative, [M, W, ...]."""
        return x.unflatten(0, (self.count, -1))

    def _alternatives(self, tick: Tick) -> tuple[Int[Tensor, "M W N K"], Float[Tensor, "M W N"]]:
        """Every seat's actions, the one taken first, and their probabilities; 0 for what an earlier one repeats."""
        others = [self.minds.act(tick.worlds, tick.seen, tick.memory, f"influence.{i}") for i in range(1, self.count)]
        turns = [tick.turn, *others]
        action = torch.stack([turn.packed for turn in turns])
        odds = torch.stack([self.minds.seating.scatter(turn.decision.logp).exp() for turn in turns])  # type: ignore[union-attr]
        flat = action.flatten(1, 2)
        return action, odds.clamp(min=LEAST) * first_of_each(list(flat), flat[0]).T.reshape(odds.shape)

    def _told(self, view: Observation, memory: Tensor, odds: Float[Tensor, "M W"]) -> Float[Tensor, "W N"]:
        """KL for each seat as listener, from what it sees in the M copies of each world [M * W]."""
        decides = self._decides(view)
        share = odds[..., None] * decides
        share = (share / share.sum(0).clamp(min=LEAST))[..., None, None]
        nothing = torch.zeros(*view.features.shape[:2], self.spec.numbers, dtype=torch.long, device=odds.device)
        told = torch.zeros(decides.shape[1:], device=odds.device)
        for name, logits in replay(self.crowd, view.features, view.mask, nothing, memory).logits.items():
            if not self.spec.heads[name].speech:
                logs = self._each(self.crowd.seating.scatter(logits[:, 0]).log_softmax(-1))
                mixed = (share * logs.exp()).sum(0).clamp(min=LEAST).log()
                told += (logs[0].exp() * (logs[0] - mixed)).sum((-1, -2)).clamp(min=0)  # rounding below 0
        return told * (decides[0] & self._differs(view))

    def _decides(self, view: Observation) -> Bool[Tensor, "M W N"]:
        """Who is to act after each alternative."""
        if view.active is not None:
            return self._each(view.active)
        return self._each(torch.ones(view.features.shape[:2], dtype=torch.bool, device=view.features.device))

    def _differs(self, view: Observation) -> Bool[Tensor, "W N"]:
        """To whom the alternatives do not all look alike: equal rows of a product need not be equal to the last bit."""
        parts = [self._each(x) for x in (view.features, view.mask) if x is not None]
        return torch.stack([(part != part[0]).any(-1).any(0) for part in parts]).any(0)
