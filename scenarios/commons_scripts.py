"""How the scripts of the commons worlds find their way: to the nearest of some cells, round walls and other seats."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from society.keys import Keys

from .commons_players import BACK, FORWARD, LEFT, RIGHT, STAY, Bodies, Players

FAR = 1 << 20
OPTION = (FORWARD, RIGHT, BACK, LEFT)  # by how many quarter turns to the right of its facing a seat goes


class Guide:
    """Distances of one map to some of its cells, `goals` [K], and the next step towards them."""

    def __init__(self, bodies: Bodies, goals: Int[Tensor, "K"]):
        self.bodies, self.goals = bodies, goals
        self.far = bodies.grid.distances(goals)  # [C, K]

    def nearest(self, p: Players, wanted: Bool[Tensor, "W N K"]) -> tuple[Int[Tensor, "W N"], Int[Tensor, "W N"]]:
        """The number of the nearest wanted goal of each seat, and how far it is: FAR or more where none is wanted."""
        far, goal = torch.where(wanted, self.far[p.pos], FAR).min(-1)
        return goal, far

    def towards(
        self, p: Players, goal: Int[Tensor, "W N"], shut: Bool[Tensor, "W C"], key: Keys
    ) -> Int[Tensor, "W N"]:
        """The option that brings a seat nearer to its goal over cells that are not `shut`; ties by key; else it stays."""
        grid = self.bodies.grid
        beside = p.pos[..., None] + grid.ahead.to(p.pos.device)  # by compass
        far = self.far[beside, goal[..., None]]
        blocked = shut.gather(1, beside.flatten(1)).view_as(beside) & (beside != self.goals[goal][..., None])
        taken = ((beside[..., None] == p.pos[:, None, None, :]) & (p.out == 0)[:, None, None, :]).any(-1)
        chance = key.integers("commons.way", 8, *p.pos.shape[1:], 4)
        score = torch.where(blocked | taken | grid.wall[beside], FAR, far * 8 + chance)
        best, way = score.min(-1)
        option = torch.tensor(OPTION, device=p.pos.device)[(way - p.facing) % 4]
        return torch.where(best < FAR, option, STAY)
