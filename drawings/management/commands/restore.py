"""`manage.py restore`: bring a backup back."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from drawings.models import Drawing
from drawings.services import backups


class Command(BaseCommand):
    help = (
        "Replace the database with a file made by `manage.py backup`. Stop the server first."
        " Backups from older releases are migrated."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--force", action="store_true", help="replace existing data without asking"
        )

    def handle(self, *, file: Path, force: bool, verbosity: int, **options: Any) -> None:
        try:
            backups.verify_backup(connection, file)
            backups.check_release(connection, file)
            if not force and (existing := describe_existing_data()):
                confirm_replacement(existing)
            connection.close()
            if connection.vendor == "sqlite":
                backups.restore_sqlite(file, Path(connection.settings_dict["NAME"]))
            else:
                backups.restore_postgresql(connection, file)
        except (backups.BackupError, OSError) as error:
            raise CommandError(f"Nothing was changed. {error}") from error
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write(f"{Drawing.objects.count():,} drawings restored from {file}.")


def describe_existing_data() -> str | None:
    """Returns a phrase for the data to be replaced, or None. Unreadable databases count as data."""
    if connection.vendor == "sqlite":
        file = Path(connection.settings_dict["NAME"])
        log = file.with_name(f"{file.name}-wal")
        if not file_size(file):
            # Don't open the file: SQLite would delete the log of an empty database.
            return f"{log}, the log of a database that was moved away" if file_size(log) else None
    try:
        return "a database" if connection.introspection.table_names() else None
    except DatabaseError:
        return "a database"


def file_size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def confirm_replacement(existing: str) -> None:
    """Ask the user. Raises CommandError if they decline, or can't be asked."""
    if not sys.stdin.isatty():
        raise CommandError(f"There is {existing}. To replace it, add --force.")
    if (
        input(f"There is {existing}. This replaces all its contents. Type yes to continue: ")
        != "yes"
    ):
        raise CommandError("Nothing was changed.")
