"""A run begun from the form, stopped and resumed from the list."""

import os
import signal

import pytest
from chromium import expect
from served import serving
from trained import wait_for

from society.record.stop import ask_to_stop
from society.record.store import list_runs

pytestmark = pytest.mark.browser


@pytest.fixture
def folder(browser, tmp_path):
    """A viewer of an empty folder; whatever was begun in it is ended."""
    root = tmp_path / "runs"
    root.mkdir()
    with serving(root) as served:
        yield served
    for run in list_runs(root):
        if run.state == "live":
            os.kill(run.status["pid"], signal.SIGKILL)


def tick_the_only_line(shown) -> None:
    """The box at the left edge of the first line of the table, which is drawn on a canvas: below a header of 35 pixels."""
    table = shown.page.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    table.click(position={"x": 18, "y": 35 + 19})


def press(shown, name: str) -> None:
    button = shown.page.get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled()
    button.click()


def test_start_stop_resume(folder, shown):
    # The default preset takes minutes: long enough to be stopped whatever else this machine does.
    shown.open(folder.address(page="Runs", start="referential_game"))
    press(shown, "Start")
    expect(shown.page.get_by_text("Begun.")).to_be_visible(timeout=180_000)
    assert shown.problems() == []
    (run,) = list_runs(folder.root)
    wait_for(lambda: run.state == "live" and run.status["update"] > 0, "a first update")
    shown.open(folder.address(page="Runs"))
    tick_the_only_line(shown)
    press(shown, "Stop")
    wait_for(lambda: run.state == "interrupted", "an interrupted run")
    stopped = run.status["update"]
    shown.open(folder.address(page="Runs"))
    tick_the_only_line(shown)
    press(shown, "Resume")
    wait_for(lambda: run.state == "live" and run.status["update"] > stopped, "an update after the last one")
    assert shown.problems() == []
    ask_to_stop(run.path)
    wait_for(lambda: run.state == "interrupted", "an interrupted run")
    assert run.verify() == []
    assert [one.name for one in list_runs(folder.root)] == [run.name]  # the same run went on


def test_what_the_form_cannot_start_it_says(folder, shown):
    shown.open(folder.address(page="Runs", start="../../etc/passwd"))
    assert shown.problems() == [] and "root:" not in shown.text()
    shown.open(folder.address(page="Runs", start="bazaar"))
    seeds = shown.page.get_by_role("textbox", name="Seeds")
    seeds.fill("<script>window.pwned=1</script>")
    seeds.press("Enter")
    press(shown, "Start")
    expect(shown.page.get_by_test_id("stAlert").first).to_be_visible(timeout=120_000)
    shown.settle()
    assert shown.problems() == [] and list_runs(folder.root) == []
