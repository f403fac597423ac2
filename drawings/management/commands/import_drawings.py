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
from drawings.management.wall_command import WallCommand
from drawings.models import Drawing
from drawings.services import bulk_insert
from drawsite.environment import parse_sizes


class Command(WallCommand):
    help = (
        "Bring in drawings from SOURCE: what export_drawings wrote, a folder or zip of pictures"
        " (with a metadata.jsonl or without), Quick, Draw! lines, or bitmaps as .npy, .npz and"
        " MNIST's IDX. Run twice, it adds nothing; stopped on the way, it goes on. Records that"
        " cannot be read are named and skipped. Of a zip, and of what a metadata.jsonl names, about"
        " 600 bytes a member stay in memory."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, metavar="SOURCE")
        parser.add_argument(
            "--format",
            choices=formats.READERS,
            help="what SOURCE is; otherwise that is told by its first bytes and its name",
        )
        parser.add_argument(
            "--status",
            choices=Drawing.Status.values,
            help="of the drawings: published, and what an export says of each, unless told",
        )
        parser.add_argument("--label", help="the title; of pictures, of those that have none")
        parser.add_argument(
            "--polarity",
            choices=["ink", "paper"],
            default="ink",
            help="what the high numbers of other people's bitmaps are (ink)",
        )
        parser.add_argument(
            "--size",
            type=size,
            default=settings.CANVAS_SIZES[0],
            metavar="WxH",
            help="the paper that Quick, Draw! is drawn on, as 200x200: the canvas unless told",
        )
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N records")
        parser.add_argument(
            "--dry-run", action="store_true", help="read and check all of it, and store nothing"
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
        wanted = Options(size, label, polarity, settings.MAX_UPLOAD_BYTES)
        try:
            found = formats.open_source(source, format, wanted)
        except BadSourceError as error:
            raise CommandError(f"{source}: {error}") from error
        bulk_insert.widen_statements()
        loader = Loader(self.warn, status, dry_run=dry_run)
        total = found.total if limit is None else min(limit, found.total or limit)
        try:
            with (
                closing(found.tasks),
                closing(convert.convert_tasks(islice(found.tasks, limit), source.name)) as made,
                tqdm(total=total, desc="Importing", unit=" drawings", disable=None) as progress,
            ):
                for chunk in made:
                    for record in chunk:
                        loader.add(record)
                    progress.update(len(chunk))
                loader.flush()
        except KeyboardInterrupt as error:
            raise CommandError(
                f"Stopped: {loader.added:,} added. The same command again goes on from there.",
                returncode=130,
            ) from error
        except NothingReadableError as error:
            raise CommandError(
                f"{source}: stopped, as none of its first {loader.skipped:,} records can be read."
            ) from error
        except BrokenProcessPool as error:
            raise CommandError(
                f"A process that helps has died: it wants memory, perhaps. {loader.added:,} added."
            ) from error
        finally:
            if loader.added and not dry_run:
                bulk_insert.analyze()
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
            raise CommandError(f"{source}: nothing of it can be read. {reason}")
        self.stdout.write(summary)
        if loader.source_error:
            stays = "would be stored" if loader.dry_run else "is stored, and stays"
            raise CommandError(
                f"{source} breaks off: {loader.source_error} What was read before {stays}."
            )

    def warn(self, line: str) -> None:
        with tqdm.external_write_mode():
            self.stderr.write(line)


def size(text: str) -> tuple[int, int]:
    try:
        sizes: list[tuple[int, int]] = parse_sizes(text)
        (only,) = sizes
    except (BadSizeError, ValueError) as error:
        raise ArgumentTypeError("must be one size as 200x200, each side 16 to 1024") from error
    return only
