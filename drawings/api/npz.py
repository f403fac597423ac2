"""Packs many drawings into one file for `np.load(..., allow_pickle=False)`.

Imports no Django, because it runs in the plot worker's process.
"""

import io
import zipfile
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from drawings.imaging import pixels

# The best level would save a tenth more, in ten times the time.
COMPRESSION_LEVEL = 1


class Row(NamedTuple):
    """The columns of a drawing that the file needs."""

    id: str
    title: str
    artist: str
    split: str
    height: int
    width: int
    blob: bytes


def make_npz(rows: Sequence[Row]) -> tuple[bytes, list[str]]:
    """Returns the rows as the bytes of an .npz file, and the ids of damaged rows, which it skips.

    The arrays are `images`, (N, H, W) uint8 from 0 (black) to 255 (white); `sizes`, (N, 2) uint16
    heights and widths; and `ids`, `labels` (the titles), `artists` and `splits`, (N,) text. H and W
    fit the largest drawing; smaller ones are at the top left on white.
    """
    fields: list[pixels.Field] = []
    readable: list[Row] = []
    damaged: list[str] = []
    for row in rows:
        try:
            fields.append(pixels.read_blob(row.blob, row.height, row.width))
            readable.append(row)
        except pixels.BadBlobError:
            damaged.append(row.id)
    sizes = np.array([field.shape for field in fields], np.uint16).reshape(-1, 2)
    height, width = sizes.max(axis=0) if fields else (0, 0)
    images = np.full((len(fields), height, width), pixels.WHITE, np.uint8)
    for image, field in zip(images, fields, strict=True):
        image[: field.shape[0], : field.shape[1]] = field
    arrays = {
        "images": images,
        "ids": np.array([row.id for row in readable], "<U36"),
        "labels": _text_array([row.title for row in readable]),
        "artists": _text_array([row.artist for row in readable]),
        "sizes": sizes,
        "splits": np.array([row.split for row in readable], "<U10"),
    }
    return _zip_arrays(arrays), damaged


def _text_array(texts: Sequence[str]) -> npt.NDArray[np.str_]:
    return np.array(texts, f"<U{max(map(len, texts), default=0) or 1}")


def _zip_arrays(arrays: dict[str, npt.NDArray[np.generic]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(
        out, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL
    ) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)
    return out.getvalue()
