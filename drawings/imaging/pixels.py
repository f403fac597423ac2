"""Fields and blobs: a drawing's pixels in memory, and as they are stored.

A *field* is a (height, width) uint8 array in C order, 0 for black ink and 255 for white paper. A
*blob* is a stored field: the zlib stream (RFC 1950) of PNG scanlines (PNG specification, section
9), each with the filter byte 0. So a blob is the content of a PNG's IDAT chunk.
"""

import zlib
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from zlib_ng import zlib_ng

from drawsite.lib.canvas_limits import MAX_SIDE as MAX_SIDE
from drawsite.lib.canvas_limits import MIN_SIDE as MIN_SIDE

WHITE = 255

Field = npt.NDArray[np.uint8]

# On drawings of strokes zlib-ng's level 9 saves less than 0.5 %, and takes twice as long.
COMPRESSION_LEVEL = 8
# zlib's matches reach back this many bytes less than the window is long.
WINDOW_MARGIN = 262
LEAST_WINDOW_BITS = 9

# The header of a zlib stream (RFC 1950, section 2): a window of 32 kB, the slowest algorithm.
ZLIB_HEADER = b"\x78\xda"
LAST_BLOCK = b"\x03\x00"  # an empty final block (RFC 1951, section 3.2.6)
ADLER_BASE = 65_521


class BadBlobError(ValueError):
    """A blob that does not hold a field of the expected size; the message continues "The blob"."""


def write_blob(field: Field) -> bytes:
    """The blob of an (H, W) uint8 field."""
    return _deflate(_scanlines(field), zlib_ng.Z_FINISH)


def _scanlines(field: Field) -> Field:
    """A PNG's scanlines, (H, 1 + W) uint8: each row after its filter byte."""
    height, width = field.shape
    scanlines = np.zeros((height, 1 + width), np.uint8)
    scanlines[:, 1:] = field
    return scanlines


def _deflate(scanlines: Field, end: int) -> bytes:
    """A zlib stream if `end` is Z_FINISH, or else bare deflate blocks that end with that flush."""
    # A window that just reaches the line above, which is what strokes repeat: nearer distances take
    # fewer bits, and there is less to search (half the time, and 1.5 % less to store).
    reach = scanlines.shape[1] - 1 + WINDOW_MARGIN
    window_bits = max(LEAST_WINDOW_BITS, reach.bit_length())
    # Z_FILTERED: fewer matches of three or four bytes, which cost more bits than their literals.
    deflater = zlib_ng.compressobj(
        COMPRESSION_LEVEL,
        wbits=window_bits if end == zlib_ng.Z_FINISH else -window_bits,
        strategy=zlib_ng.Z_FILTERED,
    )
    return deflater.compress(scanlines) + deflater.flush(end)


def read_blob(blob: bytes, height: int, width: int) -> Field:
    """The (height, width) uint8 field in a blob, read-only.

    Raises BadBlobError if the blob holds anything else. Memory is bounded by height * width, even
    if the blob would inflate to more.
    """
    length = height * (width + 1)
    inflater = zlib.decompressobj()
    try:
        scanlines = inflater.decompress(blob, length + 1)
    except zlib.error as error:
        raise BadBlobError(f"is not a zlib stream: {error}") from error
    if len(scanlines) != length or not inflater.eof or inflater.unused_data:
        raise BadBlobError(f"does not hold exactly {height} lines of {width} pixels")
    lines = np.frombuffer(scanlines, np.uint8).reshape(height, width + 1)
    if lines[:, 0].any():
        raise BadBlobError("has a line with a PNG filter other than 0")
    return lines[:, 1:]


class Band(NamedTuple):
    """Some rows of a field, compressed so that bands can be joined to a blob."""

    deflated: bytes  # deflate blocks (RFC 1951), none of them the last, ending at a byte boundary
    adler32: int
    length: int  # bytes, before compression


def compress_band(field: Field) -> Band:
    """The band of some rows of a field, (H, W) uint8 with sides of 1 or more."""
    scanlines = _scanlines(field)
    deflated = _deflate(scanlines, zlib_ng.Z_FULL_FLUSH)
    return Band(deflated, zlib_ng.adler32(scanlines), scanlines.size)


def join_bands(bands: Iterable[Band]) -> bytes:
    """The blob of the field that these bands of one width make up, from top to bottom.

    Compresses nothing, so it takes microseconds.
    """
    parts, checksum = [ZLIB_HEADER], 1
    for band in bands:
        parts.append(band.deflated)
        checksum = combine_adler32(checksum, band.adler32, band.length)
    return b"".join((*parts, LAST_BLOCK, checksum.to_bytes(4)))


def combine_adler32(first: int, second: int, length: int) -> int:
    """The Adler-32 of two byte strings joined, from those of each; `length` is the second's.

    Source: RFC 1950, section 8. `a` is 1 plus the sum of the bytes, `b` the sum of all values of
    `a`. In the joined string the second `a` starts at the first one's value instead of 1, and the
    second `b`, which adds `a` up `length` times, starts at the first one's instead of 0.
    """
    a, b = first & 0xFFFF, first >> 16
    a2, b2 = second & 0xFFFF, second >> 16
    return (b + b2 + length * (a - 1)) % ADLER_BASE << 16 | (a + a2 - 1) % ADLER_BASE


def enlarge_blob(blob: bytes, height: int, width: int, scale: int) -> bytes:
    """The blob of the field with each pixel repeated `scale` x `scale` times (nearest neighbour).

    Works row by row, so memory is bounded by the size of the result.
    """
    deflater = zlib.compressobj(1)
    parts = []
    for line in read_blob(blob, height, width):
        wide = b"\0" + np.repeat(line, scale).tobytes()
        parts.append(deflater.compress(wide * scale))
    parts.append(deflater.flush())
    return b"".join(parts)


def field_from_numbers(numbers: npt.NDArray[np.float64], height: int, width: int) -> Field:
    """The (height, width) uint8 field of a flat array of brightness, 0 to 255, rounded half up."""
    return np.floor(numbers + 0.5).clip(0, 255).astype(np.uint8).reshape(height, width)


# Each shade as text with a comma, padded with NUL to four bytes.
_CELLS = np.array([f"{shade},".encode() for shade in range(256)], "S4")


def csv_from_field(field: Field) -> bytes:
    """The field as CSV (RFC 4180) without a header: a line of whole numbers for each row.

    `numpy.loadtxt(..., delimiter=",")` reads it. Returns at most 4 bytes a pixel.
    """
    height, width = field.shape
    cells = _CELLS[field].view(np.uint8).reshape(height, width, 4)
    last = cells[:, -1]
    last[last == ord(",")] = ord("\n")
    return bytes(cells[cells != 0])


def json_from_field(field: Field) -> bytes:
    """The field as a JSON list of rows, each a list of whole numbers from 0 to 255."""
    lines = csv_from_field(field)[:-1]
    return b"[[" + lines.replace(b"\n", b"],[") + b"]]"


def is_blank(field: Field) -> bool:
    """Whether all pixels of the field are alike."""
    return bool((field == field.flat[0]).all())
