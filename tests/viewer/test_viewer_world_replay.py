"""What the player is given: marks, events, windows, and the bytes of it all."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import viewer_runs

from society.record.files import Damaged, write_json
from society.record.frames import NOTHING, Frames, FrameWriter, Span
from society.record.store import Run
from society.viewer import legends, marks, replay
from society.viewer.data import world
from society.viewer.payload import decode


def frames(tick: list[int], **seats: list[list[float]]) -> Frames:
    arrays = {
        name.replace("_", "."): np.array(values, np.float32 if name in "xy" else np.int16) for name, values in seats.items()
    }
    return Frames(np.array(tick), None, arrays)


def film(path: Path, worlds: int, ticks: int = 12, seats: int = 4) -> Run:
    """Worlds of one run; seat 1 dies at tick 5 and seat 2 is reborn at 8; symbols are new at 2, 3 and 9."""
    viewer_runs.begin(path, "done")
    film = FrameWriter(path)
    for w in range(worlds):
        for t in range(ticks):
            said = [7 if t == 9 else 0, 2 if t >= 3 else 0, 1 if t >= 2 else 0, 1]
            said[3] = 1 if t >= 2 else 0
            x = np.array([t % 6, np.nan if t in (5, 6) else 1, 2, (t + w) % 6])
            age = [t, t, t if t < 8 else t - 8, t]
            film.add("normal", 3, w, t, np.full((5, 6), t, np.uint8), {
                "x": x[:seats], "y": np.ones(seats), "kind": np.zeros(seats), "said": said[:seats], "value.age": age[:seats],
            })  # fmt: skip
    film.flush(3)
    return Run(path)


def test_deaths() -> None:
    nan = np.nan
    world = frames(
        [10, 11, 12, 14],
        x=[[0, 1, nan], [nan, 1, nan], [nan, 1, 2], [0, nan, nan]],
        y=[[0, 1, nan], [0, 1, nan], [0, 1, 2], [0, 1, nan]],
        value_age=[[5, 8, NOTHING], [6, 9, NOTHING], [7, 0, 3], [8, 1, NOTHING]],
    )
    found = marks.deaths(world, 0)
    assert list(zip(found["tick"], found["seat"], strict=True)) == [(11, 0), (12, 1), (14, 1), (14, 2)]
    assert marks.deaths(world, 12)["tick"].tolist() == [12, 14, 14]
    assert found["tick"].dtype == found["seat"].dtype == np.int32
    assert not len(marks.deaths(frames([], x=[], y=[]), 0)["tick"])
    untold = frames([1, 2], x=[[0], [0]], y=[[0], [0]], value_age=[[5], [NOTHING]])
    assert not len(marks.deaths(untold, 0)["tick"])
    assert not len(marks.deaths(frames([1, 2], kind=[[0], [1]]), 0)["tick"])


def test_firsts() -> None:
    pieces = [frames([4, 5], said=[[0, 3], [3, 1]]), frames([6, 9], said=[[NOTHING, 1], [2, 2]])]
    rows = [tuple(row) for row in marks.firsts(pieces).to_numpy()]
    assert rows == [(4, 1, 3), (5, 1, 1), (9, 0, 2)]  # of two who said 2 at tick 9 the lower seat counts
    assert marks.firsts([frames([1], kind=[[0]])]).empty


@pytest.mark.parametrize("budget", [replay.BUDGET, 1])
def test_marks_are_those_of_the_whole_world_in_any_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, budget: int) -> None:
    monkeypatch.setattr(replay, "BUDGET", budget)
    run = film(tmp_path / "run", 1)
    span = run.frame_index()[0]
    starts = world.starts([(run, span)])
    assert list(starts) == ([0] if budget > 1 else [0, 2, 4, 6, 8, 10])
    found: dict[str, list] = {"deaths": [], "firsts": []}
    for first in starts:
        arrays = decode(replay.replay(run, span, first, first + starts.step - 1).blob)
        found["deaths"] += zip(arrays["deaths.tick"].tolist(), arrays["deaths.seat"].tolist(), strict=True)
        found["firsts"] += zip(*(arrays[f"firsts.{name}"].tolist() for name in ("tick", "seat", "symbol")), strict=True)
        assert arrays["tick"].tolist() == list(range(first, min(first + starts.step, 12)))
    assert found == {"deaths": [(5, 1), (8, 2)], "firsts": [(2, 2, 1), (3, 1, 2), (9, 0, 7)]}


def test_events_of_the_world_and_the_window_alone(tmp_path: Path) -> None:
    run = Run(viewer_runs.finished(tmp_path / "run"))
    span = run.frame_index()[0]
    arrays = decode(replay.replay(run, span, 0, 11).blob)
    assert arrays["trades.tick"].tolist() == [2, 7]  # 99 was not filmed, and the other condition's are not ours
    assert arrays["trades.gave_amount"].tolist() == [2, 2]
    assert decode(replay.replay(run, span, 3, 6).blob)["contests.tick"].tolist() == [4]


def test_too_many_events_are_cut_at_a_whole_tick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(viewer_runs.finished(tmp_path / "run"))
    monkeypatch.setattr(replay, "EVENTS", 1)
    shown = replay._replay(run, run.frame_index()[0], 0, 11, False)
    assert decode(shown.blob)["trades.tick"].tolist() == [2] and shown.cut == {"trades": 6}


def test_a_mosaic_stays_within_its_budget_and_draws_what_a_small_board_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = film(tmp_path / "run", 5, ticks=40)
    monkeypatch.setattr(replay, "BUDGET", 3000)
    shown = dict(list(world.worlds(world.recorded(run), "normal").items())[:4])
    starts = world.starts(list(shown.values()), small=True)
    boards = world.boards(shown, starts[0], starts[0] + starts.step - 1, small=True)
    arrays = [decode(board.replay.blob) for board in boards]
    raw = [sum(values.nbytes for name, values in one.items() if name != "tick") for one in arrays]
    assert 0.9 * 3000 < sum(raw) <= 3000
    assert set(arrays[0]) == {"tick", "cells", "seat.x", "seat.y", "seat.kind", "seat.said"}
    assert [board.where for board in boards] == ["0", "1", "2", "3"]
    assert len({board.replay.id for board in boards}) == 4
    assert boards[0].replay.facts["values"] == []


def test_windows_of_an_endless_world_are_few(tmp_path: Path) -> None:
    endless = Span("normal", 3, 0, 0, 10**18, 3)
    assert len(replay.pieces(endless, 2)) <= replay.PIECES + 1


def test_frames_that_make_no_sense_are_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = film(tmp_path / "run", 1)
    monkeypatch.setattr(Run, "frames", lambda *_, **__: np.zeros(3).reshape(2, 2))
    with pytest.raises(Damaged, match="cannot be decoded"):
        replay.frames_of(run, run.frame_index()[0], 0, 1)


# --------------------------------------------------------------------------------------------------------------- the cache


def test_a_replay_is_made_once(tmp_path: Path) -> None:
    run = film(tmp_path / "run", 1)
    span = run.frame_index()[0]
    assert replay.replay(run, span, 0, 5) is replay.replay(run, span, 0, 5)
    assert replay.replay(run, span, 0, 5).id != replay.replay(run, span, 0, 6).id


# --------------------------------------------------------------------------------------------------------------- the offers


@pytest.mark.parametrize(
    ("told", "rows"),
    [
        ([[-1, -2, 1, 1], [0, 2, 3, 1]], [[-1, -1, 0, 0], [0, 2, 3, 1]]),
        ([[0, 1, 2]], None),
        ([["<script>", 1, 1, 1]], None),
        ([[0, 1, 1, 2**62]], None),
        ("many", None),
        (None, None),
    ],
)
def test_offers_are_those_that_the_run_tells(tmp_path: Path, told: object, rows: list | None) -> None:
    path = viewer_runs.begin(tmp_path / "run")
    run = Run(path)
    write_json(path / "meta.json", run.meta | {"offers": told})
    old = [[-1, -1, 0, 0], [0, 1, 1, 1], [0, 1, 2, 1], [1, 0, 1, 1], [1, 0, 2, 1]]
    assert legends.offers(Run(path), 2) == (old if rows is None else rows)


def test_columns_of_a_tail_that_tells_little() -> None:
    rows = pd.DataFrame({"tick": [4, 2], "seat": [1, 0]})
    columns = world._columns(rows, ("seat", "partner"))
    assert {name: list(values) for name, values in columns.items()} == {"tick": [2, 4], "seat": [0, 1], "partner": [-1, -1]}
    assert {len(values) for values in world._columns(pd.DataFrame({"seat": [1]}), ("seat",)).values()} == {0}
