import sys

import matplotlib
import numpy as np
import pytest
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from drawings.imaging import colormaps, pixels
from drawings.imaging.png import png_chunk, png_from_blob
from tests.support import samples

COLORMAPS = sorted(matplotlib.colormaps)
LIMITS = [(0, 255), (30, 200), (100, 100), (-50.5, 300.25), (0, 1)]

ALL_SHADES = np.arange(256, dtype=np.uint8).reshape(16, 16)


def by_matplotlib(field, cmap, vmin, vmax):
    return ScalarMappable(Normalize(vmin, vmax), cmap).to_rgba(field, bytes=True)


@pytest.mark.parametrize("cmap", COLORMAPS)
def test_a_png_has_exactly_the_colours_of_matplotlib(cmap):
    blob = pixels.write_blob(ALL_SHADES)
    for vmin, vmax in LIMITS:
        png = png_from_blob(blob, 16, 16, colormaps.palette(cmap, vmin, vmax))

        expected = by_matplotlib(ALL_SHADES, cmap, vmin, vmax)
        assert np.array_equal(samples.decoded(png), expected[..., :3])
        assert (expected[..., 3] == 255).all()


@pytest.mark.parametrize(("cache", "megabytes"), [("own_palette", 1), ("strip_png", 0.5)])
def test_each_cache_is_bounded_in_bytes(cache, megabytes):
    make, arguments = getattr(colormaps, cache), {"own_palette": (0, 255)}.get(cache, ())
    largest = max(sys.getsizeof(make(cmap, *arguments)) for cmap in COLORMAPS)

    assert make.cache_parameters()["maxsize"] * largest <= megabytes * 2**20


@pytest.mark.parametrize("cmap", ["gray", "viridis", "tab10", "hsv_r"])
def test_a_strip_shows_the_colormap_from_left_to_right(cmap):
    strip = colormaps.strip_png(cmap)

    colours = by_matplotlib(np.arange(256, dtype=np.uint8), cmap, 0, 255)[:, :3]
    assert np.array_equal(samples.decoded(strip), colours[np.newaxis])
    assert png_chunk(b"PLTE", colours.tobytes()) in strip


def test_the_groups_contain_every_colormap_once():
    names = [name for _, names in colormaps.grouped_colormaps() for name in names]

    assert sorted(names) == COLORMAPS


def test_the_featured_colormaps_exist_in_matplotlib():
    assert set(colormaps.FEATURED_COLORMAPS) <= set(COLORMAPS)


@pytest.mark.parametrize("name", ["", "nosuch", "Gray", "gray ", "gray\0"])
def test_an_unknown_name_is_not_a_colormap(name):
    assert not colormaps.is_colormap(name)
