"""`manage.py fill_gallery`: add demo drawings."""

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
from drawings.services.bulk_insert import analyze_drawings, raise_parameter_limit, store_batch

BATCH = 2_000
FIRST_UNTIL = date(1976, 1, 1)  # six years after 1970, the earliest time in a UUIDv7


class Command(PreparedDatabaseCommand):
    help = (
        "Fill the gallery with COUNT drawings that look hand-drawn, for demos and benchmarks. The"
        " same COUNT, --seed and --until give the same drawings: a second run adds nothing, and"
        " a run after an interruption adds the rest. Some drawings are pending or hidden."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int, metavar="COUNT")
        parser.add_argument(
            "--seed",
            type=int,
            default=0,
            help="a number; each gives different drawings (default: 0)",
        )
        parser.add_argument(
            "--until",
            type=date.fromisoformat,
            default=UNTIL,
            metavar="YYYY-MM-DD",
            help=f"the last day of the six years that the drawings are from (default: {UNTIL})",
        )

    def handle(self, *, count: int, seed: int, until: date, **options: Any) -> None:
        if count < 1:
            raise CommandError("COUNT must be 1 or more.")
        if seed < 0:
            raise CommandError("--seed must be 0 or more.")
        if not FIRST_UNTIL <= until < datetime.now(UTC).date():
            raise CommandError(f"--until must be a past day, {FIRST_UNTIL} or later.")
        # Exempt everything loaded so far from garbage collection, which so many new objects trigger
        # again and again.
        gc.freeze()
        raise_parameter_limit()
        added = 0
        made: Counter[str] = Counter()
        try:
            with (
                tqdm(total=count, desc="Drawing", unit=" drawings", disable=None) as progress,
                closing(make_batches(count, seed, BATCH, until)) as batches,
            ):
                for batch in batches:
                    added += store_batch([Drawing(**scene) for scene in batch])
                    made.update(scene["status"] for scene in batch)
                    progress.update(len(batch))
        except KeyboardInterrupt as error:
            raise CommandError(
                f"Stopped: {added:,} added. Run the same command again to add the rest.",
                returncode=130,
            ) from error
        if added:
            analyze_drawings()
        statuses = ", ".join(f"{made[status]:,} {status}" for status in Drawing.Status.values)
        self.stdout.write(f"{added:,} added, {count - added:,} already here.")
        self.stdout.write(f"Statuses: {statuses}.")
