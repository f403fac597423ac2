"""wall.npz: NumPy's own archive, for `np.load(..., allow_pickle=False)`.

| array | dtype, shape | content |
| --- | --- | --- |
| `images` | uint8 (N, H, W) | the fields at the top left, padded with white to the largest sides |
| `sizes` | uint16 (N, 2) | the height and width of each field without its padding |
| `ids`, `labels`, `artists`, `colormaps`, `splits` | str (N,) | |
| `limits` | uint8 (N, 2) | vmin and vmax |
| `created_at` | datetime64[us] (N,) | UTC |
| `statuses` | str (N,) | only if some may be unpublished |
| `card` | str () | the dataset card |

All arrays are in the order of the ids. An .npy file (NumPy's format, version 1.0) begins with its
shape and dtype, so all drawings are read twice: first their metadata, for the shapes and dtypes.
"""

import io
import logging
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np

from drawings.datasets.exports import dataset_card
from drawings.datasets.exports.source import Progress, Record, Source
from drawings.datasets.exports.zip_writer import Sink, ZipWriter
from drawings.imaging import pixels

logger = logging.getLogger(__name__)

LAYOUT = """\
One NumPy archive. All arrays except the card are in the same order: by id, oldest drawing first."""
FIELDS = {
    "images": "uint8 (N, height, width); smaller drawings are at the top left, padded with white",
    "sizes": "uint16 (N, 2): each drawing's own height and width",
    "ids": dataset_card.FIELD_DESCRIPTIONS["id"],
    "labels": dataset_card.FIELD_DESCRIPTIONS["label"],
    "artists": dataset_card.FIELD_DESCRIPTIONS["artist"],
    "colormaps": dataset_card.FIELD_DESCRIPTIONS["colormap"],
    "limits": "uint8 (N, 2), vmin and vmax: the brightness of the colormap's first and last colour",
    "created_at": f"datetime64[us]: {dataset_card.FIELD_DESCRIPTIONS['created_at']}",
    "splits": dataset_card.FIELD_DESCRIPTIONS["split"],
    "card": "this text",
}
LOADING = """\
```python
import numpy as np

wall = np.load("wall.npz", allow_pickle=False)
x, labels = wall["images"], wall["labels"]
train = wall["splits"] == "train"
height, width = wall["sizes"][0]
first = x[0, :height, :width]
```

Each `wall[...]` reads a whole array. If memory is too small for that, use Parquet."""


class Column(NamedTuple):
    """An array with one item for each drawing."""

    dtype: str
    item: Callable[[Record], Any]
    shape: tuple[int, ...] = ()  # of one item


class Dimensions:
    """The number of drawings, their largest sides in pixels, and the longest texts' lengths."""

    def __init__(self) -> None:
        self.count = self.height = self.width = 0
        self.title = self.artist = self.colormap = 1  # NumPy has no text dtype of length 0

    def include(self, batch: list[Record]) -> None:
        self.count += len(batch)
        for name in ("height", "width"):
            largest = max(getattr(record, name) for record in batch)
            setattr(self, name, max(getattr(self, name), largest))
        for name in ("title", "artist", "colormap"):
            largest = max(len(getattr(record, name)) for record in batch)
            setattr(self, name, max(getattr(self, name), largest))


def write_npz(out: Sink, source: Source) -> Progress:
    dimensions = Dimensions()
    for batch in source.read_metadata():
        dimensions.include(batch)
        yield 0
    columns = _columns(dimensions, source.has_status)
    with ZipWriter(out, source.scratch) as archive:
        with ExitStack() as deferred:
            bodies = {
                name: deferred.enter_context(archive.open_deferred_entry(f"{name}.npy"))
                for name in columns
            }
            for name, column in columns.items():
                bodies[name].write(_npy_header(column.dtype, (dimensions.count, *column.shape)))
            with archive.open_entry("images.npy") as images:
                images.write(
                    _npy_header("|u1", (dimensions.count, dimensions.height, dimensions.width))
                )
                for batch in source.read_with_pixels():
                    for record in batch:
                        images.write(_padded_pixels(record, dimensions, source.damaged))
                    for name, column in columns.items():
                        items = [column.item(record) for record in batch]
                        bodies[name].write(np.array(items, column.dtype).tobytes())
                    yield source.counts.total()
        text = dataset_card.render_card(source, layout=LAYOUT, fields=FIELDS, loading=LOADING)
        archive.add("card.npy", _npy_header(f"<U{len(text)}", ()) + np.array(text).tobytes())


def _columns(dimensions: Dimensions, has_status: bool) -> dict[str, Column]:
    columns = {
        "ids": Column("<U36", lambda record: record.id),
        "labels": Column(f"<U{dimensions.title}", lambda record: record.title),
        "artists": Column(f"<U{dimensions.artist}", lambda record: record.artist),
        "colormaps": Column(f"<U{dimensions.colormap}", lambda record: record.colormap),
        "sizes": Column("<u2", lambda record: (record.height, record.width), (2,)),
        "limits": Column("|u1", lambda record: (record.vmin, record.vmax), (2,)),
        # NumPy's times have no time zone.
        "created_at": Column("<M8[us]", lambda record: record.created_at.replace(tzinfo=None)),
        "splits": Column("<U10", lambda record: record.split),
    }
    if has_status:
        columns["statuses"] = Column("<U9", lambda record: record.status)
    return columns


def _npy_header(dtype: str, shape: tuple[int, ...]) -> bytes:
    """Returns the header of an .npy file."""
    out = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(out, header)
    return out.getvalue()


def _padded_pixels(record: Record, dimensions: Dimensions, damaged: list[str]) -> bytes:
    """Returns the pixels of a drawing, padded with white to the largest height and width.

    A damaged drawing does not stop the export: it is all white, and its id is added to `damaged`.
    """
    try:
        field = pixels.read_blob(record.blob, record.height, record.width)
    except pixels.BadBlobError as error:
        logger.error("The drawing %s is damaged: its blob %s", record.id, error)
        damaged.append(record.id)
        field = np.empty((0, 0), np.uint8)
    if field.shape == (dimensions.height, dimensions.width):
        return field.tobytes()
    padded = np.full((dimensions.height, dimensions.width), pixels.WHITE, np.uint8)
    height, width = field.shape
    padded[:height, :width] = field
    return padded.tobytes()
