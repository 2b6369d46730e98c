"""Counts, sums and pages of a table are those that pandas makes of all its rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from society.record.grouped import grouped, rows
from society.record.recorder import Recorder
from society.record.store import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    path = tmp_path_factory.mktemp("run")
    recorder, rng = Recorder(path), np.random.default_rng(0)
    for part in range(3):
        n = 500
        columns = {
            "condition": np.array(["normal", "mute"])[rng.integers(0, 2, n)],
            "seed": 1,
            "world": rng.integers(0, 4, n),
            "tick": np.arange(n) + n * part,
            "seat": 0,
            "mind": rng.integers(0, 3, n),
            "partner": 1,
            "partner_mind": 0,
            "gave": 0,
            "gave_amount": rng.integers(0, 9, n),
            "got": 1,
            "got_amount": 1,
        }
        extra = {"worth": rng.random(n)} if part != 1 else {}  # one part lacks a column: it reads NaN there
        recorder.add("trades", columns | extra)
        recorder.flush(part)
    return Run(path)


def test_grouped_is_pandas_groupby(run: Run) -> None:
    whole = run.table("trades")
    by = ["condition", "world", "mind"]
    ours = grouped(run.path, "trades", by, {"world": [0, 2, 3]}, ["gave_amount", "worth"])
    some = whole[whole["world"].isin([0, 2, 3])].groupby(by)
    theirs = some.agg(count=("tick", "size"), a=("gave_amount", "sum"), b=("worth", "sum")).reset_index()
    theirs.columns = [*by, "count", "sum.gave_amount", "sum.worth"]
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, rtol=1e-12)
    assert ours["count"].sum() < len(whole)


def test_grouped_in_all_and_of_nothing(run: Run, tmp_path: Path) -> None:
    assert run.grouped("trades", [])["count"].tolist() == [1500]
    assert run.grouped("trades", ["mind"], {"condition": "peaceful"}).empty
    assert Run(tmp_path).grouped("trades", ["mind"], sums=["got"]).columns.tolist() == ["mind", "count", "sum.got"]
    # a part without the column counts as padding, which can be asked for only by padding
    assert run.grouped("trades", ["world"], {"worth": [2.0]}).empty


@pytest.mark.parametrize("first, count", [(0, 10), (495, 10), (700, 3), (740, 100), (10_000, 5)])
def test_a_page_is_a_slice(run: Run, first: int, count: int) -> None:
    where = {"condition": "normal"}
    whole = run.table("trades", ["tick", "worth", "condition"], where)
    page = rows(run.path, "trades", ["tick", "worth", "condition"], where, first, count)
    pd.testing.assert_frame_equal(page, whole[first : first + count].reset_index(drop=True), check_dtype=False)


def test_a_tick_that_no_row_group_holds_is_not_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet as pq

    read = []
    true = pq.ParquetFile.read_row_group
    monkeypatch.setattr(pq.ParquetFile, "read_row_group", lambda self, *a, **k: read.append(a) or true(self, *a, **k))
    assert run.rows("trades", ["tick"], {"tick": 700})["tick"].tolist() == [700]
    assert len(read) == 1


def test_unknown_names_are_refused(run: Run) -> None:
    with pytest.raises(ValueError, match="no column 'colour'"):
        run.grouped("trades", ["colour"])
    with pytest.raises(ValueError, match="there is no table"):
        run.rows("gossip")
