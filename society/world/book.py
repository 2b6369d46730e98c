"""A continuous double auction: a book of standing orders, one unit each, with escrow, price-time priority and expiry.

W worlds, N seats. The first `buyers` seats bid coins for a unit, the others ask coins for one, so nobody can deal with
himself. A seat has at most one standing order; a new one replaces it. Orders of one tick arrive one after another in a given
order: an order that crosses the best standing one of the other side is filled at once at the *standing* order's price, else
it stands. Among equal prices the older order is filled first. What an order promises (the bid's coins, the ask's unit) is
held back from its owner until it is filled, replaced, withdrawn or too old. Prices, coins and units are integers, so a deal
neither makes nor loses any. These are the usual rules of such a market (Gode & Sunder 1993 used them for single units).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from .scenario import state

COIN, UNIT = 0, 1  # columns of a purse
TOP = 1 << 16  # prices are below this
SCALE = 1 << 24  # a rank is goodness * SCALE + how long the order has stood
NEVER = -(1 << 44)  # a rank that crosses nothing


@state
class Orders:
    """Standing orders of W worlds."""

    price: Int[Tensor, "W N"]  # 0: none
    wait: Int[Tensor, "W N"]  # ticks stood * N, plus the seats that came later in its tick: the larger, the sooner filled


@dataclass(frozen=True)
class Fills:
    """Deals of one tick; a seat has at most one. `last` is the price of the tick's last deal, 0 without one."""

    partner: Int[Tensor, "W N"]  # -1: no deal
    price: Int[Tensor, "W N"]  # 0: no deal
    last: Int[Tensor, "W"]


class OrderBook:
    """The rules for `seats` seats of which the first `buyers` bid; prices are 1..`top`.

    An order stands for the tick in which it came and the next `expiry` - 1. Not `enabled`, orders stand but nothing clears.
    """

    def __init__(self, buyers: int, seats: int, top: int, expiry: int, enabled: bool = True):
        if (expiry + 1) * seats >= SCALE:
            most = (SCALE - 1) // seats - 1
            raise ValueError(f"expiry = {expiry}: with {seats} seats an order can stand for {most} ticks at most")
        if not 0 < buyers < seats or top < 1 or top >= TOP or expiry < 1:
            raise ValueError(f"a book of {buyers} buyers among {seats} seats, prices to {top}, expiry {expiry} cannot be")
        self.buyers, self.seats, self.top, self.expiry = buyers, seats, top, expiry
        self.crossing = (top + 1) * SCALE if enabled else -NEVER  # bid + (top + 1 - ask) reaches this iff bid >= ask

    def empty(self, worlds: int, device: torch.device) -> Orders:
        """No order in any of W worlds."""
        zero = torch.zeros(worlds, self.seats, dtype=torch.long, device=device)
        return Orders(zero, zero)

    def escrow(self, orders: Orders) -> Int[Tensor, "W N 2"]:
        """Coins and units that standing orders hold back from their owners."""
        bids = torch.zeros_like(orders.price)
        bids[:, : self.buyers] = orders.price[:, : self.buyers]
        return torch.stack([bids, ((orders.price > 0) & (bids == 0)).long()], dim=-1)

    def best(self, orders: Orders) -> tuple[Int[Tensor, "W"], Int[Tensor, "W"]]:
        """The highest bid (0 without one) and the lowest ask (top + 1 without one)."""
        asks = orders.price[:, self.buyers :]
        return orders.price[:, : self.buyers].amax(1), torch.where(asks > 0, asks, self.top + 1).amin(1)

    def clear(
        self,
        orders: Orders,
        purse: Int[Tensor, "W N 2"],
        sends: Bool[Tensor, "W N"],
        price: Int[Tensor, "W N"],
        turn: Int[Tensor, "W K"],
    ) -> tuple[Orders, Int[Tensor, "W N 2"], Fills]:
        """One tick: of the seats `turn` those that `sends` an order do so in this order, then old orders expire.

        `purse` are coins and units that are free; `price` 0 withdraws the standing order. An order that its sender cannot
        cover (with what its own standing order would set free) does nothing, and neither does one whose sender's standing
        order was filled earlier in the same tick: it was sent before its sender knew. Returns orders, free purses, deals.
        """
        held = purse + self.escrow(orders)
        buys = torch.arange(self.seats, device=price.device) < self.buyers
        sends = sends & torch.where(buys, held[..., COIN] >= price, (held[..., UNIT] > 0) | (price == 0))
        after, fills = self._match(orders, sends, self._goodness(price, buys), turn, buys)
        paid = torch.where(buys, -fills.price, fills.price)
        held = held + torch.stack([paid, torch.where(buys, 1, -1) * (fills.price > 0)], dim=-1)
        return after, held - self.escrow(after), fills

    def _goodness(self, price: Tensor, buys: Tensor) -> Tensor:
        """How good a price [W, N] is to the other side, 1..top, and 0 where there is none. Its own inverse."""
        return torch.where(buys | (price == 0), price, self.top + 1 - price)

    def _match(self, orders: Orders, sends: Tensor, good: Tensor, turn: Tensor, buys: Tensor) -> tuple[Orders, Fills]:
        """The arrivals one after another, all worlds at once. Seat N is a spare that takes what is to go nowhere."""
        seats, first = self.seats, self.buyers
        rank = _spare(self._goodness(orders.price, buys) * SCALE + orders.wait, 0)
        sent = _spare(good * SCALE, NEVER)
        who = torch.where(sends.gather(1, turn), turn, seats)
        bids, asks = rank[:, :first], rank[:, first:seats]
        mine, is_bid = who.unsqueeze(-1).unbind(1), (turn < first).unsqueeze(-1).unbind(1)
        hits, found = [], []
        for k in range(turn.shape[1]):
            coming = sent.gather(1, mine[k])
            (bid, bidder), (ask, asker) = bids.max(1, keepdim=True), asks.max(1, keepdim=True)
            best = torch.where(is_bid[k], ask, bid)
            deal = coming + best >= self.crossing
            hit = torch.where(deal, torch.where(is_bid[k], asker + first, bidder), seats)
            rank.scatter_(1, hit, 0)
            sent.scatter_(1, hit, NEVER)
            rank.scatter_(1, mine[k], torch.where(deal, 0, coming + (seats - 1 - k)))
            hits.append(hit)
            found.append(best)
        return self._stand(rank[:, :seats], buys), self._deals(torch.cat(hits, 1), torch.cat(found, 1), who, turn < first)

    def _stand(self, rank: Tensor, buys: Tensor) -> Orders:
        """The orders [W, N] that are left, a tick older, without those that are too old."""
        good, wait = rank // SCALE, rank % SCALE + self.seats
        stands = (good > 0) & (wait < (self.expiry * self.seats))
        return Orders(torch.where(stands, self._goodness(good, buys), 0), torch.where(stands, wait, 0))

    def _deals(self, hit: Tensor, best: Tensor, who: Tensor, is_bid: Tensor) -> Fills:
        """Deals by seat from those by arrival: who was hit (N: nobody), the rank that was hit, who came, if a bid."""
        deal, good = hit < self.seats, best // SCALE
        paid = torch.where(deal, torch.where(is_bid, self.top + 1 - good, good), 0)
        price = torch.zeros(len(hit), self.seats + 1, dtype=torch.long, device=hit.device)
        partner = price - 1
        came = torch.where(deal, who, self.seats)
        for seat, other in ((came, hit), (hit, came)):
            partner.scatter_(1, seat, other)
            price.scatter_(1, seat, paid)
        place = torch.arange(1, hit.shape[1] + 1, device=hit.device) * deal
        last = paid.gather(1, place.argmax(1, keepdim=True))[:, 0]
        return Fills(partner[:, : self.seats], price[:, : self.seats], last)


def _spare(x: Tensor, value: int) -> Tensor:
    """x [W, N] with one more column."""
    return torch.cat([x, torch.full_like(x[:, :1], value)], dim=1)
