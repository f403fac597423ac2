import shlex
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connection

from drawings.services import sweeping
from drawsite.db.private_files import restrict_files
from drawsite.db.releases import NewerReleaseError, check_database_release
from drawsite.db.startup_lock import hold_startup_lock


class Command(BaseCommand):
    help = (
        "What the server needs before it starts: migrations, static files, and a look at the"
        " database; expired rows are deleted. One command, because loading the site three times"
        " takes three times as long."
        " Of several that start at once, one works and the others wait for it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--wait",
            type=float,
            default=600.0,
            metavar="SECONDS",
            help="how long to wait for another process that prepares the same site (%(default)g)",
        )

    def handle(self, *, verbosity: int, wait: float, **options: Any) -> None:
        try:
            with hold_startup_lock(connection, wait):
                check_database_release(connection)
                self.warn_of_open_files(restrict_files(connection))
                call_command("migrate", interactive=False, verbosity=verbosity)
                sweeping.sweep()
                call_command("collectstatic", interactive=False, verbosity=0)
                call_command("check", databases=[DEFAULT_DB_ALIAS], verbosity=0)
        except TimeoutError as error:
            raise CommandError(
                f"Another process has been preparing this site for {wait:g} seconds. Look at what"
                " it does, or wait longer with --wait."
            ) from error
        except NewerReleaseError as error:
            raise CommandError(f"Nothing was changed. {error}") from error
        except OSError as error:
            raise CommandError(
                f"The site cannot be prepared, which takes the rights to write to DATA_DIR: {error}"
            ) from error

    def warn_of_open_files(self, files: list[Path]) -> None:
        for file in files:
            self.stderr.write(
                f"WARNING: Other users of this machine can use {file}, and this user may not change"
                f" that. Run as root: chmod go= {shlex.quote(str(file))}"
            )
