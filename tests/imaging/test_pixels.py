import io
import itertools
import struct
import tracemalloc
import zlib
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from PIL import Image

from drawings.imaging import pixels, rasteriser, uploads
from drawings.imaging.png import PNG_SIGNATURE, check_png, png_chunk, png_from_blob, split_png
from tests.support import documents, samples

# 249 is the greatest width at which the least window reaches the line above.
SIZES = [(16, 16), (16, 1024), (1024, 16), (33, 57), (200, 200), (90, 249), (90, 250), (1024, 1024)]


def scanlines(field, filter_byte=0):
    return b"".join(bytes([filter_byte]) + line.tobytes() for line in field)


# --- Blobs ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_a_field_comes_back_from_its_blob_unchanged(height, width):
    field = samples.shades(height, width)

    back = pixels.read_blob(pixels.write_blob(field), height, width)

    assert back.dtype == np.uint8
    assert np.array_equal(back, field)


def test_a_blob_is_the_scanlines_of_a_png(field):
    assert zlib.decompress(pixels.write_blob(field)) == scanlines(field)


def test_every_reader_of_pngs_takes_a_blob(field):
    png = png_from_blob(pixels.write_blob(field), *field.shape)

    assert np.array_equal(samples.decoded(png, "L"), field)


@pytest.mark.parametrize("width", [64, 249, 250, 1024])
def test_a_line_that_repeats_the_one_above_takes_next_to_nothing(width):
    line = np.random.default_rng(1).integers(0, 256, width, np.uint8)

    lines = [len(pixels.write_blob(np.tile(line, (height, 1)))) for height in (16, 64)]

    assert lines[1] - lines[0] < width


def test_drawings_of_strokes_take_less_than_by_zlib():
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


def test_a_field_that_is_no_copy_of_its_own_gives_the_same_blob(field):
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
def test_a_blob_that_does_not_hold_its_field_is_refused(field, damage):
    blob = damage(field, pixels.write_blob(field))

    with pytest.raises(pixels.BadBlobError):
        pixels.read_blob(blob, 200, 200)


def test_a_blob_of_another_size_is_refused(field):
    with pytest.raises(pixels.BadBlobError, match="exactly 100 lines of 400 pixels"):
        pixels.read_blob(pixels.write_blob(field), 100, 400)


def test_a_blob_that_would_inflate_without_end_takes_no_memory():
    bomb = zlib.compress(bytes(100_000_000), 9)

    tracemalloc.start()
    with pytest.raises(pixels.BadBlobError):
        pixels.read_blob(bomb, 200, 200)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1_000_000


@pytest.mark.parametrize("scale", [1, 2, 3, 8])
@pytest.mark.parametrize(("height", "width"), [(16, 40), (200, 200)])
def test_enlarging_repeats_every_pixel_both_ways(height, width, scale):
    field = samples.shades(height, width)

    blob = pixels.enlarge_blob(pixels.write_blob(field), height, width, scale)

    enlarged = pixels.read_blob(blob, height * scale, width * scale)
    assert np.array_equal(enlarged, field.repeat(scale, axis=0).repeat(scale, axis=1))


def test_a_damaged_blob_is_not_enlarged(field):
    with pytest.raises(pixels.BadBlobError):
        pixels.enlarge_blob(pixels.write_blob(field)[:-4], 200, 200, 2)


# --- Bands ----------------------------------------------------------------------------------


@pytest.mark.parametrize("cuts", [[], [100], [1], [199], [76, 77, 150]], ids=str)
def test_bands_join_to_the_blob_of_the_whole_field(field, cuts):
    bands = [pixels.compress_band(lines) for lines in np.split(field, cuts)]

    blob = pixels.join_bands(bands)

    assert zlib.decompress(blob) == scanlines(field)
    assert np.array_equal(pixels.read_blob(blob, 200, 200), field)


def test_bands_join_in_any_order_and_more_than_once(field):
    a, b = field[:50], samples.shades(30, 200)
    bands = {"a": pixels.compress_band(a), "b": pixels.compress_band(b)}

    blob = pixels.join_bands(bands[name] for name in "baa")

    assert np.array_equal(pixels.read_blob(blob, 130, 200), np.vstack((b, a, a)))


def test_a_blob_of_bands_is_a_pngs(field):
    bands = [pixels.compress_band(lines) for lines in np.split(field, 4)]

    png = png_from_blob(pixels.join_bands(bands), 200, 200)

    check_png(png)
    assert np.array_equal(uploads.field_from_image_file(png), field)


@pytest.mark.parametrize("first", [b"", b"a", bytes(70_000), b"\xff" * 70_000, bytes(range(256))])
@pytest.mark.parametrize("second", [b"", b"b", bytes(65_521), b"\xff" * 70_001, b"abc" * 999])
def test_checksums_combine_to_that_of_both_together(first, second):
    combined = pixels.combine_adler32(zlib.adler32(first), zlib.adler32(second), len(second))

    assert combined == zlib.adler32(first + second)


# --- PNGs -----------------------------------------------------------------------------------


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


def test_a_png_of_a_blob_comes_apart_again(field):
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
def test_no_other_file_does(data):
    assert split_png(data) is None


def test_the_blob_stands_in_the_png_as_it_is(field):
    blob = pixels.write_blob(field)

    assert png_chunk(b"IDAT", blob) in samples.png(field)


# --- Brightness -----------------------------------------------------------------------------


def exact_brightness(red, green, blue, alpha):
    """On white paper, 0.34 R + 0.50 G + 0.16 B, rounded half up: in fractions."""
    opacity = Fraction(alpha, 255)
    weighted = Fraction(34, 100) * red + Fraction(50, 100) * green + Fraction(16, 100) * blue
    return floor(weighted * opacity + 255 * (1 - opacity) + Fraction(1, 2))


def test_brightness_is_that_of_exact_arithmetic():
    dice = np.random.default_rng(2)
    corners = [0, 1, 127, 128, 254, 255]
    colours = [list(colour) for colour in itertools.product(corners, repeat=4)]
    colours += dice.integers(0, 256, (5_000, 4)).tolist()
    colours += [[*rgb, 255] for rgb in dice.integers(0, 256, (5_000, 3)).tolist()]

    brightness = uploads.luminance(np.array([colours], np.uint8))

    assert brightness.tolist() == [[exact_brightness(*colour) for colour in colours]]


def test_a_half_is_rounded_up():
    # 0.34 * 25 = 8.5
    assert uploads.luminance(np.array([[[25, 0, 0, 255]]], np.uint8)).tolist() == [[9]]


def test_grey_stays_exactly_what_it_was():
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


# --- Pictures that are taken ----------------------------------------------------------------


def rgb_sample(height=40, width=56):
    dice = np.random.default_rng(3)
    return dice.integers(0, 256, (height, width, 3), np.uint8)


def opaque(rgb):
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_a_grey_png_is_kept_byte_for_byte(height, width):
    field = samples.shades(height, width)

    assert np.array_equal(uploads.field_from_image_file(samples.png(field)), field)


def test_a_grey_png_of_another_encoder_is_kept_byte_for_byte(field):
    assert np.array_equal(uploads.field_from_image_file(samples.encoded(field)), field)


@pytest.mark.parametrize("format", ["PNG", "BMP", "WEBP"])
def test_a_colour_picture_becomes_its_brightness(format):
    rgb = rgb_sample()
    options = {"lossless": True} if format == "WEBP" else {}

    field = uploads.field_from_image_file(samples.encoded(rgb, format, **options))

    assert np.array_equal(field, uploads.luminance(opaque(rgb)))


def test_transparency_shows_the_white_paper():
    rgba = np.dstack([rgb_sample(), samples.shades(40, 56)])
    rgba[:20, :, 3] = 0

    field = uploads.field_from_image_file(samples.encoded(rgba))

    assert (field[:20] == 255).all()
    assert np.array_equal(field, uploads.luminance(rgba))


def test_a_transparent_grey_png_shows_the_white_paper():
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
def test_a_photo_is_turned_the_way_its_camera_was_held(orientation, upright):
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
def test_a_still_picture_of_a_format_that_can_move_is_taken(format):
    assert uploads.field_from_image_file(samples.encoded(rgb_sample(), format)).shape == (40, 56)


# --- Pictures that are refused --------------------------------------------------------------


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_an_animated_picture_is_refused(format):
    with pytest.raises(uploads.BadImageError, match="animated"):
        uploads.field_from_image_file(samples.animated(format))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_a_picture_cut_short_is_refused(format):
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
def test_what_is_not_one_of_the_formats_is_refused(data):
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
def test_a_picture_of_many_megapixels_is_refused_without_decoding_it(side):
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
            png_chunk(b"IDAT", zlib.compress(scanlines, 9)),
            png_chunk(end, b""),
        )
    )


WHOLE = bytes(20 * 21)


def test_a_whole_png_made_by_hand_is_taken():
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
def test_a_png_that_is_not_whole_is_refused(png):
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
def test_a_picture_cut_anywhere_is_a_field_or_refused_with_a_sentence(data):
    for length in range(0, len(data), 1 + len(data) // 300):
        try:
            uploads.field_from_image_file(data[:length])
        except uploads.BadImageError as error:
            assert str(error).endswith(".")  # noqa: PT017 - the cut may also be harmless
