"""Pages over runs whose checksums hold and whose content nobody here would write (of files: test_record_forged.py)."""

import hashlib
import json
import os
from pathlib import Path

import pytest
import viewer_runs
from viewer_app import opened as app

from society.record.files import Damaged, write_json
from society.record.store import Run
from society.viewer.pages import report


def toml(path: Path, text: str) -> None:
    (path / "run.toml").write_text(text)
    meta = json.loads((path / "meta.json").read_text()) | {"run_toml_sha256": hashlib.sha256(text.encode()).hexdigest()}
    write_json(path / "meta.json", meta)


@pytest.mark.parametrize("conditions", ["5", '"normal"', "[1, [2]]", "{ a = 1 }"])
def test_conditions_that_are_none_leave_a_seat_to_be_taken(tmp_path: Path, conditions: str) -> None:
    run = viewer_runs.finished(tmp_path / "bazaar-20260101-120000-abcdef")
    (run / "checkpoints" / "00000003").mkdir(parents=True)
    toml(run, f'scenario = "bazaar"\n[evaluation]\nworlds = 4\nconditions = {conditions}\n')
    test = app(tmp_path, run=run.name, page="Play")
    assert not test.exception and not test.error
    assert test.selectbox(key="play_condition").options == ["normal"]


def test_one_bad_run_does_not_hide_the_others(tmp_path: Path) -> None:
    good = viewer_runs.live(tmp_path / "good-20260101-120000-abcdef")
    bad = viewer_runs.finished(tmp_path / "bad-20260101-120001-abcdef")
    toml(bad, f"seed = {10**30}\n")
    test = app(tmp_path)
    assert not test.exception
    states = dict(zip(test.dataframe[0].value["run"], test.dataframe[0].value["state"], strict=True))
    assert "live" in states[good.name] and "damaged" in states[bad.name]


def test_a_name_that_is_no_text_takes_no_page_down(tmp_path: Path) -> None:
    run = viewer_runs.finished(tmp_path / "good-20260101-120000-abcdef")
    odd = os.fsdecode(b"bad\xff-20260101-120001-abcdef")
    viewer_runs.live(tmp_path / odd)
    viewer_runs.live(run / "controls" / odd)
    for page in ("Runs", "World", "Economy"):
        assert not app(tmp_path, page=page).exception
    (run / "tables" / "metrics" / odd).write_text("")
    test = app(tmp_path, page="Population")
    assert not test.exception and "is not a part" in test.error[0].value


def test_a_download_follows_no_link_out_of_the_run(tmp_path: Path) -> None:
    run = viewer_runs.finished(tmp_path / "bazaar-20260101-120000-abcdef")
    assert report._file(Run(run), "run.toml") == (run / "run.toml").read_bytes()
    (tmp_path / "secret").write_text("secret")
    (run / "run.toml").unlink()
    (run / "run.toml").symlink_to(tmp_path / "secret")
    with pytest.raises(Damaged, match="leads out"):
        report._file(Run(run), "run.toml")
