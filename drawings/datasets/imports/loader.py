"""What was made, held to the rules of the wall and stored: the only part that knows of Django."""

from collections.abc import Callable

from django.core.exceptions import ValidationError

from drawings.datasets.imports.convert import Made
from drawings.datasets.imports.records import Columns
from drawings.models import ARTIST_LENGTH, TITLE_LENGTH, Drawing
from drawings.services import bulk_insert

# What is stored at once: as many as one transaction may keep others from writing for.
ROWS = 500
ROW_BYTES = 16_000_000
SHOWN = 50
# So many bad records in a row at the beginning, and there is nothing to be hoped for.
HOPELESS = 10_000

# What the reader has made sure of, and what the database would have to be asked for.
UNCHECKED = {"blob", "strokes", "parent", "owner", "sender", "changed_at", "flask_id"}


class HopelessError(Exception):
    """So many records could not be read, and none that could."""


class Intake:
    """Counts what comes, and stores it unless it is only to be tried."""

    def __init__(
        self, complain: Callable[[str], None], status: str | None = None, *, dry_run: bool = False
    ) -> None:
        self.complain = complain
        self.status = status
        self.dry_run = dry_run
        self.added = self.present = self.skipped = 0
        self.broke_off = ""  # why the source did, if it did
        self._batch: list[Drawing] = []
        self._bytes = 0

    def take(self, record: Made) -> None:
        if record.broke_off:
            self.broke_off = printable(record.reason)
            return
        if record.columns is None:
            self._skip(record.where, record.reason)
            return
        if self.status is not None:
            record.columns["status"] = self.status
        try:
            drawing = drawing_of(record.columns)
        except ValidationError as error:
            self._skip(record.where, sentence(error))
            return
        self._batch.append(drawing)
        self._bytes += len(drawing.blob) + len(drawing.strokes or b"")
        if len(self._batch) == ROWS or self._bytes >= ROW_BYTES:
            self.flush()

    def flush(self) -> None:
        """Store what has not been stored yet."""
        if not self._batch:
            return
        if self.dry_run:
            added = len({drawing.submission_key or drawing.id for drawing in self._batch})
            added -= bulk_insert.same_as(self._batch).count()
        else:
            added = bulk_insert.store(self._batch)
        self.added += added
        self.present += len(self._batch) - added
        self._batch, self._bytes = [], 0

    def _skip(self, where: str, reason: str) -> None:
        self.skipped += 1
        if self.skipped <= SHOWN:
            self.complain(f"{printable(where)}: skipped. {printable(reason)}")
        if self.skipped == HOPELESS and not (self.added or self.present or self._batch):
            raise HopelessError


def drawing_of(columns: Columns) -> Drawing:
    """The drawing, not stored. ValidationError if it breaks a rule of the model's columns."""
    if "submission_key" in columns:
        # What this wall has not said itself may be longer than it would.
        columns["title"] = cut(columns["title"], TITLE_LENGTH)
        columns["artist"] = cut(columns["artist"], ARTIST_LENGTH)
    drawing = Drawing(**columns)
    drawing.clean_fields(exclude=UNCHECKED)
    return drawing


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def sentence(error: ValidationError) -> str:
    return " ".join(
        f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items()
    )


def printable(text: str) -> str:
    """What others have named may hold anything, and a terminal obeys some of it."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
