"""Worlds as a Stable-Baselines3 VecEnv: its checkers, the course of a session, the contract of ends."""

import sys

import gymnasium
import numpy as np
import pytest
import torch
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecCheckNan, VecMonitor, VecNormalize
from stable_baselines3.common.vec_env.base_vec_env import VecEnv

from society import registry
from society.bridges.sb3 import SocietyVecEnv
from society.bridges.session import session, settled


class OneSeat(gymnasium.Env):
    """Sub-environment 0 alone, as SB3's checker wants it: it knows no VecEnv. The other seats draw at random."""

    def __init__(self, venv):
        self.venv, self.observation_space, self.action_space = venv, venv.observation_space, venv.action_space
        self.others = np.random.default_rng(0)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if seed is not None:
            self.venv.seed(seed)
        return self.venv.reset()[0], {}

    def step(self, action):
        actions = drawn(self.venv, self.others)
        actions[0] = action
        seen, reward, done, infos = self.venv.step(actions)
        cut = infos[0].get("TimeLimit.truncated", False)
        return infos[0].get("terminal_observation", seen[0]), float(reward[0]), bool(done[0]) and not cut, cut, infos[0]


def drawn(venv, rng):
    """A random action of every sub-environment."""
    space = venv.action_space
    sizes = space.nvec if hasattr(space, "nvec") else space.n
    return rng.integers(sizes, size=(venv.num_envs, *space.shape))


@pytest.mark.parametrize("name", registry.names("scenarios"))
def test_sb3_finds_every_scenario_to_its_liking(name):
    venv = SocietyVecEnv(name, worlds=1, quick=True)
    check_env(OneSeat(venv))
    checked, rng = VecCheckNan(venv, raise_exception=True), np.random.default_rng(1)
    checked.reset()
    for _ in range(3):
        seen, reward, done, infos = checked.step(drawn(venv, rng))
    shape = (venv.num_envs,)
    assert seen.shape == shape + venv.observation_space.shape and seen.dtype == np.float32
    assert reward.shape == done.shape == shape and reward.dtype == np.float32 and done.dtype == bool
    assert len(infos) == len({id(info) for info in infos}) == venv.num_envs


@pytest.mark.parametrize("name", ["simple_tag", "negotiation", "sugarscape"])
def test_the_course_is_that_of_a_session_and_ends_are_told_as_sb3_expects(name):
    worlds = 3
    venv, ours = SocietyVecEnv(name, worlds=worlds, quick=True, seed=4), session(settled(name, quick=True, seed=4), worlds)
    rng, ends = np.random.default_rng(0), 0
    earned, length = np.zeros(venv.num_envs), np.zeros(venv.num_envs)
    assert np.array_equal(venv.reset(), ours.seen.features.flatten(0, 1).numpy())
    for _ in range(30):
        actions = drawn(venv, rng)
        seen, reward, done, infos = venv.step(actions)
        moment = ours.step(torch.as_tensor(actions).reshape(worlds, ours.spec.seats, -1))
        assert np.array_equal(seen, moment.seen.features.flatten(0, 1).numpy())
        assert np.array_equal(reward, moment.reward.flatten().numpy())
        assert np.array_equal(done, (moment.terminated | moment.truncated).flatten().numpy())
        last = (moment.seen if moment.final is None else moment.final).features.flatten(0, 1)
        earned, length = earned + reward, length + 1
        for k, info in enumerate(infos):
            assert set(info) == ({"terminal_observation", "TimeLimit.truncated", "episode"} if done[k] else set())
            if done[k]:
                assert np.array_equal(info["terminal_observation"], last[k].numpy())
                assert info["TimeLimit.truncated"] == bool(moment.truncated.flatten()[k])
                assert info["episode"]["r"] == pytest.approx(earned[k]) and info["episode"]["l"] == length[k]
        earned[done], length[done], ends = 0, 0, ends + done.sum()
    assert ends


def test_a_dead_seat_ends_once_and_its_rest_is_no_episode():
    venv = SocietyVecEnv("sugarscape", worlds=2, quick=True, world__replacement=False, world__episode=60)
    rng, dead = np.random.default_rng(0), np.zeros(venv.num_envs, dtype=bool)
    no_op = np.zeros(venv.action_masks().shape[1], dtype=bool)
    no_op[[0, venv.action_space.nvec[0]]] = True
    venv.reset()
    for _ in range(59):
        assert (venv.action_masks()[dead] == no_op).all()
        _, reward, done, infos = venv.step(drawn(venv, rng))
        assert not (done & dead).any() and (reward[dead] == 0).all()
        assert all(not infos[k]["TimeLimit.truncated"] and "episode" in infos[k] for k in done.nonzero()[0])
        dead |= done
    assert 0 < dead.sum() < venv.num_envs
    _, _, done, infos = venv.step(drawn(venv, rng))
    assert done.all()
    assert [("episode" in info) for info in infos] == [info["TimeLimit.truncated"] for info in infos] == (~dead).tolist()
    assert (venv.action_masks() != no_op).any(1).all()  # all live again


def test_what_a_caller_writes_does_not_reach_the_worlds():
    venv, same = (SocietyVecEnv("simple_spread", worlds=2, quick=True) for _ in range(2))
    rng = np.random.default_rng(0)
    seen, _ = venv.reset(), same.reset()
    for _ in range(4):
        actions = drawn(venv, rng)
        seen[:] = 9.0
        seen, reward, _, _ = venv.step(actions)
        theirs = same.step(actions)
        assert np.array_equal(seen, theirs[0]) and np.array_equal(reward, theirs[1])
        reward += 5.0


def test_the_rest_of_the_contract():
    venv = SocietyVecEnv("simple_spread", worlds=2, quick=True)
    first, second = venv.reset(), venv.reset()
    assert isinstance(venv, VecEnv) and venv.unwrapped is venv and venv.num_envs == 6
    assert not np.array_equal(first, second)  # another episode
    assert venv.seed(0) == [0] * 6
    assert np.array_equal(venv.reset(), first) and np.array_equal(venv.reset(), second)
    assert venv.seed(1) == [1] * 6 and not np.array_equal(venv.reset(), first)
    assert len(set(venv.seed())) == 1 and venv.seed() != venv.seed()
    assert venv.get_attr("render_mode") == [None] * 6 and venv.get_attr("num_envs", indices=[0, 3]) == [6, 6]
    assert not venv.has_attr("nothing")
    venv.set_attr("mine", 3)
    assert venv.get_attr("mine", indices=2) == [3]
    with pytest.raises(ValueError, match="share one batch"):
        venv.set_attr("mine", 4, indices=[0])
    with pytest.raises(AttributeError, match="action_masks"):
        venv.env_method("jump")
    assert np.stack(venv.env_method("action_masks")).tolist() == [[True] * 5] * 6
    assert np.stack(venv.env_method("action_masks", indices=[5])).shape == (1, 5)
    assert venv.env_is_wrapped(Monitor) == [True] * 6
    assert venv.env_is_wrapped(gymnasium.wrappers.TimeLimit, indices=[1]) == [False]
    venv.close()


def test_sb3_wrappers_see_the_same_returns():
    with pytest.warns(UserWarning, match="already wrapped with a `Monitor`"):
        venv = VecMonitor(VecNormalize(SocietyVecEnv("simple_spread", worlds=2, quick=True), norm_reward=False))
    rng, told = np.random.default_rng(0), []
    venv.reset()
    for _ in range(25):
        _, _, _, infos = venv.step(drawn(venv, rng))
    plain = SocietyVecEnv("simple_spread", worlds=2, quick=True)
    rng = np.random.default_rng(0)
    plain.reset()
    for _ in range(25):
        _, _, _, told = plain.step(drawn(plain, rng))
    assert [info["episode"]["r"] for info in infos] == pytest.approx([info["episode"]["r"] for info in told], rel=1e-5)
    assert [info["episode"]["l"] for info in infos] == [25] * 6


def test_a_missing_package_is_one_line_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "stable_baselines3.common.vec_env", None)
    monkeypatch.delitem(sys.modules, "society.bridges.sb3")
    with pytest.raises(ImportError, match=r"^this bridge needs stable-baselines3 .* pip install 'society-sim\[rl\]'"):
        import society.bridges.sb3  # noqa: F401
