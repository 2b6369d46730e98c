"""Courses of PettingZoo environments: two of one seed are alike in all that they tell, and are the engine's own."""

from functools import cache

import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import data_equivalence
from pettingzoo_small import SCENARIOS, quick, small

from society.bridges.session import settled
from society.engine import build
from society.world.worlds import Worlds, legalise

RULES_ALONE = {"bargaining", "matrix_game"}  # nothing is drawn in their quick presets


def drawn(made, seen):
    masks = {agent: view["action_mask"] if isinstance(view, dict) else None for agent, view in seen.items()}
    return {agent: made.action_space(agent).sample(masks[agent]) for agent in made.agents}


def episode(made, told, script=None):
    """Play to the end from what a reset told, drawing actions or by a script of them; all that was told, and the actions."""
    course, acts = [told], []
    while made.agents and (script is None or len(acts) < len(script)):
        acts.append(script[len(acts)] if script else drawn(made, course[-1][0]))
        course.append(made.step(acts[-1]))
    return course, acts


@cache
def played(name):
    """Two episodes of seed 5 under random legal actions: the tellings and the actions of each."""
    made = small(name)
    for number, agent in enumerate(made.possible_agents):
        made.action_space(agent).seed(number)
    return episode(made, made.reset(seed=5)), episode(made, made.reset())


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_same_seed_and_actions_give_the_same_two_episodes(name):
    made = small(name, seed=1)
    made.reset()
    made.step(drawn(made, made.reset(seed=9)[0]))  # what happened before does not matter
    for number, (course, acts) in enumerate(played(name)):
        again, _ = episode(made, made.reset(seed=5) if number == 0 else made.reset(), acts)
        assert len(course) == len(again) > 1
        for one, two in zip(course, again, strict=True):
            assert all(data_equivalence(a, b, exact=True) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("name", SCENARIOS)
def test_other_seeds_give_other_courses_unless_nothing_is_drawn(name):
    (course, acts), _ = played(name)
    others = [episode(made, made.reset(), acts[:5])[0] for made in (small(name, seed=seed) for seed in (0, 1, 2))]
    alike = [data_equivalence(list(other[-1][:2]), list(course[len(other) - 1][:2])) for other in others]
    assert all(alike) == (name in RULES_ALONE)


def rows(views):
    return np.stack([view["observation"] if isinstance(view, dict) else view for view in views.values()])


def options(view):
    mask = view["action_mask"]
    return np.concatenate(mask if isinstance(mask, tuple) else [mask]).astype(bool)


def expected_options(spec, seen):
    """What each seat may choose by the engine, position after position."""
    lead, parts = seen.features.shape[:2], []
    for name, head in spec.heads.items():
        part = torch.ones(*lead, head.size, dtype=torch.bool) if seen.mask is None else seen.mask[..., spec.options[name]]
        idle = torch.arange(head.size) == 0
        parts += [part if seen.active is None else torch.where(seen.active[..., None], part, idle)] * head.length
    return torch.cat(parts, -1)[0].numpy()


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_course_is_the_engines_own(name):
    config = settled(name, seed=5, device="cpu", **quick(name))
    worlds = Worlds.begin(build.scenario(config, split="all"), 5, torch.arange(1))
    spec = worlds.scenario.spec
    for course, acts in played(name):
        assert np.array_equal(rows(course[0][0]), worlds.observe().features[0].numpy())
        for (seen_views, *_), act, (after, rewards, terminations, truncations, infos) in zip(
            course, acts, course[1:], strict=False
        ):
            seen = worlds.observe()
            packed = torch.from_numpy(np.stack([np.reshape(act[agent], -1) for agent in act]))[None]
            assert not legalise(packed, seen, spec)[1].any()  # what a mask allows is legal
            if seen.mask is not None or seen.active is not None:
                assert np.array_equal(np.stack([options(view) for view in seen_views.values()]), expected_options(spec, seen))
            worlds, outcome, ended = worlds.step(packed, seen)
            last = ended or worlds
            assert list(rewards.values()) == outcome.reward[0].tolist()
            assert np.array_equal(rows(after), last.observe().features[0].numpy())
            done = False if outcome.done is None else bool(outcome.done)
            cut = bool(outcome.truncated) and not done
            lost = torch.zeros(1, spec.seats, dtype=torch.bool) if outcome.terminated is None else outcome.terminated
            assert list(terminations.values()) == (done | (lost[0] & cut)).tolist()
            assert list(truncations.values()) == (cut & ~lost[0]).tolist()
            assert [info["life_ended"] for info in infos.values()] == lost[0].tolist()
        assert ended is not None


@pytest.mark.parametrize(
    "name, length, cut", [("simple_spread", 25, True), ("matrix_game", 1, False), ("task_and_talk", 5, False)]
)
def test_a_world_ends_for_all_at_once(name, length, cut):
    course, acts = played(name)[0]
    *_, terminations, truncations, _ = course[-1]
    assert len(acts) == length
    assert set(terminations.values()) == {not cut} and set(truncations.values()) == {cut}
    assert not any(any(told[2].values()) or any(told[3].values()) for told in course[1:-1])


def test_episodes_follow_each_other_and_the_last_tick_is_shown():
    made = small("matrix_game", render_mode="ansi")
    heads = []
    for _ in range(3):
        made.reset()
        heads.append(made.render().splitlines()[0])
        before = made.state()
        made.step({agent: 0 for agent in made.agents})
        heads.append(made.render().splitlines()[0])
        assert made.agents == [] and not np.array_equal(made.state(), before)
    assert heads == [f"matrix_game_v0, episode {number}, tick {tick}" for number in range(3) for tick in (0, 1)]
    assert made.step({}) == ({}, {}, {}, {}, {})
    made.reset()
    made.reset()
    assert "episode 4, tick 0" in made.render()  # a reset always goes on
    made.reset(seed=0)
    assert "episode 0, tick 0" in made.render()


def test_the_state_is_all_that_there_is():
    made = small("simple_spread")
    made.reset(seed=2)
    expected = made.worlds.state
    assert made.state() in made.state_space and made.state().dtype == np.float32
    values = [leaf.flatten().float() for leaf in vars(expected).values()]
    assert np.array_equal(made.state(), torch.cat(values).numpy())
