"""Can this process serve? What stands in the way is named in a few words, without any path."""

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

# However often it is asked, the database and the disk are tried once in so many seconds.
AGE_SECONDS = 1.0
# What takes longer hangs, as a disk may: then what was seen before says nothing any more.
HANGS_SECONDS = 15.0
# How long the trial waits for another writer, in milliseconds.
WAIT_MS = 1_500
# Less than this and the disk is as good as full. MIN_FREE_BYTES refuses submissions long before:
# then the site is still ready, because pages, reports and staff go on.
FREE_BYTES = 16_000_000
# What a trial writes: more than what a page of the database still has room for.
PROBE_BYTES = 64_000

DISK_FULL = "the disk is full"
NO_ANSWER = "the database does not answer"
# The beginnings of SQLite's names for errors, and of PostgreSQL's codes.
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
    """Looks once in AGE_SECONDS, in one thread; the others get what was seen last."""

    def __init__(self, look: Callable[[], str | None]) -> None:
        self.look = look
        self.seen: str | None = "not looked yet"
        self.until = 0.0
        self.began = math.inf  # when the one who looks now began
        self.turn = threading.Lock()

    def fault(self) -> str | None:
        if self.turn.acquire(blocking=False):
            try:
                if time.monotonic() >= self.until:
                    self.began = time.monotonic()
                    self.seen = self.look()
                    self.until = time.monotonic() + AGE_SECONDS
            finally:
                self.began = math.inf
                self.turn.release()
        elif time.monotonic() > self.began + HANGS_SECONDS:
            return NO_ANSWER
        return self.seen


def look() -> str | None:
    """What keeps the site from serving; None if nothing does."""
    for trial in (try_disk, try_database):
        if (fault := trial()) is not None:
            return fault
    return None


# --- The disk that SQLite writes to ---------------------------------------------------------


def try_disk() -> str | None:
    if connection.vendor != "sqlite":
        return None
    database = Path(connection.settings_dict["NAME"])
    if not database.exists():
        return "the database file is missing"
    directory = database.parent
    try:
        if (disk_space.measure_free_bytes() or 0) < FREE_BYTES:
            return DISK_FULL
        # A transaction that is rolled back stays in memory: only this meets the disk itself. The
        # file has no name, so that nothing of it is ever left.
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


def try_database() -> str | None:
    try:
        applied = MigrationRecorder(connection).applied_migrations().keys()
        if (migration := newer_migration(applied)) is not None:
            return f"a newer release has applied the migration {migration}"
        # A deleted file of SQLite is made anew, empty: no table is there, and no migration.
        if needed_migrations() - applied:
            return "migrations are not applied"
        if missing := needed_tables().difference(connection.introspection.table_names()):
            return f"the table {min(missing)} is missing"
        write()
    except Error as error:
        return name_of(error)
    return None


def write() -> None:
    """Write to the database, and take it back: nothing is left, and nothing waits for the disk.

    SQLite gets more than fits where there is room anyway, so that a full database says so. (What
    PostgreSQL takes back stays in its files until it tidies up.)
    """
    size = PROBE_BYTES if connection.vendor == "sqlite" else 64
    with hasty_transaction():
        Session(
            session_key=secrets.token_hex(16),
            session_data=secrets.token_hex(size // 2),
            expire_date=timezone.now(),
        ).save(force_insert=True)
        transaction.set_rollback(True)


@contextmanager
def hasty_transaction() -> Iterator[None]:
    """Wait WAIT_MS for others' locks, not as long as who sends a drawing would."""
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            with transaction.atomic():
                # LOCAL, and in here: a pooler may give the next transaction to a visitor.
                limits = "SET LOCAL lock_timeout = {0}; SET LOCAL statement_timeout = {0}"
                cursor.execute(limits.format(WAIT_MS))
                yield
            return
        usual = connection.settings_dict["OPTIONS"]["timeout"] * 1000
        # Before it begins, which is what waits for the lock.
        cursor.execute(f"PRAGMA busy_timeout = {WAIT_MS}")
        try:
            with transaction.atomic():
                yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")


@functools.cache
def needed_tables() -> frozenset[str]:
    tables = connection.introspection.django_table_names()
    of_search = search.tables(connection)
    return frozenset(tables) | of_search


def name_of(error: Error) -> str:
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    for beginning, fault in FAULTS.items():
        if code.startswith(beginning):
            return fault
    return NO_ANSWER


readiness = Readiness(look)
