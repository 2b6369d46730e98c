"""Barter: standing offers "give x of a for y of b" that clear when two neighbours' offers fit.

Goods are integers and a swap moves them, so nothing is made or lost. Escrow is immediate: an offer is checked against the
stock at the moment of clearing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Bool, Int
from pydantic import Field
from torch import Tensor

from ..config import Frozen
from ..keys import Keys

Units = Annotated[int, Field(ge=1, le=1000)]


class MarketConfig(Frozen):
    """Terms on which goods change hands."""

    enabled: bool = Field(True, description="False: no offer ever clears (tradeless)")
    reach: int = Field(1, ge=0, le=1000, description="cells (Chebyshev) within which two seats can deal")
    lots: int = Field(5, ge=1, le=1000, description="most lots that one deal moves")
    rounds: int = Field(2, ge=1, le=16, description="matching rounds a tick; a seat closes at most one deal a tick")
    exact: bool = Field(False, description="offers clear only where each gives exactly what the other wants")
    prices: tuple[tuple[Units, Units], ...] = Field(
        ((1, 1),), min_length=1, max_length=16, description="terms on offer: (units given, units wanted) a lot"
    )


@dataclass(frozen=True)
class Deals:
    """One row for each seat: its partner (-1: no deal), what it gave and got. All int64 [W, N]."""

    partner: Int[Tensor, "W N"]
    gave: Int[Tensor, "W N"]
    gave_amount: Int[Tensor, "W N"]
    got: Int[Tensor, "W N"]
    got_amount: Int[Tensor, "W N"]


class Market:
    """A barter market for `goods` goods. `table` [O, 4] lists the offers (give, want, units given, units wanted).

    Offer 0 is no offer: it names goods that no other offer does, so it fits nothing.
    """

    def __init__(self, config: MarketConfig, goods: int = 2):
        self.config = config
        self.goods = goods
        pairs = [(a, b) for a in range(goods) for b in range(goods) if a != b]
        rows = [(-1, -2, 1, 1)] + [(a, b, x, y) for a, b in pairs for x, y in config.prices]
        self.table = torch.tensor(rows)

    @property
    def offers(self) -> int:
        """Options of an offer head, no offer included."""
        return len(self.table)

    def clear(
        self,
        stock: Int[Tensor, "W N G"],
        offer: Int[Tensor, "W N"],
        near: Bool[Tensor, "W N N"],
        capacity: int,
        key: Keys,
    ) -> tuple[Int[Tensor, "W N G"], Deals]:
        """Match fitting offers of near seats and move the goods.

        Two offers fit when each gives what the other wants, and at least as much of it a lot (with `exact`: just as much). A
        lot moves what each *wants*; as many lots as stocks, room up to `capacity` of each good and `lots` allow. Pairs are
        matched by mutual best keyed priority, `rounds` times over. Seats never deal with themselves.
        """
        seats = offer.shape[1]
        terms = self.table.to(stock.device)[offer]
        give, want, units, asked = terms.unbind(-1)
        free = torch.ones_like(offer, dtype=torch.bool)
        partner = torch.full_like(offer, -1)
        lots_done = torch.zeros_like(offer)
        if self.config.enabled:
            have = stock.gather(-1, give.clamp(min=0)[..., None])[..., 0]
            room = capacity - stock.gather(-1, want.clamp(min=0)[..., None])[..., 0]
            # i pays what j asks: lots that i's stock and room allow when it deals with j, then the smaller of both sides
            able = torch.minimum(have[:, :, None] // asked[:, None, :], room[:, :, None] // asked[:, :, None])
            lots = torch.minimum(able, able.transpose(1, 2)).clamp_(max=self.config.lots)
            fit = (give[:, :, None] == want[:, None, :]) & (want[:, :, None] == give[:, None, :])
            enough = torch.eq if self.config.exact else torch.ge
            fit &= enough(units[:, :, None], asked[:, None, :])
            fit = fit & fit.transpose(1, 2) & near & (lots > 0)
            rank = _symmetric_priority(key, seats)
            own = torch.arange(seats, device=offer.device)
            for _ in range(self.config.rounds):
                open_pairs = fit & free[:, :, None] & free[:, None, :]
                best_rank, best = torch.where(open_pairs, rank, -1).max(dim=-1)
                mutual = (best.gather(1, best) == own) & (best_rank >= 0)
                partner = torch.where(mutual, best, partner)
                free = free & ~mutual
            lots_done = torch.where(partner >= 0, lots.gather(-1, partner.clamp(min=0)[..., None])[..., 0], 0)
        pay = asked.gather(1, partner.clamp(min=0)) * lots_done
        get = asked * lots_done
        stock = stock.scatter_add(-1, give.clamp(min=0)[..., None], -pay[..., None])
        stock = stock.scatter_add(-1, want.clamp(min=0)[..., None], get[..., None])
        return stock, Deals(partner, give, pay, want, get)


def _symmetric_priority(key: Keys, seats: int) -> Int[Tensor, "W N N"]:
    """A keyed rank for each unordered pair; the pair's number breaks ties, so no two are equal."""
    draw = (key.bits("market.priority", seats, seats) >> 34).bitwise_and_(0x3FFFFFFF)
    upper = draw.triu(1)
    number = torch.arange(seats * seats, device=draw.device).view(seats, seats).triu(1)
    rank = (upper << 20) + number
    return rank + rank.transpose(1, 2)
