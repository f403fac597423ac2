"""A base for commands that need the database's tables."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from drawings.models import Drawing


class PreparedDatabaseCommand(BaseCommand):
    """A BaseCommand that refuses to run on a database without tables, and says what to do."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        if Drawing._meta.db_table not in connection.introspection.table_names():
            raise CommandError(
                "The database has no tables yet. Create them first: manage.py prepare"
            )
        return super().execute(*args, **options)
