"""Fields and the bytes they travel in. Knows nothing of Django and of matplotlib.

A *field* is a drawing's pixels: a uint8 array of shape (height, width), C order, 0 for black ink
and 255 for white paper. A *blob* is a field as stored: the zlib stream (RFC 1950) of PNG scanlines
(PNG specification, section 9), every line behind the filter byte 0. So a blob is a PNG's IDAT as
it stands.
"""

import io
import struct
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps
from zlib_ng import zlib_ng

MIN_SIDE = 16
MAX_SIDE = 1024
WHITE = 255

Field = npt.NDArray[np.uint8]

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_GREY = 0
PNG_PALETTE = 3
# Samples a pixel, by colour type: grey, RGB, palette, grey and alpha, RGBA.
PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}

# What the largest picture can inflate to: 8 bytes a pixel, a filter byte a line and pass.
MAX_PNG_BYTES = MAX_SIDE * (MAX_SIDE * 8 + 2)

DAMAGED = "This picture is damaged or cut short. Save it again and resend."

# Formats that browsers show. Others (PSD, TIFF, EPS ...) have readers with a larger surface.
PICTURE_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")

# On drawings of strokes zlib-ng's level 9 is smaller by less than 0.5 %, and takes twice as long.
COMPRESSION_LEVEL = 8
# zlib's window reaches so many bytes less far back than it is long.
WINDOW_MARGIN = 262
LEAST_WINDOW_BITS = 9

# Around deflated data (RFC 1950, section 2): a window of 32 kB, the slowest algorithm. And a last
# block with nothing in it (RFC 1951, section 3.2.6).
ZLIB_HEADER = b"\x78\xda"
LAST_BLOCK = b"\x03\x00"
ADLER_BASE = 65_521


# Ours is the lower limit, and read off the header: Pillow's would only warn at 89 megapixels.
Image.MAX_IMAGE_PIXELS = None


class BadBlobError(ValueError):
    """A blob that does not hold a field of the size that its row says."""


class BadPictureError(ValueError):
    """A picture that cannot become a field; the message is a sentence for who sent it."""


def write_blob(field: Field) -> bytes:
    """The blob of a field of shape (height, width), uint8."""
    return _deflate(_scanlines(field), zlib_ng.Z_FINISH)


def _scanlines(field: Field) -> Field:
    """The bytes of a PNG's lines, shape (height, 1 + width), uint8: each behind its filter."""
    height, width = field.shape
    scanlines = np.zeros((height, 1 + width), np.uint8)
    scanlines[:, 1:] = field
    return scanlines


def _deflate(scanlines: Field, end: int) -> bytes:
    """A zlib stream, with Z_FINISH; else the blocks alone, that end as the flush `end` does."""
    # A window that just reaches the line above: what strokes repeat is there, nearer distances take
    # fewer bits, and there is less to search (half the time, and 1.5 % less to store).
    reach = scanlines.shape[1] - 1 + WINDOW_MARGIN
    window_bits = max(LEAST_WINDOW_BITS, reach.bit_length())
    # Z_FILTERED: fewer matches of three or four bytes, which are worth less than their literals.
    deflater = zlib_ng.compressobj(
        COMPRESSION_LEVEL,
        wbits=window_bits if end == zlib_ng.Z_FINISH else -window_bits,
        strategy=zlib_ng.Z_FILTERED,
    )
    return deflater.compress(scanlines) + deflater.flush(end)


def read_blob(blob: bytes, height: int, width: int) -> Field:
    """The field of shape (height, width) in a blob, read-only.

    Raises BadBlobError if the blob holds anything else. Memory stays bounded by the size asked
    for, whatever the blob would inflate to.
    """
    length = height * (width + 1)
    inflater = zlib.decompressobj()
    try:
        scanlines = inflater.decompress(blob, length + 1)
    except zlib.error as error:
        raise BadBlobError(f"not a zlib stream: {error}") from error
    if len(scanlines) != length or not inflater.eof or inflater.unused_data:
        raise BadBlobError(f"does not hold exactly {height} lines of {width} pixels")
    lines = np.frombuffer(scanlines, np.uint8).reshape(height, width + 1)
    if lines[:, 0].any():
        raise BadBlobError("has a line with a PNG filter other than 0")
    return lines[:, 1:]


class Band(NamedTuple):
    """Some lines of a field, compressed so that a blob can be joined from such bands."""

    deflated: bytes  # blocks of RFC 1951, none of them the last, ending with a whole byte
    adler32: int
    length: int  # bytes, before compression


def compress_band(field: Field) -> Band:
    """The band of a field of shape (height, width), uint8: any of its lines, side 1 or more."""
    scanlines = _scanlines(field)
    deflated = _deflate(scanlines, zlib_ng.Z_FULL_FLUSH)
    return Band(deflated, zlib_ng.adler32(scanlines), scanlines.size)


def join_bands(bands: Iterable[Band]) -> bytes:
    """The blob of the field that has these bands, of one width, below each other.

    Nothing is compressed: it takes microseconds.
    """
    parts, checksum = [ZLIB_HEADER], 1
    for band in bands:
        parts.append(band.deflated)
        checksum = combine_adler32(checksum, band.adler32, band.length)
    return b"".join((*parts, LAST_BLOCK, checksum.to_bytes(4)))


def combine_adler32(first: int, second: int, length: int) -> int:
    """The Adler-32 of two runs of bytes together, from those of each; `length` is the second's.

    By its definition (RFC 1950, section 8): `a` is 1 and the sum of the bytes, `b` the sum of all
    that `a` has been. So the second's `a` would have begun at the first's instead of at 1, and
    its `b`, which adds it up `length` times, at the first's instead of at 0.
    """
    a, b = first & 0xFFFF, first >> 16
    a2, b2 = second & 0xFFFF, second >> 16
    return (b + b2 + length * (a - 1)) % ADLER_BASE << 16 | (a + a2 - 1) % ADLER_BASE


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """One PNG chunk: length, type, data, CRC (PNG specification, section 5.3)."""
    # (zlib-ng's sum takes a seventh of the time of zlib's.)
    crc = zlib_ng.crc32(data, zlib_ng.crc32(kind))
    return b"".join((len(data).to_bytes(4), kind, data, crc.to_bytes(4)))


IDAT_CRC = zlib_ng.crc32(b"IDAT")
PNG_END = png_chunk(b"IEND", b"")


def png_from_blob(
    blob: bytes, height: int, width: int, palette: bytes | None = None, scale: int = 1
) -> bytes:
    """A PNG whose IDAT is the blob as it stands: nothing is decompressed.

    `palette` is 256 RGB triples (768 bytes), the colour of each brightness; without it the PNG is
    8-bit grey. Every pixel comes `scale` x `scale`: then, and only then, the blob is made anew.
    """
    if scale != 1:
        blob = enlarge_blob(blob, height, width, scale)
        height, width = height * scale, width * scale
    colour_type = PNG_GREY if palette is None else PNG_PALETTE
    return b"".join(
        (
            _png_head(height, width, colour_type),
            b"" if palette is None else png_chunk(b"PLTE", palette),
            len(blob).to_bytes(4),
            b"IDAT",
            blob,
            zlib_ng.crc32(blob, IDAT_CRC).to_bytes(4),
            PNG_END,
        )
    )


@lru_cache
def _png_head(height: int, width: int, colour_type: int) -> bytes:
    """Of 8 bits a sample."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    return PNG_SIGNATURE + png_chunk(b"IHDR", header)


class Parts(NamedTuple):
    """What `png_from_blob` makes an 8-bit grey PNG of."""

    blob: bytes
    height: int
    width: int


def split_png(data: bytes) -> Parts | None:
    """The parts of such a PNG, of a size that a drawing may have; None for any other file.

    The blob may be damaged: `read_blob` says so.
    """
    if len(data) < len(PNG_SIGNATURE) + 3 * 12 + 13:
        return None
    width, height = struct.unpack_from(">II", data, 16)
    if not all(MIN_SIDE <= side <= MAX_SIDE for side in (height, width)):
        return None
    # Behind the signature, IHDR and IDAT's length and type; before IDAT's CRC and IEND.
    blob = data[41:-16]
    return Parts(blob, height, width) if png_from_blob(blob, height, width) == data else None


def enlarge_blob(blob: bytes, height: int, width: int, scale: int) -> bytes:
    """The blob of the field with every pixel made `scale` x `scale` (nearest neighbour).

    Line by line, so that memory stays at what comes out.
    """
    deflater = zlib.compressobj(1)
    parts = []
    for line in read_blob(blob, height, width):
        wide = b"\0" + np.repeat(line, scale).tobytes()
        parts.append(deflater.compress(wide * scale))
    parts.append(deflater.flush())
    return b"".join(parts)


def check_png(data: bytes) -> None:
    """Raise BadPictureError unless a PNG is whole: each chunk's CRC, the end chunk, all pixels.

    Pillow is content with less, and fills what is missing with black.
    """
    damaged = BadPictureError(DAMAGED)
    inflater = zlib.decompressobj()
    length = 0
    expected: int | None = None
    at = len(PNG_SIGNATURE)
    while True:
        size, kind = struct.unpack_from(">I4s", data, at) if at + 12 <= len(data) else (0, b"")
        body = data[at + 8 : at + 8 + size]
        crc = data[at + 8 + size : at + 12 + size]
        if len(crc) < 4 or zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(crc):
            raise damaged
        if kind == b"IHDR" and size == 13:
            width, height, depth, colour_type, _, _, interlace = struct.unpack(">IIBBBBB", body)
            if not interlace:  # else the lines are of many lengths, and Pillow's check must do
                bits = width * depth * PNG_SAMPLES.get(colour_type, 0)
                expected = height * ((bits + 7) // 8 + 1)
        elif kind == b"IDAT":
            try:
                length += len(inflater.decompress(body, (expected or MAX_PNG_BYTES) + 1 - length))
            except (zlib.error, ValueError) as error:
                raise damaged from error
            if length > (expected or MAX_PNG_BYTES):
                raise damaged
        elif kind == b"IEND":
            break
        at += size + 12
    if not inflater.eof or (expected is not None and length != expected):
        raise damaged


def is_grey_png(data: bytes) -> bool:
    """Whether the file begins as an 8-bit grey PNG does."""
    return data.startswith(PNG_SIGNATURE) and data[12:16] == b"IHDR" and data[24:26] == b"\x08\x00"


def field_from_picture(data: bytes) -> Field:
    """The field of a picture file (PNG, JPEG, WebP, GIF, BMP).

    An 8-bit grey PNG is kept byte for byte. Anything else is laid on white paper and turned to
    brightness (see `luminance`). Raises BadPictureError with a sentence that says what to change.
    """
    try:
        picture = Image.open(io.BytesIO(data), formats=PICTURE_FORMATS)
    except Exception as error:
        raise BadPictureError(
            "This is not a picture that can be read. Send a PNG, JPEG, WebP, GIF or BMP file."
        ) from error
    with picture:
        # The header's word on the size comes before any pixel is decoded.
        if not all(MIN_SIDE <= side <= MAX_SIDE for side in picture.size):
            width, height = picture.size
            raise BadPictureError(
                f"A picture must be {MIN_SIDE} to {MAX_SIDE} pixels a side."
                f" This one is {width} x {height}."
            )
        if picture.format == "PNG":
            check_png(data)
        return _decode(picture)


def _decode(picture: Image.Image) -> Field:
    try:
        # A phone's photo may be an MPO, a JPEG with a second view behind it: not an animation.
        if picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1:
            raise BadPictureError("This picture is animated. Send a still one.")
        picture.load()
        if picture.format == "PNG" and picture.mode == "L" and "transparency" not in picture.info:
            return np.array(picture, np.uint8)
        upright = ImageOps.exif_transpose(picture)
        if upright.mode.startswith("I"):
            # 16-bit grey, which Pillow's own conversion would clip instead of scale.
            grey = np.array(upright, np.uint32)
            return ((grey * 255 + 32767) // 65535).clip(0, 255).astype(np.uint8)
        return luminance(np.asarray(upright.convert("RGBA")))
    except BadPictureError:
        raise
    except Exception as error:
        # Pillow's decoders raise many kinds of error on damaged files (OSError, SyntaxError,
        # EOFError, struct.error, ...). All of them mean the same to who sent the file.
        raise BadPictureError(DAMAGED) from error


def luminance(rgba: npt.NDArray[np.uint8]) -> Field:
    """Brightness of an RGBA array (height, width, 4) laid on white paper; uint8 (height, width).

    0.34 R + 0.50 G + 0.16 B, the weights of the Flask app that this project grew out of, rounded
    half up. In whole numbers, so that grey stays exactly what it was.
    """
    red, green, blue, alpha = (rgba[..., channel].astype(np.int32) for channel in range(4))
    ink = (34 * red + 50 * green + 16 * blue) * alpha + 100 * WHITE * (255 - alpha)
    return ((2 * ink + 25500) // 51000).astype(np.uint8)


def field_from_numbers(numbers: npt.NDArray[np.float64], height: int, width: int) -> Field:
    """The field of a flat list of height * width brightness numbers, 0 to 255, rounded half up."""
    return np.floor(numbers + 0.5).clip(0, 255).astype(np.uint8).reshape(height, width)


# Each shade as text, behind it a comma, NUL up to four bytes.
_CELLS = np.array([f"{shade},".encode() for shade in range(256)], "S4")


def csv_from_field(field: Field) -> bytes:
    """The field as CSV (RFC 4180), without a header: a line of whole numbers for each of its lines.

    `numpy.loadtxt(..., delimiter=",")` reads it. At most 4 bytes a pixel.
    """
    height, width = field.shape
    cells = _CELLS[field].view(np.uint8).reshape(height, width, 4)
    last = cells[:, -1]
    last[last == ord(",")] = ord("\n")
    return bytes(cells[cells != 0])


def json_from_field(field: Field) -> bytes:
    """The field as a JSON list of its lines, each a list of whole numbers, 0 to 255."""
    lines = csv_from_field(field)[:-1]
    return b"[[" + lines.replace(b"\n", b"],[") + b"]]"


def is_blank(field: Field) -> bool:
    """Whether the field has one shade only."""
    return bool((field == field.flat[0]).all())
