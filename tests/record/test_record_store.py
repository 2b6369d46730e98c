import errno
import multiprocessing
import os
import re
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from society.record.files import Damaged, read_json, write_json
from society.record.recorder import Recorder
from society.record.status import state_of
from society.record.store import Run, create_run_dir, find_run, list_runs, read_status, write_status


def trades(path: Path) -> None:
    recorder = Recorder(path)
    rows = {"seed": 0, "tick": 0, "gave": 0, "got": 1}
    recorder.add(
        "trades",
        {
            **rows,
            "condition": ["normal", "normal", "mute"],
            "world": [0, 1, 0],
            "seat": 0,
            "partner": 1,
            "mind": [4, 4, 4],
            "partner_mind": [5, 5, 6],
            "gave_amount": [2, 3, 1],
            "got_amount": [1, 0, 1],
        },
    )
    recorder.flush(0)


def test_trade_graph(tmp_path: Path) -> None:
    trades(tmp_path)
    run = Run(tmp_path)
    assert dict(run.trade_graph().edges) == {(4, 5): {"weight": 5, "deals": 2}, (5, 4): {"weight": 1, "deals": 1}}
    assert set(run.trade_graph(None).nodes) == {4, 5, 6}
    assert run.trade_graph(by="seat")[0, 0][0, 1] == {"weight": 2, "deals": 1}
    assert len(run.trade_graph("peaceful")) == 0
    with pytest.raises(ValueError, match="by mind or by seat"):
        run.trade_graph(by="role")


def test_a_run_shows_what_it_holds(whole_run: Path) -> None:
    run = Run(whole_run)
    assert run.config["learner"] == {"rate": 0.001} and run.meta["scene"] == {"h": 4}
    assert run.saved_report == {"estimates": [{"metric": "reward", "value": 0.25, "reason": None}]}
    assert run.tables() == ["metrics", "messages"] and run.checkpoints() == [4, 6, 8]
    assert list(run.controls) == ["muted_from_birth"] and run.controls["muted_from_birth"].meta == run.meta
    assert len(run.messages("training")) == 40 and run.messages("normal").empty
    assert run.frames("training", 0, 3, 4).tick.tolist() == [3, 4]


def test_a_new_run_has_a_name_of_its_own(tmp_path: Path) -> None:
    now = datetime(2026, 3, 4, 5, 6, 7)
    path = create_run_dir(tmp_path / "runs", "bazaar", now)
    assert re.fullmatch(r"bazaar-20260304-050607-[0-9a-f]{6}", path.name) and list(path.iterdir()) == []
    assert create_run_dir(tmp_path / "runs", "bazaar", now) != path
    for name in ("a/b", "..", "", ".hidden"):
        with pytest.raises(ValueError):
            create_run_dir(tmp_path, name)


def test_runs_are_found_by_path_name_beginning_or_latest(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no run in"):
        find_run("latest", tmp_path / "nowhere")
    old = create_run_dir(tmp_path, "bazaar", datetime(2026, 1, 2))
    new = create_run_dir(tmp_path, "commons", datetime(2026, 1, 3))
    (tmp_path / "notes").mkdir()
    assert [run.path for run in list_runs(tmp_path)] == [new, old]
    assert find_run("latest", tmp_path).path == new
    for text in (str(old), old.name, "ba"):
        assert find_run(text, tmp_path).path == old
    create_run_dir(tmp_path, "bazaar", datetime(2026, 1, 4))
    for text in ("bazaar", "zoo", "", "a\0b", "a\nb", "x" * 5000):
        with pytest.raises(ValueError) as caught:
            find_run(text, tmp_path)
        assert "\n" not in str(caught.value)
    assert find_run("bazaar-20260102", tmp_path).path == old
    assert list_runs(tmp_path / "nowhere") == []


def test_status_is_changed_field_by_field(run_path: Path) -> None:
    write_status(run_path, state="running", update=3, total=10)
    write_status(run_path, update=4, agent_steps=np.int64(7), message=None, rate=float("nan"))
    status = read_status(run_path)
    assert (status["state"], status["update"], status["total"], status["agent_steps"]) == ("running", 4, 10, 7)
    assert status["rate"] is None
    assert Run(run_path).state == "live"
    with pytest.raises(ValueError, match="one of running"):
        write_status(run_path, state="asleep")


def test_what_a_status_means(run_path: Path) -> None:
    gone = multiprocessing.get_context("forkserver").Process(target=int)
    gone.start()
    gone.join()
    for fields, expected in [
        ({"state": "running"}, "live"),
        ({"state": "running", "pid": gone.pid}, "killed"),
        ({"state": "running", "pid": gone.pid, "host": "another machine"}, "live"),
        ({"state": "running", "heartbeat": time.time() - 61}, "killed"),
        ({"state": "running", "pid": "me"}, "killed"),
        ({"state": "done", "pid": gone.pid, "heartbeat": 0}, "done"),
        ({"state": "failed"}, "failed"),
        ({"state": "interrupted"}, "interrupted"),
    ]:
        (run_path / "status.json").unlink()
        write_status(run_path, **fields)
        assert Run(run_path).state == expected, fields
    assert state_of({"state": "running", "pid": 1, "heartbeat": 0.0}, now=30.0) == "live"
    write_json(run_path / "status.json", {"state": "asleep"})
    assert Run(run_path).state == "damaged" and "no known state" in str(Run(run_path).problem)


def test_documents_keep_numbers_or_refuse(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_json(path, {"a": np.float32(0.5), "b": [np.int64(2), (1, None)], "c": np.arange(2), "d": tmp_path})
    assert read_json(path) == {"a": 0.5, "b": [2, [1, None]], "c": [0, 1], "d": str(tmp_path)}
    with pytest.raises(ValueError, match=r"document.b\[1\] is nan"):
        write_json(path, {"b": [1.0, float("nan")]})
    with pytest.raises(ValueError, match="a set"):
        write_json(path, {"b": {1}})
    write_json(path, {"b": [1.0, float("nan"), float("inf")]}, non_finite="null")
    assert read_json(path) == {"b": [1.0, None, None]}
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]
    with pytest.raises(Damaged, match="is missing"):
        read_json(tmp_path / "meta.json")


def test_reading_needs_no_torch() -> None:
    code = "import sys, society.record.store; sys.exit('torch' in sys.modules or 'networkx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_failed_write_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_json(tmp_path / "report.json", {"a": 1})

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(os, "fsync", full)
        write_json(tmp_path / "report.json", {"a": 2})
    assert read_json(tmp_path / "report.json") == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]
