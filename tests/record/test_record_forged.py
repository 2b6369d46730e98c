"""Files whose checksums hold and whose content nobody here would write: a line that says so, never another error."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from society.record import checkpoint, letters
from society.record.files import Damaged, read_json, read_toml_sealed, write_json
from society.record.labels import read_labels
from society.record.store import Run

HUGE = 10**400  # more than a float, a column or a division can hold
HALF = "a\ud800b"  # half a character: no text that could be sent


def forge(path: Path, **fields: Any) -> Path:
    """Change fields of a sealed document, or make one, and seal it again, as anybody can."""
    document = {**(json.loads(path.read_text()) if path.exists() else {}), **fields}
    document.pop("sha256", None)
    canonical = json.dumps([path.name, document], sort_keys=True, separators=(",", ":")).encode()
    document["sha256"] = hashlib.sha256(canonical).hexdigest()
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path


@pytest.mark.parametrize("value", [HUGE, -HUGE, 2**63, [{"a": HUGE}], HALF, {HALF: 1}])
def test_a_number_or_a_text_that_no_reader_can_hold_is_refused(tmp_path: Path, value: Any) -> None:
    path = forge(tmp_path / "report.json", value=value)
    with pytest.raises(Damaged, match=r"^\S+report.json: holds (a whole number|text)[^\n]*$"):
        read_json(path)


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 1e308, "a\N{GRINNING FACE}", True])
def test_what_can_be_held_is_read(tmp_path: Path, value: Any) -> None:
    assert read_json(forge(tmp_path / "report.json", value=value)) == {"value": value}


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    write_json(tmp_path / "meta.json", {"argv": ["--out=/tmp/\udcff"]})  # a folder whose name is no UTF-8
    assert read_json(tmp_path / "meta.json") == {"argv": ["--out=/tmp/\\udcff"]}
    with pytest.raises(ValueError, match="64 bits"):
        write_json(tmp_path / "meta.json", {"seed": 2**63})


def test_a_status_whose_heartbeat_is_beyond_any_clock_is_damaged(run_path: Path) -> None:
    forge(run_path / "status.json", state="running", heartbeat=HUGE)
    assert Run(run_path).state == "damaged"
    assert "64 bits" in (Run(run_path).problem or "")


def test_a_toml_holds_numbers_of_64_bits(tmp_path: Path) -> None:
    text = f"seed = {2**63}\n".encode()
    (tmp_path / "run.toml").write_bytes(text)
    with pytest.raises(Damaged, match="64 bits"):
        read_toml_sealed(tmp_path / "run.toml", hashlib.sha256(text).hexdigest())


@pytest.mark.parametrize(
    "fields",
    [{"parts": []}, {"parts": {"tables/metrics": "9"}}, {"parts": None}, {"files": []}, {"files": {"a": 1}}, {"state": 0}],
)
def test_a_manifest_that_is_none_is_damaged(run_path: Path, fields: dict[str, Any]) -> None:
    folder = run_path / "checkpoints" / "00000008"
    manifest = forge(folder / "manifest.json", **fields)
    (folder.parent / "LATEST").write_text(f"00000008 {hashlib.sha256(manifest.read_bytes()).hexdigest()}\n")
    with pytest.raises(Damaged, match="is no manifest"):
        checkpoint.latest(run_path)
    assert len(Run(run_path).table("metrics")) > 0  # the rows are still whole


def test_letters_and_labels_hold_no_such_number(run_path: Path) -> None:
    (run_path / "a.request").write_text(f'{{"tick": {HUGE}}}')
    with pytest.raises(Damaged):
        letters.read_text(run_path / "a.request")
    letters.write(run_path / "a.answer", {"p_said": HUGE})
    with pytest.raises(Damaged):
        letters.read(run_path / "a.answer")
    clip = ["normal", 3, 0, 0, HUGE]
    text = json.dumps({"identity": "a" * 32, "at": "", "choice": "tie", "left": clip, "right": clip})
    (run_path / "labels.jsonl").write_text(f"{text} {hashlib.sha256(text.encode()).hexdigest()[:16]}\n")
    with pytest.raises(Damaged):
        read_labels(run_path)
