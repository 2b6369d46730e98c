"""Deals held against holdings: what was played passes, and each planted lie is found where it was planted."""

from pathlib import Path

import numpy as np
import pytest
import viewer_runs

from society.record.frames import FrameWriter
from society.record.recorder import Recorder
from society.record.store import Run
from society.viewer.data.conservation import Conserved, conserved

TICKS, SEATS = 150, 4
Deal = dict[str, int]


def deal(tick: int, seat: int = 0, partner: int = 1, gave: int = 3, got: int = 2) -> Deal:
    return {"tick": tick, "seat": seat, "partner": partner, "gave": 0, "gave_amount": gave, "got": 1, "got_amount": got}


def played(path: Path, truth: list[Deal], told: list[Deal] | None = None, died: int = -1) -> Run:
    """A world whose seats gather 0 to 2 units of either good a tick and deal as in `truth`; the table has `told`."""
    viewer_runs.begin(path, "done")
    rng = np.random.default_rng(0)
    held, age = np.full((SEATS, 2), 20), np.zeros(SEATS, int)
    writer = FrameWriter(path)
    for tick in range(TICKS):
        values = {"value.holds A": held[:, 0], "value.holds B": held[:, 1], "value.age": age}
        writer.add("normal", 3, 0, tick, np.zeros((2, 2), np.uint8), {"x": np.zeros(SEATS), "y": np.zeros(SEATS)} | values)
        for one in (one for one in truth if one["tick"] == tick):
            seat, partner, gave, got = one["seat"], one["partner"], one["gave_amount"], one["got_amount"]
            held[seat] += [-gave, got]
            held[partner] += [gave, -got]
        held, age = held + rng.integers(0, 3, (SEATS, 2)), age + 1
        if tick == died:
            held[0], age[0] = 0, 0
    writer.flush(1)
    rows = truth if told is None else told
    recorder = Recorder(path)
    columns = {name: np.array([one[name] for one in rows]) for name in deal(0)}
    recorder.add("trades", columns | {"condition": "normal", "seed": 3, "world": 0, "mind": 0, "partner_mind": 0})
    recorder.flush(1)
    return Run(path)


def checked(run: Run) -> Conserved:
    return conserved(run, "normal", ["A", "B"])


def test_deals_that_move_what_they_say_are_conserved(tmp_path: Path) -> None:
    truth = [deal(5), deal(9, 2, 3), deal(9, 1, 0, 4, 4), deal(100, 3, 0, 9, 1)]
    found = checked(played(tmp_path / "run", truth))
    assert (found.checked, found.broken, found.violations) == (4, 0, ())
    assert "A +0 to +2" in found.law


@pytest.mark.parametrize(
    "lie",
    [
        deal(50, gave=7),  # more than was given
        deal(50, got=6),  # more than was got
        deal(50, seat=1, partner=0),  # the other way round
        deal(50, partner=2),  # with somebody else
    ],
)
def test_a_planted_lie_is_found(tmp_path: Path, lie: Deal) -> None:
    truth = [deal(5), deal(50, gave=3, got=2), deal(80, 2, 3)]
    found = checked(played(tmp_path / "run", truth, [truth[0], lie, truth[2]]))
    assert (found.checked, found.broken) == (3, 1)
    assert found.violations[0].tick == 50 and "seat" in found.violations[0].says


def test_a_deal_that_never_was_is_found(tmp_path: Path) -> None:
    found = checked(played(tmp_path / "run", [deal(5)], [deal(5), deal(60, 2, 3)]))
    assert [one.tick for one in found.violations] == [60]
    assert "seat 2 gave 3 A for 2 B" in found.violations[0].says or "seat 3 gave 2 B for 3 A" in found.violations[0].says


def test_a_deal_beside_a_death_is_not_tested(tmp_path: Path) -> None:
    found = checked(played(tmp_path / "run", [deal(5), deal(50)], died=50))
    assert (found.checked, found.broken) == (1, 0)


def test_a_deal_of_the_last_frame_and_one_of_nobody_are_not_tested(tmp_path: Path) -> None:
    found = checked(played(tmp_path / "run", [deal(5)], [deal(5), deal(TICKS - 1), deal(TICKS + 9), deal(7, seat=99)]))
    assert (found.checked, found.broken) == (1, 0)


def test_what_cannot_be_tested_is_said(tmp_path: Path) -> None:
    run = viewer_runs.finished(tmp_path / "run", cells=False)
    found = conserved(Run(run), "normal", ["A", "B"])
    assert found.checked == 0 and not found.law and "do not show what a seat holds" in found.why


def test_units_dealt_are_counted_where_holdings_are_not_shown(tmp_path: Path) -> None:
    def world(path: Path, rows: list[Deal]) -> Conserved:
        viewer_runs.begin(path, "done")
        writer, dealt = FrameWriter(path), np.zeros(3, int)
        for tick in range(9):
            if tick == 5:
                dealt[:] = 0  # a new period
            place = {"x": np.zeros(3), "y": np.zeros(3)}
            writer.add("normal", 3, 0, tick, np.zeros((2, 2), np.uint8), place | {"value.dealt": dealt})
            if tick in (1, 4, 6):
                dealt[[0, 2]] += 1
        writer.flush(1)
        recorder = Recorder(path)
        columns = {name: np.array([one[name] for one in rows]) for name in deal(0)}
        recorder.add("trades", columns | {"condition": "normal", "seed": 3, "world": 0, "mind": 0, "partner_mind": 0})
        recorder.flush(1)
        return conserved(Run(path), "normal", ["coin", "unit"])

    whole = [deal(tick, 0, 2) for tick in (1, 4, 6)]
    found = world(tmp_path / "whole", whole)
    assert (found.checked, found.broken) == (2, 0)  # that of tick 4 closes a period
    found = world(tmp_path / "wrong", [deal(1, 0, 1), *whole[1:]])
    assert found.violations[0].tick == 1 and found.broken == 2  # the deal, and the seat that dealt without one
