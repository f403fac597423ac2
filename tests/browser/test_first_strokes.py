"""What visitors draw and press while the studio's scripts are still on their way."""

import numpy as np
import pytest
from playwright.sync_api import expect

from drawings.imaging.crayons import drawing_shades
from drawings.models import Drawing
from tests.support.browser import Studio, read_canvas
from tests.support.screens import on_a_phone

pytestmark = pytest.mark.page_alone

WHITE = 255
SHADES = {name: shade for shade, name, _ in drawing_shades()}
SQUIGGLE = [(40, 40), (60, 80), (100, 50), (150, 150)]
CONTROLS = "/js/pages/studio_controls"
HAS_EASEL = """() => import(document.querySelector("script[type=module]").src)
    .then(({ easel }) => Boolean(easel))"""


class SlowStudio(Studio):
    """The studio, whose modules the network holds back until they are released."""

    def __init__(self, page, url):
        self.page = page
        self.protocol = page.context.new_cdp_session(page)
        self.holds = "/js/"
        self.held = []
        page.route("**/js/**", self.on_route)
        page.goto(url, wait_until="commit")
        page.wait_for_function("() => window.earlyEvents")
        self.measure()

    def on_route(self, route):
        url = route.request.url
        if self.holds and self.holds in url and "/js/early" not in url:
            self.held.append(route)
        else:
            route.fallback()

    def release(self, but=None):
        """Let the modules through, but for those whose paths contain this text."""
        self.holds = but
        held, self.held = self.held, []
        for route in held:
            self.on_route(route)
        if but:
            self.page.wait_for_function(HAS_EASEL)
        else:
            self.wait()


@pytest.fixture
def slow(page, server):
    return SlowStudio(page, server.url)


def assert_stroke(operation, points, tool="pen", crayon="Black", size=4):
    assert operation["tool"] == tool
    assert operation["shade"] == SHADES[crayon]
    assert operation["radius"] == [size / 2] * len(operation["x"])
    assert operation["x"] == pytest.approx([x for x, _ in points], abs=0.6)
    assert operation["y"] == pytest.approx([y for _, y in points], abs=0.6)


@pytest.mark.parametrize("pointer", ["mouse", "touch", "pen"])
def test_early_strokes_are_sketched_and_then_drawn_exactly(slow, pointer):
    getattr(slow, pointer)(*SQUIGGLE)
    sketch = slow.shown()
    assert sketch[100, 40].tolist() == [WHITE] * 3
    assert sketch[50, 100].max() < 128
    getattr(slow, pointer)((20, 180), (180, 180))
    assert slow.shown()[180, 100].max() < 128

    slow.release()

    first, second = slow.document()["operations"]
    assert_stroke(first, SQUIGGLE)
    assert_stroke(second, [(20, 180), (180, 180)])
    assert first["t"] == sorted(first["t"])
    assert second["t"][0] >= first["t"][-1]
    field = slow.field()
    assert np.array_equal(slow.shown()[..., 0], field)


@on_a_phone
def test_early_strokes_of_a_finger_are_kept_on_a_phone(slow):
    slow.touch(*SQUIGGLE)
    assert slow.shown()[50, 100].max() < 128

    slow.release()

    (stroke,) = slow.document()["operations"]
    assert_stroke(stroke, SQUIGGLE)
    assert slow.page.evaluate("[scrollX, scrollY]") == [0, 0]


def test_each_early_stroke_has_the_colour_width_and_tool_that_it_was_drawn_with(slow):
    slow.mouse((20, 20), (180, 20))
    slow.use_crayon("Red")
    slow.set("size", 12)
    slow.mouse((20, 60), (180, 60))
    assert slow.shown()[60, 100].tolist() == [220, 31, 38]
    assert slow.shown()[65, 100].tolist() == [220, 31, 38]
    slow.choose("line")
    slow.mouse((20, 100), (90, 140), (180, 100))
    slow.choose("pen")
    slow.use_crayon("Sky")

    slow.release()

    black, red, line = slow.document()["operations"]
    assert_stroke(black, [(20, 20), (180, 20)])
    assert_stroke(red, [(20, 60), (180, 60)], crayon="Red", size=12)
    assert_stroke(line, [(20, 100), (180, 100)], tool="line", crayon="Red", size=12)
    expect(slow.page.locator("#size-value")).to_have_text("12")
    slow.mouse((20, 180), (180, 180))
    assert_stroke(slow.document()["operations"][3], [(20, 180), (180, 180)], crayon="Sky", size=12)


@pytest.mark.parametrize("pointer", ["mouse", "touch"])
def test_a_stroke_goes_on_when_the_scripts_arrive(slow, pointer):
    page = slow.page
    on_screen = [slow.on_screen(point) for point in SQUIGGLE]

    def touch(kind, *points):
        touches = [{"x": x, "y": y, "id": 1} for x, y in points]
        slow.protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    if pointer == "mouse":
        page.mouse.move(*on_screen[0])
        page.mouse.down()
        page.mouse.move(*on_screen[1])
        slow.release(but=CONTROLS)
        page.mouse.move(*on_screen[2])
        page.mouse.move(*on_screen[3])
        page.mouse.up()
    else:
        touch("touchStart", on_screen[0])
        touch("touchMove", on_screen[1])
        slow.release(but=CONTROLS)
        touch("touchMove", on_screen[2])
        touch("touchMove", on_screen[3])
        touch("touchEnd")
    slow.release()

    (stroke,) = slow.document()["operations"]
    assert_stroke(stroke, SQUIGGLE)


@pytest.mark.parametrize("arrived", ["nothing", "the pen"])
def test_an_early_press_on_send_sends(slow, arrived):
    slow.mouse(*SQUIGGLE)
    if arrived == "the pen":
        slow.release(but=CONTROLS)
    slow.page.get_by_role("button", name="Send").click()
    slow.release()

    slow.wait_for_arrival()
    shown = read_canvas(slow.page.locator("#sent canvas"))
    assert np.array_equal(Drawing.objects.get().field, shown[..., 0])  # black and white


@pytest.mark.parametrize("way", ["button", "key"])
@pytest.mark.parametrize("arrived", ["nothing", "the pen"])
def test_an_early_press_on_undo_undoes_once(slow, arrived, way):
    slow.mouse((20, 20), (180, 20))
    slow.mouse(*SQUIGGLE)
    if arrived == "the pen":
        slow.release(but=CONTROLS)
    if way == "button":
        slow.page.get_by_role("button", name="Undo").click(force=True)
    else:
        slow.page.keyboard.press("Control+z")
    slow.release()

    expect(slow.page.get_by_role("status").first).to_contain_text("Undone.")
    (stroke,) = slow.document()["operations"]
    assert_stroke(stroke, [(20, 20), (180, 20)])


@pytest.mark.parametrize("arrived", ["nothing", "the pen"])
def test_an_early_press_on_colours_opens_them(slow, arrived):
    if arrived == "the pen":
        slow.release(but=CONTROLS)
    slow.page.get_by_role("button", name="Colours", exact=True).click()
    slow.release()

    expect(slow.page.get_by_role("dialog", name="Colours")).to_be_visible()


@on_a_phone
def test_impatient_presses_on_send_ask_for_the_name_only_once(slow):
    slow.touch(*SQUIGGLE)
    for _ in range(3):
        slow.page.get_by_role("button", name="Send").tap()
    slow.release()

    expect(slow.page.get_by_role("dialog", name="Sign your drawing")).to_be_visible()
    assert not Drawing.objects.exists()


class FlakyNetwork:
    """Fails the first requests for a file."""

    def __init__(self, page, name, failures=1):
        self.failures = failures
        self.failed = 0
        page.route(f"**/js/{name}.*", self.on_route)

    def on_route(self, route):
        if self.failed < self.failures:
            self.failed += 1
            route.abort()
        else:
            route.continue_()


@pytest.mark.parametrize("name", ["pages/studio_controls", "components/sheets", "storage/outbox"])
def test_controls_that_failed_to_load_are_loaded_by_the_next_press(page, server, problems, name):
    network = FlakyNetwork(page, name)
    page.goto(server.url)
    page.wait_for_function(HAS_EASEL)
    while not network.failed:
        page.wait_for_timeout(50)
    page.wait_for_timeout(100)
    page.get_by_role("button", name="Colours", exact=True).click()

    expect(page.get_by_role("dialog", name="Colours")).to_be_visible()
    problems.clear()


@pytest.mark.parametrize("name", ["pages/studio", "raster/paper"])
def test_early_strokes_survive_a_network_that_fails_at_first(page, server, problems, name):
    network = FlakyNetwork(page, name, failures=2)
    slow = SlowStudio(page, server.url)
    slow.mouse(*SQUIGGLE)
    slow.release()

    (stroke,) = slow.document()["operations"]
    assert_stroke(stroke, SQUIGGLE)
    assert network.failed == 2
    problems.clear()


def test_controls_that_failed_to_load_say_so_and_are_loaded_again(page, server, problems):
    network = FlakyNetwork(page, "pages/studio_controls")
    page.goto(server.url)

    expect(page.get_by_role("status")).to_contain_text("hasn't loaded yet")
    page.wait_for_selector("#studio[data-ready]")
    expect(page.get_by_role("status")).to_be_empty()
    assert network.failed == 1
    problems.clear()
