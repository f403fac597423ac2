"""Indexes for the admin's log, which has an entry for every decision: Django makes none for asking
what happened to one drawing, or what one user did last."""

from django.contrib.admin.models import LogEntry
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = LogEntry._meta.db_table
INDEXES = (
    f"CREATE INDEX IF NOT EXISTS drawing_history ON {TABLE} (object_id, action_time)",
    f"CREATE INDEX IF NOT EXISTS user_history ON {TABLE} (user_id, action_time)",
)


def install(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for index in INDEXES:
            cursor.execute(index)
