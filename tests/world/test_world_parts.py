"""Market, contest, channel and torus against slow re-implementations in plain Python."""

import itertools
import random

import pytest
import torch

from society.keys import Keys
from society.world.channel import DIRECTIONS, Channel, ChannelConfig
from society.world.contest import Contest, ContestConfig
from society.world.grid import STEPS, Torus
from society.world.interventions import Content, Do, Relabel, Scramble, mute
from society.world.market import Market, MarketConfig

MASK = (1 << 64) - 1


def keys(count, seed=0, tick=0):
    worlds = torch.arange(count)
    return Keys.at(seed, worlds, torch.zeros_like(worlds), torch.zeros_like(worlds) + tick)


def near_of(draw, worlds, seats, share=0.5):
    """A symmetric relation, nobody near themselves."""
    near = torch.zeros(worlds, seats, seats, dtype=torch.bool)
    for w, i, j in itertools.product(range(worlds), range(seats), range(seats)):
        if i < j and draw.random() < share:
            near[w, i, j] = near[w, j, i] = True
    return near


def ranks(bits):
    """The 30-bit words from which priorities are made, as Python integers."""
    return [[(x & MASK) >> 34 for x in row] for row in bits.tolist()]


# ---------------------------------------------------------------- market


def slow_clear(stock, offer, near, capacity, word, table, config):
    """One world's clearing in plain Python: lists in, (stock, deals) out."""
    seats = len(offer)
    stock, terms = [list(row) for row in stock], [table[o] for o in offer]
    deals = [(-1, 0, 0)] * seats  # partner, paid, got

    def lots(i, j):
        (give, want, _, asked), (_, _, _, theirs) = terms[i], terms[j]
        return min(stock[i][give] // theirs, (capacity - stock[i][want]) // asked)

    pairs = {}
    for i, j in itertools.combinations(range(seats), 2):
        (gi, wi, ui, ai), (gj, wj, uj, aj) = terms[i], terms[j]
        if 0 in (offer[i], offer[j]) or not near[i][j] or (gi, wi) != (wj, gj) or ui < aj or uj < ai:
            continue
        count = min(lots(i, j), lots(j, i), config.lots)
        if count > 0:
            pairs[i, j] = (((word[i][j] << 20) + i * seats + j), count)
    free = set(range(seats))
    for _ in range(config.rounds if config.enabled else 0):
        best = {}
        for i in free:
            mine = [(rank, pair) for pair, (rank, _) in pairs.items() if i in pair and set(pair) <= free]
            if mine:
                best[i] = max(mine)[1]
        for pair in {p for p in best.values() if best.get(p[0]) == best.get(p[1]) == p}:
            (i, j), (_, count) = pair, pairs[pair]
            free -= {i, j}
            deals[i], deals[j] = (j, terms[j][3] * count, terms[i][3] * count), (i, terms[i][3] * count, terms[j][3] * count)
    for i, (partner, paid, got) in enumerate(deals):
        if partner >= 0:
            stock[i][terms[i][0]] -= paid
            stock[i][terms[i][1]] += got
    return stock, deals


@pytest.mark.parametrize("prices", [((1, 1),), ((1, 1), (2, 1), (1, 2)), ((3, 2), (2, 2), (1, 4))])
@pytest.mark.parametrize(("goods", "rounds", "enabled"), [(2, 2, True), (3, 1, True), (4, 3, True), (2, 2, False)])
def test_the_market_equals_a_plain_loop(prices, goods, rounds, enabled):
    draw = random.Random(f"{prices}{goods}{rounds}")
    worlds, seats, deals_seen = 40, 7, 0
    for trial in range(3):
        capacity = draw.choice((3, 10, 25))
        config = MarketConfig(prices=prices, rounds=rounds, lots=draw.choice((1, 2, 5)), enabled=enabled)
        market, key = Market(config, goods), keys(worlds, trial)
        stock = torch.tensor([[[draw.randint(0, capacity) for _ in range(goods)] for _ in range(seats)] for _ in range(worlds)])
        offer = torch.tensor([[draw.randrange(market.offers) for _ in range(seats)] for _ in range(worlds)])
        near = near_of(draw, worlds, seats, 0.8)
        got, deals = market.clear(stock, offer, near, capacity, key)
        bits = key.bits("market.priority", seats, seats)
        for w in range(worlds):
            want, told = slow_clear(
                stock[w].tolist(), offer[w].tolist(), near[w].tolist(), capacity, ranks(bits[w]), market.table.tolist(), config
            )
            assert got[w].tolist() == want
            made = zip(deals.partner[w].tolist(), deals.gave_amount[w].tolist(), deals.got_amount[w].tolist(), strict=True)
            assert [d if d[0] >= 0 else (-1, 0, 0) for d in made] == told
            deals_seen += sum(d[0] >= 0 for d in told)
        assert (got >= 0).all() and (got <= capacity).all() and torch.equal(got.sum(1), stock.sum(1))
        dealt = deals.partner >= 0
        terms = market.table[offer]
        assert torch.equal(deals.gave[dealt], terms[..., 0][dealt]) and torch.equal(deals.got[dealt], terms[..., 1][dealt])
    assert (deals_seen > 30) == enabled


# ---------------------------------------------------------------- contest


def slow_strike(stock, strikes, near, capacity, word, take):
    """One world's strikes in plain Python."""
    seats, after, blows = len(strikes), [list(row) for row in stock], [(-1, -1, 0)] * len(strikes)
    rank = [[(word[i][j] << 20) + i * seats + j for j in range(seats)] for i in range(seats)]
    aims = {}
    for i in range(seats):
        targets = [j for j in range(seats) if near[i][j]]
        if strikes[i] and targets:
            aims[i] = max(targets, key=lambda j: rank[i][j])
    for target in set(aims.values()):
        i = max((s for s, t in aims.items() if t == target), key=lambda s: rank[s][target])
        held = max(stock[target])
        good = stock[target].index(held)
        amount = max(min(held, capacity - stock[i][good], take), 0)
        blows[i] = (target, good, amount)
        after[i][good] += amount
        after[target][good] -= amount
    return after, blows


@pytest.mark.parametrize("goods", [2, 3])
@pytest.mark.parametrize("take", [0, 2, 50])
def test_strikes_equal_a_plain_loop(goods, take):
    draw = random.Random(goods * 100 + take)
    worlds, seats, capacity = 60, 6, 8
    contest, key = Contest(ContestConfig(take=take)), keys(worlds, take)
    stock = torch.tensor([[[draw.randint(0, capacity) for _ in range(goods)] for _ in range(seats)] for _ in range(worlds)])
    strikes = torch.tensor([[draw.random() < 0.6 for _ in range(seats)] for _ in range(worlds)])
    near = near_of(draw, worlds, seats)
    got, blows = contest.strike(stock, strikes, near, capacity, key)
    bits = key.bits("contest.target", seats, seats)
    for w in range(worlds):
        want, told = slow_strike(stock[w].tolist(), strikes[w].tolist(), near[w].tolist(), capacity, ranks(bits[w]), take)
        assert got[w].tolist() == want
        ours = zip(blows.target[w].tolist(), blows.good[w].tolist(), blows.amount[w].tolist(), strict=True)
        assert list(ours) == told
    assert torch.equal(got.sum(1), stock.sum(1)) and (got >= 0).all()
    assert int((blows.target >= 0).sum()) > 50


def test_nobody_strikes_in_peace():
    stock = torch.full((2, 3, 2), 4)
    all_ = torch.ones(2, 3, dtype=torch.bool)
    near = ~torch.eye(3, dtype=torch.bool).expand(2, 3, 3)
    got, blows = Contest(ContestConfig(enabled=False)).strike(stock, all_, near, 10, keys(2))
    assert torch.equal(got, stock) and (blows.target == -1).all() and (blows.amount == 0).all()


# ---------------------------------------------------------------- torus


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 3), (4, 4), (5, 7), (6, 5)])
def test_ways_are_the_shortest(height, width):
    torus = Torus(height, width)
    cells = torch.arange(torus.cells)
    dx, dy = torus.way(cells[:, None], cells[None, :])
    wide, high = torus.ways(cells[None])
    assert torch.equal(wide[0], dx) and torch.equal(high[0], dy)
    far = 0
    for a, b in itertools.product(range(torus.cells), repeat=2):
        (ay, ax), (by, bx) = divmod(a, width), divmod(b, width)
        assert (ax + dx[a, b]) % width == bx and (ay + dy[a, b]) % height == by
        assert abs(int(dx[a, b])) == min((bx - ax) % width, (ax - bx) % width)
        assert abs(int(dy[a, b])) == min((by - ay) % height, (ay - by) % height)
        far = max(far, abs(int(dx[a, b])) + abs(int(dy[a, b])))
    assert torus.span == far
    if width % 2 == 0:
        assert int(dx.min()) == -width // 2  # a tie goes west


def test_moves_and_windows():
    torus = Torus(4, 5)
    for cell in range(20):
        y, x = divmod(cell, 5)
        assert torus.moves[cell].tolist() == [(y + dy) % 4 * 5 + (x + dx) % 5 for dy, dx in STEPS]
        square = [(y + dy) % 4 * 5 + (x + dx) % 5 for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
        assert torus.window(1)[cell].tolist() == square


def test_steps_towards_a_goal_arrive():
    torus = Torus(5, 6)
    start, goal = torch.meshgrid(torch.arange(30), torch.arange(30), indexing="ij")
    dx, dy = torus.way(start, goal)
    for _ in range(torus.span):
        move = torus.step_towards(start, goal)
        assert ((move == 0) == (start == goal)).all()
        start = torus.moves[start, move]
    assert torch.equal(start, goal) and int((dx.abs() + dy.abs()).max()) == torus.span


# ---------------------------------------------------------------- channel


@pytest.mark.parametrize(("symbols", "length", "reach"), [(2, 1, 0), (3, 1, 4), (5, 2, 0), (4, 3, 2)])
def test_hearing_equals_a_plain_loop(symbols, length, reach):
    draw = torch.Generator().manual_seed(symbols * 10 + length)
    worlds, seats, torus = 6, 5, Torus(6, 7)
    channel = Channel(ChannelConfig(symbols=symbols, length=length, reach=reach))
    air = torch.randint(symbols, (worlds, seats, length), generator=draw)
    pos = torch.randint(torus.cells, (worlds, seats), generator=draw)
    dx, dy = torus.ways(pos)
    heard = channel.hear_around(air, dx, dy, torus.span)
    carries = reach or torus.span
    want = torch.zeros(worlds, seats, length, symbols - 1, DIRECTIONS)
    for w, me, other, k in itertools.product(range(worlds), range(seats), range(seats), range(length)):
        said, x, y = int(air[w, other, k]), int(dx[w, me, other]), int(dy[w, me, other])
        if me == other or not said or abs(x) + abs(y) > carries:
            continue
        if x == y == 0:
            way = 0
        elif abs(x) >= abs(y):
            way = 3 if x > 0 else 4
        else:
            way = 2 if y > 0 else 1
        loud = (carries + 1 - abs(x) - abs(y)) / (carries + 1)
        want[w, me, k, said - 1, way] = max(float(want[w, me, k, said - 1, way]), loud)
    torch.testing.assert_close(heard, want.flatten(2), rtol=0, atol=1e-6)
    assert heard.shape[-1] == channel.directional_features


def test_a_delay_hears_what_was_said_latency_ticks_ago():
    channel = Channel(ChannelConfig(latency=3, symbols=9))
    air = channel.silence(2, 1, torch.device("cpu"))
    heard = []
    for tick in range(1, 8):
        air = channel.delay(air, torch.full((2, 1, 1), tick))
        heard.append(int(air[0, 0, 0, 0]))
    assert heard == [0, 0, 1, 2, 3, 4, 5]


def test_noise_flips_spoken_symbols_to_uniform_others():
    channel, key = Channel(ChannelConfig(symbols=4, noise=0.3)), keys(4000)
    said = torch.randint(4, (4000, 5, 1), generator=torch.Generator().manual_seed(0))
    life = torch.zeros(4000, 5, dtype=torch.long)
    heard = channel.transmit(said, key, life)
    assert torch.equal(heard == 0, said == 0) and int(heard.max()) <= 3
    spoken = said > 0
    assert abs(float((heard != said)[spoken].float().mean()) - 0.3) < 0.015
    changed = heard[(heard != said) & (said == 1)]
    assert abs(float((changed == 2).float().mean()) - 0.5) < 0.04
    assert torch.equal(Channel(ChannelConfig(symbols=4)).transmit(said, key, life), said)


def test_speaking_costs_by_the_symbol():
    said = torch.tensor([[[0, 0], [1, 0], [2, 3]]])
    assert Channel(ChannelConfig(cost=0.5)).price(said).tolist() == [[0.0, 0.5, 1.0]]


# ---------------------------------------------------------------- interventions


def speech(worlds=50, seats=4, length=2, symbols=5, seed=0):
    said = torch.randint(symbols, (worlds, seats, length), generator=torch.Generator().manual_seed(seed))
    return said, torch.zeros(worlds, seats, dtype=torch.long)


def test_mute_is_silence():
    said, life = speech()
    assert not mute(said, keys(50), life).any()


def test_content_keeps_who_and_when_and_draws_from_the_marginal():
    said, life = speech(4000)
    heard = Content(torch.tensor([0.1, 0.2, 0.3, 0.4]))(said, keys(4000), life)
    assert torch.equal(heard == 0, said == 0)
    for symbol, share in ((1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4)):
        assert abs(float((heard[said > 0] == symbol).float().mean()) - share) < 0.02
        assert abs(float((heard[said == 2] == symbol).float().mean()) - share) < 0.03  # whatever was said
    never = Content(torch.tensor([0.0, 1.0, 0.0, 1.0]))(said, keys(4000), life)
    assert set(never[said > 0].tolist()) == {2, 4}


def test_relabel_keeps_a_constant_call_constant_within_a_life():
    said, _ = speech(60, length=1)
    relabel = Relabel(3, 5)
    first = torch.zeros(60, 4, dtype=torch.long)
    calls = torch.stack([relabel(said, keys(60, tick=t), first) for t in range(20)])
    assert (calls == calls[0]).all() and torch.equal(calls[0] == 0, said == 0)
    assert not torch.equal(relabel(said, keys(60), first + 1), calls[0])  # another life, another order
    every = torch.stack([relabel(torch.full_like(said, s), keys(60), first) for s in range(5)])
    assert (every[0] == 0).all() and torch.equal(every[..., 0].sort(0).values, torch.arange(5)[:, None, None].expand(5, 60, 4))
    words = {tuple(order) for order in every[1:, :, :, 0].flatten(1).T.tolist()}
    assert len(words) == 24  # 240 lives: every order of four symbols is somebody's


def test_scramble_plays_the_next_worlds_tape():
    tape = torch.arange(3 * 4 * 2).view(3, 4, 2, 1)
    worlds = torch.tensor([100, 101, 103])
    said = torch.zeros(3, 2, 1, dtype=torch.long)
    key = Keys.at(0, worlds, torch.zeros(3, dtype=torch.long), torch.tensor([0, 1, 2]))
    heard = Scramble(tape, 100, 512)(said, key, said[..., 0])
    assert torch.equal(heard, torch.stack([tape[0, 1], tape[1, 2], tape[2, 0]]))


def test_do_sets_one_seat_and_leaves_the_others():
    said, life = speech()
    heard = Do(1, torch.tensor([3, 4]))(said, keys(50), life)
    assert (heard[:, 1] == torch.tensor([3, 4])).all()
    assert torch.equal(heard[:, [0, 2, 3]], said[:, [0, 2, 3]])
