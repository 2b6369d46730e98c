"""A session through its files: moves, nonsense, two pages, a folder that is exchanged, an idle player, a killed worker."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import desk_runs
import pytest

from society.desk import session as module
from society.desk.session import Session
from society.record import letters
from society.record.files import atomic_write
from society.record.stop import ask_to_stop
from society.record.store import Run, list_runs

ID = "0123456789abcdef0123456789abcdef"
SECONDS = 120.0  # of patience: a machine may be busy


@pytest.fixture
def root(run, tmp_path) -> Path:
    """A folder of its own with the trained run in it."""
    shutil.copytree(run.path, tmp_path / "runs" / run.name)
    return tmp_path / "runs"


class Page:
    """What a page does: reads `now`, writes moves."""

    def __init__(self, root: Path, begin: bool = True, idle: float = 30.0, **asked):
        self.root, self.folder = root, letters.desk(root, ".play", ID)
        told = {"run": self.trained.name, "condition": "normal", "world": 0, "seat": 0, "episodes": 1} | asked
        atomic_write(self.folder / "session.json", json.dumps(told).encode())
        self.errors: list[BaseException] = []
        self.thread = threading.Thread(target=self._run, args=(idle,), daemon=True)
        if begin:
            self.thread.start()

    def _run(self, idle: float) -> None:
        try:
            Session(self.root, ID, 0, idle).run()
        except BaseException as error:
            self.errors.append(error)

    @property
    def trained(self) -> Run:
        return next(one for one in list_runs(self.root) if "played" not in one.meta)

    @property
    def played(self) -> Run:
        return next(one for one in list_runs(self.root) if "played" in one.meta)

    def now(self, move: int = 0, state: str = "yours"):
        """What is perceived when move number `move` is waited for."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if (self.folder / "now").exists():
                facts, arrays = letters.read(self.folder / "now")
                if facts["state"] == state and facts["move"] >= move:
                    return facts, arrays
            time.sleep(0.01)
        raise AssertionError(f"move {move} was never waited for: {self.errors}")

    def say(self, number: int, told: object) -> None:
        atomic_write(self.folder / f"move-{number}.json", json.dumps(told).encode())

    def over(self) -> Run:
        self.thread.join(SECONDS)
        assert not self.thread.is_alive()
        return self.played


STILL = {"heads": {"move": [0], "offer": [0], "say": [1], "strike": [0]}}


def test_a_session_from_begin_to_end(root):
    page = Page(root, seat=3)
    for move in range(3):
        facts, sees = page.now(move)
        assert facts["move"] == move == facts["tick"] and sees["field.ripe"].shape[1] == 2
        page.say(move, STILL)
    facts, _ = page.now(3)
    assert facts["run"] == page.played.name and facts["of"] == page.trained.name and facts["seat"] == 3
    assert [entry["did"] for entry in facts["log"]] == [STILL["heads"]] * 3
    assert page.played.state == "live"
    page.say(3, {"end": True})
    played = page.over()
    assert played.state == "done" and "ended by the player after 3 ticks" in played.status["message"]
    rows = played.table("episodes")
    assert rows["ticks"].tolist() == [3] * 4 and rows["return_"].tolist() == pytest.approx(facts["sums"])
    assert played.verify() == [] and page.now(0, "ended")


NONSENSE = [
    [], {}, {"heads": None}, {"heads": {"move": [0]}}, {"heads": STILL["heads"] | {"move": [5]}},
    {"heads": STILL["heads"] | {"move": [-1]}}, {"heads": STILL["heads"] | {"move": [True]}},
    {"heads": STILL["heads"] | {"move": [0.0]}}, {"heads": STILL["heads"] | {"say": [0, 0]}},
    {"heads": STILL["heads"] | {"more": [0]}}, {"heads": STILL["heads"] | {"move": 10**400}}, {"end": 1},
]  # fmt: skip


def test_nonsense_is_refused_and_waited_on(root):
    page = Page(root)
    for number, told in enumerate(NONSENSE):
        facts, _ = page.now(number)
        assert facts["tick"] == 0
        page.say(number, told)
    count = len(NONSENSE)
    for data in (b"", b"\xff\xfe", b"[" * 9000, b"NaN", b"x" * 100_000):
        page.now(count)
        atomic_write(page.folder / f"move-{count}.json", data)
        count += 1
    page.now(count)
    outside = root.parent / "outside.json"
    outside.write_text(json.dumps(STILL))
    (page.folder / f"move-{count}.json").symlink_to(outside)
    facts, _ = page.now(count + 1)
    assert facts["message"] and facts["tick"] == 0 and outside.exists()
    os.mkfifo(page.folder / f"move-{count + 1}.json")
    facts, _ = page.now(count + 2)
    assert facts["tick"] == 0
    page.say(count + 2, {"end": True})
    assert page.over().state == "done"
    assert page.played.tables() == []  # nothing was played


def test_two_pages_move_once(root):
    page = Page(root)
    page.now(0)
    page.say(0, STILL)
    page.now(1)
    page.say(0, STILL)  # a second page that has not looked since
    page.say(7, STILL)
    time.sleep(0.2)
    facts, _ = page.now(1)
    assert facts["tick"] == 1 and facts["move"] == 1
    page.say(1, {"end": True})
    assert page.over().table("episodes")["ticks"].tolist() == [1] * 4


def test_a_folder_that_becomes_a_link_ends_the_session(root, tmp_path):
    page = Page(root)
    page.now(0)
    page.say(0, STILL)
    page.now(1)
    elsewhere = tmp_path / "elsewhere"
    page.folder.rename(elsewhere)
    (elsewhere / "move-1.json").write_text(json.dumps(STILL))
    before = sorted((path.name, path.stat().st_mtime_ns) for path in elsewhere.iterdir())
    page.folder.symlink_to(elsewhere)
    played = page.over()
    assert played.state == "interrupted" and "folder is gone" in played.status["message"]
    assert sorted((path.name, path.stat().st_mtime_ns) for path in elsewhere.iterdir()) == before
    assert played.table("episodes")["ticks"].tolist() == [1] * 4  # what was played is kept


def test_an_idle_player_interrupts_it(root):
    page = Page(root, idle=0.3)
    page.now(0)
    page.say(0, STILL)
    played = page.over()
    assert played.state == "interrupted" and "no move for" in played.status["message"]
    assert played.table("episodes")["ticks"].tolist() == [1] * 4


def test_it_can_be_stopped_like_any_run(root):
    page = Page(root)
    page.now(0)
    ask_to_stop(page.played.path)
    assert page.over().state == "interrupted" and not (page.played.path / "stop").exists()


@pytest.mark.parametrize(
    ("asked", "said"),
    (
        ({"seat": 4}, "seat = 4"), ({"seat": True}, "seat = True"), ({"world": -1}, "world = -1"),
        ({"episodes": 0}, "episodes = 0"),
        ({"condition": "strangers"}, "a seat can be taken in"), ({"run": "../x"}, "no run of that name"),
        ({"run": None}, "no run"),
    ),
)  # fmt: skip
def test_what_cannot_be_played_is_refused_in_a_line(root, asked, said):
    page = Page(root, begin=False, **asked)
    assert module.main([str(root), ID]) == 2
    facts, _ = page.now(0, "failed")
    assert said in facts["message"] and "\n" not in facts["message"]
    assert [one.name for one in list_runs(root)] == [page.trained.name]  # no run was begun


def test_a_name_that_is_no_session(root, capsys):
    for name in ("..", "x" * 32, f"../{ID}", "f" * 32):
        assert module.main([str(root), name]) == 2
        assert "no session of this folder" in capsys.readouterr().err


def test_a_killed_worker_leaves_a_killed_run(root):
    page = Page(root, begin=False)
    command = [sys.executable, "-m", "society.desk.session", str(root), ID]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        page.now(0)
        page.say(0, STILL)
        page.now(1)
        assert page.played.state == "live" and letters.held(page.folder / "lock")
        assert module.main([str(root), ID]) == 0  # another worker of the same session leaves it alone
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert page.played.state == "killed" and not letters.held(page.folder / "lock") and page.played.verify() == []


def test_the_seat_is_in_the_twin_that_was_asked_for(root):
    page = Page(root, condition="mute", world=2, seat=1)
    facts, sees = page.now(0)
    page.say(0, STILL)
    _, sees = page.now(1)
    assert not sees["field.heard"].any() and facts["condition"] == "mute"
    page.say(1, {"end": True})
    rows = page.over().table("episodes")
    assert rows["world"].tolist() == [2] * 4 and rows["mind"].tolist() == [0, -1, 0, 0]
    assert facts["length"] == desk_runs.TICKS
