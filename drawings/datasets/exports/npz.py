"""wall.npz: NumPy's own archive, for `np.load(..., allow_pickle=False)`.

| array | dtype, shape | what |
| --- | --- | --- |
| `images` | uint8 (N, H, W) | the fields; H and W are the largest of all |
| `sizes` | uint16 (N, 2) | each one's own height and width: it lies at the top left, on white |
| `ids`, `labels`, `artists`, `colormaps`, `splits` | str (N,) | |
| `limits` | uint8 (N, 2) | vmin and vmax |
| `created_at` | datetime64[us] (N,) | UTC |
| `statuses` | str (N,) | only where not all are published |
| `card` | str () | the dataset card |

All arrays are in the order of the ids. An .npy file (NumPy's format, version 1.0) begins with its
shape and dtype: so everything is looked at twice, first for how much there is of what.
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
One NumPy archive. All arrays but the card are in one order: by id, the oldest drawing first."""
FIELDS = {
    "images": "uint8 (N, height, width); a smaller drawing lies at the top left, on white paper",
    "sizes": "uint16 (N, 2): each drawing's own height and width",
    "ids": dataset_card.SAID["id"],
    "labels": dataset_card.SAID["label"],
    "artists": dataset_card.SAID["artist"],
    "colormaps": dataset_card.SAID["colormap"],
    "limits": "uint8 (N, 2), vmin and vmax: the brightness of the colormap's first and last colour",
    "created_at": f"datetime64[us]: {dataset_card.SAID['created_at']}",
    "splits": dataset_card.SAID["split"],
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

Each `wall[...]` reads a whole array. Where memory is too small for that, take Parquet."""


class Column(NamedTuple):
    """An array with an item for each drawing."""

    dtype: str
    item: Callable[[Record], Any]
    shape: tuple[int, ...] = ()  # of an item


class Extent:
    """How much there is of what."""

    def __init__(self) -> None:
        self.number = self.height = self.width = 0
        self.title = self.artist = self.colormap = 1  # characters; NumPy has no texts of none

    def add(self, batch: list[Record]) -> None:
        self.number += len(batch)
        for name in ("height", "width"):
            most = max(getattr(record, name) for record in batch)
            setattr(self, name, max(getattr(self, name), most))
        for name in ("title", "artist", "colormap"):
            most = max(len(getattr(record, name)) for record in batch)
            setattr(self, name, max(getattr(self, name), most))


def write(out: Sink, source: Source) -> Progress:
    extent = Extent()
    for batch in source.said():
        extent.add(batch)
        yield 0
    columns = _columns(extent, source.has_status)
    with ZipWriter(out, source.scratch) as archive:
        with ExitStack() as asides:
            bodies = {name: asides.enter_context(archive.aside(f"{name}.npy")) for name in columns}
            for name, column in columns.items():
                bodies[name].write(_head(column.dtype, (extent.number, *column.shape)))
            with archive.entry("images.npy") as images:
                images.write(_head("|u1", (extent.number, extent.height, extent.width)))
                for batch in source.whole():
                    for record in batch:
                        images.write(_image(record, extent, source.damaged))
                    for name, column in columns.items():
                        items = [column.item(record) for record in batch]
                        bodies[name].write(np.array(items, column.dtype).tobytes())
                    yield source.counts.total()
        text = dataset_card.text(source, layout=LAYOUT, fields=FIELDS, loading=LOADING)
        archive.add("card.npy", _head(f"<U{len(text)}", ()) + np.array(text).tobytes())


def _columns(extent: Extent, has_status: bool) -> dict[str, Column]:
    columns = {
        "ids": Column("<U36", lambda record: record.id),
        "labels": Column(f"<U{extent.title}", lambda record: record.title),
        "artists": Column(f"<U{extent.artist}", lambda record: record.artist),
        "colormaps": Column(f"<U{extent.colormap}", lambda record: record.colormap),
        "sizes": Column("<u2", lambda record: (record.height, record.width), (2,)),
        "limits": Column("|u1", lambda record: (record.vmin, record.vmax), (2,)),
        # NumPy's times know of no zones.
        "created_at": Column("<M8[us]", lambda record: record.created_at.replace(tzinfo=None)),
        "splits": Column("<U10", lambda record: record.split),
    }
    if has_status:
        columns["statuses"] = Column("<U9", lambda record: record.status)
    return columns


def _head(dtype: str, shape: tuple[int, ...]) -> bytes:
    """What an .npy file begins with."""
    head = io.BytesIO()
    said = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(head, said)
    return head.getvalue()


def _image(record: Record, extent: Extent, damaged: list[str]) -> bytes:
    """The pixels of a drawing on white paper of the extent's size.

    Paper alone for a damaged one: it has its place in the arrays, and the others are worth having.
    """
    try:
        field = pixels.read_blob(record.blob, record.height, record.width)
    except pixels.BadBlobError as error:
        logger.error("The drawing %s is damaged: its blob %s", record.id, error)
        damaged.append(record.id)
        field = np.empty((0, 0), np.uint8)
    if field.shape == (extent.height, extent.width):
        return field.tobytes()
    paper = np.full((extent.height, extent.width), pixels.WHITE, np.uint8)
    height, width = field.shape
    paper[:height, :width] = field
    return paper.tobytes()
