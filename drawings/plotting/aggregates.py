"""Sums over many fields, and contact sheets, batch by batch. Does not import Django.

Runs in the plot worker: totals go in and come out with each batch, so memory is bounded by a batch,
however many drawings there are.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from drawings.imaging import colormaps
from drawings.imaging.pixels import WHITE, BadBlobError, Field, read_blob

# A pixel darker than middle grey is ink.
INK_BELOW = 128
# Pixels: a thumbnail's longer side, and the gap between two cells.
THUMBNAIL_SIDE = 72
GAP = 6
MAX_COLUMNS = 12

Floats = npt.NDArray[np.float64]

logger = logging.getLogger(__name__)


class ThumbnailSource(NamedTuple):
    """The columns of a drawing's row that its thumbnail is made of."""

    blob: bytes
    height: int
    width: int
    colormap: str
    vmin: int
    vmax: int


class Totals(NamedTuple):
    """Sums over fields of one shape, pixel by pixel.

    The sums are 64-bit integers, so all results are exact for up to 16 million fields.
    """

    number: int
    sums: npt.NDArray[np.uint64]
    squares: npt.NDArray[np.uint64]
    inked: npt.NDArray[np.uint64]

    def mean(self) -> Floats:
        """The mean brightness of each pixel, 0 to 255, float64 of shape (height, width)."""
        return self.sums / self.number

    def spread(self) -> Floats:
        """The standard deviation of each pixel's brightness, 0 to 127.5, like numpy.std."""
        squared = self.number * self.squares - self.sums**2  # exact, so never below 0
        return np.asarray(np.sqrt(squared) / self.number)

    def ink(self) -> Floats:
        """The share of the drawings that have ink at each pixel, 0 to 1."""
        return self.inked / self.number


def empty_totals(height: int, width: int) -> Totals:
    """The totals of no fields, for fields of this shape."""
    zeros = np.zeros((height, width), np.uint64)
    return Totals(0, zeros, zeros, zeros)


def add_blobs(totals: Totals, blobs: Sequence[bytes]) -> Totals:
    """New totals that include the fields of these blobs. Skips and logs damaged blobs.

    The fields must have the shape of the totals.
    """
    number, sums, squares, inked = totals.number, *(each.copy() for each in totals[1:])
    height, width = sums.shape
    for blob in blobs:
        field = _read_field(blob, height, width)
        if field is None:
            continue
        number += 1
        sums += field
        squares += field.astype(np.uint16) ** 2
        inked += field < INK_BELOW
    return Totals(number, sums, squares, inked)


def make_thumbnails(drawings: Sequence[ThumbnailSource]) -> list[Image.Image]:
    """Thumbnails in the drawings' own colours, RGB, with a longer side of THUMBNAIL_SIDE pixels.

    The thumbnail of a damaged drawing is white.
    """
    return [_make_thumbnail(drawing) for drawing in drawings]


def _make_thumbnail(drawing: ThumbnailSource) -> Image.Image:
    field = _read_field(drawing.blob, drawing.height, drawing.width)
    if field is None:
        return Image.new("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE), (WHITE, WHITE, WHITE))
    palette = colormaps.palette(drawing.colormap, drawing.vmin, drawing.vmax)
    colours = np.frombuffer(palette, np.uint8).reshape(WHITE + 1, 3)
    image = Image.fromarray(colours[field])
    scale = THUMBNAIL_SIDE / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    resampling = Image.Resampling.BOX if scale < 1 else Image.Resampling.NEAREST
    return image.resize((width, height), resampling)


def make_contact_sheet(
    thumbnails: Sequence[Image.Image], background: tuple[int, int, int]
) -> npt.NDArray[np.uint8]:
    """The thumbnails row by row, at most MAX_COLUMNS in each, as (height, width, 3) uint8 RGB.

    Each is centred in a cell of THUMBNAIL_SIDE + GAP pixels a side.
    """
    cell = THUMBNAIL_SIDE + GAP
    rows, columns = grid_shape(len(thumbnails))
    sheet = Image.new("RGB", (columns * cell, rows * cell), background)
    for number, thumbnail in enumerate(thumbnails):
        row, column = divmod(number, columns)
        x, y = ((cell - side) // 2 for side in thumbnail.size)
        sheet.paste(thumbnail, (column * cell + x, row * cell + y))
    return np.asarray(sheet)


def grid_shape(number: int) -> tuple[int, int]:
    """The rows and columns of a contact sheet of `number` thumbnails."""
    columns = min(MAX_COLUMNS, number)
    return -(-number // columns), columns


def _read_field(blob: bytes, height: int, width: int) -> Field | None:
    try:
        return read_blob(blob, height, width)
    except BadBlobError as error:
        logger.error("A plot contains a damaged drawing: it %s", error)
        return None
