"""Counts that the processes of one machine keep together, in memory. Knows nothing of Django.

gunicorn loads this before it starts its processes, which so share one table. Any other process has
one of its own.
"""

import atexit
import fcntl
import mmap
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEY_BYTES = 16
# Where there is memory, a full disk keeps nobody from starting.
FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# A key, when its window ends in seconds since 1970, and how many there are.
SLOT = struct.Struct(f"={KEY_BYTES}sQQ")
SLOTS = 65_536
# So many slots may be a key's: in the one of a window that has ended first it replaces another's.
PLACES = 16


class Counts:
    """A table of a fixed size: where there are more keys at a time, some begin anew."""

    def __init__(self, slots: int = SLOTS) -> None:
        self._slots = slots
        self._table = mmap.mmap(-1, slots * SLOT.size)
        self._turn = threading.Lock()
        self._file = tempfile.TemporaryFile(dir=FOLDER)  # noqa: SIM115 - empty: to be locked

    def close(self) -> None:
        self._file.close()
        self._table.close()

    def add(self, key: bytes, ends: int, number: int = 1) -> int:
        """So many more of a key, KEY_BYTES that are spread evenly, in the window that ends then;
        how many that makes."""
        with self._alone():
            place, so_far = self._find(key, ends)
            SLOT.pack_into(self._table, place, key, ends, so_far + number)
        return so_far + number

    def look(self, key: bytes, ends: int) -> int:
        """How many there are."""
        with self._alone():
            return self._find(key, ends)[1]

    def _find(self, key: bytes, ends: int) -> tuple[int, int]:
        """Where a key's slot is, or is to be, and the count of this window."""
        first = int.from_bytes(key[:8])
        ending = []
        for number in range(PLACES):
            place = (first + number) % self._slots * SLOT.size
            other, end, count = SLOT.unpack_from(self._table, place)
            if other == key:
                return place, count if end == ends else 0
            ending.append((end, place))
        return min(ending)[1], 0

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Threads by turns, and processes: the kernel takes the turn from one that dies."""
        with self._turn:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


here = Counts()
atexit.register(here.close)
