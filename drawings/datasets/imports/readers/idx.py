"""Reads images in MNIST's IDX format: http://yann.lecun.com/exdb/mnist/.

Big-endian: 00 00 08 03, then the numbers of images, rows and columns as 32-bit numbers, then the
pixels as bytes, 0 for the background. Labels are in a separate file: 00 00 08 01, their number, and
a byte for each.
"""

import struct
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np

from drawings.datasets.imports import files, records
from drawings.datasets.imports.readers import bitmaps
from drawings.datasets.imports.records import BadSourceError, Options, Source, Task, Tasks

IMAGES_MAGIC = b"\0\0\x08\x03"
LABELS_MAGIC = b"\0\0\x08\x01"


def read_idx(path: Path, options: Options) -> Source:
    with files.open_file(path) as reader:
        number, height, width = _read_header(reader, IMAGES_MAGIC, 3)
    factor = bitmaps.enlargement(height, width)
    labels = None if options.label is not None else _find_labels(path)
    if labels is not None:
        with files.open_file(labels) as reader:
            if _read_header(reader, LABELS_MAGIC, 1) != (number,):
                raise BadSourceError(f"{labels} does not have one label for each image.")
    return Source(_read_tasks(path, labels, factor, options), number)


def _read_tasks(path: Path, labels: Path | None, factor: int, options: Options) -> Tasks:
    modified = path.stat().st_mtime
    with ExitStack() as stack:
        reader = stack.enter_context(files.open_file(path))
        number, height, width = _read_header(reader, IMAGES_MAGIC, 3)
        label_reader = labels and stack.enter_context(files.open_file(labels))
        if label_reader:
            _read_header(label_reader, LABELS_MAGIC, 1)
        for index in range(number):
            title = options.label or ""
            if label_reader:
                title = str(_read_exactly(label_reader, 1)[0])
            bitmap = np.frombuffer(_read_exactly(reader, height * width), np.uint8)
            to_columns = partial(
                bitmaps.columns_from_bitmap,
                kind="idx",
                name=str(index),
                title=title,
                created_at=records.file_order_time(modified, index),
                polarity=options.polarity,
                factor=factor,
            )
            yield Task(f"index {index}", bitmap.reshape(height, width), to_columns)


def _read_header(reader: files.CheckedReader, magic: bytes, dimensions: int) -> tuple[int, ...]:
    if _read_exactly(reader, len(magic)) != magic:
        raise BadSourceError("It does not begin like an IDX file of bytes.")
    return struct.unpack(f">{dimensions}I", _read_exactly(reader, 4 * dimensions))


def _read_exactly(reader: files.CheckedReader, size: int) -> bytes:
    data = reader.read(size)
    if len(data) < size:
        raise BadSourceError("From here on it is cut short.")
    return data


def _find_labels(path: Path) -> Path | None:
    """Find the file with the labels by MNIST's naming, gzipped or not."""
    name = path.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1")
    candidates = (path.with_name(name), path.with_name(f"{name}.gz"))
    return next((file for file in candidates if file.is_file() and file.name != path.name), None)
