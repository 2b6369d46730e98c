"""The one cache of the viewer: bounded in bytes, and never older than the files."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from society.record.store import Run
from society.viewer import kept as module
from society.viewer.kept import Kept, cached, weight


def test_the_cache_is_bounded_in_bytes_and_lets_the_oldest_go() -> None:
    kept: Kept[bytes] = Kept(10, len)
    made: list[str] = []

    def get(key: str, version: int = 0, size: int = 4) -> bytes:
        return kept.get(key, version, lambda: (made.append(key), bytes(size))[1])

    get("a"), get("b"), get("a"), get("c")
    assert kept.bytes == 8 and made == ["a", "b", "c"]
    get("a")
    assert made == ["a", "b", "c"]
    get("b")
    assert made == ["a", "b", "c", "b"]
    assert len(get("huge", size=11)) == 11 and kept.bytes == 0  # given, and not kept


def test_what_was_made_anew_is_young() -> None:
    kept: Kept[bytes] = Kept(10, len)
    for key, version in (("a", 0), ("b", 0), ("a", 1), ("c", 0)):
        kept.get(key, version, lambda: bytes(4))
    assert kept.get("a", 1, lambda: b"made again") == bytes(4)


def test_a_newer_version_takes_the_place_of_the_older_one() -> None:
    kept: Kept[bytes] = Kept(1000, len)
    for version in range(100):
        kept.get("tail", version, lambda: bytes(9))
    assert kept.bytes == 9


@pytest.fixture
def run(tmp_path: Path) -> Run:
    for folder in ("tables/deals", "tables/offers", "controls/mute/tables/deals"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "one").write_text("1")
    return Run(tmp_path)


def test_a_result_is_kept_until_a_file_it_was_read_from_changes(run: Run) -> None:
    made: list[tuple] = []

    @cached("tables/{}")
    def read(run: Run, table: str, *, first: int = 0) -> list[int]:
        made.append((table, first))
        return [first]

    assert read(run, "deals") is read(Run(run.path), "deals")
    read(run, "offers"), read(run, "deals", first=3)
    assert made == [("deals", 0), ("offers", 0), ("deals", 3)]
    (run.path / "tables/deals/two").write_text("2")
    read(run, "deals"), read(run, "offers")
    assert made[3:] == [("deals", 0)]
    os.utime(run.path / "tables/offers/one", ns=(1, 1))  # as large as before, and written anew
    read(run, "offers")
    assert made[4:] == [("offers", 0)]


def test_controls_count_only_where_they_are_read(run: Run) -> None:
    made: list[str] = []

    @cached("tables/deals")
    def alone(run: Run) -> None:
        made.append("alone")

    @cached("tables/deals", controls=True)
    def family(run: Run) -> None:
        made.append("family")

    alone(run), family(run)
    (run.path / "controls/mute/tables/deals/two").write_text("2")
    alone(run), family(run)
    assert made == ["alone", "family", "family"]


def test_an_error_is_not_kept_and_the_files_are_seen_as_they_are_now(run: Run) -> None:
    seen: list[Run] = []

    @cached("meta.json")
    def read(run: Run) -> None:
        seen.append(run)
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            read(run)
    assert len(seen) == 2 and run not in seen


def test_what_is_kept_is_bounded_by_what_it_weighs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: Kept[object] = Kept(2_000_000, weight)
    monkeypatch.setattr(module, "_read", kept)

    @cached("tables/deals")
    def read(run: Run, number: int) -> pd.DataFrame:
        return pd.DataFrame({"a": np.zeros(50_000)})  # 400 kB

    for number in range(9):
        read(run, number)
    assert 4 * 400_000 <= kept.bytes <= 2_000_000


@dataclass(frozen=True)
class Pair:
    left: np.ndarray
    right: list[np.ndarray]


@pytest.mark.parametrize(
    ("value", "least"),
    [
        (np.zeros((10, 10)), 800),
        (pd.Series(np.zeros(100)), 800),
        (Pair(np.zeros(100), [np.zeros(100), np.zeros(100)]), 2400),
        ({"a": np.zeros(100), "b": b"x" * 500}, 1300),
        (None, 0),
    ],
)
def test_arrays_weigh_their_bytes_wherever_they_lie(value: object, least: int) -> None:
    assert least <= weight(value) <= least + 1500
