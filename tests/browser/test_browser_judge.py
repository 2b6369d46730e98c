"""Judging with the keyboard: one key, one label."""


import pytest
from chromium import expect

from society.record.labels import read_labels

pytestmark = pytest.mark.browser


def test_a_key_makes_exactly_one_label(alone, shown):
    served, run = alone
    shown.open(served.address(run=run.name, page="Judge"))
    expect(shown.page.locator(".player .board, .player canvas").first).to_be_visible()
    for number, (key, choice) in enumerate([("a", "left"), ("l", "right"), ("t", "tie"), ("s", "skip")], start=1):
        shown.page.keyboard.press(key)
        expect(shown.page.get_by_text(f"{number} label", exact=False).first).to_be_visible()
        shown.settle()
        labels = read_labels(run.path)
        assert len(labels) == number and list(labels["choice"])[-1] == choice
    assert labels["identity"].is_unique
    assert shown.problems() == []
    shown.open(served.address(run=run.name, page="Judge"))  # what was said stays said, and once
    assert len(read_labels(run.path)) == number and run.verify() == []


def test_two_windows_that_show_the_same_pair_make_one_label_each(alone, shown, dark):
    served, run = alone
    for window in (shown, dark):
        window.open(served.address(run=run.name, page="Judge"))
    for number, window in enumerate((shown, dark), start=1):
        window.page.get_by_role("button", name="Left is better").click()
        expect(window.page.get_by_text(f"{number} label", exact=False).first).to_be_visible()
    assert len(read_labels(run.path)) == 2
    assert shown.problems() == dark.problems() == []
