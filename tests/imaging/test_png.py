"""PNG files made from blobs, and checked."""

import io

import numpy as np
import pytest
from PIL import Image

from drawings.imaging import pixels
from drawings.imaging.png import png_chunk, png_from_blob, split_png
from tests.support import samples

# 249 is the greatest width at which the smallest zlib window reaches the line above.
SIZES = [(16, 16), (16, 1024), (1024, 16), (33, 57), (200, 200), (90, 249), (90, 250), (1024, 1024)]


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_a_png_of_a_blob_shows_the_field(height, width):
    field = samples.shades(height, width)

    with Image.open(io.BytesIO(samples.png(field))) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (width, height))
        assert np.array_equal(np.asarray(picture), field)


def test_a_png_with_a_palette_shows_its_colours(field):
    palette = bytes(range(256)) * 3

    png = png_from_blob(pixels.write_blob(field), 200, 200, palette)

    colours = np.frombuffer(palette, np.uint8).reshape(256, 3)
    assert np.array_equal(samples.decoded(png), colours[field])


def test_a_png_made_from_a_blob_can_be_split_into_it_again(field):
    blob = pixels.write_blob(field)

    assert split_png(png_from_blob(blob, 200, 200)) == (blob, 200, 200)


OTHER_PNGS = {
    "nothing": b"",
    "cut short": samples.png(samples.shades(40, 40))[:-1],
    "longer": samples.png(samples.shades(40, 40)) + b"x",
    "damaged": samples.png(samples.shades(40, 40)).replace(b"IEND", b"IEMD"),
    "with a palette": png_from_blob(b"", 40, 40, bytes(768)),
    "too small": samples.png(samples.shades(40, 15)),
    "too large": png_from_blob(b"", 1025, 40),
    "with more chunks": samples.encoded(samples.shades(40, 40), dpi=(72, 72)),
}


@pytest.mark.parametrize("data", OTHER_PNGS.values(), ids=OTHER_PNGS)
def test_a_png_not_made_from_a_blob_is_not_split(data):
    assert split_png(data) is None


def test_a_png_contains_the_blob_unchanged(field):
    blob = pixels.write_blob(field)

    assert png_chunk(b"IDAT", blob) in samples.png(field)
