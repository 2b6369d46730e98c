"""kill -9 at random moments of a real run: readable each time, and in the end as if nothing had happened."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from tiny_runs import assert_same_rows, assert_same_weights, finished, prepared, tiny

from society.engine import launch
from society.record import checkpoint
from society.record.store import Run

UPDATES = 12


def files(path):
    return sum(len(names) for _, *below in os.walk(path) for names in below)  # walk bears with folders that vanish


def check_readable(path):
    run = Run(path)
    assert run.state in ("killed", "interrupted", "done"), run.problem
    assert run.verify() == []
    metrics = run.table("metrics")
    assert not metrics.duplicated(["update", "mind", "name"]).any()
    if run.checkpoints():
        update, _, _ = checkpoint.load(path, warnings=pytest.fail if run.checkpoints() != [0] else lambda line: None)
        assert set(range(1, update + 1)) <= set(metrics["update"])


def kill_and_resume(tmp_path, kills, seed):
    config = tiny("bazaar", updates=UPDATES)
    whole = finished(config, tmp_path / "whole")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["society.engine.launch", "society.scenarios.bazaar", "society.agents.ppo"])
    draw, killed, number = random.Random(seed), 0, 0
    while killed < kills:
        number += 1
        path = prepared(config, tmp_path / f"killed{number}")
        while killed < kills and Run(path).state != "done":
            writer = context.Process(target=launch.execute, args=(path,))
            writer.start()
            enough = files(path) + draw.randrange(8)  # by progress, so that a busy machine tests the same thing
            patience = time.monotonic() + 120
            while writer.is_alive() and files(path) < enough and time.monotonic() < patience:
                time.sleep(0.002)
            time.sleep(draw.uniform(0, 0.05))
            writer.kill()
            writer.join()
            assert writer.exitcode in (-signal.SIGKILL, 0)
            killed += writer.exitcode != 0
            check_readable(path)
        launch.execute(path)
        assert Run(path).state == "done"
        assert_same_rows(whole, path)
        assert_same_weights(whole, path)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path):
    kill_and_resume(tmp_path, kills=6, seed=0)


@pytest.mark.soak
def test_a_hundred_kills(tmp_path):
    kill_and_resume(tmp_path, kills=100, seed=1)


def test_the_command_of_a_job_is_killed_and_run_again(tmp_path):
    config = tiny("bazaar", updates=3)
    path = prepared(config, tmp_path / "killed")
    command = [sys.executable, "-m", "society.engine.launch", str(path)]
    job = subprocess.Popen(command)
    while job.poll() is None and not Run(path).checkpoints():
        time.sleep(0.01)
    job.kill()
    job.wait()
    check_readable(path)
    assert subprocess.run(command, check=False).returncode == 0
    assert_same_rows(finished(config, tmp_path / "whole"), path)
