"""Finding drawings by the words of their titles and artists, by each database's full-text search.

A drawing is found if every word of the search begins one of its own words, in upper or lower case,
Latin letters with accents or without. PostgreSQL keeps the words in a generated column of the
drawings' table; SQLite keeps them in an FTS5 table that triggers keep up to date. Code that writes
drawings knows of neither.
"""

from types import ModuleType
from uuid import UUID

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from drawings.models import Drawing, DrawingQuerySet
from drawings.queries.id_order import IdWindow, first_rows
from drawings.queries.search import postgresql, sqlite
from drawings.queries.search.words import search_words

TABLE = Drawing._meta.db_table


def matching(rows: DrawingQuerySet, text: str) -> DrawingQuerySet:
    """Returns those of the rows that a search finds: all of them, in no order."""
    if (wanted := id_in(text)) is not None:
        return rows.filter(id=wanted)
    words = search_words(text)
    return _backend(rows.db).matching(rows, words) if words else rows.none()


def among(rows: DrawingQuerySet, text: str) -> DrawingQuerySet:
    """Like `matching`, for rows that other conditions narrow to a few: each is looked up."""
    if (wanted := id_in(text)) is not None:
        return rows.filter(id=wanted)
    words = search_words(text)
    return _backend(rows.db).among(rows, words) if words else rows.none()


def find_first(
    rows: DrawingQuerySet, text: str, window: IdWindow, *, status: str, cmap: str
) -> list[Drawing]:
    """The first drawings within a window that a search finds, of this status and colormap if given.

    `rows` says which of their columns are read. The search stops where the window ends.
    """
    if id_in(text) is None and connections[rows.db].vendor == "sqlite":
        words = search_words(text)
        ids = sqlite.find_ids(words, status, cmap, window, using=rows.db) if words else []
        found = rows.in_bulk(ids)
        return [found[each] for each in ids if each in found]
    values = {"status": status, "colormap": cmap}
    rows = rows.filter(**{name: value for name, value in values.items() if value})
    return first_rows(matching(rows, text), window)


def id_in(text: str) -> UUID | None:
    """The id that is searched for, if the text is one."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def tables(connection: BaseDatabaseWrapper) -> set[str]:
    """The names of the tables that the search adds to the database."""
    return {sqlite.FTS5, sqlite.NUMBERS} if connection.vendor == "sqlite" else set()


def install(connection: BaseDatabaseWrapper) -> None:
    """Make what the search needs in the database, unless it is there; all of it or nothing.

    Runs after every migration, because a migration that remakes a table of SQLite loses the
    table's triggers.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        _backend(connection.alias).install(cursor, connection.alias)


def _backend(using: str) -> ModuleType:
    return postgresql if connections[using].vendor == "postgresql" else sqlite
