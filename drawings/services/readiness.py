"""Checks whether this process can serve. A fault is named in a few words, without paths."""

import errno
import functools
import math
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.contrib.sessions.models import Session
from django.db import Error, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from drawings.queries import search
from drawsite.db import disk_space
from drawsite.db.releases import needed_migrations, newer_migration

# How long the result of a check is served, so that frequent requests cost nothing.
MAX_AGE_SECONDS = 1.0
# A longer check counts as hung (a disk can hang), and the last result is no longer valid.
HANG_SECONDS = 15.0
# How long a check waits for another writer, in milliseconds.
LOCK_WAIT_MS = 1_500
# With less free space the disk counts as full. Submissions are refused long before, by the setting
# MIN_FREE_BYTES, but the site is still ready then: pages, reports and the admin work.
DISK_FULL_BYTES = 16_000_000
# What a check writes: more than fits into the free space of one page of the database.
PROBE_BYTES = 64_000

DISK_FULL = "the disk is full"
NO_ANSWER = "the database does not answer"
# Prefixes of SQLite's error names and PostgreSQL's error codes.
FAULTS = {
    "SQLITE_READONLY": "the database is read-only",
    "SQLITE_FULL": DISK_FULL,
    "SQLITE_BUSY": "the database is locked",
    "SQLITE_CORRUPT": "the database is damaged",
    "SQLITE_NOTADB": "the database is damaged",
    "25006": "the database is read-only",
    "53100": DISK_FULL,
    "55P03": "the database is locked",
    "57014": "the database is too slow",
}


class Readiness:
    """Caches the result of `find_fault` for MAX_AGE_SECONDS.

    One thread checks at a time. Meanwhile the others get the last result.
    """

    def __init__(self, find_fault: Callable[[], str | None]) -> None:
        self.find_fault = find_fault
        self.last_fault: str | None = "not checked yet"
        self.valid_until = 0.0
        self.check_began = math.inf  # infinite while no check runs
        self.lock = threading.Lock()

    def current_fault(self) -> str | None:
        """The fault that keeps the site from serving; None if it is ready."""
        if self.lock.acquire(blocking=False):
            try:
                if time.monotonic() >= self.valid_until:
                    self.check_began = time.monotonic()
                    self.last_fault = self.find_fault()
                    self.valid_until = time.monotonic() + MAX_AGE_SECONDS
            finally:
                self.check_began = math.inf
                self.lock.release()
        elif time.monotonic() > self.check_began + HANG_SECONDS:
            return NO_ANSWER
        return self.last_fault


def find_fault() -> str | None:
    """Check the disk and the database now. Returns the first fault, or None."""
    for check in (check_disk, check_database):
        if (fault := check()) is not None:
            return fault
    return None


# --- The disk that SQLite writes to ---------------------------------------------------------


def check_disk() -> str | None:
    if connection.vendor != "sqlite":
        return None
    database = Path(connection.settings_dict["NAME"])
    if not database.exists():
        return "the database file is missing"
    directory = database.parent
    try:
        if (disk_space.measure_free_bytes() or 0) < DISK_FULL_BYTES:
            return DISK_FULL
        # A transaction that is rolled back stays in memory, so only this reaches the disk. The file
        # has no name, so it cannot be left behind.
        with tempfile.TemporaryFile(dir=directory) as file:
            file.write(os.urandom(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return DISK_FULL
        return "the data directory cannot be written"
    return None


# --- The database ---------------------------------------------------------------------------


def check_database() -> str | None:
    try:
        applied = MigrationRecorder(connection).applied_migrations().keys()
        if (migration := newer_migration(applied)) is not None:
            return f"a newer release has applied the migration {migration}"
        # SQLite replaces a deleted file with an empty one, which has no tables.
        if needed_migrations() - applied:
            return "migrations are not applied"
        if missing := needed_tables().difference(connection.introspection.table_names()):
            return f"the table {min(missing)} is missing"
        write_and_roll_back()
    except Error as error:
        return fault_of(error)
    return None


def write_and_roll_back() -> None:
    """Write a row and roll it back, so that nothing is left and nothing waits for the disk.

    On SQLite the row is too large for the free space of one page, so a full database is noticed.
    On PostgreSQL it is small, because it takes up space until the next vacuum.
    """
    size = PROBE_BYTES if connection.vendor == "sqlite" else 64
    with brief_transaction():
        Session(
            session_key=secrets.token_hex(16),
            session_data=secrets.token_hex(size // 2),
            expire_date=timezone.now(),
        ).save(force_insert=True)
        transaction.set_rollback(True)


@contextmanager
def brief_transaction() -> Iterator[None]:
    """A transaction that waits LOCK_WAIT_MS for locks, where a submission would wait longer."""
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            with transaction.atomic():
                # LOCAL, because a pooler may give the connection to a visitor's request next.
                limits = "SET LOCAL lock_timeout = {0}; SET LOCAL statement_timeout = {0}"
                cursor.execute(limits.format(LOCK_WAIT_MS))
                yield
            return
        usual = connection.settings_dict["OPTIONS"]["timeout"] * 1000
        # Set it first: BEGIN is what waits for the lock.
        cursor.execute(f"PRAGMA busy_timeout = {LOCK_WAIT_MS}")
        try:
            with transaction.atomic():
                yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")


@functools.cache
def needed_tables() -> frozenset[str]:
    tables = connection.introspection.django_table_names()
    return frozenset(tables) | search.table_names(connection)


def fault_of(error: Error) -> str:
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    for prefix, fault in FAULTS.items():
        if code.startswith(prefix):
            return fault
    return NO_ANSWER


readiness = Readiness(find_fault)
