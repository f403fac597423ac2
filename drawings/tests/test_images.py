import matplotlib
import numpy as np
import pytest
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from drawings import images, pixels, turns
from drawings.tests import samples

COLORMAPS = sorted(matplotlib.colormaps)
LIMITS = [(0, 255), (30, 200), (100, 100), (-50.5, 300.25), (0, 1)]

ALL_SHADES = np.arange(256, dtype=np.uint8).reshape(16, 16)


def by_matplotlib(field, cmap, vmin, vmax):
    return ScalarMappable(Normalize(vmin, vmax), cmap).to_rgba(field, bytes=True)


@pytest.mark.parametrize("cmap", COLORMAPS)
def test_a_picture_has_exactly_the_colours_of_matplotlib(cmap):
    blob = pixels.write_blob(ALL_SHADES)
    for vmin, vmax in LIMITS:
        png = images.image_png(blob, 16, 16, cmap=cmap, vmin=vmin, vmax=vmax)

        expected = by_matplotlib(ALL_SHADES, cmap, vmin, vmax)
        assert np.array_equal(samples.decoded(png), expected[..., :3])
        assert (expected[..., 3] == 255).all()


def test_a_scaled_picture_has_every_pixel_larger():
    blob = pixels.write_blob(samples.shades(20, 33))

    plain = images.image_png(blob, 20, 33, cmap="turbo", vmin=0, vmax=255)
    scaled = images.image_png(blob, 20, 33, cmap="turbo", vmin=0, vmax=255, scale=3)

    colours = samples.decoded(plain)
    assert np.array_equal(samples.decoded(scaled), colours.repeat(3, axis=0).repeat(3, axis=1))


def test_an_unscaled_picture_holds_the_blob_as_it_stands(field):
    blob = pixels.write_blob(field)

    png = images.image_png(blob, 200, 200, cmap="viridis", vmin=0, vmax=255)

    assert pixels.png_chunk(b"IDAT", blob) in png


@pytest.mark.parametrize("cmap", ["gray", "viridis", "tab10", "hsv_r"])
def test_a_strip_is_the_colormap_from_left_to_right(cmap):
    strip = images.strip_png(cmap)

    colours = by_matplotlib(np.arange(256, dtype=np.uint8), cmap, 0, 255)[:, :3]
    assert np.array_equal(samples.decoded(strip), colours[np.newaxis])
    assert pixels.png_chunk(b"PLTE", colours.tobytes()) in strip


def test_the_groups_have_every_colormap_once():
    names = [name for _, names in images.grouped_colormaps() for name in names]

    assert sorted(names) == COLORMAPS


def test_the_featured_colormaps_are_matplotlibs():
    assert set(images.FEATURED_COLORMAPS) <= set(COLORMAPS)


@pytest.mark.parametrize("name", ["", "nosuch", "Gray", "gray ", "gray\0"])
def test_other_names_are_no_colormaps(name):
    assert not images.is_colormap(name)


# --- Figures --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("height", "width", "scale"), [(240, 240, 2), (120, 120, 4), (120, 240, 2), (480, 160, 1)]
)
def test_a_figure_is_the_picture_at_480_pixels(height, width, scale):
    field = samples.shades(height, width)

    png = images.plot_png(field, cmap="viridis", vmin=20, vmax=180)

    colours = by_matplotlib(field, "viridis", 20, 180)
    expected = colours.repeat(scale, axis=0).repeat(scale, axis=1)
    assert np.array_equal(samples.decoded(png, "RGBA"), expected)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (16, 1024), (1024, 16)])
def test_a_figure_of_any_size_is_at_most_480_pixels_a_side(height, width):
    png = images.plot_png(samples.shades(height, width), cmap="gray", vmin=0, vmax=255)

    shape = samples.decoded(png).shape[:2]
    assert max(shape) == 480
    assert min(shape) == pytest.approx(480 * min(height, width) / max(height, width), abs=1)


def test_a_figure_is_not_drawn_while_another_one_is(field, monkeypatch):
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.01)

    with turns.one_at_a_time(), pytest.raises(turns.BusyError):
        images.plot_png(field, cmap="gray", vmin=0, vmax=255)


def test_a_figure_that_fails_lets_the_next_one_be_drawn(field, monkeypatch):
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.01)

    with pytest.raises(ValueError, match="nosuch"):
        images.plot_png(field, cmap="nosuch", vmin=0, vmax=255)

    assert images.plot_png(field, cmap="gray", vmin=0, vmax=255).startswith(pixels.PNG_SIGNATURE)
