"""The double auction's rules on hand-made states, its schedules against the economics module, its books kept exactly."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from society.scenarios.double_auction_schedules import draw, equilibrium

from society import config as configs
from society.analysis import economy
from society.engine import build
from society.engine.rollout import Clock, Scripted, ticks
from society.keys import Keys
from society.world.worlds import Worlds

# three buyers, three sellers; the third unit of each side is not worth dealing: equilibrium 40..60, surplus 90
SMALL = {
    "world.values": (90, 70, 30), "world.costs": (20, 50, 80), "world.prices": 10, "world.step": 10,
    "world.schedules": "given", "world.periods": 2, "world.ticks": 5, "world.shock_period": 0, "world.arrivals": 0,
}  # fmt: skip
UP = {"world.prices": 20, "world.shock_period": 1, "world.shock": 50}


def make(trade=True, **overrides):
    given = {f"world.{name}": value for name, value in overrides.items()}
    config = configs.resolve("double_auction", overrides=SMALL | {"market.enabled": trade} | given)
    return build.scenario(build.settle(config))


def begin(game, worlds=1, seed=0):
    return Worlds.begin(game, seed, torch.arange(worlds))


def step(worlds, order):
    """One tick in which all worlds send these options; the worlds before their reset if one was due."""
    packed = torch.tensor(order).expand(len(worlds.world), -1)[..., None]
    after, outcome, ended = worlds.step(packed, worlds.observe())
    return ended or after, outcome


def play(game, script, worlds=64, count=None, seed=0):
    now, actor = begin(game, worlds, seed), Scripted(game.scripts[script])
    return list(ticks(now, actor, actor.blank(now), count or game.spec.episode, Clock()))


def total(played, name):
    return float(sum(tick.outcome.measures[name].double().sum() for tick in played))


# ---------------------------------------------------------------- schedules


def test_the_equilibrium_is_that_of_the_economics_module():
    rng = np.random.default_rng(0)
    for _ in range(200):
        buyers, sellers = rng.integers(1, 6, 2)
        limits = rng.integers(1, rng.integers(2, 21), (5, buyers + sellers))
        price, most = equilibrium(torch.tensor(limits)[..., None], int(buyers), 20)
        for w in range(5):
            known = economy.equilibrium(limits[w, :buyers], limits[w, buyers:])
            low, high = max(known.low, 0), min(known.high, 21)
            assert float(price[w]) == (low + high) / 2 and int(most[w]) == known.surplus


def test_drawn_schedules_differ_and_stay_on_the_price_range():
    key = Keys.at(3, torch.arange(200), torch.zeros(200).long(), torch.zeros(200).long() - 1)
    limits = draw(key, "x", 4, 6, 2, 100)
    assert limits.shape == (200, 10, 2) and int(limits.min()) >= 1 and int(limits.max()) <= 100
    values, costs = limits[:, :4].transpose(1, 2).flatten(1), limits[:, 4:].transpose(1, 2).flatten(1)
    assert (values.diff(dim=1) <= 0).all() and (costs.diff(dim=1) >= 0).all()  # unit u of seat b at place u * seats + b
    price, most = equilibrium(limits, 4, 100)
    assert price.std() > 8 and (most > 0).float().mean() > 0.95
    assert not torch.equal(limits, draw(key, "y", 4, 6, 2, 100))


def test_a_given_schedule_with_several_units():
    game = make(values=(90, 80, 70, 60), costs=(20, 50), units=2)
    assert game.given.tolist() == [[90, 70], [80, 60], [20, 50]] and game.spec.seats == 3


def test_the_shock_comes_with_its_period():
    game = make(**{k.removeprefix("world."): v for k, v in UP.items()})
    now = begin(game, 2)
    for t in range(9):
        limit = now.state.limit[..., 0].tolist()
        assert limit[0] == ([90, 70, 30, 20, 50, 80] if t < 5 else [140, 120, 80, 70, 100, 130])
        now, outcome = step(now, [0] * 6)
        known = outcome.events["trades"][1]
        assert known["equilibrium"][0, 0] == (60 if t < 5 else 110) and known["shocked"][0, 0] == int(t >= 5)
    drawn = make(schedules="drawn", shock_period=1)
    state = begin(drawn, 8).state
    assert not torch.equal(state.limit, state.later)


# ---------------------------------------------------------------- a deal


def test_a_deal_pays_the_standing_price_and_earns_the_rest():
    now = begin(make())
    now, outcome = step(now, [7, 0, 0, 0, 0, 0])  # the first buyer bids 70 and waits
    assert not outcome.reward.any() and now.state.purse[0, 0].tolist() == [30, 0]
    now, outcome = step(now, [0, 0, 0, 4, 0, 0])  # the first seller would take 40 and gets 70
    assert outcome.measures["surplus"].tolist() == [[20, 0, 0, 50, 0, 0]]
    assert outcome.reward.tolist() == [[pytest.approx(2.0), 0, 0, pytest.approx(5.0), 0, 0]]  # 10 for the whole range of 100
    assert now.state.purse[0, 0].tolist() == [30, 1] and now.state.purse[0, 3].tolist() == [70, 0]
    mask, row = outcome.events["trades"]
    assert mask.tolist() == [[True] + [False] * 5]
    told = {name: column[0, 0].item() for name, column in row.items()}
    assert told == {
        "partner": 3, "gave": 0, "gave_amount": 70, "got": 1, "got_amount": 1, "value": 90, "cost": 20, "period": 0,
        "shocked": 0, "equilibrium": 60,
    }  # fmt: skip
    assert not now.observe().active[0, [0, 3]].any() and now.observe().active[0, [1, 2, 4, 5]].all()


def test_periods_are_numbered_on_through_the_episodes():
    now, told = begin(make()), []
    for _ in range(15):  # periods of five ticks, two to an episode
        now, outcome, _ = now.step(torch.zeros(1, 6, 1, dtype=torch.long), now.observe())
        told.append(int(outcome.events["trades"][1]["period"][0, 0]))
    assert told == [0] * 5 + [1] * 5 + [2] * 5


def test_efficiency_is_the_surplus_over_the_most_of_the_episode():
    now, seen = begin(make()), 0.0
    for t in range(10):
        now, outcome = step(now, [9, 7, 0, 2, 5, 0] if t in (1, 6) else [0] * 6)
        seen += float(outcome.measures["efficiency"].mean())
    assert seen == pytest.approx(1.0)  # both profitable pairs dealt, whoever with whom: 160 - 70 of 90, twice


def test_nobody_can_order_at_a_loss_unless_unconstrained():
    mask = begin(make()).observe().mask[0]
    assert [int(m[1:-1].sum()) for m in mask] == [9, 7, 3, 9, 6, 3] and mask[3, 2] and not mask[3, 1] and not mask[0, 10]
    assert begin(make(constrained=False)).observe().mask[0, :, 1:-1].all()
    for script in ("random", "zero_intelligence", "truthful"):
        assert all((tick.outcome.measures["surplus"] >= 0).all() for tick in play(make(), script))
    assert "unconstrained" not in make().scripts
    assert any((tick.outcome.measures["surplus"] < 0).any() for tick in play(make(constrained=False), "unconstrained"))


def test_an_order_can_be_withdrawn_and_only_one_that_stands():
    now = begin(make())
    assert not now.observe().mask[0, :, 11].any()
    now, _ = step(now, [7, 0, 0, 0, 0, 0])
    assert now.observe().mask[0, :, 11].tolist() == [True] + [False] * 5
    now, _ = step(now, [11, 0, 0, 0, 0, 0])
    assert not now.state.orders.price.any() and now.state.purse[0, 0, 0] == 100


def test_only_those_drawn_can_send():
    for tick in play(make(arrivals=2, ticks=50), "zero_intelligence", worlds=20):
        assert (tick.seen.active.sum(1) <= 2).all()
        assert (tick.turn.packed[..., 0] * ~tick.seen.active == 0).all()


# ---------------------------------------------------------------- periods, goods


def test_a_period_ends_with_its_orders_goods_and_counts():
    game = make()
    now = begin(game)
    now, _ = step(now, [7, 0, 0, 4, 0, 0])
    for _ in range(3):
        now, outcome = step(now, [0, 3, 0, 0, 0, 0])
        assert outcome.terminated is None or not outcome.terminated.any()
    price = int(now.state.last)
    now, outcome = step(now, [0, 0, 0, 0, 0, 0])
    assert outcome.terminated.all() and not now.state.dealt.any() and not now.state.orders.price.any()
    assert now.state.purse.tolist() == [[[100, 0]] * 3 + [[0, 1]] * 3]
    assert float(now.state.before) == price in (40, 70) and int(now.state.last) == price and not now.state.deals.any()
    assert int(outcome.destroyed[..., 0].sum()) == 300 == int(outcome.created[..., 0].sum())


@pytest.mark.parametrize("units", [1, 2])
def test_coins_and_units_are_conserved(units):
    limits = {"values": (90, 70, 30, 40) * units, "costs": (20, 50, 80) * units, "units": units}
    game, deals = make(**limits, expiry=2, constrained=False), 0
    for tick in play(game, "unconstrained", worlds=100, count=30, seed=units):
        before, after = game.stock(tick.worlds.state), game.stock((tick.ended or tick.after).state)
        made = tick.outcome.created - tick.outcome.destroyed
        assert torch.equal((after - before).sum(1), made.sum(1)) and int(tick.after.state.purse.min()) >= 0
        deals += int(tick.outcome.measures["deals"].sum())
    assert deals > 500


def test_nothing_is_dealt_without_a_market():
    assert total(play(make(trade=False), "truthful"), "deals") == 0 < total(play(make(), "truthful"), "deals")


# ---------------------------------------------------------------- what is seen


def test_what_a_seat_sees():
    game = make()
    now, _ = step(begin(game), [7, 0, 0, 4, 0, 0])
    price = int(now.state.last)
    now, _ = step(now, [0, 3, 0, 0, 8, 0])
    seen, where = now.observe().features[0], game.spec.slices

    def scaled(p):
        return p / 50 - 1

    assert seen[1, where["side"]].tolist() == [1, 0] and seen[4, where["side"]].tolist() == [0, 1]
    assert seen[1, where["limit"]].tolist() == pytest.approx([scaled(70), 0])
    assert seen[4, where["limit"]].tolist() == pytest.approx([0, scaled(50)])
    assert seen[1, where["order"]].tolist() == pytest.approx([scaled(30), 1]) and seen[5, where["order"]].tolist() == [0, 0]
    assert seen[2, where["book"]].tolist() == pytest.approx([scaled(30), 1, scaled(80), 1, 1 / 3, 1 / 3])
    assert seen[2, where["tape"]].tolist() == pytest.approx([scaled(price), 1, scaled(price), 1, 0, 0])
    assert seen[2, where["time"]].tolist() == pytest.approx([0.6, 0.36, 1 / 3]) and not seen[:, where["missed"]].any()
    for _ in range(3):
        now, _ = step(now, [0] * 6)
    missed = now.observe().features[0, :, where["missed"]]
    assert missed[:, 0].tolist() == [0, 1, 1, 0, 1, 1]


def test_nobody_sees_anothers_limit():
    one, two = begin(make()), begin(make(values=(90, 70, 40)))
    same = (one.observe().features == two.observe().features).all(-1)[0]
    assert same.tolist() == [True, True, False, True, True, True]


# ---------------------------------------------------------------- anchors


def test_unconstrained_traders_to_exhaustion_earn_exactly_the_sum():
    """Gode & Sunder's ZI-U: everybody deals in the end, so the surplus is sum of values less sum of costs."""
    played = play(make(constrained=False, ticks=200, periods=1), "unconstrained", worlds=50)
    assert total(played, "deals") == 150 and total(played, "surplus") == 50 * (190 - 150)
    assert total(played, "efficiency") / 6 / 50 == pytest.approx(40 / 90)


def test_constrained_traders_get_most_of_it():
    played = play(make(ticks=60, periods=1), "zero_intelligence", worlds=300)
    assert 0.9 < total(played, "efficiency") / 6 / 300 < 1


def test_what_cannot_be():
    with pytest.raises(configs.ConfigError, match="no multiple of units = 2"):
        make(units=2)
    with pytest.raises(configs.ConfigError, match=r"must lie in 1\.\.100"):
        make(shock_period=1, shock=20)
    assert replace(make().spec).episode == 10


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"world.prices": 400, "world.step": 1000}, "prices x step = 400000"),
        ({"world.expiry": 10_000, "world.values": (9,) * 4096, "world.costs": (9,) * 4096}, "expiry = 10000"),
    ],
)
def test_a_book_that_cannot_be_is_refused_by_the_fields_that_make_it_so(fields, named):
    with pytest.raises(ValueError, match=named):
        build.scenario(build.settle(configs.resolve("double_auction", overrides=fields)))
