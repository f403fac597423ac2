"""Which drawings an export has, read as one snapshot of the database, batch by batch."""

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

# A batch ends with whichever comes first: a drawing may be a few hundred bytes or some megabytes.
BATCH = 500
BATCH_BYTES = 4_000_000
# So many rows at a time come from the database's driver.
FETCHED = 20


# How many drawings are done, after each batch.
Progress = Generator[int, None, None]


class Record(NamedTuple):
    """A drawing as it is exported: a row of the database, and its split."""

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
    blob: bytes  # empty if it was not asked for, and so are the strokes
    strokes: bytes | None  # for everybody: verified, and on public paper if on a drawing
    split: Split


SAID = Record._fields[:-3]
STROKES = Case(When(PUBLIC_STROKES, then="strokes"))
NO_BYTES = (b"", None)


class Source:
    """The drawings of a selection, for the writers."""

    def __init__(self, drawing_filter: DrawingFilter) -> None:
        self.filter = drawing_filter
        # How many drawings of each split were given, since they were last begun with.
        self.counts: Counter[Split] = Counter()
        # Where a writer keeps what has to wait; None for the system's folder.
        self.scratch: Path | None = None
        # The ids of drawings whose pixels a writer had to read, and could not.
        self.damaged: list[str] = []

    def drawings(self) -> DrawingQuerySet:
        """All of them, in no order."""
        return self.filter.apply(Drawing.objects.using(DEFAULT_DB_ALIAS))

    @property
    def has_status(self) -> bool:
        """Whether records tell the drawings' status: only if they may be other than published."""
        return not self.filter.is_published_only

    def count(self) -> int:
        """How many they are."""
        return self.drawings().count()

    def said(self) -> Iterator[list[Record]]:
        """Batches of all of them, by ascending id, without their pixels and strokes."""
        return self._read(self.drawings().values_list(*SAID))

    def whole(self) -> Iterator[list[Record]]:
        """The same with pixels and strokes."""
        return self._read(self.drawings().values_list(*SAID, "blob", STROKES))

    def _read(self, drawings: Any) -> Iterator[list[Record]]:
        record_of = RECORD_OF[connections[drawings.db].vendor]
        self.counts.clear()
        records: list[Record] = []
        size = 0
        with closing(_rows(drawings.order_by("id"))) as fetched:
            for rows in fetched:
                read = [record_of(*row) for row in rows]
                self.counts.update([record.split for record in read])
                records += read
                size += sum([len(record.blob) + len(record.strokes or b"") for record in read])
                if len(records) >= BATCH or size >= BATCH_BYTES:
                    yield records
                    records, size = [], 0
        if records:
            yield records


def iso(time: datetime) -> str:
    """A time in UTC as ISO 8601 has it, to the microsecond."""
    # Five times as fast as with its zone.
    return f"{time.replace(tzinfo=None).isoformat(timespec='microseconds')}+00:00"


def strokes_text(record: Record) -> str | None:
    """The strokes document's JSON text in one line; None if there is none to give away."""
    if record.strokes is None:
        return None
    try:
        text = strokes.unpack_text(record.strokes).decode()
    except (strokes.BadStrokesError, UnicodeDecodeError):
        return None  # as if there were none: verify_strokes names those
    # Only between its tokens can JSON have these as they are.
    return text.replace("\n", " ").replace("\r", " ")


def _rows(drawings: Any) -> Generator[list[tuple[Any, ...]], None, None]:
    """The rows of a query, some at a time, as the driver has them: what Django makes of their
    values takes longer than all else that is done with them."""
    try:
        sql, parameters = drawings.query.sql_with_params()
    except EmptyResultSet:
        return
    with connections[drawings.db].chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(FETCHED):
            yield rows


def _of_sqlite(
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


def _of_postgresql(id: UUID, *said: Any) -> Record:
    bytes_ = () if len(said) == len(SAID) + 1 else NO_BYTES
    return Record._make((str(id), *said, *bytes_, split_of_bytes(id.bytes)))


RECORD_OF: dict[str, Callable[..., Record]] = {
    "sqlite": _of_sqlite,
    "postgresql": _of_postgresql,
}


@contextmanager
def snapshot(drawing_filter: DrawingFilter) -> Iterator[Source]:
    """The drawings of a selection as they are now, whatever others write meanwhile, who need not
    wait for it. Within a transaction they are as that one sees them."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.in_atomic_block:
        yield Source(drawing_filter)
    elif connection.vendor == "sqlite":
        # Not atomic(), whose transactions take the lock to write when they begin.
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
            # What no index finds may be far apart in a large table.
            cursor.execute("SET LOCAL statement_timeout = 0")
            yield Source(drawing_filter)
