"""The replay of a drawing, on its page, in a real browser."""

import base64
import io
import re
import struct
import zlib

import numpy as np
import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from PIL import Image
from playwright.sync_api import expect

from drawings.imaging import pixels, rasteriser, strokes
from drawings.imaging.png import PNG_SIGNATURE, png_chunk
from drawings.models import Drawing
from tests.browser.test_pages import SHIFT

pytestmark = pytest.mark.page_alone

PAUSE = 3600 * 1000  # an hour, between two strokes


def stroke(points, t, shade=0, radius=3, **values):
    return {
        "tool": "pen",
        "shade": shade,
        "antialiased": True,
        "x": [x for x, _ in points],
        "y": [y for _, y in points],
        "radius": [radius] * len(points),
        "t": t,
        **values,
    }


# Two strokes, an hour between them: three seconds of replay.
OPERATIONS = [
    stroke([(20, 40), (60, 44), (100, 40)], [100, 600, 1100]),
    stroke([(20, 90.25), (60, 80.5), (100, 90)], [PAUSE, PAUSE + 400, PAUSE + 900], shade=80),
]
EVERY_TOOL = [
    stroke([(20, 30), (70.25, 34), (100, 30)], [0, 30, 60]),
    stroke([(20, 20), (100, 20), (100, 60), (20, 60), (20, 20)], [90] * 5, 60, tool="rectangle"),
    {
        "tool": "fill",
        "shade": 140,
        "antialiased": True,
        "tolerance": 40,
        "x": 40,
        "y": 50,
        "t": 120,
    },
    {"tool": "invert", "t": 150},
    stroke([(-30, 80), (160, 90)], [180, 210], 200, radius=9.5, tool="eraser", antialiased=False),
    {"tool": "flip", "axis": "vertical", "t": 240},
    {"tool": "flip", "axis": "horizontal", "t": 270},
    stroke([(64, 48)], [300], 20, radius=14.25),
]


def document(operations, paper=None, width=128, height=96):
    return {
        "version": strokes.VERSION,
        "width": width,
        "height": height,
        "paper": paper,
        "operations": operations,
    }


@pytest.fixture
def make_replayable(make_drawing):
    """Stores a drawing with its strokes."""

    def make(operations=OPERATIONS, paper=None, ground=None, **values):
        what = document(operations, paper)
        strokes.check(what)
        field = rasteriser.rasterise(what, ground)
        return make_drawing(field, strokes=strokes.pack(what), **values)

    return make


class Replay:
    """A drawing's page, as a visitor who wants its replay handles it."""

    def __init__(self, page, server):
        self.page = page
        self.server = server
        self.canvas = page.locator("#replay-canvas")
        self.picture = page.locator("#picture")
        self.slider = page.get_by_role("slider", name="Time")
        self.status = page.locator("#replay-status")

    def visit(self, drawing, query=""):
        self.page.goto(f"{self.server.url}/drawings/{drawing.id}/{query}")

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def open(self, drawing, query=""):
        self.visit(drawing, query)
        self.button("Replay").click()
        expect(self.canvas).to_be_visible()

    def open_still(self, drawing, query=""):
        """As it opens for who wants less motion: paused, at the end."""
        self.page.emulate_media(reduced_motion="reduce")
        self.open(drawing, query)

    def scrub(self, share):
        """Drag the slider to a share of the whole time."""
        self.slider.fill(str(round(share * int(self.slider.get_attribute("max")))))

    def seconds(self):
        return int(self.slider.get_attribute("aria-valuetext").partition(" ")[0])

    def settle(self):
        """Wait until what was asked for is on the canvas."""
        self.page.evaluate(
            """async () => {
                const { player } = await import(document.querySelector("script[type=module]").src);
                do await new Promise(requestAnimationFrame); while (player.isBehind);
            }"""
        )

    def field(self):
        """The field as the replay itself has it."""
        self.settle()
        return self.field_now()

    def field_now(self):
        page = "document.querySelector('script[type=module]').src"
        return field_in(self.page, f"(await import({page})).player.film")

    def colours(self):
        """What the canvas shows; this browser gives it back as it is."""
        self.settle()
        height, width = self.field().shape
        rgba = self.page.evaluate(
            """() => {
                // Through another canvas: the browser complains of reading the same one twice.
                const { width, height } = document.getElementById("replay-canvas");
                const copy = new OffscreenCanvas(width, height).getContext("2d");
                copy.drawImage(document.getElementById("replay-canvas"), 0, 0);
                return [...copy.getImageData(0, 0, width, height).data];
            }"""
        )
        return np.array(rgba, np.uint8).reshape(height, width, 4)[..., :3]


def field_in(page, expression):
    """The field that something in the page has: width, height and pixels."""
    width, height, values = page.evaluate(
        f"""async () => {{
            const {{ width, height, pixels }} = {expression};
            return [width, height, [...pixels]];
        }}"""
    )
    return np.array(values, np.uint8).reshape(height, width)


def picture_colours(page, drawing, cmap):
    """The drawing as image.png shows it."""
    response = page.request.get(f"{page.url.partition('?')[0]}image.png?cmap={cmap}")
    return np.asarray(Image.open(io.BytesIO(response.body())).convert("RGB"))


def after(operations, count, ground=None):
    """The field after so many of the operations."""
    return rasteriser.rasterise(document(operations[:count]), ground)


@pytest.fixture
def replay(page, server):
    return Replay(page, server)


# --- Playing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("operations", [OPERATIONS, EVERY_TOOL], ids=["pen", "every tool"])
def test_it_plays_to_the_end_which_is_the_drawing_byte_for_byte(
    replay, page, make_replayable, operations
):
    drawing = make_replayable(operations, colormap="viridis")
    replay.open(drawing)
    page.get_by_label("Speed").select_option("8")

    expect(replay.status).to_have_text("Finished")

    response = page.request.get(f"{page.url}pixels.npy")
    stored = np.load(io.BytesIO(response.body()), allow_pickle=False)
    assert replay.field().tobytes() == stored.tobytes()
    assert np.array_equal(replay.colours(), picture_colours(page, drawing, "viridis"))


def test_an_hour_between_two_strokes_takes_a_second(replay, make_replayable):
    replay.open_still(make_replayable())

    expect(replay.slider).to_have_attribute("aria-valuetext", "3 of 3 seconds")


def test_it_begins_with_the_paper_and_says_that_it_plays(replay, page, make_replayable):
    drawing = make_replayable()
    page.clock.install()  # time stands still but for what is asked of it
    replay.open(drawing)

    expect(replay.status).to_have_text("Playing")
    expect(replay.button("Pause")).to_be_focused()
    page.clock.run_for(500)
    assert not np.array_equal(replay.field_now(), drawing.field)


def test_pausing_stops_it_and_playing_goes_on_from_there(replay, make_replayable):
    replay.open(make_replayable())
    replay.button("Pause").click()
    expect(replay.status).to_have_text("Paused")
    stopped = replay.slider.input_value(), replay.field().tobytes()
    replay.page.wait_for_timeout(300)
    assert (replay.slider.input_value(), replay.field().tobytes()) == stopped

    replay.button("Play").click()

    expect(replay.status).to_have_text("Playing")
    expect(replay.status).to_have_text("Finished")


def test_at_the_end_it_can_be_played_again(replay, page, make_replayable):
    replay.open(make_replayable())
    page.get_by_label("Speed").select_option("8")
    expect(replay.status).to_have_text("Finished")
    page.get_by_label("Speed").select_option("1")

    replay.button("Play again").click()

    expect(replay.status).to_have_text("Playing")
    assert replay.seconds() < 3


def test_a_faster_replay_takes_less_time(replay, page, make_replayable):
    slow = [
        stroke([(20, 20), (90, 70)], [0, 900]) | {"t": [n * 1000, n * 1000 + 900]} for n in range(8)
    ]
    replay.open(make_replayable(slow))
    page.get_by_label("Speed").select_option("8")

    expect(replay.status).to_have_text("Finished", timeout=3000)  # 8 seconds at 1x


def test_what_is_drawn_in_no_time_is_still_played_step_by_step(replay, make_replayable):
    operations = [operation | {"t": [0] * len(operation["t"])} for operation in OPERATIONS]
    replay.open_still(make_replayable(operations))

    replay.button("One step back").click()

    assert np.array_equal(replay.field(), after(operations, 1))


def test_a_drawing_without_operations_is_its_paper(replay, make_replayable):
    replay.open(make_replayable([]))

    expect(replay.status).to_have_text("Finished")
    assert (replay.field() == pixels.WHITE).all()


# --- Scrubbing -------------------------------------------------------------------------------


def test_scrubbing_to_the_start_shows_the_paper_and_to_the_middle_what_was_there(
    replay, make_replayable
):
    drawing = make_replayable()
    replay.open_still(drawing)

    replay.scrub(0)
    assert (replay.field() == pixels.WHITE).all()
    replay.scrub(0.5)
    assert np.array_equal(replay.field(), after(OPERATIONS, 1))
    replay.scrub(0.3)  # within the first stroke: 900 of 3000 ms
    begun = [stroke([(20, 40), (60, 44)], [100, 600])]
    assert np.array_equal(replay.field(), after(begun, 1))
    expect(replay.slider).to_have_attribute("aria-valuetext", "0 of 3 seconds")
    replay.scrub(1)
    assert np.array_equal(replay.field(), drawing.field)


def test_the_slider_can_be_dragged_while_it_plays(replay, page, make_replayable):
    drawing = make_replayable()
    replay.open(drawing)
    box = replay.slider.bounding_box()
    middle = box["y"] + box["height"] / 2

    page.mouse.move(box["x"] + box["width"] * 0.2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=4)
    held = replay.slider.input_value()
    page.wait_for_timeout(300)
    assert replay.slider.input_value() == held  # it waits for the hand
    assert np.array_equal(replay.field(), after(OPERATIONS, 1))
    page.mouse.up()

    expect(replay.status).to_have_text("Finished")
    assert np.array_equal(replay.field(), drawing.field)


def test_steps_go_from_operation_to_operation(replay, make_replayable):
    drawing = make_replayable(EVERY_TOOL)
    replay.open_still(drawing)

    for count in range(len(EVERY_TOOL) - 1, -1, -1):
        replay.button("One step back").click()
        assert np.array_equal(replay.field(), after(EVERY_TOOL, count)), count
    expect(replay.status).to_have_text("Step 0 of 8")
    expect(replay.button("One step back")).to_have_attribute("aria-disabled", "true")
    for count in range(1, len(EVERY_TOOL) + 1):
        replay.button("One step on").click()
        assert np.array_equal(replay.field(), after(EVERY_TOOL, count)), count
    expect(replay.status).to_have_text("Step 8 of 8")


def test_a_long_drawing_is_scrubbed_quickly_and_within_bounds_of_memory(
    replay, page, make_replayable
):
    """2,000 strokes of 40 points: back and forth from anywhere to anywhere in a few frames."""
    random = np.random.default_rng(7)
    operations = [
        stroke(
            [(float(x), float(y)) for x, y in random.integers(0, 90, (40, 2))],
            [n * 700 + 10 * k for k in range(40)],
            shade=n % 256,
            radius=4,
        )
        for n in range(2000)
    ]
    # More than is verified while somebody waits: verify_strokes has been here before.
    drawing = make_replayable(operations, strokes_agree=True)
    replay.open_still(drawing)
    assert np.array_equal(replay.field(), drawing.field)

    took = page.evaluate(
        """async () => {
            const { player } = await import(document.querySelector("script[type=module]").src);
            const took = [];
            for (let n = 0; n < 50; n++) {
                const began = performance.now();
                player.film.goTo(player.film.duration * ((n * 0.37) % 1));
                took.push(performance.now() - began);
            }
            return took;
        }"""
    )
    assert sorted(took)[len(took) // 2] < 100

    replay.scrub(0)
    assert (replay.field() == pixels.WHITE).all()
    replay.scrub(1)
    assert np.array_equal(replay.field(), drawing.field)


def test_keyframes_thin_out_when_their_memory_is_used_up(page, server, make_replayable):
    page.goto(f"{server.url}/gallery/")
    film = staticfiles_storage.url("drawings/js/raster/film.js")

    kept, backwards = page.evaluate(
        f"""async () => {{
            const {{ Film }} = await import("{film}");
            const operations = Array.from({{ length: 150 }}, (_, t) => ({{ tool: "invert", t }}));
            const film = new Film({{ width: 1024, height: 1024, operations }}, null);
            film.goTo(film.duration);
            const kept = film.keyframes.length;
            const shades = [];
            for (let n = 149; n >= 0; n--) {{
                film.goTo(film.endOf(n));
                shades.push(film.pixels.every((value) => value === (n % 2 ? 0 : 255)));
            }}
            return [kept, shades.every(Boolean)];
        }}"""
    )

    assert 10 < kept <= 48
    assert backwards


# --- Keyboard and motion ---------------------------------------------------------------------


def test_it_works_by_keyboard(replay, page, make_replayable):
    replay.visit(make_replayable())
    replay.button("Replay").focus()
    page.keyboard.press("Enter")
    expect(replay.status).to_have_text("Playing")

    page.keyboard.press("k")
    expect(replay.status).to_have_text("Paused")
    page.keyboard.press(" ")  # on the Play button
    expect(replay.status).to_have_text("Playing")
    page.keyboard.press("Tab")
    expect(replay.slider).to_be_focused()
    page.keyboard.press(" ")
    expect(replay.status).to_have_text("Paused")
    page.keyboard.press("Home")
    assert (replay.field() == pixels.WHITE).all()
    page.keyboard.press("ArrowRight")
    assert replay.slider.input_value() == "1"
    page.keyboard.press("End")
    expect(replay.slider).to_have_attribute("aria-valuetext", "3 of 3 seconds")
    expect(replay.button("Play again")).to_be_visible()

    page.keyboard.press("Escape")
    expect(replay.picture).to_be_visible()
    expect(replay.canvas).to_be_hidden()
    expect(replay.button("Replay")).to_be_focused()


def test_closed_it_leaves_nothing_behind_to_tab_to(replay, page, make_replayable):
    replay.visit(make_replayable())
    replay.button("Replay").focus()
    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="Draw on top of this")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".swatch").first).to_be_focused()


def test_it_can_be_closed_and_opened_again(replay, make_replayable):
    replay.open(make_replayable())
    replay.button("Close the replay").click()
    expect(replay.picture).to_be_visible()

    replay.button("Replay").click()

    expect(replay.status).to_have_text("Playing")
    assert replay.seconds() < 3


def test_clicking_the_drawing_pauses_it(replay, make_replayable):
    replay.open(make_replayable())

    replay.canvas.click()

    expect(replay.status).to_have_text("Paused")


def test_who_wants_less_motion_gets_the_end_and_steps(replay, make_replayable):
    drawing = make_replayable()
    replay.open_still(drawing)

    expect(replay.status).to_have_text("Paused")
    assert np.array_equal(replay.field(), drawing.field)
    replay.page.wait_for_timeout(200)
    expect(replay.slider).to_have_attribute("aria-valuetext", "3 of 3 seconds")
    replay.button("One step back").click()
    assert np.array_equal(replay.field(), after(OPERATIONS, 1))
    replay.button("Play").click()  # asked for
    expect(replay.status).to_have_text("Playing")


# --- Colours ---------------------------------------------------------------------------------


def test_it_has_the_colours_chosen_on_the_page_and_follows_them(replay, page, make_replayable):
    drawing = make_replayable()
    replay.open_still(drawing, "?cmap=magma")
    assert np.array_equal(replay.colours(), picture_colours(page, drawing, "magma"))

    with page.expect_response(re.compile("image.png.cmap=viridis")):
        page.get_by_role("link", name="viridis").click()
    replay.button("Play again").click()
    page.get_by_label("Speed").select_option("8")
    with page.expect_response(re.compile("image.png.cmap=turbo")):
        page.get_by_role("link", name="turbo").click()

    expect(replay.status).to_have_text("Finished")
    assert np.array_equal(replay.colours(), picture_colours(page, drawing, "turbo"))
    assert page.get_by_role("link", name="SVG").get_attribute("href").endswith("?cmap=turbo")


def test_colours_that_cannot_be_fetched_are_said_to_be_missing(
    replay, page, problems, make_replayable
):
    drawing = make_replayable()
    replay.open_still(drawing, "?cmap=magma")
    page.route("**/image.png?cmap=viridis", lambda route: route.fulfill(status=503))
    page.get_by_role("link", name="viridis").click()

    expect(page.get_by_role("alert")).to_contain_text("Couldn't load these colours")
    assert np.array_equal(replay.colours(), picture_colours(page, drawing, "magma"))
    page.get_by_role("link", name="turbo").click()
    expect(page.locator("#replay-problem")).to_be_empty()
    assert np.array_equal(replay.colours(), picture_colours(page, drawing, "turbo"))
    assert {problem for problem in problems if "503" not in problem} == set()
    problems.clear()


def test_the_limits_of_the_colours_are_the_drawings(replay, page, make_replayable):
    drawing = make_replayable(vmin=80, vmax=180, colormap="plasma")
    replay.open_still(drawing)

    assert np.array_equal(replay.colours(), picture_colours(page, drawing, "plasma"))


# --- The paper -------------------------------------------------------------------------------


def test_a_drawing_on_another_one_begins_with_that(replay, page, make_drawing, make_replayable):
    ground = np.arange(128 * 96, dtype=np.uint32).astype(np.uint8).reshape(96, 128)
    parent = make_drawing(ground, title="Underneath")
    paper = {"drawing": str(parent.id)}
    drawing = make_replayable(OPERATIONS, paper, ground, parent=parent, title="On top")
    replay.open_still(drawing)

    assert np.array_equal(replay.field(), drawing.field)
    replay.scrub(0)
    assert np.array_equal(replay.field(), ground)

    page.get_by_role("link", name="Underneath").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Underneath")
    section = page.get_by_role("region", name="Drawings on top of this")
    section.get_by_role("link", name="On top").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("On top")


def test_a_drawing_on_a_picture_begins_with_that(replay, make_replayable):
    ground = np.arange(128 * 96, dtype=np.uint32).astype(np.uint8).reshape(96, 128)
    out = io.BytesIO()
    Image.fromarray(ground).save(out, "png")
    paper = {"image": base64.b64encode(out.getvalue()).decode()}
    drawing = make_replayable(OPERATIONS, paper, ground)
    replay.open_still(drawing)

    assert np.array_equal(replay.field(), drawing.field)
    replay.scrub(0)
    assert np.array_equal(replay.field(), ground)


def test_when_the_paper_goes_while_the_strokes_are_cached_the_page_says_so(
    replay, page, problems, make_drawing, make_replayable
):
    ground = np.full((96, 128), 200, np.uint8)
    parent = make_drawing(ground)
    drawing = make_replayable(OPERATIONS, {"drawing": str(parent.id)}, ground, parent=parent)
    replay.visit(drawing)
    page.evaluate(
        "async (url) => (await fetch(url)).text()", f"/drawings/{drawing.id}/strokes.json"
    )
    Drawing.objects.filter(pk=parent.pk).update(status="hidden")
    replay.button("Replay").click()

    expect(replay.page.get_by_role("alert")).to_contain_text("no longer on the wall")
    expect(replay.picture).to_be_visible()
    expect(replay.button("Replay")).to_be_focused()
    assert "404" in problems.pop()  # the browser's own note


# --- The page --------------------------------------------------------------------------------


def test_the_strokes_are_fetched_only_when_asked_for(replay, page, make_replayable):
    drawing = make_replayable()
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    replay.visit(drawing)
    page.wait_for_load_state("networkidle")
    assert not [
        url for url in requests if "strokes" in url or ("replay." in url and "css" not in url)
    ]

    replay.button("Replay").click()
    expect(replay.canvas).to_be_visible()
    replay.button("Close the replay").click()
    replay.button("Replay").click()
    expect(replay.canvas).to_be_visible()

    assert [url for url in requests if "strokes" in url] == [f"{page.url}strokes.json"]


def test_when_the_strokes_cannot_be_fetched_it_can_be_tried_again(
    replay, page, problems, make_replayable
):
    replay.visit(make_replayable())
    page.route("**/strokes.json", lambda route: route.fulfill(status=503))
    replay.button("Replay").click()
    expect(page.get_by_role("alert")).to_contain_text("Couldn't load the replay")
    expect(replay.picture).to_be_visible()
    problems.clear()  # the browser's own note of the 503

    page.unroute("**/strokes.json")
    replay.button("Replay").click()

    expect(replay.canvas).to_be_visible()
    expect(page.locator("#replay-problem")).to_be_empty()


def test_a_drawing_without_strokes_has_no_replay(page, server, make_drawing):
    page.goto(f"{server.url}/drawings/{make_drawing().id}/")

    expect(page.get_by_role("link", name="Draw on top of this")).to_be_visible()
    expect(page.locator("#replay")).to_have_count(0)
    expect(page.get_by_role("link", name="Strokes")).to_have_count(0)


def test_without_scripts_there_is_no_replay_but_the_strokes(browser, server, make_replayable):
    drawing = make_replayable()
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{server.url}/drawings/{drawing.id}/")

    expect(page.locator("#replay")).to_be_hidden()
    expect(page.locator("#player")).to_be_hidden()
    expect(page.get_by_role("link", name="Draw on top of this")).to_be_visible()
    response = page.request.get(page.get_by_role("link", name="Strokes").evaluate("a => a.href"))
    assert response.json()["operations"] == OPERATIONS


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_the_player_shifts_nothing_and_does_not_scroll_sideways(
    replay, page, make_drawing, make_replayable, width
):
    page.set_viewport_size({"width": width, "height": 800})
    parent = make_drawing(title="W" * 80)
    drawing = make_replayable(parent=parent, title="W" * 80)
    for _ in range(3):
        make_replayable(parent=drawing)
    replay.visit(drawing)
    before = [page.locator(name).bounding_box() for name in ("#picture", ".label", ".under")]

    replay.button("Replay").click()
    expect(replay.canvas).to_be_visible()

    after = [page.locator(name).bounding_box() for name in ("#replay-canvas", ".label", ".under")]
    assert after == before
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(SHIFT) == []


# --- Reading papers --------------------------------------------------------------------------


def decoded(page, server, png):
    page.goto(f"{server.url}/gallery/")
    grounds = staticfiles_storage.url("drawings/js/raster/base_images.js")
    text = base64.b64encode(png).decode()
    bytes_of_it = f"Uint8Array.from(atob('{text}'), (c) => c.charCodeAt(0)).buffer"
    return field_in(page, f"await (await import('{grounds}')).decodeGrey({bytes_of_it})")


def filtered(field, filters):
    """Scanlines, each through one of PNG's filters, straight from the specification."""
    height, width = field.shape
    lines = bytearray()
    for y in range(height):
        lines.append(filters[y])
        for x in range(width):
            a = int(field[y, x - 1]) if x else 0
            b = int(field[y - 1, x]) if y else 0
            c = int(field[y - 1, x - 1]) if x and y else 0
            p = a + b - c
            nearest = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            lines.append((int(field[y, x]) - [0, a, b, (a + b) // 2, nearest][filters[y]]) % 256)
    return bytes(lines)


def png_of(lines, width, height, header=(8, 0, 0, 0, 0), extra=b""):
    data = zlib.compress(lines)
    return b"".join(
        (
            PNG_SIGNATURE,
            png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, *header)),
            extra,
            png_chunk(b"tEXt", b"Comment\0between"),
            # As several chunks, which is one stream all the same.
            *(png_chunk(b"IDAT", data[at : at + 100]) for at in range(0, len(data), 100)),
            png_chunk(b"IEND", b""),
        )
    )


@pytest.fixture
def noise():
    return np.random.default_rng(5).integers(0, 256, (23, 17)).astype(np.uint8)


@pytest.mark.parametrize("which", [0, 1, 2, 3, 4])
def test_every_png_filter_is_undone(page, server, noise, which):
    png = png_of(filtered(noise, [which] * 23), 17, 23)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), noise)  # a sound test

    assert np.array_equal(decoded(page, server, png), noise)


def test_png_filters_may_change_from_line_to_line(page, server, noise):
    png = png_of(filtered(noise, [y % 5 for y in range(23)]), 17, 23)

    assert np.array_equal(decoded(page, server, png), noise)


def test_pngs_of_other_programs_are_read(page, server, field):
    photo = np.add.outer(np.arange(200), np.arange(200)).astype(np.uint8)
    for wanted in (field, photo):
        out = io.BytesIO()
        Image.fromarray(wanted).save(out, "png", optimize=True)

        assert np.array_equal(decoded(page, server, out.getvalue()), wanted)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"header": (8, 2, 0, 0, 0)}, "not plain 8-bit grey"),
        ({"header": (16, 0, 0, 0, 0)}, "not plain 8-bit grey"),
        ({"header": (8, 0, 0, 0, 1)}, "not plain 8-bit grey"),
        ({"extra": png_chunk(b"tRNS", b"\0\7")}, "transparent"),
        ({"height": 24}, "cut short"),
        ({"height": 22}, "more than its header says"),
        ({"lines": b"\5" * (18 * 23)}, "unknown filter"),
    ],
)
def test_a_png_that_is_not_a_field_is_refused(page, server, noise, change, message):
    good = {"lines": filtered(noise, [0] * 23), "width": 17, "height": 23}

    with pytest.raises(Exception, match=message):
        decoded(page, server, png_of(**(good | change)))


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_npy_is_read(page, server, noise, version):
    page.goto(f"{server.url}/gallery/")
    out = io.BytesIO()
    np.lib.format.write_array(out, noise, version=version)
    page.route("**/some.npy", lambda route: route.fulfill(body=out.getvalue()))
    grounds = staticfiles_storage.url("drawings/js/raster/base_images.js")

    read = field_in(page, f"await (await import('{grounds}')).fetchNpy('/some.npy')")

    assert np.array_equal(read, noise)


@pytest.mark.parametrize(
    "values", [np.zeros((4, 4)), np.zeros(16, np.uint8), np.zeros((4, 4), "i1")]
)
def test_an_npy_that_is_not_a_field_is_refused(page, server, values):
    page.goto(f"{server.url}/gallery/")
    out = io.BytesIO()
    np.save(out, values)
    page.route("**/some.npy", lambda route: route.fulfill(body=out.getvalue()))
    grounds = staticfiles_storage.url("drawings/js/raster/base_images.js")

    with pytest.raises(Exception, match="not a field"):
        field_in(page, f"await (await import('{grounds}')).fetchNpy('/some.npy')")
