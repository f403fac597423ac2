"""Counters in memory that the processes of one machine share. Knows nothing of Django.

gunicorn imports this module before it forks, so its workers inherit the same tables. Any other
process has tables of its own. A restart begins anew.
"""

import atexit
import fcntl
import mmap
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEY_BYTES = 16
# In memory where there is such a directory, so that a full disk cannot stop the start.
FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# The key, the time.monotonic() at which its window ends, the count.
SLOT = struct.Struct(f"={KEY_BYTES}sdQ")
SLOTS = 65_536
# Probe length: the slots that a key may be in.
PLACES = 16

# Each limit has a table of its own, so that filling one evicts nothing from the others: else
# whoever has many addresses could make the site forget the logins that failed.
SCOPES = (
    "submit",
    "submit_bytes",
    "report",
    "figure",
    "api",
    "token",
    "login",
    "login_name_here",
    "login_name",
)


class Counters:
    """A hash table of fixed size. A window begins with the first event of its key.

    When all slots of a key are taken, it replaces an expired key; else the one with the lowest
    count: a client that has used up its limit is the last to be forgotten.
    """

    def __init__(self, slots: int = SLOTS) -> None:
        self._slots = slots
        self._table = mmap.mmap(-1, slots * SLOT.size)
        self._turn = threading.Lock()
        self._file = tempfile.TemporaryFile(dir=FOLDER)  # noqa: SIM115 - empty, only to be locked

    def close(self) -> None:
        self._file.close()
        self._table.close()

    def ask(
        self, key: bytes, limit: int, seconds: float, amount: int, *, write: bool
    ) -> tuple[bool, float]:
        """Whether `amount` more fit into the key's limit, and the seconds until its window ends.

        With `write`, they are counted if they fit. A negative amount gives back, down to zero.
        `key` is KEY_BYTES long and evenly distributed.
        """
        with self._locked():
            now = time.monotonic()
            place, ends, count = self._find(key, now, seconds)
            fits = count + amount <= limit
            total = max(0, count + amount)
            if write and fits and total != count:
                SLOT.pack_into(self._table, place, key, ends, total)
        return fits, ends - now

    def _find(self, key: bytes, now: float, seconds: float) -> tuple[int, float, int]:
        """The offset of the key's slot, or of the slot to replace; the window's end; the count."""
        first = int.from_bytes(key[:8])
        candidates = []
        for number in range(PLACES):
            place = (first + number) % self._slots * SLOT.size
            other, ends, count = SLOT.unpack_from(self._table, place)
            # No window ends later than `seconds` from now. What a process was writing when it was
            # killed may say otherwise, and counts as expired.
            is_live = now < ends <= now + seconds
            if other == key:
                return (place, ends, count) if is_live else (place, now + seconds, 0)
            candidates.append((is_live, count, ends, place))
        return min(candidates)[-1], now + seconds, 0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Exclude other threads, and other processes: the kernel frees the lock of a dead one."""
        with self._turn:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


tables = {scope: Counters() for scope in SCOPES}
for table in tables.values():
    atexit.register(table.close)
