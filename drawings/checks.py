"""What can be wrong with an installation, as messages of `manage.py check --database default`."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder


@checks.register(checks.Tags.database)
def sqlite_is_in_wal_mode(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    messages: list[checks.CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        # Before the first migration there is nothing to say: that step switches it on.
        if connection.vendor != "sqlite" or not MigrationRecorder(connection).has_table():
            continue
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            mode = cursor.fetchone()[0]
        if mode not in ("wal", "memory"):
            messages.append(
                checks.Warning(
                    f"The SQLite database is in journal mode “{mode}”, not “wal”.",
                    hint="Run `manage.py migrate`. If that does not help, DATA_DIR is on a"
                    " network file system, which cannot do WAL: move it.",
                    id="drawings.W001",
                )
            )
    return messages
