"""Work that takes long, one piece at a time in each process: the other threads go on answering."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

WAIT_SECONDS = 3.0

_lock = threading.Lock()


class BusyError(Exception):
    """The process is at another piece of such work and stays at it; try again shortly."""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait a little for the turn, else raise BusyError."""
    if not _lock.acquire(timeout=WAIT_SECONDS):
        raise BusyError
    try:
        yield
    finally:
        _lock.release()
