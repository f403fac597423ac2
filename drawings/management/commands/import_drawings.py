"""`manage.py import_drawings`: add the drawings of a dataset."""

from argparse import ArgumentParser, ArgumentTypeError
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from environs import ValidationError as BadSizeError
from tqdm import tqdm

from drawings.datasets.imports import convert, formats
from drawings.datasets.imports.loader import MAX_WARNINGS, Loader, NothingReadableError
from drawings.datasets.imports.records import BadSourceError, Options
from drawings.management.prepared_database import PreparedDatabaseCommand
from drawings.models import Drawing
from drawings.services import bulk_insert
from drawsite.environment import parse_sizes


class Command(PreparedDatabaseCommand):
    help = (
        "Import drawings from SOURCE: an export of export_drawings, a folder or zip of images (with"
        " or without a metadata.jsonl), Parquet files of images, lines of Quick, Draw!, or bitmaps"
        " as .npy, .npz or MNIST's IDX. Running it again adds nothing, or continues after an"
        " interruption. Records that cannot be read are reported and skipped. Each member of a zip,"
        " and each file that a metadata.jsonl names, takes about 600 bytes of memory."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, metavar="SOURCE")
        parser.add_argument(
            "--format",
            choices=formats.READERS,
            help="the format of SOURCE (detected by its first bytes and its name)",
        )
        parser.add_argument(
            "--status",
            choices=Drawing.Status.values,
            help="the status of all drawings (that in an export, else published)",
        )
        parser.add_argument(
            "--label", help="the title of all bitmaps, and of other records without one"
        )
        parser.add_argument(
            "--polarity",
            choices=["ink", "paper"],
            default="ink",
            help="what high numbers mean in bitmaps of other projects (ink)",
        )
        parser.add_argument(
            "--size",
            type=parse_size,
            default=settings.CANVAS_SIZES[0],
            metavar="WxH",
            help="the size of Quick, Draw! drawings (the first of CANVAS_SIZES)",
        )
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N records")
        parser.add_argument(
            "--dry-run", action="store_true", help="read and check everything, but store nothing"
        )

    def handle(
        self,
        *,
        source: Path,
        format: str | None,
        status: str | None,
        label: str | None,
        polarity: Any,
        size: tuple[int, int],
        limit: int | None,
        dry_run: bool,
        **options: Any,
    ) -> None:
        if limit is not None and limit < 1:
            raise CommandError("--limit must be 1 or more.")
        reader_options = Options(size, label, polarity, settings.MAX_UPLOAD_BYTES)
        try:
            records = formats.open_source(source, format, reader_options)
        except BadSourceError as error:
            raise CommandError(f"{source}: {error}") from error
        bulk_insert.raise_parameter_limit()
        loader = Loader(self.warn, status, dry_run=dry_run)
        total = records.total if limit is None else min(limit, records.total or limit)
        try:
            with (
                closing(records.tasks),
                closing(convert.convert_tasks(islice(records.tasks, limit), source.name)) as chunks,
                tqdm(total=total, desc="Importing", unit=" drawings", disable=None) as progress,
            ):
                for chunk in chunks:
                    for conversion in chunk:
                        loader.add(conversion)
                    progress.update(len(chunk))
                loader.flush()
        except KeyboardInterrupt as error:
            raise CommandError(
                f"Stopped: {loader.added:,} added. Run the same command again to continue.",
                returncode=130,
            ) from error
        except NothingReadableError as error:
            raise CommandError(
                f"{source}: stopped, as none of its first {loader.skipped:,} records can be read."
            ) from error
        except BrokenProcessPool as error:
            raise CommandError(
                f"A worker process died, perhaps for lack of memory. {loader.added:,} added."
            ) from error
        finally:
            if loader.added and not dry_run:
                bulk_insert.analyze_drawings()
        self.report(loader, source)

    def report(self, loader: Loader, source: Path) -> None:
        if loader.skipped > MAX_WARNINGS:
            self.stderr.write(f"… and {loader.skipped - MAX_WARNINGS:,} more were skipped.")
        would = "would be " if loader.dry_run else ""
        summary = (
            f"{loader.added:,} {would}added, {loader.present:,} already here,"
            f" {loader.skipped:,} skipped."
        )
        if (loader.skipped or loader.source_error) and not loader.added + loader.present:
            reason = f"{loader.source_error} {summary}".lstrip()
            raise CommandError(f"{source}: nothing in it can be read. {reason}")
        self.stdout.write(summary)
        if loader.source_error:
            outcome = "would be stored" if loader.dry_run else "is stored"
            raise CommandError(
                f"{source} was not read to its end: {loader.source_error} What was read before"
                f" {outcome}."
            )

    def warn(self, line: str) -> None:
        with tqdm.external_write_mode():
            self.stderr.write(line)


def parse_size(text: str) -> tuple[int, int]:
    try:
        sizes: list[tuple[int, int]] = parse_sizes(text)
        (only,) = sizes
    except (BadSizeError, ValueError) as error:
        raise ArgumentTypeError("must be one size like 200x200, each side 16 to 1024") from error
    return only
