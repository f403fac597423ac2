"""`manage.py import_flask`: add the drawings of the Flask app."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from tqdm import tqdm

from drawings.forms.submission import parse_brightness_list
from drawings.management.prepared_database import PreparedDatabaseCommand
from drawings.models import Drawing
from drawsite.lib.uuid7 import uuid7


class Command(PreparedDatabaseCommand):
    help = (
        "Import the drawings of the Flask app: DIRECTORY is its `images` folder (or the parent of"
        " that), with a file <id>.csv for each. Their old links keep working under /results/."
        " Running it again adds nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path)

    def handle(self, *, directory: Path, **options: Any) -> None:
        if (directory / "images").is_dir():
            directory = directory / "images"
        if not directory.is_dir():
            raise CommandError(f"{directory} is not a directory.")

        added = present = skipped = 0
        files = sorted(directory.glob("*.csv"))
        for path in tqdm(files, desc="Importing", unit=" drawings", disable=None):
            try:
                is_new = import_file(path)
            except (ValidationError, ValueError, OSError) as error:
                skipped += 1
                with tqdm.external_write_mode():
                    reason = " ".join(getattr(error, "messages", [str(error)]))
                    self.stderr.write(f"{path.name}: skipped. {reason}")
            else:
                added += is_new
                present += not is_new
        self.stdout.write(f"{added} added, {present} already here, {skipped} skipped.")


def import_file(path: Path) -> bool:
    """Store the drawing in a file of the Flask app, unless it is stored already.

    Returns whether it is new. Raises ValidationError, ValueError or OSError, with a sentence that
    says what is wrong with the file.
    """
    try:
        flask_id = UUID(path.stem)
    except ValueError as error:
        raise ValueError("Its name is not an id of the Flask app.") from error
    stat = path.stat()
    if stat.st_size > settings.MAX_UPLOAD_BYTES:
        raise ValueError("It is too large for a list of 40,000 numbers.")
    # The app's file is its JSON list without the brackets, so errors about the list fit the file.
    field = parse_brightness_list(f"[{path.read_text(encoding='utf-8')}]")
    drawing = Drawing.from_brightness_list(
        field,
        # By the file's time, so that the gallery lists it where it belongs.
        id=uuid7(nanoseconds=max(0, stat.st_mtime_ns)),
        created_at=datetime.fromtimestamp(stat.st_mtime, UTC),
        flask_id=flask_id,
    )
    return Drawing.objects.add_once(drawing, key="flask_id")[1]
