"""Births and deaths in PettingZoo environments: fixed seats, and agents that come and go under fresh names."""

import warnings
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from pettingzoo_small import small, small_aec

with warnings.catch_warnings():  # the library's tests open one of its own games in its old way
    warnings.filterwarnings("ignore", "The old environment creation API", DeprecationWarning)
    from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test

MORTAL = {
    "bazaar": {"world__life": 6},  # reborn in the seat
    # starved; a newcomer takes the seat
    "sugarscape": {"world__endowment": (1, 9), "world__replacement": True, "world__episode": 25},
    "double_auction": {},  # a period is a life
}
STARVING = {"world__endowment": (1, 6), "world__replacement": False, "world__episode": 25}
LIVES = [(name, fields) for name, fields in MORTAL.items()] + [("sugarscape", STARVING)]


def seat(agent):
    return agent.partition("_life_")[0]


def features(view):
    return view["observation"] if isinstance(view, dict) else view


def drawn(made, seen, tick):
    """Legal actions that depend on the seat and the tick alone, as far as the mask lets them."""
    actions = {}
    for agent in made.agents:
        made.action_space(agent).seed(1000 * tick + made.unwrapped._lives.names.index(seat(agent)))
        view = seen[agent]
        actions[agent] = made.action_space(agent).sample(view["action_mask"] if isinstance(view, dict) else None)
    return actions


def course(made, seed=4):
    """What is told from the reset to the end, as (agents after, observations, rewards, ends, cuts, infos)."""
    seen, infos = made.reset(seed=seed)
    told = [(made.agents[:], seen, {}, {}, {}, infos)]
    while made.agents:
        step = made.step(drawn(made, told[-1][1], len(told)))
        told.append((made.agents[:], *step))
    return told


def returns(told):
    total = Counter()
    for _, _, rewards, *_ in told:
        for agent, reward in rewards.items():
            total[seat(agent)] += reward
    return total


@pytest.mark.parametrize("name", MORTAL)
def test_each_life_is_an_agent_under_a_fresh_name(name):
    made = small(name, lifecycle="open", **MORTAL[name])
    assert not hasattr(made, "possible_agents")
    there, gone, births = set(made.unwrapped._lives.names), set(), Counter()
    for agents, seen, rewards, ends, cuts, infos in course(made)[1:]:
        assert seen.keys() == rewards.keys() == ends.keys() == cuts.keys() == infos.keys()
        born = seen.keys() - there
        assert not born & gone and there <= seen.keys()
        births.update(seat(agent) for agent in born)
        assert all(agent == f"{seat(agent)}_life_{births[seat(agent)]}" for agent in born)
        assert all(rewards[agent] == 0 and infos[agent]["alive"] for agent in born)
        leaving = {agent for agent in seen if ends[agent] or cuts[agent]}
        for agent in leaving - {agent for agent in seen if cuts[agent]}:
            assert not infos[agent]["alive"] and agent not in agents
            assert not features(seen[agent]).any()  # nothing of what the next one in the seat sees
        assert all(features(seen[agent]).any() for agent in born)
        gone |= leaving
        there = (there | born) - leaving
        assert set(agents) == there and len({seat(agent) for agent in agents}) == len(agents)
    assert births.total() > 5
    lives = made.session.scenario.life(made.worlds.state)
    if lives is not None:  # the world's own count of lives; births at the last tick enter the next episode
        at_the_end = {seat(agent) for agent in seen if ends[agent] and infos[agent]["life_ended"]}
        names = made.unwrapped._lives.names
        assert [births[one] + (one in at_the_end) for one in names] == lives[0].tolist()


@pytest.mark.parametrize("name, fields", LIVES)
def test_the_return_of_a_seat_is_the_same_under_both(name, fields):
    fixed, opened = (course(small(name, lifecycle=kind, **fields)) for kind in ("fixed", "open"))
    assert returns(fixed) == pytest.approx(returns(opened))
    assert any(returns(fixed).values())


@pytest.mark.parametrize("name", MORTAL)
def test_seats_stay_where_they_are_fixed(name):
    made = small(name, **MORTAL[name])
    told = course(made)
    ended = 0
    for agents, seen, rewards, ends, cuts, infos in told[1:-1]:
        assert agents == list(seen) == list(rewards) == made.possible_agents
        assert not any(ends.values()) and not any(cuts.values())
        ended += sum(info["life_ended"] for info in infos.values())
        assert all(info["alive"] for info in infos.values())  # reborn at the same tick
    assert ended > 5
    *_, ends, cuts, _ = told[-1]
    assert all(ends[agent] != cuts[agent] for agent in made.possible_agents)


def test_the_dead_stay_masked_where_they_are_fixed():
    made = small("sugarscape", **STARVING)
    told = course(made)
    dead = set()
    for _, seen, rewards, _, _, infos in told[1:]:
        for agent in dead:
            assert not infos[agent]["alive"] and not infos[agent]["active"] and rewards[agent] == 0
            assert [part.tolist()[0] for part in seen[agent]["action_mask"]] == [1, 1]
            assert sum(part.sum() for part in seen[agent]["action_mask"]) == 2  # the no-op of either head
        dead |= {agent for agent, info in infos.items() if info["life_ended"]}
        assert {agent for agent, info in infos.items() if not info["alive"]} == dead
    assert 3 < len(dead) < len(made.possible_agents)
    *_, ends, cuts, _ = told[-1]
    assert {agent for agent in ends if ends[agent]} == dead  # at the cut nothing is to come for them
    assert {agent for agent in cuts if cuts[agent]} == set(made.possible_agents) - dead


def test_the_dead_earn_nothing_even_where_the_world_pays_all(monkeypatch):
    made = small("sugarscape", **STARVING)
    step = made.session.step

    def generous(packed):
        moment = step(packed)
        return replace(moment, reward=moment.reward + 1000)

    monkeypatch.setattr(made.session, "step", generous)
    dead = set()
    for _, _, rewards, _, _, infos in course(made)[1:]:
        assert {agent for agent, reward in rewards.items() if reward == 0} == dead
        dead |= {agent for agent, info in infos.items() if info["life_ended"]}
    assert dead


@pytest.mark.parametrize("kind", ["fixed", "open"])
def test_nobody_acts_after_death(kind):
    """Whatever is asked for the dead, the course is the same."""
    quiet, loud = (small("sugarscape", lifecycle=kind, **STARVING) for _ in range(2))
    seen = [made.reset(seed=4)[0] for made in (quiet, loud)]
    spoken = 0
    for tick in range(1, 26):
        acts = drawn(quiet, seen[0], tick)
        alive = {agent for agent in quiet.agents if quiet.unwrapped._lives.dead[quiet.unwrapped._lives.seat[agent]] == 0}
        dead = set(quiet.unwrapped._lives.names) - alive
        spoken += len(dead)
        told = [made.step(acts | {agent: [3, 1] for agent in dead if made is loud}) for made in (quiet, loud)]
        assert told[0][1] == told[1][1] and np.array_equal(quiet.state(), loud.state())
        seen = [one[0] for one in told]
    assert spoken > 20


def test_where_the_dead_are_not_replaced_the_agents_become_fewer():
    barren = {"world__endowment": (1, 1), "world__growback": 0, "world__peak": 1, "world__replacement": False}
    barren["world__episode"] = 40
    made = small("sugarscape", lifecycle="open", **barren)
    told = course(made)
    crowd = [len(agents) for agents, *_ in told]
    assert crowd == sorted(crowd, reverse=True) and crowd[0] == 12 and crowd[-1] == 0
    assert len(told) < 41  # all are dead before the world's time is up
    assert made.step({}) == ({}, {}, {}, {}, {})
    made.reset()
    assert len(made.agents) == 12 and int(made.worlds.episode) == 1


@pytest.mark.parametrize("name", ["clean_up", "commons_harvest"])
def test_who_is_sent_out_for_a_while_is_not_dead(name):
    made = small(name, lifecycle="open", world__episode=60)
    away = 0
    for agents, seen, _, _, _, infos in course(made)[:-1]:
        assert agents == list(made.unwrapped._lives.names)
        for agent in agents:
            assert infos[agent]["alive"] and not infos[agent]["life_ended"]
            if not infos[agent]["active"]:
                away += 1
                assert seen[agent]["action_mask"].tolist() == [1] + [0] * (len(seen[agent]["action_mask"]) - 1)
    assert away > 0


ADVICE = ("This environment does not have possible_agents", "No agents present", "Observation", "Agent's m", "Action space")


@pytest.mark.parametrize("name, fields", LIVES)
def test_the_library_finds_no_fault_with_agents_that_come_and_go(name, fields):
    with warnings.catch_warnings():
        for advice in ADVICE:
            warnings.filterwarnings("ignore", advice)
        parallel_api_test(small(name, lifecycle="open", **fields), num_cycles=50)
        parallel_seed_test(lambda: small(name, lifecycle="open", **fields), num_cycles=5)
        api_test(small_aec(name, lifecycle="open", **fields), num_cycles=200)
