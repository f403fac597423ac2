"""`manage.py verify_strokes`: check that strokes produce their drawings' pixels."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

from drawings.imaging import strokes
from drawings.management.prepared_database import PreparedDatabaseCommand
from drawings.models import Drawing, DrawingQuerySet
from drawings.services import verification

# The limit for each drawing.
MAX_SECONDS = 60.0

UNCHECKED = {
    verification.DamagedPixelsError: "damaged",
    verification.MissingBaseImageError: "without their base image",
    verification.TooLongError: "too long",
}
OUTCOMES = ("agree", "disagree", *UNCHECKED.values())


class Command(PreparedDatabaseCommand):
    help = (
        "Rasterise the strokes of drawings and record whether they produce the stored pixels. The"
        " site shows only strokes that do. Skips drawings checked before, unless --all is given."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="check all drawings again")

    def handle(self, *, all: bool, **options: Any) -> None:
        drawings = Drawing.objects.all() if all else Drawing.objects.unverified()
        drawings = drawings.filter(strokes__isnull=False)
        counts = dict.fromkeys(OUTCOMES, 0)
        progress = tqdm(
            iterate_by_id(drawings),
            total=drawings.count(),
            desc="Verifying",
            unit=" drawings",
            disable=None,
        )
        for drawing in progress:
            outcome, reason = "agree", ""
            try:
                if not verification.verify_strokes(drawing, MAX_SECONDS):
                    outcome, reason = "disagree", "The strokes do not produce the pixels."
            except strokes.BadStrokesError as error:
                outcome, reason = "damaged", f"Damaged strokes: {error}"
            except verification.UncheckedError as error:
                outcome, reason = UNCHECKED[type(error)], f"Not checked: {error}"
            counts[outcome] += 1
            if reason:
                with tqdm.external_write_mode():
                    self.stderr.write(f"{drawing.pk}: {reason}")
        self.stdout.write(", ".join(f"{count} {name}" for name, count in counts.items()) + ".")


def iterate_by_id(drawings: DrawingQuerySet) -> Iterator[Drawing]:
    """Yield drawings one at a time, because they are large and may change during the run."""
    drawing = drawings.order_by("id").first()
    while drawing is not None:
        yield drawing
        drawing = drawings.filter(id__gt=drawing.id).order_by("id").first()
