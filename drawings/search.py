"""Finding drawings by the words of their titles and artists: each database's own full-text search.

A drawing is found when every word that is asked for begins one of its own, whatever its case and
accents. PostgreSQL keeps the words in a generated column of the drawings' table, SQLite in a table
of FTS5 that triggers keep up to date, so no code that writes drawings knows of either.
"""

import unicodedata
from collections.abc import Iterator
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models.expressions import RawSQL

from drawings.models import Drawing, DrawingQuerySet

TABLE = Drawing._meta.db_table
MAX_WORDS = 10


def words_of(text: str) -> list[str]:
    """The words that a search asks for: runs of letters, digits and marks, at most MAX_WORDS."""
    plain = unicodedata.normalize("NFC", text.lower())
    spaced = "".join(sign if unicodedata.category(sign)[0] in "LNM" else " " for sign in plain)
    return list(dict.fromkeys(spaced.split()))[:MAX_WORDS]


def id_in(text: str) -> UUID | None:
    """The id that is searched for, if the text is one."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def matching(drawings: DrawingQuerySet, text: str) -> DrawingQuerySet:
    """Those of the drawings that a search for `text` finds: all of them, in no order.

    For a page of them, see `listing.read`.
    """
    if (wanted := id_in(text)) is not None:
        return drawings.filter(id=wanted)
    words = words_of(text)
    if not words:
        return drawings.none()
    if connections[drawings.db].vendor == "postgresql":
        return drawings.filter(Matches(words))
    found = RawSQL(
        f"SELECT drawing_id FROM {FTS5} WHERE {FTS5} MATCH %s",
        [fts5_query(words)],
    )
    return drawings.filter(pk__in=found)


# --- PostgreSQL -----------------------------------------------------------------------------

# Without accents, as FTS5 takes them off; the dictionary "simple" makes lower case, and nothing
# else of a word: titles are in any language.
PLAIN = "normalize(regexp_replace(normalize({}, NFD), '[\\u0300-\\u036f]', '', 'g'), NFC)"
POSTGRESQL_SCHEMA = (
    f"""
    ALTER TABLE {TABLE} ADD COLUMN search tsvector
    GENERATED ALWAYS AS (to_tsvector('simple', {PLAIN.format("title || ' ' || artist")})) STORED
    """,
    # How often each word is there tells the planner whether to look for it newest first, or in the
    # index of words.
    f"ALTER TABLE {TABLE} ALTER COLUMN search SET STATISTICS 1000",
    # Without fastupdate: what is pending there is read from end to end by every search.
    f"CREATE INDEX drawing_search ON {TABLE} USING gin (search) WITH (fastupdate = off)",
)


class Matches(models.Func):
    """Whether a drawing has all of these words, or longer ones that begin so."""

    template = f"{TABLE}.search @@ to_tsquery('simple', {PLAIN.format('%(expressions)s')})"
    output_field = models.BooleanField()

    def __init__(self, words: list[str]) -> None:
        # Nothing is in them that a tsquery could take for its syntax.
        super().__init__(models.Value(" & ".join(f"{word}:*" for word in words)))


# --- SQLite ---------------------------------------------------------------------------------

FTS5 = "drawings_search"

# A drawing's place among the rows of FTS5, which are read in the order of their numbers: the bits
# of its id that tell the time and those behind them, so the newest comes first here as well. The
# next free number is taken if that is another's, of the same moment.
PLACES_IN_A_MOMENT = 1 << 15


def place(drawing_id: UUID) -> int:
    """48 bits of milliseconds and 12 of what follows in a UUIDv7, with room for 7 between two."""
    return (drawing_id.int >> 80) << 15 | (drawing_id.int >> 64 & 0xFFF) << 3


def _place_in_sql(id: str) -> str:
    """The same in SQL, digit by digit: SQLite has no function that reads hexadecimal."""
    digits = [*enumerate(range(59, 14, -4), 1), *enumerate(range(11, 2, -4), 14)]
    return "|".join(
        f"(instr('0123456789abcdef',substr({id},{position},1))-1<<{shift})"
        for position, shift in digits
    )


def _row_of(id: str) -> str:
    """The condition for the row of a drawing, by its id in SQL."""
    first = _place_in_sql(id)
    return f"rowid BETWEEN ({first}) AND ({first}) + {PLACES_IN_A_MOMENT} AND drawing_id = {id}"


COLUMNS = "drawing_id, title, artist, status, colormap"
# (A colormap is one word there: the tokenizer would part it at the underscores.)
SQLITE_SCHEMA = {
    FTS5: f"""
        CREATE VIRTUAL TABLE {FTS5} USING fts5(
            drawing_id UNINDEXED, title, artist, status, colormap,
            tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3 4 5'
        )
    """,
    f"{FTS5}_insert": f"""
        CREATE TRIGGER {FTS5}_insert AFTER INSERT ON {TABLE} BEGIN
            INSERT INTO {FTS5} (rowid, {COLUMNS})
            SELECT
                CASE WHEN EXISTS (SELECT 1 FROM {FTS5} WHERE rowid = first) THEN
                    (SELECT max(rowid) + 1 FROM {FTS5}
                     WHERE rowid BETWEEN first AND first + {PLACES_IN_A_MOMENT})
                ELSE first END,
                new.id, new.title, new.artist, new.status, replace(new.colormap, '_', '')
            FROM (SELECT {_place_in_sql("new.id")} AS first LIMIT 1);
        END
    """,
    f"{FTS5}_update": f"""
        CREATE TRIGGER {FTS5}_update AFTER UPDATE OF title, artist, status, colormap ON {TABLE}
        BEGIN
            UPDATE {FTS5} SET title = new.title, artist = new.artist, status = new.status,
                colormap = replace(new.colormap, '_', '')
            WHERE {_row_of("new.id")};
        END
    """,
    f"{FTS5}_delete": f"""
        CREATE TRIGGER {FTS5}_delete AFTER DELETE ON {TABLE} BEGIN
            DELETE FROM {FTS5} WHERE {_row_of("old.id")};
        END
    """,
}


def fts5_query(words: list[str], status: str = "", cmap: str = "") -> str:
    """The query in FTS5's language. (Its words are quoted: they may be AND or NOT.)"""
    asked = [f'{{title artist}} : "{word}" *' for word in words]
    if status:
        asked.append(f'status : "{status}"')
    if cmap:
        asked.append(f'colormap : "{cmap.replace("_", "")}"')
    return " AND ".join(asked)


def fts5_page(
    words: list[str],
    status: str,
    cmap: str,
    *,
    since: UUID | None,
    before: UUID | None,
    after: UUID | None,
    ascending: bool,
    limit: int,
) -> RawSQL:
    """The ids of the first `limit` drawings that are found, newest or oldest first.

    Only so many rows are read: FTS5 has the drawings of a word in the order of their places.
    """
    conditions, parameters = [f"{FTS5} MATCH %s"], [fts5_query(words, status, cmap)]
    bounds: list[str | int] = []
    if since is not None:
        conditions.append("rowid >= %s")
        bounds.append(place(since))
    for cursor, sign, step in ((before, "<", 1), (after, ">", 0)):
        if cursor is not None:
            # The drawing may be gone: then it is what stands below it in the same moment.
            moment = f"SELECT max(rowid) + {{}} FROM {FTS5} WHERE rowid BETWEEN %s AND %s"
            own = f"{moment.format(0)} AND drawing_id = %s"
            below = f"{moment.format(step)} AND drawing_id < %s"
            conditions.append(f"rowid {sign} coalesce(({own}), ({below}), %s)")
            first = place(cursor)
            bounds += [first, first + PLACES_IN_A_MOMENT, cursor.hex] * 2
            bounds.append(first - 1 + step)
    return RawSQL(
        f"SELECT drawing_id FROM {FTS5} WHERE {' AND '.join(conditions)}"
        f" ORDER BY rowid {'ASC' if ascending else 'DESC'} LIMIT %s",
        [*parameters, *bounds, limit],
    )


# --- Installing -----------------------------------------------------------------------------


def install(connection: BaseDatabaseWrapper) -> None:
    """Make what the search needs in the database, as far as it is not there.

    After every migration, because Django's migrations cannot express it, and one that remakes a
    table of SQLite loses the table's triggers.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _install_tsvector(cursor)
        else:
            _install_fts5(cursor)


def _install_tsvector(cursor: CursorWrapper) -> None:
    cursor.execute("SELECT to_regclass('drawing_search') IS NOT NULL")
    if cursor.fetchone() == (True,):
        return
    with transaction.atomic():
        cursor.execute("SET LOCAL statement_timeout = 0")  # a full table is written anew
        for statement in POSTGRESQL_SCHEMA:
            cursor.execute(statement)


def _install_fts5(cursor: CursorWrapper) -> None:
    cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE name IN (%s, %s, %s, %s)", list(SQLITE_SCHEMA)
    )
    there = dict(cursor.fetchall())
    if there == {name: sql.strip() for name, sql in SQLITE_SCHEMA.items()}:
        return
    for name in there:
        cursor.execute(f"DROP {'TABLE' if name == FTS5 else 'TRIGGER'} {name}")
    try:
        for statement in SQLITE_SCHEMA.values():
            cursor.execute(statement)
    except OperationalError as error:
        raise ImproperlyConfigured(
            f"The SQLite of this Python cannot do full-text search (FTS5): {error}."
            " Use another build of Python, or PostgreSQL through DATABASE_URL."
        ) from error
    cursor.executemany(
        f"INSERT INTO {FTS5} (rowid, {COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)",
        _entries(),  # type: ignore[arg-type]  # any iterable will do
    )


def _entries() -> Iterator[tuple[int, str, str, str, str, str]]:
    """The rows of FTS5 for the drawings that are there."""
    last = 0
    values = ("id", "title", "artist", "status", "colormap")
    for key, title, artist, status, colormap in (
        Drawing.objects.order_by("id").values_list(*values).iterator()
    ):
        last = max(place(key), last + 1)
        yield last, key.hex, title, artist, status, colormap.replace("_", "")
