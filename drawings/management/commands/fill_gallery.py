import gc
import sqlite3
from argparse import ArgumentParser
from contextlib import closing
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from tqdm import tqdm

from drawings.models import Drawing
from drawings.scenes import make_batches_beside

BATCH = 2_000


class Command(BaseCommand):
    help = (
        "Fill the gallery with COUNT drawings that look as if drawn by hand, to try the site with"
        " and to measure it. The same COUNT and --seed are the same drawings: run twice, it adds"
        " nothing; stopped on the way, it goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int, metavar="COUNT")
        parser.add_argument("--seed", type=int, default=0, help="other drawings for another number")

    def handle(self, *, count: int, seed: int, **options: Any) -> None:
        if count < 1:
            raise CommandError("COUNT must be 1 or more.")
        if seed < 0:
            raise CommandError("--seed must be 0 or more.")
        # What is loaded by now stays: the garbage collector, which so many rows call again and
        # again, need not look through it.
        gc.freeze()
        widen_statements()
        added = 0
        try:
            with (
                tqdm(total=count, desc="Drawing", unit=" drawings", disable=None) as progress,
                closing(make_batches_beside(count, seed, BATCH)) as batches,
            ):
                for batch in batches:
                    added += store([Drawing(**scene) for scene in batch])
                    progress.update(len(batch))
        except KeyboardInterrupt as error:
            raise CommandError(
                f"Stopped: {added:,} added. The same command again adds the others.", returncode=130
            ) from error
        if added:
            analyze()
        self.stdout.write(f"{added:,} added, {count - added:,} already here.")


def widen_statements() -> None:
    """Let SQLite take as many parameters in a statement as it can, not as any SQLite can.

    Its full-text search writes what it has gathered at the end of every statement.
    """
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.features.max_query_params = connection.connection.getlimit(
            sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER
        )


def store(batch: list[Drawing]) -> int:
    """Store drawings, ascending by id, all or none of them; how many are new."""
    stored = Drawing.objects.filter(id__range=(batch[0].id, batch[-1].id))
    with transaction.atomic():
        before = stored.count()
        Drawing.objects.bulk_create(batch, ignore_conflicts=True)
        return stored.count() - before


def analyze() -> None:
    """Tell the database how much there is of what, so that it plans its queries accordingly."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {connection.ops.quote_name(Drawing._meta.db_table)}")
