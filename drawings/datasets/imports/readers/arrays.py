"""Reads arrays in NumPy's .npy and .npz files, a block at a time, without loading pickles.

The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
"""

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from drawings.datasets.imports import files, records
from drawings.datasets.imports.readers import bitmaps
from drawings.datasets.imports.records import (
    BadRecordError,
    BadSourceError,
    Options,
    Source,
    Task,
    Tasks,
)

NPY_MAGIC = b"\x93NUMPY"

# Limits per read.
BLOCK_ROWS = 500
BLOCK_BYTES = 4_000_000
MAX_ROW_BYTES = 32_000_000
MAX_TEXT_LENGTH = 4_000  # texts are padded with zeros, which deflate to next to nothing

# The names of arrays of bitmaps in foreign files, and those of their labels.
LABEL_NAMES = ("labels", "y", "target")
IMAGE_NAMES = {
    "images": LABEL_NAMES,
    "x": LABEL_NAMES,
    "x_train": ("y_train",),
    "x_test": ("y_test",),
    "arr_0": (*LABEL_NAMES, "arr_1"),
}
QUICKDRAW_PREFIX = "full_numpy_bitmap_"

Values = npt.NDArray[Any]
Opener = Callable[[], AbstractContextManager[Any]]  # opens the binary file


class Array(NamedTuple):
    """An array in a file: its header, and how to open the file."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    open: Opener
    memmap: Values | None = None  # only of an array in Fortran order, whose rows are scattered

    @property
    def row_bytes(self) -> int:
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    def read_blocks(self, rows: int) -> Iterator[Values]:
        """Read blocks of at most `rows` rows. Raises BadSourceError if the array is cut short."""
        if self.memmap is not None:
            for start in range(0, self.shape[0], rows):
                yield self.memmap[start : start + rows].reshape(-1, *self.shape[1:])
            return
        with self.open() as file:
            reader = files.CheckedReader(file)
            _read_header(file)
            for start in range(0, self.shape[0], rows):
                number = min(rows, self.shape[0] - start)
                data = reader.read(number * self.row_bytes)
                whole = len(data) // self.row_bytes if self.row_bytes else number
                if self.dtype.kind == "U":
                    data = _replace_bad_characters(data, self.dtype)
                yield np.ndarray((whole, *self.shape[1:]), self.dtype, data)
                if whole < number:
                    raise BadSourceError(f"{self.name} is cut short after {start + whole} rows.")


def _replace_bad_characters(data: bytes, dtype: np.dtype[Any]) -> bytes:
    """Returns NumPy texts with U+FFFD for invalid code points, which Python cannot decode."""
    number = np.dtype("u4").newbyteorder(dtype.byteorder)
    characters = np.ndarray(len(data) // number.itemsize, number, data).copy()
    characters[characters > sys.maxunicode] = ord("\ufffd")
    return characters.tobytes()


# --- Files ----------------------------------------------------------------------------------


def read_arrays(path: Path, options: Options) -> Source:
    """Returns the source of a .npy or .npz file. Raises BadSourceError if it has no bitmaps."""
    with files.open_file(path) as reader:
        if reader.read(len(NPY_MAGIC)) == NPY_MAGIC:
            array = open_array("array", partial(path.open, "rb"), path)
            return _build_source([(array, None)], path, options)
    return _build_source(_choose_arrays(dict(read_members(path))), path, options)


def read_members(path: Path) -> Iterator[tuple[str, Array]]:
    """Read the headers of the arrays of a .npz file, with their names."""
    with files.open_zip(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".npy")]
    for name in names:
        array = open_array(name.removesuffix(".npy"), partial(_open_member, path, name))
        yield array.name, array


@contextmanager
def _open_member(path: Path, name: str) -> Iterator[IO[bytes]]:
    with files.open_zip(path) as archive, archive.open(name) as file:
        yield file


def open_array(name: str, open: Opener, path: Path | None = None) -> Array:
    """Read the header of an array. `path` is that of a .npy file, which can be memory-mapped.

    Raises BadSourceError if the array is damaged, has Python objects or rows that are too large.
    """
    try:
        with open() as file:
            shape, fortran, dtype = _read_header(file)
            offset = file.tell()
    except Exception as error:
        # A header is a Python literal: there are many ways for one to be wrong.
        raise BadSourceError(f"{name} does not begin like a NumPy array.") from error
    if dtype.hasobject:
        raise BadSourceError(f"{name} holds Python objects: pickles are never loaded.")
    array = Array(name, shape, dtype, open)
    if array.row_bytes > MAX_ROW_BYTES:
        raise BadSourceError(f"{name} has rows of more than {MAX_ROW_BYTES:,} bytes.")
    if not fortran or len(shape) < 2:
        return array
    if path is None:
        raise BadSourceError(f"{name} is in Fortran order: save np.ascontiguousarray(...) of it.")
    try:
        return array._replace(memmap=np.memmap(path, dtype, "r", offset, shape, "F"))
    except (ValueError, OSError) as error:
        raise BadSourceError(f"{name} is cut short.") from error


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(file)
    else:  # only structured arrays need a later version
        raise ValueError("another version")
    if any(side < 0 for side in shape):
        raise ValueError("a negative side")
    return shape, fortran, dtype


def rows_in_block(arrays: Iterable[Array]) -> int:
    """Returns how many rows of parallel arrays to read at once."""
    largest = max(array.row_bytes for array in arrays)
    return max(1, min(BLOCK_ROWS, BLOCK_BYTES // max(1, largest)))


def check_text_length(array: Array) -> None:
    """Raise BadSourceError if the dtype has texts longer than MAX_TEXT_LENGTH."""
    length = array.dtype.itemsize // (4 if array.dtype.kind == "U" else 1)
    if array.dtype.kind in "US" and length > MAX_TEXT_LENGTH:
        raise BadSourceError(
            f"{array.name} has texts of {length:,} characters, more than {MAX_TEXT_LENGTH:,}."
        )


# --- Foreign arrays -------------------------------------------------------------------------

# Bitmaps of shape (number, height, width), and their labels.
BitmapsAndLabels = tuple[Array, Array | None]


def _choose_arrays(arrays: Mapping[str, Array]) -> list[BitmapsAndLabels]:
    names = [name for name in IMAGE_NAMES if name in arrays]
    if names and not names[0].startswith("x_"):
        names = names[:1]
    if not names:
        names = [name for name, array in arrays.items() if len(array.shape) == 3]
        if len(names) != 1:
            raise BadSourceError(
                f"It must have an array named {', '.join(IMAGE_NAMES)}, or exactly one with three"
                " dimensions."
            )
    return [
        (arrays[name], _find_labels(arrays, IMAGE_NAMES.get(name, LABEL_NAMES))) for name in names
    ]


def _find_labels(arrays: Mapping[str, Array], names: Iterable[str]) -> Array | None:
    return next((arrays[name] for name in names if name in arrays), None)


def _build_source(pairs: list[BitmapsAndLabels], path: Path, options: Options) -> Source:
    pairs = [
        (_stack_bitmaps(array), None if options.label is not None else labels)
        for array, labels in pairs
    ]
    for array, labels in pairs:
        if array.dtype.kind not in "buif":
            raise BadSourceError(f"{array.name} must hold numbers, not {array.dtype}.")
        bitmaps.enlargement(*array.shape[1:])
        if labels is not None:
            _check_labels(labels, array.shape[0])
    return Source(_read_tasks(pairs, path, options), sum(array.shape[0] for array, _ in pairs))


def _stack_bitmaps(array: Array) -> Array:
    """Returns the array as (number, height, width): it may be one bitmap, or many, flat or not."""
    shape, memmap = array.shape, array.memmap
    if len(shape) == 2:
        side = math.isqrt(shape[1])
        if side * side == shape[1] and shape[0] != shape[1]:
            return array._replace(shape=(shape[0], side, side))
        return array._replace(
            shape=(1, *shape), memmap=None if memmap is None else memmap[np.newaxis]
        )
    if len(shape) != 3:
        raise BadSourceError(
            f"{array.name} is of shape {shape}: it must be (number, height, width), (number,"
            " side * side) or (height, width)."
        )
    return array


def _check_labels(labels: Array, number: int) -> None:
    if labels.shape not in ((number,), (number, 1)):
        raise BadSourceError(f"{labels.name} must have one label for each of {number:,} bitmaps.")
    if labels.dtype.kind not in "iufUS":
        raise BadSourceError(f"{labels.name} must be numbers or text, not {labels.dtype}.")
    check_text_length(labels)


def _read_tasks(pairs: list[BitmapsAndLabels], path: Path, options: Options) -> Tasks:
    modified = path.stat().st_mtime
    title = options.label
    if title is None:
        title = path.stem.removeprefix(QUICKDRAW_PREFIX)
    maximum = _find_maximum([array for array, _ in pairs])
    position = 0
    for array, labels in pairs:
        for index, (bitmap, label) in enumerate(_read_rows(array, labels)):
            where = f"{array.name}[{index}]"
            try:
                to_columns = partial(
                    bitmaps.columns_from_bitmap,
                    kind="array",
                    name=where,
                    title=title if label is None else _title_from_label(label),
                    created_at=records.file_order_time(modified, position),
                    polarity=options.polarity,
                    factor=bitmaps.enlargement(*bitmap.shape),
                    maximum=maximum,
                )
                yield Task(where, bitmap, to_columns)
            except BadRecordError as error:
                yield records.bad_record(where, str(error))
            position += 1


def _read_rows(array: Array, labels: Array | None) -> Iterator[tuple[Values, Values | None]]:
    if labels is None:
        for block in array.read_blocks(rows_in_block([array])):
            yield from zip(block, repeat(None))
    else:
        rows = rows_in_block([array, labels])
        blocks = zip(array.read_blocks(rows), labels.read_blocks(rows), strict=False)
        for bitmap_block, label_block in blocks:
            yield from zip(bitmap_block, label_block, strict=False)


def _find_maximum(arrays: list[Array]) -> float:
    """Returns the largest finite number, ignoring uint8 arrays: their numbers are not scaled."""
    maximum = 0.0
    for array in arrays:
        if array.dtype == np.uint8:
            continue
        with suppress(BadSourceError):
            for block in array.read_blocks(rows_in_block([array])):
                maximum = max(maximum, float(block.max(initial=0, where=np.isfinite(block))))
    return maximum


def _title_from_label(label: Values) -> str:
    value = python_value(label)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return records.single_line(value)


def python_value(value: Values) -> Any:
    """Returns a number, a time or a text of an array as a Python object.

    Raises BadRecordError if the text cannot be decoded.
    """
    try:
        value = value.item()
        return value.decode() if isinstance(value, bytes) else value
    except ValueError as error:
        raise BadRecordError("It has text that cannot be decoded.") from error
