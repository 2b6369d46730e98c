"""Every page with every kind of run in a real browser: no exception, no error, nothing that leaves this machine."""

import pytest
from attacker import ATTACKS
from trained import SCENARIOS

from society.viewer.main import PAGES

pytestmark = pytest.mark.browser
DAMAGED = ("damaged", "damaged_rows")
KINDS = (*SCENARIOS, "live", "killed", *DAMAGED)
READS_ROWS = ("Population", "Report", "World")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_of_a_run(viewer, names, shown, kind, page):
    shown.open(viewer.address(run=names[kind], page=page))
    assert shown.problems() == []
    text = shown.text()
    assert "society" in text
    if page == "Runs":
        return
    if kind == "damaged" or (kind == "damaged_rows" and page in READS_ROWS):
        assert "This run is damaged" in text
    elif kind not in DAMAGED:
        assert "This run is damaged" not in text


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_any_run(empty, shown, page):
    shown.open(empty.address(page=page))
    assert shown.problems() == []
    assert "There is no run in" in shown.text()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", ["bazaar", "live"])
def test_a_page_in_the_dark(viewer, names, dark, kind, page):
    dark.open(viewer.address(run=names[kind], page=page))
    assert dark.problems() == []
    ink, paper = dark.page.evaluate(
        "() => { const style = getComputedStyle(document.querySelector('[data-testid=\"stApp\"]'));"
        " return [style.color, style.backgroundColor]; }"
    )
    assert brightness(ink) > 150 > 60 > brightness(paper)


def brightness(colour: str) -> float:
    """Mean of the channels of `rgb(...)`."""
    channels = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(channels) / 3


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_page_of_an_attacker(viewer, names, shown, attack, page):
    shown.open(viewer.address(run=names[attack], page=page))
    assert shown.problems() == []
    now, peak = viewer.memory()
    assert peak < 1536, f"{peak:.0f} MB at most, {now:.0f} MB now"


def test_the_server_wrote_no_traceback(viewer, names, shown):
    """Last in this file: what the pages above let the server say."""
    assert "Traceback" not in viewer.said(), viewer.said()[-3000:]
