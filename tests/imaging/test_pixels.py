"""Blobs and bands: a field's pixels, compressed."""

import itertools
import tracemalloc
import zlib
from fractions import Fraction
from math import floor

import numpy as np
import pytest

from drawings.imaging import pixels, rasteriser, uploads
from drawings.imaging.png import check_png, png_from_blob
from tests.support import documents, samples
from tests.support.samples import scanlines

# 249 is the greatest width at which the smallest zlib window reaches the line above.
SIZES = [(16, 16), (16, 1024), (1024, 16), (33, 57), (200, 200), (90, 249), (90, 250), (1024, 1024)]


# --- Blobs --------------------------------------------------------------------------------


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_a_field_survives_the_round_trip_through_a_blob(height, width):
    field = samples.shades(height, width)

    back = pixels.read_blob(pixels.write_blob(field), height, width)

    assert back.dtype == np.uint8
    assert np.array_equal(back, field)


def test_a_blob_holds_the_scanlines_of_a_png(field):
    assert zlib.decompress(pixels.write_blob(field)) == scanlines(field)


def test_pillow_decodes_a_blob_wrapped_in_a_png(field):
    png = png_from_blob(pixels.write_blob(field), *field.shape)

    assert np.array_equal(samples.decoded(png, "L"), field)


@pytest.mark.parametrize("width", [64, 249, 250, 1024])
def test_repeated_lines_compress_to_almost_nothing(width):
    line = np.random.default_rng(1).integers(0, 256, width, np.uint8)

    lines = [len(pixels.write_blob(np.tile(line, (height, 1)))) for height in (16, 64)]

    assert lines[1] - lines[0] < width


def test_blobs_of_line_drawings_are_smaller_than_with_plain_zlib():
    fields = [
        rasteriser.rasterise(documents.document(*operations, width=200, height=200))
        for operations in documents_of_strokes()
    ]

    ours = sum(len(pixels.write_blob(field)) for field in fields)

    assert ours < sum(len(zlib.compress(scanlines(field), 9)) for field in fields)


def documents_of_strokes():
    """Ten drawings of wobbly lines."""
    random = np.random.default_rng(1)
    for _ in range(10):
        yield [
            documents.stroke(
                *(
                    np.round(
                        random.uniform(40, 160, 2) + random.normal(0, 2.5, (60, 2)).cumsum(0), 2
                    )
                ),
                radius=2 + random.integers(3),
            )
            for _ in range(5)
        ]


def test_a_view_of_an_array_gives_the_same_blob_as_its_copy(field):
    assert pixels.write_blob(field.T) == pixels.write_blob(field.T.copy())


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda field, blob: b"", id="empty"),
        pytest.param(lambda field, blob: b"not zlib", id="not zlib"),
        pytest.param(lambda field, blob: blob[:-1], id="its checksum cut short"),
        pytest.param(lambda field, blob: blob[: len(blob) // 2], id="half of it"),
        pytest.param(lambda field, blob: blob + b"x", id="a byte too many behind it"),
        pytest.param(lambda field, blob: blob + blob, id="two streams"),
        pytest.param(lambda field, blob: blob[:-1] + bytes([blob[-1] ^ 1]), id="wrong checksum"),
        pytest.param(lambda field, blob: pixels.write_blob(field[:-1]), id="a line too few"),
        pytest.param(
            lambda field, blob: zlib.compress(scanlines(field)[:-1]), id="a pixel too few"
        ),
        pytest.param(
            lambda field, blob: zlib.compress(scanlines(field) + b"\0"), id="a pixel too many"
        ),
        pytest.param(
            lambda field, blob: zlib.compress(scanlines(field, filter_byte=1)), id="a PNG filter"
        ),
    ],
)
def test_a_blob_that_is_not_exactly_one_field_is_refused(field, damage):
    blob = damage(field, pixels.write_blob(field))

    with pytest.raises(pixels.BadBlobError):
        pixels.read_blob(blob, 200, 200)


def test_a_blob_of_another_size_is_refused(field):
    with pytest.raises(pixels.BadBlobError, match="exactly 100 lines of 400 pixels"):
        pixels.read_blob(pixels.write_blob(field), 100, 400)


def test_a_decompression_bomb_takes_almost_no_memory():
    bomb = zlib.compress(bytes(100_000_000), 9)

    tracemalloc.start()
    with pytest.raises(pixels.BadBlobError):
        pixels.read_blob(bomb, 200, 200)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1_000_000


@pytest.mark.parametrize("scale", [1, 2, 3, 8])
@pytest.mark.parametrize(("height", "width"), [(16, 40), (200, 200)])
def test_enlarging_repeats_every_pixel_in_both_directions(height, width, scale):
    field = samples.shades(height, width)

    blob = pixels.enlarge_blob(pixels.write_blob(field), height, width, scale)

    enlarged = pixels.read_blob(blob, height * scale, width * scale)
    assert np.array_equal(enlarged, field.repeat(scale, axis=0).repeat(scale, axis=1))


def test_a_damaged_blob_is_not_enlarged(field):
    with pytest.raises(pixels.BadBlobError):
        pixels.enlarge_blob(pixels.write_blob(field)[:-4], 200, 200, 2)


# --- Bands --------------------------------------------------------------------------------


@pytest.mark.parametrize("cuts", [[], [100], [1], [199], [76, 77, 150]], ids=str)
def test_bands_join_to_the_blob_of_the_whole_field(field, cuts):
    bands = [pixels.compress_band(lines) for lines in np.split(field, cuts)]

    blob = pixels.join_bands(bands)

    assert zlib.decompress(blob) == scanlines(field)
    assert np.array_equal(pixels.read_blob(blob, 200, 200), field)


def test_bands_can_be_joined_in_any_order_and_repeatedly(field):
    a, b = field[:50], samples.shades(30, 200)
    bands = {"a": pixels.compress_band(a), "b": pixels.compress_band(b)}

    blob = pixels.join_bands(bands[name] for name in "baa")

    assert np.array_equal(pixels.read_blob(blob, 130, 200), np.vstack((b, a, a)))


def test_a_blob_joined_from_bands_makes_a_valid_png(field):
    bands = [pixels.compress_band(lines) for lines in np.split(field, 4)]

    png = png_from_blob(pixels.join_bands(bands), 200, 200)

    check_png(png)
    assert np.array_equal(uploads.field_from_image_file(png), field)


@pytest.mark.parametrize("first", [b"", b"a", bytes(70_000), b"\xff" * 70_000, bytes(range(256))])
@pytest.mark.parametrize("second", [b"", b"b", bytes(65_521), b"\xff" * 70_001, b"abc" * 999])
def test_combined_checksums_equal_that_of_the_concatenated_data(first, second):
    combined = pixels.combine_adler32(zlib.adler32(first), zlib.adler32(second), len(second))

    assert combined == zlib.adler32(first + second)


def exact_brightness(red, green, blue, alpha):
    """0.34 R + 0.50 G + 0.16 B on white, rounded half up, in exact fractions."""
    opacity = Fraction(alpha, 255)
    weighted = Fraction(34, 100) * red + Fraction(50, 100) * green + Fraction(16, 100) * blue
    return floor(weighted * opacity + 255 * (1 - opacity) + Fraction(1, 2))


# --- Brightness ---------------------------------------------------------------------------


def test_brightness_agrees_with_exact_arithmetic():
    dice = np.random.default_rng(2)
    corners = [0, 1, 127, 128, 254, 255]
    colours = [list(colour) for colour in itertools.product(corners, repeat=4)]
    colours += dice.integers(0, 256, (5_000, 4)).tolist()
    colours += [[*rgb, 255] for rgb in dice.integers(0, 256, (5_000, 3)).tolist()]

    brightness = uploads.luminance(np.array([colours], np.uint8))

    assert brightness.tolist() == [[exact_brightness(*colour) for colour in colours]]


def test_a_brightness_of_exactly_half_is_rounded_up():
    # 0.34 * 25 = 8.5
    assert uploads.luminance(np.array([[[25, 0, 0, 255]]], np.uint8)).tolist() == [[9]]


def test_grey_pixels_keep_their_exact_value():
    greys = np.arange(256, dtype=np.uint8)
    rgba = np.stack([greys, greys, greys, np.full(256, 255, np.uint8)], axis=-1)

    assert np.array_equal(uploads.luminance(rgba[np.newaxis]), greys[np.newaxis])


def test_numbers_are_rounded_half_up():
    numbers = np.array([0.49, 0.5, 1.5, 2.5, 254.49, 254.5, 255.0000000001, -0.0000000001, 3])

    field = pixels.field_from_numbers(numbers, 3, 3)

    assert field.tolist() == [[0, 1, 2], [3, 254, 255], [255, 0, 3]]


def test_a_field_of_one_shade_is_blank():
    field = np.full((16, 16), 200, np.uint8)
    assert pixels.is_blank(field)

    field[15, 15] = 201
    assert not pixels.is_blank(field)
