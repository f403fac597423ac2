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
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import OperationalError, connection, transaction

# Longer than a transaction takes. When nobody has written for so long the disk has stalled, and
# most leave their threads to those who only look.
PATIENCE_SECONDS = 0.25
PLACES = 2  # for those who wait longer: of four threads one works, and one is left
# Longer than a disk stalls, as a rule. Then somebody keeps the lock of the database: one waits for
# it, as long as the connection's `timeout`, and all others are told.
STALL_SECONDS = 2.0
# For a turn among threads, however much others get on, or the clock is set back.
LONGEST_SECONDS = 5.0

_turn = threading.Lock()
_places = threading.BoundedSemaphore(PLACES)
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
    deadline = time.monotonic() + LONGEST_SECONDS
    if not _taken_within(PATIENCE_SECONDS, deadline):
        _wait_through_a_stall(deadline)
    _began = time.time()
    try:
        yield
    finally:
        _began = math.inf
        _turn.release()


def _wait_through_a_stall(deadline: float) -> None:
    """Take the turn, if there is a place to wait for it; OperationalError if that is in vain."""
    if not _places.acquire(blocking=False):
        raise OperationalError("The database is locked: others wait for it already")
    try:
        if not _taken_within(STALL_SECONDS, deadline):
            raise OperationalError("The database is locked: nobody has written for too long")
    finally:
        _places.release()


def _taken_within(seconds: float, deadline: float) -> bool:
    """Wait for the turn until nobody has written for so long; whether it is ours."""
    while not _turn.acquire(timeout=_patience(seconds)):
        if _patience(seconds) == 0 or time.monotonic() > deadline:
            return False
    return True


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
        fcntl.flock(directory, fcntl.LOCK_EX)
        # Who has waited so long in vain does not go on to wait for the database as well.
        if _patience(STALL_SECONDS) == 0:
            raise OperationalError("The database is locked: another process waited for too long")
        yield
        with suppress(OSError):  # it is stored, whatever becomes of the sign that we get on
            os.utime(directory)
    finally:
        os.close(directory)


def _patience(seconds: float) -> float:
    """What is left of so many seconds without a sign that others get on, here or elsewhere.

    (Not a look at what SQLite has written: that may be of one who goes on and on.)
    """
    try:
        written = Path(connection.settings_dict["NAME"]).parent.stat().st_mtime
    except OSError:
        written = 0.0
    left = max(_began, written) + seconds - time.time()
    return min(seconds, max(0.0, left))
