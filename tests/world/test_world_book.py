"""The order book against one written plainly, an order at a time, on thousands of random sequences."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from society.world.book import COIN, UNIT, OrderBook, Orders


class PlainBook:
    """One market: a list of standing orders (seat, price, arrival, age) that is sorted whenever somebody comes."""

    def __init__(self, buyers, seats, top, expiry, coins, units):
        self.buyers, self.expiry = buyers, expiry
        self.coins, self.units = list(coins), list(units)
        self.standing, self.arrivals, self.deals = [], 0, []

    def own(self, seat):
        return next((o for o in self.standing if o["seat"] == seat), None)

    def pull(self, seat):
        order = self.own(seat)
        if order:
            self.standing.remove(order)
            if seat < self.buyers:
                self.coins[seat] += order["price"]
            else:
                self.units[seat] += 1

    def tick(self, sends, prices, turn):
        filled = set()
        self.deals = []
        for seat in turn:
            if sends[seat] and seat not in filled:
                self.arrive(seat, prices[seat], filled)
        for order in list(self.standing):
            order["age"] += 1
            if order["age"] >= self.expiry:
                self.pull(order["seat"])

    def arrive(self, seat, price, filled):
        bids, standing = seat < self.buyers, self.own(seat)
        if price and bids and self.coins[seat] + (standing["price"] if standing else 0) < price:
            return
        if price and not bids and self.units[seat] + (1 if standing else 0) < 1:
            return
        self.pull(seat)
        if not price:
            return
        others = [o for o in self.standing if (o["seat"] < self.buyers) != bids]
        others.sort(key=lambda o: (o["price"] if bids else -o["price"], o["arrival"]))
        if others and (price >= others[0]["price"] if bids else price <= others[0]["price"]):
            self.deal(seat, others[0], bids, filled)
            return
        self.arrivals += 1
        self.standing.append({"seat": seat, "price": price, "arrival": self.arrivals, "age": 0})
        if bids:
            self.coins[seat] -= price
        else:
            self.units[seat] -= 1

    def deal(self, seat, resting, bids, filled):
        price, other = resting["price"], resting["seat"]
        self.pull(other)
        buyer, seller = (seat, other) if bids else (other, seat)
        self.coins[buyer] -= price
        self.coins[seller] += price
        self.units[seller] -= 1
        self.units[buyer] += 1
        filled |= {seat, other}
        self.deals.append((buyer, seller, price))


def random_ticks(seed, worlds, seats, top, count, quiet, come):
    """Orders of `count` ticks: who sends [T, W, N], prices, 0 now and then, and those `come` who can, in order [T, W, K]."""
    rng = np.random.default_rng(seed)
    sends = rng.random((count, worlds, seats)) > quiet
    prices = rng.integers(0, top + 1, (count, worlds, seats))
    turn = np.argsort(rng.random((count, worlds, seats)), axis=-1)[..., :come]
    return sends, prices, turn


def compare(seed, buyers, seats, top, expiry, quiet, come=99, worlds=25, count=12):
    rng = np.random.default_rng(seed + 1)
    coins, units = rng.integers(0, 2 * top, (worlds, seats)), rng.integers(0, 4, (worlds, seats))
    plain = [PlainBook(buyers, seats, top, expiry, coins[w], units[w]) for w in range(worlds)]
    book = OrderBook(buyers, seats, top, expiry)
    orders, purse = book.empty(worlds, torch.device("cpu")), torch.tensor(np.stack([coins, units], -1))
    total, deals = purse.sum(1), 0
    for sends, prices, turn in zip(*random_ticks(seed, worlds, seats, top, count, quiet, come), strict=True):
        orders, purse, fills = book.clear(orders, purse, *map(torch.tensor, (sends, prices, turn)))
        assert torch.equal((purse + book.escrow(orders)).sum(1), total) and int(purse.min()) >= 0
        for w, other in enumerate(plain):
            other.tick(sends[w], prices[w], turn[w])
            found = {(i, int(fills.partner[w, i]), int(fills.price[w, i])) for i in range(buyers) if fills.partner[w, i] >= 0}
            assert found == set(other.deals)
            assert int(fills.last[w]) == (other.deals[-1][2] if other.deals else 0)
            assert {(i, p) for i, p in enumerate(orders.price[w].tolist()) if p} == {
                (o["seat"], o["price"]) for o in other.standing
            }
            assert purse[w, :, COIN].tolist() == other.coins and purse[w, :, UNIT].tolist() == other.units
            deals += len(other.deals)
    return deals


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6), buyers=st.integers(1, 6), sellers=st.integers(1, 6), top=st.sampled_from([1, 2, 7, 200]),
    expiry=st.sampled_from([1, 2, 5, 100]), quiet=st.sampled_from([0.0, 0.5, 0.9]),
    come=st.sampled_from([1, 3, 99]),
)  # fmt: skip
def test_every_deal_order_and_purse_is_that_of_a_plain_book(seed, buyers, sellers, top, expiry, quiet, come):
    compare(seed, buyers, buyers + sellers, top, expiry, quiet, come)


def test_the_comparison_sees_deals():
    assert compare(0, 5, 10, 20, 3, 0.3) > 100


def one(buyers, prices, sends=None, turn=None, orders=None, purse=None, **more):
    """A tick of one world of which the test gives what matters; everybody can pay."""
    book = OrderBook(buyers, len(prices), 100, more.pop("expiry", 10), **more)
    orders = book.empty(1, torch.device("cpu")) if orders is None else orders
    purse = torch.tensor([[[1000, 1]] * len(prices)]) - book.escrow(orders) if purse is None else purse
    sends = torch.tensor([[p >= 0 for p in prices]]) if sends is None else sends
    turn = torch.tensor([list(range(len(prices))) if turn is None else turn])
    orders, purse, fills = book.clear(orders, purse, sends, torch.tensor([prices]).clamp(min=0), turn)
    return book, orders, purse, fills


def test_the_price_is_that_of_the_order_that_stood():
    assert one(1, [70, 40])[3].price.tolist() == [[70, 70]]
    assert one(1, [70, 40], turn=[1, 0])[3].price.tolist() == [[40, 40]]


def test_the_better_price_then_the_older_order_is_filled():
    assert one(3, [50, 60, 60, 10])[3].partner.tolist() == [[-1, 3, -1, 1]]
    _, orders, _, _ = one(3, [-1, -1, 60, -1])
    assert one(3, [-1, 60, -1, 10], orders=orders)[3].partner.tolist() == [[-1, -1, 3, 2]]


def test_an_order_holds_back_what_it_promises_and_gives_it_back():
    book, orders, purse, _ = one(1, [30, 80])
    assert purse.tolist() == [[[970, 1], [1000, 0]]] and book.escrow(orders).tolist() == [[[30, 0], [0, 1]]]
    _, orders, purse, _ = one(1, [0, 0], orders=orders, purse=purse)
    assert purse.tolist() == [[[1000, 1], [1000, 1]]] and not orders.price.any()


def test_an_order_stands_for_its_expiry_and_no_longer():
    _, orders, purse, _ = one(1, [30, -1], expiry=2)
    _, _, again, fills = one(1, [-1, 30], orders=orders, purse=purse, expiry=2)
    assert fills.price.tolist() == [[30, 30]] and again[0, :, COIN].tolist() == [970, 1030]
    _, orders, purse, _ = one(1, [-1, -1], orders=orders, purse=purse, expiry=2)
    assert not orders.price.any() and purse[0, 0, COIN] == 1000


def test_what_cannot_be_covered_does_nothing():
    poor = torch.tensor([[[20, 0], [0, 0]]])
    _, orders, purse, _ = one(1, [30, 10], purse=poor)
    assert not orders.price.any() and torch.equal(purse, poor)


def test_nothing_clears_in_a_closed_market():
    _, orders, _, fills = one(1, [70, 40], enabled=False)
    assert orders.price.tolist() == [[70, 40]] and not fills.price.any() and (fills.partner < 0).all()


def test_the_best_prices():
    book, orders, _, _ = one(2, [30, 20, 80, 70])
    assert [x.tolist() for x in book.best(orders)] == [[30], [70]]
    assert [x.tolist() for x in book.best(Orders(orders.price * 0, orders.wait * 0))] == [[0], [101]]


def test_a_book_that_cannot_be():
    with pytest.raises(ValueError, match="4 buyers among 4 seats"):
        OrderBook(4, 4, 10, 1)
