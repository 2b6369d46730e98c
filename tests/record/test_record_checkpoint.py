import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from record_writer import weights

from society.record import checkpoint
from society.record.files import TEMPORARY


def test_arrays_and_state_come_back_exactly(tmp_path: Path) -> None:
    arrays = {
        "a.b.weight": np.arange(6, dtype=np.float32).reshape(2, 3).T,  # not contiguous
        "scalar": np.array(3, dtype=np.int64),
        "flags": np.array([True, False]),
        "empty": np.zeros((0, 4), dtype=np.float16),
        "odd": np.array([np.nan, np.inf, -0.0]),
    }
    state = {"best": float("-inf"), "loss": float("nan"), "seen": [1, 2], "by": {"a": None, "ü": True}}
    checkpoint.save(tmp_path, 0, {"population.0": arrays, "none": {}}, {**state, "step": np.int64(7)})
    update, groups, read = checkpoint.load(tmp_path)
    assert update == 0 and set(groups) == {"population.0", "none"} and groups["none"] == {}
    for name, array in arrays.items():
        found = groups["population.0"][name]
        assert found.dtype == array.dtype and found.shape == array.shape and found.flags.writeable
        assert found.tobytes() == array.tobytes()
    assert np.isnan(read.pop("loss")) and read == {k: v for k, v in state.items() if k != "loss"} | {"step": 7}


def test_the_last_three_and_the_named_are_kept(tmp_path: Path) -> None:
    for update in range(0, 60, 10):
        checkpoint.save(tmp_path, update, weights(update), {}, keep=[10])
    assert checkpoint.updates(tmp_path) == [10, 30, 40, 50]
    assert checkpoint.load(tmp_path).update == 50 and checkpoint.load(tmp_path, 10).update == 10
    assert checkpoint.latest(tmp_path) == 50


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, 1, weights(1), {})
    with pytest.raises(FileExistsError, match="never overwritten"):
        checkpoint.save(tmp_path, 1, weights(2), {})
    assert checkpoint.load(tmp_path).groups["population"]["step"] == 1


@pytest.mark.parametrize(
    ("groups", "state"),
    [
        ({"../x": {}}, {}),
        ({"": {}}, {}),
        ({"g": {"a": np.array([object()])}}, {}),
        ({"g": {"a": [1, 2]}}, {}),
        ({}, {"policy": object()}),
    ],
)
def test_what_cannot_be_stored_is_refused(tmp_path: Path, groups: dict[str, Any], state: dict[str, Any]) -> None:
    checkpoint.save(tmp_path, 1, weights(1), {})
    with pytest.raises(ValueError):
        checkpoint.save(tmp_path, 2, groups, state)
    assert checkpoint.updates(tmp_path) == [1] and not list(tmp_path.rglob(f"{TEMPORARY}*"))


def test_a_full_disk_keeps_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.save(tmp_path, 1, weights(1), {})
    calls = iter(range(100))
    real = os.fsync

    def full(descriptor: int) -> None:
        if next(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(tmp_path, 2, weights(2), {})
    assert checkpoint.load(tmp_path).update == 1 and not list(tmp_path.rglob(f"{TEMPORARY}*"))
    checkpoint.save(tmp_path, 2, weights(2), {})
    assert checkpoint.load(tmp_path).update == 2
