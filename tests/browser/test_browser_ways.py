"""Ways through the viewer: the bar of pages, the chooser of runs, a link, back and forward, a run opened from the list."""

import re

import pytest
from chromium import expect

from society.viewer.main import PAGES

pytestmark = pytest.mark.browser


def bar(page):
    """The control that chooses the page."""
    return page.get_by_role("radiogroup", name="Page")


def on_page(page, name: str) -> None:
    """Wait until the address and the bar agree that this page is shown."""
    page.wait_for_function("(name) => new URLSearchParams(location.search).get('page') === name", arg=name)
    expect(bar(page).get_by_role("radio", checked=True)).to_have_text(name)


def test_the_bar_leads_to_every_page(viewer, names, shown):
    shown.open(viewer.address(run=names["bazaar"], page="Report"))
    for name in PAGES:
        bar(shown.page).get_by_role("radio", name=name, exact=True).click()
        on_page(shown.page, name)
        shown.settle()
    assert shown.problems() == []


def test_the_bar_fits_on_one_line(viewer, names, shown):
    shown.open(viewer.address(run=names["bazaar"], page="Report"))
    tops = [round(one.bounding_box()["y"]) for one in bar(shown.page).get_by_role("radio").all()]
    assert len(tops) == len(PAGES) and len(set(tops)) == 1


def test_back_and_forward(viewer, names, shown):
    shown.open(viewer.address(run=names["bazaar"], page="Report"))
    bar(shown.page).get_by_role("radio", name="Economy", exact=True).click()
    on_page(shown.page, "Economy")
    shown.settle()
    shown.page.go_back()
    on_page(shown.page, "Report")
    shown.settle()
    shown.page.go_forward()
    on_page(shown.page, "Economy")
    shown.settle()
    assert shown.problems() == []


def test_another_run_keeps_the_page(viewer, names, shown):
    shown.open(viewer.address(run=names["bazaar"], page="Population"))
    box = shown.page.locator('[data-testid="stSelectbox"] input').first
    box.click()
    box.fill(names["negotiation"])
    shown.page.get_by_role("option", name=names["negotiation"]).first.click()
    shown.page.wait_for_function("(run) => new URLSearchParams(location.search).get('run') === run", arg=names["negotiation"])
    on_page(shown.page, "Population")
    expect(shown.page.get_by_text(re.compile("negotiation")).first).to_be_visible()
    shown.settle()
    assert shown.problems() == []
