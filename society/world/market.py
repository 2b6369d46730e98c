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
from .nearby import Pairs, digits

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
        near: Bool[Tensor, "W N N"] | Pairs,
        capacity: int,
        key: Keys,
    ) -> tuple[Int[Tensor, "W N G"], Deals]:
        """Match fitting offers of near seats and move the goods.

        Two offers fit when each gives what the other wants, and at least as much of it a lot (with `exact`: just as much). A
        lot moves what each *wants*; as many lots as stocks, room up to `capacity` of each good and `lots` allow. Pairs are
        matched by mutual best keyed priority, `rounds` times over. Seats never deal with themselves. Who is near may be
        given as pairs: the same deals for less work where seats are many.
        """
        match = self._match_pairs if isinstance(near, Pairs) else self._match
        return self._settle(stock, *match(stock, offer, near, capacity, key))  # type: ignore[arg-type]

    def _match(self, stock: Tensor, offer: Tensor, near: Tensor, capacity: int, key: Keys) -> tuple[Tensor, Tensor, Tensor]:
        """Terms of the offers [W, N, 4], partners [W, N] (-1: none) and the lots of a deal [W, N]."""
        seats = offer.shape[1]
        terms = self.table.to(stock.device)[offer]
        give, want, units, asked = terms.unbind(-1)
        free = torch.ones_like(offer, dtype=torch.bool)
        partner = torch.full_like(offer, -1)
        if not self.config.enabled:
            return terms, partner, torch.zeros_like(offer)
        have = stock.gather(-1, give.clamp(min=0)[..., None])[..., 0]
        room = capacity - stock.gather(-1, want.clamp(min=0)[..., None])[..., 0]
        # i pays what j asks: lots that i's stock and room allow when it deals with j, then the smaller of both sides
        able = torch.minimum(have[:, :, None] // asked[:, None, :], room[:, :, None] // asked[:, :, None])
        lots = torch.minimum(able, able.transpose(1, 2)).clamp_(max=self.config.lots)
        fit = (give[:, :, None] == want[:, None, :]) & (want[:, :, None] == give[:, None, :])
        fit &= self._enough(units[:, :, None], asked[:, None, :])
        fit = fit & fit.transpose(1, 2) & near & (lots > 0)
        rank = _symmetric_priority(key, seats)
        own = torch.arange(seats, device=offer.device)
        for _ in range(self.config.rounds):
            open_pairs = fit & free[:, :, None] & free[:, None, :]
            best_rank, best = torch.where(open_pairs, rank, -1).max(dim=-1)
            mutual = (best.gather(1, best) == own) & (best_rank >= 0)
            partner = torch.where(mutual, best, partner)
            free = free & ~mutual
        done = torch.where(partner >= 0, lots.gather(-1, partner.clamp(min=0)[..., None])[..., 0], 0)
        return terms, partner, done

    def _match_pairs(
        self, stock: Tensor, offer: Tensor, near: Pairs, capacity: int, key: Keys
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The same of pairs: two seats match where their pair has the highest priority of each."""
        seats = offer.shape[1]
        terms = self.table.to(stock.device)[offer]
        give, want, units, asked = terms.flatten(0, 1).unbind(-1)
        partner, done = torch.full_like(give, -1), torch.zeros_like(give)
        if not self.config.enabled:
            return terms, partner.view_as(offer), done.view_as(offer)
        i, j = near.one, near.other
        fit = (give[i] == want[j]) & (want[i] == give[j]) & self._enough(units[i], asked[j]) & self._enough(units[j], asked[i])
        i, j = i[fit], j[fit]
        held = stock.flatten(0, 1)
        have = held.gather(-1, give.clamp(min=0)[:, None])[:, 0]
        room = capacity - held.gather(-1, want.clamp(min=0)[:, None])[:, 0]
        mine, theirs = (torch.minimum(have[a] // asked[b], room[a] // asked[a]) for a, b in ((i, j), (j, i)))
        lots = torch.minimum(mine, theirs).clamp_(max=self.config.lots)
        i, j, lots = i[lots > 0], j[lots > 0], lots[lots > 0]
        rank = _pair_priority(key, torch.minimum(i, j), torch.maximum(i, j), seats)
        free = torch.ones_like(give, dtype=torch.bool)
        for _ in range(self.config.rounds):
            open_rank = torch.where(free[i] & free[j], rank, -1)
            best = torch.full_like(give, -1).scatter_reduce(0, i, open_rank, "amax")
            mutual = (open_rank >= 0) & (open_rank == best[i]) & (open_rank == best[j])
            partner[i[mutual]], done[i[mutual]] = j[mutual] % seats, lots[mutual]
            free[i[mutual]] = False
        return terms, partner.view_as(offer), done.view_as(offer)

    def _enough(self, units: Tensor, asked: Tensor) -> Tensor:
        """Whether what one gives a lot is what the other asks for."""
        return units == asked if self.config.exact else units >= asked

    @staticmethod
    def _settle(stock: Tensor, terms: Tensor, partner: Tensor, lots: Tensor) -> tuple[Tensor, Deals]:
        """Move the goods of all deals."""
        give, want, _, asked = terms.unbind(-1)
        pay = asked.gather(1, partner.clamp(min=0)) * lots
        get = asked * lots
        stock = stock.scatter_add(-1, give.clamp(min=0)[..., None], -pay[..., None])
        stock = stock.scatter_add(-1, want.clamp(min=0)[..., None], get[..., None])
        return stock, Deals(partner, give, pay, want, get)


def _symmetric_priority(key: Keys, seats: int) -> Int[Tensor, "W N N"]:
    """A keyed rank for each unordered pair; the pair's number breaks ties, so no two are equal."""
    draw = (key.bits("market.priority", seats, seats) >> 34).bitwise_and_(0x3FFFFFFF)
    upper = draw.triu(1)
    number = torch.arange(seats * seats, device=draw.device).view(seats, seats).triu(1)
    rank = (upper << digits(seats)) + number
    return rank + rank.transpose(1, 2)


def _pair_priority(key: Keys, low: Int[Tensor, "P"], high: Int[Tensor, "P"], seats: int) -> Int[Tensor, "P"]:
    """The ranks of these pairs alone, of seats numbered through all worlds."""
    number = low % seats * seats + high % seats
    draw = (key.bits_at("market.priority", low.div(seats, rounding_mode="floor"), number) >> 34).bitwise_and_(0x3FFFFFFF)
    return (draw << digits(seats)) + number
