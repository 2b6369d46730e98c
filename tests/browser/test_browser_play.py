"""A seat taken by hand: one press, one move; what was played is a run."""


import pytest
from chromium import expect

from society.record.store import list_runs

pytestmark = pytest.mark.browser


def test_a_move_is_made_and_recorded(alone, shown):
    served, run = alone
    shown.open(served.address(run=run.name, page="Play"))
    shown.page.get_by_role("button", name="Take the seat").click()
    turn = shown.page.get_by_text("your turn")
    expect(turn).to_be_visible(timeout=180_000)  # a worker loads torch and the minds
    tick = shown.page.get_by_test_id("stMetric").filter(has_text="Tick")
    expect(tick).to_contain_text("0 / ")
    moves = shown.page.locator('[class*="st-key-play_quick_"] button:not([disabled])')
    for number in (1, 2, 3):
        moves.first.click()
        expect(tick).to_contain_text(f"{number} / ")
    shown.settle()
    assert shown.problems() == []
    shown.page.get_by_role("button", name="End the session").click()
    expect(shown.page.get_by_text("The session is over")).to_be_visible()
    shown.settle()
    assert shown.problems() == []
    (played,) = [one for one in list_runs(run.path.parent) if one.name != run.name]
    assert played.meta["played"]["of"] == run.name and played.verify() == []
    episodes = played.table("episodes")
    assert set(episodes["ticks"]) == {3} and len(episodes) == run.meta["seats"]


def test_a_session_that_is_none_is_refused(viewer, names, shown):
    for session in ("..", "../../etc/passwd", "nobody", "A" * 5_000):
        shown.open(viewer.address(run=names["bazaar"], page="Play", session=session))
        assert shown.problems() == []
        text = shown.text()
        assert "There is no session of that name in this folder" in text and "AAAA" not in text
