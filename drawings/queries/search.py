"""Finding drawings by the words of their titles and artists: each database's own full-text search.

A drawing is found when every word that is asked for begins one of its own, in upper or lower case,
Latin letters with accents or without. PostgreSQL keeps the words in a generated column of the
drawings' table, SQLite in a table of FTS5 that triggers keep up to date, so no code that writes
drawings knows of either.
"""

import hashlib
import string
from collections.abc import Iterator
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models.expressions import RawSQL

from drawings.models import ARTIST_LENGTH, TITLE_LENGTH, Drawing, DrawingQuerySet
from drawings.models.text import words_in

TABLE = Drawing._meta.db_table
MAX_WORDS = 10
MAX_WORD_LENGTH = max(TITLE_LENGTH, ARTIST_LENGTH)


def words_of(text: str) -> list[str]:
    """The words that a search asks for, at most MAX_WORDS."""
    words = [word[:MAX_WORD_LENGTH] for word in words_in(text)]
    return list(dict.fromkeys(words))[:MAX_WORDS]


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
        f"SELECT drawing_id FROM {NUMBERS} WHERE number IN"
        f" (SELECT rowid FROM {FTS5} WHERE {FTS5} MATCH %s)",
        [fts5_query(words)],
    )
    return drawings.filter(pk__in=found)


# --- PostgreSQL -----------------------------------------------------------------------------

# A text as its words are compared, in whatever locale the database is (C's knows ASCII alone): as
# FTS5 has it, in lower case, Latin letters without accents, and a space for what is no letter and
# no digit. A word that is parted so is looked for as its parts in a row.
FOLDED = "drawings_search_folded"
FOLDED_SCHEMA = rf"""
    CREATE OR REPLACE FUNCTION {FOLDED}(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT regexp_replace(
            translate(
                lower(
                    normalize(
                        regexp_replace(
                            normalize($1, NFD), '([A-Za-z])[\u0300-\u036f]+', '\1', 'g'
                        ),
                        NFC
                    ) COLLATE "{{collation}}"
                ),
                'ςſµ', 'σsμ'
            ),
            '[^[:alnum:]\u2160-\u2188\u3007\x01-\x7f]', ' ', 'g'
        )
    $$
"""
# The one of Unicode, and the database's own for a PostgreSQL that was built without ICU.
COLLATIONS = ("und-x-icu", "default")
# With these PostgreSQL would see hosts, files and negative numbers, where the others see words.
SIGNS = string.punctuation.replace("'", "''")
SPACED = f"translate(title || ' ' || artist, '{SIGNS}', '{' ' * len(string.punctuation)}')"
POSTGRESQL_SCHEMA = (
    f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS search",
    f"""
    ALTER TABLE {TABLE} ADD COLUMN search tsvector
    GENERATED ALWAYS AS (to_tsvector('simple', {FOLDED}({SPACED}))) STORED
    """,
    # How often each word is there tells the planner whether to look for it newest first, or in the
    # index of words.
    f"ALTER TABLE {TABLE} ALTER COLUMN search SET STATISTICS 1000",
    # Without fastupdate: what is pending there is read from end to end by every search.
    f"CREATE INDEX drawing_search ON {TABLE} USING gin (search) WITH (fastupdate = off)",
)


class Matches(models.Func):
    """Whether a drawing has all of these words, or longer ones that begin so."""

    template = f"{TABLE}.search @@ to_tsquery('simple', {FOLDED}(%(expressions)s))"
    output_field = models.BooleanField()

    def __init__(self, words: list[str]) -> None:
        # Nothing is in them that a tsquery could take for its syntax. They are quoted because
        # folding may part one.
        super().__init__(models.Value(" & ".join(f"'{word}':*" for word in words)))


# --- SQLite ---------------------------------------------------------------------------------

FTS5 = "drawings_search"
# FTS5 knows its rows by number, and reads those of a word in the order of their numbers. So a
# drawing's number there begins with the time, as its id does: the newest comes first here as well.
NUMBERS = "drawings_search_number"


def number_of(drawing_id: UUID) -> int:
    """48 bits of milliseconds, 12 bits of what follows them in a UUIDv7, and room for 7 between.

    Where that is another drawing's number, the next one that is free is taken.
    """
    return (drawing_id.int >> 80) << 15 | (drawing_id.int >> 64 & 0xFFF) << 3


def _number_in_sql(drawing_id: str) -> str:
    """The same in SQL, digit by digit: SQLite has no function that reads hexadecimal.

    Digits 1 to 12 are the milliseconds, 13 is the UUID's version, 14 to 16 are the 12 bits.
    """
    digits = [*enumerate(range(59, 14, -4), 1), *enumerate(range(11, 2, -4), 14)]
    return "|".join(
        f"(instr('0123456789abcdef',substr({drawing_id},{position},1))-1<<{shift})"
        for position, shift in digits
    )


# (A colormap is one word: FTS5 would part it at the underscores.)
_VALUES = "new.title, new.artist, new.status, replace(new.colormap, '_', '')"
SQLITE_SCHEMA = {
    FTS5: f"""
        CREATE VIRTUAL TABLE {FTS5} USING fts5(
            title, artist, status, colormap,
            tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3 4 5 6 7'
        )
    """,
    NUMBERS: f"""
        CREATE TABLE {NUMBERS} (number INTEGER PRIMARY KEY, drawing_id TEXT NOT NULL UNIQUE)
    """,
    f"{FTS5}_insert": f"""
        CREATE TRIGGER {FTS5}_insert AFTER INSERT ON {TABLE} BEGIN
            INSERT INTO {NUMBERS} (number, drawing_id)
            SELECT
                CASE WHEN EXISTS (SELECT 1 FROM {NUMBERS} WHERE number = first) THEN
                    (SELECT number + 1 FROM {NUMBERS} AS taken
                     WHERE number >= first AND NOT EXISTS (
                         SELECT 1 FROM {NUMBERS} AS next WHERE next.number = taken.number + 1)
                     ORDER BY number LIMIT 1)
                ELSE first END,
                new.id
            FROM (SELECT {_number_in_sql("new.id")} AS first LIMIT 1);
            INSERT INTO {FTS5} (rowid, title, artist, status, colormap)
            SELECT number, {_VALUES} FROM {NUMBERS} WHERE drawing_id = new.id;
        END
    """,
    f"{FTS5}_update": f"""
        CREATE TRIGGER {FTS5}_update AFTER UPDATE OF title, artist, status, colormap ON {TABLE}
        BEGIN
            UPDATE {FTS5} SET title = new.title, artist = new.artist, status = new.status,
                colormap = replace(new.colormap, '_', '')
            WHERE rowid = (SELECT number FROM {NUMBERS} WHERE drawing_id = new.id);
        END
    """,
    f"{FTS5}_delete": f"""
        CREATE TRIGGER {FTS5}_delete AFTER DELETE ON {TABLE} BEGIN
            DELETE FROM {FTS5}
            WHERE rowid = (SELECT number FROM {NUMBERS} WHERE drawing_id = old.id);
            DELETE FROM {NUMBERS} WHERE drawing_id = old.id;
        END
    """,
}


def fts5_query(words: list[str], status: str = "", cmap: str = "") -> str:
    """The query in FTS5's language. (Its words are quoted: they may be AND or NOT.)"""
    asked = [f'{{title artist}} : "{word}" *' for word in words]
    for column, value in (("status", status), ("colormap", cmap.replace("_", ""))):
        if value:
            quoted = value.replace('"', '""')
            asked.append(f'{column} : "{quoted}"')
    return " AND ".join(asked)


def fts5_page(
    words: list[str],
    status: str,
    cmap: str,
    *,
    since: UUID | None,
    until: UUID | None,
    before: UUID | None,
    after: UUID | None,
    ascending: bool,
    limit: int,
    using: str,
) -> list[UUID]:
    """The ids of the first `limit` drawings that are found, newest or oldest first.

    Only so many rows are read: FTS5 has the drawings of a word in the order of their numbers.
    """
    conditions = [f"{FTS5} MATCH %s"]
    parameters: list[str | int] = [fts5_query(words, status, cmap)]
    if since is not None:
        conditions.append("rowid >= %s")
        parameters.append(number_of(since))
    if until is not None:
        conditions.append("rowid < %s")
        parameters.append(number_of(until))
    # The drawing where a page begins may be gone: then it begins at the next older one that is not.
    at = f"FROM {NUMBERS} WHERE drawing_id <= %s ORDER BY drawing_id DESC LIMIT 1"
    if before is not None:
        conditions.append(f"rowid < (SELECT number + (drawing_id < %s) {at})")
        parameters += [before.hex, before.hex]
    if after is not None:
        conditions.append(f"rowid > coalesce((SELECT number {at}), -1)")
        parameters.append(after.hex)
    direction = "ASC" if ascending else "DESC"
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT drawing_id FROM (SELECT rowid AS found FROM {FTS5}"
            f" WHERE {' AND '.join(conditions)} ORDER BY rowid {direction} LIMIT %s)"
            f" JOIN {NUMBERS} ON number = found ORDER BY found {direction}",
            [*parameters, limit],
        )
        return [UUID(found) for (found,) in cursor.fetchall()]


def among_few(drawings: DrawingQuerySet, words: list[str]) -> DrawingQuerySet:
    """Those of a few drawings that have the words: each is looked up by itself."""
    if not words:
        return drawings.none()
    has_words = RawSQL(
        f"EXISTS (SELECT 1 FROM {FTS5} WHERE {FTS5} MATCH %s AND rowid ="
        f" (SELECT number FROM {NUMBERS} WHERE drawing_id = {TABLE}.id))",
        [fts5_query(words)],
        output_field=models.BooleanField(),
    )
    return drawings.filter(has_words)


# --- Installing -----------------------------------------------------------------------------


def install(connection: BaseDatabaseWrapper) -> None:
    """Make what the search needs in the database, unless it is there; all of it or nothing.

    After every migration, because one that remakes a table of SQLite loses the table's triggers.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _install_tsvector(cursor)
        else:
            _install_fts5(cursor, connection.alias)


def _install_tsvector(cursor: CursorWrapper) -> None:
    # Of two servers that start at once, one waits for the other.
    cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [TABLE])
    cursor.execute("SELECT collname FROM pg_collation WHERE collname = ANY(%s)", [list(COLLATIONS)])
    there = {name for (name,) in cursor.fetchall()}
    collation = next(name for name in COLLATIONS if name in there)
    schema = (FOLDED_SCHEMA.format(collation=collation), *POSTGRESQL_SCHEMA)
    version = hashlib.sha256("".join(schema).encode()).hexdigest()
    cursor.execute(
        "SELECT col_description(attrelid, attnum) FROM pg_attribute"
        " WHERE attrelid = to_regclass(%s) AND attname = 'search'",
        [TABLE],
    )
    if cursor.fetchone() != (version,):
        for statement in schema:
            cursor.execute(statement)
        cursor.execute(f"COMMENT ON COLUMN {TABLE}.search IS '{version}'")


def _install_fts5(cursor: CursorWrapper, using: str) -> None:
    names = ", ".join(["%s"] * len(SQLITE_SCHEMA))
    cursor.execute(
        f"SELECT name, type, sql FROM sqlite_master WHERE name IN ({names})", list(SQLITE_SCHEMA)
    )
    there = {name: (kind, sql) for name, kind, sql in cursor.fetchall()}
    if {name: sql for name, (_, sql) in there.items()} == {
        name: sql.strip() for name, sql in SQLITE_SCHEMA.items()
    }:
        return
    for name in reversed([name for name in SQLITE_SCHEMA if name in there]):
        cursor.execute(f"DROP {there[name][0]} {name}")
    for statement in SQLITE_SCHEMA.values():
        try:
            cursor.execute(statement)
        except OperationalError as error:
            if "no such module" not in str(error):
                raise
            raise ImproperlyConfigured(
                f"The SQLite of this Python cannot do full-text search ({error})."
                " Use another build of Python, or PostgreSQL through DATABASE_URL."
            ) from error
    cursor.executemany(
        f"INSERT INTO {NUMBERS} (number, drawing_id) VALUES (%s, %s)",
        _numbers(using),  # type: ignore[arg-type]  # any iterable will do
    )
    cursor.execute(
        f"INSERT INTO {FTS5} (rowid, title, artist, status, colormap)"
        " SELECT number, title, artist, status, replace(colormap, '_', '')"
        f" FROM {NUMBERS} JOIN {TABLE} ON id = drawing_id ORDER BY number"
    )


def _numbers(using: str) -> Iterator[tuple[int, str]]:
    """A number for each drawing that is there."""
    last = -1
    ids = Drawing.objects.using(using).order_by("id").values_list("id", flat=True)
    for drawing_id in ids.iterator():
        last = max(number_of(drawing_id), last + 1)
        yield last, drawing_id.hex
