"""The page of play against a session that is really played, and against whatever else may lie in its folder."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from test_viewer_pages import app, said
from tiny_runs import finished, tiny
from viewer_runs import EVIL

from society.desk.session import Session
from society.record import letters
from society.record.files import Damaged
from society.record.store import Run, list_runs
from society.viewer import desk
from society.viewer.data import play
from society.viewer.figures import play as figures

BRIEF = {"evaluation__conditions": ("normal", "mute"), "evaluation__scripts": False, "evaluation__ticks": 8}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("runs")
    world = {"world__size": 6, "world__seats": 3, "channel__symbols": 3}
    return Run(finished(tiny("bazaar", 2, **BRIEF, **world), root / "bazaar-20260101-120000-abcdef"))


@pytest.fixture
def root(trained: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The worker of a session is a thread of this process."""
    threads = []

    def spawn(module: str, root: str, name: str, log: Path) -> None:
        assert module == "society.desk.session"
        session = Session(Path(root), name, 0, 20.0)

        def run() -> None:
            with letters.hold(session.file("lock")) or pytest.fail("held"):
                session.run()

        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()

    monkeypatch.setattr(desk, "spawn", spawn)
    yield trained.path.parent
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def until(root: Path, name: str, state: str, move: int = 0) -> play.Table:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        table = play.look(root, name)
        if table is not None and table.state == state and table.move >= move:
            return table
        time.sleep(0.02)
    raise AssertionError(table)


def began(root: Path, trained: Run, **asked: object) -> tuple[AppTest, str]:
    """The page just after a seat was taken."""
    test = app(root, run=trained.name, page="Play")
    for key, value in asked.items():
        (test.selectbox if key == "condition" else test.number_input)(key=f"play_{key}").set_value(value)  # type: ignore[arg-type]
    next(button for button in test.button if button.label == "Take the seat").click()
    test.run()
    name = test.query_params["session"]
    name = name[0] if isinstance(name, list) else name
    until(root, name, "yours")
    return test.run(), name


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label == label).click()
    return test.run()


def test_a_seat_is_taken_played_and_left(root: Path, trained: Run) -> None:
    test, name = began(root, trained, seat=1, world=2, condition="mute")
    assert not test.exception and "You are seat 1" in said(test) and "world 2" in said(test)
    labels = [button.label for button in test.button]
    assert labels[:5] == ["stay", "north", "south", "east", "west"]  # in the words of the world
    assert [radio.label for radio in test.radio] == ["offer", "say", "strike"]
    assert test.radio[1].options == ["silence", "symbol 1", "symbol 2"]
    test.radio[1].set_value(2)
    press(test, "east")
    table = until(root, name, "yours", 1)
    assert not test.exception and table.log[0]["did"] == {"move": [3], "offer": [0], "say": [2], "strike": [0]}
    assert test.metric[2].value == "1 / 8"
    press(test, "End the session")
    until(root, name, "ended")
    test.run()
    assert "The session is over: ended by the player after 1 ticks" in "\n".join(one.value for one in test.success)
    played = next(one for one in list_runs(root) if one.meta.get("played", {}).get("seat") == 1)
    assert played.state == "done" and played.table("messages")["m0"].tolist()[1] == 2
    press(test, "Its world")
    assert test.query_params["run"] in (played.name, [played.name]) and "session" not in test.query_params
    shown = app(root, run=played.name, page="Play")
    assert "Somebody played seat 1 of world 2" in "\n".join(one.value for one in shown.info) and not shown.exception


def test_two_windows_move_once(root: Path, trained: Run) -> None:
    first, name = began(root, trained)
    second = app(root, run=trained.name, page="Play", session=name)
    assert "You are seat 0" in said(second)
    stale = play.look(root, name)
    assert stale is not None and stale.move == 0
    press(first, "north")
    until(root, name, "yours", 1)
    press(second, "south")  # its own buttons still belong to the first move
    table = play.look(root, name)
    assert table is not None and table.tick == 1 and table.log[0]["did"]["move"] == [1]
    letters.write(folder_of(root, 9) / "now", {})
    assert play.send(root, folder_of(root, 9).name, 1, {"end": True}) == ""
    assert "made already" in play.send(root, folder_of(root, 9).name, 1, {"heads": {}})  # the first one stands
    assert json.loads((folder_of(root, 9) / "move-1.json").read_text()) == {"end": True}
    assert play.send(root, name, 1, {"end": True}) == ""


def test_the_form_offers_what_there_is(root: Path, trained: Run) -> None:
    test = app(root, run=trained.name, page="Play")
    assert not test.exception and test.selectbox(key="play_condition").options == ["normal", "mute"]
    assert (test.number_input(key="play_seat").max, test.number_input(key="play_world").max) == (2, 3)
    found = play.earned(trained)
    rows = trained.table("episodes", where={"condition": "normal"})
    assert np.allclose(found["mean_return"], rows.groupby("seat")["return_"].mean()) and found["seat"].tolist() == [0, 1, 2]


def test_the_whole_evaluation_beside_the_trained_mind(root: Path, trained: Run) -> None:
    rows = trained.table("episodes", where={"condition": "normal", "world": 1, "seat": 2})
    table = play.Table("ended", condition="normal", world=1, seat=2, tick=8, length=8)
    assert play.trained_return(trained, table) == rows["return_"].sum()
    assert np.isnan(play.trained_return(trained, play.Table("ended", tick=3, length=8)))


@pytest.mark.parametrize("name", ("..", "../x", "a" * 32, "A" * 32, "x" * 5000, "%2e%2e", "\0", ""))
def test_a_session_that_is_none_is_refused(root: Path, trained: Run, name: str) -> None:
    test = app(root, run=trained.name, page="Play", session=name)
    assert not test.exception and "There is no session of that name" in said(test)
    assert any(button.label == "Take the seat" for button in test.button)


def folder_of(root: Path, number: int) -> Path:
    return letters.desk(root, play.PLAY, f"{number:032x}")


def test_a_worker_that_is_gone_is_said_to_be(root: Path, trained: Run) -> None:
    folder = folder_of(root, 1)
    facts = {
        "state": "yours",
        "message": "",
        "move": 1,
        "run": trained.name,
        "of": trained.name,
        "condition": "normal",
        "world": 0,
    }
    facts |= {"seat": 0, "role": "", "tick": 1, "length": 8, "episode": 0, "last": 0.0, "sums": [0.0], "heads": [], "fields": []}
    letters.write(folder / "now", facts | {"speech": "", "hearing": [], "log": []})
    test = app(root, run=trained.name, page="Play", session=folder.name)
    assert not test.exception and "its process is gone" in said(test).replace("\\", "")
    os.utime(folder_of(root, 2), (1, 1))
    assert play.look(root, folder_of(root, 2).name) == play.Table("gone", "its process ended before it began")


def test_what_an_attacker_leaves_is_text_or_refused(root: Path, trained: Run) -> None:
    folder, label = folder_of(root, 3), {"head.move": [EVIL] * 2, "head.say": "x", "field.f": [EVIL], "head.gone": 7}
    base = {"state": "yours", "message": EVIL, "move": 0, "run": EVIL, "of": EVIL, "condition": EVIL, "world": 0, "seat": 0}
    base |= {"role": EVIL, "tick": 1, "length": 8, "episode": 0, "last": 1e308, "sums": [1e308, -1e308], "speech": EVIL}
    base |= {"heads": [["move", 2, 1], [EVIL, 3, 2]], "fields": [["f", 1], [EVIL, 25]], "hearing": [EVIL], "labels": label}
    base |= {"log": [{"did": {EVIL: [99]}, "tick": EVIL, "reward": [1]}, 7, {"did": {"move": [5, "x"]}, "turn": True}]}
    arrays = {"legal.move": np.ones(2, np.uint8), f"legal.{EVIL}": np.zeros(3, np.uint8)}
    arrays |= {"field.f": np.full((1, 1), np.nan, np.float32), f"field.{EVIL}": np.full((9, 3), np.inf, np.float32)}
    with letters.hold(folder / "lock") or pytest.fail("held"):
        letters.write(folder / "now", base, arrays)
        test = app(root, run=trained.name, page="Play", session=folder.name)
        assert not test.exception and "<script>" not in said(test).replace("\\<script", "")
        changes: list[dict[str, object]] = [
            {"heads": 7}, {"heads": [["move", 10**9, 1]]}, {"heads": [["move", 2]]}, {"heads": [["move", 2, 0]]},
            {"fields": [["g", 1]]}, {"sums": "x"}, {"sums": [None]}, {"log": None}, {"tick": "x"},
            {"move": None}, {"last": []}, {"hearing": 3}, {"seat": True}, {"move": 1.5},
            {"state": 3}, {"labels": 7}, {"seat": 10**400}, {"last": 10**400},
        ]  # fmt: skip
        for change in changes:
            letters.write(folder / "now", base | change, arrays)
            with pytest.raises(Damaged):
                play.look(root, folder.name)
        (folder / "now").write_bytes(b"{")
        assert len(app(root, run=trained.name, page="Play", session=folder.name).error) == 1


def test_a_folder_of_sessions_that_is_a_link_is_not_followed(trained: Run, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / ("b" * 32)).mkdir(parents=True)
    (outside / ("b" * 32) / "now").write_text(json.dumps({}))
    (tmp_path / "runs" / ".desk").mkdir(parents=True)
    (tmp_path / "runs" / ".desk" / ".play").symlink_to(outside)
    with pytest.raises(Damaged):
        play.look(tmp_path / "runs", "b" * 32)
    with pytest.raises(Damaged):
        play.send(tmp_path / "runs", "b" * 32, 0, {"end": True})
    assert sorted(path.name for path in (outside / ("b" * 32)).iterdir()) == ["now"]


def test_only_what_can_be_chosen_is_asked_for() -> None:
    """In a round of talk the moves are closed: words get the buttons; in a round of moves it is the other way round."""
    from society.viewer.pages.play_seat import _quick

    def heads(move: list[bool], say: list[bool]) -> tuple[play.Head, ...]:
        found = {"move": move, "say": say}
        return tuple(play.Head(name, len(legal), 1, (), np.array(legal)) for name, legal in found.items())

    for move, say, quick in (
        ([True, False], [True, True, True], "say"),
        ([True, True], [True, False, False], "move"),
        ([True, True], [True, True, False], "move"),
        ([True, False], [True, False, False], None),
    ):
        chosen = _quick(play.Table("yours", heads=heads(move, say), speech="say"))
        assert (chosen and chosen.name) == quick


# ------------------------------------------------------------------------------------------------------------ the figures


def test_a_window_shows_what_is_in_each_cell() -> None:
    array = np.zeros((9, 2), np.float32)
    array[1, 0], array[8, 1] = 1, 0.5  # the middle of the first row, the end of the last
    _, rows = figures.window(array, ("apple", "seat"))
    expected = pd.DataFrame({"column": [1, 2], "row": [0, 2], "what": ["apple", "seat"], "value": [1.0, 0.5]})
    pd.testing.assert_frame_equal(rows, expected)


@pytest.mark.parametrize(
    ("shape", "side"),
    (((25, 3), 5), ((49, 4), 7), ((16, 2), 0), ((1, 4), 0), ((3, 5), 0), ((10,), 0), ((9, 3, 2), 0), ((9, 9), 0)),
)
def test_what_is_a_window(shape: tuple[int, ...], side: int) -> None:
    assert figures.window_side(np.zeros(shape)) == side


def test_scores_say_who_is_who() -> None:
    _, rows = figures.scores((1.0, 2.0, 6.0), 1)
    assert rows["who"].tolist() == ["trained mind", "you", "trained mind"] and rows["earned"].tolist() == [1, 2, 6]
