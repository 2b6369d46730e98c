"""The bazaar's rules on hand-made states, its presets and its reference agents."""

import pytest
import torch

from society.config import ConfigError, resolve
from society.engine import build
from society.engine.rollout import Clock, Scripted, ticks
from society.world.scenario import replace
from society.world.worlds import Worlds

FORCE = {"contest.enabled": True, "contest.offered": True, "contest.take": 4}
PAIRS = {"world.goods": 4, "world.recipes": "pairs", "channel.symbols": 5, "world.density": 0.1}


def made(preset="quick", **world):
    return build.scenario(resolve("bazaar", preset, {name.replace("__", "."): value for name, value in world.items()}))


def begun(world, worlds=1):
    return Worlds.begin(world, 0, torch.arange(worlds))


def play(world, script, worlds=8, count=80):
    """Every tick of a script."""
    return list(
        ticks(begun(world, worlds), Scripted(world.scripts[script]), torch.zeros(worlds, world.spec.seats, 0), count, Clock())
    )


def total(played, measure, skip=0):
    return sum(int(tick.outcome.measures[measure].sum()) for tick in played[skip:])


def still(world):
    """The packed action of seats that do nothing."""
    return {name: torch.zeros(1, world.spec.seats, dtype=torch.long) for name in world.spec.heads}


@pytest.mark.parametrize(
    ("preset", "script", "eaten", "own", "visits", "deals", "places", "held"),
    [
        ("quick", "trader", 1773, 955, 1180, 556, 12167, 356),
        ("default", "random", 114, 278, 520, 18, 13595, 327),
        ("quick", "autarky", 310, 290, 1629, 0, 11585, 268),
        ("quick", "omniscient", 2050, 1082, 1274, 698, 11814, 401),
    ],
)
def test_the_first_presets_play_as_they_did_before_the_world_grew(preset, script, eaten, own, visits, deals, places, held):
    """Counts of 8 worlds and 80 ticks, taken from the version of the world that had none of the later rules."""
    played = play(made(preset), script)
    found = [total(played, name) for name in ("eaten", "visits_own", "visits_all", "deals")]
    assert found == [eaten, own, visits, deals]
    assert int(played[-1].after.state.pos.sum()) == places and int(played[-1].after.state.stock.sum()) == held


def test_a_meal_of_a_pair_needs_no_other_pair():
    world = made(**{k.replace(".", "__"): v for k, v in PAIRS.items()})
    stock = torch.tensor([[[1, 1, 0, 0], [1, 0, 1, 0], [2, 1, 1, 3], [0, 0, 5, 5]]])
    assert world._meals(stock).tolist() == [[[1, 0], [0, 0], [1, 1], [0, 1]]]
    assert made(world__goods=4)._meals(stock)[..., 0].tolist() == [[0, 0, 1, 0]]


def test_the_offers_are_told_as_the_options_of_the_head():
    """Of four goods in two pairs only swaps within a pair are offered, at each price; viewers read this from meta.json."""
    fields = PAIRS | {"market.prices": [[1, 1], [2, 1]]}
    world = made(**{k.replace(".", "__"): v for k, v in fields.items()})
    none, *rows = world.offers.tolist()
    swaps = [(0, 1), (1, 0), (2, 3), (3, 2)]
    assert none[0] < 0 and rows == [[a, b, x, 1] for a, b in swaps for x in (1, 2)]
    assert len(rows) + 1 == world.spec.heads["offer"].size
    assert build.scenario(resolve("lewis_game")).offers is None


def test_what_is_eaten_leaves_the_stock_and_is_the_reward():
    world = made(**{k.replace(".", "__"): v for k, v in PAIRS.items()}, world__regrowth=0.0)
    worlds = begun(world)
    bare = replace(worlds.state, ripe=torch.zeros_like(worlds.state.ripe), stock=torch.tensor([[[2, 1, 1, 3]] * 8]))
    after, outcome = world.step(bare, still(world), worlds.key)
    alive = ~outcome.terminated[0]
    assert (outcome.reward[0] == 2).all() and (after.stock[0, alive] == torch.tensor([1, 0, 0, 2])).all()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"world.goods": 3, "world.recipes": "pairs"}, "pairs"),
        ({"world.abundance": (1.0, 1.0, 1.0)}, "abundance"),
        ({"world.density": 0.25, "world.abundance": (4.0, 1.0)}, "cover"),
    ],
)
def test_rules_that_contradict_each_other_are_refused_in_one_line(fields, named):
    with pytest.raises(ConfigError, match=named) as error:
        resolve("bazaar", "quick", fields)
    assert "\n" not in str(error.value)


def test_goods_grow_as_abundantly_as_they_are_told():
    grows = begun(made(world__abundance=(0.5, 2.0)), 256).state.grows
    share = [float((grows == good).float().mean()) for good in (1, 2)]
    assert share == pytest.approx([0.04, 0.16], abs=0.004)  # more than six standard errors of 256 * 400 cells


def raid(guards, bystander, strikes, loot=1):
    """Seat 0 strikes at seat 1, which holds 6 of A; seat 2 stands `bystander` cells east of seat 1, the rest far away."""
    world = made("default", world__guards=guards, world__loot=loot, contest__take=4, world__view=1, market__enabled=False)
    worlds = begun(world)
    n, centre = world.spec.seats, world.torus.cells // 2
    pos = torch.arange(n)[None] * 3  # the top row, out of everybody's reach
    pos[0, :3] = centre + torch.tensor([-1, 0, bystander])
    stock = torch.zeros(1, n, 2, dtype=torch.long)
    stock[0, 1, 0] = 6
    quiet = replace(worlds.state, pos=pos, stock=stock, ripe=torch.zeros_like(worlds.state.ripe), age=torch.zeros(1, n).long())
    after, outcome = world.step(quiet, still(world) | {"strike": torch.tensor([strikes + [0] * (n - 3)])}, worlds.key)
    return after.stock[0, :3, 0].tolist(), outcome


def test_a_strike_takes_from_one_who_stands_alone_and_fails_beside_a_guard():
    assert raid(guards=0, bystander=1, strikes=[1, 0, 0])[0] == [4, 2, 0]  # nobody guards in such a world
    assert raid(guards=1, bystander=5, strikes=[1, 0, 0])[0] == [4, 2, 0]  # a guard too far away
    stock, outcome = raid(guards=1, bystander=1, strikes=[1, 0, 0])
    assert stock == [0, 6, 0] and outcome.reward[0, 0] == pytest.approx(-0.2)  # and is paid for all the same
    assert sum(raid(guards=1, bystander=1, strikes=[1, 0, 1])[0]) == 6  # who strikes does not guard: one of the two lands
    assert raid(guards=1, bystander=1, strikes=[1, 0, 1])[0][1] == 2


def test_loot_is_lost_in_part_and_the_books_say_so():
    for loot, kept in ((2, 2), (4, 1)):  # one unit in `loot` is kept, of four
        stock, outcome = raid(guards=0, bystander=5, strikes=[1, 0, 0], loot=loot)
        assert stock == [kept, 2, 0] and outcome.destroyed[0, 0].tolist() == [4 - kept, 0]
        assert int(outcome.events["contests"][1]["amount"][0, 0]) == 4


def test_where_the_voice_is_constant_silence_is_not_legal_and_every_other_option_is():
    world = made(world__voice="constant")
    mask = begun(world).observe().mask
    say = world.spec.options["say"].start
    assert (~mask).nonzero()[:, 2].unique().tolist() == [say]
    assert made().observe(begun(made()).state).mask is None
    for script in world.scripts.values():
        if script.summary != "every option alike":
            assert (script.act(begun(world).state, begun(world).observe(), begun(world).key)["say"] > 0).all()


def test_what_is_said_is_worth_more_than_that_something_is_said():
    """Welfare of the reference agents is ordered as their means are."""
    world = made()
    order = [total(play(world, name, 16, 60), "eaten", 20) for name in ("random", "autarky", "silent", "beacon", "trader")]
    assert order == sorted(order) and order[-1] > 1.05 * order[-2] > 1.2 * order[-3]


def test_raids_pay_the_raider_cost_the_society_and_fail_where_traders_stand_in_pairs():
    world = made("raiders")
    played = {name: play(world, name, 16, 80) for name in ("trader", "lone_raider", "raider", "raided_guards")}
    robbed = {name: total(each, "robbed", 20) for name, each in played.items()}
    assert robbed["trader"] == 0 and robbed["raided_guards"] < 0.7 * robbed["lone_raider"]
    assert total(played["raider"], "eaten", 20) < 0.9 * total(played["trader"], "eaten", 20)
    raided = sum(float(t.outcome.events["contests"][1]["amount"][:, 0].sum()) for t in played["lone_raider"])
    strikes = sum(float(t.turn.packed[:, 0, -1].sum()) for t in played["lone_raider"])
    assert raided / world.config.loot > world.parts.contest.config.cost * strikes  # units kept, each half a meal or more


@pytest.mark.parametrize("preset", ["full", "society", "scarcity", "raiders"])
def test_the_presets_are_worlds_whose_controls_can_be_grown(preset):
    config = resolve("bazaar", preset)
    world = build.scenario(config)
    assert {"say", "offer"} <= set(world.spec.heads) and ("strike" in world.spec.heads) == (preset == "raiders")
    assert set(config.evaluation.controls) <= {c.split("worth_over_")[-1].split(".")[0] for c in world.declared["primary"]}
    if preset == "scarcity":
        assert world.parts.market.offers == 7 and config.world.abundance[0] != config.world.abundance[1]


def test_random_play_does_what_is_legal_where_nobody_can_be_silent():
    world = made("full", world__seats=64)
    worlds = begun(world, 8)
    seen = worlds.observe()
    done = world.scripts["random"].act(worlds.state, seen, worlds.key)
    assert set(done["say"].unique().tolist()) == {1, 2}
    assert not worlds.step(world.spec.pack(done), seen)[1].illegal.any()
