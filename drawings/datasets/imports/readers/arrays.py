"""Arrays in NumPy's .npy and .npz files, read a block at a time. No pickle is ever loaded.

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

NPY = b"\x93NUMPY"

# What may be read at once.
BLOCK_ROWS = 500
BLOCK_BYTES = 4_000_000
MOST_ROW_BYTES = 32_000_000
MOST_LETTERS = 4_000  # of a text: zeros, which texts are filled up with, deflate to nothing

# What the arrays of others are called, and those of their labels.
LABELS = ("labels", "y", "target")
NAMES = {
    "images": LABELS,
    "x": LABELS,
    "x_train": ("y_train",),
    "x_test": ("y_test",),
    "arr_0": (*LABELS, "arr_1"),
}
QUICKDRAW = "full_numpy_bitmap_"

Values = npt.NDArray[Any]
Opener = Callable[[], AbstractContextManager[Any]]  # of the file, its bytes


class Array(NamedTuple):
    """An array in a file: what its header says, and how to come to what follows the header."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    open: Opener
    mapped: Values | None = None  # one in Fortran's order: its rows lie all over the file

    @property
    def row_bytes(self) -> int:
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    def blocks(self, rows: int) -> Iterator[Values]:
        """The array in blocks of so many rows. BadSourceError where the file breaks off."""
        if self.mapped is not None:
            for start in range(0, self.shape[0], rows):
                yield self.mapped[start : start + rows].reshape(-1, *self.shape[1:])
            return
        with self.open() as file:
            reader = files.Reader(file)
            _header(file)
            for start in range(0, self.shape[0], rows):
                number = min(rows, self.shape[0] - start)
                data = reader.read(number * self.row_bytes)
                whole = len(data) // self.row_bytes if self.row_bytes else number
                if self.dtype.kind == "U":
                    data = _letters(data, self.dtype)
                yield np.ndarray((whole, *self.shape[1:]), self.dtype, data)
                if whole < number:
                    raise BadSourceError(f"{self.name} is cut short after {start + whole} rows.")


def _letters(data: bytes, dtype: np.dtype[Any]) -> bytes:
    """Texts as NumPy keeps them, with U+FFFD for what is no letter: Python cannot read that."""
    number = np.dtype("u4").newbyteorder(dtype.byteorder)
    letters = np.ndarray(len(data) // number.itemsize, number, data).copy()
    letters[letters > sys.maxunicode] = ord("\ufffd")
    return letters.tobytes()


# --- Files ----------------------------------------------------------------------------------


def read(path: Path, options: Options) -> Source:
    """Of a .npy or .npz file."""
    with files.opened(path) as reader:
        if reader.read(len(NPY)) == NPY:
            array = open_array("array", partial(path.open, "rb"), path)
            return _source([(array, None)], path, options)
    return _source(_chosen(dict(members(path))), path, options)


def members(path: Path) -> Iterator[tuple[str, Array]]:
    """The arrays of a .npz file, by their names."""
    with files.open_zip(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".npy")]
    for name in names:
        array = open_array(name.removesuffix(".npy"), partial(_member, path, name))
        yield array.name, array


@contextmanager
def _member(path: Path, name: str) -> Iterator[IO[bytes]]:
    with files.open_zip(path) as archive, archive.open(name) as file:
        yield file


def open_array(name: str, open: Opener, path: Path | None = None) -> Array:
    """What the header says. `path` is that of a .npy file, which can be mapped into memory."""
    try:
        with open() as file:
            shape, fortran, dtype = _header(file)
            offset = file.tell()
    except Exception as error:
        # A header is a Python literal: there are many ways for one to be wrong.
        raise BadSourceError(f"{name} does not begin as a NumPy array does.") from error
    if dtype.hasobject:
        raise BadSourceError(f"{name} holds Python objects: pickles are never loaded.")
    array = Array(name, shape, dtype, open)
    if array.row_bytes > MOST_ROW_BYTES:
        raise BadSourceError(f"{name} has rows of more than {MOST_ROW_BYTES:,} bytes.")
    if not fortran or len(shape) < 2:
        return array
    if path is None:
        raise BadSourceError(f"{name} is in Fortran's order: save np.ascontiguousarray of it.")
    try:
        return array._replace(mapped=np.memmap(path, dtype, "r", offset, shape, "F"))
    except (ValueError, OSError) as error:
        raise BadSourceError(f"{name} is cut short.") from error


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(file)
    else:  # of arrays of structures alone
        raise ValueError("another version")
    if any(side < 0 for side in shape):
        raise ValueError("a negative side")
    return shape, fortran, dtype


def rows_in_block(arrays: Iterable[Array]) -> int:
    """How many rows of arrays side by side are read at once."""
    most = max(array.row_bytes for array in arrays)
    return max(1, min(BLOCK_ROWS, BLOCK_BYTES // max(1, most)))


def check_letters(array: Array) -> None:
    """BadSourceError if its texts may be too long."""
    letters = array.dtype.itemsize // (4 if array.dtype.kind == "U" else 1)
    if array.dtype.kind in "US" and letters > MOST_LETTERS:
        raise BadSourceError(
            f"{array.name} has texts of {letters:,} characters: the most is {MOST_LETTERS:,}."
        )


# --- Arrays of others -----------------------------------------------------------------------

Pair = tuple[Array, Array | None]  # bitmaps of shape (number, height, width), and their labels


def _chosen(arrays: Mapping[str, Array]) -> list[Pair]:
    names = [name for name in NAMES if name in arrays]
    if names and not names[0].startswith("x_"):
        names = names[:1]
    if not names:
        names = [name for name, array in arrays.items() if len(array.shape) == 3]
        if len(names) != 1:
            raise BadSourceError(
                f"It must have an array named {', '.join(NAMES)}, or just one of three dimensions."
            )
    return [(arrays[name], _labels(arrays, NAMES.get(name, LABELS))) for name in names]


def _labels(arrays: Mapping[str, Array], names: Iterable[str]) -> Array | None:
    return next((arrays[name] for name in names if name in arrays), None)


def _source(pairs: list[Pair], path: Path, options: Options) -> Source:
    pairs = [
        (_stacked(array), None if options.label is not None else labels) for array, labels in pairs
    ]
    for array, labels in pairs:
        if array.dtype.kind not in "buif":
            raise BadSourceError(f"{array.name} must hold numbers, not {array.dtype}.")
        bitmaps.factor_for(*array.shape[1:])
        if labels is not None:
            _check_labels(labels, array.shape[0])
    return Source(_tasks(pairs, path, options), sum(array.shape[0] for array, _ in pairs))


def _stacked(array: Array) -> Array:
    """The array in three dimensions: of many bitmaps, of many flat square ones, or of one."""
    shape, mapped = array.shape, array.mapped
    if len(shape) == 2:
        side = math.isqrt(shape[1])
        if side * side == shape[1] and shape[0] != shape[1]:
            return array._replace(shape=(shape[0], side, side))
        return array._replace(
            shape=(1, *shape), mapped=None if mapped is None else mapped[np.newaxis]
        )
    if len(shape) != 3:
        raise BadSourceError(
            f"{array.name} is of shape {shape}: it must be (number, height, width), (number,"
            " side * side) or (height, width)."
        )
    return array


def _check_labels(labels: Array, number: int) -> None:
    if labels.shape not in ((number,), (number, 1)):
        raise BadSourceError(f"{labels.name} must be one label for each of {number:,} bitmaps.")
    if labels.dtype.kind not in "iufUS":
        raise BadSourceError(f"{labels.name} must be numbers or text, not {labels.dtype}.")
    check_letters(labels)


def _tasks(pairs: list[Pair], path: Path, options: Options) -> Tasks:
    modified = path.stat().st_mtime
    title = options.label
    if title is None:
        title = path.stem.removeprefix(QUICKDRAW)
    greatest = _greatest([array for array, _ in pairs])
    position = 0
    for array, labels in pairs:
        for index, (bitmap, label) in enumerate(_rows(array, labels)):
            where = f"{array.name}[{index}]"
            try:
                make = partial(
                    bitmaps.columns,
                    kind="array",
                    name=where,
                    title=title if label is None else _title(label),
                    created_at=records.time_in(modified, position),
                    polarity=options.polarity,
                    factor=bitmaps.factor_for(*bitmap.shape),
                    greatest=greatest,
                )
                yield Task(where, bitmap, make)
            except BadRecordError as error:
                yield records.bad(where, str(error))
            position += 1


def _rows(array: Array, labels: Array | None) -> Iterator[tuple[Values, Values | None]]:
    if labels is None:
        for block in array.blocks(rows_in_block([array])):
            yield from zip(block, repeat(None))
    else:
        rows = rows_in_block([array, labels])
        for block, beside in zip(array.blocks(rows), labels.blocks(rows), strict=False):
            yield from zip(block, beside, strict=False)


def _greatest(arrays: list[Array]) -> float:
    """The greatest finite number, as far as they can be read; uint8 is taken as it is."""
    greatest = 0.0
    for array in arrays:
        if array.dtype == np.uint8:
            continue
        with suppress(BadSourceError):
            for block in array.blocks(rows_in_block([array])):
                greatest = max(greatest, float(block.max(initial=0, where=np.isfinite(block))))
    return greatest


def _title(label: Values) -> str:
    value = text_of(label)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return records.line_of(value)


def text_of(value: Values) -> Any:
    """A number, a time or a text of an array as Python's own."""
    try:
        value = value.item()
        return value.decode() if isinstance(value, bytes) else value
    except ValueError as error:
        raise BadRecordError("It has a text that is none.") from error
