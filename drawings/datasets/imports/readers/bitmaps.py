"""Bitmaps of others: small, of one size, and mostly with high numbers for ink."""

from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from drawings.datasets.imports import records
from drawings.datasets.imports.records import BadRecordError, BadSourceError, Columns
from drawings.imaging import pixels

Numbers = npt.NDArray[Any]


def factor_for(height: int, width: int) -> int:
    """The least that each pixel must be enlarged by, for drawings of a size that a wall takes.

    BadSourceError if there is none.
    """
    factor = -(-pixels.MIN_SIDE // max(1, min(height, width)))
    if min(height, width) < 1 or factor * max(height, width) > pixels.MAX_SIDE:
        raise BadSourceError(
            f"Its bitmaps are {width} x {height}: no side may come to more than"
            f" {pixels.MAX_SIDE}, when the other has {pixels.MIN_SIDE} at least."
        )
    return factor


def columns(
    bitmap: Numbers,
    *,
    kind: str,
    name: str,
    title: str,
    created_at: datetime,
    polarity: str,
    factor: int,
    greatest: float = pixels.WHITE,
) -> Columns:
    """Of a bitmap of shape (height, width), of numbers from 0 to `greatest`.

    `kind` and `name` are where it is from: with what it shows, it is known by them when it comes
    again.
    """
    field = shades_of(bitmap, greatest)
    if polarity == "ink":
        field = pixels.WHITE - field
    key = records.key_of_pixels(kind, field, name, title)
    field = field.repeat(factor, axis=0).repeat(factor, axis=1)
    return records.of_others(field, key=key, title=title, created_at=created_at)


def shades_of(bitmap: Numbers, greatest: float) -> pixels.Field:
    """Numbers from 0 to `greatest` as 0 to 255, rounded half up; uint8 as it is."""
    if bitmap.dtype == np.uint8:
        return bitmap
    numbers = bitmap.astype(np.float64)
    if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
        raise BadRecordError("Its numbers must be 0 or more, and finite.")
    return np.floor(numbers / (greatest or 1) * pixels.WHITE + 0.5).astype(np.uint8)
