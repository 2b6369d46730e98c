"""Contests: strikes that take goods from a neighbour at a cost to the striker."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from pydantic import Field
from torch import Tensor

from ..config import Frozen
from ..keys import Keys
from .nearby import Pairs, digits


class ContestConfig(Frozen):
    """Terms of a strike."""

    enabled: bool = Field(True, description="False: no strike ever lands and none is paid for (peaceful)")
    offered: bool = Field(True, description="False: minds have no strike head at all")
    reach: int = Field(1, ge=0, le=1000, description="cells (Chebyshev) within which a strike can land")
    take: int = Field(2, ge=0, le=1000, description="most units that a strike takes")
    cost: float = Field(0.2, ge=0, le=100, description="reward that a strike costs the striker, landed or not")


@dataclass(frozen=True)
class Blows:
    """One row for each seat as striker: its target (-1: none landed), the good and the amount taken. int64 [W, N]."""

    target: Int[Tensor, "W N"]
    good: Int[Tensor, "W N"]
    amount: Int[Tensor, "W N"]


class Contest:
    """The rules of striking; `config.enabled` is what the condition `peaceful` turns off."""

    def __init__(self, config: ContestConfig):
        self.config = config

    def strike(
        self,
        stock: Int[Tensor, "W N G"],
        strikes: Bool[Tensor, "W N"],
        near: Bool[Tensor, "W N N"] | Pairs,
        capacity: int,
        key: Keys,
    ) -> tuple[Int[Tensor, "W N G"], Blows]:
        """Each striker hits one near seat drawn by key; each target yields to one striker, drawn by key.

        The striker takes up to `take` units of what the target holds most of, as far as its own room allows. Goods move,
        none are made or lost. All blows of a tick are simultaneous: they read the stock before any of them. Who is near
        may be given as pairs: the same blows for less work where seats are many.
        """
        if not self.config.enabled:
            none = torch.full_like(stock[..., 0], -1)
            return stock, Blows(none, none, torch.zeros_like(none))
        aim, lands = _aims_of_pairs(strikes, near, key) if isinstance(near, Pairs) else _aims(strikes, near, key)
        target = torch.where(lands, aim, -1)
        theirs = stock.gather(1, aim[..., None].expand_as(stock))
        held, good = theirs.max(dim=-1)
        room = capacity - stock.gather(-1, good[..., None])[..., 0]
        amount = torch.where(lands, torch.minimum(held, room).clamp_(max=self.config.take), 0)
        gain = torch.zeros_like(stock).scatter_add(-1, good[..., None], amount[..., None])
        loss = torch.zeros_like(stock).scatter_add(1, aim[..., None].expand_as(stock), gain)
        return stock + gain - loss, Blows(target, torch.where(lands, good, -1), amount)


def _aims(strikes: Tensor, near: Tensor, key: Keys) -> tuple[Int[Tensor, "W N"], Bool[Tensor, "W N"]]:
    """Whom each striker hits and whether its blow lands, of all pairs."""
    seats = strikes.shape[1]
    draw = (key.bits("contest.target", seats, seats) >> 34).bitwise_and_(0x3FFFFFFF)
    draw = (draw << digits(seats)) + torch.arange(seats * seats, device=draw.device).view(seats, seats)
    chance = torch.where(near & strikes[:, :, None], draw, -1)
    aim_rank, aim = chance.max(dim=-1)
    own = torch.arange(seats, device=aim.device)
    struck = torch.where(aim_rank[..., None] >= 0, own == aim[..., None], False)
    winner = torch.where(struck, chance, -1).argmax(dim=1)  # by target
    return aim, (aim_rank >= 0) & (winner.gather(1, aim) == own)


def _aims_of_pairs(strikes: Tensor, near: Pairs, key: Keys) -> tuple[Int[Tensor, "W N"], Bool[Tensor, "W N"]]:
    """The same of pairs (striker, target): the highest draw of a striker, and of those the highest of a target."""
    seats, strikes_flat = strikes.shape[1], strikes.flatten()
    does = strikes_flat[near.one]
    one, other = near.one[does], near.other[does]
    number = one % seats * seats + other % seats
    draw = (key.bits_at("contest.target", one.div(seats, rounding_mode="floor"), number) >> 34).bitwise_and_(0x3FFFFFFF)
    draw = (draw << digits(seats)) + number
    none = torch.full_like(strikes_flat, -1, dtype=torch.long)
    chosen = draw == none.scatter_reduce(0, one, draw, "amax")[one]
    one, other, draw = one[chosen], other[chosen], draw[chosen]
    wins = draw == none.scatter_reduce(0, other, draw, "amax")[other]
    aim = torch.zeros_like(none).scatter(0, one, other % seats)
    lands = torch.zeros_like(strikes_flat).scatter(0, one, wins)
    return aim.view_as(strikes), lands.view_as(strikes)
