"""Reads untrusted files and their lines."""

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from drawings.datasets.imports.records import BadSourceError

GZIP_MAGIC = b"\x1f\x8b"
# Deflate compresses lines of drawings to a tenth and nearly blank bitmaps to a hundredth. Beyond
# this ratio, a file is taken for a decompression bomb.
MAX_RATIO = 300
RATIO_CHECKED_FROM = 64_000_000  # inflated bytes
# To find the end of a line that is too long, at most this many times its limit are read.
MAX_LINE_PARTS = 16

DAMAGED_FILE = (EOFError, OSError, zlib.error, zipfile.BadZipFile)
# A name may be invalid UTF-8, and the zip's version unknown.
DAMAGED_ZIP = (*DAMAGED_FILE, UnicodeDecodeError, NotImplementedError)


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class CheckedReader:
    """Reads a file sequentially. Raises BadSourceError where it is damaged, or inflates too far."""

    def __init__(self, file: Readable, compressed: IO[bytes] | None = None) -> None:
        self.file = file
        self.compressed = compressed  # the gzip file, if `file` inflates one
        self.bytes_read = 0

    def read(self, size: int) -> bytes:
        return self._read_checked(self.file.read, size)

    def read_line(self, size: int) -> bytes:
        """Read to the end of the line, at most `size` bytes."""
        return self._read_checked(self.file.readline, size)

    def _read_checked(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            data = read(size)
        except DAMAGED_FILE as error:
            raise BadSourceError("From here on it is damaged or cut short.") from error
        self.bytes_read += len(data)
        if self.compressed is not None and self.bytes_read > max(
            RATIO_CHECKED_FROM, MAX_RATIO * self.compressed.tell()
        ):
            raise BadSourceError("It inflates to far more than drawings do.")
        return data


@contextmanager
def open_file(path: Path) -> Iterator[CheckedReader]:
    """Open a file, inflated if it is gzipped. Raises BadSourceError if it cannot be opened."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadSourceError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        if file.peek(2)[:2] != GZIP_MAGIC:
            yield CheckedReader(file)
            return
        with gzip.open(file) as inflated:
            yield CheckedReader(inflated, compressed=file)


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a zip. Raises BadSourceError if it cannot be opened."""
    try:
        return zipfile.ZipFile(path)
    except DAMAGED_ZIP as error:
        raise BadSourceError("This is not a zip, or it is damaged or cut short.") from error


def read_lines(reader: CheckedReader, limit: int) -> Iterator[tuple[int, bytes | None]]:
    """Read the lines that are not empty, with their numbers from 1.

    A line of more than `limit` bytes is None. Raises BadSourceError if such a line has no end.
    """
    number = 0
    while line := reader.read_line(limit + 1):
        number += 1
        # readline() of a zip's member may return more bytes than the size it is given.
        if len(line.removesuffix(b"\n")) <= limit:
            if line.strip():
                yield number, line
            continue
        for _ in range(MAX_LINE_PARTS):
            if line.endswith(b"\n") or not line:
                break
            line = reader.read_line(limit + 1)
        else:
            raise BadSourceError(f"Line {number} has no end.")
        yield number, None
