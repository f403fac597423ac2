from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections


class Command(BaseCommand):
    help = (
        "What the server needs before it starts: migrations, static files, and a look at the"
        " database. One command, because loading the site three times takes three times as long."
    )

    def handle(self, *, verbosity: int, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=verbosity)
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("check", databases=list(connections), verbosity=0)
