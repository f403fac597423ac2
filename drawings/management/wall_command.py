"""A command that works on the drawings of a database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from drawings.models import Drawing


class WallCommand(BaseCommand):
    """CommandError, in a sentence, where the database has not been prepared yet."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        if Drawing._meta.db_table not in connection.introspection.table_names():
            raise CommandError("The database has no tables yet. Make them first: manage.py prepare")
        return super().execute(*args, **options)
