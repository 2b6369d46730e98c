"""The first tick at which twins part, against differences that were planted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import viewer_runs

from society.record.frames import FrameWriter, Span
from society.record.recorder import Recorder
from society.record.store import Run
from society.viewer.data.parting import Parting, parting
from society.viewer.data.world import twins
from society.viewer.pages import world_lines

TICKS = 300  # more than the first look, so that a difference may lie in a later block


def frame(t: int) -> dict[str, Any]:
    return {"x": [t % 6, np.nan, 2], "y": [1, 1, 1], "kind": [0, 1, 0], "said": [t % 3, 0, 0], "value.age": [t, t, t]}


def film(
    path: Path,
    planted: dict[int, dict[str, Any]] | None = None,
    cells: dict[int, int] | None = None,
    ticks: range = range(TICKS),
    condition: str = "mute",
    grid: tuple[int, int] = (5, 6),
) -> None:
    """One world of `condition`; at the ticks of `planted` some fields are other ones, at those of `cells` so many cells."""
    frames = FrameWriter(path)
    for t in ticks:
        ground = np.full(grid, t % 2, np.uint8)
        ground.ravel()[: (cells or {}).get(t, 0)] = 9
        frames.add(condition, 3, 0, t, ground, frame(t) | (planted or {}).get(t, {}))
    frames.flush(3)


def happen(path: Path, condition: str, ticks: list[int], **other: int) -> None:
    recorder = Recorder(path)
    row = {"condition": condition, "seed": 3, "world": 0, "seat": 2, "mind": 0, "partner": 1, "partner_mind": 0}
    deal = {"gave": 0, "gave_amount": 2, "got": 1, "got_amount": 1}
    recorder.add("trades", row | deal | other | {"tick": np.array(ticks)})
    recorder.flush(3)


def parted(path: Path) -> Parting:
    run = Run(path)
    one, other = ((run, span) for span in run.frame_index())
    assert parting(one, other) == parting(other, one), "who is compared with whom must not matter"
    return parting(one, other)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = viewer_runs.begin(tmp_path / "bazaar-20260101-120000-abcdef", "done")
    film(made, condition="normal")
    return made


@pytest.mark.parametrize(
    ("planted", "tick", "fields"),
    [
        ({17: {"x": [0, np.nan, 2]}}, 17, (("place", (0,)),)),
        ({200: {"x": [200 % 6, 0, np.nan]}}, 200, (("place", (1, 2)),)),  # one comes to be, one is gone
        ({5: {"y": [1, 1, 1 + 1 / 256]}}, 5, (("place", (2,)),)),  # the smallest step there is
        ({64: {"said": [64 % 3, 4, 5]}, 90: {"x": [3, 3, 3]}}, 64, (("said", (1, 2)),)),
        ({0: {"value.age": [7, 0, 0], "kind": [0, 1, 1]}}, 0, (("kind", (2,)), ("value.age", (0,)))),
        ({299: {"kind": [1, 1, 0]}}, 299, (("kind", (0,)),)),
        ({}, -1, ()),
    ],
)
def test_the_first_difference_of_a_field(path: Path, planted: dict, tick: int, fields: tuple) -> None:
    film(path, planted)
    assert parted(path) == Parting(tick, TICKS, fields)


def test_a_difference_of_the_ground(path: Path) -> None:
    film(path, cells={31: 2, 30: 0, 100: 7})
    assert parted(path) == Parting(31, TICKS, (("cells", (0, 1)),))


def test_a_deal_that_only_one_of_them_has(path: Path) -> None:
    film(path, {44: {"said": [4, 0, 0]}})
    happen(path, "normal", [3, 12, 40, 41])
    happen(path, "mute", [12, 3, 41])
    assert parted(path) == Parting(40, TICKS, (("trades", (1, 2)),))


def test_deals_that_are_alike_in_another_order_are_no_difference(path: Path) -> None:
    film(path, {44: {"said": [4, 0, 0]}})
    for condition, amounts in (("normal", (1, 2)), ("mute", (2, 1))):
        for amount in amounts:
            happen(path, condition, [9], gave_amount=amount)
    assert parted(path) == Parting(44, TICKS, (("said", (0,)),))
    happen(path, "mute", [9], gave_amount=1)  # once more than in the other: the amounts of one row are not enough
    assert parted(Path(path)).tick == 9


def test_a_deal_in_the_tick_of_another_difference_is_told_beside_it(path: Path) -> None:
    film(path, {44: {"said": [4, 0, 0]}})
    happen(path, "mute", [44, 45])
    assert parted(path) == Parting(44, TICKS, (("said", (0,)), ("trades", (1, 2))))


def test_only_ticks_that_both_recorded_count(path: Path) -> None:
    film(path, {3: {"said": [2, 2, 2]}}, ticks=range(10, 20))
    happen(path, "normal", [3, 25])
    assert parted(path) == Parting(-1, 10)


def test_twins_without_a_common_tick(path: Path) -> None:
    film(path, ticks=range(TICKS, TICKS + 5))
    assert parted(path) == Parting()
    assert world_lines.parting(parted(path)) == "No tick was recorded of both."


def test_boards_of_other_sizes_cannot_be_compared(path: Path, tmp_path: Path) -> None:
    other = viewer_runs.begin(tmp_path / "other", "done")
    film(other, grid=(4, 6))
    one, two = ((run, run.frame_index()[0]) for run in (Run(path), Run(other)))
    assert parting(one, two) == Parting(unlike="their boards differ in size")


def test_the_answer_changes_with_the_files(path: Path) -> None:
    film(path)
    assert parted(path).tick == -1
    happen(path, "mute", [70])
    assert parted(path).tick == 70


def test_twins_are_the_same_world_of_the_same_seed() -> None:
    run = Run("nowhere")

    def world(condition: str, seed: int, number: int) -> tuple[Run, Span]:
        return run, Span(condition, seed, number, 0, 9, 10)

    found = [world("normal", 3, 0), world("normal", 3, 7), world("mute", 3, 0), world("mute", 4, 7), world("script:a", 3, 7)]
    assert list(twins(found, found[0])) == ["mute"]
    assert list(twins(found, found[1])) == ["script:a"]


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Parting(17, 300, (("place", (3,)),)), "They part at **tick 17**: seat 3 is elsewhere."),
        (
            Parting(1200, 3000, (("said", (1, 2, 3, 4, 5)), ("cells", (8,)))),
            "They part at **tick 1,200**: seats 1, 2, 3 and 2 more say something else; 1 cell of the ground differs.",
        ),
        (
            Parting(2, 9, (("value.holds A", (1, 4)), ("value.holds B", (1, 4)), ("value.*x*", (0,)))),
            "They part at **tick 2**: seats 1 and 4 differ in holds A and holds B; seat 0 differs in \\*x\\*.",
        ),
        (Parting(-1, 300), "They never part in the 300 recorded ticks."),
    ],
)
def test_the_words(found: Parting, text: str) -> None:
    assert world_lines.parting(found) == text
