"""Image files that people upload, converted to fields."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from drawings.imaging.pixels import MAX_SIDE, MIN_SIDE, WHITE, Field
from drawings.imaging.png import check_png

DAMAGED = "This image is damaged or cut short. Save it again, then send it again."
# Formats that browsers show. Readers of others (PSD, TIFF, EPS ...) have a larger attack surface.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")

# Our own limit is lower, and checked in the header; Pillow's would only warn, at 89 megapixels.
Image.MAX_IMAGE_PIXELS = None


class BadImageError(ValueError):
    """An image that cannot become a field; the message is a sentence for its sender."""


def field_from_image_file(data: bytes) -> Field:
    """The (H, W) uint8 field of an image file (PNG, JPEG, WebP, GIF, BMP).

    The pixels of an 8-bit grey PNG are kept as they are. Any other image is composed onto white
    and converted to brightness (see `luminance`). Raises BadImageError with a sentence for its
    sender.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Exception as error:
        raise BadImageError(
            "We can't read this image. Send a PNG, JPEG, WebP, GIF or BMP file."
        ) from error
    with image:
        # The size is in the header, so it is checked before any pixel is decoded.
        if not all(MIN_SIDE <= side <= MAX_SIDE for side in image.size):
            width, height = image.size
            raise BadImageError(
                f"An image must have {MIN_SIDE} to {MAX_SIDE} pixels a side."
                f" This one is {width} x {height}."
            )
        return _decode(image, data)


def _decode(image: Image.Image, data: bytes) -> Field:
    try:
        if image.format == "PNG":
            check_png(data)
        # A phone's photo may be an MPO: a JPEG with a second view, not an animation.
        if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
            raise BadImageError("This image is animated. Send a still one.")
        image.load()
        if image.format == "PNG" and image.mode == "L" and "transparency" not in image.info:
            return np.array(image, np.uint8)
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):
            # 16-bit grey: Pillow's own conversion would clip it instead of scaling it.
            grey = np.array(upright, np.uint32)
            return ((grey * 255 + 32767) // 65535).clip(0, 255).astype(np.uint8)
        return luminance(np.asarray(upright.convert("RGBA")))
    except BadImageError:
        raise
    except Exception as error:
        # Pillow's decoders raise many kinds of errors on damaged files (OSError, SyntaxError,
        # EOFError, struct.error, ...), and check_png raises BadPngError.
        raise BadImageError(DAMAGED) from error


def luminance(rgba: npt.NDArray[np.uint8]) -> Field:
    """The brightness, (H, W) uint8, of an (H, W, 4) uint8 RGBA array composed onto white.

    0.34 R + 0.50 G + 0.16 B, rounded half up. Source: the weights of the Flask app that this
    project grew out of. Computed in whole numbers, so that grey stays exactly what it was.
    """
    red, green, blue, alpha = (rgba[..., channel].astype(np.int32) for channel in range(4))
    ink = (34 * red + 50 * green + 16 * blue) * alpha + 100 * WHITE * (255 - alpha)
    return ((2 * ink + 25500) // 51000).astype(np.uint8)
