"""A lock for `prepare`: one process prepares the site, and the others wait until it is done."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

POLL_SECONDS = 0.2
ADVISORY_LOCK = "hashtext('drawsite prepare')"


@contextmanager
def hold_startup_lock(connection: BaseDatabaseWrapper, timeout: float) -> Iterator[None]:
    """Exclude all other processes that share the data directory or the database.

    Raises TimeoutError if another process still holds the lock after `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    with ExitStack() as locks:
        locks.enter_context(_hold_file_lock(settings.DATA_DIR / "prepare.lock", deadline))
        if connection.vendor == "postgresql":
            locks.enter_context(_hold_advisory_lock(connection, deadline))
        yield


@contextmanager
def _hold_file_lock(path: Path, deadline: float) -> Iterator[None]:
    """The kernel releases the lock when the process ends, even if it is killed."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600)) as file:

        def try_lock() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        _retry_until(deadline, try_lock)
        yield


@contextmanager
def _hold_advisory_lock(connection: BaseDatabaseWrapper, deadline: float) -> Iterator[None]:
    """PostgreSQL releases the lock when the connection ends."""
    with connection.cursor() as cursor:

        def try_lock() -> bool:
            cursor.execute(f"SELECT pg_try_advisory_lock({ADVISORY_LOCK})")
            return bool(cursor.fetchone()[0])

        _retry_until(deadline, try_lock)
    try:
        yield
    finally:
        connection.close()


def _retry_until(deadline: float, try_lock: Callable[[], bool]) -> None:
    while not try_lock():
        if time.monotonic() >= deadline:
            raise TimeoutError
        time.sleep(POLL_SECONDS)
