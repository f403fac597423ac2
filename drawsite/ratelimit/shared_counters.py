"""Counters in memory that the processes of one machine share. Independent of Django.

gunicorn imports this module before it forks, so all its workers inherit the same tables. Any other
process gets its own tables. A restart resets all counts.
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
# In memory if possible, so that the server starts even on a full disk.
LOCK_FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# The key, the end of its window by time.monotonic(), the count.
SLOT = struct.Struct(f"={KEY_BYTES}sdQ")
SLOTS = 65_536
PROBE_LENGTH = 16

# Each limit has its own table, so that filling one evicts nothing from the others. Otherwise a
# client with many addresses could make the site forget failed logins.
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

    If all slots of a key are taken, it evicts an expired key, or else the one with the lowest
    count, so that clients that have used up their limits are evicted last.
    """

    def __init__(self, slots: int = SLOTS) -> None:
        self._slots = slots
        self._table = mmap.mmap(-1, slots * SLOT.size)
        self._thread_lock = threading.Lock()
        self._lock_file = tempfile.TemporaryFile(dir=LOCK_FOLDER)  # noqa: SIM115 - closed by close()

    def close(self) -> None:
        self._lock_file.close()
        self._table.close()

    def check_limit(
        self, key: bytes, limit: int, seconds: float, amount: int, *, write: bool
    ) -> tuple[bool, float]:
        """Returns whether the key's limit allows `amount` more, and the seconds until its window
        ends.

        With `write`, an allowed amount is counted; a negative one is subtracted, down to zero.
        `key` is a hash of KEY_BYTES bytes.
        """
        with self._locked():
            now = time.monotonic()
            offset, ends, count = self._find_slot(key, now, seconds)
            fits = count + amount <= limit
            total = max(0, count + amount)
            if write and fits and total != count:
                SLOT.pack_into(self._table, offset, key, ends, total)
        return fits, ends - now

    def _find_slot(self, key: bytes, now: float, seconds: float) -> tuple[int, float, int]:
        """Returns the offset of the key's slot, or of the one to evict; the window's end; the
        count."""
        first = int.from_bytes(key[:8])
        candidates = []
        for step in range(PROBE_LENGTH):
            offset = (first + step) % self._slots * SLOT.size
            slot_key, ends, count = SLOT.unpack_from(self._table, offset)
            # No window ends later than `seconds` from now, except in a slot that a killed process
            # left half written. Such a slot counts as expired.
            is_live = now < ends <= now + seconds
            if slot_key == key:
                return (offset, ends, count) if is_live else (offset, now + seconds, 0)
            candidates.append((is_live, count, ends, offset))
        return min(candidates)[-1], now + seconds, 0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Exclude other threads and processes. The kernel releases the lock of a dead process."""
        with self._thread_lock:
            fcntl.lockf(self._lock_file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._lock_file, fcntl.LOCK_UN)


tables = {scope: Counters() for scope in SCOPES}
for table in tables.values():
    atexit.register(table.close)
