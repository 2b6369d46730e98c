"""Careless callers of the bridges: a ValueError of one line that names what was given, and nothing done by halves."""

import numpy as np
import pytest
import torch

WORLD = "simple_spread"  # three seats, one number of five options


def refused(call, *words):
    """Call it; it must refuse in one line with these words."""
    with pytest.raises(ValueError) as caught:
        call()
    said = str(caught.value)
    assert "\n" not in said and all(word in said for word in words), said


@pytest.mark.parametrize("bridge", ["sb3", "torchrl"])
def test_a_batch_has_a_whole_number_of_worlds_from_one(bridge):
    made = of(bridge)
    for worlds in (0, -1, 1.5, "2", None, True):
        refused(lambda worlds=worlds: made(WORLD, worlds), f"worlds = {worlds!r}: must be a whole number from 1")
    refused(lambda: made(None), "scenario = None: must be the name of a scenario")


def of(bridge):
    """The class of a bridge whose worlds are a batch."""
    if bridge == "sb3":
        pytest.importorskip("stable_baselines3")
        from society.bridges.sb3 import SocietyVecEnv

        return SocietyVecEnv
    pytest.importorskip("torchrl")
    from society.bridges.torchrl import SocietyEnv

    return SocietyEnv


def test_pettingzoo_takes_dictionaries_and_whole_seeds():
    pytest.importorskip("pettingzoo")
    from society.bridges.pettingzoo import parallel_env

    made = parallel_env(WORLD, quick=True)
    for seed in (1.5, "x", [3]):
        refused(lambda seed=seed: made.reset(seed=seed), f"seed = {seed!r}: must be a whole number")
    made.reset(seed=np.int64(3))
    for actions in (None, [0, 0, 0], 3):
        refused(lambda actions=actions: made.step(actions), f"actions = {actions!r}: step takes a dictionary")
    whole = made.step({agent: torch.tensor(1) for agent in made.agents})[1]
    assert len(whole) == 3
    refused(lambda: made.step(dict.fromkeys(made.agents, torch.tensor(0.5))), "is none of Discrete(5)")


@pytest.mark.parametrize(
    "actions", [np.zeros(3, int), np.zeros(60, int), np.full(6, 0.7), np.full(6, np.nan), None, "abc", np.array([None] * 6)]
)
def test_sb3_takes_one_whole_number_for_each_seat(actions):
    made = of("sb3")(WORLD, 2)
    made.reset()
    refused(lambda: made.step(actions), "actions are ", "give whole numbers [6]")


@pytest.mark.parametrize("action", [None, torch.full((2, 3), 0.7), torch.zeros(2, 3, 5, dtype=torch.long)])
def test_torchrl_takes_options_and_no_one_hot_rows(action):
    made = of("torchrl")(WORLD, 2)
    told = made.reset()
    if action is not None:
        told["agents", "action"] = action
    refused(lambda: made.step(told), "('agents', 'action') is ", "give whole numbers [2, 3]")


def test_torchrl_refuses_resets_and_groups_that_are_none():
    made = of("torchrl")
    from tensordict import TensorDict

    batch = made(WORLD, 2)
    for which in (torch.tensor([[1], [0]]), torch.ones(2, 3, dtype=torch.bool)):
        refused(lambda which=which: batch.reset(TensorDict({"_reset": which}, [2])), "_reset is ", "each of 2 worlds")
    everyone = [f"agent_{n}" for n in range(3)]
    refused(lambda: made(WORLD, 2, group_map={"done": everyone}), "group_map: done is an entry of torchrl's own")
