"""Images and other bytes to send in tests."""

import io
import struct
import zlib

import numpy as np
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from drawings.imaging import pixels
from drawings.imaging.png import PNG_SIGNATURE, png_chunk, png_from_blob

NO_ID = "01900000-0000-7000-8000-000000000000"  # no drawing has it

TRUNCATED = slice(None, -30)


def encoded(picture, format="PNG", **options):
    """The bytes of a Pillow image, or of an array, in this format."""
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    out = io.BytesIO()
    picture.save(out, format=format, **options)
    return out.getvalue()


def png(field):
    """The 8-bit grey PNG of a field, as the studio sends it."""
    return png_from_blob(pixels.write_blob(field), *field.shape)


def decoded(data, mode="RGB"):
    """The pixels of an image file, as a uint8 array."""
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert(mode))


def shades(height, width):
    """A field of this size with many shades."""
    return (np.arange(height * width, dtype=np.uint32) * 7).astype(np.uint8).reshape(height, width)


def animated(format):
    frames = [Image.fromarray(np.full((32, 32, 3), shade, np.uint8)) for shade in (0, 90, 200)]
    return encoded(frames[0], format, save_all=True, append_images=frames[1:])


def huge_png(side=13_000):
    """A 1-bit PNG of 169 megapixels in about 20 kB."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    blob = zlib.compress(bytes(side * (1 + -(-side // 8))), 9)
    return b"".join(
        (
            PNG_SIGNATURE,
            png_chunk(b"IHDR", header),
            png_chunk(b"IDAT", blob),
            png_chunk(b"IEND", b""),
        )
    )


def brightness_list(*first, length=40_000, rest="12"):
    """A brightness list as JSON text: these items, then `rest` up to `length`."""
    return "[" + ", ".join([*first, *[rest] * (length - len(first))]) + "]"


def scanlines(field, filter_byte=0):
    return b"".join(bytes([filter_byte]) + line.tobytes() for line in field)


PICTURE = png(shades(32, 48))


def picture(data=PICTURE):
    return SimpleUploadedFile("drawing.png", data, "image/png")
