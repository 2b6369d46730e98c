"""Judging pairs of clips: which pairs are shown, that a click is a label, and what the labels say."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import viewer_runs
from scipy.stats import binomtest
from streamlit.testing.v1 import AppTest
from viewer_app import opened

from society.record.frames import Span
from society.record.labels import read_labels
from society.viewer.data.judge import from_zero, pair, preferred
from society.viewer.payload import decode, encode

SPANS = [Span("normal", 3, world, 0, 99, 100) for world in range(16)] + [Span("mute", 3, 0, 0, 99, 100)]


def test_pairs_are_different_clips_inside_what_was_filmed_and_conditions_come_alike() -> None:
    conditions: Counter[str] = Counter()
    for number in range(400):
        found = pair(SPANS, 50, 3, number)
        assert found is not None and found[0] != found[1]
        assert found == pair(SPANS, 50, 3, number)
        for clip in found:
            assert clip.first >= 0 and clip.last <= 99 and clip.last - clip.first == 49
            conditions[clip.condition] += 1
    # 800 draws at one half: within five standard deviations
    assert abs(conditions["mute"] - 400) < 5 * np.sqrt(200)


def test_one_clip_is_no_pair() -> None:
    assert pair([Span("normal", 0, 0, 0, 9, 10)], 50, 0, 0) is None


def test_a_clip_counts_its_ticks_from_its_beginning() -> None:
    arrays = {"tick": np.arange(20, 24), "trades.tick": np.array([21]), "trades.seat": np.array([5])}
    arrays = {name: values.astype(np.int32) for name, values in arrays.items()}
    shifted = decode(from_zero(encode(arrays), 20))
    assert shifted["tick"].tolist() == [0, 1, 2, 3]
    assert shifted["trades.tick"].tolist() == [1] and shifted["trades.seat"].tolist() == [5]


def test_preferences_are_shares_with_wilsons_interval() -> None:
    def row(left: str, right: str, choice: str) -> dict:
        return {"left_condition": left, "right_condition": right, "choice": choice}

    rows = [row("a", "b", "left")] * 6 + [row("b", "a", "left")] * 2
    rows += [row("a", "b", "tie"), row("a", "a", "left"), row("b", "a", "skip")]
    a, b = preferred(pd.DataFrame(rows))
    assert (a.condition, a.value, a.n, b.value) == ("a", 0.75, 8, 0.25)
    low, high = binomtest(6, 8).proportion_ci(method="wilson")
    assert (a.ci_low, a.ci_high) == (low, high) and a.p == pytest.approx(2 * 37 / 256)
    assert preferred(pd.DataFrame([row("a", "a", "left")])) == []


def app(root: Path, name: str) -> AppTest:
    return opened(root, run=name, page="Judge", clip="25")


def test_a_click_is_one_label_and_brings_the_next_pair(tmp_path: Path) -> None:
    path = tmp_path / "finished-20260101-120000-abcdef"
    viewer_runs.begin(path, "done")
    viewer_runs.play(path, ticks=60)
    test = app(tmp_path, path.name)
    assert not test.exception
    first = next(button for button in test.button if button.label == "Left is better")
    assert "normal" not in "".join(str(block.value) for block in [*test.markdown, *test.caption])  # nobody is told what it is
    first.click().run()
    assert not test.exception
    labels = read_labels(path)
    assert labels["choice"].tolist() == ["left"]
    second = next(button for button in test.button if button.label == "Equally good")
    assert second.key != first.key and not any(button.key == first.key for button in test.button)
    second.click().run()
    assert read_labels(path)["choice"].tolist() == ["left", "tie"] and not test.exception


def test_damaged_labels_are_said_to_be(tmp_path: Path) -> None:
    path = viewer_runs.finished(tmp_path / "finished-20260101-120000-abcdef")
    (path / "labels.jsonl").write_text("<script>\n")
    test = app(tmp_path, path.name)
    assert not test.exception and len(test.error) == 1 and "labels" in test.error[0].value
