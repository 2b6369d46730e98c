"""Each rule of the fruit market on states made by hand, then whole courses: conservation, twins, anchors."""

import pytest
import torch

from society import config as configs
from society.engine import build
from society.engine.rollout import Clock, Scripted, ticks
from society.keys import Keys
from society.world.scenario import replace
from society.world.worlds import Worlds

APPLE, BANANA = 0, 1
STAY, NORTH, SOUTH, EAST, WEST = range(5)
SMALL = {"world.apple_farmers": 1, "world.banana_farmers": 1, "world.size": 11}


def make(trade=True, **overrides):
    return build.scenario(build.settle(configs.resolve("fruit_market", "quick", overrides)), trade=trade)


def keys(worlds, tick=0):
    number = torch.arange(worlds)
    return Keys.at(0, number, torch.zeros_like(number), torch.zeros_like(number) + tick)


def scene(world, worlds=1, *, trees=(), pos=None, stock=None, **more):
    """A world with these (cell, kind) ripe trees alone, farmers at `pos` with `stock`."""
    s = world.reset(keys(worlds, -1))
    grows = torch.zeros_like(s.grows)
    for cell, kind in trees:
        grows[:, cell] = 1 + kind
    changed = {"grows": grows, "ripe": grows > 0}
    changed |= {} if pos is None else {"pos": torch.tensor(pos).expand(worlds, -1).clone()}
    changed |= {} if stock is None else {"stock": torch.tensor(stock).expand(worlds, -1, -1).clone()}
    return replace(s, **changed, **more)


def act(world, s, *, move=None, offer=None, eat=None, tick=0):
    """One tick in which every world's seats do this (default: nothing)."""
    n = s.pos.shape
    given = {"move": move, "offer": offer, "eat": eat}
    action = {name: torch.zeros(n, dtype=torch.long) + torch.tensor(0 if do is None else do) for name, do in given.items()}
    return world.step(s, action, keys(n[0], tick))


def offering(world, give, units, asked):
    """The number of the offer "units of give for asked of the other"."""
    return world.parts.market.table.tolist().index([give, 1 - give, units, asked])


# ---------------------------------------------------------------- harvest


def test_ones_own_tree_gives_two_at_once_and_is_bare_afterwards():
    world = make(**SMALL, **{"world.regrowth": 0.0})
    s, out = act(world, scene(world, trees=[(5, APPLE), (60, BANANA)], pos=[5, 60]))
    assert s.stock.tolist() == [[[2, 0], [0, 2]]] and out.created.tolist() == s.stock.tolist()
    assert not s.ripe.any()
    s, out = act(world, s, tick=1)
    assert s.stock.tolist() == [[[2, 0], [0, 2]]] and not out.created.any()


def test_the_other_kinds_tree_yields_four_times_in_a_hundred_and_stays_ripe_until_then():
    world = make(**SMALL)
    s = scene(world, 4000, trees=[(5, BANANA), (60, APPLE)], pos=[5, 60])
    after, out = act(world, s)
    got = out.created.sum(-1) > 0
    assert abs(float(got.double().mean()) - 0.04) < 4 * (0.04 * 0.96 / 8000) ** 0.5
    assert set(after.stock[got].sum(-1).tolist()) == {2}
    assert torch.equal(after.ripe[:, [5, 60]], ~got) or float((after.ripe[:, [5, 60]] != ~got).double().mean()) < 0.01  # regrown
    assert out.measures["visits_all"].all() and not out.measures["visits_own"].any()


def test_of_two_at_one_tree_one_gets_it_either_as_often():
    world = make(**SMALL | {"world.apple_farmers": 2})
    _, out = act(world, scene(world, 2000, trees=[(5, APPLE)], pos=[5, 5, 60]))
    got = out.created[:, :2, APPLE]
    assert (got.sum(1) == 2).all()
    assert abs(float((got[:, 0] > 0).double().mean()) - 0.5) < 4 * 0.5 / 2000**0.5


def test_a_rival_who_fails_does_not_stand_in_the_way():
    world = make(**SMALL, **{"world.other_chance": 0.0})
    _, out = act(world, scene(world, 200, trees=[(5, APPLE)], pos=[5, 5]))
    assert (out.created[:, 0, APPLE] == 2).all() and not out.created[:, 1].any()


def test_hands_hold_so_much():
    world = make(**SMALL, **{"world.capacity": 3, "world.regrowth": 0.0})
    trees = [(5, APPLE), (60, BANANA)]
    s, out = act(world, scene(world, trees=trees, pos=[5, 60], stock=[[2, 0], [0, 3]]))
    assert s.stock.tolist() == [[[3, 0], [0, 3]]] and out.created.sum() == 1
    assert s.ripe[0, 60] and not s.ripe[0, 5]  # full hands leave the tree alone


def test_bare_trees_regrow_with_the_given_probability_and_nothing_grows_elsewhere():
    world = make(**SMALL, **{"world.regrowth": 0.2})
    s = scene(world, 200, trees=[(c, c % 2) for c in range(60)], pos=[100, 101])
    s, _ = act(world, replace(s, ripe=torch.zeros_like(s.ripe)))
    assert abs(float(s.ripe[:, :60].double().mean()) - 0.2) < 4 * (0.16 / 12000) ** 0.5
    assert not s.ripe[:, 60:].any()


@pytest.mark.parametrize(("trees", "share", "apples", "bananas"), [(0.25, 0.5, 18, 18), (0.25, 0.2, 7, 29), (1.0, 0.0, 0, 144)])
def test_as_many_trees_of_each_kind_as_was_asked_for(trees, share, apples, bananas):
    world = make(**{"world.trees": trees, "world.apple_share": share})
    s = world.reset(keys(50))
    assert ((s.grows == 1).sum(1) == apples).all() and ((s.grows == 2).sum(1) == bananas).all()
    assert torch.equal(s.ripe, s.grows > 0) and len({tuple(g) for g in s.grows.tolist()}) == (1 if trees == 1 else 50)


# ---------------------------------------------------------------- trade


@pytest.mark.parametrize(("distance", "deal"), [(4, True), (5, False)])
def test_offers_clear_within_four_cells(distance, deal):
    world = make(**SMALL)
    s = scene(world, pos=[0, distance * 11 + distance], stock=[[3, 0], [0, 3]])
    s, out = act(world, s, offer=[offering(world, APPLE, 3, 1), offering(world, BANANA, 1, 3)])
    assert s.stock.tolist() == ([[[0, 1], [3, 2]]] if deal else [[[3, 0], [0, 3]]])
    mask, row = out.events["trades"]
    assert mask.tolist() == [[deal, False]]  # one row a deal, the lower seat's
    if deal:
        assert [int(row[c][0, 0]) for c in ("partner", "gave", "gave_amount", "got", "got_amount")] == [1, APPLE, 3, BANANA, 1]


def test_without_a_market_offers_do_nothing():
    world = make(trade=False, **SMALL)
    s = scene(world, pos=[0, 1], stock=[[3, 0], [0, 3]])
    after, out = act(world, s, offer=[offering(world, APPLE, 1, 1), offering(world, BANANA, 1, 1)])
    assert torch.equal(after.stock, s.stock) and not out.events["trades"][0].any() and not out.measures["deals"].any()


def test_what_was_bought_can_be_eaten_in_the_same_tick():
    world = make(**SMALL)
    s = scene(world, pos=[0, 1], stock=[[1, 0], [0, 1]])
    offers = [offering(world, APPLE, 1, 1), offering(world, BANANA, 1, 1)]
    s, out = act(world, s, offer=offers, eat=[1 + BANANA, 1 + APPLE])
    assert not s.stock.any() and out.reward.tolist() == [[8.0, 8.0]]


# ---------------------------------------------------------------- eating, hunger, transport


@pytest.mark.parametrize(("eat", "reward", "left"), [
    (0, [0, 0], [[2, 2], [2, 2]]), (1 + APPLE, [1, 8], [[1, 2], [1, 2]]), (1 + BANANA, [8, 1], [[2, 1], [2, 1]]),
])  # fmt: skip
def test_the_fruit_one_does_not_grow_is_worth_eight(eat, reward, left):
    world = make(**SMALL)
    s, out = act(world, scene(world, pos=[0, 1], stock=[[2, 2], [2, 2]]), eat=[eat, eat])
    assert out.reward.tolist() == [reward] and s.stock.tolist() == [left]
    assert out.destroyed.sum() == (2 if eat else 0) and torch.equal(out.measures["enjoyed"], out.reward)
    assert out.measures["favourites"].tolist() == [[one == 8 for one in reward]]


def test_who_has_nothing_eats_nothing_and_grows_hungry_after_fifty_ticks():
    world = make(**SMALL, **{"world.hunger_cost": 0.5})
    s, rewards = scene(world, pos=[0, 1], stock=[[0, 0], [0, 1]]), []
    for tick in range(60):
        s, out = act(world, s, eat=[1 + APPLE, 1 + BANANA if tick == 20 else 0], tick=tick)
        rewards.append(out.reward[0].tolist())
    mine, theirs = zip(*rewards, strict=True)
    assert mine == (0.0,) * 50 + (-0.5,) * 10
    assert theirs == (0.0,) * 20 + (1.0,) + (0.0,) * 39 and s.fasting.tolist() == [[60, 39]]


def test_walking_costs_by_what_is_carried_and_standing_does_not():
    world = make(**SMALL, **{"world.carry_cost": 0.25})
    start = scene(world, pos=[12, 60], stock=[[3, 1], [2, 0]])
    s, out = act(world, start, move=[EAST, STAY])
    assert out.reward.tolist() == [[-1.0, 0.0]] and s.pos.tolist() == [[13, 60]]
    s, out = act(world, replace(start, stock=torch.zeros_like(start.stock)), move=[NORTH, WEST])
    assert out.reward.tolist() == [[0.0, 0.0]] and s.pos.tolist() == [[1, 59]]


# ---------------------------------------------------------------- what is seen


def test_offers_are_seen_by_those_in_reach_if_they_can_be_kept():
    world = make(**SMALL | {"world.banana_farmers": 2})
    one, two = offering(world, BANANA, 1, 1), offering(world, BANANA, 3, 1)
    s = scene(world, pos=[0, 4, 60], stock=[[1, 0], [0, 2], [0, 3]], offer=torch.tensor([[0, one, two]]))
    where = world.spec.slices["offers"]
    seen = world.observe(s).features[0, :, where] * world.spec.seats
    assert seen[0].tolist() == [float(k == one) for k in range(19)]
    s = replace(s, offer=torch.tensor([[0, two, two]]))  # three offered, two held
    assert world.observe(s).features[0, 0, where].tolist() == pytest.approx([1 / 3] + [0.0] * 18)
    far = replace(s, pos=torch.tensor([[0, 5, 60]]))
    assert not world.observe(far).features[0, 0, where].any()


def test_trees_are_seen_where_they_stand_while_they_are_ripe():
    world = make(**SMALL, **{"world.view": 2})
    s = scene(world, trees=[(60, APPLE), (60 - 2 * 11 + 1, BANANA), (60 + 3, APPLE)], pos=[60, 0])
    seen = world.observe(s).features[0, 0, world.spec.slices["trees"]].view(5, 5, 2)
    assert seen.nonzero().tolist() == [[0, 3, BANANA], [2, 2, APPLE]]
    assert not world.observe(replace(s, ripe=torch.zeros_like(s.ripe))).features[0, 0, world.spec.slices["trees"]].any()


# ---------------------------------------------------------------- whole courses


def played(world, script, worlds=32, count=120):
    begun = Worlds.begin(world, 3, torch.arange(worlds))
    actor = Scripted(world.scripts[script])
    return list(ticks(begun, actor, actor.blank(begun), count, Clock()))


def welfare(course):
    return 100 * float(torch.stack([t.outcome.measures["enjoyed"] for t in course]).mean())


@pytest.mark.parametrize("trade", [True, False])
def test_fruit_is_conserved_and_deals_swap_what_they_say(trade):
    deals = 0
    for tick in played(make(trade=trade), "random"):
        before, after, out = tick.worlds.state.stock, tick.after.state.stock, tick.outcome
        traded = after - before - out.created + out.destroyed
        told = torch.zeros_like(traded)
        mask, row = out.events["trades"]
        for w, n in mask.nonzero().tolist():
            partner, gave, paid, got, taken = (int(row[c][w, n]) for c in ("partner", "gave", "gave_amount", "got", "got_amount"))
            for seat, good, units in ((n, gave, -paid), (n, got, taken), (partner, gave, paid), (partner, got, -taken)):
                told[w, seat, good] += units
            deals += 1
        assert torch.equal(traded, told) and (after >= 0).all()
    assert (deals > 20) == trade


def test_anchors_are_in_order():
    found = {script: welfare(played(make(), script)) for script in ("random", "autarky", "trader")}
    assert 10 < found["random"] < found["autarky"] < 40 and found["trader"] > 5 * found["autarky"]
    assert welfare(played(make(trade=False), "trader")) < found["autarky"]  # who counts on others starves without them
    alone = played(make(), "autarky")
    assert not torch.stack([t.outcome.measures["deals"] for t in alone]).any()


def test_one_kind_of_farmer_may_outnumber_the_other():
    world = make(**{"world.apple_farmers": 6, "world.banana_farmers": 1})
    assert world.spec.seat_roles == (0,) * 6 + (1,) and world.kind.tolist() == [0] * 6 + [1]
    assert welfare(played(world, "trader")) > 0
