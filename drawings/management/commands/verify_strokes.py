from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

from drawings.imaging import strokes
from drawings.management.prepared_database import PreparedDatabaseCommand
from drawings.models import Drawing, DrawingQuerySet
from drawings.services import verification

# For each drawing.
MAX_SECONDS = 60.0

UNCHECKED = {
    verification.DamagedPixelsError: "damaged",
    verification.MissingBaseImageError: "without their paper",
    verification.TooLongError: "too long",
}
OUTCOMES = ("agree", "disagree", *UNCHECKED.values())


class Command(PreparedDatabaseCommand):
    help = (
        "Make the pixels of drawings again from their strokes, and record whether they agree."
        " Only strokes that do are shown. Without --all, only those not checked yet."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="check again what was checked")

    def handle(self, *, all: bool, **options: Any) -> None:
        drawings = Drawing.objects.all() if all else Drawing.objects.unverified()
        drawings = drawings.filter(strokes__isnull=False)
        counts = dict.fromkeys(OUTCOMES, 0)
        progress = tqdm(
            one_by_one(drawings),
            total=drawings.count(),
            desc="Verifying",
            unit=" drawings",
            disable=None,
        )
        for drawing in progress:
            outcome, reason = "agree", ""
            try:
                if not verification.verify(drawing, MAX_SECONDS):
                    outcome, reason = "disagree", "The strokes do not come to the pixels."
            except strokes.BadStrokesError as error:
                outcome, reason = "damaged", f"Damaged strokes: {error}"
            except verification.UncheckedError as error:
                outcome, reason = UNCHECKED[type(error)], f"Not checked: {error}"
            counts[outcome] += 1
            if reason:
                with tqdm.external_write_mode():
                    self.stderr.write(f"{drawing.pk}: {reason}")
        self.stdout.write(", ".join(f"{count} {name}" for name, count in counts.items()) + ".")


def one_by_one(drawings: DrawingQuerySet) -> Iterator[Drawing]:
    """By id, each read when the one before is done: they are large, and change on the way."""
    drawing = drawings.order_by("id").first()
    while drawing is not None:
        yield drawing
        drawing = drawings.filter(id__gt=drawing.id).order_by("id").first()
