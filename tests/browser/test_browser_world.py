"""The player under a hand: a click on an agent, a scrub, playing, twins, a mosaic."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from chromium import expect

from society.record.store import Run

pytestmark = pytest.mark.browser


@pytest.fixture
def world(viewer, names, shown):
    """Opens the World page of the trained bazaar; gives the player once it has drawn."""

    def opened(run: str = "bazaar", **query: str):
        shown.open(viewer.address(run=names[run], page="World", **query))
        player = shown.page.locator(".player")
        expect(player).to_have_attribute("data-tick", re.compile(r"\d+"))
        return player

    return opened


def asked(page) -> dict[str, str]:
    """The parameters of the address."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


def address_says(page, **wanted: str) -> None:
    """Wait until the address says so."""
    for name, value in wanted.items():
        page.wait_for_function(
            "([name, value]) => new URLSearchParams(location.search).get(name) === value", arg=[name, str(value)]
        )


def test_a_click_on_an_agent_follows_it(world, names, shown):
    player = world(tick="3")
    expect(player).to_have_attribute("data-sample", re.compile(r"\d+ "))
    seat, x, y = player.get_attribute("data-sample").split()
    player.locator("canvas.board").first.click(position={"x": float(x), "y": float(y)})
    expect(player).not_to_have_attribute("data-kept", "-1")
    kept = int(player.get_attribute("data-kept"))
    frames = Run(names.root / names["bazaar"]).frames("normal", 0, 3, 3)
    place = [(frames.seats["x"][0, one], frames.seats["y"][0, one]) for one in (int(seat), kept)]
    assert place[0] == place[1]  # seats on one cell cannot be told apart by a click
    address_says(shown.page, seat=kept)
    # What it saw and expected is computed by a worker, which takes a while.
    expect(player.locator(".panel")).to_be_visible(timeout=120_000)
    shown.settle()
    assert shown.problems() == []


def test_a_seat_in_the_address_is_followed(world, shown):
    player = world(seat="2")
    expect(player).to_have_attribute("data-kept", "2")
    assert shown.problems() == []


def test_a_scrub_moves_to_the_tick_under_the_hand_and_into_the_address(world, shown):
    player = world(tick="0")
    scrub = player.locator(".scrub")
    box = scrub.bounding_box()
    shown.page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    shown.page.mouse.down()
    shown.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=8)
    shown.page.mouse.up()
    expect(player).to_have_attribute("data-tick", re.compile(r"^1[2-7]$"))  # of ticks 0 to 29
    address_says(shown.page, tick=player.get_attribute("data-tick"))
    scrub.press("End")
    expect(player).to_have_attribute("data-tick", "29")
    address_says(shown.page, tick="29")
    assert shown.problems() == []


def test_it_plays_in_the_browser_without_asking_the_server(world, shown):
    sent = []
    shown.page.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append(1)))
    player = world(tick="0")
    player.locator(".play").click()
    expect(player).to_have_attribute("data-tick", "3")
    before = len(sent)
    expect(player).to_have_attribute("data-tick", re.compile(r"^([8-9]|1\d)$"))
    assert len(sent) == before
    player.locator(".play").click()
    stopped = player.get_attribute("data-tick")
    address_says(shown.page, tick=stopped)
    expect(player).to_have_attribute("data-tick", stopped)
    assert shown.problems() == []


def test_a_link_opens_the_same_view(world, shown):
    player = world(condition="mute", world="1", tick="7")
    expect(player).to_have_attribute("data-tick", "7")
    here = asked(shown.page)
    assert (here["condition"], here["world"]) == ("mute", "1")
    assert shown.problems() == []


def test_twins_are_side_by_side_and_in_step(world, shown):
    player = world(view="twin", condition="normal", twin="mute")
    expect(player.locator("canvas.board")).to_have_count(2)
    expect(shown.page.get_by_text(re.compile("part", re.I)).first).to_be_visible()
    assert shown.problems() == []


def test_a_board_of_a_mosaic_opens_its_world(world, shown):
    player = world(view="mosaic", condition="normal")
    expect(player.locator("canvas.board")).to_have_count(2)
    player.locator("canvas.board").nth(1).click()
    address_says(shown.page, view="one", world="1")
    expect(shown.page.locator(".player canvas.board")).to_have_count(1)
    assert shown.problems() == []


def test_a_live_run_plays_its_newest_rollout(viewer, names, shown):
    shown.open(viewer.address(run=names["live"], page="World"))
    player = shown.page.locator(".player")
    expect(player).to_have_attribute("data-tick", re.compile(r"\d+"))
    said = shown.page.get_by_text(re.compile(r"before update [\d,]+")).first
    first = said.inner_text()
    expect(said).not_to_have_text(first)  # a newer rollout took its place, without a reload
    expect(player.locator("canvas.board")).to_be_visible()
    assert shown.problems() == []
