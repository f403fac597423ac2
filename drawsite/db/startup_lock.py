"""One process at a time prepares a site: the others wait for it, and find the work done."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

LOOK_AGAIN_SECONDS = 0.2
ADVISORY_LOCK = "hashtext('drawsite prepare')"


@contextmanager
def alone(connection: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    """Only one process that shares the data directory or the database is in here at once.

    Raises TimeoutError when another one still is, after so many seconds.
    """
    deadline = time.monotonic() + seconds
    with ExitStack() as held:
        held.enter_context(_file_lock(settings.DATA_DIR / "prepare.lock", deadline))
        if connection.vendor == "postgresql":
            held.enter_context(_advisory_lock(connection, deadline))
        yield


@contextmanager
def _file_lock(path: Path, deadline: float) -> Iterator[None]:
    """The lock ends with the process, however that ends."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600)) as file:

        def take() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        _wait_for(take, deadline)
        yield


@contextmanager
def _advisory_lock(connection: BaseDatabaseWrapper, deadline: float) -> Iterator[None]:
    """The lock ends with the connection."""
    with connection.cursor() as cursor:

        def take() -> bool:
            cursor.execute(f"SELECT pg_try_advisory_lock({ADVISORY_LOCK})")
            return bool(cursor.fetchone()[0])

        _wait_for(take, deadline)
    try:
        yield
    finally:
        connection.close()


def _wait_for(take: Callable[[], bool], deadline: float) -> None:
    while not take():
        if time.monotonic() >= deadline:
            raise TimeoutError
        time.sleep(LOOK_AGAIN_SECONDS)
