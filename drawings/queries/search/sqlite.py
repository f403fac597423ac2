"""The search on SQLite: an FTS5 table that triggers keep up to date."""

import re
from collections.abc import Iterator
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections, models
from django.db.backends.utils import CursorWrapper
from django.db.models.expressions import RawSQL

from drawings.models import ARTIST_LENGTH, TITLE_LENGTH, Drawing, DrawingQuerySet
from drawings.queries.id_order import IdWindow
from drawings.queries.search.words import CJK, MODIFIERS, SYMBOLS
from drawsite.lib.uuid7 import time_bits

TABLE = Drawing._meta.db_table
FTS5 = "drawings_search"
# FTS5 identifies rows by number, and reads the rows of a word in the order of their numbers. So a
# drawing's number begins with the time, like its id, and the newest can be read first.
NUMBERS = "drawings_search_number"


def number_of(drawing_id: UUID) -> int:
    """A drawing's number: 48 bits of milliseconds, the 12 bits that follow them in a UUIDv7, and 3
    zero bits.

    The zero bits leave room: if two drawings would have the same number, the later one gets the
    next free number.
    """
    return time_bits(drawing_id) << 3


def _number_expression(drawing_id: str) -> str:
    """`number_of` as SQL, digit by digit: SQLite has no function to parse hexadecimal.

    Digits 1 to 12 are the milliseconds, 13 is the UUID's version, 14 to 16 are the 12 bits.
    """
    digits = [*enumerate(range(59, 14, -4), 1), *enumerate(range(11, 2, -4), 14)]
    return "|".join(
        f"(instr('0123456789abcdef',substr({drawing_id},{position},1))-1<<{shift})"
        for position, shift in digits
    )


# FTS5 takes a run of letters for one word, and symbols for spaces. So each character that is a word
# gets spaces around it, and a symbol is replaced by a private character, which counts as a letter.
# The last 16 bits of the symbols differ, so one plane of private characters is enough.
PRIVATE = 0xF0000
_SYMBOL = re.compile(f"[{SYMBOLS}]")


def _spaced_expression(text: str) -> str:
    """The text for FTS5 as SQL. Only SQL's own functions, so that every program that opens the
    database can change a title. No WITH clause: triggers cannot have one."""
    positions = ", ".join(f"({n})" for n in range(1, max(TITLE_LENGTH, ARTIST_LENGTH) + 1))
    return f"""
        CASE WHEN {text} GLOB '*[{CJK}{SYMBOLS}]*' THEN (
            SELECT group_concat(
                CASE WHEN char GLOB '[{CJK}]' THEN ' ' || char || ' '
                WHEN char GLOB '[{SYMBOLS}]' THEN
                    ' ' || char({PRIVATE} | (unicode(char) & {0xFFFF})) || ' '
                WHEN char GLOB '[{MODIFIERS}]' THEN ' '
                ELSE char END, ''
            )
            FROM (
                SELECT substr({text}, column1, 1) AS char FROM (VALUES {positions})
                WHERE column1 <= length({text})
            )
        ) ELSE {text} END
    """


def _values(row: str) -> str:
    """What FTS5 keeps of a row, as SQL. The underscores are removed because FTS5 would split a
    colormap's name at them."""
    title, artist = (_spaced_expression(f"{row}.{column}") for column in ("title", "artist"))
    return f"{title}, {artist}, {row}.status, replace({row}.colormap, '_', '')"


SCHEMA = {
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
            FROM (SELECT {_number_expression("new.id")} AS first LIMIT 1);
            INSERT INTO {FTS5} (rowid, title, artist, status, colormap)
            SELECT number, {_values("new")} FROM {NUMBERS} WHERE drawing_id = new.id;
        END
    """,
    f"{FTS5}_update": f"""
        CREATE TRIGGER {FTS5}_update AFTER UPDATE OF title, artist, status, colormap ON {TABLE}
        BEGIN
            UPDATE {FTS5} SET (title, artist, status, colormap) = (SELECT {_values("new")})
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
    """Returns a query for FTS5. The words are quoted, because they may be AND or NOT."""
    kept = (_SYMBOL.sub(lambda symbol: chr(PRIVATE | (ord(symbol[0]) & 0xFFFF)), w) for w in words)
    terms = [f'{{title artist}} : "{word}" *' for word in kept]
    for column, value in (("status", status), ("colormap", cmap.replace("_", ""))):
        if value:
            quoted = value.replace('"', '""')
            terms.append(f'{column} : "{quoted}"')
    return " AND ".join(terms)


def matching(rows: DrawingQuerySet, words: list[str]) -> DrawingQuerySet:
    """Returns the rows that have all of the words, in no order."""
    found = RawSQL(
        f"SELECT drawing_id FROM {NUMBERS} WHERE number IN"
        f" (SELECT rowid FROM {FTS5} WHERE {FTS5} MATCH %s)",
        [fts5_query(words)],
    )
    return rows.filter(pk__in=found)


def matching_few(rows: DrawingQuerySet, words: list[str]) -> DrawingQuerySet:
    """Like `matching`, but faster for few rows: FTS5 looks up each of them."""
    has_words = RawSQL(
        f"EXISTS (SELECT 1 FROM {FTS5} WHERE {FTS5} MATCH %s AND rowid ="
        f" (SELECT number FROM {NUMBERS} WHERE drawing_id = {TABLE}.id))",
        [fts5_query(words)],
        output_field=models.BooleanField(),
    )
    return rows.filter(has_words)


def find_ids(
    words: list[str], status: str, cmap: str, window: IdWindow, *, using: str
) -> list[UUID]:
    """The first ids within a window of the drawings with these words, status and colormap.

    An empty status or colormap matches all drawings.

    FTS5 reads the drawings of a word in the order of their numbers, and stops at the limit.
    """
    conditions = [f"{FTS5} MATCH %s"]
    parameters: list[str | int] = [fts5_query(words, status, cmap)]
    if window.first is not None:
        conditions.append("rowid >= %s")
        parameters.append(number_of(window.first))
    if window.end is not None:
        conditions.append("rowid < %s")
        parameters.append(number_of(window.end))
    # The drawing at which a page begins may be deleted. Then begin at the next older one.
    nearest = f"FROM {NUMBERS} WHERE drawing_id <= %s ORDER BY drawing_id DESC LIMIT 1"
    if window.before is not None:
        conditions.append(f"rowid < (SELECT number + (drawing_id < %s) {nearest})")
        parameters += [window.before.hex, window.before.hex]
    if window.after is not None:
        conditions.append(f"rowid > coalesce((SELECT number {nearest}), -1)")
        parameters.append(window.after.hex)
    direction = "ASC" if window.ascending else "DESC"
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT drawing_id FROM (SELECT rowid AS found FROM {FTS5}"
            f" WHERE {' AND '.join(conditions)} ORDER BY rowid {direction} LIMIT %s)"
            f" JOIN {NUMBERS} ON number = found ORDER BY found {direction}",
            [*parameters, window.limit],
        )
        return [UUID(found) for (found,) in cursor.fetchall()]


def install(cursor: CursorWrapper, using: str) -> None:
    names = ", ".join(["%s"] * len(SCHEMA))
    cursor.execute(
        f"SELECT name, type, sql FROM sqlite_master WHERE name IN ({names})", list(SCHEMA)
    )
    installed = {name: (kind, sql) for name, kind, sql in cursor.fetchall()}
    if {name: sql for name, (_, sql) in installed.items()} == {
        name: sql.strip() for name, sql in SCHEMA.items()
    }:
        return
    for name in reversed([name for name in SCHEMA if name in installed]):
        cursor.execute(f"DROP {installed[name][0]} {name}")
    for statement in SCHEMA.values():
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
        _number_drawings(using),  # type: ignore[arg-type]  # accepts any iterable
    )
    cursor.execute(
        f"INSERT INTO {FTS5} (rowid, title, artist, status, colormap)"
        f" SELECT number, {_values(TABLE)}"
        f" FROM {NUMBERS} JOIN {TABLE} ON id = drawing_id ORDER BY number"
    )


def _number_drawings(using: str) -> Iterator[tuple[int, str]]:
    """Yields a free number and the id of each stored drawing."""
    last = -1
    ids = Drawing.objects.using(using).order_by("id").values_list("id", flat=True)
    for drawing_id in ids.iterator():
        last = max(number_of(drawing_id), last + 1)
        yield last, drawing_id.hex
