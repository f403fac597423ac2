"""Validates converted drawings and stores them: the only part of an import that uses Django."""

from collections.abc import Callable

from django.core.exceptions import ValidationError

from drawings.datasets.imports.convert import Conversion
from drawings.datasets.imports.records import Columns
from drawings.models import ARTIST_LENGTH, TITLE_LENGTH, Drawing
from drawings.services import bulk_insert

# A batch is one transaction, during which nobody else can write to SQLite, so it must be short.
BATCH_ROWS = 500
BATCH_BYTES = 16_000_000
MAX_WARNINGS = 50
# Give up after this many bad records, if none before them was good.
MAX_BAD_START = 10_000

# The reader has validated these, or validating them would take a query.
UNVALIDATED_FIELDS = {"blob", "strokes", "parent", "owner", "sender", "changed_at", "flask_id"}


class NothingReadableError(Exception):
    """The first MAX_BAD_START records could not be read."""


class Loader:
    """Counts converted records and stores them, unless it is a dry run.

    `warn` is called with a line for each of the first MAX_WARNINGS bad records. `status` replaces
    the records' own status.
    """

    def __init__(
        self, warn: Callable[[str], None], status: str | None = None, *, dry_run: bool = False
    ) -> None:
        self.warn = warn
        self.status = status
        self.dry_run = dry_run
        self.added = self.present = self.skipped = 0
        self.source_error = ""  # a sentence, if the source could not be read to its end
        self._batch: list[Drawing] = []
        self._bytes = 0

    def add(self, conversion: Conversion) -> None:
        if conversion.ends_source:
            self.source_error = escape_unprintable(conversion.reason)
            return
        if conversion.columns is None:
            self._skip(conversion.where, conversion.reason)
            return
        if self.status is not None:
            conversion.columns["status"] = self.status
        try:
            drawing = build_drawing(conversion.columns)
        except ValidationError as error:
            self._skip(conversion.where, error_sentence(error))
            return
        self._batch.append(drawing)
        self._bytes += len(drawing.blob) + len(drawing.strokes or b"")
        if len(self._batch) == BATCH_ROWS or self._bytes >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Store the last, incomplete batch."""
        if not self._batch:
            return
        if self.dry_run:
            added = len({drawing.submission_key or drawing.id for drawing in self._batch})
            added -= bulk_insert.stored_copies(self._batch).count()
        else:
            added = bulk_insert.store_batch(self._batch)
        self.added += added
        self.present += len(self._batch) - added
        self._batch, self._bytes = [], 0

    def _skip(self, where: str, reason: str) -> None:
        self.skipped += 1
        if self.skipped <= MAX_WARNINGS:
            self.warn(f"{escape_unprintable(where)}: skipped. {escape_unprintable(reason)}")
        if self.skipped == MAX_BAD_START and not (self.added or self.present or self._batch):
            raise NothingReadableError


def build_drawing(columns: Columns) -> Drawing:
    """Returns the drawing, unsaved. Raises ValidationError if a column is invalid."""
    if "submission_key" in columns:
        # Foreign texts may exceed the model's limits.
        columns["title"] = truncate(columns["title"], TITLE_LENGTH)
        columns["artist"] = truncate(columns["artist"], ARTIST_LENGTH)
    drawing = Drawing(**columns)
    drawing.clean_fields(exclude=UNVALIDATED_FIELDS)
    return drawing


def truncate(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def error_sentence(error: ValidationError) -> str:
    return " ".join(
        f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items()
    )


def escape_unprintable(text: str) -> str:
    """Escape characters that a terminal might obey, in untrusted text."""
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )
