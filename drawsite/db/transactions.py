"""Write transactions. On SQLite they queue for locks instead of polling.

SQLite allows one writer at a time. The others poll for its lock with growing pauses, so under load
some wait for seconds while newcomers overtake them, and much of the time nobody writes at all. Here
they wait for locks instead: first the threads of a process, then the processes.
"""

import fcntl
import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import OperationalError, connection, transaction

# Longer than a transaction takes. If no writer has made progress for this long, the disk has
# stalled, and all but MAX_STALL_WAITERS give up, to leave their threads to readers.
STALLED_AFTER_SECONDS = 0.25
# Of a process's four threads, one writes, two wait, and one is left for readers.
MAX_STALL_WAITERS = 2
# Longer than a disk usually stalls. If no writer has made progress for this long, another program
# holds the database lock. The first writer waits for it as long as the connection's `timeout` says;
# the others give up.
GIVE_UP_AFTER_SECONDS = 2.0
# For the thread lock, even if other writers make progress or the clock is set back.
MAX_WAIT_SECONDS = 5.0

_thread_lock = threading.Lock()
_stall_waiters = threading.BoundedSemaphore(MAX_STALL_WAITERS)
_locked_since = math.inf  # when the current holder took the thread lock


@contextmanager
def write_transaction() -> Iterator[None]:
    """Run a transaction. On SQLite, wait in a queue first; PostgreSQL takes many writers at once.

    Within another transaction it becomes a savepoint of that one. Raises OperationalError if
    another program holds the database lock.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    with _hold_thread_lock(), _hold_process_lock(), transaction.atomic():
        yield


@contextmanager
def nowait_transaction() -> Iterator[None]:
    """Run a transaction that raises OperationalError instead of waiting for a lock.

    For writes that can be made later as well, during requests that only read.
    """
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            with transaction.atomic():
                cursor.execute("SET LOCAL lock_timeout = '1ms'")
                yield
            return
        cursor.execute("PRAGMA busy_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            with transaction.atomic():
                yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")


@contextmanager
def _hold_thread_lock() -> Iterator[None]:
    global _locked_since
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    if not _acquire_unless_stalled(STALLED_AFTER_SECONDS, deadline):
        _wait_through_stall(deadline)
    _locked_since = time.time()
    try:
        yield
    finally:
        _locked_since = math.inf
        _thread_lock.release()


def _wait_through_stall(deadline: float) -> None:
    """Acquire the thread lock as one of MAX_STALL_WAITERS. Raises OperationalError on failure."""
    if not _stall_waiters.acquire(blocking=False):
        raise OperationalError("The database is locked: too many threads are waiting for it")
    try:
        if not _acquire_unless_stalled(GIVE_UP_AFTER_SECONDS, deadline):
            raise OperationalError("The database is locked: no write has finished for too long")
    finally:
        _stall_waiters.release()


def _acquire_unless_stalled(seconds: float, deadline: float) -> bool:
    """Acquire the thread lock. Returns False if no writer makes progress for `seconds`, or at the
    deadline."""
    while not _thread_lock.acquire(timeout=_seconds_left(seconds)):
        if _seconds_left(seconds) == 0 or time.monotonic() > deadline:
            return False
    return True


@contextmanager
def _hold_process_lock() -> Iterator[None]:
    """The kernel wakes the next process at once, and releases the lock of a process that dies."""
    try:
        # The directory, not the file: closing the file would release SQLite's own locks on it.
        directory = os.open(Path(connection.settings_dict["NAME"]).parent, os.O_RDONLY)
    except OSError:  # a database in memory, which no other process shares
        yield
        return
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        # After so long a wait, do not wait for the database lock as well.
        if _seconds_left(GIVE_UP_AFTER_SECONDS) == 0:
            raise OperationalError("The database is locked: another process waited for too long")
        yield
        with suppress(OSError):  # the row is stored, even if progress cannot be recorded
            os.utime(directory)
    finally:
        os.close(directory)


def _seconds_left(seconds: float) -> float:
    """Returns the rest of `seconds` since the last progress of a writer in any process: the last
    commit, which sets the directory's modification time, or the start of the current transaction.

    The log's modification time would not do: a writer that never finishes changes it too.
    """
    try:
        committed = Path(connection.settings_dict["NAME"]).parent.stat().st_mtime
    except OSError:
        committed = 0.0
    left = max(_locked_since, committed) + seconds - time.time()
    return min(seconds, max(0.0, left))
