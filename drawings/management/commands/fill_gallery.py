import gc
from argparse import ArgumentParser
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from drawings.datasets.demo.scenes import UNTIL, make_batches
from drawings.management.prepared_database import PreparedDatabaseCommand
from drawings.models import Drawing
from drawings.services.bulk_insert import analyze, store, widen_statements

BATCH = 2_000
FIRST_UNTIL = date(1976, 1, 1)  # ids know no time before 1970


class Command(PreparedDatabaseCommand):
    help = (
        "Fill the gallery with COUNT drawings that look as if drawn by hand, to try the site with"
        " and to measure it. The same COUNT, --seed and --until are the same drawings: run twice,"
        " it adds nothing; stopped on the way, it goes on. Some wait for review, or are hidden."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int, metavar="COUNT")
        parser.add_argument("--seed", type=int, default=0, help="other drawings for another number")
        parser.add_argument(
            "--until",
            type=date.fromisoformat,
            default=UNTIL,
            metavar="YYYY-MM-DD",
            help=f"the last day that drawings are from, of six years: {UNTIL} unless told",
        )

    def handle(self, *, count: int, seed: int, until: date, **options: Any) -> None:
        if count < 1:
            raise CommandError("COUNT must be 1 or more.")
        if seed < 0:
            raise CommandError("--seed must be 0 or more.")
        if not FIRST_UNTIL <= until < datetime.now(UTC).date():
            raise CommandError(f"--until must be a day that is over, and {FIRST_UNTIL} or later.")
        # What is loaded by now stays: the garbage collector, which so many rows call again and
        # again, need not look through it.
        gc.freeze()
        widen_statements()
        added = 0
        made: Counter[str] = Counter()
        try:
            with (
                tqdm(total=count, desc="Drawing", unit=" drawings", disable=None) as progress,
                closing(make_batches(count, seed, BATCH, until)) as batches,
            ):
                for batch in batches:
                    added += store([Drawing(**scene) for scene in batch])
                    made.update(scene["status"] for scene in batch)
                    progress.update(len(batch))
        except KeyboardInterrupt as error:
            raise CommandError(
                f"Stopped: {added:,} added. The same command again adds the others.", returncode=130
            ) from error
        if added:
            analyze()
        statuses = ", ".join(f"{made[status]:,} {status}" for status in Drawing.Status.values)
        self.stdout.write(f"{added:,} added, {count - added:,} already here.")
        self.stdout.write(f"As they are made: {statuses}.")
