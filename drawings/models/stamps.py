"""When a drawing was last written, by the database's clock, and up to when the record is complete.

A client that keeps a copy asks for what was written since the newest stamp that it has seen. So
nothing may become visible with a stamp older than one that can be seen already.

On SQLite a stamp is taken while the write lock is held, and so stamps are in the order of commits.
On PostgreSQL transactions overlap: a list of changes ends at the `horizon`.
"""

from datetime import datetime
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, Func
from django.db.models.sql.compiler import SQLCompiler

# Transactions have an id from their first write on. Where the start of one is hidden, as another
# role's is, or not tracked, it may have begun at any time. (Maintenance has no user.)
HORIZON = """
    SELECT LEAST(statement_timestamp(), MIN(COALESCE(xact_start, 'epoch')))
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_xid IS NOT NULL AND usesysid IS NOT NULL
"""


class Stamp(Func):
    """The moment at which the database writes the row.

    SQLite has this function from drawsite.db.sqlite. On PostgreSQL the transaction gets its id
    before it reads the clock, so a `horizon` read after this moment takes it into account.
    """

    function = "clock_timestamp"
    arity = 0
    output_field = DateTimeField()

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Any:
        template = "CASE WHEN pg_current_xact_id() IS NOT NULL THEN %(function)s() END"
        return self.as_sql(compiler, connection, template=template, **context)


def horizon(using: str) -> datetime | None:
    """The time before which no more stamps become visible; None if all stamps are visible at once.

    Holds for queries that begin later. Not for use within a transaction, where PostgreSQL keeps
    what it has once said of other sessions.
    """
    if connections[using].vendor != "postgresql":
        return None
    with connections[using].cursor() as cursor:
        cursor.execute(HORIZON)
        time: datetime = cursor.fetchone()[0]
    return time
