"""Write transactions that wait for each other in order.

SQLite lets one connection write at a time, and the others ask again after pauses that grow: under
load some wait for seconds while newcomers pass. Within a process they take turns instead, which
leaves one asker for each process.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connection, transaction

# As long as a connection asks for the lock of the database (`timeout` in the settings).
WAIT_SECONDS = 5
# Whoever would take the last of the server's threads to wait: somebody has to answer the others.
LAST_WAIT_SECONDS = 0.05

_turn = threading.Lock()
_patient = threading.BoundedSemaphore(settings.WEB_THREADS - 1)


@contextmanager
def write_transaction() -> Iterator[None]:
    """A transaction: at once where the database takes many writers, else when its turn comes.

    Raises OperationalError if that takes too long.
    """
    if connection.vendor != "sqlite":
        with transaction.atomic():
            yield
        return
    is_patient = _patient.acquire(blocking=False)
    try:
        if not _turn.acquire(timeout=WAIT_SECONDS if is_patient else LAST_WAIT_SECONDS):
            raise OperationalError("The database is locked: others have been writing for too long")
        try:
            with transaction.atomic():
                yield
        finally:
            _turn.release()
    finally:
        if is_patient:
            _patient.release()
