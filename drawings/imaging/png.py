"""PNG files, made from blobs without decompressing them, and checked byte by byte.

Source: the PNG specification, https://www.w3.org/TR/png-3/.
"""

import struct
import zlib
from functools import lru_cache
from typing import NamedTuple

from zlib_ng import zlib_ng

from drawings.imaging import pixels

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_GREY = 0
PNG_PALETTE = 3
# Samples a pixel, by colour type: grey, RGB, palette, grey and alpha, RGBA.
PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# The largest image inflates to this: 8 bytes a pixel, and a filter byte for each row and pass.
MAX_PNG_BYTES = pixels.MAX_SIDE * (pixels.MAX_SIDE * 8 + 2)


class BadPngError(ValueError):
    """A PNG that is damaged or cut short."""


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk: length, type, data, CRC (PNG specification, section 5.3)."""
    # zlib-ng's CRC takes a seventh of the time of zlib's.
    crc = zlib_ng.crc32(data, zlib_ng.crc32(kind))
    return b"".join((len(data).to_bytes(4), kind, data, crc.to_bytes(4)))


IDAT_CRC = zlib_ng.crc32(b"IDAT")
PNG_END = png_chunk(b"IEND", b"")


def png_from_blob(
    blob: bytes, height: int, width: int, palette: bytes | None = None, scale: int = 1
) -> bytes:
    """A PNG whose IDAT is the blob itself, so nothing is decompressed.

    `palette` is 256 RGB triples (768 bytes), one for each brightness; without it the PNG is 8-bit
    grey. With a `scale` above 1 each pixel is repeated `scale` x `scale` times, and the blob is
    compressed again, which raises BadBlobError if it is damaged.
    """
    if scale != 1:
        blob = pixels.enlarge_blob(blob, height, width, scale)
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
    """The signature and the IHDR chunk, for 8 bits a sample."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    return PNG_SIGNATURE + png_chunk(b"IHDR", header)


class GreyPng(NamedTuple):
    """The arguments of `png_from_blob` for an 8-bit grey PNG."""

    blob: bytes
    height: int
    width: int


def split_png(data: bytes) -> GreyPng | None:
    """The parts of a grey PNG that `png_from_blob` could have made, or None for any other file.

    The blob may still be damaged: `read_blob` checks it.
    """
    if len(data) < len(PNG_SIGNATURE) + 3 * 12 + 13:
        return None
    width, height = struct.unpack_from(">II", data, 16)
    if not all(pixels.MIN_SIDE <= side <= pixels.MAX_SIDE for side in (height, width)):
        return None
    # After the signature, IHDR and IDAT's length and type; before IDAT's CRC and IEND.
    blob = data[41:-16]
    return GreyPng(blob, height, width) if png_from_blob(blob, height, width) == data else None


def check_png(data: bytes) -> None:
    """Raise BadPngError unless a PNG is complete: each chunk's CRC, the end chunk, all pixels.

    Pillow accepts incomplete files, and fills missing pixels with black.
    """
    damaged = BadPngError("The PNG is damaged or cut short.")
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
            if not interlace:  # interlaced rows have many lengths, so only Pillow checks them
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
    """Whether a file begins like an 8-bit grey PNG."""
    return data.startswith(PNG_SIGNATURE) and data[12:16] == b"IHDR" and data[24:26] == b"\x08\x00"
