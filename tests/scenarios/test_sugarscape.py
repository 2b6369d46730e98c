"""Sugarscape's rules on hand-made states, against mesa's traders and against the rules written a second time."""

import importlib.util
import math
import sys

import numpy as np
import pytest
import torch
from society.scenarios import sugarscape_rules as rules
from society.scenarios.sugarscape_map import ahead, hills, sight

from society.config import ConfigError, resolve
from society.engine import build
from society.engine.rollout import Clock, Scripted, ticks
from society.keys import Keys
from society.world.scenario import replace
from society.world.worlds import Worlds

SMALL = {"world.size": 12, "world.seats": 20, "world.episode": 50}
NORTH, SOUTH, EAST, WEST = 0, 1, 2, 3


def make(preset="mesa", **changes):
    changes = {name.replace("__", "."): value for name, value in changes.items()}
    return build.scenario(build.settle(resolve("sugarscape", preset, SMALL | changes)))


def key(worlds=1, tick=0, seed=0):
    number = torch.arange(worlds)
    return Keys.at(seed, number, number * 0, number * 0 + tick)


def placed(world, cells, stock, need, vision, ground=None):
    """One world with exactly these traders and this on the ground (nothing by default)."""
    s = world.reset(key())
    seats = world.config.seats
    assert len(cells) == seats
    empty = torch.zeros_like(s.ground)
    for cell, (sugar, spice) in (ground or {}).items():
        empty[0, cell, 0], empty[0, cell, 1] = sugar, spice
    return replace(
        s, ground=empty, pos=torch.tensor([cells]), stock=torch.tensor([stock]), need=torch.tensor([need]),
        vision=torch.tensor([vision]),
    )  # fmt: skip


def duo(**changes):
    """Two traders on bare ground that stays bare."""
    world = make(world__seats=2, world__growback=0, **changes)
    world.capacity = torch.zeros_like(world.capacity)
    return world


def play(world, script="book", worlds=8, count=30):
    begun = Worlds.begin(world, 0, torch.arange(worlds))
    actor = Scripted(world.scripts[script])
    return list(ticks(begun, actor, actor.blank(begun), count, Clock()))


# ---------------------------------------------------------------- rule T


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((10, 40, 1, 1), (40, 10, 1, 1), (1, -1, 1.0)),  # rates 4 and 1/4
        ((4, 64, 1, 1), (16, 16, 1, 1), (1, -4, 4.0)),  # rates 16 and 1: one sugar for four spice
        ((64, 4, 1, 1), (16, 16, 1, 1), (-4, 1, 0.25)),  # the mirror image: four sugar for one spice
        ((16, 16, 1, 1), (4, 64, 1, 1), (-1, 4, 4.0)),  # seen from the seller
        ((12, 36, 3, 1), (12, 12, 1, 1), (1, -3, 3.0)),  # needs count: rates 9 and 1
        ((10, 30, 1, 1), (5, 15, 1, 1), (0, 0, 0.0)),  # equal rates
        ((2, 3, 1, 1), (3, 2, 1, 1), (0, 0, 0.0)),  # they would swap places: nobody is better off
        ((2, 4, 1, 1), (4, 2, 1, 1), (0, 0, 0.0)),  # both are better off and the rates meet: no
        ((1, 9, 1, 1), (1, 1, 1, 1), (0, 0, 0.0)),  # the seller would be left without sugar
    ],
)
def test_one_exchange(one, other, expected):
    assert rules.bargain(*one, *other) == pytest.approx(expected, abs=1e-12)


def test_sessions_as_mesas_traders_make_them():
    pytest.importorskip("mesa", reason="needs mesa")
    from society.studies._sugarscape import example

    model = example()(seed=0, initial_population=2)
    draw, exchanges = np.random.default_rng(0), 0
    one, other = model.agents
    for _ in range(400):
        stock, need = draw.integers(1, 60, (2, 2)), draw.integers(1, 6, (2, 2))
        for agent, held, burns in zip((one, other), stock.tolist(), need.tolist(), strict=True):
            agent.sugar, agent.spice = held
            agent.metabolism_sugar, agent.metabolism_spice = burns
        one.prices, one.trade_partners = [], []
        one.trade(other)
        world = duo()
        s = placed(world, [0, 1], stock.tolist(), need.tolist(), [1, 1])
        alive, order = s.alive.numpy(), np.array([[0, 1]])
        held, main = s.stock.numpy().copy(), np.full((1, 2, 3), -1)
        deals, logs, squares = np.zeros((1, 2), int), np.zeros((1, 2)), np.zeros((1, 2))
        willing = np.ones((1, 2), int)
        args = (s.pos.numpy(), held, s.need.numpy(), s.vision.numpy(), willing, order, 0, 12, main, deals, logs, squares)
        rules.exchange(alive, *args)
        assert held[0].tolist() == [[one.sugar, one.spice], [other.sugar, other.spice]]
        assert deals[0].tolist() == [len(one.prices), 0]  # a second session finds nothing left to gain
        assert logs[0, 0] == pytest.approx(np.log(one.prices).sum())
        assert squares[0, 0] == pytest.approx((np.log(one.prices) ** 2).sum())
        exchanges += deals[0, 0]
    assert exchanges > 1000


def test_a_row_is_the_whole_session_with_the_main_partner():
    world = duo()
    s = placed(world, [0, 1], [[10, 41], [40, 12]], [[1, 1], [1, 1]], [1, 1])
    after, out = world.step(s, {"move": torch.zeros(1, 2, dtype=torch.long), "trade": torch.ones(1, 2, dtype=torch.long)}, key())
    rows, columns = out.events["trades"]
    assert rows.sum() == 1  # whose turn is first trades until nobody gains
    seat = int(rows[0].int().argmax())
    row = {name: int(value[0, seat]) for name, value in columns.items()}
    before, change = torch.tensor([[9, 40], [39, 11]]), (after.stock - s.stock)[0] + 1  # one unit of each was burnt
    assert row["partner"] == 1 - seat and (row["gave"], row["got"]) == ((1, 0) if seat == 0 else (0, 1))
    assert change[seat, row["got"]] == row["got_amount"] and change[seat, row["gave"]] == -row["gave_amount"]
    assert (before.sum(0) == after.stock[0].sum(0)).all() and out.measures["deals"].sum() > 1


@pytest.mark.parametrize(("radius", "vision", "apart", "trades"), [(0, 3, 3, 1), (0, 3, 4, 0), (1, 5, 2, 0), (1, 1, 1, 1)])
def test_who_is_in_reach(radius, vision, apart, trades):
    world = duo(world__radius=radius)
    s = placed(world, [0, apart], [[10, 41], [40, 12]], [[1, 1], [1, 1]], [vision, vision])
    still, willing = torch.zeros(1, 2, dtype=torch.long), torch.ones(1, 2, dtype=torch.long)
    assert int(world.step(s, {"move": still, "trade": willing}, key())[1].events["trades"][0].sum()) == trades
    assert not world.step(s, {"move": still, "trade": torch.tensor([[1, 0]])}, key())[1].events["trades"][0].any()
    tradeless = duo(world__radius=radius, market__enabled=False)
    assert not tradeless.step(s, {"move": still, "trade": willing}, key())[1].measures["deals"].any()


def test_trade_makes_nobody_worse_off_and_moves_goods_only():
    world = make()
    for tick in play(world, "book", count=6):
        s = tick.worlds.state
        stock, _, measures = world._exchange(s, torch.ones_like(s.pos), tick.worlds.key)
        before, after = (x.stock.double().clamp(min=1).log().mul(s.need).sum(-1)[s.alive] for x in (s, stock))
        assert (after >= before - 1e-9).all()
        assert (after > before).any() == (measures["deals"].sum() > 0)
        assert (stock.stock.sum(1) == s.stock.sum(1)).all() and (stock.stock[s.alive] > 0).all()


# ---------------------------------------------------------------- rule M


def best_by_the_book(y, x, stock, need, vision, ground, taken, cross):
    """The cells that rule M allows, with roots and distances written as in the book."""
    size, found = len(ground), {}
    for r in range(size):
        for c in range(size):
            steps = abs(r - y) + abs(c - x)
            if not 0 < steps <= vision or (r, c) in taken or (cross and r != y and c != x):
                continue
            total = sum(need)
            goods = [a + b for a, b in zip(stock, ground[r, c], strict=True)]
            found[r, c] = goods[0] ** (need[0] / total) * goods[1] ** (need[1] / total), math.dist((y, x), (r, c))
    top = max(w for w, _ in found.values())
    equal = {cell: d for cell, (w, d) in found.items() if math.isclose(w, top)}
    return {r * size + c for (r, c), d in equal.items() if math.isclose(d, min(equal.values()), rel_tol=1e-6)}


@pytest.mark.parametrize("shape", ["cross", "diamond"])
def test_the_best_cell_written_a_second_time(shape):
    draw, size = np.random.default_rng(1), 9
    chosen = []
    for _ in range(200):
        ground = draw.integers(0, 3, (size, size, 2)).astype(np.int16)
        bodies = draw.choice(size * size, 15, replace=False)
        here, vision = int(bodies[0]), int(draw.integers(1, 5))
        who = np.full(size * size, rules.NOBODY, np.int16)
        who[bodies] = np.arange(15)
        stock, need = draw.integers(1, 30, 2), draw.integers(1, 6, 2)
        allowed = best_by_the_book(
            here // size, here % size, stock.tolist(), need.tolist(), vision, ground,
            {divmod(int(b), size) for b in bodies}, shape == "cross",
        )  # fmt: skip
        word, room = int(draw.integers(2**32)), (np.empty(60, np.int64), np.empty(3), np.empty(3))
        seen = sight(shape, 5).numpy()
        cell = rules.best_cell(here, stock, need, vision, ground.reshape(-1, 2), who, seen, size, word, *room)
        assert cell in allowed
        chosen.append((len(allowed), sorted(allowed).index(cell)))
    ties = [place for count, place in chosen if count > 1]
    assert len(ties) > 10 and len(set(ties)) > 1


def test_equal_cells_are_drawn_alike_and_without_one_you_stay():
    seen, room = sight("diamond", 2).numpy(), (np.empty(12, np.int64), np.empty(1), np.empty(1))
    who, bare = np.full(25, rules.NOBODY, np.int16), np.zeros((25, 2), np.int16)
    who[12] = 0
    words = [int(w) for w in np.random.default_rng(0).integers(2**32, size=4000)]
    args = (12, np.array([5, 5]), np.array([1, 2]), 2, bare)
    counts = np.bincount([rules.best_cell(*args, who, seen, 5, w, *room) for w in words], minlength=25)
    assert set(counts.nonzero()[0]) == {7, 11, 13, 17}  # the nearest, not the twelve in sight
    assert counts[[7, 11, 13, 17]] == pytest.approx(1000, abs=110)  # four standard deviations
    assert rules.best_cell(*args, np.zeros(25, np.int16), seen, 5, 7, *room) == 12


def test_directions_and_the_edge():
    table, there = ahead(5, 3)
    for option in range(1, 13):
        assert rules.aim(option, 12, 3, 5) == (int(table[12, option - 1]) if there[12, option - 1] else 12)
    reached = [rules.aim(1 + d * 3 + 1, 12, 3, 5) for d in (NORTH, SOUTH, EAST, WEST)]
    assert reached == [2, 22, 14, 10] and rules.aim(1 + NORTH * 3, 2, 3, 5) == 2


def one_tick(order, option, cells, stock, need, ground=None, vision=(5, 5), size=5):
    """`live` on one world with two traders."""
    field = np.zeros((1, size * size, 2), np.int16)
    for cell, goods in (ground or {}).items():
        field[0, cell] = goods
    state = {
        "alive": np.ones((1, 2), bool), "pos": np.array([cells]), "stock": np.array([stock]), "need": np.array([need]),
        "vision": np.array([vision]), "ground": field,
    }  # fmt: skip
    harvest, spent = np.zeros((1, 2, 2), int), np.zeros((1, 2, 2), int)
    rules.live(
        *state.values(), np.array([option]), np.array([order]), np.zeros((1, 2), int), sight("diamond", 5).numpy(), size, 5,
        9, harvest, spent,
    )  # fmt: skip
    return state, harvest[0], spent[0]


@pytest.mark.parametrize("first", [0, 1])
def test_who_is_first_gets_the_best_cell(first):
    forage = 21
    state, harvest, _ = one_tick([first, 1 - first], [forage] * 2, [11, 13], [[9, 9]] * 2, [[1, 1]] * 2, {12: (4, 4), 2: (1, 1)})
    assert state["pos"][0, first] == 12 and harvest[first].tolist() == [4, 4]
    assert state["pos"][0, 1 - first] == 2 and harvest[1 - first].tolist() == [1, 1]
    assert state["stock"][0, first].tolist() == [12, 12] and not state["ground"].any()
    # by a move that names the cell, whoever is late stays where it was
    towards = [1 + EAST * 5, 1 + WEST * 5]
    state, harvest, _ = one_tick([first, 1 - first], towards, [11, 13], [[9, 9]] * 2, [[1, 1]] * 2, {12: (4, 4)})
    assert state["pos"][0].tolist() == ([12, 13] if first == 0 else [11, 12]) and harvest[1 - first].tolist() == [0, 0]


def test_who_runs_out_of_either_good_dies_and_leaves_its_cell():
    state, harvest, spent = one_tick([0, 1], [0, 1 + WEST * 5], [11, 12], [[3, 9], [9, 9]], [[3, 1], [1, 1]], {11: (0, 2)})
    assert state["alive"][0].tolist() == [False, True] and state["pos"][0, 1] == 11
    assert state["stock"][0].tolist() == [[0, 0], [8, 8]]
    assert spent.tolist() == [[3, 11], [1, 1]] and harvest.tolist() == [[0, 2], [0, 0]]  # it ate, and lost all that it held
    state, _, spent = one_tick([0, 1], [0, 0], [11, 12], [[2, 9], [9, 9]], [[5, 1], [1, 1]])
    assert spent[0].tolist() == [2, 9] and state["stock"].min() >= 0  # it cannot burn what it does not have


# ---------------------------------------------------------------- the ground


def test_growback_up_to_the_capacity():
    world = make(world__growback=2)
    s = world.reset(key())
    bare = replace(s, ground=torch.zeros_like(s.ground), alive=torch.zeros_like(s.alive))
    still = torch.zeros_like(s.pos)
    for tick in (1, 2, 3):
        bare, _ = world.step(bare, {"move": still, "trade": still}, key())
        assert torch.equal(bare.ground[0], world.capacity.clamp(max=2 * tick))
    assert (s.ground == world.capacity).all()


def test_the_spice_map_is_the_sugar_map_mirrored():
    both = hills(50, 4).view(50, 50, 2)
    assert torch.equal(both[..., 0], both[..., 1].flip(1))
    assert both.unique().tolist() == [0, 1, 2, 3, 4] and both[10, 38, 0] == 4 and both[0, 0, 0] == 0
    assert hills(20, 7).max() == 7


def test_the_map_is_nearly_the_books():
    pytest.importorskip("mesa", reason="needs mesa")
    from society.studies._sugarscape import ground

    ours, theirs = hills(50, 4), ground()
    assert (ours == theirs).float().mean() > 0.93 and (ours - theirs).abs().max() == 1
    assert abs(float(ours.sum() / theirs.sum()) - 1) < 0.006


# ---------------------------------------------------------------- the world


def test_where_compiled_code_cannot_be_kept_it_is_compiled_all_the_same(monkeypatch):
    pytest.importorskip("numba", reason="needs numba: without it nothing is compiled")
    from numba.core import caching

    for kind in vars(caching).values():  # a read-only installation and a home that cannot be written to
        if hasattr(kind, "_locator_classes"):
            monkeypatch.setattr(kind, "_locator_classes", [])
    spec = importlib.util.spec_from_file_location("kept_nowhere", rules.__file__)
    kept_nowhere = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(kept_nowhere)
    assert kept_nowhere.COMPILED and kept_nowhere.substitution(2, 4, 1, 1) == rules.substitution(2, 4, 1, 1)


def test_interpreted_and_compiled_are_the_same_bit_for_bit(monkeypatch):
    pytest.importorskip("numba", reason="needs numba: without it there is nothing to compare")
    spec = importlib.util.spec_from_file_location("interpreted_rules", rules.__file__)
    plain = importlib.util.module_from_spec(spec)
    with monkeypatch.context() as hidden:
        hidden.setitem(sys.modules, "numba", None)
        spec.loader.exec_module(plain)
    assert rules.COMPILED and not plain.COMPILED
    for script in ("book", "random"):
        compiled, interpreted = make(world__replacement=True), make(world__replacement=True)
        interpreted.rules = plain
        for a, b in zip(play(compiled, script, 2, 12), play(interpreted, script, 2, 12), strict=True):
            for name, value in vars(a.after.state).items():
                assert torch.equal(value, getattr(b.after.state, name)), name
            for name, value in a.outcome.measures.items():
                assert torch.equal(value, b.outcome.measures[name]), name
            assert all(torch.equal(v, b.outcome.events["trades"][1][n]) for n, v in a.outcome.events["trades"][1].items())
    assert a.outcome.measures["harvest"].sum() > 0


def test_newcomers_take_the_seats_of_the_dead():
    world, born = make(world__replacement=True, world__endowment=[3, 8]), 0
    for tick in play(world, "random", count=20):
        before, after, dead = tick.worlds.state, tick.after.state, tick.outcome.terminated
        assert after.alive.all() and all(len(set(row.tolist())) == row.numel() for row in after.pos)
        assert torch.equal(after.life, before.life + dead) and torch.equal(tick.outcome.forget, dead)
        fresh = after.stock[dead]
        assert (fresh >= 3).all() and (fresh <= 8).all()
        flow = tick.outcome.created - tick.outcome.destroyed
        assert torch.equal((after.stock - before.stock).sum(1), flow.sum(1))
        born += int(dead.sum())
    assert born > 50


def test_newborns_land_on_every_free_cell_alike():
    alive, newborn = np.ones((1, 3), bool), np.array([[False, True, True]])
    counts, draw = np.zeros(4), np.random.default_rng(0)
    for _ in range(3000):
        pos = np.array([[2, 0, 0]])
        rules.settle(alive, pos, newborn, draw.integers(2**32, size=(1, 3)), 4)
        assert pos[0, 0] == 2 and len(set(pos[0].tolist())) == 3
        counts[pos[0, 1:]] += 1
    assert counts[2] == 0 and counts[[0, 1, 3]] == pytest.approx(2000, abs=110)


def test_the_reward_is_the_change_of_log_welfare():
    world = duo()
    s = placed(world, [0, 1], [[10, 41], [3, 12]], [[1, 1], [3, 1]], [1, 1])
    still = torch.zeros(1, 2, dtype=torch.long)
    _, out = world.step(s, {"move": still, "trade": still + 1}, key())
    whole = math.log(9 * 40) / 2 - math.log(10 * 41) / 2
    assert out.terminated.tolist() == [[False, True]]  # it burns its last sugar
    assert out.reward[0].tolist() == pytest.approx([whole, -(3 * math.log(3) + math.log(12)) / 4])


def test_without_replacement_the_dead_are_gone():
    world = make()
    lives = play(world, "book", count=40)
    alive = torch.stack([tick.worlds.state.alive for tick in lives])
    assert (alive[1:] <= alive[:-1]).all() and not alive[-1].all()
    last = lives[-1]
    assert torch.equal(last.seen.active, last.worlds.state.alive)
    gone = ~last.worlds.state.alive
    assert not last.worlds.state.stock[gone].any() and not last.seen.features[gone].any()
    assert not last.outcome.reward[gone].any() and torch.isnan(world.scene(last.worlds.state).x[gone]).all()


def test_what_is_seen_ahead():
    world = make("quick", world__seats=2, world__size=12)
    middle = 6 * 12 + 6
    s = placed(world, [middle, middle + 2], [[20, 10], [7, 7]], [[2, 4], [1, 1]], [3, 1], {middle - 12: (3, 1), middle: (1, 2)})
    seen = world.observe(s)
    field = {name: seen.features[0, 0, where] for name, where in world.spec.slices.items()}
    ray = field["ahead"].view(4, 5, 4)
    assert ray[..., 0].tolist() == [[1, 1, 1, 0, 0]] * 4  # as far as it sees
    assert ray[NORTH, 0].tolist() == [1, 0.75, 0.25, 0] and ray[EAST, 1].tolist() == [1, 0, 0, 1]
    assert ray[..., 1:].sum() == 2 and field["here"].tolist() == [0.25, 0.5]
    assert field["self"][2:].tolist() == pytest.approx([10 / 50, 2.5 / 50, 0.4, 0.8, 0.6, math.log(0.25) / 4])
    moves = world.spec.options["move"]
    legal = seen.mask[0, 0, moves][1:].view(4, 5)
    assert legal.tolist() == [[True] * 3 + [False] * 2] * 4
    corner = world.observe(replace(s, pos=torch.tensor([[0, middle]]))).mask[0, 0, moves][1:].view(4, 5)
    assert corner.any(1).tolist() == [False, True, True, False]


def test_the_books_agent_that_must_name_its_cell():
    world = make("quick", world__seats=2, world__size=12)
    middle = 6 * 12 + 6
    lies = {middle - 12: (2, 2), middle + 3: (3, 3), middle + 1: (3, 3)}
    s = placed(world, [middle, middle + 1], [[20, 10], [7, 7]], [[2, 4], [1, 1]], [3, 1], lies)
    move = world.scripts["book"].act(s, world.observe(s), key())["move"]
    assert move[0, 0] == 1 + EAST * 5 + 2  # the nearer cell of three is taken
    alone = replace(s, pos=torch.tensor([[middle, 0]]))
    assert world.scripts["book"].act(alone, world.observe(alone), key())["move"][0, 0] == 1 + EAST * 5


@pytest.mark.parametrize("preset", ["mesa", "book", "quick"])
def test_anchors_rule_m_feeds_and_rule_t_feeds_more(preset):
    worlds = {}
    for script in ("random", "autarky", "book"):
        world = make(preset, world__size=25, world__seats=50, world__replacement=False)
        worlds[script] = float(play(world, script, 8, 50)[-1].worlds.state.alive.float().mean())
    assert worlds["random"] + 0.1 < worlds["autarky"] < worlds["book"] - 0.03


def test_what_cannot_be_is_one_line():
    for wrong in ({"world.vision": [3, 2]}, {"world.seats": 144}):
        with pytest.raises(ConfigError) as error:
            build.settle(resolve("sugarscape", "quick", SMALL | wrong))
        assert "\n" not in str(error.value)
