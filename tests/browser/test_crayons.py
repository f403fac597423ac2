"""Drawing with crayons, the sixteen colours that the studio begins with."""

import numpy as np
import pytest
from playwright.sync_api import expect

from drawings.imaging import rasteriser, strokes
from drawings.imaging.crayons import CRAYONS, drawing_shades
from drawings.models import Drawing
from tests.support.browser import Studio, read_canvas, tools_used
from tests.support.server import Server

pytestmark = pytest.mark.page_alone

WHITE = 255
SHADES = {name: shade for shade, name, _ in drawing_shades()}
PALETTE = np.array([list(bytes.fromhex(colour[1:])) for colour in CRAYONS.values()], np.uint8)
SQUIGGLE = [(40, 40), (60.5, 80), (100, 50), (150, 150), (151, 60), (30, 170)]


def in_crayons(field):
    """The colours of a field, by the crayons' definition: each has 16 of the 256 shades."""
    return PALETTE[field // 16]


def draw_much(studio):
    """Draw strokes of several widths, tools and colours, and undo the last one."""
    studio.set("size", 1)
    studio.use_crayon("Blue")
    studio.mouse(*SQUIGGLE)
    studio.set("size", 9)
    studio.use_crayon("Orange")
    studio.touch((20, 20), (90, 60), (180, 30))
    studio.choose("ellipse")
    studio.set("size", 2)
    studio.mouse((60, 60), (140, 170))
    studio.choose("fill")
    studio.use_crayon("Pink")
    studio.mouse((100, 165))
    studio.choose("pen")
    studio.mouse((10, 190), (190, 120))
    studio.page.locator("#undo").click()


def assert_the_server_agrees(studio):
    document = studio.document()
    strokes.check(document)
    assert np.array_equal(rasteriser.rasterise(document), studio.field())


# --- Crayons ------------------------------------------------------------------------------


def test_the_crayons_are_the_first_controls_and_have_names(crayons):
    radios = crayons.page.locator("#studio").get_by_role("radio")

    for number, name in enumerate(CRAYONS):
        expect(radios.nth(number)).to_have_accessible_name(name)
    expect(radios.nth(len(CRAYONS))).to_have_accessible_name("Pen")
    expect(radios.first).to_be_checked()


def test_a_colour_chosen_with_a_key_or_the_eyedropper_is_announced_by_name(crayons):
    status = crayons.page.get_by_role("status")
    crayons.page.keyboard.press(".")
    expect(status).to_contain_text("Navy.")

    crayons.use_crayon("Sky")
    crayons.set("size", 20)
    crayons.mouse((50, 50), (60, 50))
    crayons.use_crayon("Black")
    crayons.choose("eyedropper")
    crayons.mouse((55, 50))
    expect(status).to_contain_text("Sky.")
    expect(crayons.page.get_by_role("radio", name="Sky")).to_be_checked()


@pytest.mark.parametrize("pointer", ["mouse", "touch", "pen"])
def test_a_stroke_leaves_its_crayons_shade_and_nothing_else(crayons, pointer):
    crayons.use_crayon("Red")

    getattr(crayons, pointer)(*SQUIGGLE)

    field = crayons.field()
    assert np.unique(field).tolist() == [SHADES["Red"], WHITE]
    assert np.array_equal(crayons.shown(), in_crayons(field))
    crayons.send()
    drawing = Drawing.objects.get()
    assert drawing.colormap == "crayons"
    assert np.array_equal(drawing.field, field)


def test_every_crayon_shows_its_own_colour(crayons):
    for number, name in enumerate(CRAYONS):
        crayons.use_crayon(name)
        crayons.mouse((20, 8 + 12 * number), (180, 8 + 12 * number))

    field = crayons.field()
    assert set(np.unique(field)) == set(SHADES.values())
    assert np.array_equal(crayons.shown(), in_crayons(field))


@pytest.fixture
def viridis_server(server):
    with Server(DEFAULT_COLORMAP="viridis") as server:
        yield server


def test_another_default_colormap_is_what_the_studio_begins_in(browser, viridis_server):
    studio = Studio(browser.new_page(), viridis_server.url)
    expect(studio.page.locator("#crayons")).to_be_hidden()
    expect(studio.page.get_by_role("slider", name="Shade")).to_be_visible()

    studio.mouse(*SQUIGGLE)

    assert np.unique(studio.field()).size > 10
    assert studio.shown()[0, 0].tolist() == [253, 231, 36]
    studio.send()
    assert Drawing.objects.get().colormap == "viridis"


# --- Other colormaps ----------------------------------------------------------------------


def test_a_drawing_in_a_continuous_colormap_and_back_is_as_it_was(crayons):
    draw_much(crayons)
    first = crayons.field()
    assert set(np.unique(first)) <= set(SHADES.values())

    crayons.use_colormap("viridis")
    smooth = crayons.field()
    assert np.unique(smooth).size > 20
    assert_the_server_agrees(crayons)
    crayons.use_colormap("crayons")
    assert np.array_equal(crayons.field(), first)
    assert np.array_equal(crayons.shown(), in_crayons(first))
    assert_the_server_agrees(crayons)
    crayons.use_colormap("viridis")
    assert np.array_equal(crayons.field(), smooth)


def test_undo_and_redo_work_across_colormaps(crayons):
    draw_much(crayons)
    before = crayons.field()
    crayons.page.locator("#redo").click()
    after = crayons.field()
    crayons.page.locator("#undo").click()
    crayons.use_colormap("gray")

    crayons.page.locator("#redo").click()
    assert tools_used(crayons) == ["pen", "pen", "ellipse", "fill", "pen"]
    assert_the_server_agrees(crayons)
    crayons.use_colormap("crayons")
    assert np.array_equal(crayons.field(), after)
    crayons.page.locator("#undo").click()
    assert np.array_equal(crayons.field(), before)
    for _ in range(4):
        crayons.page.locator("#undo").click()
    assert (crayons.field() == WHITE).all()


def test_a_draft_can_still_change_its_colormap(crayons, server):
    draw_much(crayons)
    first = crayons.field()
    crayons.use_colormap("viridis")
    smooth = crayons.field()

    again = Studio(crayons.page, server.url)
    assert np.array_equal(again.field(), smooth)
    again.use_colormap("crayons")
    assert np.array_equal(again.field(), first)
    assert_the_server_agrees(again)
    again.mouse((100, 10), (180, 90))
    drawn = again.field()

    once_more = Studio(again.page, server.url)
    assert np.array_equal(once_more.field(), drawn)
    once_more.send()
    drawing = Drawing.objects.get()
    assert drawing.colormap == "crayons"
    assert np.array_equal(drawing.field, drawn)
    assert drawing.strokes
    assert np.array_equal(rasteriser.rasterise(strokes.unpack(bytes(drawing.strokes))), drawn)


def test_a_colormap_that_cannot_be_loaded_leaves_the_one_that_is_shown(crayons, problems):
    page = crayons.page
    draw_much(crayons)
    drawn = crayons.field()
    page.route("**/colormaps/YlGn.png", lambda route: route.abort())

    page.get_by_role("button", name="Colours", exact=True).click()
    page.locator("#colormap").select_option("YlGn")

    expect(page.get_by_role("status")).to_contain_text("You're still drawing in crayons")
    expect(page.locator("#colormap")).to_have_value("crayons")
    expect(page.locator(".swatch[aria-pressed=true]")).to_have_attribute("data-cmap", "crayons")
    page.get_by_role("button", name="Done").click()
    assert np.array_equal(crayons.field(), drawn)
    assert np.array_equal(crayons.shown(), in_crayons(drawn))
    crayons.send()
    drawing = Drawing.objects.get()
    assert drawing.colormap == "crayons"
    assert np.array_equal(drawing.field, drawn)
    assert [each for each in problems if "ERR_FAILED" not in each and "Failed" not in each] == []
    problems.clear()


def test_what_has_arrived_is_shown_in_the_drawings_colours(crayons):
    draw_much(crayons)
    field = crayons.field()
    crayons.send()

    assert np.array_equal(read_canvas(crayons.page.locator("#sent canvas")), in_crayons(field))
