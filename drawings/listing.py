"""Lists of drawings, a page at a time: the gallery's, the admin's, an owner's.

A page begins at a drawing, not at a number, and nothing is counted: the last page of a million
drawings takes as long as the first.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connections

from drawings import search
from drawings.models import Drawing


class Selection(NamedTuple):
    """Which drawings a list is of. What is empty selects nothing."""

    q: str = ""  # words, or the id of a drawing
    status: str = ""
    cmap: str = ""
    since: datetime | None = None
    owner: UUID | None = None  # not together with q


class Cursor(NamedTuple):
    """Where in the list a page is: at its newest end, unless one of these is given."""

    before: UUID | None = None
    after: UUID | None = None
    oldest: bool = False


class Page(NamedTuple):
    """Drawings, the newest first, and the cursors of the pages beside them."""

    drawings: list[Drawing]
    newer: Cursor | None
    older: Cursor | None


def read(selection: Selection, cursor: Cursor, size: int) -> Page:
    """One page of a list, of at most `size` drawings without their pixels and strokes."""
    ascending = cursor.oldest or cursor.after is not None
    # One more than the page shows tells whether another follows.
    found = _find(selection, cursor, ascending, size + 1)
    follows, drawings = len(found) > size, found[:size]
    if ascending:
        drawings.reverse()
        if cursor.after is not None and not follows:
            return read(selection, Cursor(), size)  # the newest page, and a full one
    if not drawings:
        return Page([], None, None)
    has_newer = follows if ascending else cursor.before is not None
    has_older = cursor.after is not None if ascending else follows
    return Page(
        drawings,
        newer=Cursor(after=drawings[0].id) if has_newer else None,
        older=Cursor(before=drawings[-1].id) if has_older else None,
    )


def _find(selection: Selection, cursor: Cursor, ascending: bool, limit: int) -> list[Drawing]:
    rows = Drawing.objects.for_lists()
    since = None if selection.since is None else first_id(selection.since)
    if selection.status:
        rows = rows.filter(status=selection.status)
    if selection.owner is not None:
        rows = rows.filter(owner=selection.owner)
    if selection.cmap:
        rows = rows.filter(colormap=selection.cmap)
    if selection.q and connections[rows.db].vendor == "sqlite" and not search.id_in(selection.q):
        words = search.words_of(selection.q)
        # Joined, SQLite would look at all that the search finds: so the page is found first.
        ids = words and search.fts5_page(
            words,
            selection.status,
            selection.cmap,
            since=since,
            before=cursor.before,
            after=cursor.after,
            ascending=ascending,
            limit=limit,
            using=rows.db,
        )
        found = rows.in_bulk(ids)
        return [found[each] for each in ids if each in found]
    if selection.q:
        rows = search.matching(rows, selection.q)
    if since is not None:
        rows = rows.filter(id__gte=since)
    if cursor.before is not None:
        rows = rows.filter(id__lt=cursor.before)
    if cursor.after is not None:
        rows = rows.filter(id__gt=cursor.after)
    return list(rows.order_by("id" if ascending else "-id")[:limit])


def first_id(time: datetime) -> UUID:
    """The least id that a drawing of this time can have: a UUIDv7 begins with the milliseconds."""
    return UUID(int=max(0, int(time.timestamp() * 1000)) << 80)
