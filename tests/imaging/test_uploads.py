"""Uploaded images become brightness."""

import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from drawings.imaging import uploads
from drawings.imaging.png import PNG_SIGNATURE, png_chunk
from tests.support import samples

# 249 is the greatest width at which the smallest zlib window reaches the line above.
SIZES = [(16, 16), (16, 1024), (1024, 16), (33, 57), (200, 200), (90, 249), (90, 250), (1024, 1024)]


def rgb_sample(height=40, width=56):
    dice = np.random.default_rng(3)
    return dice.integers(0, 256, (height, width, 3), np.uint8)


def opaque(rgb):
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


# --- Accepted images ----------------------------------------------------------------------


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_a_grey_png_keeps_its_pixels(height, width):
    field = samples.shades(height, width)

    assert np.array_equal(uploads.field_from_image_file(samples.png(field)), field)


def test_a_grey_png_from_another_encoder_keeps_its_pixels(field):
    assert np.array_equal(uploads.field_from_image_file(samples.encoded(field)), field)


@pytest.mark.parametrize("format", ["PNG", "BMP", "WEBP"])
def test_a_colour_image_becomes_its_brightness(format):
    rgb = rgb_sample()
    options = {"lossless": True} if format == "WEBP" else {}

    field = uploads.field_from_image_file(samples.encoded(rgb, format, **options))

    assert np.array_equal(field, uploads.luminance(opaque(rgb)))


def test_transparent_pixels_are_blended_with_white():
    rgba = np.dstack([rgb_sample(), samples.shades(40, 56)])
    rgba[:20, :, 3] = 0

    field = uploads.field_from_image_file(samples.encoded(rgba))

    assert (field[:20] == 255).all()
    assert np.array_equal(field, uploads.luminance(rgba))


def test_a_transparent_shade_of_a_grey_png_becomes_white():
    field = samples.shades(20, 20)
    png = samples.encoded(field, transparency=int(field[0, 0]))

    assert uploads.field_from_image_file(png)[0, 0] == 255


def test_a_palette_gif_becomes_the_brightness_of_its_colours():
    picture = Image.fromarray(samples.shades(20, 30) % 3, "P")
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])

    field = uploads.field_from_image_file(samples.encoded(picture, "GIF"))

    brightness = np.array([87, 128, 41], np.uint8)  # 86.7, 127.5 and 40.8
    assert np.array_equal(field, brightness[samples.shades(20, 30) % 3])


def test_a_1_bit_png_is_black_and_white():
    ink = samples.shades(20, 30) % 2 == 0

    field = uploads.field_from_image_file(samples.encoded(Image.fromarray(ink)))

    assert np.array_equal(field, np.where(ink, 255, 0))


def test_a_16_bit_grey_png_is_scaled_and_not_clipped():
    deep = (np.arange(20 * 20, dtype=np.uint32) * 164).astype(np.uint16).reshape(20, 20)

    field = uploads.field_from_image_file(samples.encoded(deep))

    assert np.array_equal(field, np.floor(deep / 257 + 0.5))


def test_a_jpeg_is_close_to_the_brightness_of_what_was_saved():
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    rgb = np.dstack(
        [np.tile(ramp, (64, 1)), np.tile(ramp[:, np.newaxis], 64), np.full((64, 64), 80)]
    )
    rgb = rgb.astype(np.uint8)

    field = uploads.field_from_image_file(samples.encoded(rgb, "JPEG", quality=95))

    expected = uploads.luminance(opaque(rgb)).astype(int)
    assert np.abs(field - expected).max() <= 6


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, lambda field: field),
        (2, np.fliplr),
        (3, lambda field: np.rot90(field, 2)),
        (4, np.flipud),
        (5, np.transpose),
        (6, lambda field: np.rot90(field, -1)),
        (7, lambda field: np.rot90(field, 2).T),
        (8, lambda field: np.rot90(field, 1)),
    ],
)
def test_a_photo_is_rotated_as_its_exif_orientation_says(orientation, upright):
    saved = np.full((32, 64), 255, np.uint8)
    saved[:16, :16] = 0
    saved[16:, :16] = 100
    exif = Image.Exif()
    exif[0x0112] = orientation

    field = uploads.field_from_image_file(samples.encoded(saved, "JPEG", exif=exif, quality=95))

    expected = upright(saved)
    assert field.shape == expected.shape
    assert np.abs(field.astype(int) - expected).max() < 30


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_a_still_image_in_a_format_for_animations_is_accepted(format):
    assert uploads.field_from_image_file(samples.encoded(rgb_sample(), format)).shape == (40, 56)


# --- Refused images -----------------------------------------------------------------------


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_an_animated_image_is_refused(format):
    with pytest.raises(uploads.BadImageError, match="animated"):
        uploads.field_from_image_file(samples.animated(format))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_a_truncated_image_is_refused(format):
    data = samples.encoded(rgb_sample(), format)

    with pytest.raises(uploads.BadImageError, match=r"damaged|can't read this image"):
        uploads.field_from_image_file(data[: len(data) * 2 // 3])


def test_a_png_with_a_wrong_checksum_is_refused(field):
    png = bytearray(samples.png(field))
    png[-20] ^= 1

    with pytest.raises(uploads.BadImageError, match="damaged"):
        uploads.field_from_image_file(bytes(png))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"This is a text about a drawing.", id="text"),
        pytest.param(b'<svg xmlns="http://www.w3.org/2000/svg"/>', id="SVG"),
        pytest.param(samples.encoded(rgb_sample(), "TIFF"), id="TIFF"),
        pytest.param(samples.encoded(rgb_sample(), "PPM"), id="PPM"),
        pytest.param(b"%PDF-1.7\n", id="PDF"),
        pytest.param(PNG_SIGNATURE, id="a PNG's signature alone"),
    ],
)
def test_a_file_of_another_format_is_refused(data):
    with pytest.raises(uploads.BadImageError, match="can't read this image"):
        uploads.field_from_image_file(data)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF"])
@pytest.mark.parametrize(("height", "width"), [(15, 20), (20, 15), (1025, 20), (20, 1025)])
def test_sides_under_16_and_over_1024_pixels_are_refused(format, height, width):
    picture = samples.encoded(samples.shades(height, width), format)

    with pytest.raises(uploads.BadImageError, match=rf"16 to 1024 .* {width} x {height}"):
        uploads.field_from_image_file(picture)


# Pillow warns of such a size before the size is refused.
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [13_000, 20_000])
def test_an_image_of_many_megapixels_is_refused_without_decoding_it(side):
    bomb = samples.huge_png(side)
    assert len(bomb) < 60_000

    tracemalloc.start()
    with pytest.raises(uploads.BadImageError, match="16 to 1024 pixels a side"):
        uploads.field_from_image_file(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1_000_000


def grey_png(scanlines, *, end=b"IEND", side=20):
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"".join(
        (
            PNG_SIGNATURE,
            png_chunk(b"IHDR", header),
            png_chunk(b"IDAT", zlib.compress(scanlines, 1)),
            png_chunk(end, b""),
        )
    )


WHOLE = bytes(20 * 21)


def test_a_complete_png_made_by_hand_is_accepted():
    assert uploads.field_from_image_file(grey_png(WHOLE)).shape == (20, 20)


@pytest.mark.parametrize(
    "png",
    [
        pytest.param(grey_png(bytes(50_000_000)), id="inflates past its size"),
        pytest.param(grey_png(WHOLE[:-21]), id="a line too few"),
        pytest.param(grey_png(WHOLE, end=b"tEXt"), id="no end"),
        pytest.param(grey_png(WHOLE)[:-1] + b"x", id="a wrong CRC at the end"),
        pytest.param(grey_png(WHOLE).replace(b"IDAT", b"IDAT"[::-1]), id="no pixels"),
        pytest.param(grey_png(WHOLE)[:45] + b"x" + grey_png(WHOLE)[46:], id="a wrong byte"),
    ],
)
def test_a_png_that_is_incomplete_or_damaged_is_refused(png):
    with pytest.raises(uploads.BadImageError):
        uploads.field_from_image_file(png)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(samples.encoded(rgb_sample(16, 16), "PNG"), id="PNG"),
        pytest.param(samples.encoded(rgb_sample(16, 16), "JPEG"), id="JPEG"),
        pytest.param(samples.encoded(rgb_sample(16, 16), "WEBP"), id="WebP"),
        pytest.param(samples.encoded(rgb_sample(16, 16) // 200, "GIF"), id="GIF"),
        pytest.param(samples.encoded(rgb_sample(16, 16), "BMP"), id="BMP"),
        pytest.param(samples.animated("PNG"), id="animated PNG"),
        pytest.param(samples.animated("WEBP"), id="animated WebP"),
        pytest.param(samples.animated("GIF"), id="animated GIF"),
    ],
)
def test_an_image_truncated_anywhere_is_decoded_or_refused_with_a_message(data):
    for length in range(0, len(data), 1 + len(data) // 300):
        try:
            uploads.field_from_image_file(data[:length])
        except uploads.BadImageError as error:
            assert str(error).endswith(".")  # noqa: PT017 - the cut may also be harmless
