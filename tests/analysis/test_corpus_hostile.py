"""Corpora of hostile data: what is written is whole or absent, what is read keeps apart what differs, errors are one line."""

import os
import stat
import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from society.analysis import corpus
from society.analysis.run import AbsentError, numbers

SAID = corpus.Corpus(np.zeros((2, 0), dtype=int), np.array([[1, 2], [3, -1]]))


def test_writing_never_takes_the_place_of_what_is_no_file(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for target in (pipe, tmp_path):
        with pytest.raises(ValueError, match="is no regular file; give the name of a file"):
            corpus.to_jsonl(SAID, target)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    (tmp_path / "real.jsonl").write_text("old")
    (tmp_path / "link.jsonl").symlink_to("real.jsonl")
    corpus.to_jsonl(SAID, tmp_path / "link.jsonl")
    assert (tmp_path / "link.jsonl").is_symlink() and (tmp_path / "real.jsonl").read_text() == "[1, 2]\n[3]\n"


def test_what_cannot_be_written_is_one_line_and_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "loop").symlink_to("loop")
    for target in (tmp_path / "absent" / "x", tmp_path / "loop", tmp_path / ("x" * 300)):
        with pytest.raises(ValueError, match=r"cannot be written .*; give another name") as caught:
            corpus.to_jsonl(SAID, target)
        assert "\n" not in str(caught.value)
    kept = tmp_path / "kept.jsonl"
    kept.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("society.analysis.corpus.files.json.dumps", full)
    with pytest.raises(ValueError, match="No space left on device"):
        corpus.to_jsonl(SAID, kept)
    assert kept.read_text() == "old" and sorted(p.name for p in tmp_path.iterdir()) == ["kept.jsonl", "loop"]


def test_a_path_in_an_error_cannot_steer_a_terminal():
    with pytest.raises(ValueError, match="check the name") as caught:
        corpus.from_jsonl("a\nb\x1b[31m")
    assert str(caught.value).isprintable()


def test_large_numbers_that_differ_stay_different():
    big = 2**53
    frame = pd.DataFrame({"id": [big, big + 1, big + 2], "m": [10**400, 10**400 + 1, 3]})
    data = corpus.from_frame(frame, ["id"], ["m"])
    assert len(set(data.meanings[:, 0])) == 3 and len(set(data.messages[:, 0])) == 3


def test_negative_meanings_and_speakers_are_not_taken_for_unknown():
    frame = pd.DataFrame({"warmth": [-5, 0, 5], "m": [-9, 1, 2], "who": [-3, -2, 4]})
    data = corpus.from_frame(frame, ["warmth"], ["m"], speaker="who")
    assert len(data.known) == 3 and len(data.speakers) == 3
    assert data.messages[:, 0].tolist() == [-1, 1, 2]  # there it is padding
    assert corpus.from_frame(frame.assign(warmth=[-1, 0, 5]), ["warmth"], ["m"]).meanings[:, 0].tolist() == [-1, 0, 5]


@pytest.mark.parametrize(
    "cells", [[1j, 2], [np.array(3), np.array(4)], [{}, []], [10**400, 2], [b"x", 1], pd.array([1, None], dtype="Int64")]
)
def test_any_cell_is_numbered_or_refused_in_a_line(cells):
    frame = pd.DataFrame({"m": pd.Series(cells)})
    assert len(corpus.from_frame(frame, ["m"] if np.ndim(cells[0]) == 0 else [], ["m"])) == 2


@pytest.mark.parametrize("silence", ["hush", -1, 0.5])
def test_silence_is_the_number_of_a_symbol(silence):
    with pytest.raises(ValueError, match="give the number"):
        corpus.from_frame(pd.DataFrame({"m": [1]}), [], ["m"], silence=silence)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame([[1, 2]], columns=["m0", "m0"]),
        pd.DataFrame({"m0": [10**400]}),
        pd.DataFrame({"m0": [1], "world": [[2]]}),
        pd.DataFrame({"m0": [1], "life": [{}]}),
    ],
)
def test_a_hostile_table_is_absent_with_a_reason(frame):
    with pytest.raises(AbsentError, match="column"):
        corpus.from_table(frame)


def test_a_column_of_integers_that_no_float_holds_is_absent():
    with pytest.raises(AbsentError, match="column x is no single column of numbers"):
        numbers(pd.DataFrame({"x": [10**400]}), "x")


@pytest.mark.parametrize(
    "given, said",
    [
        ({"message": [[1], [2, 3]]}, "rows of different lengths"),
        ({"message": 3}, "message is no array"),
        ({"message": np.zeros((2, 3, 0))}, "has shape"),
        ({"message": np.ones((2, 3), dtype=complex)}, "arrays of integers"),
        ({"message": np.ones((2, 3), dtype=int), "message_length": ["a", "b"]}, "arrays of integers"),
        ({"message": np.ones((2, 3), dtype=int), "sender_input": 3}, "sender_input is no array"),
    ],
)
def test_a_malformed_interaction_is_one_line(given, said):
    with pytest.raises(ValueError, match=said):
        corpus.from_egg(SimpleNamespace(**given))


def test_an_interaction_without_rows_is_an_empty_corpus():
    empty = SimpleNamespace(message=np.zeros((0, 3), dtype=int), sender_input=np.zeros((0, 6)))
    assert corpus.from_egg(empty, 3).meanings.shape == (0, 2)


def test_reading_a_frame_takes_time_in_proportion_to_its_columns():
    def seconds(columns):
        frame = pd.DataFrame(np.zeros((20_000, columns), dtype=int)).add_prefix("m")
        began = time.process_time()
        corpus.from_frame(frame, [], list(frame.columns))
        return time.process_time() - began

    seconds(2)
    assert seconds(40) < 40 * max(seconds(2), 0.002)  # all columns against all would be 400 times
