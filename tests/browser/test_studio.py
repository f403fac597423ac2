"""Drawing in the studio: tools, keys, base images."""

import numpy as np
import pytest
from playwright.sync_api import expect

from drawings.imaging import rasteriser, strokes
from tests.support import samples
from tests.support.browser import tools_used

pytestmark = pytest.mark.page_alone

WHITE = 255


# --- Tools --------------------------------------------------------------------------------


def test_line_rectangle_and_ellipse_are_outlines_between_two_corners(studio):
    studio.set("size", 3)
    studio.choose("line")
    studio.mouse((10, 10), (60, 20), (90, 10))
    studio.choose("rectangle")
    studio.mouse((20, 40), (80, 90))
    studio.choose("ellipse")
    studio.mouse((120, 120), (180, 160))

    field = studio.field()
    assert field[10, 10] < 128
    assert field[10, 50] < 128  # on the line
    assert (field[13:30, 60] == WHITE).all()  # not where the pointer had been on its way
    for corner in [(40, 20), (40, 79), (89, 20), (89, 79)]:
        assert field[corner] < 128
    assert field[65, 50] == WHITE
    assert field[140, 120] < 128
    assert field[120, 150] < 128
    assert field[120, 120] == WHITE
    assert tools_used(studio) == ["line", "rectangle", "ellipse"]


def test_shift_makes_lines_straight_and_shapes_regular(studio):
    def with_shift(tool, *points):
        studio.choose(tool)
        studio.page.keyboard.down("Shift")
        studio.mouse(*points)
        studio.page.keyboard.up("Shift")

    with_shift("line", (10, 50), (150, 55))
    with_shift("rectangle", (20, 80), (80, 140), (60, 140))
    with_shift("pen", (10, 180), (60, 100), (150, 182))

    line, rectangle, pen = studio.document()["operations"]
    assert line["y"] == pytest.approx([50, 50], abs=0.6)
    assert max(rectangle["x"]) - min(rectangle["x"]) == pytest.approx(60, abs=0.6)
    assert max(rectangle["y"]) - min(rectangle["y"]) == pytest.approx(60, abs=0.6)
    assert len(pen["x"]) == 2


def test_shift_during_a_stroke_continues_it_with_a_straight_line(studio):
    page = studio.page
    page.mouse.move(*studio.on_screen((20, 20)))
    page.mouse.down()
    for point in [(40, 60), (60, 20), (80, 60)]:
        page.mouse.move(*studio.on_screen(point), steps=5)
    page.keyboard.down("Shift")
    page.mouse.move(*studio.on_screen((120, 90)), steps=5)
    page.mouse.move(*studio.on_screen((150, 61)), steps=5)
    page.keyboard.up("Shift")
    page.mouse.up()

    field = studio.field()
    assert field[60, 40] < 100
    assert field[20, 60] < 100
    assert field[60, 120] < 100  # straight on to the right
    assert field[90, 120] == WHITE


def test_a_fill_stops_at_another_colour_of_a_qualitative_colormap(studio):
    studio.use_colormap("tab10")
    colours = studio.page.locator("#colours input")
    expect(colours).to_have_count(10)
    colours.nth(8).check(force=True)
    studio.choose("rectangle")
    studio.mouse((50, 50), (100, 100))
    studio.choose("fill")
    colours.nth(0).check(force=True)
    studio.mouse((75, 75))

    field = studio.field()
    assert field[75, 75] < 26
    assert field[50, 75] // 25.6 == 8
    assert field[20, 20] == WHITE


def test_a_fill_stays_inside_a_closed_outline(studio):
    studio.choose("rectangle")
    studio.mouse((50, 50), (100, 100))
    studio.choose("fill")
    studio.set("shade", 77)
    studio.mouse((75, 75))

    field = studio.field()
    assert field[75, 75] == field[60, 90] == 77
    assert field[20, 20] == WHITE


def test_the_eyedropper_picks_the_shade_of_the_pixel(studio):
    studio.set("shade", 123)
    studio.set("size", 20)
    studio.mouse((50, 50), (60, 50))
    studio.set("shade", 0)
    studio.page.keyboard.press("i")
    studio.mouse((55, 50))

    expect(studio.page.locator("#shade")).to_have_value("123")


def test_inverting_and_mirroring_can_be_undone(studio):
    studio.mouse((20, 30), (60, 90))
    drawn = studio.field()

    studio.page.keyboard.press("n")
    assert np.array_equal(studio.field(), WHITE - drawn)
    studio.page.keyboard.press("h")
    assert np.array_equal(studio.field(), (WHITE - drawn)[:, ::-1])
    studio.page.keyboard.press("v")
    assert np.array_equal(studio.field(), (WHITE - drawn)[::-1, ::-1])
    for _ in range(3):
        studio.page.keyboard.press("Control+z")
    assert np.array_equal(studio.field(), drawn)


def test_a_qualitative_colormap_offers_only_its_own_colours(studio):
    studio.use_colormap("tab10")
    colours = studio.page.get_by_role("radiogroup", name="Colour").get_by_role("radio")
    expect(colours).to_have_count(10)

    colours.nth(3).check(force=True)
    studio.mouse((20, 20), (90, 130), (150, 40))

    tenths = np.unique(studio.field() // 25.6)
    assert tenths.tolist() == [3, 9]
    assert studio.document()["operations"][0]["antialiased"] is False


def test_undoing_one_of_a_hundred_strokes_redraws_only_its_area(studio):
    studio.page.evaluate(
        """async () => {
            const script = document.querySelector("script[type=module]");
            const { paper } = (await import(script.src)).easel;
            for (let n = 0; n < 100; n++) {
                paper.begin("pen", n);
                paper.extend(n, 10, 2);
                paper.extend(n, 190, 2);
                if (n === 98) window.before = paper.pixels.slice();
                paper.end();
            }
            let pixels = 0;
            paper.addEventListener("change", ({ detail: { rect } }) => {
                pixels = (rect.x1 - rect.x0) * (rect.y1 - rect.y0);
            });
            paper.undo();
            window.redrawn = pixels;
            window.isBack = paper.pixels.every((value, at) => value === window.before[at]);
        }"""
    )

    assert studio.page.evaluate("isBack")
    assert studio.page.evaluate("redrawn") < 200 * 8


def test_the_server_rasterises_the_studios_strokes_to_the_same_pixels(studio):
    studio.mouse((20, 30), (60, 90), (100, 20))
    studio.choose("ellipse")
    studio.mouse((50, 50), (150, 120))
    studio.choose("fill")
    studio.set("shade", 200)
    studio.mouse((100, 80))
    studio.page.keyboard.press("h")

    drawn = studio.document()
    strokes.check(drawn)
    assert np.array_equal(rasteriser.rasterise(drawn), studio.field())


# --- Keys ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("Control+z", "Nothing to undo"),
        ("n", "Negative"),
        ("h", "Mirrored"),
        ("]", "Width 5"),
        (".", "Shade 16"),
        ("+", "Zoom 150%"),
        ("e", "Eraser"),
    ],
)
def test_the_effect_of_a_key_is_announced(studio, key, said):
    studio.page.keyboard.press(key)

    expect(studio.page.get_by_role("status")).to_contain_text(said)


def test_every_tool_has_a_key(studio):
    for key, tool in zip(
        "elrofip",
        ["eraser", "line", "rectangle", "ellipse", "fill", "eyedropper", "pen"],
        strict=True,
    ):
        studio.page.keyboard.press(key)
        expect(studio.page.locator(f"input[name=tool][value={tool}]")).to_be_checked()


def test_keys_typed_in_a_text_field_trigger_no_tools(studio):
    studio.page.get_by_label("Title").click()
    studio.page.keyboard.type("pen? no")

    expect(studio.page.get_by_label("Title")).to_have_value("pen? no")
    expect(studio.page.locator("#help")).to_be_hidden()
    assert tools_used(studio) == []


def test_the_help_lists_the_keys_and_closes_with_escape(studio):
    studio.page.keyboard.press("?")
    sheet = studio.page.get_by_role("dialog")
    expect(sheet).to_contain_text("Eraser")
    expect(sheet).to_contain_text("CTRL Z")

    studio.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_a_drawing_can_be_made_and_sent_with_the_keyboard_alone(studio):
    page = studio.page
    page.locator("#paper").focus()
    page.keyboard.press("Space")
    expect(page.locator("#announcer")).to_contain_text("Pen down at 100, 100")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#announcer")).to_contain_text("Pen up at 130, 101")
    assert studio.field()[100, 115] == 0

    page.keyboard.press("Control+Enter")
    studio.wait_for_arrival()


def test_focus_stays_on_undo_when_there_is_nothing_more_to_undo(studio):
    studio.mouse((20, 30), (60, 90))
    undo = studio.page.locator("#undo")
    undo.focus()

    studio.page.keyboard.press("Enter")

    expect(undo).to_be_focused()


# --- Base image ---------------------------------------------------------------------------


def test_an_image_file_becomes_the_base_image_and_can_be_drawn_on(studio, field):
    studio.open_options()
    studio.page.locator("#picture-file").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": samples.png(field)}
    )
    expect(studio.page.get_by_role("status")).to_contain_text("on your paper")
    assert np.abs(studio.field().astype(int) - field).max() <= 1
    studio.measure()
    studio.set("shade", 255)
    studio.mouse((10, 100), (190, 100))

    drawn = studio.document()
    strokes.check(drawn)
    assert np.array_equal(
        rasteriser.rasterise(drawn, strokes.embedded_base_image(drawn)), studio.field()
    )


def test_an_image_to_trace_is_not_part_of_the_drawing(studio, field):
    studio.open_options()
    studio.page.locator("#picture-use").select_option("trace")
    studio.page.locator("#picture-file").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": samples.png(field)}
    )

    expect(studio.page.locator("#tracing")).to_be_visible()
    assert (studio.field() == WHITE).all()
    studio.page.get_by_role("button", name="Remove it").click()
    expect(studio.page.locator("#tracing")).to_be_hidden()


def test_a_file_that_is_not_an_image_is_refused_with_a_message(studio):
    studio.open_options()
    studio.page.locator("#picture-file").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"}
    )

    expect(studio.page.get_by_role("status")).to_contain_text("couldn't read this file")
