"""Asking the desk: files, a worker that is started and ends, and what becomes of whatever else lies there."""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from tiny_runs import finished, tiny

from society.desk.__main__ import main as desk_main
from society.record import letters
from society.record.files import Damaged
from society.record.store import Run
from society.viewer import desk

INSIDE = {"kind": "inside", "condition": "normal", "seed": 0, "world": 0, "seat": 0, "first": 0, "last": 3}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("runs")
    brief = {"evaluation__conditions": ("normal",), "evaluation__scripts": False}
    return Run(finished(tiny("matrix_game", 2, **brief), root / "matrix_game-20260101-120000-abcdef"))


@pytest.fixture
def root(run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No worker is started unless a test wants one."""
    monkeypatch.setattr(desk, "start", lambda root: "")
    return run.path.parent


def work(root: Path) -> None:
    """A worker in this process, until there is no request left."""
    from society.desk.worker import work

    work(root, 0, 0.05)


def answered(root: Path, run: Run, request: dict[str, object]) -> desk.Answer:
    first = desk.ask(root, run, request)
    assert first.state == "pending", first.message
    work(root)
    return desk.ask(root, run, request)


def test_a_question_is_answered_once_and_kept(run: Run, root: Path) -> None:
    answer = answered(root, run, INSIDE)
    assert answer.state == "ready" and answer.facts["same"] is True and answer.arrays["tick"].tolist() == [0, 1, 2, 3]
    again = desk.ask(root, run, dict(reversed(INSIDE.items())))  # the same question, in another order
    assert again.state == "ready" and np.array_equal(again.arrays["value"], answer.arrays["value"])
    assert not list(letters.desk(root, run.name).glob("*.request"))


@pytest.mark.parametrize(
    ("change", "said"),
    (
        ({"seat": 2}, "seat = 2: an integer from 0 to 1"), ({"seat": "0"}, "seat = '0'"), ({"last": 10**9}, "last = 1000000000"),
        ({"first": 3, "last": 2}, "last = 2"), ({"condition": "../mute"}, "condition = '../mute'"), ({"seed": 1}, "seed = 1"),
        ({"kind": "<script>"}, "ask for inside or what_if"), ({"world": [0]}, "world = [0]"), ({"world": True}, "world = True"),
        ({"kind": "what_if", "tick": 0, "speaker": 0, "message": [99]}, "no channel"),
    ),
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_line(run: Run, root: Path, change: dict[str, object], said: str) -> None:
    answer = answered(root, run, INSIDE | change)
    assert answer.state == "failed" and said in answer.message and "\n" not in answer.message


def test_a_failed_question_is_asked_again_later(run: Run, root: Path) -> None:
    request = INSIDE | {"seat": 7}
    assert answered(root, run, request).state == "failed"
    for path in letters.desk(root, run.name).glob("*.answer"):
        os.utime(path, (1, 1))
    assert desk.ask(root, run, request).state == "pending"
    work(root)


@pytest.mark.parametrize("request_", ({"kind": float("nan")}, {"kind": {1, 2}}, {"kind": "x" * 20_000}))
def test_what_is_no_request(run: Run, root: Path, request_: dict[str, object]) -> None:
    answer = desk.ask(root, run, request_)
    assert answer.state == "failed" and "\n" not in answer.message and len(answer.message) < 300


def test_a_run_without_minds_or_elsewhere(run: Run, root: Path, tmp_path: Path) -> None:
    (tmp_path / "new-20260101-120000-abcdef").mkdir()
    assert "no trained minds" in desk.ask(tmp_path, Run(tmp_path / "new-20260101-120000-abcdef"), INSIDE).message
    assert "not in this folder" in desk.ask(tmp_path, run, INSIDE).message


def test_a_desk_that_is_a_link_is_left_alone(run: Run, tmp_path: Path) -> None:
    root, outside = tmp_path / "runs", tmp_path / "outside"
    (root / run.name).mkdir(parents=True)
    outside.mkdir()
    (root / ".desk").symlink_to(outside)
    (root / run.name / "checkpoints").symlink_to(run.path / "checkpoints")
    answer = desk.ask(root, Run(root / run.name), INSIDE)
    assert answer.state == "failed" and list(outside.iterdir()) == []
    assert desk_main([str(root), "--idle", "0"]) == 2


def test_nonsense_beside_the_requests_is_passed_over(run: Run, root: Path, tmp_path: Path) -> None:
    folder = letters.desk(root, run.name)
    for number, data in enumerate((b"", b"{}", b"[1]", b"\xff", b'{"run": NaN}', b"x" * 100_000)):
        (folder / f"{number:032x}.request").write_bytes(data)
    (folder / "not a name.request").write_text("{}")
    os.mkfifo(folder / f"{'e' * 32}.request")
    (tmp_path / "secret").write_text(json.dumps({"run": "secret"}))
    (folder / f"{'d' * 32}.request").symlink_to(tmp_path / "secret")
    work(root)
    for path in folder.glob("*.answer"):
        text, _ = letters.read(path)
        assert text["state"] == "ready" or "secret" not in json.dumps(text["message"])
    assert [path.name for path in folder.glob("*.request")] == ["not a name.request"] and not list(folder.glob("*.work"))
    assert answered(root, run, INSIDE | {"last": 2}).state == "ready"  # and the next question is answered
    (folder / "not a name.request").unlink()


def test_a_damaged_answer_is_said_to_be(run: Run, root: Path) -> None:
    request = INSIDE | {"last": 1}
    assert answered(root, run, request).state == "ready"
    path = max(letters.desk(root, run.name).glob("*.answer"), key=lambda path: path.stat().st_mtime_ns)
    whole = path.read_bytes()
    for data in (whole[:-3], b"\x00" * 40, b"\xff" * 8 + whole[8:], b""):
        path.write_bytes(data)
        answer = desk.ask(root, run, request)
        assert answer.state == "failed" and "delete it" in answer.message
    letters.write(path, {"request": {"kind": "another"}, "state": "ready", "facts": {}})
    assert "another question" in desk.ask(root, run, request).message
    path.unlink()


def test_a_letter_holds_what_was_written(tmp_path: Path) -> None:
    arrays = {
        "a": np.arange(6, dtype=np.int32).reshape(2, 3),
        "none": np.zeros((0, 4), np.float32),
        "t": np.arange(6).reshape(2, 3).T,
    }
    letters.write(tmp_path / "x", {"state": "ready", "é": [1, None]}, arrays)
    text, found = letters.read(tmp_path / "x")
    assert text == {"state": "ready", "é": [1, None]} and found.keys() == arrays.keys()
    assert all(np.array_equal(found[name], arrays[name]) and found[name].shape == arrays[name].shape for name in arrays)
    with pytest.raises(ValueError, match="ask for fewer ticks"):
        letters.write(tmp_path / "x", {}, {"a": np.zeros(letters.LIMIT, np.uint8)})
    with pytest.raises(Damaged, match="missing"):
        letters.read(tmp_path / "y")


def test_a_worker_is_started_answers_and_ends(run: Run) -> None:
    """The real one: started by the question, alone, gone when idle; a killed one is replaced, its question given up."""
    root = run.path.parent
    request = INSIDE | {"seat": 1}
    until = time.monotonic() + 60
    while (answer := desk.ask(root, run, request)).state == "pending" and time.monotonic() < until:
        time.sleep(0.02)
    assert answer.state == "ready", answer.message
    process, _ = desk._started[letters.desk(root)]
    assert letters.held(letters.desk(root) / "lock") and desk.start(root) == ""
    assert desk._started[letters.desk(root)][0] is process  # no second one
    assert desk_main([str(root), "--idle", "0"]) == 0  # and one that comes anyway leaves it alone
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not letters.held(letters.desk(root) / "lock")
    asked = letters.desk(root, run.name) / f"{'a' * 32}.work"
    asked.write_text("{}")
    work(root)
    assert not asked.exists() and "ended while it worked" in letters.read(asked.with_suffix(".answer"))[0]["message"]
