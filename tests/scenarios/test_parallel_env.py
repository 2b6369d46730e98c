"""Somebody else's environment as a world of ours: the same course as when it is stepped by hand, whatever the caches do."""

import importlib
import os
import signal
import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from parallel_env_toy import ENV, written
from society.scenarios import parallel_env_courses as courses
from society.scenarios.parallel_env import scenario
from society.scenarios.parallel_env_live import cells, palette
from society.scenarios.parallel_env_spaces import EnvError, Origin, read_options

from society.bridges.session import session, settled
from society.config import ConfigError, resolve
from society.engine import launch
from society.registry import Broken
from society.world.check import check
from society.world.worlds import Worlds

SPREAD = "mpe2.simple_spread_v3"
KNIGHTS = "pettingzoo.butterfly.knights_archers_zombies_v11"


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A module of an environment written for these tests; its name."""
    return written(tmp_path, monkeypatch)


def begun(env, worlds=2, seed=0, **fields):
    """Worlds of an environment that has its package, played by hand."""
    pytest.importorskip(env.partition(".")[0])
    return session(settled("parallel_env", seed=seed, world__env=env, **{f"world__{k}": v for k, v in fields.items()}), worlds)


def raw(env, seed, **options):
    """The environment itself, and what its reset shows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # PettingZoo's own, about its modules
        made = importlib.import_module(env).parallel_env(**options, render_mode="rgb_array")
    return made, made.reset(seed=seed)[0]


def rows(spec, agents, observations):
    """What agents see as our features [N, F] before the role, padded; the absent see nothing."""
    width = spec.fields["observation"][0]
    table = torch.zeros(spec.seats, width)
    for n, agent in enumerate(agents):
        if agent in observations:
            seen = torch.from_numpy(np.asarray(observations[agent], np.float32).ravel())
            table[n, : len(seen)] = seen
    return table


@pytest.mark.parametrize(
    ("env", "options", "ticks"),
    [
        (SPREAD, {"max_cycles": 9}, 9),
        ("mpe2.simple_speaker_listener_v4", {"max_cycles": 6}, 6),
        (KNIGHTS, {"spawn_delay": 1, "max_cycles": 130}, 130),  # some die on the way
    ],
)
def test_the_course_is_that_of_the_environment_stepped_by_hand(env, options, ticks):
    made = begun(env, worlds=1, seed=4, options=tuple(f"{name}={value}" for name, value in options.items()))
    spec, state = made.spec, made.worlds.state
    theirs, seen = raw(env, int(state.seed[0]), **options)
    agents, draw = theirs.possible_agents, np.random.default_rng(0)
    sizes = [theirs.action_space(agent).n for agent in agents]
    first, deaths = made.seen, 0
    assert torch.equal(first.features[0][:, : spec.fields["observation"][0]], rows(spec, agents, seen))
    for _ in range(ticks):
        moves = torch.tensor([[[int(draw.integers(size))] for size in sizes]])
        there = list(theirs.agents)
        seen, paid, ended, cut, _ = theirs.step({a: int(moves[0, n, 0]) for n, a in enumerate(agents) if a in there})
        now = made.step(moves)
        assert torch.equal(now.reward[0], torch.tensor([paid.get(agent, 0.0) for agent in agents]))
        deaths += sum(ended.values())
        over = not theirs.agents
        assert bool(now.over[0]) == over
        if over:
            last = {a: s for a, s in seen.items() if not ended[a]}
            assert torch.equal(now.final.features[0][:, : spec.fields["observation"][0]], rows(spec, agents, last))
            assert bool(now.outcome.truncated[0]) == any(cut.values())
            break
        assert now.terminated[0].tolist() == [ended.get(agent, False) for agent in agents]
        assert now.seen.active[0].tolist() == [agent in theirs.agents for agent in agents]
        left = {agent: seen[agent] for agent in theirs.agents}
        assert torch.equal(now.seen.features[0][:, : spec.fields["observation"][0]], rows(spec, agents, left))
    assert over and (deaths > 0 or env != KNIGHTS)


def test_pictures_are_seen_in_part_and_as_shares_of_white():
    made = begun("pettingzoo.butterfly.cooperative_pong_v6", 1, episode=3, stride=8)
    _, seen = raw("pettingzoo.butterfly.cooperative_pong_v6", int(made.worlds.state.seed[0]))
    wanted = np.asarray(seen["paddle_0"])[::8, ::8].astype(np.float32).ravel() * np.float32(1 / 255)
    assert made.spec.fields["observation"] == (35 * 60 * 3,) and 0.9 < wanted.max() <= 1
    assert torch.equal(made.seen.features[0, 0, : len(wanted)], torch.from_numpy(wanted))


def played(made, actions):
    """Everything that a list of packed actions leads to."""
    found = [made.seen.features]
    for packed in actions:
        now = made.step(packed)
        found += [now.seen.features, now.reward, now.terminated, now.truncated]
    return found


def moves(made, ticks, worlds):
    sizes = torch.tensor([head.size for head in made.spec.heads.values()])
    draw = torch.Generator().manual_seed(3)
    return list((torch.rand(ticks, worlds, made.spec.seats, made.spec.numbers, generator=draw) * sizes).long())


def test_other_processes_give_the_same_and_none_is_left(toy):
    here, there = (begun(toy, 5, workers=workers, options=("length=4",)) for workers in (0, 2))
    actions = moves(here, 11, 5)  # over resets
    assert all(torch.equal(a, b) for a, b in zip(played(here, actions), played(there, actions), strict=True))
    assert torch.equal(here.scenario.scene(here.worlds.state).cells, there.scenario.scene(there.worlds.state).cells)
    processes = [worker.process for worker in there.scenario.courses.hands.values()]
    assert len(processes) == 2 and all(process.poll() is None for process in processes)
    del there
    assert [process.returncode for process in processes] == [0, 0]


def test_a_state_of_long_ago_can_be_gone_on_from(toy):
    """No environment stands there any more: it is reset and plays all actions again, and nothing else is disturbed."""
    made = begun(toy, 3, options=("length=6",))
    told, actions = [made.worlds], moves(made, 5, 3)
    for packed in actions:
        made.step(packed)
        told.append(made.worlds)
    pool = made.scenario.courses
    for number in range(20):  # others take every place
        Worlds.begin(made.scenario, 90 + number, torch.arange(3)).observe()
    stands = set(pool.places)
    assert len(stands) == pool.count <= pool.most
    for t, (before, after) in reversed(list(enumerate(pairwise(told)))):  # the latest first: nothing stands just before it
        again, _, _ = before.step(actions[t], before.observe())
        assert torch.equal(again.observe().features, after.observe().features)
        assert torch.equal(again.state.actions, after.state.actions) and torch.equal(again.tick, after.tick)


def test_two_societies_of_one_world_part_where_their_actions_do(toy):
    one, two = begun(toy, 2), begun(toy, 2)
    assert one.scenario.courses is two.scenario.courses
    actions = moves(one, 5, 2)
    alone = played(begun(toy, 2), actions)
    other = [1 - packed if t > 2 else packed for t, packed in enumerate(a % 2 for a in actions)]
    found = [one.seen.features]
    for mine, theirs in zip(actions, other, strict=True):
        now = one.step(mine)
        two.step(theirs)
        found += [now.seen.features, now.reward, now.terminated, now.truncated]
    assert all(torch.equal(a, b) for a, b in zip(alone, found, strict=True))


def test_seats_of_all_kinds(toy):
    """Roles with spaces of their own, a mask, agents that leave and come back: what the toy is made of."""
    made = begun(toy, 1, options=("length=6",))
    spec = made.spec
    assert spec.roles == ("looker", "mover") and spec.seat_roles == (0, 1, 1)
    assert spec.fields == {"observation": (4,), "role": (2,)} and [head.size for head in spec.heads.values()] == [3, 2]
    looker, mover = made.seen.features[0, 0], made.seen.features[0, 1]
    assert looker.tolist() == [1, 0, 0, 0, 1, 0] and mover[2:].tolist() == [0, 0, 0, 1]
    assert made.seen.mask[0].tolist() == [[True, False, True, True, False], [True] * 5, [True] * 5]
    told = [made.step(torch.tensor([[[2, 1], [2, 1], [0, 1]]])) for _ in range(6)]
    assert [now.reward[0].tolist() for now in told[:4]] == [[12, 21, 1], [12, 21, 0], [12, 21, 0], [12, 21, 1]]
    assert [now.seen.active[0, 2].item() for now in told[:4]] == [False, False, True, True]
    assert [now.terminated[0, 2].item() for now in told[:4]] == [True, False, False, False]
    assert [now.outcome.forget[0, 2].item() for now in told[:4]] == [False, False, True, False]
    assert [now.over.item() for now in told] == [False] * 5 + [True] and told[5].truncated[0].tolist() == [True] * 3
    shut = made.step(torch.tensor([[[1, 0], [0, 0], [0, 0]]]))  # 1 is masked: the no-op
    assert shut.outcome.illegal[0].tolist() == [True, False, False] and shut.reward[0, 0] == 10


def refused(**fields):
    """The one line in which a config is refused."""
    with pytest.raises((ConfigError, Broken)) as caught:
        launch.vetted([resolve("parallel_env", overrides={f"world.{name}": value for name, value in fields.items()})])
    said = str(caught.value)
    assert "\n" not in said and "Traceback" not in said
    return said


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"env": "nowhere_at_all.spread"}, "world.env = 'nowhere_at_all.spread': needs the package nowhere_at_all: pip install"),
        ({"env": "json"}, "world.env = 'json' has no parallel_env"),
        ({"env": "json.nothing"}, "no such module"),
        ({"env": "a b"}, "world.env = 'a b'"),
        ({"options": ("length",)}, "'length' is no name=value"),
        ({"options": ("render_mode='human'",)}, "render_mode is set by the world"),
        ({"env": ENV, "options": ("lenght=3",)}, "lenght=3"),
        ({"env": ENV, "options": ("acts='Box'",)}, "mover_0 acts in Box; only Discrete and MultiDiscrete"),
        ({"env": ENV, "options": ("sees='Dict'",)}, "mover_0 observes a Dict of a; only observation with action_mask"),
        ({"env": ENV, "options": ("sees='Text'",)}, "mover_0 observes Text; only Box"),
        ({"env": ENV, "options": ("length=0",)}, "world.episode = 0: "),
        ({"env": ENV, "options": ("fails=0",)}, "parallel_env_toy_env failed: ZeroDivisionError"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(toy, fields, words):
    assert words in refused(**fields)


def test_an_environment_or_a_process_that_fails_is_named(toy):
    made = begun(toy, 2, workers=1, options=("fails=2",))
    actions = moves(made, 3, 2)
    made.step(actions[0])
    with pytest.raises(EnvError, match=r"^parallel_env_toy_env failed: ZeroDivisionError: at two$"):
        made.step(actions[1])
    made = begun(toy, 2, workers=1)
    made.step(actions[0])
    os.kill(made.scenario.courses.hands[0].process.pid, signal.SIGKILL)
    with pytest.raises(EnvError, match=r"^parallel_env_toy_env: a worker process ended \(status -9\)"):
        made.step(actions[1])
    made.step(actions[1])  # another process is started, and plays what is needed again


def test_an_environment_that_its_seed_does_not_determine_is_found(toy):
    moody = type("Moody", (scenario,), {"PRESETS": {"default": {"world": {"env": toy, "options": ("moody=True",)}}}})
    assert {one.rule for one in check(moody, ticks=4)} & {"determinism", "hidden state"}


def test_places_are_bounded():
    class Nothing(courses.Courses):
        def __init__(self):
            pytest.importorskip("mpe2")
            super().__init__(Origin(SPREAD))

    pool = Nothing()
    for seed in range(12):
        pool.lead(np.arange(3) + 3 * seed, np.zeros((3, 2, 3, 1), np.int16), np.zeros(3, int))
    assert pool.count == pool.most == 8 and len(pool.stage.lives) == 8


def test_options_are_literals_or_text():
    assert read_options(("a=3", "b=[1, 2]", "c=vector", "d='x=y'", "e=None")) == {
        "a": 3, "b": [1, 2], "c": "vector", "d": "x=y", "e": None,
    }  # fmt: skip


def test_cells_of_a_picture_by_hand():
    picture = np.zeros((200, 100, 3), np.uint8)
    picture[:, 50:] = (255, 0, 51)
    drawn = cells(picture)
    assert drawn.shape == (66, 33) and drawn.dtype == np.uint8
    colours = ("#none", *palette())
    assert {colours[n] for n in np.unique(drawn[:, :16])} == {"#000000"} and colours[drawn[0, 32]] == "#FF0033"
