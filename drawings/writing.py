"""Write transactions that wait for each other in order.

SQLite lets one connection write at a time, and the others ask again after pauses that grow: under
load some wait for seconds while newcomers pass, and for much of the time nobody writes at all. Here
they take turns instead: first the threads of a process, then the processes.
"""

import fcntl
import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import OperationalError, connection, transaction

# Longer than a transaction takes, or its disk. When nobody has written for so long somebody keeps
# the lock of the database: one waits for it, as long as the connection's `timeout`, and the others
# leave their threads to those who only look.
PATIENCE_SECONDS = 0.25
# After waiting so long for another process, one does not go on to wait for the database as well.
LONG_SECONDS = 1.0

_turn = threading.Lock()
_began = math.inf  # when the one whose turn it is began


@contextmanager
def write_transaction() -> Iterator[None]:
    """A transaction: at once where the database takes many writers, else when its turn comes.

    Within another one it is a part of that. Raises OperationalError if somebody keeps the lock of
    the database.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    with _turn_of_thread(), _turn_of_process(), transaction.atomic():
        yield


@contextmanager
def hurried_transaction() -> Iterator[None]:
    """A transaction that waits for nobody: OperationalError where it would have to.

    For what can be written another time as well, by who only came to read.
    """
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            with transaction.atomic():
                cursor.execute("SET LOCAL lock_timeout = '1ms'")
                yield
            return
        cursor.execute("PRAGMA busy_timeout")
        (patience,) = cursor.fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            with transaction.atomic():
                yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience}")


@contextmanager
def _turn_of_thread() -> Iterator[None]:
    global _began
    while not _turn.acquire(timeout=_patience()):
        if _patience() == 0:
            raise OperationalError("The database is locked: nobody has written for too long")
    _began = time.time()
    try:
        yield
    finally:
        _began = math.inf
        _turn.release()


@contextmanager
def _turn_of_process() -> Iterator[None]:
    """The kernel wakes who is next at once, and takes the turn from a process that dies."""
    try:
        directory = os.open(Path(connection.settings_dict["NAME"]).parent, os.O_RDONLY)
    except OSError:  # a database in memory: no other process has it
        yield
        return
    try:
        # (The directory, not the file: to close that would free SQLite's own locks on it.)
        begin = time.monotonic()
        fcntl.flock(directory, fcntl.LOCK_EX)
        if time.monotonic() - begin > LONG_SECONDS and _patience() == 0:
            raise OperationalError("The database is locked: another process waited for too long")
        yield
    finally:
        os.close(directory)


def _patience() -> float:
    """How long to wait yet for a sign that others get on, in this process or another."""
    try:
        # What every transaction is written to, whosoever it is.
        written = Path(f"{connection.settings_dict['NAME']}-wal").stat().st_mtime
    except OSError:
        written = 0.0
    left = max(_began, written) + PATIENCE_SECONDS - time.time()
    return min(PATIENCE_SECONDS, max(0.0, left))
