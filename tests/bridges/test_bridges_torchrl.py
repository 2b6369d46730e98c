"""Worlds as torchrl environments: torchrl's own check, the course of a session, resets of some worlds."""

import sys

import pytest
import torch
from torchrl.envs import ActionMask, Compose, StepCounter, TransformedEnv
from torchrl.envs.utils import MarlGroupMapType, check_env_specs

from society import registry
from society.bridges.session import seat_names, session, settled
from society.bridges.spaces import choices
from society.bridges.torchrl import SocietyEnv


@pytest.mark.parametrize("name", registry.names("scenarios"))
def test_torchrl_finds_the_specs_kept(name):
    check_env_specs(SocietyEnv(name, worlds=2, quick=True), seed=1)


def seats(data, env, *key):
    """An entry of all groups side by side, in the order of seats [W, T, N, …]."""
    names = [name for group in env.group_map.values() for name in group]
    order = [names.index(name) for name in seat_names(env.scenario_spec)]
    return torch.cat([data[(*key[:-1], group, key[-1])] for group in env.group_map], dim=2)[:, :, order]


def masks(ours):
    return choices(ours.spec, ours.seen) is not None


SHUFFLED = {"b": ["adversary_1", "good_0"], "a": ["adversary_0", "adversary_2"]}  # not its own inverse


@pytest.mark.parametrize(
    "name, groups",
    [
        ("simple_tag", None),
        ("simple_tag", SHUFFLED),
        ("simple_tag", MarlGroupMapType.ONE_GROUP_PER_AGENT),
        ("negotiation", None),  # ends early, at different ticks in different worlds; several numbers; takes turns
        ("bargaining", MarlGroupMapType.ALL_IN_ONE_GROUP),
        ("sugarscape", None),  # seats die
    ],
)
def test_a_rollout_has_the_course_of_a_session_with_the_same_actions(name, groups):
    env = SocietyEnv(name, worlds=4, quick=True, seed=3, group_map=groups)
    torch.manual_seed(0)
    data = env.rollout(30, break_when_any_done=False)
    assert data.shape == (4, 30)
    ours = session(settled(name, quick=True, seed=3), 4)
    begun = {key: seats(data, env, key) for key in ("observation", "action", *(["action_mask"] if masks(ours) else []))}
    after = {key: seats(data, env, "next", key) for key in ("observation", "reward", "done", "terminated", "truncated")}
    ended = torch.zeros(4, dtype=torch.bool)
    for t in range(30):
        assert torch.equal(begun["observation"][:, t], ours.seen.features)
        assert "action_mask" not in begun or torch.equal(begun["action_mask"][:, t], choices(ours.spec, ours.seen))
        moment = ours.step(begun["action"][:, t].reshape(4, ours.spec.seats, -1))
        last = moment.seen if moment.final is None else moment.final
        assert torch.equal(after["observation"][:, t], last.features)
        assert torch.equal(after["reward"][:, t, :, 0], moment.reward)
        assert torch.equal(after["terminated"][:, t, :, 0], moment.terminated)
        assert torch.equal(after["truncated"][:, t, :, 0], moment.truncated)
        assert torch.equal(data["next", "done"][:, t, 0], moment.over)
        ended |= moment.over
    for part in (data["next"], after):
        assert torch.equal(part["done"], part["terminated"] | part["truncated"])
        assert not (part["terminated"] & part["truncated"]).any()
    assert bool(ended.all()) == (name != "sugarscape")
    assert name != "sugarscape" or after["terminated"].any()  # the dead ended no world


def test_a_reset_begins_only_the_worlds_that_it_names_and_wastes_no_episode():
    env = SocietyEnv("simple_spread", worlds=3, quick=True)
    first = env.reset()
    assert not torch.equal(first["agents", "observation"], env.reset()["agents", "observation"])  # another episode
    assert env._session.worlds.episode.tolist() == [1, 1, 1]
    data = env.rollout(2)
    assert env._session.worlds.episode.tolist() == [2, 2, 2] and env._session.worlds.tick.tolist() == [2, 2, 2]
    asked = env.step(env.rand_action(data[:, -1].clone()))["next"]
    some = torch.tensor([[True], [False], [True]])
    before = asked["agents", "observation"].clone()
    after = env.reset(asked.set("_reset", some))
    assert env._session.worlds.episode.tolist() == [3, 2, 3] and env._session.worlds.tick.tolist() == [0, 3, 0]
    changed = (after["agents", "observation"] != before).flatten(1).any(1)
    assert changed.tolist() == [True, False, True]


def test_a_limit_of_torchrl_own_cuts_episodes_in_the_middle():
    env = TransformedEnv(SocietyEnv("simple_spread", worlds=3, quick=True), StepCounter(max_steps=10))
    data = env.rollout(35, break_when_any_done=False)
    assert data["next", "truncated"][0, :, 0].nonzero().flatten().tolist() == [9, 19, 29]
    assert env.base_env._session.worlds.episode.tolist() == [3, 3, 3] and env.base_env._session.worlds.tick.tolist() == [5] * 3
    speed = env.base_env.scenario_spec.slices["velocity"]
    still = (data["agents", "observation"][..., speed] == 0).all(-1).all(-1)  # at a start nobody moves
    assert still[:, [0, 10, 20, 30]].all() and not still[:, 5].any()


def test_an_end_of_the_world_comes_once_and_the_next_episode_follows():
    env = SocietyEnv("simple_spread", worlds=2, quick=True)
    data = env.rollout(60, break_when_any_done=False)
    assert data["next", "truncated"][0, :, 0].nonzero().flatten().tolist() == [24, 49]
    assert not data["next", "terminated"].any()
    assert env._session.worlds.episode.tolist() == [2, 2]
    assert env.rollout(60).shape == (2, 25)  # stops with the first that ends


@pytest.mark.parametrize("name", ["double_auction", "task_and_talk", "clean_up"])
def test_torchrl_action_mask_keeps_to_what_is_legal(name):
    base = SocietyEnv(name, worlds=2, quick=True)
    masks = [ActionMask(action_key=(group, "action"), mask_key=(group, "action_mask")) for group in base.group_map]
    env = TransformedEnv(base, Compose(*masks))
    torch.manual_seed(0)
    data = env.rollout(12, break_when_any_done=False)
    sizes = [head.size for head in base.scenario_spec.heads.values() for _ in range(head.length)]
    idle = 0
    for group in base.group_map:
        action = data[group, "action"].reshape(*data[group, "mask"].shape, -1)
        for k, mask in enumerate(data[group, "action_mask"].split(sizes, dim=-1)):
            assert mask.gather(-1, action[..., k, None]).all()
        idle += int((~data[group, "mask"]).sum())
        assert (action[~data[group, "mask"]] == 0).all()
    assert idle or name == "clean_up"


def test_a_seed_says_everything():
    def course(env):
        torch.manual_seed(0)
        return env.rollout(5)

    one, same, other = (SocietyEnv("simple_spread", worlds=2, quick=True, seed=seed) for seed in (5, 5, 6))
    first = course(one)
    assert (first == course(same)).all()
    assert (first["agents", "observation"] != course(other)["agents", "observation"]).any()
    other.set_seed(5)
    assert (first == course(other)).all()


def test_bad_input_is_one_line():
    with pytest.raises(registry.Unknown, match="simple_sprea"):
        SocietyEnv("simple_sprea")
    with pytest.raises(ValueError, match="make SocietyEnv"):
        SocietyEnv("simple_spread", worlds=1, quick=True).to("meta")
    with pytest.raises((KeyError, ValueError), match="nobody"):
        SocietyEnv("simple_spread", worlds=1, quick=True, group_map={"agents": ["nobody", "agent_0", "agent_1"]})


def test_a_missing_package_is_one_line_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchrl.envs", None)
    monkeypatch.delitem(sys.modules, "society.bridges.torchrl")
    with pytest.raises(ImportError, match=r"^this bridge needs torchrl .* pip install 'society-sim\[rl\]'"):
        import society.bridges.torchrl  # noqa: F401
