"""Drawings as one file for `np.load(..., allow_pickle=False)`. Knows nothing of Django.

Runs in the helper process: see drawings/plotting/worker.py.
"""

import io
import zipfile
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from drawings.imaging import pixels

# Pictures of strokes are smaller by a tenth with the best level, which takes ten times as long.
COMPRESSION_LEVEL = 1


class Row(NamedTuple):
    """What an array holds of a drawing."""

    id: str
    title: str
    artist: str
    split: str
    height: int
    width: int
    blob: bytes


def npz(rows: Sequence[Row]) -> tuple[bytes, list[str]]:
    """The file with the drawings of the rows, and the ids of those whose pixels are damaged.

    Those are left out. Arrays, N long: `images` uint8 (N, H, W), 0 black to 255 white, H and W the
    largest of the rows: smaller drawings lie at the top left on white; `ids`, `labels` (the
    titles), `artists`, `splits` text; `sizes` uint16 (N, 2), height and width.
    """
    fields: list[pixels.Field] = []
    whole: list[Row] = []
    damaged: list[str] = []
    for row in rows:
        try:
            fields.append(pixels.read_blob(row.blob, row.height, row.width))
            whole.append(row)
        except pixels.BadBlobError:
            damaged.append(row.id)
    sizes = np.array([field.shape for field in fields], np.uint16).reshape(-1, 2)
    height, width = sizes.max(axis=0) if fields else (0, 0)
    images = np.full((len(fields), height, width), pixels.WHITE, np.uint8)
    for image, field in zip(images, fields, strict=True):
        image[: field.shape[0], : field.shape[1]] = field
    arrays = {
        "images": images,
        "ids": np.array([row.id for row in whole], "<U36"),
        "labels": _texts([row.title for row in whole]),
        "artists": _texts([row.artist for row in whole]),
        "sizes": sizes,
        "splits": np.array([row.split for row in whole], "<U10"),
    }
    return _file(arrays), damaged


def _texts(texts: Sequence[str]) -> npt.NDArray[np.str_]:
    return np.array(texts, f"<U{max(map(len, texts), default=0) or 1}")


def _file(arrays: dict[str, npt.NDArray[np.generic]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(
        out, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL
    ) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)
    return out.getvalue()
