"""Pens and fingers on the canvas."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.support.browser import tools_used

pytestmark = pytest.mark.page_alone

WHITE = 255


@pytest.fixture
def send_touches(studio):
    """Sends a touch event with a finger at each point, or with no fingers left."""

    def send(kind, *points):
        touches = [
            {"x": x, "y": y, "id": number}
            for number, (x, y) in enumerate(studio.on_screen(point) for point in points)
        ]
        studio.protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    return send


@pytest.mark.parametrize("tool", ["pen", "eraser", "line", "ellipse", "fill", "eyedropper"])
def test_two_fingers_zoom_without_leaving_a_mark(studio, send_touches, tool):
    studio.choose(tool)
    send_touches("touchStart", (90, 100))
    send_touches("touchMove", (91, 100))
    send_touches("touchStart", (91, 100), (110, 100))
    send_touches("touchMove", (70, 100), (130, 100))
    send_touches("touchMove", (50, 100), (150, 100))
    send_touches("touchEnd")

    assert (studio.field() == WHITE).all()
    assert tools_used(studio) == []
    assert "scale(" in studio.page.locator("#sheet").get_attribute("style")


def test_a_zoomed_canvas_is_drawn_on_where_the_pointer_is(studio):
    studio.page.keyboard.press("+")
    studio.page.keyboard.press("+")

    studio.mouse((100, 100))  # the middle stays in the middle
    assert studio.field()[100, 100] == 0
    studio.page.keyboard.press("0")
    assert not studio.page.locator("#sheet").get_attribute("style")


def test_a_two_finger_tap_undoes_and_a_three_finger_tap_redoes(studio, send_touches):
    studio.mouse((20, 30), (60, 90))
    drawn = studio.field()

    send_touches("touchStart", (90, 100), (110, 100))
    send_touches("touchEnd")
    assert (studio.field() == WHITE).all()
    send_touches("touchStart", (90, 100), (110, 100), (130, 100))
    send_touches("touchEnd")
    assert np.array_equal(studio.field(), drawn)


def test_a_palm_resting_while_the_pen_draws_leaves_no_mark(studio, send_touches):
    send_touches("touchStart", (150, 170))
    studio.pen((40, 40), (60, 60), (80, 40))
    send_touches("touchMove", (152, 172))
    send_touches("touchEnd")

    assert (studio.field()[120:, 100:] == WHITE).all()
    assert studio.field()[60, 60] == 0
    assert tools_used(studio) == ["pen"]


@pytest.mark.parametrize("tool", ["pen", "line", "fill"])
def test_a_palms_mark_just_before_the_pen_is_removed(studio, send_touches, tool):
    studio.choose(tool)
    send_touches("touchStart", (150, 170))
    send_touches("touchEnd")
    studio.pen((40, 40), (60, 60))

    assert tools_used(studio) == [tool]
    if tool != "fill":
        assert (studio.field()[120:, 100:] == WHITE).all()


def test_a_pen_removes_no_earlier_strokes_of_a_finger(studio):
    studio.touch(*[(x, 50) for x in range(20, 180, 4)])
    studio.page.wait_for_timeout(700)
    studio.touch((50, 150), (60, 160))
    studio.choose("eyedropper")
    studio.touch((10, 10))
    studio.choose("pen")
    studio.pen((40, 100), (60, 100))

    assert tools_used(studio) == ["pen", "pen", "pen"]


def test_the_wheel_moves_the_zoomed_canvas(studio):
    studio.page.keyboard.press("+")
    studio.page.mouse.move(*studio.on_screen((100, 100)))
    before = studio.page.locator("#sheet").get_attribute("style")
    studio.page.mouse.wheel(0, 40)

    expect(studio.page.locator("#sheet")).not_to_have_attribute("style", before)


def test_after_a_pen_was_used_fingers_draw_only_once_allowed(studio):
    expect(studio.page.locator("#pen-only-field")).to_be_hidden()
    studio.pen((40, 40), (60, 60))
    studio.touch((100, 100), (150, 150))
    assert tools_used(studio) == ["pen"]

    studio.open_options()
    studio.page.get_by_label("Draw with pen only").uncheck()
    studio.close_options()
    # Until a touch can no longer be the palm of the hand with the pen.
    studio.page.wait_for_timeout(700)
    studio.touch((100, 100), (150, 150))
    assert tools_used(studio) == ["pen", "pen"]


def test_a_pens_pressure_sets_the_width_unless_switched_off(studio):
    studio.set("size", 10)
    studio.pen((40, 40), (60, 40), pressure=0.5)
    studio.pen((40, 80), (60, 80), pressure=1)
    studio.pen((40, 120), (60, 120), pressure=0.1)
    studio.open_options()
    studio.page.get_by_label("pressure").uncheck()
    studio.close_options()
    studio.pen((40, 160), (60, 160), pressure=1)

    widths = [operation["radius"][0] for operation in studio.document()["operations"]]
    assert widths[0] == widths[3] == 5
    assert widths[1] > 5 > widths[2]


def test_a_cancelled_pointer_ends_its_stroke_cleanly(studio, send_touches):
    send_touches("touchStart", (50, 50))
    send_touches("touchMove", (100, 50))
    send_touches("touchCancel")
    studio.mouse((50, 100), (100, 100))

    assert len(tools_used(studio)) == 2
    assert studio.field()[75, 75] == WHITE


def test_a_smoothed_stroke_still_ends_where_the_pointer_does(studio):
    zigzag = [(x, 100 + 6 * (-1) ** x) for x in range(20, 180, 4)]
    studio.mouse(*zigzag)
    studio.open_options()
    studio.page.get_by_label("Smoothing").select_option("strong")
    studio.close_options()
    studio.mouse(*zigzag)

    rough, steady = studio.document()["operations"]
    assert np.abs(np.diff(steady["y"])).sum() < 0.5 * np.abs(np.diff(rough["y"])).sum() + 12
    assert (steady["x"][-1], steady["y"][-1]) == (rough["x"][-1], rough["y"][-1])
