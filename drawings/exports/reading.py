"""Which drawings an export has, read as one snapshot of the database, batch by batch."""

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from drawings import listing, search, strokes
from drawings.models import Drawing, DrawingQuerySet
from drawings.splits import Split, split_of_bytes

# A batch ends with whichever comes first: a drawing may be a few hundred bytes or some megabytes.
BATCH = 500
BATCH_BYTES = 4_000_000
# As many rows as the database's driver holds at once.
FETCHED = 50


# How many drawings are done, after each batch.
Progress = Generator[int, None, None]


class DamagedError(Exception):
    """A drawing that cannot be read; the message is a sentence that names it."""


class Selection(NamedTuple):
    """Which drawings an export has. What is empty selects nothing."""

    q: str = ""  # words, or the id of a drawing
    cmap: str = ""
    artist: str = ""  # exactly
    since: datetime | None = None  # by the time in the id; from then on
    until: datetime | None = None  # before then
    status: str = Drawing.Status.PUBLISHED

    def said(self) -> dict[str, str]:
        """What is selected, by name."""
        return {name: str(value) for name, value in self._asdict().items() if value}

    @property
    def has_status(self) -> bool:
        """Whether the drawings' status is said: that it is not the one of a dataset for all."""
        return self.status != Drawing.Status.PUBLISHED

    def drawings(self) -> DrawingQuerySet:
        """All of them, in no order."""
        rows = Drawing.objects.using(DEFAULT_DB_ALIAS).filter(status=self.status)
        if self.q:
            rows = search.matching(rows, self.q)
        if self.cmap:
            rows = rows.filter(colormap=self.cmap)
        if self.artist:
            rows = rows.filter(artist=self.artist)
        if self.since is not None:
            rows = rows.filter(id__gte=listing.first_id(self.since))
        if self.until is not None:
            rows = rows.filter(id__lt=listing.first_id(self.until))
        return rows


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
    strokes_agree: bool | None
    blob: bytes  # empty if it was not asked for, and so are the strokes
    strokes: bytes | None
    split: Split


WHOLE = Record._fields[:-1]
SAID = WHOLE[:-2]
NO_BYTES = (b"", None)


class Source:
    """The drawings of a selection, for the writers."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        # How many drawings of each split were given, since they were last begun with.
        self.counts: Counter[Split] = Counter()

    def count(self) -> int:
        """How many they are."""
        return self.selection.drawings().count()

    def said(self) -> Iterator[list[Record]]:
        """Batches of all of them, by ascending id, without their pixels and strokes."""
        return self._read(SAID, BATCH)

    def whole(self) -> Iterator[list[Record]]:
        """The same with pixels and strokes."""
        return self._read(WHOLE, FETCHED)

    def _read(self, columns: Sequence[str], fetched: int) -> Iterator[list[Record]]:
        drawings = self.selection.drawings().order_by("id").values_list(*columns)
        record_of = OF_ROW[connections[drawings.db].vendor]
        with closing(_rows(drawings, fetched)) as rows:
            yield from self._batches(map(record_of, rows))

    def _batches(self, records: Iterator[Record]) -> Iterator[list[Record]]:
        self.counts.clear()
        batch: list[Record] = []
        size = 0
        for record in records:
            batch.append(record)
            size += len(record.blob) + len(record.strokes or b"")
            if len(batch) == BATCH or size >= BATCH_BYTES:
                yield self._counted(batch)
                batch, size = [], 0
        if batch:
            yield self._counted(batch)

    def _counted(self, batch: list[Record]) -> list[Record]:
        self.counts.update(record.split for record in batch)
        return batch


def iso(time: datetime) -> str:
    """A time in UTC as ISO 8601 has it, to the microsecond."""
    # Five times as fast as with its zone.
    return f"{time.replace(tzinfo=None).isoformat(timespec='microseconds')}+00:00"


def strokes_text(record: Record) -> str | None:
    """The strokes document's JSON text in one line; None if there is none to give away.

    Those that are known not to come to the pixels show what nobody has seen on the wall.
    """
    if record.strokes is None or record.strokes_agree is False:
        return None
    try:
        text = strokes.unpack_text(record.strokes).decode()
    except (strokes.BadStrokesError, UnicodeDecodeError):
        return None  # as if there were none: verify_strokes names those
    # Only between its tokens can JSON have these as they are.
    return text.replace("\n", " ").replace("\r", " ")


def _rows(drawings: Any, fetched: int) -> Generator[tuple[Any, ...], None, None]:
    """The rows of a query as the driver has them: what Django makes of their values takes as long
    as all else that is done with them."""
    try:
        sql, parameters = drawings.query.sql_with_params()
    except EmptyResultSet:
        return
    with connections[drawings.db].chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(fetched):
            yield from rows


def _of_sqlite(row: tuple[Any, ...]) -> Record:
    digits, said, (time, status, agree), bytes_ = row[0], row[1:8], row[8:11], row[11:]
    return Record._make(
        (
            f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}",
            *said,
            datetime.fromisoformat(f"{time}+00:00"),
            status,
            None if agree is None else bool(agree),
            *(bytes_ or NO_BYTES),
            split_of_bytes(bytes.fromhex(digits)),
        )
    )


def _of_postgresql(row: tuple[Any, ...]) -> Record:
    own_id, said, bytes_ = row[0], row[1:11], row[11:]
    split = split_of_bytes(own_id.bytes)
    return Record._make((str(own_id), *said, *(bytes_ or NO_BYTES), split))


OF_ROW = {"sqlite": _of_sqlite, "postgresql": _of_postgresql}


@contextmanager
def snapshot(selection: Selection) -> Iterator[Source]:
    """The drawings of a selection as they are now, whatever others write meanwhile, who need not
    wait for it. Within a transaction they are as that one sees them."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.in_atomic_block:
        yield Source(selection)
    elif connection.vendor == "sqlite":
        # Not atomic(), whose transactions take the lock to write when they begin.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
        try:
            yield Source(selection)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # What no index finds may be far apart in a large table.
            cursor.execute("SET LOCAL statement_timeout = 0")
            yield Source(selection)
