"""Finds drawings by the words of their titles and artists, with the database's full-text search.

A drawing is found if every word of the search is the beginning of one of its words. Case and the
accents of Latin letters are ignored. PostgreSQL keeps the words in a generated column of the
drawings' table; SQLite keeps them in an FTS5 table that triggers update. Code that writes drawings
knows of neither.
"""

from types import ModuleType
from uuid import UUID

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from drawings.models import Drawing, DrawingQuerySet
from drawings.queries.id_order import IdWindow, read_first_rows
from drawings.queries.search import postgresql, sqlite
from drawings.queries.search.words import search_words

TABLE = Drawing._meta.db_table


def matching(rows: DrawingQuerySet, text: str) -> DrawingQuerySet:
    """Returns the rows that a search finds, in no order."""
    if (wanted := parse_id(text)) is not None:
        return rows.filter(id=wanted)
    words = search_words(text)
    return _backend(rows.db).matching(rows, words) if words else rows.none()


def matching_few(rows: DrawingQuerySet, text: str) -> DrawingQuerySet:
    """Like `matching`, but faster if other conditions leave few rows: each is looked up."""
    if (wanted := parse_id(text)) is not None:
        return rows.filter(id=wanted)
    words = search_words(text)
    return _backend(rows.db).matching_few(rows, words) if words else rows.none()


def find_first(
    rows: DrawingQuerySet, text: str, window: IdWindow, *, status: str, cmap: str
) -> list[Drawing]:
    """The first drawings within a window that a search finds, of this status and colormap if given.

    `rows` determines which columns are loaded. The search stops at the end of the window.
    """
    is_id = parse_id(text) is not None
    words = search_words(text)
    if not is_id and connections[rows.db].vendor == "sqlite":
        ids = sqlite.find_ids(words, status, cmap, window, using=rows.db) if words else []
        found = rows.in_bulk(ids)
        return [found[each] for each in ids if each in found]
    values = {"status": status, "colormap": cmap}
    rows = rows.filter(**{name: value for name, value in values.items() if value})
    if is_id or not words:
        return read_first_rows(matching(rows, text), window)
    return postgresql.find_first(rows, words, window)


def parse_id(text: str) -> UUID | None:
    """The id, if the text is one, or None."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def table_names(connection: BaseDatabaseWrapper) -> set[str]:
    """The names of the tables that the search adds to the database."""
    return {sqlite.FTS5, sqlite.NUMBERS} if connection.vendor == "sqlite" else set()


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the search's index in one transaction, unless it exists and is up to date.

    Runs after every migration, because a migration that remakes a table of SQLite loses the
    table's triggers.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        _backend(connection.alias).install(cursor, connection.alias)


def _backend(using: str) -> ModuleType:
    return postgresql if connections[using].vendor == "postgresql" else sqlite
