"""`manage.py backup`: copy the database while the site runs."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from drawings.services import backups

MAX_KEEP_DAYS = 36_500


class Command(BaseCommand):
    help = (
        "Write the whole database into a new, verified file while the site keeps running. The file"
        " does not contain the secret key: back that up, too."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "directory",
            type=Path,
            nargs="?",
            default=settings.DATA_DIR / "backups",
            metavar="TARGET_DIR",
            help="the directory for the file (default: %(default)s)",
        )
        parser.add_argument(
            "--keep-days",
            type=float,
            metavar="DAYS",
            help="afterwards remove older backups from the directory, but never the new one",
        )

    def handle(
        self, *, directory: Path, keep_days: float | None, verbosity: int, **options: Any
    ) -> None:
        if keep_days is not None and not 0 <= keep_days <= MAX_KEEP_DAYS:
            raise CommandError(f"--keep-days takes a number from 0 to {MAX_KEEP_DAYS}.")
        write_line = self.stdout.write if verbosity else lambda line: None
        write_line(f"Copying the database to {directory} …")
        start = time.monotonic()
        try:
            file = backups.back_up(connection, directory.absolute())
        except backups.BackupError as error:
            raise CommandError(f"No backup was made. {error}") from error
        seconds, size = time.monotonic() - start, file.stat().st_size
        write_line(f"{file}: {size:,} bytes, verified, in {seconds:.1f} seconds.")
        if keep_days is not None:
            try:
                removed = backups.remove_old_backups(file.parent, keep_days, file)
            except backups.BackupError as error:
                raise CommandError(f"The backup was made. {error}") from error
            for old in removed:
                write_line(f"{old} removed.")
