"""Many seats in one world: what is found cell by cell is what comparing all pairs finds, on random states."""

import pytest
import torch

from society import config as configs
from society.engine import build
from society.keys import Keys
from society.world import hearing, nearby
from society.world.channel import Channel, ChannelConfig
from society.world.contest import Contest, ContestConfig
from society.world.grid import Torus
from society.world.market import Market, MarketConfig
from society.world.worlds import Worlds


def drawn(seed, *shape, high):
    return torch.randint(high, shape, generator=torch.Generator().manual_seed(seed))


def keys(count, seed):
    worlds = torch.arange(count)
    return Keys.at(seed, worlds, torch.zeros_like(worlds), torch.zeros_like(worlds))


def near_of(torus, pos, reach):
    dx, dy = torus.ways(pos)
    return (torch.maximum(dx.abs(), dy.abs()) <= reach) & ~torch.eye(pos.shape[1], dtype=torch.bool)


@pytest.mark.parametrize("reach", [0, 1, 2, 3, 50])
@pytest.mark.parametrize("size", [(5, 5), (6, 6), (4, 9), (11, 8)])
def test_pairs_are_those_that_comparing_all_finds(size, reach):
    torus = Torus(*size)
    pos = drawn(reach, 7, 13, high=torus.cells)
    found = nearby.pairs(torus, pos, reach)
    world, one, other = near_of(torus, pos, reach).nonzero().unbind(-1)
    assert len(one) > 0
    assert set(zip(found.one.tolist(), found.other.tolist(), strict=True)) == set(
        zip((world * 13 + one).tolist(), (world * 13 + other).tolist(), strict=True)
    )
    assert len(found.one) == len(one)  # each once


def test_the_lowest_draw_of_a_cell_is_of_one_seat_or_of_none():
    torus, pos = Torus(2, 2), torch.tensor([[0, 0, 0, 1, 2, 2, 3]])
    turn = torch.tensor([[5, 3, 4, 9, 7, 7, 0]])
    assert nearby.lowest(torus, pos, turn).tolist() == [[False, True, False, True, False, False, True]]


@pytest.mark.parametrize(("size", "symbols", "length", "reach"), [
    ((5, 5), 2, 1, 0), ((6, 6), 3, 1, 4), ((6, 7), 5, 2, 0), ((9, 4), 4, 3, 2), ((10, 10), 3, 1, 0),
    ((10, 10), 2, 1, 1), ((3, 3), 3, 2, 50),
])  # fmt: skip
def test_maps_of_the_grid_hear_what_all_pairs_hear(size, symbols, length, reach):
    torus, channel = Torus(*size), Channel(ChannelConfig(symbols=symbols, length=length, reach=reach))
    for seed, seats in enumerate((1, 2, 3, 5, 9, 20, 60)):
        pos, air = drawn(seed, 30, seats, high=torus.cells), drawn(seed + 9, 30, seats, length, high=symbols)
        air = air * (drawn(seed + 5, 30, seats, 1, high=3) > 0)
        heard = channel.hear_around(air, *torus.ways(pos), torus.span)
        assert torch.equal(hearing.voices(air, pos, torus, channel.config), heard)
        assert heard.any() or seats == 1


@pytest.mark.parametrize("exact", [False, True])
def test_pairs_deal_as_all_pairs_do(exact):
    market, torus, dealt = Market(MarketConfig(exact=exact, prices=((1, 1), (2, 1), (1, 2)), rounds=3), 3), Torus(5, 6), 0
    for seed in range(4):
        pos, key = drawn(seed, 20, 25, high=torus.cells), keys(20, seed)
        stock, offer = drawn(seed, 20, 25, 3, high=8), drawn(seed, 20, 25, high=market.offers)
        told = market.clear(stock, offer, near_of(torus, pos, 1), 7, key)
        found = market.clear(stock, offer, nearby.pairs(torus, pos, 1), 7, key)
        assert torch.equal(told[0], found[0])
        assert all(torch.equal(a, b) for a, b in zip(vars(told[1]).values(), vars(found[1]).values(), strict=True))
        dealt += int((found[1].partner >= 0).sum())
    assert dealt > 50


def test_pairs_strike_as_all_pairs_do():
    contest, torus, struck = Contest(ContestConfig(take=3)), Torus(5, 6), 0
    for seed in range(4):
        pos, key, stock = drawn(seed, 20, 25, high=torus.cells), keys(20, seed), drawn(seed, 20, 25, 2, high=8)
        strikes = drawn(seed + 7, 20, 25, high=2) > 0
        told = contest.strike(stock, strikes, near_of(torus, pos, 1), 7, key)
        found = contest.strike(stock, strikes, nearby.pairs(torus, pos, 1), 7, key)
        assert torch.equal(told[0], found[0])
        assert all(torch.equal(a, b) for a, b in zip(vars(told[1]).values(), vars(found[1]).values(), strict=True))
        struck += int((found[1].target >= 0).sum())
    assert struck > 100


def make(**overrides):
    return build.scenario(build.settle(configs.resolve("bazaar", overrides=overrides)))


@pytest.mark.parametrize("goods", [2, 4])
def test_a_crowd_lives_as_if_all_pairs_were_compared(goods, monkeypatch):
    """A whole bazaar both ways, with strikes, guards, and several on one cell."""
    rules = {"world.seats": 60, "world.size": 11, "world.goods": goods, "world.guards": 2, "contest.reach": 2, "world.life": 12}
    by_cell = make(**rules)
    monkeypatch.setattr(nearby, "FEW", 10_000)
    monkeypatch.setattr(hearing, "by_map", lambda seats, cells: False)
    by_pair = make(**rules)
    assert by_cell.crowded and by_cell.maps and not by_pair.crowded and not by_pair.maps
    one, two = (Worlds.begin(game, 0, torch.arange(3)) for game in (by_cell, by_pair))
    deals = blows = 0
    for _ in range(30):
        seen, other = one.observe(), two.observe()
        assert torch.equal(seen.features, other.features)
        packed = by_cell.spec.pack(by_cell.scripts["random"].act(one.state, seen, one.key))
        (one, out, _), (two, same, _) = one.step(packed, seen), two.step(packed, other)
        assert all(torch.equal(getattr(one.state, n), getattr(two.state, n)) for n in vars(one.state))
        assert torch.equal(out.reward, same.reward) and all(torch.equal(out.measures[n], same.measures[n]) for n in out.measures)
        deals, blows = deals + int(out.measures["deals"].sum()), blows + int(out.measures["robbed"].sum())
    assert deals and blows


def test_ten_thousand_seats_live_in_one_world():
    game = make(**{"world.seats": 10_000, "world.size": 200})
    worlds = Worlds.begin(game, 0, torch.arange(1))
    for _ in range(2):
        seen = worlds.observe()
        held = game.stock(worlds.state).sum((0, 1))
        packed = torch.zeros(1, 10_000, game.spec.numbers, dtype=torch.long)
        packed[..., game.spec.columns["move"]] = drawn(3, 1, 10_000, 1, high=5)
        worlds, outcome, _ = worlds.step(packed, seen)
        assert outcome.created is not None and outcome.destroyed is not None
        assert torch.equal(game.stock(worlds.state).sum((0, 1)), held + (outcome.created - outcome.destroyed).sum((0, 1)))


@pytest.mark.parametrize("asks", [{"market.reach": 60}, {"channel.graph": "0-1"}])
def test_what_compares_all_pairs_is_refused_to_thousands(asks):
    with pytest.raises((ValueError, configs.ConfigError), match=r"world\.seats = 4000: .* 1024 at most"):
        make(**{"world.seats": 4000, "world.size": 200} | asks)


def test_ranks_of_pairs_differ_also_among_thousands():
    assert nearby.digits(8) == nearby.digits(1024) == 20 and 2 ** nearby.digits(10_000) >= 10_000**2


def test_a_map_stops_only_when_nothing_nearer_can_come():
    torus, channel = Torus(16, 15), Channel(ChannelConfig(symbols=2))
    for seed in range(40):  # one world at a time: the emptiest of many would keep the others going
        pos = drawn(seed, 1, 30 + seed, high=torus.cells)
        air = torch.ones(1, 30 + seed, 1, dtype=torch.long)
        heard = channel.hear_around(air, *torus.ways(pos), torus.span)
        assert torch.equal(hearing.voices(air, pos, torus, channel.config), heard)
