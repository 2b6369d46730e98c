"""The World page's logic: views and their selectors, the address, following a seat, and a run that is being watched."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
import viewer_runs
from streamlit.testing.v1 import AppTest

from society.record import tail
from society.record.frames import FrameWriter, Span
from society.record.store import Run, write_status
from society.viewer import desk
from society.viewer.data import world as data
from society.viewer.pages import parts, world_player
from society.viewer.payload import decode

NAME = "bazaar-20260101-120000-abcdef"


def page(path: Path, **query: str) -> AppTest:
    def script(path: str) -> None:
        from society.record.store import Run
        from society.viewer.pages import world

        world.show(Run(path))

    test = AppTest.from_function(script, kwargs={"path": str(path)}, default_timeout=30)
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


def said(test: AppTest) -> str:
    return "\n".join(str(block.value) for block in [*test.markdown, *test.caption, *test.warning, *test.info, *test.error])


def keys(test: AppTest) -> set[str]:
    return {box.key.removeprefix("choose_") for box in test.selectbox}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the player was given, drawing by drawing."""
    drawn: list[dict[str, Any]] = []

    def draw(**told: Any) -> None:
        drawn.append(told | {"data": unpacked(told["data"])})

    monkeypatch.setattr(world_player, "player", lambda: draw)
    return drawn


def unpacked(packed: bytes) -> dict[str, Any]:
    """What `pack` joined; the browser's side in Python."""
    (length,) = struct.unpack_from("<I", packed)

    def blob(one: dict[str, Any]) -> dict[str, Any]:
        at, size = one["blob"]
        begin = 4 + length + at
        return one | {"blob": packed[begin : begin + size]}

    told = json.loads(packed[4 : 4 + length])
    return told | {"boards": [blob(board) for board in told["boards"]], "follow": told["follow"] and blob(told["follow"])}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Worlds 0 to 2 of `normal`, world 0 of `mute`, which parts from its twin at tick 6, and a control's world 0."""
    path = viewer_runs.begin(tmp_path / NAME, "done")
    film(path, {"normal": 3, "mute": 1})
    film(viewer_runs.begin(path / "controls" / "muted_from_birth", "done"), {"muted_from_birth": 1})
    return path


def film(path: Path, worlds: dict[str, int], ticks: int = 12) -> None:
    frames = FrameWriter(path)
    for condition, count in worlds.items():
        for w in range(count):
            for t in range(ticks):
                seats = {"x": [t % 6, w], "y": [0, 4], "kind": [0, 1], "said": [t % 3, condition == "mute" and t >= 6]}
                frames.add(condition, 3, w, t, np.full((5, 6), t % 2, np.uint8), seats)
    frames.flush(3)


# --------------------------------------------------------------------------------------------------------------- the views


def test_one_world(run: Path, given: list) -> None:
    test = page(run)
    assert not test.exception and keys(test) == {"condition", "world"}
    told = given[-1]["data"]
    assert told["layout"] == "one" and [board["title"] for board in told["boards"]] == ["normal · world 0"]
    assert (told["start"], told["parted"], told["follow"], told["live"], told["kept"]) == (-1, -1, None, False, -1)
    assert decode(told["boards"][0]["blob"])["tick"].tolist() == list(range(12))


def test_twins(run: Path, given: list) -> None:
    test = page(run, view="twin", tick="3")
    assert not test.exception and keys(test) == {"condition", "world", "twin"}
    boxes = {box.key: box for box in test.selectbox}
    assert boxes["choose_world"].options == ["world 0"], "only world 0 has twins"
    assert boxes["choose_twin"].options == ["beside mute", "beside muted_from_birth (another population)"]
    told = given[-1]["data"]
    assert told["layout"] == "twin" and told["parted"] == 6 and told["start"] == 3
    assert [board["title"] for board in told["boards"]] == ["normal · world 0", "mute · world 0"]
    assert "They part at **tick 6**: seat 1 says something else." in said(test)
    test.button(key="jump").click().run()
    assert not test.exception and test.query_params["tick"] == "6" and given[-1]["data"]["start"] == 6
    boxes["choose_twin"].set_value("muted_from_birth").run()
    assert "They never part in the 12 recorded ticks." in said(test)
    assert given[-1]["data"]["parted"] == -1 and not [button for button in test.button if button.key == "jump"]


def test_a_mosaic_and_a_click_in_it(run: Path, given: list) -> None:
    test = page(run, view="mosaic", tick="3")
    assert not test.exception and keys(test) == {"condition"}
    told = given[-1]["data"]
    assert told["layout"] == "mosaic" and [board["title"][-7:] for board in told["boards"]] == ["world 0", "world 1", "world 2"]
    assert "3 worlds" in said(test)


def test_a_mosaic_shows_sixteen_worlds_and_says_what_it_leaves_out(tmp_path: Path, given: list) -> None:
    path = viewer_runs.begin(tmp_path / NAME, "done")
    film(path, {"normal": 18}, ticks=2)
    test = page(path, view="mosaic")
    assert len(given[-1]["data"]["boards"]) == 16 and "2 more were recorded" in said(test)


def test_what_is_not_possible_is_not_offered(tmp_path: Path, given: list) -> None:
    path = viewer_runs.begin(tmp_path / NAME, "done")
    film(path, {"normal": 1})
    test = page(path, view="twin")
    assert not test.exception and given[-1]["data"]["layout"] == "one"
    assert "asks for a view that is not here" in said(test)


def test_the_player_speaks_of_a_board_by_number_or_id(run: Path) -> None:
    boards = data.boards(data.worlds(data.recorded(Run(run)), "normal"), 0, 11, small=True)
    assert world_player.which(1, boards) is boards[1]
    assert world_player.which(boards[2].replay.id, boards) is boards[2]
    for nonsense in (3, -1, True, None, "x", [1], {"a": 1}):
        assert world_player.which(nonsense, boards) is None


def test_a_moment_is_found_by_the_name_of_its_world(run: Path) -> None:
    one = Run(run)
    found = [(one, Span("normal", seed, 2, 10, 19, 10)) for seed in (4, 5)]
    place = {"page": "World", "condition": "normal", "world": "2 of seed 4", "tick": "19"}
    assert data.moment(found, "normal", 2, 19) == place
    assert data.moment(found, "normal", 2, 19, 5) == place | {"world": "2 of seed 5"}
    assert data.moment(found[:1], "normal", 2.0, 10.0) == place | {"world": "2", "tick": "10"}
    for nowhere in (("mute", 2, 19), ("normal", 1, 19), ("normal", 2, 9), ("normal", 2, 20), ("normal", 2, float("nan"))):
        assert data.moment(found, *nowhere) is None
    assert data.moment(found, "normal", 2, 19, 6) is None


def test_a_twin_of_another_length_and_windows(run: Path, given: list, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("society.viewer.replay.BUDGET", 5 * 2 * (30 + 16))  # five ticks of both
    test = page(run, view="twin", tick="7")
    assert {box.key: box for box in test.selectbox}["choose_window"].options == ["from tick 0", "from tick 5", "from tick 10"]
    assert [decode(board["blob"])["tick"].tolist() for board in given[-1]["data"]["boards"]] == [[5, 6, 7, 8, 9]] * 2
    test.selectbox(key="choose_window").set_value("10").run()
    assert [decode(board["blob"])["tick"].tolist() for board in given[-1]["data"]["boards"]] == [[10, 11]] * 2
    test.button(key="jump").click().run()  # to tick 6, which is in another window
    assert [decode(board["blob"])["tick"].tolist() for board in given[-1]["data"]["boards"]] == [[5, 6, 7, 8, 9]] * 2


# ------------------------------------------------------------------------------------------------------------- the address


@pytest.mark.parametrize("evil", ["-5", "../..", "\0", "9" * 5000, "1e9", "٣", "<script>", ""])
@pytest.mark.parametrize("names", [("tick", "world", "window", "seat"), ("condition", "twin"), ("view",)])
def test_an_address_cannot_ask_for_what_is_not_there(run: Path, given: list, names: tuple[str, ...], evil: str) -> None:
    test = page(run, **({"view": "twin"} | dict.fromkeys(names, evil)))
    assert not test.exception and not test.error
    assert given[-1]["data"]["start"] == -1 and given[-1]["data"]["kept"] == -1
    assert given[-1]["data"]["boards"][0]["title"] == "normal · world 0"
    assert "<script>" not in said(test)


def test_a_pause_is_in_the_address_and_changes_nothing_that_the_player_is_given(run: Path, given: list) -> None:
    test = page(run, tick="3")
    before = given[-1]["data"]
    assert before["start"] == 3
    test.session_state["player"] = {"tick": 9}
    calls = [name for name in given[-1] if name.startswith("on_")]
    assert sorted(calls) == ["on_kept_change", "on_tick_change", "on_world_change"]
    test.query_params["tick"] = "9"  # as the callback writes it
    test.session_state["told_tick"] = 9
    test.run()
    assert given[-1]["data"] == before
    test.query_params["tick"] = "5"  # but an address that was changed is followed, again and again
    assert given_start(test, given) == 5
    test.query_params["tick"] = "4"
    assert given_start(test, given) == 4
    test.session_state["told_tick"] = 8
    assert given_start(test, given) == 4.25
    test.session_state["told_tick"] = 8
    assert given_start(test, given) == 4


def given_start(test: AppTest, given: list) -> float:
    test.session_state["player"] = {}
    test.run()
    return given[-1]["data"]["start"]


# -------------------------------------------------------------------------------------------------------------- the follow


def answers(monkeypatch: pytest.MonkeyPatch, *states: desk.Answer) -> list[tuple]:
    asked: list[tuple] = []
    left = list(states)

    def ask(root: Path, run: Run, request: dict) -> desk.Answer:
        asked.append((root, run.path, request))
        return left.pop(0) if len(left) > 1 else left[0]

    monkeypatch.setattr(desk, "ask", ask)
    return asked


def test_a_followed_seat_is_looked_into(run: Path, given: list, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = {"tick": np.arange(3), "value": np.ones(3), "head.move": np.full((3, 1, 5), 0.2), "did.move": np.zeros((3, 1))}
    ready = desk.Answer("ready", {"same": True, "heads": [["move", 5, 1]]}, arrays)
    asked = answers(monkeypatch, desk.Answer("pending"), ready)
    test = page(run, seat="1")
    assert not test.exception and given[-1]["data"]["kept"] == 1
    request = {"kind": "inside", "condition": "normal", "seed": 3, "world": 0, "seat": 1, "first": 0, "last": 11}
    assert asked[0] == (run.parent, run, request)
    # the first answer was pending; the poll found the second and drew the page anew
    follow = given[-1]["data"]["follow"]
    assert follow["seat"] == 1 and follow["facts"] == ready.facts
    found = decode(follow["blob"])
    assert found["value"].dtype == np.float32 and found["tick"].dtype == np.int32
    np.testing.assert_array_equal(found["head.move"], arrays["head.move"].astype(np.float32))


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (desk.Answer("pending"), ""),
        (desk.Answer("failed", message="no checkpoint [x](http://example.com)"), "no checkpoint \\[x\\]"),
        (desk.Answer("ready", {"same": False}, {"tick": np.arange(2)}), "does not come out as it was recorded"),
    ],
)
def test_what_the_desk_says_is_said(
    run: Path, given: list, monkeypatch: pytest.MonkeyPatch, answer: desk.Answer, text: str
) -> None:
    answers(monkeypatch, answer)
    test = page(run, seat="0")
    assert not test.exception and text in said(test)
    assert (given[-1]["data"]["follow"] is None) == (answer.state != "ready")
    assert given[-1]["data"]["asking"] == (answer.state == "pending")


def test_a_control_is_asked_about_itself_and_a_script_is_not(run: Path, given: list, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(monkeypatch, desk.Answer("failed", message="no"))
    page(run, seat="0", condition="muted_from_birth")
    assert asked[-1][:2] == (run.parent, run / "controls" / "muted_from_birth")
    film(run, {"script:trader": 1})
    test = page(run, seat="0", condition="script:trader")
    assert len(asked) == 1 and "there is no mind" in said(test)


def test_a_seat_that_is_not_there_is_not_followed(run: Path, given: list, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(monkeypatch, desk.Answer("pending"))
    test = page(run, seat="2")
    assert not asked and "asks for a seat that is not here" in said(test) and "seat" not in test.query_params


# -------------------------------------------------------------------------------------------------------------- a live run


def rollout(path: Path, update: int) -> None:
    frames = FrameWriter(path)
    for t in range(4):
        frames.add("training", 3, 0, 100 * update + t, np.zeros((5, 6), np.uint8), {"x": [1, 2], "y": [1, 2], "said": [t, 0]})
    deal = {"tick": 100 * update + 2, "seat": 0, "partner": 1, "gave": 0, "gave_amount": 2, "got": 1, "got_amount": 1}
    tail.write_tail(frames, update, update * 64, {"trades": [deal]})


def test_a_live_run_is_watched_from_its_tail_and_becomes_its_replay(tmp_path: Path, given: list) -> None:
    path = viewer_runs.begin(tmp_path / NAME)
    test = page(path)
    assert "No recorded world yet" in said(test) and not given
    rollout(path, 7)
    test.run()
    told = given[-1]["data"]
    assert not test.exception and told["live"] and told["start"] == -1 and given[-1]["key"] == "player"
    arrays = decode(told["boards"][0]["blob"])
    assert arrays["tick"].tolist() == [700, 701, 702, 703]
    assert arrays["trades.tick"].tolist() == [702] and arrays["contests.tick"].tolist() == []
    assert "update 7" in said(test) and "448 of 400 agent-steps" in said(test)
    rollout(path, 8)
    test.run()
    assert decode(given[-1]["data"]["boards"][0]["blob"])["tick"][0] == 800
    tail.remove_tail(path)
    film(path, {"normal": 1})
    write_status(path, state="done", update=9, agent_steps=400, total=400)
    test.run()
    assert not test.exception and not given[-1]["data"]["live"] and given[-1]["key"] == "player"
    assert given[-1]["data"]["boards"][0]["title"] == "normal · world 0"


def test_a_run_that_is_about_to_begin_is_waited_for(tmp_path: Path, given: list, monkeypatch: pytest.MonkeyPatch) -> None:
    path = viewer_runs.begin(tmp_path / NAME, "interrupted")
    timers: list[float | None] = []
    fragment = st.fragment
    monkeypatch.setattr(st, "fragment", lambda body, run_every=None: (timers.append(run_every), fragment(body))[1])
    page(path)
    assert timers == [None, parts.EVERY]
    timers.clear()
    write_status(path, state="running", update=0, agent_steps=0, total=400)
    page(path)
    assert timers == [parts.EVERY]


def test_the_tails_that_were_shown_are_not_kept(tmp_path: Path) -> None:
    path = viewer_runs.begin(tmp_path / NAME)
    sizes = []
    for update in range(10, 30):
        rollout(path, update)
        shown = data.live(Run(path))
        assert shown is not None and shown.update == update
        sizes.append(data._tails.bytes)
    assert max(sizes) < 1.2 * min(sizes)


def test_a_control_that_learns_can_be_watched_as_well(tmp_path: Path, given: list) -> None:
    path = viewer_runs.begin(tmp_path / NAME)
    control = viewer_runs.begin(path / "controls" / "muted_from_birth")
    rollout(path, 3)
    rollout(control, 4)
    test = page(path)
    assert test.selectbox(key="choose_condition").options == ["training", "training of muted_from_birth"]
    assert "update 3" in said(test)
    test.selectbox(key="choose_condition").set_value("training of muted_from_birth").run()
    assert not test.exception and "update 4" in said(test)


def test_training_is_a_condition_while_a_recorded_run_learns_on(run: Path, given: list) -> None:
    write_status(run, state="running", update=2, agent_steps=200, total=400)
    rollout(run, 5)
    test = page(run, condition="training")
    assert given[-1]["data"]["live"] and test.selectbox(key="choose_condition").options[-1] == "training"
    write_status(run, state="done", update=2, agent_steps=400, total=400)
    test.run()
    assert not given[-1]["data"]["live"] and not test.warning and "condition" not in test.query_params


def test_a_damaged_tail_is_said_in_a_line(tmp_path: Path, given: list) -> None:
    path = viewer_runs.begin(tmp_path / NAME)
    (path / tail.NAME).write_bytes(b"torn")
    test = page(path)
    assert not test.exception and "This run is damaged" in said(test) and not given
