"""Zip files (PKWARE's APPNOTE) written from beginning to end, to what can neither seek nor tell.

Of any number of entries, in memory that does not grow with it: what `zipfile` keeps of a million
entries takes half a gigabyte. What is known only at the end waits in temporary files.
"""

import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from zlib_ng import zlib_ng

LOCAL = struct.Struct("<4s5H3L2H")
DESCRIPTOR = struct.Struct("<4sL2Q")
CENTRAL = struct.Struct("<4s6H3L5H2L")
EXTRA_64 = struct.Struct("<2H")
END_64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR_64 = struct.Struct("<4sLQL")
END = struct.Struct("<4s4H2LH")

STORED, DEFLATED = 0, 8
VERSION = 45  # the first one with ZIP64
MADE_BY_UNIX = 3 << 8 | VERSION
READABLE_FILE = 0o100644 << 16
UTF_8, SIZES_FOLLOW = 0x800, 0x8
MOST_16, MOST_32 = 0xFFFF, 0xFFFFFFFF

# Of zlib-ng: higher levels take much longer, and pixels and JSON lines get little smaller.
LEVEL = 2
RAW = -15  # a deflate stream (RFC 1951) alone
COPIED = 1_000_000


class Sink(Protocol):
    """Whatever takes bytes."""

    def write(self, data: bytes, /) -> Any: ...


class Deflater:
    """Deflates what is written to it, and counts."""

    def __init__(self, put: Callable[[bytes], Any]) -> None:
        self._put = put
        self._deflater = zlib_ng.compressobj(LEVEL, wbits=RAW)
        self.crc = self.size = self.packed = 0

    def write(self, data: bytes) -> None:
        self.crc = zlib_ng.crc32(data, self.crc)
        self.size += len(data)
        self._pass_on(self._deflater.compress(data))

    def finish(self) -> None:
        self._pass_on(self._deflater.flush())

    def _pass_on(self, deflated: bytes) -> None:
        self.packed += len(deflated)
        self._put(deflated)


class ZipWriter:
    """A zip whose end is written where its `with` block ends, but not after an error."""

    def __init__(self, out: Sink, scratch: Path | None = None) -> None:
        """`scratch` is the folder for temporary files, if not the system's."""
        self._out, self._scratch = out, scratch
        self._at = self._entries = 0
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
                self._end()

    def add(self, name: str, data: bytes) -> None:
        """An entry of these bytes as they are, less than 4 GB."""
        encoded, crc, size = name.encode(), zlib_ng.crc32(data), len(data)
        self._list(encoded, STORED, 0, crc, size, size)
        head = LOCAL.pack(
            b"PK\3\4", VERSION, UTF_8, STORED, *self._time, crc, size, size, len(encoded), 0
        )
        self._write(b"".join((head, encoded, data)))

    @contextmanager
    def entry(self, name: str) -> Iterator[Deflater]:
        """An entry that is deflated while it is written; until then no other is."""
        encoded, at = name.encode(), self._at
        self._begin(encoded, SIZES_FOLLOW)
        body = Deflater(self._write)
        yield body
        body.finish()
        self._write(DESCRIPTOR.pack(b"PK\7\10", body.crc, body.packed, body.size))
        self._list(encoded, DEFLATED, SIZES_FOLLOW, body.crc, body.packed, body.size, at)

    @contextmanager
    def aside(self, name: str) -> Iterator[Deflater]:
        """An entry that is deflated while others are written, and put behind them."""
        encoded = name.encode()
        with tempfile.TemporaryFile(dir=self._scratch) as file:
            body = Deflater(file.write)
            yield body
            body.finish()
            self._list(encoded, DEFLATED, 0, body.crc, body.packed, body.size)
            self._begin(encoded, 0, body.crc, body.packed, body.size)
            file.seek(0)
            self._copy(file)

    def _begin(self, name: bytes, flags: int, crc: int = 0, packed: int = 0, size: int = 0) -> None:
        """The head of a deflated entry, which may be of any size."""
        extra = _extra_64(size, packed)
        lengths = MOST_32, MOST_32, len(name), len(extra)
        head = LOCAL.pack(b"PK\3\4", VERSION, UTF_8 | flags, DEFLATED, *self._time, crc, *lengths)
        self._write(head + name + extra)

    def _list(
        self,
        name: bytes,
        method: int,
        flags: int,
        crc: int,
        packed: int,
        size: int,
        at: int | None = None,
    ) -> None:
        """Note an entry that begins at `at`, or here, for the directory."""
        at = self._at if at is None else at
        extra = b""
        if max(at, packed, size) >= MOST_32:
            extra = _extra_64(size, packed, at)
            at = packed = size = MOST_32
        head = CENTRAL.pack(
            b"PK\1\2", MADE_BY_UNIX, VERSION, UTF_8 | flags, method, *self._time,
            crc, packed, size, len(name), len(extra), 0, 0, 0, READABLE_FILE, at,
        )  # fmt: skip
        self._directory.write(head + name + extra)
        self._entries += 1

    def _end(self) -> None:
        begin = self._at
        self._directory.seek(0)
        self._copy(self._directory)
        end, size, number = self._at, self._at - begin, self._entries
        if number >= MOST_16 or end >= MOST_32:
            counts = number, number, size, begin
            self._write(
                END_64.pack(b"PK\6\6", END_64.size - 12, MADE_BY_UNIX, VERSION, 0, 0, *counts)
            )
            self._write(LOCATOR_64.pack(b"PK\6\7", 0, end, 1))
        number, size, begin = min(number, MOST_16), min(size, MOST_32), min(begin, MOST_32)
        self._write(END.pack(b"PK\5\6", 0, 0, number, number, size, begin, 0))

    def _copy(self, file: Any) -> None:
        while data := file.read(COPIED):
            self._write(data)

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._at += len(data)


def _extra_64(*values: int) -> bytes:
    """The extra field for what 32 bits may not hold."""
    return EXTRA_64.pack(1, 8 * len(values)) + struct.pack(f"<{len(values)}Q", *values)
