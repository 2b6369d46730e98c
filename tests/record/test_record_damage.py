"""Every kind of file, damaged in every way: a one-line error or the checkpoint before, never a silent load."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from record_writer import TOML, weights

from society.record import checkpoint, parts
from society.record.files import JSON_LIMIT, TOML_LIMIT, Damaged, read_json, write_json, write_text_sealed
from society.record.store import Run, list_runs, write_status


def nth(folder: str, number: int) -> Callable[[Path], Path]:
    return lambda run: sorted((run / folder).iterdir())[number]


def named(*names: str) -> Callable[[Path], Path]:
    return lambda run: run.joinpath(*names)


# kind of file -> (the file, another file of the same kind that could take its place, how it is read)
FILES: dict[str, tuple[Callable[[Path], Path], Callable[[Path], Path], Callable[[Path], object]]] = {
    "run.toml": (named("run.toml"), named("meta.json"), lambda run: Run(run).config),
    "meta.json": (named("meta.json"), named("report.json"), lambda run: Run(run).meta),
    "status.json": (named("status.json"), named("meta.json"), lambda run: Run(run).status),
    "report.json": (named("report.json"), named("status.json"), lambda run: Run(run).saved_report),
    "control": (
        named("controls", "muted_from_birth", "run.toml"),
        named("controls", "muted_from_birth", "meta.json"),
        lambda run: Run(run).controls["muted_from_birth"].config,
    ),
    "table": (nth("tables/messages", 2), nth("tables/messages", 3), lambda run: Run(run).table("messages")),
    "last table": (nth("tables/metrics", -1), nth("tables/messages", -1), lambda run: Run(run).table("metrics")),
    "frames": (nth("frames", 1), nth("frames", 2), lambda run: Run(run).frames("training", 0, 0, 99)),
    "frame index": (nth("frames", 1), nth("frames", 2), lambda run: Run(run).frame_index()),
    "checkpoint 4": (
        named("checkpoints", "00000004", "population.safetensors"),
        named("checkpoints", "00000006", "population.safetensors"),
        lambda run: checkpoint.load(run, 4),
    ),
    "manifest 4": (
        named("checkpoints", "00000004", "manifest.json"),
        named("checkpoints", "00000006", "manifest.json"),
        lambda run: checkpoint.load(run, 4),
    ),
}
LAST = {
    "LATEST": (named("checkpoints", "LATEST"), named("meta.json")),
    "weights": (
        named("checkpoints", "00000008", "population.safetensors"),
        named("checkpoints", "00000006", "population.safetensors"),
    ),
    "manifest": (named("checkpoints", "00000008", "manifest.json"), named("checkpoints", "00000006", "manifest.json")),
}


def truncate(path: Path, other: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def shorten(path: Path, other: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def lengthen(path: Path, other: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def empty(path: Path, other: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path, other: Path) -> None:
    flip_bit(path, path.stat().st_size * 4)


def swap(path: Path, other: Path) -> None:
    mine, its = path.read_bytes(), other.read_bytes()
    path.write_bytes(its)
    other.write_bytes(mine)


def remove(path: Path, other: Path) -> None:
    path.unlink()


def folder_instead(path: Path, other: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe_instead(path: Path, other: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def link_out(path: Path, other: Path) -> None:
    outside = path.parents[len(path.parts) - path.parts.index("bazaar-20260101-120000-abcdef") - 1] / "outside"
    shutil.move(path, outside)
    path.symlink_to(outside)


DAMAGES = [truncate, shorten, lengthen, empty, flip, swap, remove, folder_instead, pipe_instead, link_out]


def flip_bit(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def refused(read: Callable[[], object]) -> str:
    with pytest.raises(Damaged) as caught:
        read()
    line = str(caught.value)
    assert "\n" not in line and "; " in line and "/" in line
    return line


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", FILES)
def test_damage_is_a_one_line_error(run_path: Path, kind: str, damage: Callable[[Path, Path], None]) -> None:
    file, other, read = FILES[kind]
    path = file(run_path)
    read(run_path)
    names = [path.name, other(run_path).name]
    damage(path, other(run_path))
    if kind == "report.json" and damage is remove:
        assert Run(run_path).saved_report is None  # a run may have no report yet
        return
    line = refused(lambda: read(run_path))
    assert damage is remove or names[0] in line or (damage is swap and names[1] in line)
    assert Run(run_path).verify()


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", LAST)
def test_a_damaged_last_checkpoint_falls_back(
    run_path: Path, kind: str, damage: Callable[[Path, Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    file, other = LAST[kind]
    damage(file(run_path), other(run_path))
    heard: list[str] = []
    update, groups, state = checkpoint.load(run_path, warnings=heard.append)
    # LATEST alone is damaged: checkpoint 8 itself is whole. A swap with checkpoint 6 damages both of them.
    assert update == (8 if kind == "LATEST" else 4 if damage is swap else 6)
    assert state == {"update": update}
    for group, arrays in weights(update).items():
        for name, array in arrays.items():
            np.testing.assert_array_equal(groups[group][name], array)
    assert len(heard) == 1 and "\n" not in heard[0] and f"checkpoint {update}" in heard[0]
    checkpoint.load(run_path)
    assert "fell back" in capsys.readouterr().err
    assert Run(run_path).verify()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(FILES)), st.floats(0, 1, exclude_max=True))
def test_any_flipped_bit_is_found(whole_run: Path, kind: str, where: float) -> None:
    file, _, read = FILES[kind]
    path = file(whole_run)
    before = path.read_bytes()
    try:
        flip_bit(path, int(where * len(before) * 8))
        refused(lambda: read(whole_run))
    finally:
        path.write_bytes(before)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(LAST)), st.floats(0, 1, exclude_max=True))
def test_any_flipped_bit_of_the_last_checkpoint_falls_back(whole_run: Path, kind: str, where: float) -> None:
    path = LAST[kind][0](whole_run)
    before = path.read_bytes()
    heard: list[str] = []
    try:
        flip_bit(path, int(where * len(before) * 8))
        assert checkpoint.load(whole_run, warnings=heard.append).update == (8 if kind == "LATEST" else 6)
        assert heard
    finally:
        path.write_bytes(before)


def test_no_whole_checkpoint_is_an_error(run_path: Path, tmp_path: Path) -> None:
    for folder in (run_path / "checkpoints").glob("0*"):
        truncate(folder / "population.safetensors", folder)
    refused(lambda: checkpoint.load(run_path))
    assert "no checkpoint" in refused(lambda: checkpoint.load(tmp_path))


def test_a_part_that_moved_is_found(run_path: Path) -> None:
    tables = run_path / "tables"
    part = nth("tables/messages", -1)(run_path)
    taken = nth("tables/metrics", -1)(run_path)
    shutil.copy(part, taken.parent / part.name)
    taken.unlink()
    assert "another table" in refused(lambda: Run(run_path).table("metrics"))
    part.rename(part.with_name(part.name.replace("00000008", "00000009")))
    assert "another table or update" in refused(lambda: Run(run_path).table("messages"))
    frame = nth("frames", -1)(run_path)
    frame.rename(frame.with_name(frame.name.replace("00000008", "00000009")))
    assert "another update" in refused(lambda: Run(run_path).frame_index())
    (tables / "trades").mkdir()
    (tables / "trades" / "notes.txt").write_text("hello")
    assert "notes.txt" in refused(lambda: Run(run_path).table("trades"))


def test_a_lost_table_is_found(run_path: Path) -> None:
    shutil.rmtree(run_path / "tables" / "messages")
    assert "the last checkpoint knows 8" in refused(lambda: Run(run_path).table("messages"))


def test_a_gap_is_found_without_a_checkpoint(run_path: Path) -> None:
    shutil.rmtree(run_path / "checkpoints")
    nth("tables/messages", 3)(run_path).unlink()
    assert "part 3 is missing" in refused(lambda: Run(run_path).table("messages"))


def test_only_a_file_at_rest_is_known_by_its_times(run_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_verified", set())
    Run(run_path).table("messages")
    assert not parts._verified  # written a moment ago: another write might leave the same times
    monkeypatch.setattr(parts, "_SETTLED_NS", 0)
    Run(run_path).table("messages")
    assert len(parts._verified) == 8
    flip(nth("tables/messages", 1)(run_path), run_path)
    refused(lambda: Run(run_path).table("messages"))


@pytest.mark.parametrize(
    "data", [b"", b"[" * 200_000, b"\xff\xfe{}", b'{"a": "\x00"}', b"\0", b"[1]", b'{"sha256": 1}', b"1" * 5000, b"{}"]
)
def test_hostile_json_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "meta.json"
    path.write_bytes(data)
    refused(lambda: read_json(path))


def test_oversized_files_are_refused_before_they_are_read(run_path: Path) -> None:
    os.truncate(run_path / "meta.json", JSON_LIMIT + 1)
    assert "bytes" in refused(lambda: Run(run_path).meta)
    with pytest.raises(ValueError, match="limit"):
        write_text_sealed(run_path / "run.toml", "#" * (TOML_LIMIT + 1))


@pytest.mark.parametrize("text", ["a = [" + "[" * 5000, "a = ", "a = " + "1" * 5000])
def test_a_toml_that_was_written_wrong_is_refused(tmp_path: Path, text: str) -> None:
    write_json(tmp_path / "meta.json", {"run_toml_sha256": write_text_sealed(tmp_path / "run.toml", text)})
    refused(lambda: Run(tmp_path).config)


def test_names_with_separators_are_refused(run_path: Path) -> None:
    for name in ("../x", "a/b", "..", "", "a\0b", "a\\b"):
        with pytest.raises(ValueError):
            Run(run_path).table(name)


def test_linked_folders_that_lead_out_are_refused(run_path: Path, tmp_path: Path) -> None:
    for folder in ("tables", "frames", "checkpoints", "controls"):
        shutil.move(run_path / folder, tmp_path / folder)
        (run_path / folder).symlink_to(tmp_path / folder)
    run = Run(run_path)
    for read in (
        lambda: run.table("metrics"),
        run.frame_index,
        lambda: checkpoint.load(run_path),
        lambda: run.controls,
    ):
        assert "leads out" in refused(read)
    (run_path / "loop").symlink_to(run_path / "loop")
    (run_path / "status.json").unlink()
    (run_path / "status.json").symlink_to(run_path / "loop")
    refused(lambda: run.status)


def test_a_damaged_run_is_listed(run_path: Path) -> None:
    assert Run(run_path).state == "done" and Run(run_path).problem is None and Run(run_path).verify() == []
    for name in ("status.json", "run.toml", "meta.json"):
        flip(run_path / name, run_path)
        (run,) = list_runs(run_path.parent)
        assert run.state == "damaged" and run.problem and "\n" not in run.problem
    assert len(run.table("metrics")) == 16  # what is whole can still be read
    (run_path / "run.toml").write_text(TOML)
    write_status(run_path, state="done")
    assert "meta.json" in str(Run(run_path).problem)
