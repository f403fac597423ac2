"""Stamps: when the database last wrote a drawing, and up to when the list of changes is complete.

A client that keeps a copy requests the changes since the newest stamp that it has seen. So no row
may become visible with a stamp older than one that is visible already.

On SQLite a stamp is taken while the write lock is held, so stamps are in the order of commits. On
PostgreSQL transactions overlap, so a list of changes ends at the horizon.
"""

from datetime import datetime
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, Func
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

# A transaction gets its id with its first write. If its start is hidden, because it is another
# role's, or not tracked, it may have begun at any time. Processes without a user do maintenance.
HORIZON = """
    SELECT LEAST(statement_timestamp(), MIN(COALESCE(xact_start, 'epoch')))
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_xid IS NOT NULL AND usesysid IS NOT NULL
"""


class Stamp(Func):
    """The time at which the database writes the row.

    On SQLite, drawsite.db.sqlite defines the function. On PostgreSQL the transaction gets its id
    before it reads the clock, so a horizon that is read later takes it into account.
    """

    function = "clock_timestamp"
    arity = 0
    output_field = DateTimeField()

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Any:
        template = "CASE WHEN pg_current_xact_id() IS NOT NULL THEN %(function)s() END"
        return self.as_sql(compiler, connection, template=template, **context)


def read_clock(using: str) -> datetime:
    """The time by the clock that stamps are taken from."""
    if connections[using].vendor != "postgresql":
        return timezone.now()
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        time: datetime = cursor.fetchone()[0]
    return time


def read_horizon(using: str) -> datetime | None:
    """The time before which no more stamps become visible; None if all stamps are visible at once.

    Holds for queries that begin later. Do not use it within a transaction, where PostgreSQL keeps
    its first snapshot of other sessions' activity.
    """
    if connections[using].vendor != "postgresql":
        return None
    with connections[using].cursor() as cursor:
        cursor.execute(HORIZON)
        time: datetime = cursor.fetchone()[0]
    return time
