"""kill -9 at random moments: the directory stays readable, no row before the last checkpoint is lost or doubled."""

import multiprocessing
import random
import time
from pathlib import Path

import numpy as np
import pytest
from record_writer import message_rows, resume, weights, work

from society.record import checkpoint
from society.record.files import TEMPORARY, Damaged
from society.record.store import Run, read_status


def contents(path: Path) -> dict[str, bytes]:
    """Every file that a seed determines."""
    return {
        str(file.relative_to(path)): file.read_bytes()
        for folder in ("tables", "frames", "checkpoints")
        for file in sorted((path / folder).rglob("*"))
        if file.is_file()
    }


def check_readable(path: Path, acknowledged: int) -> None:
    """What must hold right after a kill, before anything is repaired."""
    run = Run(path)
    if not run.path.joinpath("meta.json").exists() or not run.path.joinpath("status.json").exists():
        return  # killed before its first second was over
    read_status(path)
    assert run.state in ("killed", "done")
    try:
        update, groups, _ = checkpoint.load(path, warnings=lambda line: pytest.fail(line) if acknowledged else None)
    except Damaged:
        assert acknowledged == 0
        return
    assert update >= acknowledged
    np.testing.assert_array_equal(groups["optimiser.0"]["moment"], weights(update)["optimiser.0"]["moment"])
    messages = run.table("messages")
    assert not messages.duplicated(["episode", "world"]).any()
    assert sorted(set(messages["episode"]))[:update] == list(range(1, update + 1))
    metrics = run.table("metrics", ["update", "name"])
    assert (metrics.groupby("update").size() == 2).all() and not metrics.duplicated().any()
    assert sum(span.frames for span in run.frame_index()) >= 2 * update


def last_acknowledged(path: Path) -> int:
    """The last checkpoint that the writer saw completed, 0 before the first."""
    return int(path.read_text()) if path.exists() else 0


def kill_and_resume(tmp_path: Path, kills: int, seed: int) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["society.record.recorder", "society.record.frames", "society.record.store"])
    draw = random.Random(seed)
    path, acknowledged = tmp_path / "killed", tmp_path / "acknowledged"
    killed = 0
    while killed < kills:
        writer = context.Process(target=work, args=(path, acknowledged, 10**6))
        writer.start()
        # By progress, not by the clock, so that a busy machine tests the same thing; 0: while it starts or rewinds.
        goal, limit = last_acknowledged(acknowledged) + 2 * draw.choice([0, 0, 1, 2, 3]), time.monotonic() + 20
        while (not path.exists() or last_acknowledged(acknowledged) < goal) and time.monotonic() < limit:
            time.sleep(0.002)
        time.sleep(draw.uniform(0.0, 0.04))
        writer.kill()
        writer.join()
        assert writer.exitcode == -9, "the writer failed by itself"
        killed += 1
        check_readable(path, last_acknowledged(acknowledged))
    update = resume(path)
    assert update > kills / 2, "the writer never came far enough to be a test"
    messages = Run(path).table("messages")
    assert list(messages["episode"]) == [number for number in range(1, update + 1) for _ in range(5)]
    expected = np.concatenate([np.asarray(message_rows(number)["m0"]) for number in range(1, update + 1)])
    np.testing.assert_array_equal(messages["m0"], expected)
    # Resumed many times or never: the same files, byte for byte, and nothing left over.
    work(path, acknowledged, update + 2)
    work(tmp_path / "whole", tmp_path / "other", update + 2)
    assert contents(path) == contents(tmp_path / "whole")
    assert not [file for file in path.rglob("*") if file.name.startswith(TEMPORARY) and file.parent != path]
    assert Run(path).verify() == [] and Run(path).state == "done"


def test_a_killed_run_is_readable_and_resumes(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, kills=12, seed=0)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_a_hundred_kills(tmp_path: Path, seed: int) -> None:
    kill_and_resume(tmp_path, kills=25, seed=seed + 1)
