"""Pictures to draw on, whose colours follow the colormap."""

import numpy as np
import pytest
from playwright.sync_api import expect

from drawings.imaging import rasteriser, strokes
from drawings.imaging.crayons import CRAYONS, drawing_shades
from drawings.models import Drawing
from tests.support import samples
from tests.support.browser import Studio

pytestmark = pytest.mark.page_alone

SHADES = np.array([shade for shade, _, _ in drawing_shades()])
CRAYON_COLOURS = np.array([list(bytes.fromhex(colour[1:])) for colour in CRAYONS.values()])
XYZ_FROM_RGB = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
D65 = np.array([0.95047, 1.0, 1.08883])


def lab(rgb):
    """CIELAB of sRGB bytes, straight from its definition."""
    share = np.asarray(rgb) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    ratio = linear @ XYZ_FROM_RGB.T / D65
    delta = 6 / 29
    f = np.where(ratio > delta**3, np.cbrt(ratio), ratio / (3 * delta**2) + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def nearest_crayons(rgb):
    distances = np.linalg.norm(lab(rgb)[..., np.newaxis, :] - lab(CRAYON_COLOURS), axis=-1)
    return SHADES[distances.argmin(axis=-1)]


def brightness(rgb):
    return np.floor(rgb @ np.array([0.34, 0.50, 0.16]) + 0.5 + 1e-9).astype(np.uint8)


@pytest.fixture
def picture():
    """Every corner of the RGB cube, in 200 x 200 pixels."""
    picture = np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)
    picture[:16, :16] = CRAYON_COLOURS[np.arange(16)]
    return picture


def open_picture(studio, picture):
    studio.open_options()
    studio.page.locator("#picture-file").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": samples.encoded(picture)}
    )
    expect(studio.page.get_by_role("status")).to_contain_text("on your paper")
    studio.measure()


def assert_the_server_agrees(studio):
    document = studio.document()
    strokes.check(document)
    redone = rasteriser.rasterise(document, strokes.embedded_base_image(document))
    assert np.array_equal(redone, studio.field())


def test_a_picture_takes_the_nearest_crayon_for_each_pixel(crayons, picture):
    open_picture(crayons, picture)

    assert np.array_equal(crayons.field(), nearest_crayons(picture))
    assert_the_server_agrees(crayons)


def test_a_picture_follows_the_colormap_after_a_reload_too(crayons, server, picture):
    open_picture(crayons, picture)

    again = Studio(crayons.page, server.url)

    assert np.array_equal(again.field(), nearest_crayons(picture))
    again.use_colormap("gray")
    assert np.array_equal(again.field(), brightness(picture))
    assert_the_server_agrees(again)


def test_in_grey_a_pictures_brightness_counts(studio, picture):
    open_picture(studio, picture)

    assert np.array_equal(studio.field(), brightness(picture))
    assert_the_server_agrees(studio)


def test_a_picture_follows_the_colormap_and_strokes_on_it_stay(crayons, picture):
    open_picture(crayons, picture)
    crayons.use_crayon("Red")
    crayons.set("size", 10)
    crayons.mouse((20, 100), (180, 100))
    drawn = crayons.field()
    stroke = drawn != nearest_crayons(picture)

    crayons.use_colormap("gray")
    grey = crayons.field()
    assert (grey[100, 30:170] == 103).all()
    far = np.ones(grey.shape, bool)
    far[90:111] = False
    assert np.array_equal(grey[far], brightness(picture)[far])
    assert_the_server_agrees(crayons)

    crayons.use_colormap("crayons")
    assert np.array_equal(crayons.field(), drawn)
    assert stroke.any()
    assert_the_server_agrees(crayons)
    crayons.page.locator("#undo").click()
    assert np.array_equal(crayons.field(), nearest_crayons(picture))
    crayons.page.locator("#redo").click()
    crayons.send()
    drawing = Drawing.objects.get()
    assert drawing.colormap == "crayons"
    assert np.array_equal(drawing.field, drawn)


def test_a_picture_of_another_qualitative_colormap_takes_its_colours(crayons, picture):
    crayons.use_colormap("tab10")

    open_picture(crayons, picture)

    assert np.unique(crayons.field()).size == 10
    assert_the_server_agrees(crayons)
