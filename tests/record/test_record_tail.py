"""The tail of a run that is learning: what was written is read, whole or not at all."""

import os
import threading
from pathlib import Path

import numpy as np
import pytest

from society.record.files import Damaged
from society.record.frames import FrameWriter
from society.record.store import Run
from society.record.tail import NAME, read_tail, write_tail


def write(path: Path, update: int, ticks: int = 4) -> None:
    film = FrameWriter(path)
    for t in range(ticks):
        film.add("training", 0, 0, update * 10 + t, np.full((3, 4), update, np.uint8), {"x": [update / 8, np.nan], "y": [t, 1]})
    write_tail(film, update, update * 100, {"trades": [{"tick": update * 10, "seat": 1, "gave": 0}], "contests": []})


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read_tail(tmp_path) is None
    write(tmp_path, 3)
    tail = read_tail(tmp_path)
    assert tail is not None and (tail.update, tail.agent_steps) == (3, 300)
    assert tail.frames.tick.tolist() == [30, 31, 32, 33] and (tail.frames.cells == 3).all()
    assert tail.frames.seats["x"][0, 0] == 0.375 and np.isnan(tail.frames.seats["x"][0, 1])
    assert tail.events["trades"].to_dict("records") == [{"tick": 30, "seat": 1, "gave": 0}]
    assert tail.events["contests"].empty


SPOILT = [lambda d: d[:-9], lambda d: d[:200] + b"x" + d[201:], lambda d: b"", lambda d: b"0" * 64 + d[64:]]


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_damaged_tail_is_said_to_be(tmp_path: Path, spoil) -> None:
    write(tmp_path, 3)
    (tmp_path / NAME).write_bytes(spoil((tmp_path / NAME).read_bytes()))
    with pytest.raises(Damaged, match=NAME):
        read_tail(tmp_path)
    assert any(NAME in line for line in Run(tmp_path).verify())


def test_a_link_out_of_the_run_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, 1)
    (tmp_path / "run").mkdir()
    os.symlink(tmp_path / NAME, tmp_path / "run" / NAME)
    with pytest.raises(Damaged):
        read_tail(tmp_path / "run")


def test_no_reader_ever_sees_half_a_tail(tmp_path: Path) -> None:
    write(tmp_path, 1)
    stop = threading.Event()

    def keep_writing() -> None:
        update = 1
        while not stop.is_set():
            write(tmp_path, update := update % 90 + 1)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        seen = set()
        for _ in range(150):
            tail = read_tail(tmp_path)
            assert tail is not None and (tail.frames.cells == tail.update).all()
            assert tail.frames.tick[0] == tail.update * 10 == tail.events["trades"]["tick"][0]
            seen.add(tail.update)
    finally:
        stop.set()
        writer.join()
    assert len(seen) > 1
