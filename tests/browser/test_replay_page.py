"""The replay on a drawing's page: colours, base images, layout."""

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

from drawings.imaging.png import PNG_SIGNATURE, png_chunk
from drawings.models import Drawing
from tests.support.browser import FIND_SHIFTS
from tests.support.replay import (
    OPERATIONS,
    field_in,
    picture_colours,
)

pytestmark = pytest.mark.page_alone

PAUSE = 3600 * 1000  # an hour, between two strokes


# --- Colours ------------------------------------------------------------------------------


def test_the_replay_follows_the_colormap_chosen_on_the_page(replay, page, make_replayable):
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


def test_the_replay_says_when_a_colormap_cannot_be_loaded(replay, page, problems, make_replayable):
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


def test_the_replay_uses_the_drawings_vmin_and_vmax(replay, page, make_replayable):
    drawing = make_replayable(vmin=80, vmax=180, colormap="plasma")
    replay.open_still(drawing)

    assert np.array_equal(replay.colours(), picture_colours(page, drawing, "plasma"))


# --- The base image -----------------------------------------------------------------------


def test_the_replay_of_a_drawing_on_another_starts_with_that_drawing(
    replay, page, make_drawing, make_replayable
):
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


def test_the_replay_of_a_drawing_on_an_image_starts_with_that_image(replay, make_replayable):
    ground = np.arange(128 * 96, dtype=np.uint32).astype(np.uint8).reshape(96, 128)
    out = io.BytesIO()
    Image.fromarray(ground).save(out, "png")
    paper = {"image": base64.b64encode(out.getvalue()).decode()}
    drawing = make_replayable(OPERATIONS, paper, ground)
    replay.open_still(drawing)

    assert np.array_equal(replay.field(), drawing.field)
    replay.scrub(0)
    assert np.array_equal(replay.field(), ground)


def test_the_replay_says_when_its_base_drawing_has_been_hidden(
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


# --- The page -----------------------------------------------------------------------------


def test_the_strokes_are_fetched_once_and_only_for_a_replay(replay, page, make_replayable):
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


def test_a_replay_that_failed_to_load_can_be_tried_again(replay, page, problems, make_replayable):
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


def test_without_scripts_the_strokes_can_be_downloaded_but_not_replayed(
    browser, server, make_replayable
):
    drawing = make_replayable()
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{server.url}/drawings/{drawing.id}/")

    expect(page.locator("#replay")).to_be_hidden()
    expect(page.locator("#player")).to_be_hidden()
    expect(page.get_by_role("link", name="Draw on top of this")).to_be_visible()
    response = page.request.get(page.get_by_role("link", name="Strokes").evaluate("a => a.href"))
    assert response.json()["operations"] == OPERATIONS


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_opening_the_replay_shifts_nothing_and_causes_no_sideways_scrolling(
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
    assert page.evaluate(FIND_SHIFTS) == []


def decoded(page, server, png):
    page.goto(f"{server.url}/gallery/")
    grounds = staticfiles_storage.url("drawings/js/raster/base_images.js")
    text = base64.b64encode(png).decode()
    bytes_of_it = f"Uint8Array.from(atob('{text}'), (c) => c.charCodeAt(0)).buffer"
    return field_in(page, f"await (await import('{grounds}')).decodeGrey({bytes_of_it})")


def filtered(field, filters):
    """Scanlines with a PNG filter each, written directly after the specification."""
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
            # One zlib stream, split over several chunks.
            *(png_chunk(b"IDAT", data[at : at + 100]) for at in range(0, len(data), 100)),
            png_chunk(b"IEND", b""),
        )
    )


@pytest.fixture
def noise():
    return np.random.default_rng(5).integers(0, 256, (23, 17)).astype(np.uint8)


# --- Reading base images ------------------------------------------------------------------


@pytest.mark.parametrize("which", [0, 1, 2, 3, 4])
def test_every_png_filter_is_decoded(page, server, noise, which):
    png = png_of(filtered(noise, [which] * 23), 17, 23)
    # The test's own PNG is valid.
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), noise)

    assert np.array_equal(decoded(page, server, png), noise)


def test_png_filters_may_change_from_line_to_line(page, server, noise):
    png = png_of(filtered(noise, [y % 5 for y in range(23)]), 17, 23)

    assert np.array_equal(decoded(page, server, png), noise)


def test_pngs_from_another_encoder_are_read(page, server, field):
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
def test_a_png_that_is_not_a_whole_8_bit_grey_image_is_refused(
    page, server, noise, change, message
):
    good = {"lines": filtered(noise, [0] * 23), "width": 17, "height": 23}

    with pytest.raises(Exception, match=message):
        decoded(page, server, png_of(**(good | change)))


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_npy_format_is_read(page, server, noise, version):
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
def test_an_npy_file_of_another_type_or_shape_is_refused(page, server, values):
    page.goto(f"{server.url}/gallery/")
    out = io.BytesIO()
    np.save(out, values)
    page.route("**/some.npy", lambda route: route.fulfill(body=out.getvalue()))
    grounds = staticfiles_storage.url("drawings/js/raster/base_images.js")

    with pytest.raises(Exception, match="not a field"):
        field_in(page, f"await (await import('{grounds}')).fetchNpy('/some.npy')")
