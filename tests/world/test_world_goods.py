"""Change of stock = created - destroyed, exactly, through trade, strikes, births and deaths."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from society.config import resolve
from society.engine import build
from society.world.worlds import Worlds

WORLDS, TICKS = 50, 40
FIELDS = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10**6),
        "world.seats": st.integers(2, 12),
        "world.size": st.integers(3, 9),
        "world.goods": st.integers(2, 4),
        "world.layout": st.sampled_from(["scattered", "patches"]),
        "world.density": st.floats(0.05, 0.25),
        "world.capacity": st.integers(1, 30),
        "world.own_yield": st.integers(0, 40),
        "world.life": st.sampled_from([0, 1, 7, 30]),
        "world.episode": st.sampled_from([1, 13, 512]),
        "market.reach": st.integers(0, 4),
        "market.rounds": st.integers(1, 4),
        "market.lots": st.integers(1, 9),
        "market.prices": st.sampled_from([((1, 1),), ((1, 1), (2, 1), (1, 2)), ((3, 2), (2, 3), (7, 1))]),
        "contest.reach": st.integers(0, 4),
        "contest.take": st.integers(0, 40),
    }
)
USUAL = {"contest.enabled": True, "contest.offered": True}


def keep_books(overrides, worlds, ticks):
    """Play and check every tick; returns how many deals, blows and deaths there were."""
    made = build.scenario(build.settle(resolve("bazaar", overrides=USUAL | overrides)))
    now = Worlds.begin(made, overrides["seed"], torch.arange(worlds))
    scripts = [script.act for script in made.scripts.values()]
    seen_events = torch.zeros(3, dtype=torch.long)
    for t in range(ticks):
        seen, key, spec = now.observe(), now.key, made.spec
        action = scripts[t // 4 % len(scripts)](now.state, seen, key)
        action["strike"] = key.bernoulli("test.strike", 0.3, spec.seats).long()
        wild, which = (
            key.bernoulli("test.wild", 0.5, spec.seats),
            key.integers("test.which", made.parts.market.offers, spec.seats),
        )
        action["offer"] = torch.where(wild, which, action["offer"])
        before = made.stock(now.state)
        now, outcome, ended = now.step(spec.pack(action), seen)
        after = made.stock((ended or now).state)
        assert torch.equal((after - before).sum(1), (outcome.created - outcome.destroyed).sum(1))
        assert not outcome.created.is_floating_point() and not after.is_floating_point()
        assert int(outcome.created.min()) >= 0 and int(outcome.destroyed.min()) >= 0
        assert int(after.min()) >= 0 and int(after.max()) <= made.config.capacity
        rows = [outcome.events["trades"][0].sum(), (outcome.events["contests"][1]["amount"] > 0).sum(), outcome.terminated.sum()]
        seen_events += torch.stack(rows)
    return seen_events


@settings(max_examples=10, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(FIELDS)
def test_no_unit_is_lost_in_twenty_thousand_ticks(overrides):
    keep_books(overrides, WORLDS, TICKS)


def test_the_books_are_not_empty():
    """The balance above would also hold in a world where nothing happens."""
    deals, blows, deaths = keep_books({"seed": 1, "world.size": 6, "world.life": 20}, WORLDS, TICKS)
    assert deals > 100 and blows > 100 and deaths > 100


@pytest.mark.soak
@settings(max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(FIELDS)
def test_no_unit_is_lost_in_a_million_ticks(overrides):
    keep_books(overrides, WORLDS, TICKS)
