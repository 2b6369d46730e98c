"""Labels of clips: each is there once, whatever happens to the writer, and nothing else is taken for one."""

import json
import multiprocessing
from pathlib import Path

import pytest

from society.record.files import Damaged
from society.record.labels import NAME, Clip, Label, add_label, read_labels
from society.record.store import Run

LEFT, RIGHT = Clip("normal", 0, 3, 10, 59), Clip("script:trader", 0, 1, 0, 49)


def label(number: int, choice: str = "left") -> Label:
    return Label(f"{number:032x}", choice, LEFT, RIGHT)  # type: ignore[arg-type]


def test_a_label_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_labels(tmp_path).empty and "choice" in read_labels(tmp_path).columns
    assert add_label(tmp_path, label(1)) and add_label(tmp_path, label(2, "tie"))
    rows = Run(tmp_path).labels()
    assert rows["choice"].tolist() == ["left", "tie"]
    assert rows.loc[0, ["left_condition", "left_world", "left_last", "right_first"]].tolist() == ["normal", 3, 59, 0]


def test_the_same_label_is_written_once(tmp_path: Path) -> None:
    assert add_label(tmp_path, label(7))
    assert not add_label(tmp_path, label(7, "right"))
    assert read_labels(tmp_path)["choice"].tolist() == ["left"]


def test_a_line_that_was_never_finished_does_not_count_and_is_overwritten(tmp_path: Path) -> None:
    add_label(tmp_path, label(1))
    with (tmp_path / NAME).open("ab") as file:
        file.write(b'{"identity": "0000')
    assert len(read_labels(tmp_path)) == 1
    add_label(tmp_path, label(2))
    assert read_labels(tmp_path)["identity"].tolist() == [f"{1:032x}", f"{2:032x}"]


def add_many(path: Path, first: int) -> None:
    for number in range(first, first + 20):
        add_label(path, label(number % 30))


def test_two_writers_lose_and_double_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    writers = [context.Process(target=add_many, args=(tmp_path, first)) for first in (0, 10)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(read_labels(tmp_path)["identity"]) == [f"{n:032x}" for n in range(30)]


@pytest.mark.parametrize("spoil", [
    lambda text: text.replace("left", "rite", 1),
    lambda text: "\n" + text,
    lambda text: "[" * 100_000 + " " + "0" * 16 + "\n",
])  # fmt: skip
def test_what_is_no_label_is_damaged(tmp_path: Path, spoil) -> None:
    add_label(tmp_path, label(1))
    (tmp_path / NAME).write_text(spoil((tmp_path / NAME).read_text()))
    with pytest.raises(Damaged, match="line 1"):
        read_labels(tmp_path)
    assert any(NAME in line for line in Run(tmp_path).verify())


def test_a_label_with_a_true_checksum_and_false_fields_is_damaged(tmp_path: Path) -> None:
    from society.record.labels import _line

    add_label(tmp_path, label(1))
    line = json.loads((tmp_path / NAME).read_text().rpartition(" ")[0])
    wrong = {"choice": "both", "identity": "../x", "left": ["normal", 0, "<b>", 1, 2], "right": [1, 2], "at": 3}
    for field, value in wrong.items():
        (tmp_path / NAME).write_bytes(_line(line | {field: value}))
        with pytest.raises(Damaged):
            read_labels(tmp_path)


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="both"):
        add_label(tmp_path, label(1, "both"))
    with pytest.raises(ValueError, match="identity"):
        add_label(tmp_path, Label("1", "left", LEFT, RIGHT))
    assert not (tmp_path / NAME).exists()
