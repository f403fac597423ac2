"""Bitmaps of other projects: small, of one size, and mostly with high numbers for ink."""

from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from drawings.datasets.imports import records
from drawings.datasets.imports.records import BadRecordError, BadSourceError, Columns
from drawings.imaging import pixels

Numbers = npt.NDArray[Any]


def enlargement(height: int, width: int) -> int:
    """Returns the least factor that enlarges bitmaps to a valid size for drawings.

    Raises BadSourceError if there is none.
    """
    factor = -(-pixels.MIN_SIDE // max(1, min(height, width)))
    if min(height, width) < 1 or factor * max(height, width) > pixels.MAX_SIDE:
        raise BadSourceError(
            f"Its bitmaps are {width} x {height}. Enlarged until each side has at least"
            f" {pixels.MIN_SIDE} pixels, no side may have more than {pixels.MAX_SIDE}."
        )
    return factor


def columns_from_bitmap(
    bitmap: Numbers,
    *,
    kind: str,
    name: str,
    title: str,
    created_at: datetime,
    polarity: str,
    factor: int,
    maximum: float = pixels.WHITE,
) -> Columns:
    """Returns the columns of a bitmap, (height, width), of numbers from 0 to `maximum`.

    With the pixels, `kind`, `name` and `title` identify it in later imports. `factor` enlarges each
    pixel. Raises BadRecordError.
    """
    field = to_shades(bitmap, maximum)
    if polarity == "ink":
        field = pixels.WHITE - field
    key = records.key_from_pixels(kind, field, name, title)
    field = field.repeat(factor, axis=0).repeat(factor, axis=1)
    return records.foreign_columns(field, key=key, title=title, created_at=created_at)


def to_shades(bitmap: Numbers, maximum: float) -> pixels.Field:
    """Returns numbers from 0 to `maximum` as 0 to 255, rounded half up. uint8 is not scaled.

    Raises BadRecordError if a number is negative or not finite.
    """
    if bitmap.dtype == np.uint8:
        return bitmap
    numbers = bitmap.astype(np.float64)
    if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
        raise BadRecordError("Its numbers must be 0 or more, and finite.")
    return np.floor(numbers / (maximum or 1) * pixels.WHITE + 0.5).astype(np.uint8)
