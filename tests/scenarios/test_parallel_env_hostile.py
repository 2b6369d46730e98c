"""Environments that fail in every way: one line that names the environment, and nobody waits or is silently ended."""

import os
import subprocess
import sys
import time

import pytest
import torch
from society.scenarios.parallel_env_spaces import EnvError

from society.bridges.session import session, settled

NAME = "parallel_env_hostile_env"
TEXT = '''
import sys
import numpy as np
from gymnasium.spaces import Box, Discrete, MultiDiscrete
from pettingzoo import ParallelEnv


class Hostile(ParallelEnv):
    def __init__(self, fault="", render_mode=None):
        self.fault, self.max_cycles = fault, 10**12 if fault == "long" else 4
        self.possible_agents = {"twice": ["a", "a"], "nobody": None}.get(fault, ["a", "b"])
        if fault == "exit_made":
            sys.exit(3)

    def observation_space(self, agent):
        if self.fault == "no_space":
            raise RuntimeError("not yet")
        if self.fault == "hidden_space":
            sys.exit(0)
        if self.fault == "picture":
            return Box(0, 255, (2000, 1000, 3), np.uint8)
        return Discrete(10**12 if self.fault == "wide" else 2)

    def action_space(self, agent):
        return MultiDiscrete([]) if self.fault == "no_numbers" else Discrete(2)

    def reset(self, seed=None, options=None):
        self.agents = {"stranger": ["a", "z"], "empty": []}.get(self.fault, ["a", "b"])
        if self.fault == "exit_reset":
            sys.exit(0)
        return dict.fromkeys(self.agents, 0), {}

    def step(self, actions):
        if self.fault == "exit_step":
            sys.exit(0)
        if self.fault == "hangs":
            print("hangs", __import__("os").getpid(), file=sys.stderr, flush=True)
            __import__("time").sleep(60)
        if self.fault == "reads":
            assert sys.stdin.read() == ""
        no = dict.fromkeys(self.agents, False)
        return dict.fromkeys(self.agents, 1), dict.fromkeys(self.agents, 1.0), no, no, {}


def parallel_env(**options):
    return Hostile(**options)
'''


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """A function that plays two ticks of an environment with a fault."""
    (tmp_path / f"{NAME}.py").write_text(TEXT)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, NAME, raising=False)

    def played(fault, workers=0):
        config = settled("parallel_env", world__env=NAME, world__options=(f"fault={fault}",), world__workers=workers)
        made = session(config)
        return [made.step(torch.zeros(1, 2, 1, dtype=torch.long)).reward.tolist() for _ in range(2)]

    return played


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("exit_made", "cannot be made with fault=exit_made: SystemExit: 3"),
        ("no_space", "its agents and spaces cannot be read: RuntimeError: not yet"),
        ("hidden_space", "its agents and spaces cannot be read: SystemExit: 0"),
        ("no_numbers", "a acts in MultiDiscrete([])"),
        ("nobody", "names no possible_agents"),
        ("twice", "names an agent twice in possible_agents: a, a"),
        ("wide", "a observes 1000000000000 numbers; 1048576 is the most"),
        ("picture", "a observes 6000000 numbers; 1048576 is the most"),
        ("long", "is 1000000000000; say up to 10000 ticks"),
        ("exit_reset", "failed: SystemExit: 0"),
        ("exit_step", "failed: SystemExit: 0"),
        ("stranger", "agents after reset: ['a', 'z']; possible_agents: ['a', 'b']"),
        ("empty", "agents after reset: []"),
    ],
)
def test_a_fault_is_one_line_that_names_the_environment(hostile, fault, words):
    with pytest.raises(EnvError) as caught:
        hostile(fault)
    said = str(caught.value)
    assert NAME in said and words in said and "\n" not in said


def test_in_another_process_an_environment_has_nothing_to_read_and_cannot_end_it(hostile):
    assert hostile("reads", workers=1) == [[[1.0, 1.0]], [[1.0, 1.0]]]
    with pytest.raises(EnvError, match="failed: SystemExit: 0"):
        hostile("exit_step", workers=1)


OWNER = f"""
import torch
from society.bridges.session import session, settled
made = session(settled("parallel_env", world__env="{NAME}", world__options=("fault=hangs",), world__workers=1))
made.step(torch.zeros(1, 2, 1, dtype=torch.long))
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked up in /proc")
def test_a_process_in_which_an_environment_hangs_does_not_outlive_its_owner(hostile, tmp_path):
    environ = os.environ | {"PYTHONPATH": str(tmp_path)}
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stderr=subprocess.PIPE, text=True, env=environ)
    line = next(line for line in owner.stderr if line.startswith("hangs"))
    worker = int(line.split()[1])
    assert os.getsid(worker) == worker != owner.pid  # it does not hear the Ctrl-C that its owner hears
    owner.kill()
    owner.wait()
    owner.stderr.close()
    until = time.monotonic() + 10
    while time.monotonic() < until and alive(worker):
        time.sleep(0.05)
    assert not alive(worker)


def alive(process):
    """Whether there is a process of this id; one that is dead and not yet buried does not count."""
    try:
        with open(f"/proc/{process}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
