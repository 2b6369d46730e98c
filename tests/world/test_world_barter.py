"""Exact-match barter against the plainest rule there is: go through all fitting pairs, best priority first, and swap."""

import itertools
import random

import pytest
import torch

from society.keys import Keys
from society.world.market import Market, MarketConfig

HAGGLE = tuple(itertools.product((1, 2, 3), repeat=2))
MASK = (1 << 64) - 1


def keys(count, tick):
    worlds = torch.arange(count)
    return Keys.at(0, worlds, torch.zeros_like(worlds), torch.zeros_like(worlds) + tick)


def greedy(stock, offer, near, capacity, bits, terms):
    """One world in plain Python: (stock, pairs). An offer is "give x of a for y of b"; exact ones mirror each other."""
    stock = [list(row) for row in stock]
    able = []
    for i, j in itertools.combinations(range(len(offer)), 2):
        if offer[i] == 0 or offer[j] == 0 or not near[i][j]:
            continue
        (a, b, x, y), (c, d, z, w) = terms[offer[i]], terms[offer[j]]
        if (a, b, x, y) != (d, c, w, z) or stock[i][a] < x or stock[j][b] < y:
            continue
        if stock[i][b] + y <= capacity and stock[j][a] + x <= capacity:
            able.append(((bits[i][j] & MASK) >> 34, i * len(offer) + j, i, j))
    pairs, busy = set(), set()
    for _, _, i, j in sorted(able, reverse=True):
        if busy.isdisjoint((i, j)):
            busy |= {i, j}
            pairs.add((i, j))
            a, b, x, y = terms[offer[i]]
            for seat, good, units in ((i, a, -x), (i, b, y), (j, b, -y), (j, a, x)):
                stock[seat][good] += units
    return stock, pairs


@pytest.mark.parametrize("seed", range(4))
def test_exact_barter_is_greedy_matching_by_priority(seed):
    draw, worlds, seats, capacity = random.Random(seed), 60, 8, 9
    market, key = Market(MarketConfig(exact=True, lots=1, rounds=16, prices=HAGGLE)), keys(60, seed)
    some = draw.sample(HAGGLE, 4)  # few different ones, so that many fit
    choices = [0, *(1 + HAGGLE.index(terms) for terms in some), *(10 + HAGGLE.index(terms[::-1]) for terms in some)]
    stock = torch.tensor([[[draw.randint(0, capacity) for _ in range(2)] for _ in range(seats)] for _ in range(worlds)])
    offer = torch.tensor([[draw.choice(choices) for _ in range(seats)] for _ in range(worlds)])
    near = torch.rand(worlds, seats, seats, generator=torch.Generator().manual_seed(seed)) < 0.8
    near = near.triu(1) | near.triu(1).transpose(1, 2)
    after, deals = market.clear(stock, offer, near, capacity, key)
    bits, made = key.bits("market.priority", seats, seats), 0
    for w in range(worlds):
        told = (stock[w].tolist(), offer[w].tolist(), near[w].tolist(), capacity, bits[w].tolist(), market.table.tolist())
        want, pairs = greedy(*told)
        partner = deals.partner[w].tolist()
        assert {(i, j) for i, j in enumerate(partner) if i < j} == pairs
        assert after[w].tolist() == want
        made += len(pairs)
    assert made > 30
    assert torch.equal(after.sum(1), stock.sum(1)) and (after >= 0).all() and (after <= capacity).all()


@pytest.mark.parametrize(("exact", "mine", "theirs", "amounts"), [
    (True, (2, 1), (1, 2), (2, 1)),
    (True, (3, 1), (1, 2), None),  # one gives more than the other asks
    (True, (2, 2), (1, 1), None),  # the same ratio is another offer
    (False, (3, 1), (1, 2), (2, 1)),  # who is generous pays what is asked
    (False, (2, 1), (1, 2), (2, 1)),
    (False, (1, 1), (1, 2), None),
])  # fmt: skip
def test_what_fits(exact, mine, theirs, amounts):
    """(given, wanted) of apples for bananas and of bananas for apples, and what seat 0 gave and got."""
    market = Market(MarketConfig(exact=exact, lots=1, prices=HAGGLE))
    offer = torch.tensor([[1 + HAGGLE.index(mine), 10 + HAGGLE.index(theirs)]])
    assert market.table[offer[0]].tolist() == [[0, 1, *mine], [1, 0, *theirs]]
    stock = torch.tensor([[[3, 0], [0, 3]]])
    after, deals = market.clear(stock, offer, ~torch.eye(2, dtype=torch.bool)[None], 9, keys(1, 0))
    gave, got = amounts or (0, 0)
    assert (deals.partner[0, 0] == 1) == (amounts is not None)
    assert after.tolist() == [[[3 - gave, got], [gave, 3 - got]]]
    assert deals.gave_amount.tolist() == [[gave, got]] and deals.got_amount.tolist() == [[got, gave]]
