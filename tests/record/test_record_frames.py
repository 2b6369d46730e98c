from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from society.record.frames import CHUNK, FrameWriter, Span, frame_index, quantise, read_frames


def frame(tick: int, world: int) -> tuple[np.ndarray, dict[str, object]]:
    cells = np.full((3, 5), (tick + world) % 251, np.uint8)
    return cells, {"x": [tick % 5 + 0.25, np.nan], "y": [2.5, 0.0], "said": [tick, -1], "value.food": [1.6, 70_000]}


def test_frames_come_back_by_world_and_tick(tmp_path: Path) -> None:
    writer = FrameWriter(tmp_path)
    for update, ticks in enumerate([range(0, CHUNK + 40), range(CHUNK + 40, CHUNK + 60)]):
        for tick in ticks:
            for world in (0, 7):
                writer.add("normal", 3, world, tick, *frame(tick, world))
        writer.add("mute", 3, 0, update, *frame(update, 0))
        writer.flush(update)
    writer.flush(9)
    assert len(list((tmp_path / "frames").iterdir())) == 2
    assert frame_index(tmp_path) == [
        Span("normal", 3, 0, 0, CHUNK + 59, CHUNK + 60),
        Span("normal", 3, 7, 0, CHUNK + 59, CHUNK + 60),
        Span("mute", 3, 0, 0, 1, 2),
    ]
    found = read_frames(tmp_path, "normal", 7, CHUNK - 2, CHUNK + 50)
    assert found.tick.tolist() == list(range(CHUNK - 2, CHUNK + 51))
    assert found.cells is not None and found.cells.dtype == np.uint8 and found.cells.shape == (53, 3, 5)
    np.testing.assert_array_equal(found.cells[:, 2, 4], (found.tick + 7) % 251)
    np.testing.assert_array_equal(found.seats["x"][:, 0], found.tick % 5 + 0.25)
    assert np.isnan(found.seats["x"][:, 1]).all()
    np.testing.assert_array_equal(found.seats["said"], np.stack([found.tick, np.full(53, -1)], 1))
    np.testing.assert_array_equal(found.seats["value.food"][0], [2, 32767])


def test_nothing_recorded_is_no_ticks(tmp_path: Path) -> None:
    assert frame_index(tmp_path) == []
    found = read_frames(tmp_path, "normal", 0, 0, 10)
    assert found.tick.shape == (0,) and found.cells is None and found.seats == {}


def test_seeds_and_repeated_ticks(tmp_path: Path) -> None:
    writer = FrameWriter(tmp_path)
    for seed, tick, said in [(1, 5, 1), (2, 5, 2), (1, 4, 3), (1, 5, 4), (1, 6, 5)]:
        writer.add("normal", seed, 0, tick, None, {"said": [said]})
    writer.flush(0)
    found = read_frames(tmp_path, "normal", 0, 0, 10)
    assert found.tick.tolist() == [4, 5, 6] and found.seats["said"].tolist() == [[3], [4], [5]] and found.cells is None
    assert read_frames(tmp_path, "normal", 0, 0, 10, seed=2).seats["said"].tolist() == [[2]]


def test_frames_of_one_run_are_alike(tmp_path: Path) -> None:
    writer = FrameWriter(tmp_path)
    writer.add("normal", 0, 0, 0, *frame(0, 0))
    for cells, seats, message in [
        (np.zeros((3, 4), np.uint8), frame(0, 0)[1], "alike"),
        (frame(0, 0)[0], {"x": [1, 2]}, "alike"),
        (frame(0, 0)[0], {"x": [1], "y": [1, 2]}, "differ in length"),
        (np.zeros((3, 5)), {}, "uint8"),
        (None, {"x": [[1]]}, "one number per seat"),
        (None, {"x": [256.0]}, "leaves the grid"),
        (None, {"y": [-0.5]}, "leaves the grid"),
    ]:
        with pytest.raises(ValueError, match=message):
            writer.add("normal", 0, 0, 1, cells, seats)
    writer.flush(3)
    writer.add("normal", 0, 0, 1, *frame(1, 0))
    with pytest.raises(ValueError, match="rewind"):
        writer.flush(2)
    assert frame_index(tmp_path) == [Span("normal", 0, 0, 0, 0, 1)]


@given(st.lists(st.floats(0, 255.99), min_size=1, max_size=5))
def test_places_are_kept_to_a_256th_of_a_cell(places: list[float]) -> None:
    assert np.abs(quantise("x", places) / 256 - np.array(places)).max() <= 1 / 512
