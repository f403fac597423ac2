"""Files and their lines, of which nothing is believed."""

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from drawings.datasets.imports.records import BadSourceError

GZIP_MAGIC = b"\x1f\x8b"
# Lines of drawings shrink to a tenth, and nearly blank bitmaps to a hundredth. Deflate can do
# more, for who means harm.
GREATEST_RATIO = 300
RATIO_FROM = 64_000_000  # bytes
# So many times what a line may be long are looked through for its end.
LONGEST = 16

DAMAGED = (EOFError, OSError, zlib.error, zipfile.BadZipFile)
# A name may be no UTF-8, and the version one to come.
DAMAGED_ZIP = (*DAMAGED, UnicodeDecodeError, NotImplementedError)


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class Reader:
    """The bytes of a file, one after the other. BadSourceError where they break off."""

    def __init__(self, file: Readable, packed: IO[bytes] | None = None) -> None:
        self.file = file
        self.packed = packed  # the gzip file that they are inflated from
        self.count = 0

    def read(self, size: int) -> bytes:
        return self._next(self.file.read, size)

    def line(self, size: int) -> bytes:
        """To the end of the line, and so many bytes at most."""
        return self._next(self.file.readline, size)

    def _next(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            data = read(size)
        except DAMAGED as error:
            raise BadSourceError("From here on it is damaged or cut short.") from error
        self.count += len(data)
        if self.packed is not None and self.count > max(
            RATIO_FROM, GREATEST_RATIO * self.packed.tell()
        ):
            raise BadSourceError("It inflates to far more than drawings do.")
        return data


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """A file, inflated if it is gzipped. BadSourceError if it cannot be opened."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadSourceError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        if file.peek(2)[:2] != GZIP_MAGIC:
            yield Reader(file)
            return
        with gzip.open(file) as inflated:
            yield Reader(inflated, packed=file)


def open_zip(path: Path) -> zipfile.ZipFile:
    """BadSourceError if it cannot be opened."""
    try:
        return zipfile.ZipFile(path)
    except DAMAGED_ZIP as error:
        raise BadSourceError("This is no zip, or it is damaged or cut short.") from error


def lines(reader: Reader, limit: int) -> Iterator[tuple[int, bytes | None]]:
    """The lines that are not empty, with their numbers from 1; None for one over the limit."""
    number = 0
    while line := reader.line(limit + 1):
        number += 1
        # (Of a zip's member, a line may come that is longer than was asked for.)
        if len(line.removesuffix(b"\n")) <= limit:
            if line.strip():
                yield number, line
            continue
        for _ in range(LONGEST):
            if line.endswith(b"\n") or not line:
                break
            line = reader.line(limit + 1)
        else:
            raise BadSourceError(f"Line {number} does not end.")
        yield number, None
