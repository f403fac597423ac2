"""What many fields have in common, one bunch of them after another. Knows nothing of Django.

For the helper process of turns.py: sums go in and come out, so that the memory that is taken is a
few fields', however many drawings there are.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from drawings.imaging import colormaps
from drawings.imaging.pixels import WHITE, BadBlobError, Field, read_blob

# What is darker than this is ink: half of black, at least.
INK_BELOW = 128
# A thumbnail's side, and the space around it, in pixels.
THUMBNAIL = 72
MARGIN = 6
COLUMNS = 12

Numbers = npt.NDArray[np.float64]

logger = logging.getLogger(__name__)


class Shown(NamedTuple):
    """A drawing as its picture shows it: the columns of its row."""

    blob: bytes
    height: int
    width: int
    colormap: str
    vmin: int
    vmax: int


class Totals(NamedTuple):
    """Sums over fields of one shape, pixel by pixel.

    In whole numbers of 64 bits, so that all that is told from them is exact: of 16 million fields.
    """

    number: int
    sums: npt.NDArray[np.uint64]
    squares: npt.NDArray[np.uint64]
    inked: npt.NDArray[np.uint64]

    def mean(self) -> Numbers:
        """The mean brightness of each pixel, 0 to 255, float64 of shape (height, width)."""
        return self.sums / self.number

    def spread(self) -> Numbers:
        """The standard deviation of each pixel's brightness, 0 to 127.5, as numpy.std has it."""
        squared = self.number * self.squares - self.sums**2  # exact, and so never below 0
        return np.asarray(np.sqrt(squared) / self.number)

    def ink(self) -> Numbers:
        """The share of the drawings that have ink at each pixel, 0 to 1."""
        return self.inked / self.number


def nothing(height: int, width: int) -> Totals:
    """The sums over no field."""
    zeros = np.zeros((height, width), np.uint64)
    return Totals(0, zeros, zeros, zeros)


def add(totals: Totals, blobs: Sequence[bytes]) -> Totals:
    """The sums with these fields in them, all of the shape of the others. Damaged ones are left
    out."""
    number, sums, squares, inked = totals.number, *(each.copy() for each in totals[1:])
    height, width = sums.shape
    for blob in blobs:
        field = _read(blob, height, width)
        if field is None:
            continue
        number += 1
        sums += field
        squares += field.astype(np.uint16) ** 2
        inked += field < INK_BELOW
    return Totals(number, sums, squares, inked)


def thumbnails(drawings: Sequence[Shown]) -> list[Image.Image]:
    """The drawings in their own colours, at most THUMBNAIL pixels a side. A damaged one is an
    empty picture."""
    return [_thumbnail(drawing) for drawing in drawings]


def _thumbnail(drawing: Shown) -> Image.Image:
    field = _read(drawing.blob, drawing.height, drawing.width)
    if field is None:
        return Image.new("RGB", (THUMBNAIL, THUMBNAIL), (WHITE, WHITE, WHITE))
    palette = colormaps.palette(drawing.colormap, drawing.vmin, drawing.vmax)
    colours = np.frombuffer(palette, np.uint8).reshape(WHITE + 1, 3)
    picture = Image.fromarray(colours[field])
    scale = THUMBNAIL / max(picture.size)
    size = [max(1, round(side * scale)) for side in picture.size]
    shrinking = Image.Resampling.BOX if scale < 1 else Image.Resampling.NEAREST
    return picture.resize((size[0], size[1]), shrinking)


def contact_sheet(
    pictures: Sequence[Image.Image], ground: tuple[int, int, int]
) -> npt.NDArray[np.uint8]:
    """The thumbnails line by line, COLUMNS in each: uint8 of shape (height, width, 3).

    Each lies in the middle of a cell of THUMBNAIL + MARGIN pixels a side.
    """
    cell = THUMBNAIL + MARGIN
    rows, columns = cells(len(pictures))
    sheet = Image.new("RGB", (columns * cell, rows * cell), ground)
    for at, picture in enumerate(pictures):
        row, column = divmod(at, columns)
        x, y = ((cell - side) // 2 for side in picture.size)
        sheet.paste(picture, (column * cell + x, row * cell + y))
    return np.asarray(sheet)


def cells(number: int) -> tuple[int, int]:
    """How many rows and columns of a contact sheet so many thumbnails take."""
    columns = min(COLUMNS, number)
    return -(-number // columns), columns


def _read(blob: bytes, height: int, width: int) -> Field | None:
    try:
        return read_blob(blob, height, width)
    except BadBlobError as error:
        logger.error("A drawing is left out of a figure: %s", error)
        return None
