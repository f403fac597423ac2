"""Images of the IDX format, as MNIST comes in: http://yann.lecun.com/exdb/mnist/.

Big-endian: 00 00 08 03, then how many, rows and columns as 32-bit numbers, then the pixels as
bytes, 0 for the background. Labels are in a file of their own: 00 00 08 01, how many, a byte for
each.
"""

import struct
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np

from drawings.datasets.imports import files, records
from drawings.datasets.imports.readers import bitmaps
from drawings.datasets.imports.records import BadSourceError, Options, Source, Task, Tasks

IMAGES = b"\0\0\x08\x03"
LABELS = b"\0\0\x08\x01"


def read(path: Path, options: Options) -> Source:
    with files.opened(path) as reader:
        number, height, width = _header(reader, IMAGES, 3)
    factor = bitmaps.factor_for(height, width)
    labels = None if options.label is not None else _labels_beside(path)
    if labels is not None:
        with files.opened(labels) as reader:
            if _header(reader, LABELS, 1) != (number,):
                raise BadSourceError(f"{labels} has not as many labels as there are images.")
    return Source(_tasks(path, labels, factor, options), number)


def _tasks(path: Path, labels: Path | None, factor: int, options: Options) -> Tasks:
    modified = path.stat().st_mtime
    with ExitStack() as stack:
        reader = stack.enter_context(files.opened(path))
        number, height, width = _header(reader, IMAGES, 3)
        label_reader = labels and stack.enter_context(files.opened(labels))
        if label_reader:
            _header(label_reader, LABELS, 1)
        for index in range(number):
            title = options.label or ""
            if label_reader:
                title = str(_exactly(label_reader, 1)[0])
            bitmap = np.frombuffer(_exactly(reader, height * width), np.uint8)
            make = partial(
                bitmaps.columns,
                kind="idx",
                name=str(index),
                title=title,
                created_at=records.time_in(modified, index),
                polarity=options.polarity,
                factor=factor,
            )
            yield Task(f"index {index}", bitmap.reshape(height, width), make)


def _header(reader: files.Reader, magic: bytes, dimensions: int) -> tuple[int, ...]:
    if _exactly(reader, len(magic)) != magic:
        raise BadSourceError("It does not begin as an IDX file of bytes does.")
    return struct.unpack(f">{dimensions}I", _exactly(reader, 4 * dimensions))


def _exactly(reader: files.Reader, size: int) -> bytes:
    data = reader.read(size)
    if len(data) < size:
        raise BadSourceError("From here on it is cut short.")
    return data


def _labels_beside(path: Path) -> Path | None:
    """MNIST's own name of the labels' file, gzipped or not, if there is such a file."""
    name = path.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1")
    beside = (path.with_name(name), path.with_name(f"{name}.gz"))
    return next((file for file in beside if file.is_file() and file.name != path.name), None)
