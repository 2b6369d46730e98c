"""Worlds as PettingZoo environments: the library's own tests for every scenario, its registry, spaces, pictures, bad input."""

import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pettingzoo
import pytest
import torch
from gymnasium import spaces
from pettingzoo_small import SCENARIOS, quick, small, small_aec

import society
from society.bridges import pettingzoo as bridge
from society.bridges import pettingzoo_picture as picture
from society.bridges.pettingzoo_views import Views
from society.config import ConfigError
from society.world.scenario import Head, Observation, Scene, Spec

with warnings.catch_warnings():  # the library's tests open one of its own games in its old way
    warnings.filterwarnings("ignore", "The old environment creation API", DeprecationWarning)
    from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, render_test, seed_test
    from pettingzoo.test.state_test import state_test

# advice of PettingZoo's tests, which its own particle worlds and board games do not follow either
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{advice}")
    for advice in (
        "(Agent|Environment)'s m(in|ax)imum (observation|state) space value is",  # of a Box without bounds
        "(Observation|Action) space for each agent probably should be",  # a Dict with a mask, MultiDiscrete
        "Observation is not a NumPy array",  # a Dict with a mask
        "(Observation|State) numpy array is all zeros",  # a turn-based world before anything happened
        "Observation is a single number",  # the matrix game's round
        "We recommend agents to be named",  # apple_farmer_0 is, but their pattern knows one word
    )
]


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_library_finds_no_fault_with_a_parallel_env(name):
    parallel_api_test(small(name), num_cycles=12)
    parallel_seed_test(partial(small, name), num_cycles=5)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_library_finds_no_fault_with_its_conversion_to_an_aec_env(name):
    made = small_aec(name)
    api_test(made, num_cycles=2 * made.max_num_agents)
    seed_test(partial(small_aec, name), num_cycles=5)
    state_test(small_aec(name), small(name), num_cycles=2)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scene_is_drawn_and_told(name, capsys):
    made = small(name)
    assert ("rgb_array" in made.metadata["render_modes"]) == (made.session.scenario.scene(made.worlds.state) is not None)
    render_test(partial(small_aec, name))
    assert capsys.readouterr().out.count(f"{name}_v0, episode 0, tick 0\n") >= 1  # what "human" prints
    told = small(name, render_mode="ansi")
    told.reset()
    assert [line.split(":")[0] for line in told.render().splitlines()[1:]] == told.possible_agents


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_is_in_both_registries(name):
    made = pettingzoo.make("parallel", f"society/{name}-v0", **quick(name))
    assert isinstance(made, bridge.SocietyEnv) and str(made) == f"{name}_v0"
    turns = pettingzoo.make("aec", f"society/{name}-v0", seed=3, **quick(name))
    assert isinstance(turns, pettingzoo.AECEnv) and turns.unwrapped.session.worlds.seed == 3


def users_own(folder, name, text):
    (folder / "scenarios").mkdir(exist_ok=True)
    (folder / "scenarios" / f"{name}.py").write_text(text)


@pytest.fixture
def template():
    text = (Path(society.__file__).parent / "templates" / "scenario.py.txt").read_text()
    return text.replace("NAME_OF_SCENARIO", "lamps").replace("ClassOfScenario", "Lamps")


def test_a_users_own_scenario_is_registered_too(tmp_path, monkeypatch, template):
    monkeypatch.chdir(tmp_path)
    users_own(tmp_path, "lamps", template)
    assert "society/lamps-v0" in bridge.register_all()
    try:
        made = pettingzoo.make("parallel", "society/lamps-v0", world__seats=4)
        assert made.possible_agents == ["agent_0", "agent_1", "agent_2", "agent_3"]
        parallel_api_test(made, num_cycles=20)
    finally:
        del pettingzoo.parallel_registry["society/lamps-v0"], pettingzoo.aec_registry["society/lamps-v0"]


def test_a_world_without_a_scene_is_told_in_words_alone(tmp_path, monkeypatch, template):
    monkeypatch.chdir(tmp_path)
    users_own(tmp_path, "dark_lamps", template.replace("def scene(", "def _unseen("))
    made = bridge.parallel_env("dark_lamps")
    assert made.metadata["render_modes"] == ["human", "ansi"]
    render_test(partial(bridge.env, "dark_lamps"))
    with pytest.raises(ValueError, match="render_mode='rgb_array': dark_lamps has human, ansi"):
        bridge.parallel_env("dark_lamps", render_mode="rgb_array")


# ---------------------------------------------------------------- spaces

SPEC = Spec(
    seats=3, fields={"near": (2, 2), "self": (1,)}, heads={"move": Head(3), "say": Head(2, length=2, speech=True)}, episode=9
)


def test_a_mask_is_laid_out_as_gymnasium_takes_it():
    mask = torch.tensor([[[True, False, True, True, True], [False] * 5, [True] * 5]])
    seen = Observation(torch.arange(15.0).view(1, 3, 5), mask, torch.tensor([[True, True, False]]))
    views = Views(SPEC, masked=True)
    masks = [[part.tolist() for part in row["action_mask"]] for row in views.rows(seen)]
    assert masks == [[[1, 0, 1], [1, 1], [1, 1]]] + 2 * [[[1, 0, 0], [1, 0], [1, 0]]]  # nothing legal; not its turn
    assert all(row in views.space() for row in views.rows(seen))
    assert {name: part.tolist() for name, part in views.fields(views.rows(seen)[1]).items()} == {
        "near": [[5, 6], [7, 8]], "self": [9],
    }  # fmt: skip
    act = spaces.MultiDiscrete([3, 2, 2], seed=0)
    drawn = {tuple(act.sample(mask=views.rows(seen)[0]["action_mask"])) for _ in range(100)}
    assert drawn == {(move, first, second) for move in (0, 2) for first in (0, 1) for second in (0, 1)}


def test_the_spaces_of_worlds_with_and_without_masks():
    free, one, several = small("simple_spread"), small("double_auction"), small("bargaining")
    assert isinstance(free.observation_space("agent_0"), spaces.Box)
    assert isinstance(one.action_space("buyer_0"), spaces.Discrete)
    assert one.observation_space("buyer_0")["action_mask"].shape == (one.action_space("buyer_0").n,)
    assert isinstance(several.observation_space("first_0")["action_mask"], spaces.Tuple)
    spaces_of = {id(free.action_space(agent)) for agent in free.possible_agents}
    assert len(spaces_of) == 3  # one's own each, so that seeding one agent's draws leaves the others' alone


def test_named_fields_are_found_again():
    made = small("bazaar")
    seen, _ = made.reset()
    fields = made.unwrapped.fields(seen["agent_0"])
    assert {name: part.shape for name, part in fields.items()} == dict(made.session.spec.fields)
    assert np.array_equal(np.concatenate([part.ravel() for part in fields.values()]), seen["agent_0"])


# ---------------------------------------------------------------- pictures


def test_a_scene_in_pixels():
    scene = Scene(
        height=2, width=4, x=torch.tensor([[1.0, torch.nan]]), y=torch.tensor([[1.0, torch.nan]]),
        cells=torch.tensor([[[0, 1, 0, 0], [0, 0, 0, 1]]], dtype=torch.uint8), legend=(("floor", "#102030"), ("wall", "#FF8000")),
        kind=torch.tensor([[0, 1]]), kinds=(("here", "#00FF00"), ("away", "#0000FF")), values={"age": torch.tensor([[7, 8]])},
    )  # fmt: skip
    drawn = picture.pixels(scene)
    zoom = picture.LONGEST // 4
    assert drawn.shape == (2 * zoom, 4 * zoom, 3) and drawn.dtype == np.uint8
    middle = drawn[zoom // 2 :: zoom, zoom // 2 :: zoom].tolist()
    floor, wall, seat = [16, 32, 48], [255, 128, 0], [0, 255, 0]
    assert middle == [[floor, wall, floor, floor], [floor, seat, floor, wall]]
    disc = (drawn != np.array(floor)).any(-1)[zoom:, zoom : 2 * zoom].sum()
    assert disc == pytest.approx(np.pi * (picture.SEAT * zoom / 2) ** 2, rel=0.01)
    assert not (drawn == [0, 0, 255]).all(-1).any()  # who is away is not drawn
    assert picture.words(scene) == ["; here; at 1, 1; age 7", "; away; away; age 8"]


# ---------------------------------------------------------------- bad input


def test_bad_input_is_named_in_one_line():
    for wrong, message in [
        (lambda: bridge.parallel_env("bazar"), "unknown scenario 'bazar'; did you mean bazaar"),
        (lambda: bridge.parallel_env("bazaar", lifecycle="closed"), "lifecycle='closed': take 'fixed' or 'open'"),
        (lambda: bridge.parallel_env("bazaar", render_mode="mp4"), "render_mode='mp4': bazaar has human, ansi, rgb_array"),
        (lambda: bridge.parallel_env("bazaar", world__seats="many"), "world.seats"),
        (lambda: small("bazaar").action_space("agent_99"), "no agent 'agent_99'; there is agent_0, agent_1"),
    ]:
        with pytest.raises((ValueError, ConfigError), match=message) as caught:
            wrong()
        assert "\n" not in str(caught.value)


def test_a_missing_or_unfit_action_is_named():
    made = small("negotiation")
    made.reset()
    good = {agent: made.action_space(agent).sample() for agent in made.agents}
    with pytest.raises(ValueError, match="no action for 'second_0'"):
        made.step({"first_0": good["first_0"]})
    with pytest.raises(ValueError, match=r"action 3 of 'second_0' is none of MultiDiscrete"):
        made.step(good | {"second_0": 3})
    with pytest.raises(ValueError, match=r"action array\(\[1\.5"):  # a learner of continuous actions; nothing is rounded for it
        made.step(good | {"second_0": np.full(4, 1.5)})
    assert made.step(good)[1].keys() == set(made.possible_agents)  # nothing was done by halves


def test_a_render_without_a_mode_says_so():
    made = small("lewis_game")
    made.reset()
    with pytest.warns(UserWarning, match="without a render_mode"):
        assert made.render() is None
