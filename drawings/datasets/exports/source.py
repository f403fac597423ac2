"""Reads the drawings of an export from one snapshot of the database, batch by batch."""

from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Case, When

from drawings.datasets.splits import Split, split_of_bytes
from drawings.imaging import strokes
from drawings.models import PUBLIC_STROKES, Drawing, DrawingQuerySet
from drawings.queries.filters import DrawingFilter

# A batch ends at whichever limit it reaches first: a drawing may have hundreds of bytes or several
# megabytes.
BATCH_ROWS = 500
BATCH_BYTES = 4_000_000
# Rows that the database driver fetches at a time.
FETCH_ROWS = 20

# Yields the number of drawings written so far.
Progress = Generator[int, None, None]


class Record(NamedTuple):
    """A drawing to export: a row of the database, and its split."""

    id: str  # with its dashes
    title: str
    artist: str
    colormap: str
    width: int
    height: int
    vmin: int
    vmax: int
    created_at: datetime  # in UTC
    status: str
    blob: bytes  # empty if only metadata was read
    strokes: bytes | None  # compressed; None if not public, or if only metadata was read
    split: Split


METADATA_COLUMNS = Record._fields[:-3]
STROKES_IF_PUBLIC = Case(When(PUBLIC_STROKES, then="strokes"))
NO_PIXELS = (b"", None)  # blob and strokes of a record without them


class Source:
    """The drawings that a filter selects, for the writers."""

    def __init__(self, drawing_filter: DrawingFilter) -> None:
        self.filter = drawing_filter
        # The number of drawings read from each split, since reading last began.
        self.counts: Counter[Split] = Counter()
        # The folder for a writer's temporary files; None for the system's.
        self.scratch: Path | None = None
        # The ids of drawings whose pixels a writer could not decode.
        self.damaged: list[str] = []

    def drawings(self) -> DrawingQuerySet:
        """Returns the drawings, in no order, always from the primary database."""
        return self.filter.apply(Drawing.objects.using(DEFAULT_DB_ALIAS))

    @property
    def has_status(self) -> bool:
        """Whether exports include the status: only if some drawings may be unpublished."""
        return not self.filter.is_published_only

    def count(self) -> int:
        return self.drawings().count()

    def read_metadata(self) -> Iterator[list[Record]]:
        """Read batches of records in the order of their ids, without pixels and strokes."""
        return self._read_batches(self.drawings().values_list(*METADATA_COLUMNS))

    def read_with_pixels(self) -> Iterator[list[Record]]:
        """Read batches of records in the order of their ids, with pixels and strokes."""
        return self._read_batches(
            self.drawings().values_list(*METADATA_COLUMNS, "blob", STROKES_IF_PUBLIC)
        )

    def _read_batches(self, drawings: Any) -> Iterator[list[Record]]:
        make_record = RECORD_MAKERS[connections[drawings.db].vendor]
        self.counts.clear()
        records: list[Record] = []
        size = 0
        with closing(_fetch_rows(drawings.order_by("id"))) as fetched:
            for rows in fetched:
                read = [make_record(*row) for row in rows]
                self.counts.update([record.split for record in read])
                records += read
                size += sum([len(record.blob) + len(record.strokes or b"") for record in read])
                if len(records) >= BATCH_ROWS or size >= BATCH_BYTES:
                    yield records
                    records, size = [], 0
        if records:
            yield records


def iso_timestamp(time: datetime) -> str:
    """Returns a time in UTC in ISO 8601, to the microsecond."""
    # Five times as fast as isoformat() with the time zone.
    return f"{time.replace(tzinfo=None).isoformat(timespec='microseconds')}+00:00"


def strokes_json(record: Record) -> str | None:
    """Returns the strokes document as one line of JSON, or None if absent, private or damaged."""
    if record.strokes is None:
        return None
    try:
        text = strokes.unpack_text(record.strokes).decode()
    except (strokes.BadStrokesError, UnicodeDecodeError):
        return None  # verify_strokes reports damaged strokes
    # In JSON, bare line breaks occur only between tokens.
    return text.replace("\n", " ").replace("\r", " ")


def _fetch_rows(drawings: Any) -> Generator[list[tuple[Any, ...]], None, None]:
    """Fetch the rows of a query from the driver, FETCH_ROWS at a time.

    Django's conversion of the values would take longer than the rest of an export.
    """
    try:
        sql, parameters = drawings.query.sql_with_params()
    except EmptyResultSet:
        return
    with connections[drawings.db].chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(FETCH_ROWS):
            yield rows


def _record_from_sqlite(
    id: str, title: str, artist: str, colormap: str, width: int, height: int, vmin: int, vmax: int,
    time: str, status: str, blob: bytes = b"", strokes: bytes | None = None,
) -> Record:  # fmt: skip
    return Record(
        f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}",
        title, artist, colormap, width, height, vmin, vmax,
        datetime.fromisoformat(f"{time}+00:00"),
        status,
        blob, strokes,
        split_of_bytes(bytes.fromhex(id)),
    )  # fmt: skip


def _record_from_postgresql(id: UUID, *values: Any) -> Record:
    missing = () if len(values) == len(METADATA_COLUMNS) + 1 else NO_PIXELS
    return Record._make((str(id), *values, *missing, split_of_bytes(id.bytes)))


RECORD_MAKERS: dict[str, Callable[..., Record]] = {
    "sqlite": _record_from_sqlite,
    "postgresql": _record_from_postgresql,
}


@contextmanager
def snapshot(drawing_filter: DrawingFilter) -> Iterator[Source]:
    """Provide the drawings that a filter selects, in one snapshot of the database.

    Concurrent writers neither change what is read nor wait for it. Within a transaction, the
    source reads what that transaction sees.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.in_atomic_block:
        yield Source(drawing_filter)
    elif connection.vendor == "sqlite":
        # Not atomic(): its transactions take the write lock when they begin.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
        try:
            yield Source(drawing_filter)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # Without an index, finding the drawings may take longer than statement_timeout allows.
            cursor.execute("SET LOCAL statement_timeout = 0")
            yield Source(drawing_filter)
