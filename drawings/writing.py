"""Write transactions that wait for each other in order.

SQLite lets one connection write at a time, and the others ask again after pauses that grow: under
load some wait for seconds while newcomers pass. Within a process they take turns instead, which
leaves one asker for each process.
"""

import math
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
    with _turn_taken(), transaction.atomic():
        yield


@contextmanager
def _turn_taken() -> Iterator[None]:
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


def _patience() -> float:
    """How long to wait yet for a sign that others get on, in this process or another."""
    try:
        # What every transaction is written to, whosoever it is.
        written = Path(f"{connection.settings_dict['NAME']}-wal").stat().st_mtime
    except OSError:
        written = 0.0
    left = max(_began, written) + PATIENCE_SECONDS - time.time()
    return min(PATIENCE_SECONDS, max(0.0, left))
