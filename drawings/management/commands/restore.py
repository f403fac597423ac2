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
        "Put a file that `manage.py backup` made in the place of the database. Stop the server"
        " first. A backup of an older release is brought up to date."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--force", action="store_true", help="replace what is there, unasked")

    def handle(self, *, file: Path, force: bool, verbosity: int, **options: Any) -> None:
        try:
            backups.verify(connection, file)
            backups.check_release(connection, file)
            if not force and (what := what_is_there()):
                confirm(what)
            connection.close()
            if connection.vendor == "sqlite":
                backups.restore_sqlite(file, Path(connection.settings_dict["NAME"]))
            else:
                backups.restore_postgresql(connection, file)
        except (backups.BackupError, OSError) as error:
            raise CommandError(f"Nothing was changed. {error}") from error
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write(f"{Drawing.objects.count():,} drawings restored from {file}.")


def what_is_there() -> str | None:
    """What there is to lose; a database that cannot be read may have something, too."""
    if connection.vendor == "sqlite":
        file = Path(connection.settings_dict["NAME"])
        log = file.with_name(f"{file.name}-wal")
        if not size(file):
            # Not asked of SQLite, which deletes the log of an empty file that it opens.
            return f"{log}, the log of a database that was moved away" if size(log) else None
    try:
        return "a database" if connection.introspection.table_names() else None
    except DatabaseError:
        return "a database"


def size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def confirm(what: str) -> None:
    if not sys.stdin.isatty():
        raise CommandError(f"There is {what}, which this would replace: say so with --force.")
    if input(f"There is {what}. This replaces all that is in it. Type yes to go on: ") != "yes":
        raise CommandError("Nothing was changed.")
