"""`manage.py prepare`: everything that must happen before the server starts."""

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
        "Prepare the site before the server starts: check the database, run migrations, collect"
        " static files and delete expired rows. One command does it all, because three would load"
        " the site three times. If several start at once, one works and the others wait."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--wait",
            type=float,
            default=600.0,
            metavar="SECONDS",
            help="seconds to wait for another process to prepare the site (default: %(default)g)",
        )

    def handle(self, *, verbosity: int, wait: float, **options: Any) -> None:
        try:
            with hold_startup_lock(connection, wait):
                check_database_release(connection)
                self.warn_about_open_files(restrict_files(connection))
                call_command("migrate", interactive=False, verbosity=verbosity)
                sweeping.sweep()
                call_command("collectstatic", interactive=False, verbosity=0)
                call_command("check", databases=[DEFAULT_DB_ALIAS], verbosity=0)
        except TimeoutError as error:
            raise CommandError(
                f"Another process has been preparing this site for {wait:g} seconds. See what it is"
                " doing, or wait longer with --wait."
            ) from error
        except NewerReleaseError as error:
            raise CommandError(f"Nothing was changed. {error}") from error
        except OSError as error:
            raise CommandError(
                f"The site cannot be prepared. This user needs write access to DATA_DIR: {error}"
            ) from error

    def warn_about_open_files(self, files: list[Path]) -> None:
        for file in files:
            self.stderr.write(
                f"WARNING: Other users of this machine can access {file}, and this user can't"
                f" prevent that. Run as root: chmod go= {shlex.quote(str(file))}"
            )
