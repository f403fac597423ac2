"""Swipes over the replay's slider either move it or scroll the page, never both."""

import pytest

from tests.support.replay import Replay

pytestmark = pytest.mark.page_alone

PHONE = {"width": 390, "height": 700}
SWIPES = {
    "along": (-100, 0),
    "along, tilted": (-100, 25),
    "up": (0, -150),
    "up, tilted": (-40, -150),
}


@pytest.fixture
def replay(page, server, make_replayable):
    """A replay that has been paused at its end, on a phone, with more of the page below."""
    page.set_viewport_size(PHONE)
    replay = Replay(page, server)
    replay.open_still(make_replayable())
    replay.settle()
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") > 200
    return replay


def swipe(page, start, by, steps=10):
    """Swipe with one finger, at about the pace of a real one."""
    protocol = page.context.new_cdp_session(page)

    def touch(kind, *points):
        touches = [{"x": x, "y": y, "id": 1} for x, y in points]
        protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    touch("touchStart", start)
    for step in range(1, steps + 1):
        share = step / steps
        touch("touchMove", (start[0] + by[0] * share, start[1] + by[1] * share))
        page.wait_for_timeout(16)
    touch("touchEnd")
    page.wait_for_timeout(100)


def end_of(slider):
    """Where a finger takes the slider's thumb, which is at its right end."""
    box = slider.bounding_box()
    return box["x"] + box["width"] - 10, box["y"] + box["height"] / 2


@pytest.mark.parametrize("name", SWIPES)
def test_a_swipe_over_the_slider_moves_it_or_scrolls_the_page(replay, page, name):
    slider, before = replay.slider, replay.slider.input_value()

    swipe(page, end_of(slider), SWIPES[name])

    replay.settle()
    moved = slider.input_value() != before
    scrolled = page.evaluate("scrollY") > 0
    assert (moved, scrolled) == ((True, False) if name.startswith("along") else (False, True))


def test_a_slider_that_moved_before_the_page_scrolled_goes_back(replay, page):
    """Some browsers move the thumb at the first touch, and notice the scrolling after that."""
    slider, before = replay.slider, replay.slider.input_value()
    press = {"bubbles": True, "pointerType": "touch"}
    slider.dispatch_event("pointerdown", press)
    slider.evaluate("slider => { slider.value = 3; slider.dispatchEvent(new Event('input')); }")
    replay.settle()
    assert replay.seconds() == 0

    slider.dispatch_event("pointercancel", press)

    replay.settle()
    assert slider.input_value() == before


def test_every_slider_outside_the_studio_says_which_swipes_it_takes(replay, page):
    sliders = page.locator("input[type=range]")
    assert sliders.evaluate_all("all => all.map(each => getComputedStyle(each).touchAction)") == [
        "pan-y"
    ]
