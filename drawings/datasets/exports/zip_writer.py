"""Writes zip files (PKWARE's APPNOTE) sequentially, to files that have no seek() and no tell().

Memory does not grow with the number of entries, whereas `zipfile` keeps half a gigabyte for a
million. The directory and deferred entries wait in temporary files.
"""

import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

from zlib_ng import zlib_ng

LOCAL_HEADER = struct.Struct("<4s5H3L2H")
DATA_DESCRIPTOR = struct.Struct("<4sL2Q")
CENTRAL_HEADER = struct.Struct("<4s6H3L5H2L")
ZIP64_EXTRA = struct.Struct("<2H")
ZIP64_END = struct.Struct("<4sQ2H2L4Q")
ZIP64_LOCATOR = struct.Struct("<4sLQL")
END_OF_DIRECTORY = struct.Struct("<4s4H2LH")

STORED, DEFLATED = 0, 8
VERSION_NEEDED = 45  # the first one with ZIP64
MADE_BY_UNIX = 3 << 8 | VERSION_NEEDED
READABLE_FILE = 0o100644 << 16
UTF_8, SIZES_IN_DESCRIPTOR = 0x800, 0x8
MAX_16, MAX_32 = 0xFFFF, 0xFFFFFFFF

# Of zlib-ng: higher levels take much longer, and make pixels and JSON lines little smaller.
COMPRESSION_LEVEL = 2
RAW_DEFLATE = -15  # a deflate stream (RFC 1951) without zlib's header
COPY_BYTES = 1_000_000


class Sink(Protocol):
    """A binary file of which only write() is needed."""

    def write(self, data: bytes, /) -> Any: ...


class Deflater:
    """Deflates what is written to it, and computes its CRC and sizes."""

    def __init__(self, write_compressed: Callable[[bytes], Any]) -> None:
        self._write_compressed = write_compressed
        self._deflater = zlib_ng.compressobj(COMPRESSION_LEVEL, wbits=RAW_DEFLATE)
        self.crc = self.size = self.compressed_size = 0

    def write(self, data: bytes) -> None:
        self.crc = zlib_ng.crc32(data, self.crc)
        self.size += len(data)
        self._emit(self._deflater.compress(data))

    def finish(self) -> None:
        self._emit(self._deflater.flush())

    def _emit(self, deflated: bytes) -> None:
        self.compressed_size += len(deflated)
        self._write_compressed(deflated)


class ZipWriter:
    """A zip whose directory is written when its `with` block ends, except after an error."""

    def __init__(self, out: Sink, scratch: Path | None = None) -> None:
        """`scratch` is the folder for temporary files; None for the system's."""
        self._out, self._scratch = out, scratch
        self._offset = self._entries = 0
        now = time.gmtime()
        self._time = (
            now.tm_hour << 11 | now.tm_min << 5 | now.tm_sec // 2,
            (now.tm_year - 1980) << 9 | now.tm_mon << 5 | now.tm_mday,
        )

    def __enter__(self) -> Self:
        self._files = ExitStack()
        self._directory = self._files.enter_context(tempfile.TemporaryFile(dir=self._scratch))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._files:
            if error is None:
                self._write_directory()

    def add(self, name: str, data: bytes) -> None:
        """Write an entry without compressing it. `data` must have less than 4 GB."""
        encoded, crc, size = name.encode(), zlib_ng.crc32(data), len(data)
        self._record_entry(encoded, STORED, 0, crc, size, size)
        header = LOCAL_HEADER.pack(
            b"PK\3\4", VERSION_NEEDED, UTF_8, STORED, *self._time, crc, size, size, len(encoded), 0
        )
        self._write(b"".join((header, encoded, data)))

    @contextmanager
    def open_entry(self, name: str) -> Iterator[Deflater]:
        """Write an entry, deflated on the way. Only deferred entries may be written meanwhile."""
        encoded, offset = name.encode(), self._offset
        self._write_local_header(encoded, SIZES_IN_DESCRIPTOR)
        body = Deflater(self._write)
        yield body
        body.finish()
        self._write(DATA_DESCRIPTOR.pack(b"PK\7\10", body.crc, body.compressed_size, body.size))
        self._record_entry(
            encoded,
            DEFLATED,
            SIZES_IN_DESCRIPTOR,
            body.crc,
            body.compressed_size,
            body.size,
            offset,
        )

    @contextmanager
    def open_deferred_entry(self, name: str) -> Iterator[Deflater]:
        """Deflate an entry to a temporary file while others are written, then append it."""
        encoded = name.encode()
        with tempfile.TemporaryFile(dir=self._scratch) as file:
            body = Deflater(file.write)
            yield body
            body.finish()
            self._record_entry(encoded, DEFLATED, 0, body.crc, body.compressed_size, body.size)
            self._write_local_header(encoded, 0, body.crc, body.compressed_size, body.size)
            file.seek(0)
            self._copy_from(file)

    def _write_local_header(
        self, name: bytes, flags: int, crc: int = 0, compressed_size: int = 0, size: int = 0
    ) -> None:
        """Write the local header of a deflated entry, with ZIP64 sizes."""
        extra = _zip64_extra(size, compressed_size)
        lengths = MAX_32, MAX_32, len(name), len(extra)
        header = LOCAL_HEADER.pack(
            b"PK\3\4", VERSION_NEEDED, UTF_8 | flags, DEFLATED, *self._time, crc, *lengths
        )
        self._write(header + name + extra)

    def _record_entry(
        self,
        name: bytes,
        method: int,
        flags: int,
        crc: int,
        compressed_size: int,
        size: int,
        offset: int | None = None,
    ) -> None:
        """Record an entry that begins at `offset`, by default here, for the directory."""
        offset = self._offset if offset is None else offset
        extra = b""
        if max(offset, compressed_size, size) >= MAX_32:
            extra = _zip64_extra(size, compressed_size, offset)
            offset = compressed_size = size = MAX_32
        header = CENTRAL_HEADER.pack(
            b"PK\1\2", MADE_BY_UNIX, VERSION_NEEDED, UTF_8 | flags, method, *self._time,
            crc, compressed_size, size, len(name), len(extra), 0, 0, 0, READABLE_FILE, offset,
        )  # fmt: skip
        self._directory.write(header + name + extra)
        self._entries += 1

    def _write_directory(self) -> None:
        begin = self._offset
        self._directory.seek(0)
        self._copy_from(self._directory)
        end, size, number = self._offset, self._offset - begin, self._entries
        if number >= MAX_16 or end >= MAX_32:
            counts = number, number, size, begin
            self._write(
                ZIP64_END.pack(
                    b"PK\6\6", ZIP64_END.size - 12, MADE_BY_UNIX, VERSION_NEEDED, 0, 0, *counts
                )
            )
            self._write(ZIP64_LOCATOR.pack(b"PK\6\7", 0, end, 1))
        number, size, begin = min(number, MAX_16), min(size, MAX_32), min(begin, MAX_32)
        self._write(END_OF_DIRECTORY.pack(b"PK\5\6", 0, 0, number, number, size, begin, 0))

    def _copy_from(self, file: IO[bytes]) -> None:
        while data := file.read(COPY_BYTES):
            self._write(data)

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._offset += len(data)


def _zip64_extra(*values: int) -> bytes:
    """Returns the ZIP64 extra field, for values that may exceed 32 bits."""
    return ZIP64_EXTRA.pack(1, 8 * len(values)) + struct.pack(f"<{len(values)}Q", *values)
