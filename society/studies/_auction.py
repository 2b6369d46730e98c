"""A continuous double auction of single units for many sessions at once, with traders that bid at random.

Integer prices; one standing order a trader, which a new one of his replaces; a trade is at the price of the order that was
resting; buyers and sellers are different people, so nobody can trade with himself. A trader leaves after its unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Deals:
    """What the sessions traded, one entry a trade [T]: its `session`, `price`, and the `value` and `cost` of its unit."""

    session: Integers
    price: Integers
    value: Integers
    cost: Integers


def zero_intelligence(
    values: Integers, costs: Integers, top: int, sessions: int, steps: int, seed: int, *, constrained: bool = True
) -> Deals:
    """Random traders (after Gode & Sunder 1993): `values` [B] of the buyers, `costs` [S] of the sellers, prices 1..top.

    At each of `steps` steps one trader of those left, drawn uniformly, sends an order: a constrained buyer (ZI-C) bids
    uniformly in 1..value and a seller asks in cost..top; an unconstrained one (ZI-U) anywhere in 1..top. Orders stand
    until filled or replaced; among equal prices the first of the list is filled.
    """
    rng, buyers, n = np.random.default_rng(seed), len(values), len(values) + len(costs)
    low = np.concatenate([np.ones(buyers, dtype=np.int64), costs if constrained else np.ones_like(costs)])
    high = np.concatenate([values if constrained else np.full_like(values, top), np.full(n - buyers, top)])
    left, every, found = np.ones((sessions, n), dtype=bool), np.arange(sessions), []
    book = np.tile(_empty(buyers, n, top), (sessions, 1))  # [session, trader]: bids, then asks
    for _ in range(steps):
        who = np.argmax(np.where(left, rng.random((sessions, n)), -1.0), axis=1)
        there, offer = left[every, who], rng.integers(low[who], high[who] + 1)
        buys, bidder = who < buyers, np.argmax(book[:, :buyers], axis=1)
        asker = buyers + np.argmin(book[:, buyers:], axis=1)
        resting = np.where(buys, book[every, asker], book[every, bidder])
        deal = there & np.where(buys, offer >= resting, offer <= resting)
        book[every, who] = np.where(there, offer, book[every, who])
        for s in np.flatnonzero(deal):
            buyer, seller = (who[s], asker[s]) if buys[s] else (bidder[s], who[s])
            left[s, [buyer, seller]], book[s, buyer], book[s, seller] = False, 0, top + 1
            found.append((s, resting[s], values[buyer], costs[seller - buyers]))
    return Deals(*np.array(found, dtype=np.int64).reshape(-1, 4).T)


def _empty(buyers: int, n: int, top: int) -> Integers:
    """An order book without an order: bids of 0 and asks of top + 1, which nobody accepts."""
    return np.where(np.arange(n) < buyers, 0, top + 1)
